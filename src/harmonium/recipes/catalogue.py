"""The recipes by name."""

from collections.abc import Mapping

# name: (module, class, one line for the command line's help)
RECIPES: Mapping[str, tuple[str, str, str]] = {
    "logistic-regression": (
        "logistic_regression",
        "LogisticRegressionRecipe",
        "a linear classifier (chapter 4)",
    ),
    "mlp": ("mlp", "MLPRecipe", "a multilayer perceptron (chapter 5)"),
    "lenet": ("lenet", "LeNetRecipe", "a convolutional network (chapter 6)"),
    "denoising-autoencoder": (
        "autoencoders",
        "DenoisingAutoencoderRecipe",
        "features by repairing corrupted images (chapter 7)",
    ),
    "contractive-autoencoder": (
        "autoencoders",
        "ContractiveAutoencoderRecipe",
        "features that hardly move with their input (Rifai et al. 2011)",
    ),
    "stacked-denoising-autoencoder": (
        "stacked_denoising_autoencoder",
        "StackedDenoisingAutoencoderRecipe",
        "a deep network of denoising autoencoders (chapter 8)",
    ),
    "rbm": ("rbm", "RBMRecipe", "a generative model of two layers (chapter 9)"),
    "class-rbm": (
        "class_rbm",
        "ClassRBMRecipe",
        "an RBM of examples and classes, which classifies (Larochelle and Bengio 2008)",
    ),
    "dbn": ("dbn", "DeepBeliefNetworkRecipe", "a deep network of RBMs (chapter 10)"),
    "mcrbm": (
        "mcrbm",
        "MeanCovarianceRBMRecipe",
        "means and covariances of patches of photos (Ranzato and Hinton 2010)",
    ),
    "slot-filling": (
        "slot_filling",
        "SlotFillingRecipe",
        "a recurrent network that labels words (chapter 12)",
    ),
    "rnn-rbm": ("rnn_rbm", "RNNRBMRecipe", "a model of polyphonic music, from MIDI to MIDI (chapter 14)"),
    "sentiment": ("sentiment", "SentimentRecipe", "an LSTM that classifies texts (chapter 13)"),
}
