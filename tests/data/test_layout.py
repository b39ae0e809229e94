"""How folders say splits and classes."""

import shutil
from pathlib import Path

import pytest

from harmonium.data.file_names import class_in_name
from harmonium.data.layout import placed
from harmonium.data.split_names import split_called
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


LABELLED = {
    ("train/a/1.png", "train", "a"),
    ("train/b/2.png", "train", "b"),
    ("test/a/3.png", "test", "a"),
    ("test/b/4.png", "test", "b"),
}


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train2017", "test2017"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("Mnist Train Images", "Mnist Test Images"),
        ("trainset", "testset"),
        ("Training", "PrivateTest"),
        ("train", "hold_out"),
    ],
)
def test_splits_are_told_by_years_and_by_words_that_all_share(train, test):
    files, _, _ = found(f"{train}/a/1.png", f"{train}/b/2.png", f"{test}/a/3.png", f"{test}/b/4.png")
    assert files == LABELLED


def test_a_folder_to_predict_beside_the_splits_is_left_out_and_counted():
    files, skipped, _ = found(
        "seg_train/a/1.png", "seg_train/b/2.png", "seg_test/a/3.png", "seg_test/b/4.png", "seg_pred/p/5.png"
    )
    assert files == LABELLED
    assert skipped == {"without a class, in seg_pred": 1}


def test_a_folder_may_name_a_split_and_a_class():
    files, _, notes = found("train_a/1.png", "b-train/2.png", "test_a/3.png", "b-test/4.png")
    assert files == LABELLED
    assert notes == ["the name of a folder holds a split and a class: b-test those of b, to test"]


@pytest.mark.parametrize(
    "names",
    [
        ("train_track/1.png", "test_tube/2.png"),
        ("train_a/1.png", "train_b/2.png", "bus/3.png"),
        ("toy train/1.png", "steam train/2.png"),
    ],
)
def test_classes_with_words_of_splits_stay_classes(names):
    files, _, _ = found(*names)
    assert {(split, label) for _, split, label in files} == {(None, name.split("/")[0]) for name in names}


def test_all_names_of_splits_are_known_inside_the_classes():
    files, _, _ = found("a/train/1.png", "a/eval/2.png", "a/holdout/3.png", "b/train/4.png")
    assert {(split, label) for _, split, label in files} == {
        ("train", "a"),
        ("valid", "a"),
        ("test", "a"),
        ("train", "b"),
    }


@pytest.mark.parametrize(
    ("names", "gist"),
    [
        (
            ("a/train/1.png", "a/test/2.png", "a/odd/3.png", "b/train/4.png"),
            r"mine/a: holds folders named like splits \(test, train\), but mine/a/odd is called like none",
        ),
        (
            ("a/train/1.png", "a/test/2.png", "b/3.png", "b/4.png"),
            r"mine/a: holds folders named like splits \(test, train\), but b beside it holds none",
        ),
    ],
)
def test_splits_of_some_classes_alone_are_refused(names, gist):
    with pytest.raises(DataError, match=gist):
        found(*names)


def test_what_lies_beside_the_splits_of_a_class_is_left_out_and_counted():
    files, skipped, _ = found("a/train/1.png", "a/test/2.png", "a/loose.png", "b/train/3.png")
    assert {split for _, split, _ in files} == {"train", "test"}
    assert skipped == {"beside the folders of the splits": 1}


def test_words_that_only_begin_like_a_split_are_none():
    assert [split_called(name) for name in ("trains", "tester", "developer", "train-station")] == [None] * 4


@pytest.mark.parametrize(
    "flat",
    ["test/images/9.png", "asl_test/asl_test/9.png", "Testing/test_set/9.png", "validation/imgs/9.png"],
)
def test_a_split_whose_pictures_lie_in_one_folder_has_no_classes(flat):
    top = "asl_train/asl_train" if flat.startswith("asl") else "train"
    names = [f"{top}/{label}/{n}.png" for label in ("a", "b") for n in range(3)]
    files, skipped, _ = found(*names, flat)
    assert {label for _, _, label in files} == {"a", "b"}
    assert [one.startswith("without a class, in ") for one in skipped] == [True]


def test_boxes_beside_flat_splits_are_refused_and_the_remedy_is_named():
    with pytest.raises(
        DataError, match="train2017 beside annotations are pictures with a mask or an annotation"
    ):
        found("train2017/1.png", "val2017/2.png", "annotations/instances_train2017.json")
    shutil.rmtree("mine")
    yolo = ("yolo/train/images/1.png", "yolo/train/labels/1.txt", "yolo/valid/images/2.png")
    with pytest.raises(DataError, match=r"images beside labels .* give \S*train/images alone"):
        found(*yolo, "yolo/valid/labels/2.txt")


def test_what_is_said_about_flat_splits_does_not_keep_them_from_being_read():
    files, _, _ = found("train/cat.1.png", "test/dog.2.png", "annotations/about.txt")
    assert {split for _, split, _ in files} == {"train", "test"}


def test_a_folder_is_train_where_the_other_is_called_as_it_and_test():
    names = [f"{top}/{label}/{n}.png" for top in ("rps", "rps-test-set") for label in "ab" for n in range(2)]
    files, _, notes = found(*names)
    assert {(split, label) for _, split, label in files} == {(s, k) for s in ("train", "test") for k in "ab"}
    assert notes == ["rps is taken for the training set, since those beside it are called as others"]


def test_classes_of_which_one_is_called_as_the_other_and_a_split_stay_classes():
    files, _, _ = found("drive/1.png", "test drive/2.png")
    assert {(split, label) for _, split, label in files} == {(None, "drive"), (None, "test drive")}


@pytest.mark.parametrize("names", [("ill", "well"), ("train", "test", "val")])
def test_a_copy_of_all_in_a_folder_beside_them_is_left_out(names):
    inner = ["a/1.png", "b/2.png"] if "train" in names else ["1.png", "2.png"]
    files, skipped, _ = found(
        *(f"{top}{name}/{one}" for top in ("", "all/") for name in names for one in inner)
    )
    assert len(files) == len(names) * 2
    assert "all" not in {label for _, _, label in files}
    assert skipped == {"in all, which holds the same folders as lie beside it": len(names) * 2}
