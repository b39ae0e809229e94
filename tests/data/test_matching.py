"""Other data by the names of a run's classes."""

import numpy as np
import pytest

from harmonium.data import load, with_classes
from harmonium.data.matching import matched
from harmonium.errors import DataError

X = np.random.default_rng(0).integers(0, 256, (40, 4, 4)).astype(np.uint8)
PETS = load((X, ["cat", "dog"] * 20))


def test_labels_follow_their_names():
    found = with_classes(PETS, ("mouse", "dog", "cat"))
    for part, split in PETS.splits.items():
        assert [found.classes[y] for y in found.splits[part].y] == [PETS.classes[y] for y in split.y]
    assert found.classes == ("mouse", "dog", "cat")
    assert with_classes(PETS, PETS.classes).checksum == PETS.checksum


def test_classes_that_differ_are_named():
    with pytest.raises(DataError, match="its class dog is none of the run's, which are cat, hund; name"):
        with_classes(PETS, ("cat", "hund"))


def test_classes_that_are_spelt_otherwise_are_the_same_and_it_is_said():
    found = with_classes(PETS, ("mouse", "Dog.", "CAT"))
    assert [found.classes[y] for y in found.test.y] == [
        {"cat": "CAT", "dog": "Dog."}[PETS.classes[y]] for y in PETS.test.y
    ]
    assert matched(PETS.classes, ("Dog.", "CAT"))[1][1] == "the class dog is the run's Dog."
    stars = load((X, ["1.0", "2.0"] * 20))
    assert with_classes(stars, ("1", "2")).classes == ("1", "2")
    with pytest.raises(DataError, match="its classes cat, dog are none of the run's"):
        with_classes(PETS, ("CAT", "Cat", "Dog"))  # either may be meant
