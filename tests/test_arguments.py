"""Wrong arguments of the doors for Python users are refused by their names."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
import pytest

import harmonium as hm
from harmonium import estimators
from harmonium.arguments import fits
from harmonium.errors import ConfigError, DataError, HarmoniumError
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.recipe import recipe_class
from harmonium.training import (
    Evaluation,
    KeepBest,
    Patience,
    Silent,
    Streams,
    TrainingState,
    fit,
    gradient_update,
    make_optimizer,
    random_key,
)

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
        "warm_up": 1,
    }
    return hm.sampling.sample_hmc(**how | {"key": random_key(0)} | settings)


def mlp(**settings):
    return hm.train("mlp", **{"data": "digits"} | SMALL | settings)


def machine(**settings):
    return estimators.BernoulliRBM(**{"hidden": 3, "max_epochs": 1} | settings).fit(x)


WRONG = {
    "recipe": (lambda: hm.train(42), "train: name is 42, but must be a text"),
    "setting": (lambda: mlp(hiden=(20,)), "unknown field 'hiden'; did you mean 'hidden'"),
    "tuple": (
        lambda: mlp(hidden="20"),
        r"train\('mlp'\): hidden is '20', but must be a list or tuple of whole",
    ),
    "texts": (
        lambda: mlp(hidden=("a",)),
        r"hidden is \('a',\), but must be a list or tuple of whole numbers",
    ),
    "recipe of settings": (lambda: hm.settings("mpl"), "unknown recipe 'mpl'; did you mean 'mlp'"),
    "configuration": (lambda: hm.settings("rbm", "x"), "rbm has no configuration 'x'; it has likelihood"),
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
    "predictor": (lambda: hm.predict(5, ["a.png"]), "predict: run is 5, but must be a path"),
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
    "runs": (lambda: hm.spread([1]), r"spread: runs is \[1\], but must be a list or tuple of paths"),
    "path of runs": (lambda: hm.spread("a"), "spread: runs is 'a', but must be a list or tuple of paths"),
    "no runs": (lambda: hm.spread([]), "spread: runs is empty"),
    "machine": (
        lambda: hm.models.exact_log_partition(machine()),
        r"exact_log_partition: rbm is BernoulliRBM\(.*but must be of type RBM",
    ),
    "no pictures": (lambda: hm.draw([]), "draw: runs is empty"),
    "page": (lambda: hm.page("run", out=3), "page: out is 3, but must be a path"),
    "intensities": (lambda: hm.data.intensities([1]), "intensities: x is of type list, but must be an array"),
    "objective": (
        lambda: gradient_update("loss", optax.sgd(0.1)),
        "gradient_update: objective is 'loss', but must be a function",
    ),
    "optimiser": (
        lambda: gradient_update(objective, 0.1),
        "gradient_update: optimizer is 0.1, but must be an Optax transformation",
    ),
    "state's optimiser": (
        lambda: TrainingState.init(1.0, "sgd", key=random_key(0)),
        "TrainingState.init: optimizer is 'sgd', but must be an Optax",
    ),
    "state's key": (
        lambda: TrainingState.init(1.0, optax.sgd(0.1), key=0),
        "TrainingState.init: key is 0, but must be a random key",
    ),
    "rate": (
        lambda: make_optimizer("sgd", "a"),
        "make_optimizer: learning_rate is 'a', but must be a number",
    ),
    "score": (
        lambda: fitted(evaluate=Evaluation(3)),
        "Evaluation: valid is 3, but must be a function, or None",
    ),
    "best of what": (lambda: KeepBest(3), "KeepBest: metric is 3, but must be the name of a score"),
    "patience": (lambda: Patience("a"), "Patience: patience is 'a', but must be a number"),
    "acceptance": (lambda: sampled(target=2.0), r"target 2 must be in \(0, 1\)"),
    "step": (lambda: sampled(step_size=-1.0), "step_size -1 positive"),
    "chains of draws": (
        lambda: hm.sampling.split_r_hat(np.zeros(3)),
        r"draws have the shape \(3,\), but must be",
    ),
    "draws of nothing": (lambda: hm.sampling.problems(3), "problems: run is 3, but must be what sample_hmc"),
    "transition": (
        lambda: hm.sampling.run_chain(3, ROWS, ROWS),
        "run_chain: transition is 3, but must be a function",
    ),
    "no chains": (
        lambda: hm.models.log_partition(
            hm.RBM.init(3, 2, key=random_key(0)),
            jnp.zeros((2, 3)),
            chains=0,
            temperatures=5,
            key=random_key(0),
        ),
        "log_partition: chains is 0, but must be at least 1",
    ),
    "steps of Gibbs": (
        lambda: hm.models.negative_particles(
            hm.RBM.init(3, 2, key=random_key(0)), ROWS, "1", key=random_key(0)
        ),
        "negative_particles: steps is '1', but must be a whole number",
    ),
    "warm-up": (
        lambda: hm.sampling.sample_nuts(sum, np.ones((2, 3)), draws=2, warm_up="x", key=random_key(0)),
        "sample_nuts: warm_up is 'x', but must be a whole number",
    ),
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


def test_one_number_stands_where_several_may():
    assert mlp(hidden=4, out="run").recipe.hidden == (4,)
    stack = estimators.DBNClassifier(hidden=3, pretraining_epochs=2, max_epochs=1).fit(x, y)
    assert [layer.weight.shape for layer in stack.model_.hidden] == [(3, 16)]
    both = hm.train("dbn", data=(x, y), hidden=(3, 3), pretraining_epochs=2, out="dbn", **SMALL)
    assert both.recipe.pretraining_epochs == (2,)
    layers = sorted(both.path.glob("*/*/metrics.jsonl"))
    assert len(layers) == 2
    assert all(json.loads(path.read_text().splitlines()[-1])["epoch"] == 2 for path in layers)


def test_spread_takes_runs_and_their_folders():
    runs = hm.train_seeds("mlp", 2, data=(x, y), hidden=4, out="runs", **SMALL)
    assert hm.spread(runs) == hm.spread(["runs/seed-0", Path("runs/seed-1")])
    assert hm.spread(runs)["test"]["error_rate"]["runs"] == 2


def test_settings_say_what_they_mean():
    for name in RECIPES:
        found = hm.settings(name)
        assert set(found) == {field.name for field in dataclasses.fields(recipe_class(name))}
        assert all(found.meaning(setting) for setting in found), name
        assert f"seed = {found['seed']}" in repr(found)
        assert name in hm.train.__doc__
    likelihood = hm.settings("rbm", "likelihood")
    assert likelihood["centred"]
    assert not hm.settings("rbm")["centred"]
    html = likelihood._repr_html_()
    assert html.count("<tr>") == len(likelihood) + 1
    assert mlp(**{**hm.settings("mlp"), "hidden": 3, "data": "digits"} | SMALL, out="run").recipe.hidden == (
        3,
    )


def test_a_model_names_the_argument_of_another_shape():
    """In a process of its own: here the shapes of all signatures are checked before."""
    done = subprocess.run([sys.executable, "-c", SHAPES], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "v has the shape (7, 5), but its last axis must hold 6 values",
        "h has the shape (3,), but its last axis must hold 4 values",
        "v is of type list, but must be an array of numbers",
        "v is an array of <U1, but must be one of numbers",
        "the visible biases of an RBM: 5 values do not fit a layer that takes 6",
        "x has the shape (20, 6), but must be one example of 6 values; jax.vmap takes many at once",
        "x has the shape (5,), but must be one example of 6 values; jax.vmap takes many at once",
        "y has the shape (5,), but its last axis must hold 4 values",
        "x has the shape (20, 12), but must be a batch of pictures (height, width)",
        "x has the shape (12, 12), but must be one picture (height, width, 3)",
        "RBM.init: hidden is '4', but must be a whole number",
        "v holds True and False, but must hold the numbers 0 and 1, as v.astype(float) does",
    ]


SHAPES = """
import jax.numpy as jnp, numpy as np, harmonium as hm
key = hm.training.random_key(0)
rbm, mlp = hm.RBM.init(6, 4, key=key), hm.MLP.init(6, 4, 3, key=key)
coder = hm.Autoencoder.init(6, 4, key=key)
nade = hm.models.NADE(jnp.ones((3, 2)), jnp.ones((3, 2)), jnp.zeros(3), jnp.zeros(2))
grey, coloured = (hm.LeNet.init(shape, [2], [4], 3, key=key) for shape in ((12, 12), (12, 12, 3)))
for wrong in (
    lambda: rbm.free_energy(jnp.ones((7, 5))),
    lambda: rbm.sample_visible(np.ones(3), key=key),
    lambda: rbm.hidden_mean([1.0] * 6),
    lambda: rbm.hidden_mean(np.array(list("abcdef"))),
    lambda: hm.RBM(jnp.ones((6, 4)), jnp.ones(5), jnp.ones(4)),
    lambda: mlp(jnp.ones((20, 6))),
    lambda: coder.encode(jnp.ones(5)),
    lambda: coder.decode(jnp.ones(5)),
    lambda: grey.batch(jnp.ones((20, 12))),
    lambda: coloured(jnp.ones((12, 12))),
    lambda: hm.RBM.init(6, "4", key=key),
    lambda: nade.log_prob(jnp.array([True, False, True])),
):
    try:
        print("no error:", wrong())
    except hm.errors.HarmoniumError as error:
        print(error)
