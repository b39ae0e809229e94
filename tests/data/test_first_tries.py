"""Files as people have them, at their first try: taken for what they are, or refused with what to do."""

import io
import json
import pickle
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io
from PIL import Image

from harmonium.data import load, load_reviews, load_sentences, read_rows
from harmonium.data.kinds import kind_of
from harmonium.data.options import CorpusOptions
from harmonium.errors import DataError

RNG = np.random.default_rng(5)
X = RNG.random((90, 12, 12))
Y = RNG.integers(0, 3, 90)
ROWS = 60
AGE, SHARE = RNG.integers(18, 80, ROWS), RNG.random(ROWS)
LABEL = np.where(SHARE > 0.5, "ja", "nein")


def said(dataset):
    return " ".join(" ".join(dataset.understood.lines()).split())


def numbers(dataset):
    """All examples, before they were standardised, by their names."""
    how = dataset.preparation
    whole = np.concatenate([split.x for split in dataset.splits.values()])
    names = [int(name) for split in dataset.names.values() for name in split]
    whole = whole * np.array(how.scales) + np.array(how.offsets) if how.offsets else whole
    return whole[np.argsort(names)]


def test_excel_with_points_between_thousands_and_its_line_of_the_separator():
    money = 1000 * RNG.random(ROWS) + 900
    german = [f"{one:,.2f}".translate(str.maketrans(",.", ".,")) for one in money]
    lines = [
        f"{a};{m};{s:.3f};{c}".replace("0.", "0,")
        for a, m, s, c in zip(AGE, german, SHARE, LABEL, strict=True)
    ]
    text = "sep=;\r\nAlter;Gehalt;Anteil;Zusage\r\n" + "\r\n".join(lines)
    Path("a.csv").write_bytes(text.encode("utf-8-sig"))

    found = load("a.csv", real=True)

    assert found.preparation.columns == ("Alter", "Gehalt", "Anteil")
    assert "points part the thousands in Gehalt" in said(found)
    np.testing.assert_allclose(numbers(found)[:, 1], money, atol=0.01)


def test_signs_of_money_and_of_per_cent():
    cells = [f'"${1000 * s + 800:,.2f}",{100 * s:.1f}%,{c}' for s, c in zip(SHARE, LABEL, strict=True)]
    Path("a.csv").write_text("price,share,sold\n" + "\n".join(cells))

    found = load("a.csv", real=True)

    assert "the sign $ was taken off the numbers in price" in said(found)
    np.testing.assert_allclose(numbers(found), np.c_[1000 * SHARE + 800, 100 * SHARE], atol=0.06)
    Path("new.csv").write_text('price,share\n"$1,234.50",45.3%\n')
    row = read_rows(Path("new.csv"), found.preparation, found.shape)
    how = found.preparation
    np.testing.assert_allclose(
        row[0] * np.array(how.scales) + np.array(how.offsets), [1234.5, 45.3], rtol=1e-4
    )


def test_numbers_of_customers_and_dates_are_no_features():
    pd.DataFrame(
        {
            "customer": [f"C{n:05d}" for n in range(ROWS)],
            "joined": pd.date_range("2024-01-31", periods=ROWS, freq="W").strftime("%d.%m.%Y"),
            "seen": pd.date_range("2024-01-31", periods=ROWS).astype(str) + " 10:15:00",
            "age": AGE,
            "kind": LABEL,
        }
    ).to_csv("a.csv", index=False)

    found = load("a.csv", real=True)

    assert found.preparation.columns == ("age",)
    assert "each row has one of its own: customer" in said(found)
    assert "no model here reads dates: joined, seen" in said(found)


def test_words_that_repeat_are_refused_where_they_are_too_many():
    pd.DataFrame({"town": [f"town {n % 30}" for n in range(ROWS)], "age": AGE, "kind": LABEL}).to_csv(
        "a.csv", index=False
    )
    with pytest.raises(DataError, match="town holds 30 different words"):
        load("a.csv")


