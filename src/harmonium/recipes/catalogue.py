"""The recipes by name. Nothing heavy is imported until one is chosen."""

import dataclasses
import difflib
import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harmonium.errors import ConfigError

if TYPE_CHECKING:
    from harmonium.recipes.recipe import Recipe

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
        "stacks",
        "StackedDenoisingAutoencoderRecipe",
        "a deep network of denoising autoencoders (chapter 8)",
    ),
    "rbm": ("rbm", "RBMRecipe", "a generative model of two layers (chapter 9)"),
    "dbn": ("stacks", "DeepBeliefNetworkRecipe", "a deep network of RBMs (chapter 10)"),
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


def recipe_class(name: str) -> type["Recipe"]:
    """The dataclass of settings called `name`. Raises `ConfigError` for an unknown one."""
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(f"unknown recipe {name!r}; {hint}the recipes are {', '.join(RECIPES)}")
    module, attribute, _ = RECIPES[name]
    found: type[Recipe] = getattr(importlib.import_module(f"harmonium.recipes.{module}"), attribute)
    return found


def recipe_from(config: Mapping[str, Any], where: str) -> "Recipe":
    """Make the recipe that a `config.json` describes; `where` names the file in errors.

    Raises `ConfigError` for a missing or unknown field, or a value of the wrong type.
    """
    import msgspec

    settings = dict(config)
    name = settings.pop("recipe", None)
    if not isinstance(name, str):
        raise ConfigError(f"{where} names no recipe: its field 'recipe' must be one of {', '.join(RECIPES)}")
    cls = recipe_class(name)
    known = {field.name for field in dataclasses.fields(cls)}
    if unknown := sorted(settings.keys() - known):
        raise ConfigError(
            f"{where} has the unknown field {unknown[0]!r}; {name} knows {', '.join(sorted(known))}"
        )
    try:
        return msgspec.convert(settings, cls)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {error}") from error