"""


def test_an_argument_that_is_missing_is_told_with_its_function():
    with pytest.raises(TypeError, match=r"log_partition: missing a required argument: 'chains'"):
        hm.models.log_partition(hm.RBM.init(3, 2, key=random_key(0)), jnp.zeros((2, 3)), key=random_key(0))


def test_bytes_of_pictures_and_labels_of_another_shape_are_refused():
    """In a process of its own, as above."""
    done = subprocess.run([sys.executable, "-c", BYTES], capture_output=True, text=True, check=True)
    bytes_of_x = (
        "x holds bytes up to 200, and a model takes numbers in [0, 1]: give harmonium.data.intensities(x)"
    )
    hidden = ("x is an array of uint8, whose values cannot be seen", "x.astype(float)")
    for line in done.stdout.splitlines()[:-6]:
        name, said = line.split(": ", 1)
        if name in ("vmap", "jit"):
            assert all(part in said for part in hidden), line
        else:
            assert said == {"bits": "the same"}.get(name, bytes_of_x), line
    assert done.stdout.splitlines()[-6:] == [
        "v holds bytes up to 200, and a model takes numbers in [0, 1]: give harmonium.data.intensities(v)",
        "ClassRBM.init: visible is 6.0, but must be a whole number",
        *(
            f"y has the shape {shape}, but logits of shape (10, 3) are those of (10,) examples: give a label for each"
            for shape in ("(10, 1)", "(1,)", "()", "(10, 1)")
        ),
    ]


BYTES = """
import warnings
import jax, jax.numpy as jnp, numpy as np, harmonium as hm
warnings.simplefilter("error", UserWarning)
key = hm.training.random_key(0)
x = np.full((4, 8, 8), 200, np.uint8)
bits = x // 200
def said(call):
    try:
        return "no error: " + repr(call())
    except (hm.errors.HarmoniumError, UserWarning) as error:
        return str(error)