def test_an_empty_column_at_the_end_is_left_out():
    Path("a.csv").write_text(
        "a,b,label,\n" + "\n".join(f"{a},{s:.2f},{c}," for a, s, c in zip(AGE, SHARE, LABEL, strict=True))
    )

    found = load("a.csv", real=True)

    assert found.preparation.columns == ("a", "b")
    assert found.classes == ("ja", "nein")


@pytest.mark.parametrize("header", [True, False])
def test_labels_in_a_table_of_their_own(header):
    for part, rows in (("train", slice(0, 60)), ("test", slice(60, 90))):
        pd.DataFrame(X.reshape(90, -1)[rows]).to_csv(f"X_{part}.csv", index=False, header=header)
        pd.Series(Y[rows]).to_csv(f"y_{part}.csv", index=False, header=header)

    found = load(".")

    assert found.shape == (144,)
    assert found.sizes["test"] == 30
    np.testing.assert_array_equal(found.test.y, Y[60:])
    assert "y_train.csv holds the class of each row of X_train.csv" in said(found)


def test_labels_in_a_table_of_another_length_are_refused():
    pd.DataFrame(X.reshape(90, -1)).to_csv("features.csv", index=False)
    pd.Series(Y[:50], name="kind").to_csv("labels.csv", index=False)

    with pytest.raises(DataError, match="one class for each of the 90 rows"):
        load(".")


@pytest.mark.parametrize("orient", ["columns", "records", "split", "index"])
def test_json_as_pandas_writes_it(orient):
    pd.DataFrame({"age": AGE, "share": SHARE.round(3), "kind": LABEL}).to_json("a.json", orient=orient)

    found = load("a.json", real=True)

    assert found.preparation.columns == ("age", "share")
    np.testing.assert_allclose(numbers(found), np.c_[AGE, SHARE.round(3)], atol=1e-3)


def test_arrays_by_names_that_nobody_knows():
    np.savez("a.npz", spectra=RNG.random((90, 50)), material=np.array(["iron", "wood", "glass"])[Y])

    found = load("a.npz")

    assert found.classes == ("glass", "iron", "wood")
    assert "the array spectra holds the examples, and material their classes" in said(found)
    np.savez("b.npz", left=X, right=X, kind=Y)
    with pytest.raises(DataError, match=r"x and y.*left \(90, 12, 12\)"):
        load("b.npz")


def test_an_array_whose_columns_have_names():
    rows = list(zip(AGE, SHARE, Y[:ROWS], strict=True))
    np.save("a.npy", np.array(rows, [("age", "f8"), ("share", "f8"), ("label", "i4")]))

    found = load("a.npy", real=True)

    assert found.preparation.columns == ("age", "share")
    assert len(found.classes) == 3


def test_a_table_that_numpy_saved_names_its_columns_in_a_comment():
    np.savetxt("a.dat", np.c_[AGE, SHARE, Y[:ROWS]], header="spectral index, flux, class")

    found = load("a.dat", real=True)

    assert found.preparation.columns == ("spectral index", "flux")
    assert kind_of("a.dat") == "pictures"
    np.testing.assert_allclose(numbers(found), np.c_[AGE, SHARE], atol=1e-4)


def test_features_and_ground_truth_of_matlab():
    scipy.io.savemat("a.mat", {"fea": RNG.random((90, 50)), "gnd": Y[:, None] + 1})

    assert load("a.mat").classes == ("1", "2", "3")


WORDS = [("EU", "B-ORG"), ("rejects", "O"), ("German", "B-MISC"), ("call", "O")]


def tagged(line, sentences=40):
    return "\n\n".join("\n".join(line(n, *pair) for n, pair in enumerate(WORDS, 1)) for _ in range(sentences))


