"""Many devices and many processes: the same command, the same results."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from safetensors.numpy import load_file

from harmonium.training.devices import Devices

SHARED = ["--batch-size", "512", "--max-epochs", "6"]  # 64 examples for each of eight devices
DIGITS = ["--data", "digits", "--batch-size", "16", "--max-epochs", "2", "--no-figures", "--json"]


@pytest.fixture
def begin(start):
    """Start `harmonium` in a process of its own."""

    def harmonium(arguments, **environment):
        command = [sys.executable, "-m", "harmonium", *map(str, arguments)]
        pipe = subprocess.PIPE
        return start(command, env={**os.environ, **environment}, stdout=pipe, stderr=pipe, text=True)

    return harmonium


@pytest.fixture
def train(begin):
    """Start a training on the digits, on so many devices."""

    def start(recipe, out, *options, devices=1, **environment):
        flags = f"--xla_force_host_platform_device_count={devices}"
        return begin(["train", recipe, *DIGITS, *options, "--out", out], XLA_FLAGS=flags, **environment)

    return start


def ended(process):
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return json.loads(out) if out else None


def two_processes():
    """The environments in which two processes find each other."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    joined = {"JAX_COORDINATOR_ADDRESS": address, "JAX_NUM_PROCESSES": "2"}
    return [{**joined, "JAX_PROCESS_ID": str(number)} for number in range(2)]


def models(folder):
    return {
        path.relative_to(folder): load_file(path) for path in sorted(Path(folder).rglob("model.safetensors"))
    }


def files(folder):
    """Names beside the checkpoints, inside which Orbax names files as it likes."""
    return {path.relative_to(folder) for path in folder.rglob("*") if "checkpoints" not in path.parent.parts}


def assert_alike(one, other):
    assert models(one).keys() == models(other).keys() != set()
    for path, arrays in models(one).items():
        for name, array in arrays.items():
            np.testing.assert_allclose(models(other)[path][name], array, atol=2e-4, err_msg=f"{path} {name}")


@pytest.mark.parametrize(
    "options",
    [
        ("mlp", "--hidden", "8", "--shuffle", *SHARED),
        ("mlp", "--hidden", "8", "--shuffle", "--seeds", "8"),
        ("rbm", "--hidden", "8", "--chains", "512", *SHARED),
    ],
    ids=["batch", "seeds", "chains"],
)
def test_eight_devices_come_to_what_one_does(tmp_path, train, options):
    recipe, *rest = options
    scores = ended(train(recipe, tmp_path / "one", *rest))
    eight = ended(train(recipe, tmp_path / "eight", *rest, devices=8))
    assert_alike(tmp_path / "one", tmp_path / "eight")
    if "valid" in scores and "runs" not in scores:
        assert eight["valid"] == pytest.approx(scores["valid"], rel=1e-3)


def test_a_batch_too_small_to_share_stays_on_one_device(tmp_path, train):
    for devices in (1, 8):
        ended(train("mlp", tmp_path / str(devices), "--hidden", "8", devices=devices))
    one, eight = models(tmp_path / "1"), models(tmp_path / "8")
    for path, arrays in one.items():
        for name, array in arrays.items():
            np.testing.assert_array_equal(eight[path][name], array)


@pytest.mark.parametrize(("examples", "count"), [(20, 1), (127, 1), (128, 2), (500, 5), (512, 8), (509, 1)])
def test_each_device_gets_enough_examples(monkeypatch, examples, count):
    monkeypatch.setattr(jax, "device_count", lambda: 8)
    assert Devices.for_examples(examples).count == count


@pytest.mark.parametrize("options", [("--shuffle",), ("--seeds", "3")], ids=["batch", "seeds"])
def test_two_processes_come_to_what_one_does(tmp_path, train, options):
    options = ("--hidden", "8", *options)
    for process in [train("mlp", tmp_path / "both", *options, **joined) for joined in two_processes()]:
        ended(process)
    ended(train("mlp", tmp_path / "one", *options))
    assert_alike(tmp_path / "one", tmp_path / "both")
    assert files(tmp_path / "one") == files(tmp_path / "both")


def test_what_two_processes_began_one_can_continue(tmp_path, train, begin):
    options = ("--hidden", "8", "--shuffle")
    for process in [train("mlp", tmp_path / "both", *options, **joined) for joined in two_processes()]:
        ended(process)
    ended(begin(["resume", tmp_path / "both", "--max-epochs", "3", "--no-figures", "--json"]))
    ended(train("mlp", tmp_path / "one", *options, "--max-epochs", "3"))
    assert_alike(tmp_path / "one", tmp_path / "both")


def test_a_batch_that_processes_cannot_share_is_refused(tmp_path, train):
    for process in [
        train("mlp", tmp_path / "both", "--batch-size", "15", **joined) for joined in two_processes()
    ]:
        _, err = process.communicate(timeout=300)
        assert process.returncode == 2
        assert "give a multiple of 2" in err


@pytest.mark.parametrize(("out", "why"), [("file/both", "cannot"), ("full", "exists already")])
def test_all_processes_end_where_the_first_cannot_write(tmp_path, train, out, why):
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/thesis.txt").touch()
    for process in [train("mlp", tmp_path / out, **joined) for joined in two_processes()]:
        _, err = process.communicate(timeout=100)
        assert process.returncode == 2
        assert why in err or "could not" in err
