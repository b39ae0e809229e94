import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmonium.data import Split
from harmonium.data.splits import completed, permutation, shuffled_split
from harmonium.errors import ConfigError, DataError

seeds = st.integers(0, 2**63)


def rows(number, start=0):
    x = np.arange(start, start + number, dtype=np.float32)
    return Split(np.stack([x, x + 0.5], -1), np.arange(start, start + number, dtype=np.int32))


@given(st.integers(0, 300), seeds)
def test_a_permutation_holds_every_index_once(examples, seed):
    np.testing.assert_array_equal(np.sort(permutation(examples, seed)), np.arange(examples))


def test_a_permutation_never_changes():
    # Recorded once: a run of last year must find the same splits.
    assert permutation(8, 0).tolist() == [3, 2, 1, 6, 0, 7, 4, 5]


def test_a_permutation_depends_on_the_seed():
    assert permutation(50, 0).tolist() == permutation(50, 0).tolist()
    assert permutation(50, 0).tolist() != permutation(50, 1).tolist()


def test_first_places_are_uniform():
    firsts = np.bincount([permutation(5, seed)[0] for seed in range(2000)], minlength=5)
    assert (abs(firsts - 400) < 5 * np.sqrt(320)).all()  # five standard deviations


def test_a_negative_seed_is_refused():
    with pytest.raises(ConfigError, match="seed is -1; it must be 0 or more"):
        permutation(5, -1)


@given(st.integers(7, 200), seeds)
def test_splits_are_disjoint_and_cover(number, seed):
    parts = shuffled_split(rows(number), seed=seed, where="here")
    share = number // 7
    assert [len(part) for part in parts] == [number - 2 * share, share, share]
    together = np.concatenate([part.y for part in parts])
    np.testing.assert_array_equal(np.sort(together), np.arange(number))
    for part in parts:
        np.testing.assert_array_equal(part.x[:, 0], part.y)
        np.testing.assert_array_equal(part.x[:, 1], part.y + 0.5)


@given(st.integers(7, 60), seeds)
def test_splits_are_drawn_the_same_again(number, seed):
    first, again = (shuffled_split(rows(number), seed=seed, where="here") for _ in range(2))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.y, b.y)


@given(st.integers(7, 60), seeds, st.booleans())
def test_only_what_is_missing_is_drawn(number, seed, valid_given):
    extra = rows(3, start=1000)
    given_ones = (extra, None) if valid_given else (None, extra)
    train, valid, test = completed(rows(number), *given_ones, seed=seed, where="here")
    kept, drawn = (valid, test) if valid_given else (test, valid)
    assert kept is extra
    assert len(drawn) == number // 7
    np.testing.assert_array_equal(np.sort(np.concatenate([train.y, drawn.y])), np.arange(number))


def test_nothing_moves_when_all_three_are_given():
    parts = rows(2), rows(1), rows(3)
    assert completed(*parts, seed=0, where="here") == parts


@pytest.mark.parametrize("number", [1, 6])
def test_too_few_examples_are_refused(number):
    count = "1 example cannot" if number == 1 else "6 examples cannot"
    with pytest.raises(DataError, match=re.escape(f"here: {count} be cut")):
        shuffled_split(rows(number), seed=0, where="here")
