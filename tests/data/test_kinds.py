"""What kind of data lie at a path."""

import gzip
import zipfile
from pathlib import Path

import pytest

from harmonium.data import load_reviews
from harmonium.data.images import SUFFIXES
from harmonium.data.kinds import kind_of
from harmonium.errors import DataError

FILES = {
    "own.iob": ("Oslo\tB-LOC\nis\tO\n", "tags"),
    "tagged.txt": ("Oslo B-LOC\nis O\ncold O\n\n" * 9, "tags"),
    "reviews.tsv": ("pos\tI loved it so much\nneg\tI hated every minute\n" * 9, "texts"),
    "reviews.csv": ("text,label\n" + '"good, really good film",1\n"a bad film",0\n' * 9, "texts"),
    "chinese.txt": ("pos\t这部电影真好看我很喜欢\nneg\t剧情无聊不值得看\n" * 9, "texts"),
    "numbers.csv": ("a,b,class\n" + "1.5,2,yes\n3,4.25,no\n" * 9, "pictures"),
    "excel.txt": ("a;b;class\n" + "1,5;2;yes\n3;4,25;no\n" * 9, "pictures"),
    "tune.mid": ("", "music"),
    "digits.npz": ("", "pictures"),
    "reviews.jsonl": ('{"stars": 5, "text": "I loved it, \\"really\\""}\n' * 9, "texts"),
    "rows.jsonl": ('{"a": 1.5, "kind": "yes"}\n' * 9, "pictures"),
    "ner.json": ('[{"id": 1, "tokens": ["Oslo"], "tags": ["B-LOC"]}]', "tags"),
    "addresses.txt": ("".join(f"http://a.org/page{n} http://b.org/other{n}\n" for n in range(20)), "texts"),
    "SMSSpamCollection": ("ham\tI loved it so much\nspam\tcall now and win money\n" * 9, "texts"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_known_by_its_ending_or_its_first_lines(name, tmp_path):
    content, kind = FILES[name]
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert kind_of(str(tmp_path / name)) == kind


def test_a_folder_is_known_by_most_of_its_files(tmp_path):
    for name in ("a/1.png", "a/2.JPG", "b/tune.mid", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert kind_of(str(tmp_path)) == "pictures"


def test_texts_in_folders_and_files_of_splits(tmp_path):
    (tmp_path / "texts/pos").mkdir(parents=True)
    (tmp_path / "texts/pos/1.txt").write_text("good")
    assert kind_of(str(tmp_path / "texts")) == "texts"
    (tmp_path / "tags").mkdir()
    (tmp_path / "tags/eng.train").write_text("Oslo NNP B-LOC\nis VBZ O\n\n" * 9)
    assert kind_of(str(tmp_path / "tags")) == "tags"
    (tmp_path / "idx").mkdir()
    (tmp_path / "idx/train-images-idx3-ubyte.gz").write_bytes(gzip.compress(b""))
    assert kind_of(str(tmp_path / "idx")) == "pictures"


@pytest.mark.parametrize(("name", "kind"), [("mnist", "pictures"), ("atis", "tags"), ("imdb", "texts")])
def test_a_named_set_is_known(name, kind):
    assert kind_of(name) == kind


def test_files_of_classes_and_archives_are_looked_into(tmp_path):
    (tmp_path / "rt").mkdir()
    for name in ("rt-polarity.pos", "rt-polarity.neg"):
        (tmp_path / "rt" / name).write_text("I loved every minute of it\n" * 9)
    (tmp_path / "rt/README.txt").write_text("about these reviews, which are many")
    assert kind_of(str(tmp_path / "rt")) == "texts"
    with zipfile.ZipFile(tmp_path / "rt.zip", "w") as archive:
        for path in (tmp_path / "rt").iterdir():
            archive.write(path, f"set/{path.name}")
    assert kind_of(str(tmp_path / "rt.zip")) == "texts"
    (tmp_path / "ag").mkdir()
    (tmp_path / "ag/classes.txt").write_text("World\nSports\n")
    (tmp_path / "ag/train.csv").write_text('"1","a title","many words of news"\n' * 9)
    assert kind_of(str(tmp_path / "ag")) == "texts"


def test_nothing_that_is_known_is_refused(tmp_path):
    (tmp_path / "a.docx").touch()
    with pytest.raises(DataError, match="holds no pictures, texts, tagged words or MIDI files"):
        kind_of(str(tmp_path))
    with pytest.raises(DataError, match="did you mean 'mnist'"):
        kind_of("mnits")


def test_lines_of_texts_under_an_ending_that_nobody_knows():
    lines = [f"{'DESC:manner' if n % 2 else 'HUM:ind'} How did it develop {n} ?" for n in range(30)]
    Path("train_5500.label").write_text("\n".join(lines))
    assert kind_of("train_5500.label") == "texts"
    assert load_reviews("train_5500.label").classes == ("DESC:manner", "HUM:ind")


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_all_pictures_that_can_be_read_are_known(suffix, tmp_path):
    (tmp_path / f"one{suffix}").touch()
    assert kind_of(str(tmp_path)) == "pictures"
