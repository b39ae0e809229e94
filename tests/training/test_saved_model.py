"""Saved models: the identity on the way back, and nothing but models let in."""

import json
from typing import Literal

import jax
import numpy as np
import pytest
import safetensors
import safetensors.numpy

from harmonium import models
from harmonium.errors import CheckpointError, ConfigError
from harmonium.models import (
    DBN,
    MLP,
    RBM,
    RNNRBM,
    Autoencoder,
    LeNet,
    LogisticRegression,
    Tagger,
    TextClassifier,
)
from harmonium.training import load_model, save_model
from harmonium.training.saved_model import FORMAT, _checksum, _is

CLASSES = models.model_classes()
MODELS = [
    LogisticRegression.init(7, 3),
    MLP.init(5, (4, 3), 2, "sigmoid", key=jax.random.key(0)),
    LeNet.init((9, 9, 3), (2,), (3,), 4, kernel_size=3, key=jax.random.key(1)),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
def test_saving_and_loading_is_the_identity(model, tmp_path):
    save_model(tmp_path / "m", model)
    again = load_model(tmp_path / "m", CLASSES)
    assert jax.tree.structure(again) == jax.tree.structure(model)
    jax.tree.map(np.testing.assert_array_equal, again, model)
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


def saved(tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(path, MODELS[1])
    return path


def test_a_file_cut_anywhere_is_refused(tmp_path):
    path = saved(tmp_path)
    whole = path.read_bytes()
    for length in [0, 1, 7, 8, 20, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match=r"model\.safetensors"):
            load_model(path, CLASSES)


def test_a_changed_byte_anywhere_is_refused(tmp_path):
    path = saved(tmp_path)
    whole = path.read_bytes()
    header = 8 + int.from_bytes(whole[:8], "little")
    for at in [header, header + 5, len(whole) - 1, whole.index(b"sigmoid"), whole.index(b"MLP")]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(CheckpointError):
            load_model(path, CLASSES)


def rewritten(path, change):
    """The file with another description and the checksum that goes with it, as an attacker would write it."""
    with safetensors.safe_open(path, framework="numpy") as file:
        header, arrays = file.metadata(), {name: file.get_tensor(name) for name in list(file.keys())}
    structure = json.dumps(change(json.loads(json.loads(header[FORMAT])["model"])), sort_keys=True)
    header = {FORMAT: json.dumps({"model": structure, "sha256": _checksum(structure, arrays)})}
    path.write_bytes(safetensors.numpy.save(arrays, metadata=header))


@pytest.mark.parametrize(
    "change",
    [
        lambda m: {**m, "class": "os.system"},
        lambda m: {**m, "class": "Popen"},
        lambda m: {**m, "arguments": {**m["arguments"], "extra": 1}},
        lambda m: {"class": "MLP", "arguments": {}},
        lambda m: {"class": "MLP"},
        lambda m: {"array": "missing"},
    ],
)
def test_only_known_models_are_built(tmp_path, change):
    path = saved(tmp_path)
    rewritten(path, change)
    with pytest.raises(CheckpointError, match="describes no model"):
        load_model(path, CLASSES)


def damaged(tmp_path, model, arrays=None, **fields):
    """A file of `model` with other arrays, or other fields of its description, under a checksum that holds."""
    path = tmp_path / "model.safetensors"
    save_model(path, model)
    with safetensors.safe_open(path, framework="numpy") as file:
        held, header = {name: file.get_tensor(name) for name in list(file.keys())}, file.metadata()
    described = json.loads(json.loads(header[FORMAT])["model"])
    described["arguments"] |= fields
    structure, held = json.dumps(described, sort_keys=True), held | (arrays or {})
    entry = {"model": structure, "sha256": _checksum(structure, held)}
    path.write_bytes(safetensors.numpy.save(held, metadata={FORMAT: json.dumps(entry)}))
    return path


def zeros(*shape, dtype=np.float32):
    return np.zeros(shape, dtype)


def made(cls, *arguments, **settings):
    return cls.init(*arguments, **settings, key=jax.random.key(0))


PERCEPTRON, SMALL = made(MLP, 5, (4, 3), 2), made(RBM, 5, 4)
WORDS = {"dimension": 3, "hidden": 4}
CONVOLUTIONS = made(LeNet, (12, 12), (2, 3), (3,), 4, kernel_size=3)


@pytest.mark.parametrize(
    ("model", "arrays"),
    [
        (PERCEPTRON, {"hidden.0.bias": zeros(3)}),  # names of dimensions within a layer
        (PERCEPTRON, {"hidden.0.weight": zeros(4, 5, 1)}),
        (PERCEPTRON, {"hidden.0.weight": zeros(4, 0)}),
        (PERCEPTRON, {"hidden.0.weight": zeros(4, 5, dtype=np.int32)}),
        (PERCEPTRON, {"hidden.0.weight": zeros(4, 5, dtype=bool)}),
        (PERCEPTRON, {"hidden.1.weight": zeros(3, 7)}),  # joints between layers
        (PERCEPTRON, {"output.weight": zeros(2, 4)}),
        (SMALL, {"visible_bias": zeros(7)}),
        (SMALL, {"visible_bias": zeros(2, 5)}),  # the biases of two machines are no saved one
        (DBN((SMALL, made(RBM, 4, 3))), {"rbms.1.weight": zeros(6, 3), "rbms.1.visible_bias": zeros(6)}),
        (CONVOLUTIONS, {"convolutions.1.weight": zeros(3, 1, 3, 3)}),
        (made(Autoencoder, 5, 3), {"visible_bias": zeros(4)}),
        (made(Autoencoder, 5, 3, tied=False), {"decoder_weight": zeros(5, 4)}),
        (made(RNNRBM, 5, 4, 3), {"recurrent_weight": zeros(3, 2)}),
        (made(Tagger, 9, 5, window=3, **WORDS), {"bias": zeros(6)}),
        (made(Tagger, 9, 5, window=3, **WORDS), {"embedding": zeros(10, 4)}),
        (made(Tagger, 9, 5, window=3, **WORDS), {"embedding": zeros(30)}),
        (made(Tagger, 9, 5, window=3, **WORDS), {"forward.recurrent_weight": zeros()}),
        (made(Tagger, 9, 5, window=3, bidirectional=True, **WORDS), {"weight": zeros(4, 5)}),
        (made(Tagger, 9, 5, window=3, cell="lstm", **WORDS), {"weight": zeros(16, 5)}),
        (made(TextClassifier, 9, 2, **WORDS), {"forward.bias": zeros(15)}),
        (
            made(TextClassifier, 9, 2, **WORDS),
            {"forward.input_weight": zeros(3, 12), "forward.bias": zeros(12)},
        ),
        (made(TextClassifier, 9, 2, **WORDS), {"embedding": zeros(10, 2)}),
        (made(TextClassifier, 9, 2, bidirectional=True, **WORDS), {"weight": zeros(4, 2)}),
    ],
    ids=lambda v: type(v).__name__ if not isinstance(v, dict) else "-".join(v),
)
def test_arrays_that_do_not_fit_the_class_or_one_another_are_refused(tmp_path, model, arrays):
    load_model(damaged(tmp_path, model), CLASSES)
    with pytest.raises(CheckpointError, match="describes no model this version knows") as caught:
        load_model(damaged(tmp_path, model, arrays), CLASSES)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (made(Tagger, 9, 5, window=3, **WORDS), {"window": 5}),
        (made(Tagger, 9, 5, window=3, **WORDS), {"window": True}),
        (made(Tagger, 9, 5, window=3, **WORDS), {"window": "3"}),
        (made(Tagger, 9, 5, window=3, **WORDS), {"window": None}),
        (made(Tagger, 9, 5, window=3, **WORDS), {"forward": None}),
        (made(Tagger, 9, 5, window=3, **WORDS), {"forward": "bias"}),
        (made(Autoencoder, 5, 3), {"reconstruction": "exp"}),
        (made(Autoencoder, 5, 3), {"reconstruction": ["sigmoid"]}),
        (made(TextClassifier, 9, 2, **WORDS), {"pooling": "median"}),
        (made(TextClassifier, 9, 2, **WORDS), {"pooling": ["mean"]}),
        (PERCEPTRON, {"hidden": None}),
        (PERCEPTRON, {"hidden": [None]}),
        (PERCEPTRON, {"output": {"array": "output.bias"}}),
        (PERCEPTRON.hidden[0], {"activation": "exp"}),
        (PERCEPTRON.hidden[0], {"activation": 3}),
        (CONVOLUTIONS.convolutions[0], {"pool": [0, 2]}),
        (CONVOLUTIONS.convolutions[0], {"pool": [2]}),
        (CONVOLUTIONS.convolutions[0], {"pool": "22"}),
        (CONVOLUTIONS.convolutions[0], {"activation": "exp"}),
    ],
    ids=str,
)
def test_settings_that_the_class_does_not_take_are_refused(tmp_path, model, fields):
    load_model(damaged(tmp_path, model), CLASSES)
    with pytest.raises(CheckpointError, match="describes no model this version knows") as caught:
        load_model(damaged(tmp_path, model, **fields), CLASSES)
    assert len(str(caught.value).splitlines()) == 1


