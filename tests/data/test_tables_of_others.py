"""Tables as other programs and well-known collections write them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmonium.data import load
from harmonium.errors import DataError

RNG = np.random.default_rng(11)
ROWS = 60
WIDTH = RNG.normal(5, 1, ROWS).round(2)
KIND = ["setosa", "virginica"] * (ROWS // 2)


def said(dataset):
    return " ".join(" ".join(dataset.understood.lines()).split())


def columns(dataset):
    return dataset.preparation.columns


@pytest.mark.parametrize("sign", [" ", ",", "\t", ";"])
def test_names_of_rows_that_the_first_line_leaves_out_as_r_does(sign):
    lines = [sign.join(('"Petal.Width"', '"Petal.Length"', '"Species"'))]
    lines += [
        sign.join((f'"{n}"', str(w), str(w + 1), f'"{k}"'))
        for n, (w, k) in enumerate(zip(WIDTH, KIND, strict=True), 1)
    ]
    Path("r.txt").write_text("\n".join(lines))
    found = load("r.txt", real=True)
    assert columns(found) == ("Petal.Width", "Petal.Length")
    assert found.classes == ("setosa", "virginica")
    at = [int(name) for name in found.names["train"]]
    how = found.preparation
    np.testing.assert_allclose(
        found.train.x * how.scales + how.offsets, np.c_[WIDTH, WIDTH + 1][at], atol=1e-4
    )


def test_a_sign_at_the_end_of_each_line_but_the_first_shifts_nothing():
    lines = ["width,length,kind", *(f"{w},{w + 1},{k}," for w, k in zip(WIDTH, KIND, strict=True))]
    Path("a.csv").write_text("\n".join(lines))
    found = load("a.csv", real=True)
    assert columns(found) == ("width", "length")
    assert found.classes == ("setosa", "virginica")


def test_the_class_of_tables_that_many_know_comes_before_the_last_column():
    table = pd.DataFrame({"Survived": [0, 1] * 30, "Age": WIDTH, "Embarked": ["S", "C", "Q"] * 20})
    table.to_csv("titanic.csv", index=False)
    found = load("titanic.csv", real=True)
    assert found.classes == ("0", "1")
    assert "the class is the column Survived (--target names another)" in said(found)
    numbers = table.assign(Survived=WIDTH * 3)  # no class, whatever it is called
    numbers.to_csv("other.csv", index=False)
    assert load("other.csv", real=True).classes == ("C", "Q", "S")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("VAR00001", range(1, ROWS + 1)),
        ("t", range(1_700_000_000_000, 1_700_000_000_000 + 20 * ROWS, 20)),
        ("resp_id", RNG.permutation(10_000)[:ROWS]),
        ("CustomerID", RNG.permutation(10_000)[:ROWS]),
        ("ID_REF", RNG.permutation(10_000)[:ROWS]),
    ],
)
def test_what_counts_or_numbers_rows_is_no_feature(name, values):
    pd.DataFrame({name: list(values), "width": WIDTH, "kind": KIND}).to_csv("a.csv", index=False)
    found = load("a.csv", real=True)
    assert columns(found) == ("width",)
    assert f"left out, since it numbers the rows: {name}" in said(found)


@pytest.mark.parametrize("name", ["valid", "Covid", "fluid", "width2"])
def test_numbers_that_differ_in_all_rows_are_features(name):
    pd.DataFrame({name: RNG.permutation(10_000)[:ROWS], "width": WIDTH, "kind": KIND}).to_csv(
        "a.csv", index=False
    )
    assert columns(load("a.csv", real=True)) == (name, "width")


@pytest.mark.parametrize("sign", ["#NULL!", "#VALUE!", ".", "n.a.", "--"])
def test_what_programs_write_for_missing_numbers_is_missing(sign):
    cells = [str(w) for w in WIDTH]
    cells[7] = sign
    pd.DataFrame({"width": cells, "length": WIDTH, "kind": KIND}).to_csv("a.csv", index=False)
    with pytest.raises(DataError, match=r"missing in width \(1\)"):
        load("a.csv", real=True)


def test_a_word_among_numbers_is_said():
    cells = ["1", "2", "3"] * 20
    cells[7] = "refused"
    pd.DataFrame({"answer": cells, "width": WIDTH, "kind": KIND}).to_csv("a.csv", index=False)
    assert "answer holds numbers, and 'refused' in 1 rows" in said(load("a.csv", real=True))
    children = ["0", "1", "2", "3+"] * 15  # a quarter of them: words by themselves
    pd.DataFrame({"children": children, "width": WIDTH, "kind": KIND}).to_csv("b.csv", index=False)
    assert "holds numbers" not in said(load("b.csv", real=True))


def test_decimals_with_a_comma_between_tabs_as_excel_writes_unicode_text():
    lines = ["Surface\tPrix\tQuartier"]
    lines += [f"{w:.2f}\t{1000 * w:.1f}\t{k}".replace(".", ",") for w, k in zip(WIDTH, KIND, strict=True)]
    Path("a.txt").write_bytes("\r\n".join(lines).encode("utf-16"))
    found = load("a.txt", real=True)
    how = found.preparation
    at = [int(name) for name in found.names["train"]]
    np.testing.assert_allclose(found.train.x[:, 0] * how.scales[0] + how.offsets[0], WIDTH[at], atol=1e-4)
    Path("b.tsv").write_text(
        "price\tkind\n" + "\n".join(f"{n},{n:03d}\t{k}" for n, k in enumerate(KIND, 100))
    )
    english = load("b.tsv", real=True)  # 100,100 is a hundred thousand there
    assert max(english.preparation.offsets) > 10_000


def test_all_columns_of_too_many_words_are_named_at_once():
    names = [f"{n} Smith" for n in range(ROWS // 2)] * 2
    pd.DataFrame({"ticket": names, "cabin": names, "width": WIDTH, "kind": KIND}).to_csv("a.csv", index=False)
    with pytest.raises(
        DataError, match="column ticket holds 30 different words, as '0 Smith'; so do cabin; remove them"
    ):
        load("a.csv", real=True)
