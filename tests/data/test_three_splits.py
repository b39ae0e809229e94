"""What the four containers of data share."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium.data import (
    Corpus,
    Dataset,
    Music,
    Reviews,
    Rolls,
    Sentences,
    Split,
    Texts,
    Vocabulary,
    intensities,
    load,
)

PICTURES = Split(np.arange(12, dtype=np.uint8).reshape(3, 2, 2), np.array([0, 1, 0], np.int32))
SENTENCES = Sentences((("fly", "home"), ("stay",)), (("O", "B-place"), ("O",)))
TEXTS = Texts(np.array([0, 1, 0], np.int32), np.array([1, 3]), np.array([0, 1], np.int32))
TUNES = Rolls((np.eye(3, 88, dtype=np.uint8),), ("scale",))


@pytest.mark.parametrize(
    ("data", "checksum"),  # as runs of version 0.1 have it
    [
        (
            Dataset("p", PICTURES, PICTURES, PICTURES, ("a", "b")),
            "29dcfc9dd18da59e",
        ),
        (
            Corpus("s", *3 * [SENTENCES], ("B-place", "O"), vocabulary=Vocabulary(("<UNK>",))),
            "321191aa71a7d50c",
        ),
        (
            Reviews("r", TEXTS, TEXTS, TEXTS, ("a", "b"), lexicon=("good", "bad")),
            "de0486782d1cc56b",
        ),
        (Music("m", TUNES, TUNES, TUNES), "23a245577fcb843f"),
    ],
)
def test_a_checksum_stays_what_it_was(data, checksum):
    assert data.checksum.startswith(checksum)
    assert data.sizes == dict.fromkeys(("train", "valid", "test"), len(data.train))
    assert data.splits["valid"] is data.valid


@pytest.mark.parametrize("array", [np.array, jnp.array])
def test_all_bytes_are_scaled_alike_with_and_without_jax(array):
    bytes_ = array(np.arange(256, dtype=np.uint8))
    expected = np.arange(256) / 256
    np.testing.assert_array_equal(np.asarray(intensities(bytes_)), expected)
    assert intensities(bytes_).dtype == np.float32
    np.testing.assert_array_equal(np.asarray(jax.jit(intensities)(bytes_)), expected)


def test_floats_are_left_as_they_are():
    x = np.array([0.25, 7.0], np.float32)
    assert intensities(x) is x


@pytest.mark.parametrize(
    "arrays",
    [
        lambda: [(split.x, split.y) for split in load("digits").splits.values()],
        lambda: [
            (s.x, s.y) for s in load((np.zeros((40, 9)) + np.eye(40, 9), ["a", "b"] * 20)).splits.values()
        ],
        lambda: [vars(Reviews("r", TEXTS, TEXTS, TEXTS, ("a", "b"), lexicon=("x",)).valid).values()],
        lambda: [Music("m", TUNES, TUNES, TUNES).test.rolls],
    ],
)
def test_nobody_writes_into_what_a_training_may_read(arrays):
    for split in arrays():
        for array in split:
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1


def test_arrays_of_the_caller_stay_writable():
    x = np.zeros((3, 2, 2), np.uint8)
    dataset = Dataset("p", *3 * [Split(x, np.array([0, 1, 0], np.int32))], ("a", "b"))
    x[0] = 1
    assert not dataset.train.x.flags.writeable