def test_a_choice_is_one_of_those_that_a_field_names():
    """Asked alone, since the tests' type checker would refuse another before the loader does."""
    assert _is("max", Literal["mean", "max"])
    assert not any(_is(value, Literal["mean", "max"]) for value in ("median", ["mean"], None, 1))


@pytest.mark.parametrize("described", [None, 3, [], "MLP"])
def test_what_is_no_model_is_refused(tmp_path, described):
    path = saved(tmp_path)
    rewritten(path, lambda _: described)
    with pytest.raises(CheckpointError, match="describes no model this version knows"):
        load_model(path, CLASSES)


def test_a_missing_file_and_a_foreign_one_are_told_apart(tmp_path):
    with pytest.raises(CheckpointError, match="cannot read"):
        load_model(tmp_path / "none", CLASSES)
    (tmp_path / "foreign").write_bytes(safetensors.numpy.save({"a": np.zeros(3)}))
    with pytest.raises(CheckpointError, match="not written by harmonium"):
        load_model(tmp_path / "foreign", CLASSES)


def test_a_path_and_a_model_in_the_wrong_order_are_named(tmp_path):
    for arguments, gist in (
        (
            (MODELS[1], tmp_path / "m"),
            "save_model: takes a path and a model, in this order, and was given a MLP and a PosixPath",
        ),
        ((tmp_path / "m", {"weight": 1}), "in this order, and was given a PosixPath and a dict"),
    ):
        with pytest.raises(ConfigError, match=gist):
            save_model(*arguments)
    assert list(tmp_path.iterdir()) == []
    save_model(str(tmp_path / "m"), MODELS[1])
    assert type(load_model(str(tmp_path / "m"), CLASSES)) is type(MODELS[1])
