"""Files of users, atomic writes, and what killed processes leave."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

import pytest

from harmonium import files
from harmonium.data.archives import temporary_folder
from harmonium.errors import DataError, HarmoniumError
from harmonium.files import (
    LEFTOVER,
    lives,
    opened_regular,
    read_regular,
    remove_unfinished,
    sweep,
    temporary_prefix,
    write_atomically,
)


def test_a_regular_file_and_a_link_to_one_are_opened():
    Path("a").write_bytes(b"content")
    Path("b").symlink_to("a")
    for name in ("a", "b"):
        with opened_regular(Path(name)) as file:
            assert file.read() == b"content"


def irregular(kind):
    path = Path(kind)
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(kind)
    elif kind == "device":
        path = Path("/dev/zero")
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="has no such files")
@pytest.mark.parametrize("kind", ["folder", "pipe", "socket", "device"])
def test_what_is_no_regular_file_is_refused_before_it_is_opened(kind):
    path = irregular(kind)
    with pytest.raises(DataError, match=f"^{path}: cannot be read: it is a {kind}; give a regular file$"):
        opened_regular(path)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere", "there is no such file"),
        ("nowhere/deeper", "there is no such file"),
        ("https://host/one.png", "there is no such file; download it first"),
        ("a\0b", "is a name that no file can have"),
        ("n" * 300, "cannot be read"),
        ("file/x", "cannot be read"),
    ],
)
def test_names_without_a_file_are_refused(name, reason):
    Path("file").touch()
    with pytest.raises(DataError, match=reason) as caught:
        opened_regular(Path(name))
    assert "\n" not in str(caught.value)


def test_a_link_without_an_end_is_refused():
    Path("ring").symlink_to("ring")
    with pytest.raises(DataError, match=r"^ring: cannot be read"):
        opened_regular(Path("ring"))


@pytest.mark.skipif(sys.platform == "win32", reason="has other rights")
@pytest.mark.parametrize("closed", ["file", "folder"])
def test_a_file_or_folder_without_permission_is_refused(closed):
    Path("folder").mkdir()
    Path("folder/file").write_text("x")
    Path("folder" if closed == "folder" else "folder/file").chmod(0)
    code = (
        "import os, sys; from pathlib import Path; from harmonium.files import opened_regular\n"
        "from harmonium.errors import DataError\n"
        "if os.geteuid() == 0: os.chmod('.', 0o755); os.setuid(65534)\n"  # the superuser may read all
        "try: opened_regular(Path('folder/file'))\n"
        "except DataError as error: print(error)\n"
    )
    # Not in pytest's own folders, through which another user cannot pass.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        os.rename("folder", Path(folder) / "folder")
        said = subprocess.check_output(
            [sys.executable, "-c", code], cwd=folder, env={"PYTHONPATH": ":".join(sys.path)}, text=True
        )
        os.chmod(Path(folder) / "folder", 0o755)
    assert said == "folder/file: cannot be read (Permission denied)\n"


def test_a_file_is_replaced_whole_and_nothing_is_left():
    write_atomically(Path("a"), "first")
    write_atomically(Path("a"), b"second")
    assert Path("a").read_text() == "second"
    assert os.listdir() == ["a"]


def test_the_longest_name_can_be_written():
    name = "ü" * 100 + "n" * 55  # 255 bytes
    write_atomically(Path(name), "x")
    assert os.listdir() == [name]


def test_a_failed_write_leaves_what_was_there(monkeypatch):
    write_atomically(Path("a"), "first")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(HarmoniumError, match="the disk is full"):
        write_atomically(Path("a"), "second")
    assert Path("a").read_text() == "first"
    assert os.listdir() == ["a"]


def test_a_name_that_no_file_can_have_is_refused():
    with pytest.raises(HarmoniumError, match="no file can have that name"):
        write_atomically(Path("a\0b"), "x")


def killed_while_writing(start):
    """The leftover of a process killed between its write and its rename."""
    code = (
        "import os, time; from pathlib import Path; from harmonium.files import write_atomically\n"
        "def wait(*_): print(flush=True); time.sleep(60)\n"
        "os.fsync = wait; write_atomically(Path('model.bin'), b'half')\n"
    )
    process = start(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env={"PYTHONPATH": ":".join(sys.path)}
    )
    process.stdout.readline()
    (leftover,) = Path().iterdir()
    return process, leftover


def test_what_a_killed_process_left_is_swept_and_not_while_it_lives(start):
    process, leftover = killed_while_writing(start)
    assert LEFTOVER.fullmatch(leftover.name)
    assert sweep(Path()) == []
    assert leftover.exists()
    process.kill()
    process.wait()
    assert sweep(Path()) == [leftover]
    assert not list(Path().iterdir())


def of_the_dead(name="x"):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return temporary_prefix(Path(name)).replace(f"-{os.getpid()}-", f"-{process.pid}-") + "abcd_012"


def test_a_folder_half_made_is_swept_and_a_link_alone_is():
    Path("other").mkdir()
    Path("other/kept").touch()
    made = Path(of_the_dead())
    made.mkdir()
    (made / "config.json").touch()
    link = Path(of_the_dead("y"))
    link.symlink_to("other")
    assert sorted(sweep(Path())) == sorted([made, link])
    assert Path("other/kept").exists()
    assert not link.is_symlink()


def test_a_temporary_folder_is_gone_after_it_was_used_and_where_the_process_is_ended():
    with temporary_folder() as used:
        (used / "inside").touch()
    assert not used.exists()
    with temporary_folder(Path("x").absolute()) as beside:
        assert LEFTOVER.fullmatch(beside.name)
        (beside / "inside").touch()
        remove_unfinished()
        assert not beside.exists()
        beside.mkdir()


@pytest.mark.parametrize(
    "name",
    [
        "model.bin",
        ".model.bin.abcdefgh",
        ".hidden",
        ".x.harmonium-12",
        ".x.harmonium-999999999-abcdefgh",
        "x.harmonium-999999999-00000000-abcdefgh",
        ".x.harmonium-999999999-00000000-abcdefgh.txt",
        ".x.harmonium-999999999-00000000-abcdefgh",  # of another machine, just now
    ],
)
def test_no_foreign_file_is_swept(name):
    Path(name).touch()
    if name.startswith(".x.harmonium-999999999-00000000") and name.endswith("h"):
        assert sweep(Path()) == []
        os.utime(name, (time.time() - 2 * files.DAY,) * 2)  # but nobody writes for two days
        assert sweep(Path()) == [Path(name)]
        return
    os.utime(name, (0, 0))
    assert sweep(Path()) == []
    assert Path(name).exists()


def test_a_folder_that_is_not_there_has_nothing_to_sweep():
    assert sweep(Path("nowhere")) == []


def test_whether_a_process_lives(start):
    process = start([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert lives(process.pid)
    process.communicate()
    assert not lives(process.pid)
    assert lives(os.getpid())
    assert not lives(0)
    assert not lives(10**10 - 1)


def test_a_file_of_more_bytes_than_may_be_is_refused_and_takes_no_memory():
    Path("a").write_bytes(b"12345")
    assert read_regular(Path("a"), 5, "cut it") == b"12345"
    with pytest.raises(DataError, match=r"^a: holds more than 4 bytes; cut it$"):
        read_regular(Path("a"), 4, "cut it")
    tracemalloc.start()
    try:
        read_regular(Path("a"), 2**33, "cut it")
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()
