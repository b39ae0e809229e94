import numpy as np
import pytest

from harmonium.data import CATALOGUE, load, load_reviews
from harmonium.errors import DataError

COUNTS = {  # examples of each class among the 60,000 and the 10,000
    "mnist": (
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
        [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
    ),
    "fashion-mnist": ([6000] * 10, [1000] * 10),
}
FIRST = {"mnist": [5, 0, 4, 1, 9, 2, 1, 3, 1, 4], "fashion-mnist": [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]}


def real(name, load=load):
    try:
        location = CATALOGUE[name].location()
    except DataError as error:  # HARMONIUM_DATA points at nothing
        pytest.skip(str(error))
    if location is None:
        pytest.skip(f"{name} does not lie on this machine; set HARMONIUM_DATA, or: harmonium data {name}")
    return load(name)


@pytest.mark.parametrize("name", COUNTS)
def test_the_real_set_is_the_known_one(name):
    dataset = real(name)
    assert dataset.sizes == {"train": 50_000, "valid": 10_000, "test": 10_000}
    assert dataset.shape == (28, 28)
    assert len(dataset.classes) == 10
    for split in dataset.splits.values():
        assert split.x.dtype == np.uint8
        assert split.y.dtype == np.int32
        assert split.x.min() == 0
        assert split.x.max() == 255
    assert dataset.train.y[:10].tolist() == FIRST[name]
    both = np.concatenate([dataset.train.y, dataset.valid.y])
    train, test = COUNTS[name]
    assert np.bincount(both).tolist() == train
    assert np.bincount(dataset.test.y).tolist() == test


def test_the_first_digit_is_a_five():
    # Upright and bright on black: its top stroke is in the upper half, its border is empty.
    five = real("mnist").train.x[0]
    assert five[[0, -1]].max() == 0
    assert five[:, [0, -1]].max() == 0
    assert five[5, 12:24].tolist() == [3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127]


def test_the_reviews_are_the_known_ones():
    reviews = real("imdb", load_reviews)
    assert reviews.sizes == {"train": 23_750, "valid": 1_250, "test": 25_000}
    train = np.concatenate([reviews.train.y, reviews.valid.y])
    assert np.bincount(train).tolist() == np.bincount(reviews.test.y).tolist() == [12_500, 12_500]
    assert min(split.lengths.min() for split in reviews.splits.values()) >= 4
    # Words that tell, in a vocabulary of the book's size.
    known = reviews.known_as(reviews.frequent(10_000))
    share = [
        np.mean(
            known.test.words[np.repeat(known.test.y == y, known.test.lengths)] == known.lexicon.index(word)
        )
        for word in ("awful", "superb")
        for y in (0, 1)
    ]
    assert share[0] > 3 * share[1]
    assert share[3] > 3 * share[2]
