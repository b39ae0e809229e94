"""Tables as other programs and well-known collections write them."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmonium.data import DatasetOptions, known_columns, load, read_rows
from harmonium.data.tables import read_table
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


def of(columns, **settings):
    pd.DataFrame(columns).to_csv("a.csv", index=False)
    return load("a.csv", real=True, **settings)


def test_an_index_that_was_saved_again_and_again_is_no_feature():
    count = np.arange(ROWS)
    names = ("Unnamed: 0.2", "Unnamed: 0.1", "Unnamed: 0")
    found = of(dict.fromkeys(names, count) | {"width": WIDTH, "kind": sorted(KIND)})
    assert columns(found) == ("width",)
    assert "left out, since they number the rows: Unnamed: 0.2, Unnamed: 0.1, Unnamed: 0" in said(found)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("rownum", np.arange(ROWS)),
        ("whatever", np.arange(1, ROWS + 1)),
        ("of_1000", 1000 + 10.0 * np.arange(ROWS)),
        ("Sr. No.", RNG.permutation(ROWS)),
        ("#", RNG.permutation(ROWS)),
    ],
)
def test_what_numbers_the_rows_is_no_feature_wherever_it_stands(name, values):
    found = of({"width": WIDTH, name: values, "length": WIDTH[::-1], "kind": KIND})
    assert columns(found) == ("width", "length")
    assert f"left out, since it numbers the rows: {name}" in said(found)


@pytest.mark.parametrize(
    ("name", "values"),
    [("no", WIDTH + np.arange(ROWS)), ("score", RNG.permutation(ROWS)), ("t", 0.5 * WIDTH)],
)
def test_numbers_that_do_not_count_are_features(name, values):
    assert columns(of({"width": WIDTH, name: values, "kind": KIND})) == ("width", name)


def test_rows_that_are_numbered_in_each_split():
    Path("f").mkdir()
    for part in ("train", "test"):
        pd.DataFrame({"width": WIDTH, "kind": KIND}).to_csv(f"f/{part}.csv")
    assert columns(load("f", real=True)) == ("width",)


def test_what_rows_belong_to_is_learned_from_and_said():
    for name in ("patient_id", "subject", "speaker"):
        found = of({name: np.repeat(np.arange(100, 115), 4), "width": WIDTH, "kind": KIND})
        assert f"(--group {name})" in said(found)
    words = {"patient": np.repeat([f"P{n:03}" for n in range(30)], 2), "width": WIDTH, "kind": KIND}
    with pytest.raises(DataError, match="or with --group where it tells which rows belong together"):
        of(words)
    assert columns(of(words, options=DatasetOptions(group="patient"))) == ("width",)


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(list(WIDTH), dtype=object),
        pd.Series([Decimal(str(one)) for one in WIDTH]),
        [str(one) for one in WIDTH],
        pd.array(WIDTH, dtype="Float64"),
    ],
    ids=["objects", "Decimal", "text", "Float64"],
)
def test_numbers_of_any_type_in_a_table_in_memory(values):
    frame = pd.DataFrame({"width": values, "length": WIDTH + 1, "kind": KIND})
    plain = load(pd.DataFrame({"width": WIDTH, "length": WIDTH + 1, "kind": KIND}), real=True)
    found = load(frame, real=True)
    assert found.checksum == plain.checksum
    new = known_columns(frame.head(3), found.preparation, "x")
    np.testing.assert_allclose(new[:, 0], WIDTH[:3])


def test_codes_in_text_stay_words():
    frame = pd.DataFrame({"site": ["001", "002", "010"] * 20, "width": WIDTH, "kind": KIND})
    assert load(frame, real=True).preparation.categories == {"site": ("001", "002", "010")}


@pytest.mark.parametrize(
    ("value", "gist"),
    [
        (3 + 1j, "holds complex numbers; give their real"),
        (timedelta(hours=3), "holds durations; give them as num"),
    ],
)
@pytest.mark.parametrize("kind", [object, None])
def test_what_is_no_number_in_a_table_in_memory_is_refused(value, gist, kind):
    frame = pd.DataFrame({"odd": pd.Series([value * n for n in range(ROWS)], dtype=kind), "kind": KIND})
    with pytest.raises(DataError, match=f"the column odd {gist}"):
        load(frame.assign(width=WIDTH), real=True)


@pytest.mark.parametrize("at", [0, 12])
@pytest.mark.parametrize(
    "names", [range(400, 424, 2), np.linspace(4000, 300, 12).round(1), range(2001, 2013)]
)
def test_names_that_are_numbers(at, names):
    spectra = pd.DataFrame(RNG.random((ROWS, 12)).round(4), columns=list(map(str, names)))
    spectra.insert(at, "grp", KIND)
    spectra.to_csv("a.csv", index=False)
    found = load("a.csv", real=True)
    assert columns(found) == tuple(map(str, names))
    assert sum(found.sizes.values()) == ROWS
    spectra.drop(columns="grp").head(5).to_csv("new.csv", index=False)
    assert len(read_rows(Path("new.csv"), found.preparation, found.shape)) == 5


@pytest.mark.parametrize("first", ["rose,1,2,3", "iris,5.1,6.2,8.3", "new,0.1,0.2,0.1"])
def test_a_first_row_of_numbers_that_may_be_an_example_is_one(first):
    rows = [f"{'iris' if n % 2 else 'rose'},{w},{w + 1},{w - 1}" for n, w in enumerate(WIDTH)]
    Path("a.csv").write_text("\n".join([first, *rows]))
    assert len(read_table(Path("a.csv"))[0]) == ROWS + 1


def test_points_between_thousands_beside_numbers_below_a_thousand():
    money = np.r_[RNG.integers(1000, 9999, 40), RNG.integers(100, 999, 20)]
    cells = [f"{one:,}".replace(",", ".") for one in money]
    lines = [f"{cell};{n};{k}" for n, (cell, k) in enumerate(zip(cells, KIND, strict=True))]
    Path("a.csv").write_text("umsatz;n;label\n" + "\n".join(lines))
    table, notes = read_table(Path("a.csv"))
    assert table["umsatz"].tolist() == money.tolist()
    assert any("points part the thousands" in note for note in notes)
    Path("b.csv").write_text(
        "umsatz;n;label\n" + "\n".join(line.replace(";", ".5;", 2) for line in lines[40:])
    )
    assert max(read_table(Path("b.csv"))[0]["umsatz"]) < 1000
    Path("c.csv").write_text("\n".join(["umsatz,n,label", *lines]).replace(";", ","))
    table, notes = read_table(Path("c.csv"))
    assert table["umsatz"].max() < 1000
    assert any("points are taken for those of decimals; write thousands without" in note for note in notes)


def test_decimals_with_a_comma_in_quotes_between_commas():
    cells = [f"{w:.1f}".replace(".", ",") for w in WIDTH]
    lines = [f'"{cell}",{w},"{k}"' for cell, w, k in zip(cells, WIDTH, KIND, strict=True)]
    Path("a.csv").write_text('"a","b","label"\n' + "\n".join(lines))
    table, notes = read_table(Path("a.csv"))
    np.testing.assert_allclose(table["a"], WIDTH, atol=0.051)
    np.testing.assert_allclose(table["b"], WIDTH)
    assert "decimals are written with a comma in a" in notes


def test_names_that_come_again_are_left_out_with_their_line():
    lines = [f"{w},{k}" for w, k in zip(WIDTH, KIND, strict=True)]
    Path("a.csv").write_text("\n".join(["width,label", *lines, "width,label", *lines]))
    found = load("a.csv", real=True)
    assert sum(found.sizes.values()) == 2 * ROWS
    assert "left out, since it repeats the names: line 62" in said(found)


def test_a_typesetter_s_minus_is_a_minus():
    cells = [f"\u2212{w}" if n % 3 else f"{w}" for n, w in enumerate(WIDTH)]
    found = read_table_of(cells)["cell"]
    np.testing.assert_allclose(found, [-w if n % 3 else w for n, w in enumerate(WIDTH)])


def read_table_of(cells):
    pd.DataFrame({"cell": cells, "width": WIDTH, "kind": KIND}).to_csv("a.csv", index=False)
    return read_table(Path("a.csv"))[0]


@pytest.mark.parametrize(
    ("odd", "every"),
    [("({})", 5), ("<{}", 9), ("{} mg", 1), ("{} mg", 3), ("unknown", 9), ("(not {} yet)", 7)],
)
def test_cells_that_are_no_numbers_are_counted_and_shown(odd, every):
    cells = [odd.format(w) if n % every == 0 else f"{w}" for n, w in enumerate(WIDTH)]
    read_table_of(cells)
    count = len(range(0, ROWS, every))
    with pytest.raises(
        DataError, match=rf"{count} of 60 cells of the column cell are no numbers, as '.*write a"
    ) as no:
        load("a.csv", real=True)
    assert odd.format(WIDTH[0]) in str(no.value)
    kept = [(cell, w, k) for cell, w, k in zip(cells, WIDTH, KIND, strict=True) if cell == f"{w}"]
    if kept:
        pd.DataFrame(kept, columns=["cell", "width", "kind"]).to_csv("b.csv", index=False)
        assert columns(load("b.csv", real=True)) == ("cell", "width")


def test_a_unit_beside_few_numbers_is_said():
    found = of({"dose": ["5 mg", "10 mg", "20 mg"] * 20, "width": WIDTH, "kind": KIND})
    assert (
        "dose holds numbers as '5 mg': each of its values is taken as a word; write them without mg"
        in said(found)
    )


def test_what_databases_write_for_missing_values_is_missing():
    cells = [str(w) for w in WIDTH]
    cells[7] = "\\N"
    read_table_of(cells)
    with pytest.raises(DataError, match=r"missing in cell \(1\)"):
        load("a.csv", real=True)


@pytest.mark.parametrize("kind", [KIND, [1, 2] * 30])
def test_new_rows_for_a_table_without_names_whose_class_is_first(kind):
    pd.DataFrame({"c": kind, "a": WIDTH, "b": WIDTH + 1}).to_csv("a.csv", index=False, header=False)
    found = load("a.csv", real=True)
    pd.DataFrame({"a": WIDTH, "b": WIDTH + 1}).to_csv("new.csv", index=False, header=False)
    new = read_rows(Path("new.csv"), found.preparation, found.shape)
    np.testing.assert_array_equal(new, read_rows(Path("a.csv"), found.preparation, found.shape))


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        (["setosa", " SETOSA ", "rose"], ("rose", "setosa")),
        (["yes", "Yes", "NO"], ("NO", "yes")),
        (["True", "1", "0"], ("0", "1")),
        (["a", "A", "b", "c"], ("A", "a", "b", "c")),
        (["y", "Y", "n"], ("n", "y")),
    ],
)
def test_classes_of_a_table_that_are_spelt_in_two_ways(cells, classes):
    labels = np.resize(cells, ROWS)
    found = of({"width": WIDTH, "length": WIDTH[::-1], "label": labels})
    assert len(found.classes) == len(classes)
    assert {name.casefold() for name in found.classes} <= {cell.strip().casefold() for cell in cells}
    assert (" are one: they " in said(found)) == (len(classes) < len(cells))


def test_words_that_differ_in_capitals_are_one_also_in_new_rows():
    smokes = ["Yes", "yes ", "No", "NO", "yes", "No"] * (ROWS // 6)
    rows = [f"{w},{one},{kind}" for w, one, kind in zip(WIDTH, smokes, KIND, strict=True)]
    Path("a.csv").write_text("\n".join(["width,smokes,kind", *rows]))
    found = load("a.csv", real=True)
    assert found.preparation.categories == {"smokes": ("No", "yes")}
    assert "in smokes, yes and Yes are one: they differ in capitals alone" in said(found)
    table = pd.DataFrame({"width": [1.0, 1.0, 1.0], "smokes": ["YES", "no ", "maybe"]})
    assert known_columns(table, found.preparation, "a").tolist() == [[1, 0, 1], [1, 1, 0], [1, 0, 0]]
    genes = [
        f"{w},{one},{kind}"
        for w, one, kind in zip(WIDTH, ["AA", "Aa", "aa"] * (ROWS // 3), KIND, strict=True)
    ]
    Path("b.csv").write_text("\n".join(["width,gene,kind", *genes]))
    assert load("b.csv", real=True).preparation.categories == {"gene": ("AA", "Aa", "aa")}


@pytest.mark.parametrize("at", ["first", "last", "named"])
def test_plus_and_minus_are_classes_and_not_missing_values(at):
    signs = ["+", "-", "-"] * (ROWS // 3)
    rows = [f"{s},{w},{w + 1}" if at == "first" else f"ab,{w},{s}" for w, s in zip(WIDTH, signs, strict=True)]
    rows = [row.replace("ab", "ab"[n % 2]) for n, row in enumerate(rows)]
    Path("crx.data").write_text("\n".join([*(["kind,a,approved"] if at == "named" else []), *rows]))
    found = load("crx.data", real=True)
    assert found.classes == ("+", "-")
    counts = {name: sum(by.values()) for name, by in found.class_counts().items()}
    assert counts == {"+": ROWS // 3, "-": 2 * ROWS // 3}
    Path("gaps.csv").write_text(
        "\n".join(["a,b,kind", *(f"{w},-,{k}" for w, k in zip(WIDTH, KIND, strict=True))])
    )
    with pytest.raises(DataError, match="missing in b"):
        load("gaps.csv", real=True)


def test_the_first_is_the_class_where_votes_are_missing_in_the_last():
    votes = RNG.choice(["y", "n", "?"], (ROWS, 2))
    rows = [f"{party},y,{a},{b}" for party, (a, b) in zip(KIND, votes, strict=True)]
    Path("votes.data").write_text("\n".join(rows))
    with pytest.raises(DataError, match=r"values are missing in 3 \(\d+\), 4 \(\d+\); fill them in"):
        load("votes.data", real=True)
    Path("votes.data").write_text("\n".join(rows).replace("?", "unknown"))  # the remedy
    assert load("votes.data", real=True, options=DatasetOptions(target="1")).classes == (
        "setosa",
        "virginica",
    )


def test_dates_are_no_classes():
    days = [f"2011-01-{1 + n % 5:02} 0{n % 3}:00:00" for n in range(ROWS)]
    table = pd.DataFrame({"datetime": days, "temperature": WIDTH, "count": RNG.permutation(ROWS) * 7})
    table.to_csv("bike.csv", index=False)
    with pytest.raises(DataError, match="no column is a class; the last, count, holds"):
        load("bike.csv", real=True)


def test_shares_with_a_comma_and_numbers_in_several_ways():
    rows = [f"{w:.2f} %;{w:.3f};{k}".replace(".", ",", 1) for w, k in zip(WIDTH, KIND, strict=True)]
    Path("a.csv").write_text("\n".join(["Anteil;Umsatz;Typ", *rows]))
    found = load("a.csv", real=True)
    at = [int(name) for name in found.names["train"]]
    how = found.preparation
    np.testing.assert_allclose((found.train.x * how.scales + how.offsets)[:, 0], WIDTH[at], atol=1e-4)
    money = [f"${1000 * w:,.0f};{k}" for w, k in zip(WIDTH, KIND, strict=True)]
    Path("b.csv").write_text("\n".join(["sum;kind", *money]))
    assert load("b.csv", real=True).preparation.offsets[0] > 1000  # thousands, also between semicolons
    odd = [f"{w:.1f} %".replace(".", ",") if n % 2 else f"${n},{n:03}.5" for n, w in enumerate(WIDTH)]
    Path("c.csv").write_text("\n".join(["a;kind", *(f"{o};{k}" for o, k in zip(odd, KIND, strict=True))]))
    with pytest.raises(DataError, match="the column a holds numbers that are written in several ways, as"):
        load("c.csv", real=True)
