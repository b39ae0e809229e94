"""Wrong arguments of the doors for Python users are refused by their names."""

from pathlib import Path

import numpy as np
import optax
import pandas as pd
import pytest

import harmonium as hm
from harmonium import estimators
from harmonium.arguments import fits
from harmonium.errors import ConfigError, DataError, HarmoniumError
from harmonium.training import Silent, Streams, TrainingState, fit, gradient_update, random_key

x, y = np.random.default_rng(0).random((60, 16)), np.arange(60) % 3
SMALL = {"max_epochs": 1, "batch_size": 10, "report": Silent()}


ROWS = np.ones(20, np.float32)


def objective(w, batch, carry, key):
    loss = ((w * batch) ** 2).mean()
    return loss, ({"loss": loss}, carry)


def fitted(train=ROWS, **settings):
    optimizer = optax.sgd(0.1)
    state = TrainingState.init(np.float32(1), optimizer, key=random_key(0))
    how = {"state": state, "batch_size": 10, "max_epochs": 1} | settings
    return fit(gradient_update(objective, optimizer), how.pop("state"), train, **how)


def sampled(**settings):
    how = {
        "energy": lambda s: (s**2).sum(),
        "positions": np.zeros((2, 3), np.float32),
        "draws": 2,
        "burn_in": 1,
    }
    return hm.sampling.sample_hmc(**how | {"key": random_key(0)} | settings)


def mlp(**settings):
    return hm.train("mlp", **{"data": "digits"} | SMALL | settings)


def machine(**settings):
    return estimators.BernoulliRBM(**{"hidden": 3, "max_epochs": 1} | settings).fit(x)


