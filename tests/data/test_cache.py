"""Where files come from: the user's folder, the cache, mirrors, and one error when there is none."""

import functools
import gzip
import hashlib
import http.server
import threading

import pytest

from harmonium.data.cache import DataFile, Store
from harmonium.errors import DataError

CONTENT = b"some data " * 100
FILE = DataFile("f", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), remote="f.gz")


@pytest.fixture
def server(tmp_path):
    """An address on this machine that serves the folder `served`."""
    (tmp_path / "served").mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path / "served"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("HARMONIUM_DATA", raising=False)


def store(*mirrors):
    return Store("toy", (FILE,), mirrors)


def test_the_users_folder_comes_first(tmp_path, monkeypatch):
    (tmp_path / "own/toy").mkdir(parents=True)
    (tmp_path / "own/toy/f.gz").write_bytes(gzip.compress(CONTENT))
    monkeypatch.setenv("HARMONIUM_DATA", str(tmp_path / "own"))
    assert store().location() == tmp_path / "own/toy"
    assert store().fetch() == tmp_path / "own/toy"


def test_a_folder_that_is_none_is_named(monkeypatch):
    monkeypatch.setenv("HARMONIUM_DATA", "/nowhere/at/all")
    with pytest.raises(DataError, match="HARMONIUM_DATA is /nowhere/at/all"):
        store().location()


def test_a_failing_mirror_gives_way_to_the_next(tmp_path, server):
    (tmp_path / "served/bad").mkdir()
    (tmp_path / "served/bad/f.gz").write_bytes(gzip.compress(b"something else"))
    (tmp_path / "served/good").mkdir()
    (tmp_path / "served/good/f.gz").write_bytes(gzip.compress(CONTENT))
    toy = store(server + "absent/", server + "bad/", server + "good/")
    folder = toy.fetch()
    assert gzip.decompress((folder / "f.gz").read_bytes()) == CONTENT
    assert [p.name for p in folder.iterdir()] == ["f.gz"]
    assert store().location() == folder  # and from now on offline


def test_when_all_fail_one_error_lists_them(tmp_path, server):
    (tmp_path / "served/f.gz").write_bytes(b"x" * (len(CONTENT) + 2 * 2**20))
    with pytest.raises(DataError) as raised:
        store(server + "absent/", server).fetch()
    message = str(raised.value)
    for part in ("HARMONIUM_DATA", "absent/", "404", "more bytes", "--data digits"):
        assert part in message
    assert not list((tmp_path / "cache").rglob("f*"))


def test_a_damaged_file_of_the_users_is_named(tmp_path, monkeypatch):
    (tmp_path / "own/toy").mkdir(parents=True)
    (tmp_path / "own/toy/f").write_bytes(CONTENT[:-1])
    monkeypatch.setenv("HARMONIUM_DATA", str(tmp_path / "own"))
    with pytest.raises(DataError, match="own/toy/f: the checksum"):
        store().fetch()
