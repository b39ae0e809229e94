"""New texts for a model of words, out of any file that it might have learned from."""

import json
from pathlib import Path

import pytest

from harmonium.data import load_sentences
from harmonium.data.new_texts import new_texts
from harmonium.errors import DataError
from harmonium.recipes.shared.options import Inputs

TEXTS = ["a good film, really", "a bad film", "so so"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("new.txt", "a good film, really\n\na bad film\nso so\n"),
        ("new.csv", 'id,review,stars\n1,"a good film, really",5\n2,a bad film,1\n3,so so,3\n'),
        ("new.tsv", "good\ta good film, really\nbad\ta bad film\nbad\tso so\n"),
        ("one.csv", 'text\n"a good film, really"\na bad film\nso so\n'),
        ("lines.csv", "a good film, really\na bad film\nso so\n"),
        ("new.jsonl", "\n".join(json.dumps({"text": text, "stars": n}) for n, text in enumerate(TEXTS))),
    ],
)
def test_the_texts_of_a_file(name, content):
    Path(name).write_text(content)
    assert list(new_texts(Path(name))[0].values()) == TEXTS


def test_the_sentences_of_tagged_words():
    Path("test.txt").write_text(
        "-DOCSTART- -X- O\n\nAnna NNP B-PER\nleft VBD O\n\nOslo NNP B-LOC\nis VBZ O\n\n" * 5
    )
    found, left_out = new_texts(Path("test.txt"))
    assert list(found.values()) == ["Anna left", "Oslo is"] * 5
    assert not left_out


TAGGED = [["B-PER Anna", "O left"], ["B-LOC Oslo", "O is", "O cold"]] * 9
FORMS = {
    "label first": ("a.txt", "\n\n".join("\n".join(one).replace(" ", "\t") for one in TAGGED)),
    "Kaggle": (
        "a.csv",
        "Sentence #,Word,POS,Tag\n"
        + "".join(
            f"{f'Sentence: {n}' if not k else ''},{cell.split()[1]},NN,{cell.split()[0]}\n"
            for n, one in enumerate(TAGGED, 1)
            for k, cell in enumerate(one)
        ),
    ),
    "numbered sentences": (
        "a.csv",
        "sentence_id,word,tag\n"
        + "".join(
            f"{n},{cell.split()[1]},{cell.split()[0]}\n" for n, one in enumerate(TAGGED) for cell in one
        ),
    ),
    "a line of names": (
        "a.tsv",
        "Word\tTag\n"
        + "\n\n".join("\n".join("\t".join(reversed(cell.split())) for cell in one) for one in TAGGED),
    ),
}


@pytest.mark.parametrize(("name", "content"), FORMS.values(), ids=FORMS)
def test_tagged_words_are_read_as_for_training(name, content):
    Path(name).write_text(content)
    corpus = load_sentences(name)
    assert sum(len(split) for split in corpus.splits.values()) == len(TAGGED)
    assert list(new_texts(Path(name))[0].values()) == ["Anna left", "Oslo is cold"] * 9


def test_sentences_in_json_need_no_labels():
    Path("a.jsonl").write_text('{"tokens": ["Oslo", "is"]}\n{"tokens": ["a", "b"]}\n')
    assert new_texts(Path("a.jsonl"))[0] == {1: "Oslo is", 2: "a b"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text,label\n,\na good film,1\n,0\nNaN,1\nso so,0\n,\n"),
        (
            "a.jsonl",
            "".join(json.dumps({"text": t}) + "\n" for t in ("", "a good film", " ", None, "so so", "")),
        ),
        ("a.txt", "\na good film\n\n \nso so\n"),
    ],
)
def test_rows_without_a_text_keep_the_numbers_of_the_others(name, content):
    Path(name).write_text(content)
    found, left_out = new_texts(Path(name))
    assert found == {2: "a good film", 5: "so so"}
    assert left_out == ([1, 3, 4] if name == "a.txt" else [1, 3, 4, 6])
    told = []
    given = Inputs(paths=(name,), text=("mine",)).texts(told.append)
    assert given == [
        {"text": "mine"},
        {"text": "a good film", "file": name, "row": "2"},
        {"text": "so so", "file": name, "row": "5"},
    ]
    assert len(told) == 1
    assert "left out, since without a text: rows 1, 3, 4" in told[0]


@pytest.mark.parametrize("name", ["empty.txt", "empty.csv"])
def test_a_file_without_texts_is_refused(name):
    Path(name).write_text("\n \n")
    with pytest.raises(DataError, match=rf"{name}: holds no text; write one on each line"):
        new_texts(Path(name))
