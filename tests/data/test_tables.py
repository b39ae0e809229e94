"""Tables as spreadsheets save them, and rows of numbers out of them."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmonium.data import DatasetOptions, Preparation, intensities, load, load_reviews, read_rows
from harmonium.data.rows import read_numbers
from harmonium.data.tables import read_table
from harmonium.data.unlike import unlike_training
from harmonium.errors import DataError

RNG = np.random.default_rng(3)
FLOWERS = pd.DataFrame(
    {
        "length": RNG.normal(5, 1, 60).round(3),
        "width": RNG.normal(30, 9, 60).round(3),
        "kind": ["rose", "iris"] * 30,
    }
)


def saved(name="flowers.csv", table=FLOWERS, **settings):
    table.to_csv(name, **{"index": False, **settings})
    return name


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "a.csv"),
        ({"encoding": "utf-8-sig"}, "a.csv"),
        ({"sep": ";", "decimal": ",", "encoding": "utf-16"}, "a.csv"),
        ({"sep": "\t"}, "a.tsv"),
        ({"sep": "|", "quoting": 1}, "a.csv"),
        ({"index": True}, "a.csv"),
        ({"header": False}, "a.data"),
        ({"lineterminator": "\r\n"}, "a.CSV"),
    ],
)
def test_a_table_saved_in_any_way_is_the_same(settings, name):
    found = load(saved(name, **settings), real=True)
    assert found.checksum == load(saved("plain.csv"), real=True).checksum
    assert found.classes == ("iris", "rose")
    assert found.shape == (2,)


def test_what_was_guessed_is_said():
    notes = load(saved(sep=";", decimal=","), real=True).reading.notes
    assert notes[0] == "3 columns between semicolons, the first line names them: length, width, kind"
    assert "decimals are written with a comma" in notes
    assert "the class is the column kind, the last (--target names another)" in notes
    assert "without a line of names" in load(saved(header=False), real=True).reading.notes[0]


def test_the_class_is_found_by_its_name_or_named():
    table = FLOWERS.rename(columns={"kind": "Label"})[["Label", "length", "width"]]
    assert load(saved(table=table), real=True).classes == ("iris", "rose")
    named = load(
        saved(table=FLOWERS.assign(last=FLOWERS.width)), real=True, options=DatasetOptions(target="kind")
    )
    assert named.shape == (3,)
    with pytest.raises(DataError, match=r"has no column 'king' \(--target\); it has length, width, kind"):
        load(saved(), options=DatasetOptions(target="king"))


def test_a_row_of_another_length_is_refused_on_one_line(tmp_path):
    path = tmp_path / "ragged.csv"
    path.write_text("a;b;class\n" + "1,5;2;0\n2,5;3;1\n" * 150 + "1,5;2;0;7;8\n")
    with pytest.raises(DataError, match="each row must have 3 columns") as refused:
        load(path, options=DatasetOptions(target="class"))
    assert "\n" not in str(refused.value)


def test_missing_values_are_refused_with_their_columns():
    for mark in ("", "NA", "?", "null"):
        table = FLOWERS.astype(str)
        table.loc[[3, 5], "length"] = mark
        table.loc[3, "width"] = mark
        path = saved(table=table)
        with pytest.raises(DataError, match=r"values are missing in length \(2\), width \(1\); fill them in"):
            load(path)
    path = saved(table=FLOWERS.assign(kind=[None, *FLOWERS.kind[1:]]))
    with pytest.raises(DataError, match="the column kind is missing in 1 row, first in row"):
        load(path, options=DatasetOptions(target="kind"))


@pytest.mark.parametrize("value", ["inf", "-inf", "1e300"])
def test_infinity_is_refused_with_its_column(value):
    path = saved(table=FLOWERS.astype(str).assign(width=[value, *FLOWERS.width[1:].astype(str)]))
    with pytest.raises(DataError, match="the column width holds infinity, or numbers near it"):
        load(path, real=True)


def test_numbers_to_be_predicted_are_no_classes():
    with pytest.raises(DataError, match=r"no column is a class; the last, width, holds \d+ different values"):
        load(saved(table=FLOWERS[["length", "width"]]))
    assert load(saved(table=FLOWERS[["length", "width"]]), labels=False, real=True).classes == ()


def test_columns_of_words_become_columns_of_0_and_1():
    found = load(saved(table=FLOWERS.assign(kind=["a", "b", "c"] * 20, target=FLOWERS.kind)), real=True)
    assert found.shape == (5,)
    assert found.preparation.categories == {"kind": ("a", "b", "c")}
    with pytest.raises(DataError, match="the column name holds 30 different words, as 'n0'; remove it"):
        load(saved(table=FLOWERS.assign(name=[f"n{k % 30}" for k in range(60)], target=FLOWERS.kind)))


def test_rows_of_intensities_are_pictures():
    pixels = RNG.integers(0, 256, (30, 64))
    table = pd.DataFrame(pixels, columns=[f"pixel{k}" for k in range(64)])
    table.insert(0, "label", np.arange(30) % 3)
    found = load(saved(table=table))
    assert found.shape == (8, 8)
    assert found.train.x.dtype == np.uint8
    np.testing.assert_array_equal(found.train.x[0].ravel(), pixels[int(found.names["train"][0])])
    np.testing.assert_array_equal(load(saved(table=table, header=False)).test.x, found.test.x)


def test_a_folder_of_kaggle_has_a_test_without_classes():
    Path("k").mkdir()
    saved("k/train.csv", FLOWERS.assign(Id=range(60)))
    saved("k/test.csv", FLOWERS.assign(Id=range(60)).drop(columns="kind"))
    Path("k/sample_submission.csv").write_text("Id,kind\n1,rose\n")
    found = load("k", real=True, options=DatasetOptions(target="kind"))
    assert sum(found.sizes.values()) == 60
    assert found.shape == (2,)
    assert found.reading.skipped == {
        "tables that are no split": 1,
        "without the column kind, in test.csv": 60,
    }


def test_new_rows_are_prepared_as_those_of_the_run():
    words = ["a", "b", "c"] * 20
    table = FLOWERS.assign(word=words, target=FLOWERS.kind).drop(columns="kind")
    found = load(saved(table=table), real=True)
    kept = Preparation.from_dict(json.loads(json.dumps(found.preparation.as_dict())))
    assert kept == found.preparation
    rows = [int(name) for name in found.names["test"]]
    for source, settings in (("new.csv", {}), ("new.tsv", {"sep": "\t"})):
        for new in (table, table.drop(columns="target"), table[["word", "width", "target", "length"]]):
            x = read_rows(Path(saved(source, new, **settings)), kept, found.shape)
            np.testing.assert_array_equal(x[rows], found.test.x)
    with pytest.raises(DataError, match="has no column 'width', from which the run learned"):
        read_rows(Path(saved("new.csv", table.drop(columns="width"))), kept, found.shape)
    with pytest.raises(DataError, match=r"values are missing in length \(1\)"):
        read_rows(Path(saved("new.csv", table.assign(length=[np.nan, *table.length[1:]]))), kept, found.shape)


@pytest.mark.parametrize("real", [True, False])
def test_new_rows_unlike_the_training_set_are_told(real):
    words = ["a", "b", "c"] * 20
    table = FLOWERS.assign(word=words, target=FLOWERS.kind).drop(columns="kind")
    found = load(saved(table=table), real=real)
    new = table.drop(columns="target").head(5)
    new.loc[0, "length"] = 1e6
    new.loc[1, "word"] = "d"
    new.loc[2, ["length", "width"]] = -1e6
    raw = read_numbers(Path(saved("new.csv", new)), found.preparation, found.shape)
    notes = unlike_training(raw, found.preparation)
    assert notes[0] == "length is far outside the range of the training set"
    assert notes[1] == "word holds a word that is not in the training set"
    assert notes[2].count("far outside") == 2
    assert notes[3:] == ["", ""]


def test_half_a_range_or_ten_deviations_beyond_are_unlike():
    low, high = np.zeros(3), np.full(3, 2.0)
    ranged = Preparation(offsets=tuple(low), scales=tuple(high - low), bounded=True)
    rows = np.array([[-0.9, 2.9, 1], [-1.1, 1, 1], [1, 3.1, 1]])
    told = "number {} is far outside the range of the training set"
    assert unlike_training(rows, ranged) == ["", told.format(1), told.format(2)]
    standard = Preparation(offsets=(1.0,) * 3, scales=(0.1,) * 3)
    rows = np.array([[0.1, 1.9, 1], [-0.1, 1, 1], [1, 2.1, 1]])
    assert unlike_training(rows, standard) == ["", told.format(1), told.format(2)]


def test_rows_far_from_a_training_set_between_0_and_1_are_told_and_their_bytes_are_not():
    x = RNG.random((50, 3))
    for real in (True, False):
        found = load((x, np.arange(50) % 2), real=real)
        assert not any(unlike_training(x * 1.9 - 0.45, found.preparation))
        assert unlike_training(x[:1] + np.array([0, 1e3, 0]), found.preparation) == [
            "number 2 is far outside the range of the training set"
        ]
        assert not any(unlike_training((x * 255).astype(np.uint8), found.preparation))
    pictures = RNG.random((20, 4, 4))
    found = load((pictures, np.arange(20) % 2))
    assert not any(unlike_training((pictures * 255).astype(np.int64), found.preparation))


def test_usual_rows_are_not_told():
    x = RNG.normal(9, 4, (50, 3))
    found = load((x, np.arange(50) % 2), real=True)
    assert not any(unlike_training(x, found.preparation))
    assert unlike_training(x[:1] + np.array([0, 1e3, 0]), found.preparation) == [
        "number 2 is far outside the range of the training set"
    ]
    for damaged in ({"columns": ("a",)}, {"offsets": (1.0, 2.0), "scales": (1.0,)}):
        assert unlike_training(x, Preparation(**damaged)) == [""] * 50


def test_new_rows_may_be_an_array():
    x = RNG.normal(9, 4, (50, 3))
    found = load((x, np.arange(50) % 2), real=True)
    np.save("new.npy", x)
    np.savez("new.npz", data=x)
    rows = [int(name) for name in found.names["valid"]]
    for name in ("new.npy", "new.npz"):
        np.testing.assert_array_equal(read_rows(Path(name), found.preparation, (3,))[rows], found.valid.x)
    np.save("one.npy", x[7])
    one = read_rows(Path("one.npy"), found.preparation, (3,))
    np.testing.assert_array_equal(one, read_rows(Path("new.npy"), found.preparation, (3,))[7:8])
    colour = RNG.integers(0, 256, (3, 4, 4)).astype(np.uint8)
    np.save("channels-first.npy", colour)
    with pytest.raises(DataError, match="its rows have 16 numbers; the run learned from 48"):
        read_rows(Path("channels-first.npy"), Preparation(bytes=True), (4, 4, 3))
    np.save("one.npy", np.moveaxis(colour, 0, -1))
    one = read_rows(Path("one.npy"), Preparation(bytes=True), (4, 4, 3))
    np.testing.assert_array_equal(one, np.moveaxis(colour, 0, -1)[None])
    np.save("other.npy", x[:, :2])
    with pytest.raises(DataError, match="its rows have 2 numbers; the run learned from 3"):
        read_rows(Path("other.npy"), found.preparation, (3,))


@pytest.mark.parametrize(
    ("content", "gist"),
    [
        ("", "is empty"),
        ("a,b\n", "holds|cannot"),
        ("a,a,y\n1,2,0\n3,4,1\n", "two columns are called 'a'"),
        ("1,2,0\n1,2\n1,2,0,4\n", "row 2 has 2 columns where most have 3|cannot be read as a table"),
    ],
)
def test_what_is_no_table_is_refused(content, gist):
    Path("bad.csv").write_text(content)
    with pytest.raises(DataError, match=rf"bad\.csv.*({gist})"):
        load("bad.csv")


def test_quotes_inside_texts_are_letters():
    Path("t.tsv").write_text('good\t"Best" film, 5" screen\nbad\tit was "so so\ngood\ta "gem"\n')
    table, _ = read_table(Path("t.tsv"), texts=True)
    assert table["2"].tolist() == ['"Best" film, 5" screen', 'it was "so so', 'a "gem"']
    Path("t.csv").write_text('text,label\n"a film, really\nand ""more""",good\nbad,bad\n')
    table, _ = read_table(Path("t.csv"), texts=True)
    assert table["text"].tolist() == ['a film, really\nand "more"', "bad"]


