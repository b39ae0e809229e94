"""Our models in PyTorch and ONNX Runtime give our numbers."""

import inspect
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine

import harmonium as hm
from harmonium.cli import main
from harmonium.errors import CheckpointError, ConfigError, DataError
from harmonium.interchange import save_onnx, to_torch
from harmonium.interchange.pytorch import FAMILIES
from harmonium.models import MLP, RBM, Autoencoder, GaussianRBM, LeNet, LogisticRegression
from harmonium.training import Silent, save_model

KEY = jax.random.key(0)


def random_weights(model, scale=0.3):
    """The same model with all weights drawn, those that start at zero too."""
    leaves, structure = jax.tree.flatten(model)
    keys = jax.random.split(KEY, len(leaves))
    return jax.tree.unflatten(
        structure,
        [scale * jax.random.normal(key, leaf.shape) for key, leaf in zip(keys, leaves, strict=True)],
    )


CLASSIFIERS = {
    "logistic": (LogisticRegression.init(64, 5), (8, 8)),
    "mlp": (MLP.init(64, [7, 6], 5, "sigmoid", key=KEY), (8, 8)),
    "relu": (MLP.init(10, [7], 3, "relu", key=KEY), (10,)),
    "softplus": (MLP.init(10, [7], 3, "softplus", key=KEY), (10,)),
    "lenet": (LeNet.init((13, 12), [3, 4], [6], 5, 3, key=KEY), (13, 12)),
    "colour": (LeNet.init((12, 12, 3), [3], [6], 5, 5, key=KEY), (12, 12, 3)),
}


@pytest.fixture(params=CLASSIFIERS)
def classifier(request):
    model, shape = CLASSIFIERS[request.param]
    return random_weights(model), np.asarray(jax.random.uniform(jax.random.key(1), (9, *shape)))


def as_channels_first(x):
    return {2: x, 3: x[:, None], 4: x.transpose(0, 3, 1, 2) if x.ndim == 4 else x}[x.ndim]


def test_a_classifier_in_pytorch_gives_the_same_logits(classifier, tmp_path):
    torch = pytest.importorskip("torch")
    model, x = classifier
    save_model(tmp_path / "model.safetensors", model)
    network = to_torch(tmp_path / "model.safetensors")
    given = as_channels_first(x) if isinstance(model, LeNet) else x
    with torch.no_grad():
        found = network(torch.tensor(given)).numpy()
    np.testing.assert_allclose(found, model.batch(jnp.asarray(x)), atol=1e-5)


@pytest.mark.parametrize("tied", [True, False])
def test_an_autoencoder_in_pytorch_reconstructs_alike(tied, tmp_path):
    torch = pytest.importorskip("torch")
    model = random_weights(Autoencoder.init(12, 5, activation_name="tanh", tied=tied, key=KEY))
    x = jax.random.uniform(KEY, (9, 12))
    save_model(tmp_path / "a.safetensors", model)
    network, given = to_torch(tmp_path / "a.safetensors"), torch.tensor(np.asarray(x))
    with torch.no_grad():
        np.testing.assert_allclose(network(given), jax.vmap(model.reconstruct)(x), atol=1e-5)
        np.testing.assert_allclose(network.encode(given), jax.vmap(model.encode)(x), atol=1e-5)


def test_an_rbm_in_pytorch_has_the_same_energies(tmp_path):
    torch = pytest.importorskip("torch")
    model, v = random_weights(RBM.init(12, 5, key=KEY)), jax.random.uniform(KEY, (9, 12))
    save_model(tmp_path / "r.safetensors", model)
    network, given = to_torch(tmp_path / "r.safetensors"), torch.tensor(np.asarray(v))
    with torch.no_grad():
        h = network(given)
        np.testing.assert_allclose(h, model.hidden_mean(v), atol=1e-5)
        means = model.visible_mean(model.visible_field(model.hidden_mean(v)))
        np.testing.assert_allclose(network.visible_mean(h), means, atol=1e-5)
        np.testing.assert_allclose(network.free_energy(given), model.free_energy(v), atol=1e-5)


def test_a_ready_made_model_opens_in_pytorch():
    torch = pytest.importorskip("torch")
    images = hm.data.load("digits").test.x[:9].reshape(-1, 8, 8).repeat(4, 1).repeat(4, 2)[:, 2:30, 2:30]
    x = np.asarray(hm.data.intensities(images), np.float32)
    with torch.no_grad():
        found = to_torch("pretrained/lenet")(torch.tensor(x[:, None])).numpy()
    np.testing.assert_allclose(found, hm.load("pretrained/lenet").batch(jnp.asarray(x)), atol=1e-4)


def test_other_families_and_other_files_are_refused(tmp_path):
    pytest.importorskip("torch")
    save_model(tmp_path / "g.safetensors", GaussianRBM.init(4, 3, key=KEY))
    with pytest.raises(CheckpointError, match="holds a GaussianRBM; in PyTorch there are LogisticRegression"):
        to_torch(tmp_path / "g.safetensors")
    (tmp_path / "no.safetensors").write_bytes(b"nonsense")
    with pytest.raises(CheckpointError, match="cannot read the model"):
        to_torch(tmp_path / "no.safetensors")
    (tmp_path / "features.safetensors").write_bytes(b"an encoder")
    with pytest.raises(CheckpointError, match="learned from codes; load its parts"):
        to_torch(tmp_path)


