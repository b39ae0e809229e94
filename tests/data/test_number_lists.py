"""Tables whose cells hold lists of numbers, as FER2013's."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmonium.data import load
from harmonium.data.rows import read_rows

ROWS = 60
X = np.random.default_rng(0).integers(0, 256, (ROWS, 64))
KINDS = [n % 3 for n in range(ROWS)]
USAGE = ["Training" if n < 40 else "PublicTest" if n < 50 else "PrivateTest" for n in range(ROWS)]


def faces(form="{}", sign=" ", **more):
    cells = [form.format(sign.join(map(str, row))) for row in X.tolist()]
    pd.DataFrame({"emotion": KINDS, "pixels": cells, **more}).to_csv("faces.csv", index=False)
    return load("faces.csv")


@pytest.mark.parametrize(("form", "sign"), [("{}", " "), ("[{}]", ", "), ("({},)", ","), ("{}", "; ")])
def test_a_cell_of_many_numbers_is_a_picture(form, sign):
    found = faces(form, sign, Usage=USAGE)
    assert found.sizes == {"train": 40, "valid": 10, "test": 10}
    assert found.classes == ("0", "1", "2")
    np.testing.assert_array_equal(found.train.x, X[:40].reshape(-1, 8, 8))
    assert found.train.y.tolist() == KINDS[:40]


def test_new_cells_are_read_alike():
    found = faces()
    pd.read_csv("faces.csv").head(3).assign(emotion=0, Usage="new").to_csv("new.csv", index=False)
    np.testing.assert_array_equal(
        read_rows(Path("new.csv"), found.preparation, found.shape), X[:3].reshape(-1, 8, 8)
    )


def test_real_numbers_stay_real():
    cells = ["[0.5, -1e-3]" if n % 2 else "[1, 2]" for n in range(ROWS)]
    pd.DataFrame({"at": cells, "class": KINDS}).to_csv("t.csv", index=False)
    found = load("t.csv", real=True)
    assert found.preparation.columns == ("at.0", "at.1")
    np.testing.assert_allclose(found.preparation.offsets, (0.75, 0.9995), atol=0.2)


@pytest.mark.parametrize("cell", ["0151 23 45", "1 2 3", "12:30 1 2 3"])
def test_other_cells_stay_words(cell):
    pd.DataFrame({"a": range(5, 5 + ROWS), "phone": [cell, "030 99 1"] * (ROWS // 2), "class": KINDS}).to_csv(
        "t.csv", index=False
    )
    assert load("t.csv").preparation.categories == {"phone": tuple(sorted([cell, "030 99 1"]))}


def test_lists_of_different_lengths_are_no_columns():
    cells = [" ".join(["1"] * (4 + (n > 30))) + f" {n}" for n in range(ROWS)]
    pd.DataFrame({"a": np.arange(ROWS) % 7, "list": cells, "class": KINDS}).to_csv("t.csv", index=False)
    found = load("t.csv")
    assert found.preparation.columns == ("a",)
    assert "left out, since each row has one of its own: list" in found.reading.notes
