"""Who trains, validates and tests."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmonium.data import SplitOptions
from harmonium.data.sharing import shared_out
from harmonium.errors import ConfigError, DataError

PARTS = ("train", "valid", "test")


def shared(names, labels=None, parts=None, *, seed=0, split=None, **more):
    parts = parts or [None] * len(names)
    options = SplitOptions(split=split)
    places, notes = shared_out(names, labels, parts, seed=seed, options=options, where="here", **more)
    return {part: [names[i] for i in those] for part, those in places.items()}, notes


def numbered(count, letter="x"):
    return [f"{letter}{n}" for n in range(count)]


@given(st.lists(st.integers(3, 40), min_size=1, max_size=5), st.integers(0, 99))
def test_every_class_has_its_share_in_every_split(sizes, seed):
    names = [f"{k}/{n}" for k, size in enumerate(sizes) for n in range(size)]
    places, notes = shared(names, [name[0] for name in names], seed=seed)
    assert sorted(name for those in places.values() for name in those) == sorted(names)
    assert not notes
    for part, share in zip(PARTS, (5 / 7, 1 / 7, 1 / 7), strict=True):
        counts = Counter(name[0] for name in places[part])
        for k, size in enumerate(sizes):
            assert counts[str(k)] >= 1
            assert abs(counts[str(k)] - share * size) <= 1.5


def test_another_class_and_another_order_move_nobody():
    names = numbered(30)
    before, _ = shared(names, ["a"] * 30)
    more = [*numbered(9, "y"), *reversed(names)]
    after, _ = shared(more, ["b"] * 9 + ["a"] * 30)
    for part in PARTS:
        assert [name for name in after[part] if name[0] == "x"] == before[part]


def test_the_seed_decides():
    assert (
        shared(numbered(30), seed=1)[0] == shared(numbered(30), seed=1)[0] != shared(numbered(30), seed=2)[0]
    )


def test_a_name_has_one_place_however_its_accents_are_written():
    composed, apart = [f"caf\u00e9 {n}" for n in range(20)], [f"cafe\u0301 {n}" for n in range(20)]
    one, other = shared(composed)[0], shared(apart)[0]
    assert [name[-2:] for name in one["test"]] == [name[-2:] for name in other["test"]]


def test_whom_a_run_has_kept_stays_whatever_is_added():
    names = numbered(30)
    kept, _ = shared(names)
    more = [*numbered(12, "a"), *names[1:]]
    after, notes = shared(more, kept=kept)
    for part in PARTS:
        assert set(kept[part]) - {"x0"} == {name for name in after[part] if name[0] == "x"}
        assert any(name[0] == "a" for name in after[part])
    assert notes == ["1 example is gone that the run knew", "12 examples are new to the run"]


@given(
    sizes=st.lists(st.integers(3, 90), min_size=1, max_size=3),
    seed=st.integers(0, 5),
    share=st.floats(0, 0.5),
)
def test_nobody_who_trained_tests_when_classes_grow_by_up_to_a_half(sizes, seed, share):
    """Without a run that has kept the names."""
    names, labels = [], []
    late = []
    for k, size in enumerate(sizes):
        count = size + int(share * size)
        names += numbered(count, letter="abc"[k])
        labels += ["abc"[k]] * count
        late += [n >= size for n in range(count)]
    early = [n for n, is_late in enumerate(late) if not is_late]
    before, _ = shared([names[n] for n in early], [labels[n] for n in early], seed=seed)
    after, _ = shared(names, labels, seed=seed)
    assert not {*before["train"]} & {*after["test"]}


def test_given_splits_keep_their_order_and_missing_ones_are_taken_from_train():
    names = numbered(24)
    places, _ = shared(names, parts=["train"] * 18 + ["test"] * 6)
    assert places["test"] == names[18:]
    assert len(places["valid"]) == 3  # a sixth, as of MNIST's 60,000
    all_given = ["train"] * 10 + ["valid"] * 8 + ["test"] * 6
    assert shared(names, parts=all_given)[0]["train"] == names[:10]


def test_shares_may_be_asked_for():
    sizes = [len(those) for those in shared(numbered(100), split=(0.6, 0.3, 0.1))[0].values()]
    assert (
        sizes
        == [60, 30, 10]
        == [len(those) for those in shared(numbered(100), split=(60, 30, 10))[0].values()]
    )
    for wrong in ((0.5, 0.2, 0.2), (1.0, 0.0, 0.0), (1.2, -0.1, -0.1)):
        with pytest.raises(ConfigError, match="must be three positive shares that add up to 1"):
            shared(numbered(100), split=wrong)


def test_a_group_is_in_one_split():
    names = numbered(60)
    groups = [str(n // 4) for n in range(60)]
    places, _ = shared(names, ["a", "b"] * 30, groups=groups)
    homes = [{groups[names.index(name)] for name in places[part]} for part in PARTS]
    assert sum(map(len, homes)) == len(set().union(*homes)) == 15
    assert [len(places[part]) for part in PARTS] == [36, 12, 12]


def test_a_class_that_is_too_rare_is_named():
    places, notes = shared(numbered(22), ["a"] * 10 + ["b"] * 10 + ["c"] * 2)
    assert notes == ["valid holds no example of c; its scores say nothing of that"]
    assert {"x20", "x21"} <= {*places["train"], *places["test"]}


def test_an_empty_split_is_refused():
    with pytest.raises(DataError, match=r"here: 2 examples cannot be cut .* \(valid would be empty\)"):
        shared(numbered(2))


def test_what_a_run_kept_comes_in_the_runs_order():
    names = [str(n) for n in range(40)]
    first, _ = shared_out(names, None, [None] * 40, seed=0, options=SplitOptions(), where="x")
    kept = {part: [names[i] for i in those] for part, those in first.items()}
    again, _ = shared_out(names, None, [None] * 40, seed=5, options=SplitOptions(), where="x", kept=kept)
    for part, those in first.items():
        np.testing.assert_array_equal(again[part], those)
    more, _ = shared_out(
        [*names, "new"], None, [None] * 41, seed=5, options=SplitOptions(), where="x", kept=kept
    )
    assert {part: [i for i in those if i < 40] for part, those in more.items()} == {
        part: list(those) for part, those in first.items()
    }