@pytest.mark.parametrize(
    ("name", "line", "head"),
    [
        ("a.iob2", lambda n, word, tag: f"{tag}\t{word}", ""),
        (
            "a.tsv",
            lambda n, word, tag: ("#\thttp://a [2009]\n" if n == 1 else "") + f"{n}\t{word}\t{tag}\tO",
            "",
        ),
        ("a.conll", lambda n, word, tag: f"{word} NN I-NP {tag}", "-DOCSTART- -X- -X- O\n\n"),
        (
            "a.conllup",
            lambda n, word, tag: "\t".join([str(n), word, word, "NOUN", tag]),
            "# global.columns = ID FORM LEMMA UPOS NE\n",
        ),
    ],
)
def test_tagged_words_in_columns_of_any_order(name, line, head):
    Path(name).write_text(head + tagged(line))

    found = load_sentences(name)

    assert kind_of(name) == "tags"
    assert found.classes == ("B-MISC", "B-ORG", "O")
    assert found.train.words[0] == ("EU", "rejects", "German", "call")


def test_a_column_of_conllu_plus_is_named():
    head = "# global.columns = ID FORM LEMMA UPOS NE\n"
    Path("a.conllup").write_text(head + tagged(lambda n, word, tag: f"{n}\t{word}\t{word}\tNOUN\t{tag}"))

    found = load_sentences("a.conllup", options=CorpusOptions(label_column="UPOS"))

    assert found.classes == ("B-NOUN",)


