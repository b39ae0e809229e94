"""What kind of data lie at a path."""

import gzip
import pickle
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
    "adult.csv": ("39, Self-emp-not-inc, Married-civ-spouse, United-States, <=50K\n" * 9, "pictures"),
    "titanic.csv": (
        "Id,Survived,Name,Age,Fare\n" + '1,0,"Braund, Mr. Owen Harris",22,7.25\n' * 9,
        "pictures",
    ),
    "keys.csv": ("key,a,kind\n" + "6ba7b810-9dad-abcd-efab-00c04fd430c8,3,yes\n" * 9, "pictures"),
    "german.data": ("A11 6 A34 1169 A65 1\nA12 48 A32 5951 A61 2\n" * 9, "pictures"),
    "tweets.csv": (
        "id,airline,confidence,retweets,said\n" + "1,Delta,0.7,0,you are late again and again today\n" * 9,
        "texts",
    ),
    "phrases.tsv": ("Id\tOf\tPart\tPhrase\tMark\n" + "1\t1\t2\ta good film\t3\n" * 9, "texts"),
    "names.csv": ("name,class\n" + "a white wild horse,big\n" * 9, "texts"),
    "single.txt": ("x", "pictures"),
    "addresses.txt": (
        "".join(f"http://a.org/page{n} http://b.org/other{n}\n" for n in range(20)),
        "pictures",
    ),
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


def test_a_folder_of_texts_with_larger_files_beside_them():
    for split in ("train", "test"):
        for label in ("pos", "neg"):
            for n in range(3):
                Path(f"aclImdb/{split}/{label}").mkdir(parents=True, exist_ok=True)
                Path(f"aclImdb/{split}/{label}/{n}_7.txt").write_text("It was a film, and I saw it.")
    Path("aclImdb/imdbEr.txt").write_text("0.01 -0.2 0.3\n" * 99)
    assert kind_of("aclImdb") == "texts"


@pytest.mark.parametrize("names", [("a.trn", "a.tst"), ("a_TRAIN", "a_TEST"), ("x.data_10_percent",)])
def test_tables_of_numbers_by_any_name_are_no_texts(names):
    Path("mine").mkdir()
    for name in names:
        Path("mine", name).write_text("1.5 2 6 1\n3 4 7 2\n" * 9)
    assert kind_of("mine") == "pictures"


def test_pickles_without_endings_are_arrays_and_what_is_nothing_is_named():
    Path("cifar").mkdir()
    Path("cifar/data_batch_1").write_bytes(pickle.dumps({"labels": [1], "data": [2]}, 2))
    assert kind_of("cifar") == "pictures"
    Path("mine").mkdir()
    Path("mine/part-0.parquet").write_bytes(b"PAR1" + bytes(9))
    with pytest.raises(DataError, match=r"but part-0\.parquet; what ends in \.parquet is a binary table"):
        kind_of("mine")


def test_numbered_words_with_tags_by_any_name_are_no_table_of_numbers():
    Path("mine").mkdir()
    for name in ("atis.training", "atis.check"):
        lines = [f"{n}\tword{n}\t{tag}" for n, tag in enumerate(("O", "B-LOC", "I-LOC", "O"), 1)]
        Path("mine", name).write_text(("\n".join(lines) + "\n\n") * 9)
    assert kind_of("mine") == "tags"
