"""The reviews' archive, made here: whole, damaged and hostile; and its words, kept."""

import hashlib
import io
import tarfile
from dataclasses import replace

import pytest

from harmonium.data import cache, imdb, load_reviews
from harmonium.data.imdb import LONGEST, read_archive
from harmonium.errors import DataError

REVIEWS = {
    f"aclImdb/{part}/{name}/{n}_{rating + n}.txt": f"{'a fine' if name == 'pos' else 'an awful'} film, {part} {n}"
    for part in ("train", "test")
    for name, rating in (("pos", 7), ("neg", 1))
    for n in range(15)
}
BESIDE = {
    "aclImdb/train/unsup/0_0.txt": "nobody says",
    "aclImdb/train/urls_pos.txt": "http://example.org",
    "aclImdb/imdb.vocab": "the\n",
    "aclImdb/README": "read me",
    "../train/pos/1_9.txt": "outside",
    "aclImdb/train/pos/../../../1_9.txt": "outside",
}


def pack(path, members, links=()):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            content = content.encode() if isinstance(content, str) else content
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(info)
    return path


@pytest.fixture
def archive(tmp_path):
    return pack(tmp_path / "a.tar.gz", REVIEWS)


def test_the_labelled_reviews_are_read_and_nothing_else(tmp_path):
    path = pack(tmp_path / "a.tar.gz", {**BESIDE, **REVIEWS}, links=["aclImdb/train/pos/77_7.txt"])
    train, test, lexicon = read_archive(path)

    assert len(train) == len(test) == 30
    assert train.y.tolist() == [0] * 15 + [1] * 15
    words = [lexicon[w] for w in train.words[: train.ends[0]]]
    assert words == ["an", "awful", "film", "train", "0"]
    assert {"nobody", "outside", "root"} & set(lexicon) == set()
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


def test_an_archive_cut_short_is_named(archive):
    whole = archive.read_bytes()
    for length in (0, 1, 20, len(whole) // 2, len(whole) * 9 // 10):
        archive.write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"a\.tar\.gz: .*fetch it again"):
            read_archive(archive)


def test_no_changed_byte_goes_through_as_another_error(archive):
    whole = archive.read_bytes()
    for place in range(0, len(whole), 7):
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            read_archive(archive)  # a header's flags or name do not matter
        except DataError as error:
            assert "a.tar.gz" in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("content", "gist"),
    [
        (b"caf\xe9", r"3_8\.txt is not UTF-8"),
        (b"", r"3_8\.txt: holds no words"),
        (b"...", r"3_8\.txt: holds no words"),
        (b"a" * (LONGEST + 1), r"3_8\.txt is too long for a review"),
    ],
)
def test_a_bad_review_is_named(tmp_path, content, gist):
    path = pack(tmp_path / "a.tar.gz", REVIEWS | {"aclImdb/test/pos/3_8.txt": content})
    with pytest.raises(DataError, match=gist):
        read_archive(path)


def test_a_missing_class_is_named(tmp_path):
    path = pack(tmp_path / "a.tar.gz", {n: text for n, text in REVIEWS.items() if "test/neg" not in n})
    with pytest.raises(DataError, match="holds no aclImdb/test/neg"):
        read_archive(path)


@pytest.fixture
def stored(archive, tmp_path, monkeypatch):
    """The archive as the data set itself, in HARMONIUM_DATA, and a cache of this test's own."""
    content = archive.read_bytes()
    folder = tmp_path / "data" / "imdb"
    folder.mkdir(parents=True)
    (file,) = imdb.LABELLED.files
    (folder / file.name).write_bytes(content)
    known = replace(file, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(imdb, "LABELLED", replace(imdb.LABELLED, files=(known,)))
    monkeypatch.setenv("HARMONIUM_DATA", str(folder.parent))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    if tmp_path not in cache.user_cache().parents:
        pytest.skip("this system's cache folder cannot be moved")
    return folder / file.name


def kept():
    (path,) = (cache.user_cache() / "imdb").iterdir()
    return path


def test_words_are_kept_and_found_again(stored, monkeypatch):
    first = load_reviews("imdb")
    assert first.sizes == {"train": 29, "valid": 1, "test": 30}
    assert first.classes == ("neg", "pos")

    def no_more(archive):
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(imdb, "read_archive", no_more)
        assert load_reviews("imdb").checksum == first.checksum


def test_kept_words_that_have_changed_are_read_anew(stored):
    first = load_reviews("imdb")
    whole = kept().read_bytes()
    for changed in (b"", whole[:-1], whole + b"!", whole[:40] + b"!" + whole[41:], whole[:-5] + b"words"):
        kept().write_bytes(changed)
        assert load_reviews("imdb").checksum == first.checksum
        assert kept().read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_done_without(stored, tmp_path):
    (tmp_path / "home").write_text("in the way")
    assert load_reviews("imdb").sizes["test"] == 30


def test_another_archive_is_told_by_its_checksum(stored):
    content = stored.read_bytes()
    stored.write_bytes(content[:-1] + b"!")
    with pytest.raises(DataError, match="the checksum is not that of aclImdb_labelled"):
        load_reviews("imdb")


def test_the_official_archive_does_as_well(stored, monkeypatch):
    content = stored.read_bytes()
    (file,) = imdb.OFFICIAL.files
    known = replace(file, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(imdb, "OFFICIAL", replace(imdb.OFFICIAL, files=(known,)))
    stored.rename(stored.with_name(file.name))
    assert load_reviews("imdb").sizes["test"] == 30
    assert imdb.location() == stored.parent