def zipped(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, inside in files.items():
            archive.writestr(name, inside)
    return content.getvalue()


def pictures(ways):
    files = {}
    for n, way in enumerate(ways):
        content = io.BytesIO()
        Image.fromarray(RNG.integers(0, 255, (9, 9), np.uint8)).save(content, "png")
        files[f"{way}/{n}.png"] = content.getvalue()
    return files


def test_archives_in_an_archive():
    inner = {part: zipped(pictures([f"{part}/cat", f"{part}/dog"] * 8)) for part in ("train", "test")}
    Path("kaggle.zip").write_bytes(
        zipped({f"{part}.zip": inner[part] for part in inner} | {"README.md": b"hello"})
    )

    found = load("kaggle.zip")

    assert found.classes == ("cat", "dog")
    assert found.sizes["test"] == 16
    table = pd.DataFrame({"age": AGE, "kind": LABEL}).to_csv(index=False)
    Path("again.zip").write_bytes(zipped({"data/inner.zip": zipped({"folder/table.csv": table.encode()})}))
    assert load("again.zip", real=True).classes == ("ja", "nein")


@pytest.mark.parametrize(
    ("name", "content", "remedy"),
    [
        ("a.arff", "@relation r\n@data\n1,2", "save it as CSV"),
        ("a.libsvm", "+1 1:0.5 3:1", "load_svmlight_file"),
        ("a.txt", "+1 1:0.5 3:1\n-1 2:0.5\n" * 20, "load_svmlight_file"),
        ("a.h5", "HDF", "numpy.savez"),
        ("a.xlsx", "PK", "save it as CSV"),
        ("a.parquet", "PAR1", "read_parquet"),
        ("a.pt", "PK", "numpy.savez"),
    ],
)
def test_what_is_not_read_names_the_way(name, content, remedy):
    Path(name).write_text(content)

    with pytest.raises(DataError, match=remedy):
        load(name)


def test_a_pickled_table_names_the_way():
    Path("a.pkl").write_bytes(pickle.dumps(pd.DataFrame({"a": AGE, "kind": LABEL})))

    with pytest.raises(DataError, match="to_csv"):
        load("a.pkl")


def test_pictures_of_a_telephone_name_the_way():
    for kind in ("cat", "dog"):
        Path(kind).mkdir()
        Path(kind, "1.HEIC").write_bytes(b"\0\0\0\x18ftypheic")

    with pytest.raises(DataError, match="save HEIC pictures as JPEG"):
        load(".")


def test_a_class_called_by_a_letter_and_a_number_stays_a_word():
    lines = [json.dumps({"age": int(a), "kind": f"B{n % 3}"}) for n, a in enumerate(AGE)]
    Path("a.jsonl").write_text("\n".join(lines))
    pd.DataFrame({"age": AGE, "kind": [f"B{n % 3}" for n in range(ROWS)]}).to_csv("a.csv", index=False)

    assert load("a.jsonl", real=True).classes == load("a.csv", real=True).classes == ("B0", "B1", "B2")


def cifar(folder, labels=b"labels", meta=("batches.meta", "label_names")):
    """CIFAR's batches, as Python 2 wrote them: rows of 3,072 bytes, channels first."""
    rng, root = np.random.default_rng(2), Path(folder)
    root.mkdir(parents=True)
    pictures = rng.integers(0, 256, (60, 32, 32, 3)).astype(np.uint8)
    classes = np.arange(60) % 3
    for n, name in enumerate(["data_batch_1", "data_batch_2", "test_batch"]):
        some = slice(20 * n, 20 * n + 20)
        rows = pictures[some].transpose(0, 3, 1, 2).reshape(20, -1)
        batch = {
            b"batch_label": b"one",
            labels: classes[some].tolist(),
            b"data": rows,
            b"filenames": [b"a.png"] * 20,
        }
        (root / name).write_bytes(pickle.dumps(batch, protocol=2))
    (root / meta[0]).write_bytes(pickle.dumps({"num_vis": 3072, meta[1]: ["cat", "dog", "ship"]}, protocol=2))
    (root / "readme.html").write_text("<html>")
    return pictures, classes


def test_cifars_batches_in_their_archive():
    pictures, classes = cifar("cifar-10-batches-py")
    with tarfile.open("cifar-10-python.tar.gz", "w:gz") as archive:
        archive.add("cifar-10-batches-py")

    found = load("cifar-10-python.tar.gz")

    np.testing.assert_array_equal(found.test.x, pictures[40:])
    assert [found.classes[k] for k in found.test.y] == [("cat", "dog", "ship")[k] for k in classes[40:]]
    assert len(found.train) + len(found.valid) == 40


def test_cifars_fine_classes():
    cifar("mine", b"fine_labels", ("meta", "fine_label_names"))
    meta = {"coarse_label_names": ["pet", "thing"], "fine_label_names": ["cat", "dog", "ship"]}
    Path("mine/meta").write_bytes(pickle.dumps(meta, protocol=2))
    assert load("mine").classes == ("cat", "dog", "ship")


def test_pickles_without_examples_are_refused():
    Path("mine").mkdir()
    Path("mine/a").write_bytes(pickle.dumps({"notes": "none"}))
    with pytest.raises(DataError, match="none with examples"):
        load("mine")
    Path("mine/a").write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(DataError, match="no dict of examples"):
        load("mine")


def test_tables_whose_names_hold_a_split_among_other_words():
    rows = [f"{n % 3},{n},{n * n}" for n in range(60)]
    Path("mine").mkdir()
    for part, some in (("train", rows[:45]), ("test", rows[45:])):
        Path(f"mine/numbers_{part}.csv").write_text("\n".join(["label,a,b", *some]))
    sizes = load("mine", real=True).sizes
    assert (sizes["test"], sum(sizes.values())) == (15, 60)
    Path("mine/more-train.csv").write_text("\n".join(["label,a,b", *rows]))
    with pytest.raises(DataError, match=r"more-train\.csv and numbers_train\.csv both name the split train"):
        load("mine", real=True)
    Path("mine/train.csv").write_text("\n".join(["label,a,b", *rows]))  # then the others are none
    assert sum(load("mine", real=True).sizes.values()) == 60


def test_tables_of_texts_whose_names_hold_a_split_among_other_words():
    rows = [f"some text number {n},{'good' if n % 2 else 'bad'}" for n in range(60)]
    Path("mine").mkdir()
    for part, some in (("train", rows[:45]), ("test", rows[45:])):
        Path(f"mine/reviews_{part}.csv").write_text("\n".join(["text,label", *some]))
    assert len(load_reviews("mine").test) == 15
