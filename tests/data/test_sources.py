"""What is a path, and archives in place of folders."""

import bz2
import gzip
import shutil
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harmonium.data import load, load_reviews, looks_like_a_path
from harmonium.data.kinds import kind_of
from harmonium.errors import DataError


@pytest.mark.parametrize(
    "text",
    [
        "/home/someone/My Documents/review.txt",
        "./review",
        "../other film",
        "~/texts/a.txt",
        "C:\\Users\\me\\a b.txt",
        "C:\\reviews",
        "review.txt",
        "folder/review.md",
        "folder/review",
        "My Documents/review.txt",
    ],
)
def test_paths(text):
    assert looks_like_a_path(text)


@pytest.mark.parametrize(
    "text",
    [
        "I loved it.",
        "Good and/or bad. Really?",
        "what",
        "It costs 3.50",
        "See you at 8/10 p.m. tomorrow",
        "a flight from Boston to Denver",
        "the film was bad.avoid",
        "",
        "line one\nline two.txt",
        "9/10 would watch again",
    ],
)
def test_sentences(text):
    assert not looks_like_a_path(text)


def pictures(root):
    for name in "ab":
        for k in range(6):
            (root / name).mkdir(parents=True, exist_ok=True)
            pixels = np.random.default_rng(k).integers(0, 256, (4, 4)).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{k}.png")


def test_an_archive_is_read_as_the_folder_in_it():
    pictures(Path("mine/set"))
    plain = load("mine/set")
    shutil.make_archive("one", "zip", "mine")
    shutil.make_archive("two", "gztar", "mine")
    with zipfile.ZipFile("one.zip", "a") as archive:
        archive.writestr("__MACOSX/set/a/._0.png", b"junk")
    for path in ("one.zip", "two.tar.gz"):
        found = load(path)
        assert found.checksum == plain.checksum
        assert found.names == plain.names
        assert found.reading.source == path


def test_an_archive_of_one_table_or_of_texts():
    rows = "".join(f"{'pro' if n % 2 else 'con'}\tsome text {n}\n" for n in range(20))
    with zipfile.ZipFile("texts.zip", "w") as archive:
        archive.writestr("texts.tsv", rows)
    Path("texts.tsv").write_text(rows)
    assert load_reviews("texts.zip").checksum == load_reviews("texts.tsv").checksum


def test_messages_name_the_archive_and_not_where_it_was_unpacked():
    with zipfile.ZipFile("bad.zip", "w") as archive:
        archive.writestr("a/notes.txt", "x")
    with pytest.raises(DataError, match=r"^bad\.zip: holds no pictures but 1 not pictures \(\.txt\)"):
        load("bad.zip")


def test_an_archive_that_reaches_outside_is_refused():
    Path("evil.txt").write_text("x")
    with tarfile.open("evil.tar.gz", "w:gz") as archive:
        archive.add("evil.txt", "../evil.txt")
    with pytest.raises(DataError, match="outside the archive's folder"):
        load("evil.tar.gz")


def test_a_file_packed_alone_is_read_and_called_as_the_user_called_it():
    rows = "text,label\n" + "".join(
        f"{'good' if n % 2 else 'bad'} film number {n},{n % 2}\n" for n in range(20)
    )
    Path("reviews.csv.gz").write_bytes(gzip.compress(rows.encode()))
    assert kind_of("reviews.csv.gz") == "texts"
    assert load_reviews("reviews.csv.gz").understood.name == "reviews.csv.gz"
    Path("bad.csv.gz").write_bytes(gzip.compress(rows.encode())[:-20])
    with pytest.raises(DataError, match=r"bad\.csv\.gz: cannot be unpacked"):
        load_reviews("bad.csv.gz")
    Path("one.csv.gz").write_bytes(gzip.compress(b"a film,1\nanother film,1\n" * 9))
    with pytest.raises(DataError, match=r"^one\.csv\.gz: every text is of the class '1'"):
        load_reviews("one.csv.gz")


def test_a_folder_of_nothing_but_archives_is_read_as_what_they_hold():
    pictures(Path("set"))
    Path("mine").mkdir()
    for name in "ab":
        shutil.make_archive(f"mine/{name}", "zip", f"set/{name}")
    Path("mine/README.txt").write_text("two archives")
    found = load("mine")
    assert found.checksum == load("set").checksum
    assert found.names == load("set").names
    assert kind_of("mine") == "pictures"


def test_archives_beside_other_files_stay_packed():
    pictures(Path("mine"))
    shutil.make_archive("mine/original", "zip", "mine")
    assert sum(load("mine").sizes.values()) == 12


def test_a_folder_with_an_archive_for_each_split():
    for part in ("train", "test"):
        pictures(Path("set") / part)
        shutil.make_archive(f"mine/{part}", "gztar", "set", part)
    found = load("mine")
    assert (found.classes, len(found.test), found.reading.source) == (("a", "b"), 12, "mine")


def test_texts_packed_alone_by_bzip2():
    lines = "\n".join(f"__label__{1 + n % 2} some text {n}" for n in range(40))
    Path("train.ft.txt.bz2").write_bytes(bz2.compress(lines.encode()))
    assert kind_of("train.ft.txt.bz2") == "texts"
    assert load_reviews("train.ft.txt.bz2").classes == ("1", "2")
    Path("cut.txt.bz2").write_bytes(bz2.compress(lines.encode())[:-9])
    with pytest.raises(DataError, match=r"^cut\.txt\.bz2"):
        load_reviews("cut.txt.bz2")


def test_packed_files_of_the_splits_in_a_folder():
    Path("amazon").mkdir()
    for part, count in (("train", 40), ("test", 20)):
        lines = "\n".join(f"__label__{1 + n % 2} some text {n}" for n in range(count))
        Path(f"amazon/{part}.ft.txt.bz2").write_bytes(bz2.compress(lines.encode()))
    assert kind_of("amazon") == "texts"
    found = load_reviews("amazon")
    assert (found.classes, found.sizes["test"], found.name) == (("1", "2"), 20, "amazon")
    Path("numbers").mkdir()
    for part, count in (("train", 40), ("test", 20)):
        rows = "\n".join(["a,b,label", *(f"{n % 7},{n * n},{n % 2}" for n in range(count))])
        Path(f"numbers/{part}.csv.gz").write_bytes(gzip.compress(rows.encode()))
    assert load("numbers", real=True).sizes["test"] == 20


def test_archives_that_hold_a_table_each_as_kaggle_gives_them():
    Path("mine").mkdir()
    for part, count in (("train", 40), ("test", 20)):
        rows = "\n".join(["a,b,label", *(f"{n % 7},{n * n},{n % 2}" for n in range(count))])
        with zipfile.ZipFile(f"mine/{part}.csv.zip", "w") as archive:
            archive.writestr(f"{part}.csv", rows)
    Path("mine/sample_submission.csv").write_text("id,label\n1,0\n2,0\n")
    found = load("mine", real=True)
    assert (found.sizes["test"], sum(found.sizes.values()), found.shape) == (20, 60, (2,))
    assert found.reading.skipped == {"tables that are no split": 1}