def test_columns_between_blanks_and_thousands_with_commas():
    kinds = [1, 2] * 30
    lines = [
        f" {a:6.3f}  {b:7.3f}   {k}"
        for a, b, k in zip(FLOWERS["length"], FLOWERS["width"], kinds, strict=True)
    ]
    Path("a.dat").write_text("\n".join(lines))
    found = load("a.dat", real=True)
    assert (found.shape, found.classes) == ((2,), ("1", "2"))
    plain = saved("b.csv", FLOWERS.assign(kind=kinds))
    np.testing.assert_allclose(found.train.x, load(plain, real=True).train.x, rtol=1e-6)
    prices = FLOWERS.assign(length=[f"{n * 1234:,}" for n in range(60)])
    table, notes = read_table(Path(saved("c.csv", prices)))
    assert table["length"].tolist() == [n * 1234 for n in range(60)]
    assert "commas part the thousands in length" in notes


def test_a_column_for_each_class_and_the_only_column_of_words():
    ones = FLOWERS[["length", "width"]].assign(
        label_iris=(FLOWERS["kind"] == "iris").astype(int), label_rose=(FLOWERS["kind"] == "rose").astype(int)
    )
    expected = load(saved(), real=True)
    found = load(saved("ones.csv", ones), real=True)
    assert found.checksum == expected.checksum
    assert found.classes == ("iris", "rose")
    middle = load(saved("middle.csv", FLOWERS[["length", "kind", "width"]]), real=True)
    assert middle.checksum == expected.checksum