WRONG = {
    "recipe": (lambda: hm.train(42), "train: name is 42, but must be a text"),
    "setting": (lambda: mlp(hiden=(20,)), "unknown field 'hiden'; did you mean 'hidden'"),
    "tuple": (lambda: mlp(hidden=20), r"train\('mlp'\): hidden is 20, but must be a list or tuple of whole"),
    "number": (lambda: mlp(learning_rate="fast"), "learning_rate is 'fast', but must be a number"),
    "not a number": (
        lambda: mlp(learning_rate=float("nan")),
        r"train\('mlp'\): learning_rate nan must be positive",
    ),
    "choice": (lambda: mlp(optimizer="magic"), "optimizer is 'magic', but must be one of 'sgd', 'momentum'"),
    "reporter": (
        lambda: mlp(report="loud"),
        "train: report is 'loud', but must be of type Reporter, or None",
    ),
    "folder": (lambda: mlp(out=5), "train: out is 5, but must be a path, or None"),
    "seeds": (
        lambda: hm.train_seeds("mlp", "three"),
        "train_seeds: seeds is 'three', but must be a whole number",
    ),
    "no seeds": (lambda: hm.train_seeds("mlp", 0), "train_seeds: seeds is 0, but must be at least 1"),
    "run": (lambda: hm.Run(None), "path is None, but must be a path"),
    "model": (lambda: hm.load(None), "load: run is None, but must be a path"),
    "chains": (
        lambda: hm.evaluate("run", log_likelihood=True, chains="x"),
        "chains is 'x', but must be a whole",
    ),
    "sampling": (
        lambda: hm.sample("run", {"chains": 3}),
        r"sample: options is \{'chains': 3\}, but must be of type",
    ),
    "inputs": (
        lambda: hm.predict("run", None),
        "inputs is None, but must be files, folders, texts or an array",
    ),
    "pictures": (lambda: hm.draw(5), "draw: runs is 5, but must be a path, or a list or tuple of paths"),
    "file": (lambda: hm.export("run", onnx=5), "export: onnx is 5, but must be a path"),
    "runs": (lambda: hm.spread(["a"]), r"spread: runs is \['a'\], but must be a list or tuple of"),
    "epochs": (
        lambda: hm.resume("run", max_epochs="ten"),
        "resume: max_epochs is 'ten', but must be a whole",
    ),
    "batch": (lambda: fitted(batch_size="10"), "fit: batch_size is '10', but must be a whole number"),
    "half a batch": (lambda: fitted(batch_size=10.5), "fit: batch_size is 10.5, but must be a whole number"),
    "half an epoch": (lambda: fitted(max_epochs=1.5), "fit: max_epochs is 1.5, but must be a whole number"),
    "no epoch": (lambda: fitted(max_epochs=-1), "max_epochs is -1, but must not be negative"),
    "state": (lambda: fitted(state=3), "fit: state is 3, but must be of type TrainingState"),
    "scores": (
        lambda: fitted(evaluate=print),
        "fit: evaluate is <built-in .*but must be of type Evaluation, or None",
    ),
    "rule": (
        lambda: fitted(stopping="best"),
        "fit: stopping is 'best', but must be of type Stopping, or None",
    ),
    "nothing": (
        lambda: fitted(None),
        "train must hold arrays with one row an example; their shapes are none",
    ),
    "rows": (
        lambda: fitted((np.ones(20), np.ones(19))),
        r"one row an example; their shapes are \(20,\), \(19,\)",
    ),
    "seed": (lambda: random_key(-1), "seed is -1, but must be a whole number from 0 to 2147483647"),
    "text seed": (lambda: Streams("a").updates, "seed is 'a', but must be a whole number"),
    "draws": (lambda: sampled(draws="5"), "sample_hmc: draws is '5', but must be a whole number"),
    "energy": (lambda: sampled(energy=None), "sample_hmc: energy is None, but must be a function"),
    "key": (
        lambda: sampled(key=0),
        "sample_hmc: key is 0, but must be a random key, as harmonium.training.random_key",
    ),
    "scale": (lambda: machine(scale="yes"), "BernoulliRBM: scale is 'yes', but must be True or False"),
    "samples": (lambda: machine().sample("3"), "sample: n_samples is '3', but must be a whole number"),
    "fraction": (
        lambda: estimators.MLPClassifier(validation_fraction="a").fit(x, y),
        "MLPClassifier: validation_fraction is 'a', but must be a number",
    ),
    "shape": (
        lambda: estimators.LeNetClassifier(image_shape="4x4").fit(x, y),
        "LeNetClassifier: image_shape is '4x4', but must be a list or tuple of whole numbers, or None",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_argument_is_named_with_what_was_expected(name):
    call, gist = WRONG[name]
    with pytest.raises(HarmoniumError, match=gist) as caught:
        call()
    assert isinstance(caught.value, ConfigError | DataError)
    assert not list(Path.cwd().iterdir())


def test_an_error_inside_an_objective_is_the_users_own():
    calls = []

    def wrong(w, batch, carry, key):
        calls.append(w)
        return batch.no_such_name

    optimizer = optax.sgd(0.1)
    state = TrainingState.init(np.float32(1), optimizer, key=random_key(0))
    with pytest.raises(ConfigError, match="fit: batch_size is '10'"):
        fit(gradient_update(wrong, optimizer), state, ROWS, batch_size="10", max_epochs=1)
    assert not calls
    with pytest.raises(AttributeError, match="no_such_name") as caught:
        fit(gradient_update(wrong, optimizer), state, ROWS, batch_size=10, max_epochs=1)
    assert any(entry.name == "wrong" for entry in caught.traceback)


def test_numbers_of_numpy_are_numbers():
    settings = {
        "hidden": np.array([4]),
        "learning_rate": np.float32(0.1),
        "max_epochs": np.int64(1),
        "data": (x, y),
    }
    assert mlp(**settings, out="run").recipe.hidden == (4,)


def test_columns_without_names_are_numbered():
    run = mlp(
        data=pd.DataFrame(np.column_stack([x, y])).astype({16: int}), target="16", hidden=(4,), out="run"
    )
    assert run.predict(pd.DataFrame(x)).shape == (60,)


def test_seeds_learn_from_arrays():
    runs = hm.train_seeds("mlp", 2, data=(x, y), hidden=(4,), out="runs", **SMALL)
    assert [run.summary["seed"] for run in runs] == [0, 1]
    alone = mlp(data=(x, y), hidden=(4,), seed=1, out="alone")
    np.testing.assert_allclose(runs[1].probabilities(x), alone.probabilities(x), atol=1e-5)


def test_what_fits():
    assert fits(np.int64(3), int)
    assert fits(3, float)
    assert fits(Path("a"), str | Path)
    assert not fits(True, int)
    assert not fits(1, bool)
    assert not fits(2.0, int)