for model in (hm.LogisticRegression.init(64, 3), hm.MLP.init(64, 5, 3, key=key),
              hm.LeNet.init((8, 8), [4], [5], 3, 3, key=key)):
    print("one:", said(lambda: model(x[0])))
    print("many:", said(lambda: model.batch(x)))
    print("probabilities:", said(lambda: model.probabilities(x)))
    print("vmap:", said(lambda: jax.vmap(model)(x)))
    print("jit:", said(lambda: jax.jit(lambda x: model.batch(x))(x)))
    same = np.array_equal(model.batch(bits), model.batch(bits.astype(np.float32)))
    print("bits:", "the same" if same else "other")
print(said(lambda: hm.RBM.init(64, 3, key=key).free_energy(x.reshape(4, 64))))
print(said(lambda: hm.ClassRBM.init(6.0, 4, 3, key=key)))
for shape in ((10, 1), (1,), ()):
    print(said(lambda: hm.metrics.negative_log_likelihood(jnp.zeros((10, 3)), jnp.zeros(shape, int))))
print(said(lambda: hm.metrics.is_error(jnp.zeros((10, 3)), jnp.zeros((10, 1), int))))
"""


def test_what_fits():
    assert fits(np.int64(3), int)
    assert fits(3, float)
    assert fits(Path("a"), str | Path)
    assert not fits(True, int)
    assert not fits(1, bool)
    assert not fits(2.0, int)
