"""How folders say splits and classes."""

from pathlib import Path

import pytest

from harmonium.data.layout import class_in_name, placed, split_called
from harmonium.data.walk import walk
from harmonium.errors import DataError


def found(*names, **settings):
    for name in names:
        path = Path("mine") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    files, skipped, notes = placed(walk(Path("mine"), {".png"}, "pictures"), what="pictures", **settings)
    return {(file.name, file.split, file.label) for file in files}, dict(skipped), notes


def test_folders_are_classes():
    files, skipped, _ = found("a/1.png", "b/deep/2.png", "loose.png")
    assert files == {("a/1.png", None, "a"), ("b/deep/2.png", None, "b")}
    assert skipped == {"outside the folders of the classes": 1}


@pytest.mark.parametrize(
    ("train", "valid", "test"),
    [("train", "val", "test"), ("Training", "validation", "Testing"), ("train_set", "dev", "test-set")],
)
def test_folders_are_splits_under_any_of_their_names(train, valid, test):
    files, _, _ = found(f"{train}/a/1.png", f"{valid}/a/2.png", f"{test}/b/3.png")
    assert files == {
        ("train/a/1.png", "train", "a"),
        ("valid/a/2.png", "valid", "a"),
        ("test/b/3.png", "test", "b"),
    }


def test_wrapping_folders_are_opened():
    files, _, _ = found("set/train/train/a/1.png", "set/train/train/b/1.png", "set/test/test/a/2.png")
    assert files == {
        ("train/a/1.png", "train", "a"),
        ("train/b/1.png", "train", "b"),
        ("test/a/2.png", "test", "a"),
    }


def test_splits_may_lie_inside_the_classes():
    files, _, notes = found("a/train/1.png", "a/test/2.png", "b/train/3.png")
    assert files == {
        ("train/a/1.png", "train", "a"),
        ("test/a/2.png", "test", "a"),
        ("train/b/3.png", "train", "b"),
    }
    assert notes == ["splits were found inside the folders of the classes"]


def test_files_of_splits_without_classes():
    files, _, _ = found("train/1.png", "test/2.png")
    assert files == {("train/1.png", "train", None), ("test/2.png", "test", None)}


def test_an_unlabelled_split_beside_labelled_ones_is_left_out_and_said():
    files, skipped, _ = found("train/a/1.png", "train/b/2.png", "train/unsup/3.png", "test/4.png")
    assert {label for _, _, label in files} == {"a", "b"}
    assert skipped == {"unlabelled pictures, in unsup": 1, "without a class, in test": 1}


def test_a_class_may_be_called_as_a_split():
    files, _, _ = found("train/1.png", "bus/2.png", "tram/3.png")
    assert {label for _, _, label in files} == {"train", "bus", "tram"}


@pytest.mark.parametrize(
    ("names", "gist"),
    [
        (
            ("train/a/1.png", "test/a/1.png", "cats/1.png"),
            r"named like splits \(test, train\), but cats lies beside them",
        ),
        (
            ("test/1.png", "cats/1.png", "dogs/1.png"),
            r"named like splits \(test\), but cats lies beside them",
        ),
        (
            ("train/a/1.png", "train/b/1.png", "cats/1.png"),
            r"named like splits \(train\), but cats lies beside",
        ),
        (("val/a/1.png", "test/a/1.png"), "none of them is train"),
        (("train/a/1.png", "val/a/1.png", "valid/a/1.png"), "val and valid both name the split valid"),
        (("images/1.png", "masks/1.png"), "images beside masks are pictures with a mask or an annotation"),
        (("JPEGImages/1.png", "Annotations/1.xml"), "JPEGImages beside Annotations"),
    ],
)
def test_what_cannot_be_read_so_is_refused(names, gist):
    with pytest.raises(DataError, match=gist):
        found(*names)


def test_folders_are_no_classes_where_there_are_none():
    files, _, _ = found("train/bach/1.png", "train/2.png", "test/3.png", classes=False)
    assert files == {
        ("train/bach/1.png", "train", None),
        ("train/2.png", "train", None),
        ("test/3.png", "test", None),
    }


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["cat.0.jpg", "dog.0.jpg", "cat.1.jpg", "dog.1.jpg"], ["cat", "dog", "cat", "dog"]),
        (["a/bee_01.png", "a/bee_02.png", "a/ant (1).png", "a/ant (2).png"], ["bee", "bee", "ant", "ant"]),
        (["IMG_1.jpg", "IMG_2.jpg", "DSC_1.jpg", "DSC_2.jpg"], None),
        (["1.png", "2.png"], None),
        (["cat1.png", "dog1.png"], None),
    ],
)
def test_the_class_may_begin_the_name(names, labels):
    assert class_in_name(names) == labels


def test_words_that_only_begin_like_a_split_are_none():
    assert [split_called(name) for name in ("trains", "tester", "developer", "train-station")] == [None] * 4
