"""Saved models: the identity on the way back, and nothing but models let in."""

import json

import jax
import numpy as np
import pytest
import safetensors
import safetensors.numpy

from harmonium import models
from harmonium.errors import CheckpointError
from harmonium.models import MLP, LeNet, LogisticRegression
from harmonium.training import load_model, save_model
from harmonium.training.saved_model import FORMAT, _checksum

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


def test_a_missing_file_and_a_foreign_one_are_told_apart(tmp_path):
    with pytest.raises(CheckpointError, match="cannot read"):
        load_model(tmp_path / "none", CLASSES)
    (tmp_path / "foreign").write_bytes(safetensors.numpy.save({"a": np.zeros(3)}))
    with pytest.raises(CheckpointError, match="not written by harmonium"):
        load_model(tmp_path / "foreign", CLASSES)