@pytest.mark.parametrize("text", [",", ",,\n , \n", ";", "\t\n"])
def test_a_table_of_empty_cells_is_refused(text):
    Path("x.csv").write_text(text)
    with pytest.raises(DataError, match=r"x\.csv: (its cells are all empty|is empty)"):
        read_table(Path("x.csv"))


@pytest.mark.parametrize(
    ("units", "said"),
    [
        ("mm,kg,", "mm, kg"),
        (",kg,class", "kg, class"),
        ("Laenge in mm,Gewicht,Art des Tieres", "Laenge in mm"),
    ],
)
def test_a_row_of_units_below_the_names_is_left_out_and_said(units, said):
    rows = [f"{n}.5,{9 - n},{'cat' if n % 2 else 'dog'}" for n in range(8)]
    Path("t.csv").write_text("\n".join(["length,weight,animal", units, *rows]))
    table, notes = read_table(Path("t.csv"))
    assert any(f"the second line, {said}" in note for note in notes)
    assert (list(table), len(table)) == (["length", "weight", "animal"], 8)
    assert table["length"].tolist() == [n + 0.5 for n in range(8)]


@pytest.mark.parametrize("second", ["unknown,?,dog", "1,heavy,dog", "one,two,dog"])
def test_a_row_like_the_others_is_no_row_of_units(second):
    rows = [f"{n}.5,{9 - n},{'cat' if n % 2 else 'dog'}" for n in range(8)]
    Path("t.csv").write_text("\n".join(["length,weight,label", second, *rows]))
    assert len(read_table(Path("t.csv"))[0]) == 9


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_texts_of_several_lines_keep_their_own_quotes_and_signs(delimiter):
    texts = ['He said: "So,"\n"what; now?"', "One; two,\n\nthree", '"All"', 'a "b", "c"\n"d"', "plain"] * 9
    with Path("t.csv").open("w", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(
            [["id", "review", "label"], *([n, text, "no"] for n, text in enumerate(texts))]
        )
    table, _ = read_table(Path("t.csv"), texts=True)
    assert table["review"].tolist() == texts


def test_names_that_nobody_knows_above_words_and_texts_are_no_class():
    lines = [f"{'ham' if n % 3 else 'spam'},come home now number {n},,," for n in range(30)]
    Path("spam.csv").write_text("v1,v2,,,\n" + "\n".join(lines))
    found = load_reviews("spam.csv")
    assert (found.classes, sum(found.sizes.values())) == (("ham", "spam"), 30)
    assert any("the first line names them: v1, v2" in note for note in found.reading.notes)
    Path("plain.csv").write_text("\n".join(lines))
    assert sum(load_reviews("plain.csv").sizes.values()) == 30


def test_names_that_nobody_knows_above_columns_of_words():
    lines = [
        f"{'foul' if n % 2 else 'mild'},{'flat' if n % 3 else 'bell'},{'e' if n % 2 else 'p'}"
        for n in range(30)
    ]
    Path("t.csv").write_text("odor,cap,edible\n" + "\n".join(lines))
    assert load("t.csv", real=True).preparation.columns == ("odor", "cap")
    Path("t.csv").write_text("\n".join(lines))
    assert sum(load("t.csv", real=True).sizes.values()) == 30


def test_the_only_text_of_a_class_in_the_first_line_stays_a_text():
    Path("t.csv").write_text(
        "rare,a text of its own\n" + "\n".join(f"{'ab'[n % 2]},some text {n}" for n in range(30))
    )
    assert sum(load_reviews("t.csv").sizes.values()) == 31


@pytest.mark.parametrize(
    ("sign", "point"), [("'", "."), ("\u2019", "."), (" ", ","), ("\u202f", ","), ("\u00a0", ",")]
)
def test_blanks_and_apostrophes_between_thousands(sign, point):
    money = 1000 * RNG.random(40) + 500
    cells = [f"{one:,.2f}".replace(",", sign).replace(".", point) for one in money]
    Path("t.csv").write_text("alter;lohn;ja\n" + "\n".join(f"{n};{c};{n % 2}" for n, c in enumerate(cells)))
    table, notes = read_table(Path("t.csv"))
    np.testing.assert_allclose(table["lohn"], money, atol=0.006)
    assert "blanks or apostrophes part the thousands in lohn" in notes


def test_numbers_of_telephones_are_no_numbers():
    Path("t.csv").write_text("a;b;tel\n" + "\n".join(f"{n};{n};030 123 {456 + n}" for n in range(30)))
    assert read_table(Path("t.csv"))[0]["tel"][0] == "030 123 456"


@pytest.mark.parametrize(
    "above", ["Report 2024\n", "Report 2024\n\n", "\n\n", "Report;;\n;;\n", "Report\nof: us\n\n", ";;\n"]
)
def test_titles_and_empty_lines_above_a_table(above):
    rows = [f"{n};{n / 2};{'yes' if n % 2 else 'no'}" for n in range(30)]
    Path("t.csv").write_text(above + "age;pay;vip\n" + "\n".join(rows))
    table, notes = read_table(Path("t.csv"))
    assert (list(table), len(table)) == (["age", "pay", "vip"], 30)
    assert any("Report" in note for note in notes) == ("Report" in above)


def test_a_first_row_with_missing_values_is_no_title():
    Path("t.csv").write_text("\n".join(["5;;"] + [f"{n};{n};{n % 2}" for n in range(30)]))
    assert len(read_table(Path("t.csv"))[0]) == 31


def test_signs_within_texts_before_their_class():
    lines = [
        f"i feel {'sad' if n % 3 else 'great; really, so happy'} {n};{'low' if n % 3 else 'joy'}"
        for n in range(30)
    ]
    Path("t.txt").write_text("\n".join(lines))
    found = load_reviews("t.txt")
    assert found.classes == ("joy", "low")
    table, _ = read_table(Path("t.txt"), texts=True)
    assert table["1"][0] == "i feel great; really, so happy 0"


def test_numbers_that_stand_for_missing_values_are_said():
    rows = [f"{-999 if n % 9 == 0 else n},{n - 9},{n % 2}" for n in range(30)]
    Path("t.csv").write_text("age,change,label\n" + "\n".join(rows))
    said = [note for note in load("t.csv", real=True).reading.notes if "missing values" in note]
    assert len(said) == 1
    assert said[0].startswith("age holds -999 in 4 rows")


def test_new_intensities_may_be_bytes_or_in_0_to_1_whichever_the_run_learned_from():
    rng = np.random.default_rng(0)
    whole = rng.integers(0, 256, (60, 8, 8)).astype(np.uint8)
    y = np.arange(60) % 3
    np.save("bytes.npy", whole[:4])
    np.save("floats.npy", whole[:4] / 255)
    np.save("whole.npy", whole[:4].astype(float))
    np.savetxt("whole.csv", whole[:4].reshape(4, -1), fmt="%d", delimiter=",")

    for kind, x in (("bytes", whole), ("floats", whole / 255)):
        how = load((x, y)).preparation
        assert how.bytes == (kind == "bytes")
        for name in ("bytes.npy", "floats.npy", "whole.npy", "whole.csv"):
            found = intensities(read_rows(Path(name), how, (8, 8)))
            np.testing.assert_allclose(found, whole[:4] / 255, atol=1 / 255, err_msg=f"{kind} {name}")


def test_new_pictures_of_another_range_are_left_as_those_of_the_run_were():
    x = np.random.default_rng(0).uniform(-1, 9, (60, 8, 8))
    how = load((x, np.arange(60) % 3), real=True).preparation
    np.save("whole.npy", np.rint(x[:4]))
    np.testing.assert_array_equal(read_rows(Path("whole.npy"), how, (8, 8)), np.rint(x[:4]))


def test_none_is_a_word_among_words_and_missing_among_numbers():
    walls, damages = ["None", "brick", "none", "none"] * 15, ["none", "minor", "missing"] * 20
    rows = [f"{n}.5,{wall},{one}" for n, (wall, one) in enumerate(zip(walls, damages, strict=True))]
    Path("a.csv").write_text("area,wall,damage\n" + "\n".join(rows))

    found = load("a.csv", real=True)

    assert found.classes == ("minor", "missing", "none")
    assert found.preparation.categories == {"wall": ("brick", "none")}  # None and none are one
    Path("new.csv").write_text("area,wall\n1.5,None\n")
    row = read_rows(Path("new.csv"), found.preparation, found.shape)
    how = found.preparation
    np.testing.assert_allclose(row[0] * how.scales + how.offsets, [1.5, 0, 1], atol=1e-5)

    Path("b.csv").write_text("area,wall,damage\n" + "\n".join([*rows, "none,brick,minor", "NA,,minor"]))
    with pytest.raises(DataError, match=r"missing in area \(2\), wall \(1\)"):
        load("b.csv", real=True)
    Path("c.csv").write_text("area,wall,damage\n" + "\n".join([*rows, "1,brick,?"]))
    with pytest.raises(DataError, match="the column damage is missing in 1 row, first in row"):
        load("c.csv", real=True)


def test_where_a_class_is_missing_and_in_how_many_columns_numbers_are():
    rows = [f"{n}.5,{'xy'[n % 2]}" for n in range(40)]
    Path("a.csv").write_text("\n".join(["a,label", *rows, "820,"]))
    with pytest.raises(DataError, match="label is missing in 1 row, first in row 41 of its 41; fill it in"):
        load("a.csv", real=True)
    wide = [
        ",".join(["?"] * 9 + ["xy"[n % 2]]) if n == 3 else ",".join([f"{n}.5"] * 9 + ["xy"[n % 2]])
        for n in range(40)
    ]
    Path("b.csv").write_text("\n".join([",".join([*"abcdefghi", "label"]), *wide]))
    with pytest.raises(DataError, match=r"missing in a \(1\), .* and 3 more columns; fill them in"):
        load("b.csv", real=True)


def test_names_above_addresses_and_classes():
    rows = [f"http://www.example{n}.com/a/b?c={n},{'bad' if n % 3 else 'good'}" for n in range(40)]
    Path("urls.csv").write_text("\n".join(["url,type", *rows]))
    found = load_reviews("urls.csv")
    assert (found.classes, sum(found.sizes.values())) == (("bad", "good"), 40)
    Path("bare.csv").write_text("\n".join(["http://www.first.com/a/b?c=8,odd", *rows]))
    assert load_reviews("bare.csv").classes == ("bad", "good", "odd")
