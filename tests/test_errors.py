"""Errors of the machine and of names, in one line."""

import errno
import subprocess
import sys

import pytest

from harmonium.errors import ConfigError, HarmoniumError, explain, in_one_line


def raised(act):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which it is, is what the tests ask
        act()
    return caught.value


def explained(act):
    found = explain(raised(act))
    assert type(found) is HarmoniumError
    assert "\n" not in str(found)
    return str(found)


def test_our_own_errors_stay_as_they_are():
    error = ConfigError("a setting")
    assert explain(error) is error


def test_too_little_memory_of_the_machine():
    import numpy as np

    said = explained(lambda: np.empty((2**40, 2**10), np.float64))
    assert said.startswith("there is not enough memory (Unable to allocate 8.00 PiB")
    assert explain(MemoryError()).args[0].startswith("there is not enough memory; give less data")


def test_too_little_memory_to_load_a_library():
    said = "x.so: failed to map segment from shared object"
    assert str(explain(ImportError(said))).startswith("there is not enough memory to load all of the program")
    assert explain(ImportError("No module named x")) is None


def test_too_little_memory_of_a_device():
    """What XLA itself raises, for an array that no machine holds."""
    import jax
    import jax.numpy as jnp

    huge = jax.jit(lambda: jnp.zeros((2**22, 2**23), jnp.float32) + 1)
    error = raised(lambda: huge().block_until_ready())
    assert "RESOURCE_EXHAUSTED" in str(error)
    said = str(explain(error))
    assert said.startswith("the device has not enough memory (")
    assert "batches" in said
    assert "\n" not in said
    assert explain(RuntimeError("something else")) is None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk(number):
    said = str(explain(OSError(number, "no room", "runs/a")))
    assert said == "the disk is full: cannot write runs/a; free some space, or use another folder"
    assert str(explain(OSError(number, "no room"))).startswith("the disk is full: cannot write;")


def test_files_that_cannot_be_used(tmp_path):
    (tmp_path / "file").touch()
    long, below, ring = tmp_path / ("n" * 300), tmp_path / "file" / "x", tmp_path / "ring"
    ring.symlink_to(ring)
    for path, reason in ((long, "too long"), (below, "Not a directory"), (ring, "symbolic links")):
        said = explained(path.read_bytes)
        assert said.startswith(f"cannot use {path}: ")
        assert reason in said
    assert str(explain(PermissionError(errno.EACCES, "Permission denied", "x"))).startswith(
        "cannot use x: Permission denied"
    )


def test_too_many_open_files():
    assert "ulimit -n" in str(explain(OSError(errno.EMFILE, "Too many open files", "x")))


def test_a_closed_pipe_and_a_bug_are_not_explained():
    for error in (
        BrokenPipeError(errno.EPIPE, "Broken pipe"),
        OSError("odd"),
        KeyError("x"),
        ValueError("x"),
    ):
        assert explain(error) is None


def test_names_that_no_file_can_have(tmp_path):
    assert "NUL" in explained((tmp_path / "a\0b").read_bytes)
    assert explained(lambda: "name-\udcff".encode()).startswith("the name or text name-\udcff holds bytes")
    with pytest.raises(UnicodeEncodeError) as caught:
        "μ".encode("ascii")
    assert explain(caught.value) is None  # no name is at fault


def test_what_another_library_says_is_one_short_line():
    assert in_one_line(ValueError(" a\n  b\tc ")) == "a b c"
    assert in_one_line(KeyError()) == "KeyError"
    assert (
        in_one_line(SyntaxError("EOF in a string", ("x.py", 1, 2, "'", 1, 3)))
        == "EOF in a string (x.py, line 1)"
    )
    assert in_one_line(ValueError("EOF in a string", (1, 2))) == "EOF in a string"
    assert in_one_line(OSError(errno.ENOENT, "No such file", "x")) == "No such file"
    assert len(in_one_line(ValueError("x" * 10**6))) == 200


def test_errors_import_nothing_heavy():
    code = (
        "import sys, harmonium.errors, harmonium.files, harmonium.memory, harmonium.terminal; "
        "print([m for m in ('jax', 'numpy', 'rich', 'scipy') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
