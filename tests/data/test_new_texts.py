"""New texts for a model of words, out of any file that it might have learned from."""

import json
from pathlib import Path

import pytest

from harmonium.data.new_texts import new_texts
from harmonium.errors import DataError

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
    assert new_texts(Path(name)) == TEXTS


def test_the_sentences_of_tagged_words():
    Path("test.txt").write_text(
        "-DOCSTART- -X- O\n\nAnna NNP B-PER\nleft VBD O\n\nOslo NNP B-LOC\nis VBZ O\n\n" * 5
    )
    assert new_texts(Path("test.txt")) == ["Anna left", "Oslo is"] * 5


@pytest.mark.parametrize("name", ["empty.txt", "empty.csv"])
def test_a_file_without_texts_is_refused(name):
    Path(name).write_text("\n \n")
    with pytest.raises(DataError, match=rf"{name}: holds no text; write one on each line"):
        new_texts(Path(name))
