"""Columns of tables that name the split of each row."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from harmonium.data import DatasetOptions, load, load_reviews
from harmonium.errors import DataError

ROWS = 60
RNG = np.random.default_rng(0)
FLOWERS = pd.DataFrame(
    {"a": RNG.normal(size=ROWS), "b": RNG.normal(size=ROWS), "label": ["x", "y"] * (ROWS // 2)}
)


def loaded(target=None, **columns):
    FLOWERS.assign(**columns).to_csv("t.csv", index=False)
    return load("t.csv", options=DatasetOptions(target=target))


@pytest.mark.parametrize(
    ("words", "test"),
    [
        (("train", "eval", "holdout"), 20),
        (("Training", "PublicTest", "PrivateTest"), 20),
        (("train", "evaluation", "hold-out"), 20),
    ],
)
def test_all_names_of_splits_are_known(words, test):
    found = loaded(split=[words[n % 3] for n in range(ROWS)])
    assert found.sizes == {"train": 20, "valid": 20, "test": test}
    assert found.preparation.columns == ("a", "b")


def test_two_names_of_one_split_are_said():
    found = loaded(split=[("train", "test", "holdout")[n % 3] for n in range(ROWS)])
    assert found.sizes["test"] == 40
    assert (
        "the column split names the split of each row; holdout and test are both test" in found.reading.notes
    )


@pytest.mark.parametrize(
    ("name", "values"), [("split", [0, 1]), ("Subset", ["a", "b"]), ("set", ["train", "test", "odd"])]
)
def test_a_column_of_splits_that_names_none_is_no_feature(name, values):
    with pytest.raises(
        DataError, match=rf"t\.csv: the column {name} holds .*, which name no split; write train"
    ):
        loaded(**{name: [values[n % len(values)] for n in range(ROWS)]})


def test_a_column_that_may_be_anything_stays_a_feature():
    assert loaded(set=np.arange(ROWS) % 7, usage=RNG.normal(size=ROWS)).shape == (4,)
    assert loaded(split=RNG.normal(size=ROWS)).shape == (3,)


def test_the_column_of_the_class_names_no_split():
    found = loaded(target="split", split=[n % 2 for n in range(ROWS)])
    assert found.classes == ("0", "1")


@pytest.mark.parametrize(
    ("columns", "sizes"),
    [
        ({"is_test": [n % 3 == 0 for n in range(ROWS)]}, {"test": 20}),
        ({"isTrain": [int(n % 3 != 0) for n in range(ROWS)]}, {"test": 20}),
        ({"is_valid": [n % 3 == 0 for n in range(ROWS)]}, {"valid": 20}),
        (
            {
                f"is_{part}": [n % 3 == k for n in range(ROWS)]
                for k, part in enumerate(("train", "val", "test"))
            },
            {"train": 20, "valid": 20, "test": 20},
        ),
    ],
)
def test_columns_of_true_and_false_tell_the_splits(columns, sizes):
    found = loaded(**columns)
    assert found.preparation.columns == ("a", "b")
    assert {part: found.sizes[part] for part in sizes} == sizes


def test_is_valid_may_be_the_class_where_no_other_is_known():
    table = FLOWERS.drop(columns="label").assign(is_valid=[n % 2 for n in range(ROWS)])
    table.to_csv("t.csv", index=False)
    assert load("t.csv").preparation.target == "is_valid"


def test_texts_and_pictures_are_told_their_splits_so():
    texts = [f"word{n} and more of it" for n in range(ROWS)]
    kinds = ["good" if n % 2 else "bad" for n in range(ROWS)]
    ends = [n % 3 == 0 for n in range(ROWS)]
    pd.DataFrame({"text": texts, "label": kinds, "is_valid": ends}).to_csv("t.csv", index=False)
    assert load_reviews("t.csv").sizes["valid"] == 20
    Path("set").mkdir()
    for n in range(ROWS):
        Image.fromarray(np.full((4, 4), n, np.uint8)).save(f"set/{n}.png")
    named = pd.DataFrame({"file": [f"{n}.png" for n in range(ROWS)], "label": kinds, "is_test": ends})
    named.to_csv("set/labels.csv", index=False)
    found = load("set")
    assert found.sizes["test"] == 20
    assert "the column is_test tells the split of each row, train where false" in found.reading.notes