def test_an_onnx_file_gives_the_same_probabilities(classifier, tmp_path):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    model, x = classifier
    names = ["a", 'b"', "c\n", "d", "e"][: len(model.batch(jnp.asarray(x[:1]))[0])]
    path = save_onnx(model, tmp_path / "m.onnx", x.shape[1:], names)
    session = runtime.InferenceSession(path)
    (found,) = session.run(None, {"x": x})
    np.testing.assert_allclose(found, model.probabilities(jnp.asarray(x)), atol=1e-5)
    assert json.loads(session.get_modelmeta().custom_metadata_map["classes"]) == names


STACK = {"hidden": (8, 6, 5), "pretraining_epochs": (1,), "pretraining_batch_size": 50}
EXPORTED = {
    "logistic-regression": {},
    "mlp": {"hidden": (8,)},
    "lenet": {"kernels": (3,), "kernel_sizes": (3,), "hidden": (5,)},
    "stacked-denoising-autoencoder": STACK,
    "dbn": STACK,
}


@pytest.mark.parametrize("recipe", EXPORTED)
def test_a_run_is_exported(recipe, tmp_path, capsys):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    settings = {"data": "digits", "batch_size": 50, "max_epochs": 1} | EXPORTED[recipe]
    run = hm.train(recipe, out="run", report=Silent(), **settings)
    assert main(["export", "run", "--onnx", "m.onnx"]) == 0
    assert capsys.readouterr().out == "m.onnx\n"
    x = hm.data.load("digits").test.x
    (found,) = runtime.InferenceSession("m.onnx").run(None, {"x": np.asarray(hm.data.intensities(x))})
    np.testing.assert_allclose(found, run.probabilities(x), atol=1e-5)
    assert main(["export", "run", "--onnx", "m.onnx"]) == 2
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["rows", "pictures", "range"])
def test_a_run_on_scaled_numbers_is_exported_with_its_scale(kind):
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    frame = load_wine(as_frame=True).frame.assign(word=["red", "white"] * 89)
    digits = hm.data.load("digits").train
    data = {"rows": frame, "pictures": (digits.x * 7 - 3, digits.y), "range": (digits.x * 7, digits.y)}[kind]
    scale = {"rows": "auto", "pictures": "standardise", "range": "unit"}[kind]
    target = "target" if kind == "rows" else None
    run = hm.train(
        "mlp", data=data, scale=scale, target=target, hidden=8, max_epochs=3, out="run", report=Silent()
    )
    hm.export(run, onnx="m.onnx")
    x = (
        data[0]
        if kind != "rows"
        else frame.drop(columns=["target", "word"]).assign(
            red=frame.word == "red", white=frame.word == "white"
        )
    )
    given = data[0] if kind != "rows" else frame
    (found,) = runtime.InferenceSession("m.onnx").run(None, {"x": np.asarray(x, np.float32)})
    np.testing.assert_allclose(found, run.probabilities(given), atol=1e-5)
    model = onnx.load("m.onnx")
    assert "x holds numbers on the scale of the run's own data" in model.doc_string
    if kind == "rows":
        names = json.loads({prop.key: prop.value for prop in model.metadata_props}["columns"])
        assert names == [*frame.columns[:-2], "word = red", "word = white"]


def test_a_run_on_whitened_examples_is_not_exported():
    pytest.importorskip("onnx")
    run = hm.train("mlp", data="digits", whiten="zca", hidden=8, max_epochs=1, out="run", report=Silent())
    with pytest.raises(DataError, match="run learned from whitened examples, and no ONNX file is written"):
        hm.export(run, onnx="m.onnx")


def test_numbers_that_float32_rounds_away_are_not_exported():
    runtime = pytest.importorskip("onnxruntime")
    rows = np.random.default_rng(0).random((300, 2)) + np.array([0, 1e9])
    table = pd.DataFrame(rows, columns=["near", "far"]).assign(target=(rows[:, 1] > 1e9 + 0.5).astype(int))
    settings = {"batch_size": 20, "max_epochs": 20, "report": Silent()}
    run = hm.train("logistic-regression", data=table, out="run", **settings)
    with pytest.raises(DataError, match=r"far lies about 1e\+09 and varies by 0\.2\d*, which float32"):
        hm.export(run, onnx="m.onnx")
    assert not Path("m.onnx").exists()
    nearer = table.assign(far=table.far - 1e9, same=7e8)  # a column of one number is none of those
    run = hm.train("logistic-regression", data=nearer, out="nearer", **settings)
    hm.export(run, onnx="m.onnx")
    x = nearer[list(run.folder.data()["preparation"]["columns"])].to_numpy(np.float32)
    (found,) = runtime.InferenceSession("m.onnx").run(None, {"x": x})
    np.testing.assert_allclose(found, run.probabilities(nearer), atol=1e-5)


def test_what_classifies_nothing_is_not_exported(tmp_path):
    pytest.importorskip("onnx")
    with pytest.raises(DataError, match="a GaussianRBM is no classifier"):
        save_onnx(GaussianRBM.init(4, 3, key=KEY), tmp_path / "m.onnx", (4,), ["a"])
    assert not (tmp_path / "m.onnx").exists()


def test_a_name_that_is_no_onnx_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="must be the name of an ONNX file"):
        hm.export(tmp_path, onnx="model.txt")


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_family_is_short_enough_to_be_copied(family):
    lines = [line for line in inspect.getsource(family).splitlines() if line.strip()]
    assert len(lines) <= 20


def test_pytorch_says_what_it_needs(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install torch"):
        to_torch("pretrained/lenet")
