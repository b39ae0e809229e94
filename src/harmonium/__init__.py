"""The Deep Learning Tutorial's models as a fast, readable library and one command line, on JAX.

Train a recipe of the book on a data set, files or arrays, and ask the run:

>>> import tempfile, harmonium as hm
>>> settings = dict(data="digits", hidden=20, max_epochs=3, report=hm.training.Silent())
>>> run = hm.train("mlp", out=tempfile.mkdtemp() + "/run", **settings)
>>> run.predict(hm.data.load("digits").test.x).shape
(256,)

`settings` tells what a recipe can be told; `train_seeds` and `search` train it many times; `load`, `evaluate`,
`predict`, `sample`, `draw`, `export` and `resume` take the run, its folder, or a ready-made one such as
"pretrained/rbm".

Models (`RBM`, `MLP`, …; all in `models`) are equations with their parameters. `training` has `gradient_update` and
`fit` for objectives of your own, `sampling` Markov chains over energies of your own, and `estimators` scikit-learn's
interface. What goes wrong for a reason that the caller can mend is an `errors.HarmoniumError`.

Everything is imported when it is first used.
"""

from typing import TYPE_CHECKING

import lazy_loader

from harmonium import xla

__version__ = "0.2.0"

xla.avoid_wrong_sums()
xla.compile_small_loops_whole()

if TYPE_CHECKING:
    from harmonium import data as data
    from harmonium import errors as errors
    from harmonium import estimators as estimators
    from harmonium import figures as figures
    from harmonium import interchange as interchange
    from harmonium import metrics as metrics
    from harmonium import models as models
    from harmonium import pretrained as pretrained
    from harmonium import sampling as sampling
    from harmonium import training as training
    from harmonium.models.autoencoder import Autoencoder as Autoencoder
    from harmonium.models.class_rbm import ClassRBM as ClassRBM
    from harmonium.models.dbn import DBN as DBN
    from harmonium.models.lenet import LeNet as LeNet
    from harmonium.models.logistic_regression import LogisticRegression as LogisticRegression
    from harmonium.models.mcrbm import MeanCovarianceRBM as MeanCovarianceRBM
    from harmonium.models.mlp import MLP as MLP
    from harmonium.models.nade import NADE as NADE
    from harmonium.models.rbm import RBM as RBM
    from harmonium.models.rbm import GaussianRBM as GaussianRBM
    from harmonium.models.rnn_nade import RNNNADE as RNNNADE
    from harmonium.models.rnn_rbm import RNNRBM as RNNRBM
    from harmonium.models.sentiment import TextClassifier as TextClassifier
    from harmonium.models.tagger import Tagger as Tagger
    from harmonium.recipes.shared.saved import load as load
    from harmonium.runs.draw import draw as draw
    from harmonium.runs.evaluate import evaluate as evaluate
    from harmonium.runs.export import export as export
    from harmonium.runs.live_page import page as page
    from harmonium.runs.neighbours import neighbours as neighbours
    from harmonium.runs.predict import predict as predict
    from harmonium.runs.run import Run as Run
    from harmonium.runs.sample import sample as sample
    from harmonium.runs.search import search as search
    from harmonium.runs.seeds import spread as spread
    from harmonium.runs.seeds import train_seeds as train_seeds
    from harmonium.runs.settings import settings as settings
    from harmonium.runs.train import resume as resume
    from harmonium.runs.train import train as train
else:
    __getattr__, __dir__, __all__ = lazy_loader.attach(
        __name__,
        submodules=[
            "data",
            "errors",
            "estimators",
            "figures",
            "interchange",
            "metrics",
            "models",
            "pretrained",
            "sampling",
            "training",
        ],
        submod_attrs={
            "models.autoencoder": ["Autoencoder"],
            "models.class_rbm": ["ClassRBM"],
            "models.dbn": ["DBN"],
            "models.lenet": ["LeNet"],
            "models.logistic_regression": ["LogisticRegression"],
            "models.mcrbm": ["MeanCovarianceRBM"],
            "models.mlp": ["MLP"],
            "models.nade": ["NADE"],
            "models.rbm": ["GaussianRBM", "RBM"],
            "models.rnn_nade": ["RNNNADE"],
            "models.rnn_rbm": ["RNNRBM"],
            "models.sentiment": ["TextClassifier"],
            "models.tagger": ["Tagger"],
            "recipes.shared.saved": ["load"],
            "runs.draw": ["draw"],
            "runs.evaluate": ["evaluate"],
            "runs.export": ["export"],
            "runs.neighbours": ["neighbours"],
            "runs.live_page": ["page"],
            "runs.predict": ["predict"],
            "runs.run": ["Run"],
            "runs.sample": ["sample"],
            "runs.search": ["search"],
            "runs.seeds": ["spread", "train_seeds"],
            "runs.settings": ["settings"],
            "runs.train": ["resume", "train"],
        },
    )
