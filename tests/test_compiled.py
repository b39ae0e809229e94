"""Compiled programs are kept: starts get faster, and nothing else changes, whatever becomes of the cache."""

import json
import os
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from harmonium import compiled
from harmonium.cli import main

TRAIN = ("train", "mlp", "--data", "digits", "--hidden", "20", "--max-epochs", "2", "--no-figures", "--json")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    for name in ("JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"):
        monkeypatch.delenv(name)
    return tmp_path / "home" / "harmonium" / "compiled"


def program(folder, name, content=b"program", used=None):
    path = folder / f"{name}-cache"
    path.write_bytes(zlib.compress(content * 100))
    if used is not None:
        os.utime(path, (used, used))
    return path


@pytest.fixture
def started(start):
    """Start `harmonium` in a process of its own."""

    def harmonium(*command, **environment):
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "harmonium", *command]
        return start(command, stdout=pipe, stderr=pipe, text=True, env=os.environ | environment)

    return harmonium


def ended(process):
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert "cache" not in err
    return out


@pytest.fixture
def model(started):
    """Train in a process of its own; the weights as they lie on disk."""

    def trained(out):
        ended(started(*TRAIN, "--out", out))
        return weights(out)

    return trained


def weights(out):
    return Path(out, "model.safetensors").read_bytes()


def programs(folder):
    return sorted(path.name for path in folder.glob("*-cache"))


def test_a_cache_changes_no_bit_and_is_filled_once(home, started, model, monkeypatch):
    monkeypatch.setenv("JAX_ENABLE_COMPILATION_CACHE", "false")
    without = model("without")
    monkeypatch.delenv("JAX_ENABLE_COMPILATION_CACHE")
    assert not programs(home)
    two = [started(*TRAIN, "--out", out) for out in ("one", "other")]  # which fill it at the same time
    for process in two:
        ended(process)
    filled = programs(home)
    assert len(filled) > 10
    assert model("warm") == weights("one") == weights("other") == without
    assert programs(home) == filled  # the third one has compiled nothing
    long_ago = time.time() - 1000
    for number, name in enumerate(filled):
        path = home / name
        content = bytearray(path.read_bytes())
        content[len(content) // 2 :] = (b"", b"nonsense", bytes(len(content)))[number % 3]
        path.write_bytes(content)
        if number % 2:  # as a disk does it, unseen by the look at what is new
            os.utime(path, (long_ago, long_ago))
    assert model("damaged") == without


def test_what_is_damaged_goes_at_the_next_start_and_the_oldest_beyond_the_bound(tmp_path):
    folder, before = tmp_path, time.time() - 10
    whole, cut, empty = (program(folder, name) for name in ("whole", "cut", "empty"))
    cut.write_bytes(whole.read_bytes()[:-3])
    empty.write_bytes(b"")
    for path in (whole, cut, empty):
        os.utime(path, (before, before))
    other = folder / "notes.txt"
    other.write_text("not a program")
    compiled.tend(folder)
    assert programs(folder) == ["whole-cache"]
    now = time.time()
    for age, name in enumerate(["new", "middle", "old"]):
        program(folder, name, os.urandom(50), used=now - 100 - age)
    sizes = [(folder / f"{name}-cache").stat().st_size for name in ("whole", "new")]
    compiled.tend(folder, largest=sum(sizes))
    assert programs(folder) == ["new-cache", "whole-cache"]
    assert other.exists()


def test_only_what_was_written_between_two_looks_is_read(tmp_path, monkeypatch):
    (tmp_path / compiled.CHECKED).touch()
    os.utime(tmp_path / compiled.CHECKED, (time.time() - 500,) * 2)
    for name, age in (("old", 1000), ("new", 100), ("being-written", -1)):
        program(tmp_path, name, used=time.time() - age)
    seen = []
    monkeypatch.setattr(compiled, "_whole", lambda path: seen.append(path.name) or True)
    compiled.tend(tmp_path)
    compiled.tend(tmp_path)
    assert seen == ["new-cache"]


def test_a_folder_that_cannot_be_written_is_left_alone(tmp_path):
    compiled.tend(tmp_path / "nowhere")
    assert not list(tmp_path.iterdir())


def test_the_cache_is_cleared_and_data_stay(home, capsys):
    home.mkdir(parents=True)
    size = program(home, "one").stat().st_size
    data = home.parent / "mnist"
    data.mkdir()
    assert main(["data", "clear-cache", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {"folder": str(home), "programs": 1, "bytes": size}
    assert not home.exists()
    assert data.exists()
    assert main(["data", "clear-cache"]) == 0
    assert "removed 0 compiled programs, 0.0 MB" in capsys.readouterr().out


SETTINGS = """
import jax
from harmonium.cli import prepare_jax
prepare_jax()
print(jax.config.jax_compilation_cache_dir, jax.config.jax_persistent_cache_min_compile_time_secs)
"""


def settings():
    done = subprocess.run([sys.executable, "-c", SETTINGS], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_what_the_environment_says_of_the_cache_goes_first(home, monkeypatch, tmp_path):
    assert settings() == [str(home), "0.0"]
    assert home.stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "own"))
    assert settings() == [str(tmp_path / "own"), "0.0"]
    monkeypatch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "3")
    assert settings() == [str(tmp_path / "own"), "3.0"]
    assert not (tmp_path / "own").exists()


def test_a_home_that_cannot_be_written_keeps_nothing(home):
    home.parent.parent.write_text("a file where a folder should be")
    assert settings() == ["None", "1.0"]
