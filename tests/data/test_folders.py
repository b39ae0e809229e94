from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harmonium.data import load
from harmonium.errors import DataError


def picture(path, value, size=(4, 3), colour=False):
    """A `size` (width, height) picture whose first pixel is `value`."""
    pixels = np.full((size[1], size[0]), 120, np.uint8)
    pixels[0, 0] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    if colour:
        pixels = np.stack([pixels, pixels // 2, pixels // 3], -1)
    Image.fromarray(pixels).save(path)


def filled(root, classes=("bees", "ants"), each=4, start=0, **settings):
    for number, name in enumerate(classes):
        for i in range(each):
            picture(root / name / f"{i}.png", start + 10 * number + i, **settings)
    return root


def values(split):
    return {
        (int(x[0, 0] if x.ndim == 2 else x[0, 0, 0]), int(y)) for x, y in zip(split.x, split.y, strict=True)
    }


def refused(path, message):
    with pytest.raises(DataError, match=message):
        load(str(path))


def test_grey_pictures_are_cut_into_splits():
    dataset = load(str(filled(Path("mine"))), seed=1)
    assert dataset.classes == ("ants", "bees")
    assert dataset.shape == (3, 4)
    assert dataset.train.x.dtype == np.uint8
    assert dataset.sizes == {"train": 4, "valid": 2, "test": 2}
    together = set().union(*(values(split) for split in dataset.splits.values()))
    assert together == {(i, 1) for i in range(4)} | {(10 + i, 0) for i in range(4)}


def test_colour_pictures_have_three_channels():
    dataset = load(str(filled(Path("mine"), colour=True)))
    assert dataset.shape == (3, 4, 3)
    assert dataset.train.x[0, 1, 1].tolist() == [120, 60, 40]


def test_one_colour_picture_makes_all_colour():
    root = filled(Path("mine"))
    picture(root / "ants" / "0.png", 99, colour=True)
    dataset = load(str(root))
    assert dataset.shape == (3, 4, 3)
    pixels = {tuple(x[0, 0].tolist()) for split in dataset.splits.values() for x in split.x}
    assert (99, 49, 33) in pixels
    assert (1, 1, 1) in pixels


def test_given_splits_stay_as_they_are():
    root = Path("mine")
    for part, start in (("train", 0), ("valid", 100), ("test", 200)):
        filled(root / part, start=start, each=2)
    dataset = load(str(root))
    assert values(dataset.train) == {(0, 1), (1, 1), (10, 0), (11, 0)}
    assert values(dataset.valid) == {(100, 1), (101, 1), (110, 0), (111, 0)}
    assert values(dataset.test) == {(200, 1), (201, 1), (210, 0), (211, 0)}


@pytest.mark.parametrize("given", ["valid", "test"])
def test_the_missing_split_is_drawn_from_train(given):
    root = Path("mine")
    filled(root / "train", each=7)
    filled(root / given, each=1, start=100)
    dataset = load(str(root))
    drawn = "test" if given == "valid" else "valid"
    assert values(dataset.splits[given]) == {(100, 1), (110, 0)}
    assert dataset.sizes == {"train": 12, given: 2, drawn: 2}
    assert all(value < 100 for value, _ in values(dataset.splits[drawn]))


@pytest.mark.parametrize("colour", ["train", "valid", "test"])
def test_one_colour_split_makes_all_colour(colour):
    root = Path("mine")
    for part in ("train", "valid", "test"):
        filled(root / part, each=1, colour=part == colour)
    dataset = load(str(root))
    for split in dataset.splits.values():
        assert split.x.shape == (2, 3, 4, 3)


def test_a_class_that_a_given_split_does_not_know_is_refused():
    root = Path("mine")
    filled(root / "train")
    filled(root / "test", classes=("ants", "bees", "wasps"))
    refused(root, "mine/test/wasps: is no class of the training pictures")


def test_a_class_folder_without_pictures_is_refused():
    root = filled(Path("mine"))
    (root / "wasps").mkdir()
    (root / "wasps" / "notes.txt").write_text("none yet")
    refused(root, "mine/wasps: holds no pictures")


def test_a_folder_without_classes_is_refused():
    root = Path("mine")
    picture(root / "0.png", 1)
    refused(root, "^mine: needs at least two folders, one a class")


def test_a_single_class_is_refused():
    refused(filled(Path("mine"), classes=("bees",)), "^mine: needs at least two folders")


def test_hidden_folders_are_no_classes():
    root = filled(Path("mine"))
    (root / ".git").mkdir()
    assert load(str(root)).classes == ("ants", "bees")


def test_sizes_that_differ_are_refused():
    root = filled(Path("mine"))
    picture(root / "bees" / "2.png", 3, size=(5, 3))
    refused(root, r"mine/bees/2\.png: is 5x3 where the pictures before it are 4x3")


def test_splits_of_different_sizes_are_refused():
    root = Path("mine")
    filled(root / "train")
    filled(root / "test", size=(6, 6))
    refused(
        root,
        r"\.png: is \dx\d where the pictures before it are \dx\d; fit all to one size, as with --size 28",
    )


def test_a_damaged_picture_is_skipped_counted_and_named():
    root = filled(Path("mine"))
    (root / "bees" / "1.png").write_bytes(b"no picture")
    dataset = load(str(root))
    assert sum(dataset.sizes.values()) == 7
    assert dataset.reading.skipped == {"cannot be read as pictures": 1}
    assert "mine/bees/1.png: is no picture of a known format" in dataset.reading.notes[0]


def test_pictures_that_are_mostly_damaged_are_refused():
    root = filled(Path("mine"))
    for path in (root / "bees").iterdir():
        path.write_bytes(b"no picture")
    (root / "ants" / "0.png").write_bytes(b"no picture")
    refused(root, r"is no picture of a known format")


def test_too_few_pictures_are_refused():
    refused(filled(Path("mine"), each=2), "mine: 4 examples cannot be cut")


def test_a_class_may_be_called_train():
    root = filled(Path("vehicles"), ("bus", "train", "tram"))
    assert load(str(root)).classes == ("bus", "train", "tram")


@pytest.mark.parametrize(
    "outer", [("fold0", "fold1", "fold2"), ("original", "augmented"), ("Colour", "Grayscale")]
)
def test_folders_that_each_hold_all_classes_are_no_classes(outer):
    root = Path("mine")
    for n, name in enumerate(outer):
        filled(root / name, start=50 * n)
    first = sorted(outer)[0]
    refused(
        root,
        f"hold the same folders, ants, bees, which are the classes, it seems; .* as mine/{first}, or name",
    )
    assert load(str(root / first)).classes == ("ants", "bees")
    for name, split in zip(outer, ("train", "valid", "test"), strict=False):
        (root / name).rename(root / split)
    assert load(str(root)).classes == ("ants", "bees")


def test_classes_that_hold_the_same_folders_are_said():
    root = Path("mine")
    for n, name in enumerate(("ants", "bees")):
        filled(root / name, classes=("left", "right"), start=50 * n)
    found = load(str(root))
    assert found.classes == ("ants", "bees")
    (note,) = [note for note in found.reading.notes if "the same folders" in note]
    assert note.startswith(
        "the folders ants, bees hold the same folders, left, right, and the outer ones are taken"
    )


def test_classes_of_different_folders_are_not_spoken_of():
    root = filled(Path("mine") / "ants", classes=("left", "right")).parent
    filled(root / "bees", classes=("left", "front"), start=50)
    assert not load(str(root)).reading.notes


def test_files_named_by_their_split_alone_have_no_class():
    root = Path("mine")
    for n in range(12):
        picture(root / f"{'test' if n > 8 else 'train'}_{n}.png", n)
    refused(root, "mine: needs at least two folders, one a class")
    assert load(str(root), labels=False).sizes["test"] == 3


def test_files_named_by_a_split_and_a_class_have_both():
    root = Path("mine")
    for n in range(24):
        picture(root / f"{'test' if n > 15 else 'train'}_{('bee', 'ant')[n % 2]}_{n}.png", n)
    found = load(str(root))
    assert found.classes == ("ant", "bee")
    assert values(found.test) == {(n, 1 - n % 2) for n in range(16, 24)}


def test_a_file_names_the_classes_of_numbered_folders():
    for label in ("0", "1"):
        for n in range(20):
            picture(Path(f"own/{label}/{n}.png"), n)
    Path("own/classes.txt").write_text("apple\npear\n")
    found = load("own")
    assert found.classes == ("apple", "pear")
    assert "classes.txt names the classes 0 to 1" in found.reading.notes
    Path("own/classes.txt").write_text("apple\npear\nplum\n")  # a set of which one class has no pictures
    assert load("own").classes == ("apple", "pear")
    for label in ("1", "2"):
        Path(f"own/{int(label) - 1}").rename(f"own/k{label}")
    for label in ("1", "2"):
        Path(f"own/k{label}").rename(f"own/{label}")
    assert load("own").classes == ("1", "2")  # numbered from 0 or from 1: nothing tells


def test_classes_of_a_split_in_other_letters():
    filled(Path("own/Train"), ("Cat", "Dog"), each=6)
    filled(Path("own/Test"), ("cat", "dog"), start=100)
    found = load("own")
    assert (found.classes, found.sizes["test"]) == (("Cat", "Dog"), 8)
    assert "the classes Cat and cat are one: they differ in capitals alone" in found.reading.notes
