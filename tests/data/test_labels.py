"""Labels as classes by name."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harmonium.data import load
from harmonium.data.labels import check_classes, class_names, numbered, one_spelling, ordered, several_in_one
from harmonium.errors import DataError


@pytest.mark.parametrize(
    ("y", "names"),
    [
        (np.array([3, 1, 10]), ["3", "1", "10"]),
        (np.array([[3.0], [1.0]]), ["3", "1"]),
        (np.array([-1, 1]), ["-1", "1"]),
        (np.eye(3)[[2, 0]], ["2", "0"]),
        (np.array(["bee ", "ant"]), ["bee", "ant"]),
        (np.array([b"bee", b"ant"]), ["bee", "ant"]),
        (np.array(["bee", 2, 3.0], object), ["bee", "2", "3"]),
        (np.array([True, False]), ["True", "False"]),
    ],
)
def test_labels_are_names(y, names):
    assert class_names(y, "here") == names


@pytest.mark.parametrize(
    ("y", "gist"),
    [
        (np.array([0.5, 1]), r"holds 0\.5; a class is a name or a whole number"),
        (np.array([0, np.nan]), "has no label for example 1"),
        (np.array(["a", None], object), "has no label for example 1"),
        (np.array(["a", float("nan")], object), "has no label for example 1"),
        (np.ones((4, 2)), r"has shape \(4, 2\)"),
    ],
)
def test_other_labels_are_refused(y, gist):
    with pytest.raises(DataError, match=gist):
        class_names(y, "here")


def test_numbers_are_ordered_by_value_and_names_by_the_alphabet():
    assert ordered(["10", "9", "-1"]) == ("-1", "9", "10")
    assert ordered(["b", "10", "9"]) == ("10", "9", "b")
    assert numbered(["9", "10"], ("-1", "9", "10")).tolist() == [1, 2]


def test_absurd_classes_are_refused():
    with pytest.raises(DataError, match="every text is of the class 'a'"):
        check_classes(["a", "a"], "here", what="text")
    with pytest.raises(DataError, match="10 examples have 6 classes, as 'a', 'b'"):
        check_classes([*"abcdef", *"abcd"], "here")
    check_classes([*"abcde", *"abcde"], "here")


def test_names_of_splits_alone_are_no_classes():
    with pytest.raises(
        DataError, match="here: its classes would be PublicTest, Training, which are names of"
    ):
        check_classes(["Training", "PublicTest"] * 4, "here")
    check_classes(["train", "bus"] * 4, "here")
    check_classes(["a train", "a test"] * 4, "here")


@pytest.mark.parametrize("name", ["comedy|drama", "drama; comedy", "['drama', 'comedy']"])
def test_classes_that_are_several_labels_are_told(name):
    (note,) = several_in_one(["comedy", "drama", name])
    assert name in note
    assert several_in_one([name.replace("comedy", "war"), name]) == []  # comedy and war occur but here


@pytest.mark.parametrize("classes", [["Doe, John", "Smith, John"], ["a|", "|a"], ["drama", "comedy"], []])
def test_other_classes_are_left_alone(classes):
    assert several_in_one(classes) == []


@pytest.mark.parametrize(
    ("labels", "spelt"),
    [
        (["yes", "Yes", "YES", "no", "yes"], ["yes", "yes", "yes", "no", "yes"]),
        (["True", "1", "0", "False", "True", "0"], ["True", "True", "0", "0", "True", "0"]),
        (["1", "0", "1"], ["1", "0", "1"]),
        (["y", "Y", "n", "y"], ["y", "y", "n", "y"]),
    ],
)
def test_one_name_for_each_class(labels, spelt):
    found, notes = one_spelling(labels)
    assert found == spelt
    assert bool(notes) == (labels != spelt)


@pytest.mark.parametrize("labels", [["a", "A", "b", "B", "c"], ["Dog", "dog"], ["true", "false", "maybe"]])
def test_classes_that_are_told_apart_stay(labels):
    assert one_spelling(labels) == (labels, [])


def test_folders_of_classes_that_differ_in_capitals_are_one():
    rng = np.random.default_rng(0)
    for n in range(18):
        path = Path(("Cat", "cat", "dog")[n % 3]) / f"{n}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (8, 8)).astype(np.uint8)).save(path)
    found = load(".")
    assert len(found.classes) == 2
    assert "the classes Cat and cat are one: they differ in capitals alone" in found.reading.notes
