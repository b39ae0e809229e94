"""A user's own data from the file to the prediction, through the command line: taken, said, or refused."""

import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from PIL import Image
from sklearn.datasets import load_digits, load_wine

import harmonium as hm
from harmonium.cli import main
from harmonium.errors import DataError

SENTENCES = (
    ("Anna lives in Oslo", "B-PER O O B-LOC"),
    ("Ben Berg saw Rome", "B-PER I-PER O B-LOC"),
    ("they left New York", "O O B-LOC I-LOC"),
    ("Oslo is cold", "B-LOC O O"),
)
MLP = ["--hidden", "9", "--max-epochs", "2", "--no-figures", "--out", "run"]
TAGGER = ["--hidden", "9", "--embedding", "8", "--max-epochs", "3", "--no-figures", "--out", "run"]
TEXTS = [
    "--hidden",
    "4",
    "--embedding",
    "4",
    "--validation-updates",
    "0",
    "--max-epochs",
    "2",
    "--no-figures",
]


def tagged(sentences, path="tagged.iob"):
    """Write sentences as lines of a word, a tab and its label."""
    blocks = [
        "".join(f"{w}\t{t}\n" for w, t in zip(*(x.split() for x in one), strict=True)) for one in sentences
    ]
    Path(path).write_text("\n".join(blocks))
    return path


def pictures(
    folder="pictures", classes="0123", each=12, names=None, first=0, form="png", change=lambda im: im
):
    """Write digits as pictures in a folder for each class."""
    digits, rng = load_digits(), np.random.default_rng(first)
    for k, name in zip(map(int, classes), names or classes, strict=True):
        (Path(folder) / name).mkdir(parents=True, exist_ok=True)
        for n, digit in enumerate(digits.images[digits.target == k][first : first + each]):
            noisy = (digit * 9 + rng.uniform(0, 30, digit.shape)).astype(np.uint8)
            change(Image.fromarray(noisy)).save(Path(folder) / name / f"IMG_{n + first:04}.{form}")
    return folder


def fails(capsys, *command):
    """The one line of a command that is refused."""
    capsys.readouterr()
    assert main(list(command)) == 2
    out, err = capsys.readouterr()
    complaint = err.splitlines()[-1]
    assert complaint.startswith("harmonium: ")
    assert "Traceback" not in err + out
    return complaint


def works(capsys, *command):
    """What a command says on both streams."""
    capsys.readouterr()
    code = main(list(command))
    said = capsys.readouterr()
    assert code == 0, said.err
    return said.out + said.err


def scores(capsys, *command):
    """The scores that `evaluate` prints."""
    capsys.readouterr()
    assert main(["evaluate", *command, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def kept(run="run"):
    """Where each example of a run is."""
    splits = json.loads(Path(run, "data.json").read_text())["splits"]
    return {name: part for part, names in splits.items() for name in names}


def changed_is_refused(capsys, path):
    """Every command that loads a run's data again refuses what has changed, and names the two ways on."""
    for command in (["evaluate", "run"], ["resume", "run", "--max-epochs", "5"], ["figures", "run"]):
        complaint = fails(capsys, *command)
        assert "has changed since run learned from it" in complaint
        assert "Train anew on it" in complaint
        assert f"evaluate run --data {Path(path).absolute()}" in complaint


def test_tagged_words_that_grow_under_a_run_are_refused_and_scored_as_other_data(capsys):
    path = tagged(SENTENCES * 15)
    works(capsys, "train", "slot-filling", "--data", path, *TAGGER, "--max-epochs", "20")
    before = scores(capsys, "run")
    assert before["test"]["f1"] > 0.6
    tagged(
        [*SENTENCES * 15, *[("Aaron met Abel", "B-PER O B-PER"), ("Aaron knows Abel", "B-PER O B-PER")] * 2]
    )
    changed_is_refused(capsys, path)
    after = scores(capsys, "run", "--data", path)
    assert after["test"]["f1"] > before["test"]["f1"] - 0.3  # by the run's own words and labels
    assert after["test"]["examples"] + after["valid"]["examples"] - 4 <= sum(
        before[part]["examples"] for part in ("valid", "test")
    )


def test_pictures_that_are_added_are_said_and_move_no_other(capsys):
    pictures()
    works(capsys, "train", "mlp", "--data", "pictures", *MLP)
    before = kept()
    assert set(before.values()) == {"train", "valid", "test"}
    Image.fromarray(np.full((8, 8), 7, np.uint8)).save("pictures/0/AAA.png")
    changed_is_refused(capsys, "pictures")
    assert "holds 49 examples now, and held 48" in fails(capsys, "evaluate", "run")
    counts = scores(capsys, "run", "--data", "pictures")
    held_out = [part for part in before.values() if part != "train"]
    assert sum(of["examples"] for of in counts.values()) in (len(held_out), len(held_out) + 1)
    works(capsys, "train", "mlp", "--data", "pictures", *MLP[:-1], "again")
    moved = [name for name, part in before.items() if kept("again")[name] != part]
    assert len(moved) <= 2  # where a class's share is rounded up


def test_classes_are_matched_by_name(capsys):
    pictures("ab", "01", names=("cat", "dog"))
    pictures("ba", "10", names=("dog", "cat"), first=30)
    pictures("renamed", "01", names=("hund", "dom_katt"))
    works(capsys, "train", "mlp", "--data", "ab", *MLP[:3], "30", *MLP[4:])
    assert scores(capsys, "run", "--data", "ba")["test"]["error_rate"] == 0
    complaint = fails(capsys, "evaluate", "run", "--data", "renamed")
    assert "its classes dom_katt, hund are none of the run's, which are cat, dog" in complaint


def test_a_run_finds_its_data_from_another_folder_and_where_they_were_moved(capsys, tmp_path, monkeypatch):
    pictures()
    works(capsys, "train", "mlp", "--data", "pictures", *MLP)
    before = scores(capsys, "run")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    pictures(classes="01")  # of the same name
    assert scores(capsys, "../run") == before
    shutil.move("../pictures", "../moved")
    assert "where there is nothing now; say where they are with --data" in fails(capsys, "evaluate", "../run")
    assert scores(capsys, "../run", "--data", "../moved") == before


@pytest.mark.parametrize(
    "names", [("train", "val", "test"), ("training", "validation", "testing"), ("train", "dev", "test")]
)
def test_folders_named_like_splits_are_splits(names, capsys):
    for name, first in zip(names, (0, 12, 24), strict=True):
        pictures(f"set/{name}", "01", first=first, each=6)
    Path("set/README.txt").write_text("about")
    said = "\n".join(hm.data.load("set").understood.lines())
    if names[1] == "val":
        assert said in works(capsys, "train", "mlp", "--data", "set", *MLP)
    assert "12 train, 12 valid, 12 test" in said
    assert "2 classes" in said


def test_folders_named_like_splits_without_classes_are_refused(capsys):
    for name in ("train", "test"):
        pictures("flat", "0", names=(name,))
    assert "needs at least two folders, one a class" in fails(capsys, "train", "mlp", "--data", "flat", *MLP)


GOOD = [
    "a wonderful warm film",
    "superb acting and a great story",
    "i loved every minute",
    "brilliant and moving",
]
BAD = ["a dull plot", "terrible acting and a boring story", "i hated every minute", "awful and slow"]
REVIEWS = [
    (name, f"{text} number {n}")
    for n in range(8)
    for name, texts in (("pos", GOOD), ("neg", BAD))
    for text in texts
]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("class first.tsv", "".join(f"{k}\t{t}\n" for k, t in REVIEWS).encode()),
        ("text first.tsv", "".join(f"{t}\t{k}\n" for k, t in REVIEWS).encode()),
        ("header.tsv", ("label\ttext\n" + "".join(f"{k}\t{t}\n" for k, t in REVIEWS)).encode()),
        ("comma.csv", ("Review,Sentiment\n" + "".join(f'"{t}, really",{k}\n' for k, t in REVIEWS)).encode()),
        ("semicolon.csv", ("text;class\n" + "".join(f"{t} café;{k}\n" for k, t in REVIEWS)).encode("cp1252")),
        ("utf16.csv", ("text\tclass\r\n" + "".join(f"{t}\t{k}\r\n" for k, t in REVIEWS)).encode("utf-16")),
        ("fasttext.txt", "".join(f"__label__{k} {t}\n" for k, t in REVIEWS).encode()),
    ],
)
def test_reviews_are_read_as_they_were_saved(name, content, capsys):
    Path(name).write_bytes(content)
    said = works(capsys, "data", "describe", name)
    assert "64 texts" in said
    assert "neg 32, pos 32" in said
    if name != "semicolon.csv":
        return
    understood, _ = said.split("examples are drawn in")
    assert understood in works(capsys, "train", "sentiment", "--data", name, *TEXTS, "--out", "run")
    assert "pos" in works(capsys, "predict", "run", "a wonderful story")
    assert scores(capsys, "run")["test"]["examples"] == 10


def test_texts_with_nearly_a_class_each_are_refused(capsys):
    Path("each.tsv").write_text("".join(f"class {n}\t{t}\n" for n, (_, t) in enumerate(REVIEWS)))
    assert "class" in fails(capsys, "train", "sentiment", "--data", "each.tsv", *TEXTS, "--out", "run")


def test_a_language_without_blanks_is_read_as_characters_and_predicted_so(capsys):
    good, bad = ["这部电影真好看我很喜欢", "演员演得太棒了"], ["这部电影太难看了", "演员演得很差劲"]
    rows = [(k, f"{t}{n}") for n in range(12) for k, ts in (("pos", good), ("neg", bad)) for t in ts]
    Path("zh.tsv").write_text("".join(f"{k}\t{t}\n" for k, t in rows))
    assert "characters" in works(capsys, "train", "sentiment", "--data", "zh.tsv", *TEXTS, "--out", "run")
    capsys.readouterr()
    assert main(["predict", "run", "--text", "电影真好看", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["words"], found["unknown_words"]) == (5, 0)
    assert "different words" in works(capsys, "data", "describe", "zh.tsv", "--tokens", "words")


def test_runs_of_the_same_second_have_a_folder_each_and_a_named_one_is_never_mixed(capsys, monkeypatch):
    monkeypatch.setattr("harmonium.runs.train.time.time", lambda: 1_700_000_000)
    small = ["--data", "digits", "--max-epochs", "0", "--no-figures"]
    for _ in range(2):
        works(capsys, "train", "logistic-regression", *small)
    folders = sorted(Path("runs").iterdir())
    assert len(folders) == 2
    assert all(
        (folder / "model.safetensors").exists() or (folder / "summary.json").exists() for folder in folders
    )
    works(capsys, "train", "logistic-regression", *small, "--out", "one")
    assert "one" in fails(capsys, "train", "logistic-regression", *small, "--out", "one")


def test_odd_characters_of_words_and_classes_are_shown_and_never_obeyed(capsys):
    tagged([("[red] met [/x] now", "B-[b] O B-[/b] O"), ("[red] [bold]", "B-[b] O")] * 15)
    works(capsys, "train", "slot-filling", "--data", "tagged.iob", *TAGGER)
    said = works(capsys, "predict", "run", "--text", "[red] met [/x]")
    assert "[red]" in said
    assert "[/x]" in said
    pictures("odd", "01", names=("a", "b\x1b]0;x\x07"))
    assert r"b\x1b]0;x\x07 12" in works(capsys, "data", "describe", "odd")
    said = works(capsys, "train", "mlp", "--data", "odd", *MLP[:-1], "classes")
    said += works(capsys, "predict", "classes", "odd/a/IMG_0000.png")
    assert "\x1b]0" not in said


def test_what_looks_like_a_path_is_one(capsys):
    Path("own.tsv").write_text("".join(f"{k}\t{t}\n" for k, t in REVIEWS))
    works(capsys, "train", "sentiment", "--data", "own.tsv", *TEXTS, "--out", "run")
    for path in ("/home/someone/My Documents/review.txt", "./notes", "reviews.csv"):
        assert "there is no such file" in fails(capsys, "predict", "run", path)
    assert "neg" in works(capsys, "predict", "run", "Good and/or bad. Really?")


def numbered_words(line, path):
    """Write sentences with a line for each word, made of its number, the word and its label."""
    blocks = []
    for words, labels in SENTENCES * 6:
        rows = zip(words.split(), labels.split(), strict=True)
        blocks.append("".join(line.format(n=n, w=w, t=t) for n, (w, t) in enumerate(rows, 1)))
    Path(path).write_text("\n".join(blocks))
    return path


def test_conllu_is_recognised_and_columns_are_named(capsys):
    path = numbered_words("{n}\t{w}\t{w}\tX\tX\t_\t0\troot\t_\t{t}\n", "own.conllu")
    assert "as in CoNLL-U" in works(capsys, "train", "slot-filling", "--data", path, *TAGGER)
    assert "Oslo" in json.loads(Path("run/vocabulary.json").read_text())
    path = numbered_words("7{n}\t{w}\t{t}\n", "numbers.iob")
    assert "--word-column" in fails(capsys, "train", "slot-filling", "--data", path, *TAGGER[:-1], "b")
    works(capsys, "train", "slot-filling", "--data", path, "--word-column", "2", *TAGGER[:-1], "c")
    assert scores(capsys, "c")["test"]["examples"] == 3


def test_words_that_occur_once_are_the_same_when_loaded_again(capsys):
    tagged([(f"word{chr(97 + n)} lives in Oslo", "B-PER O O B-LOC") for n in range(20)])
    works(capsys, "train", "slot-filling", "--data", "tagged.iob", *TAGGER)
    assert scores(capsys, "run")["test"]["examples"] == 3


def npz(name="own.npz", **arrays):
    """Write arrays."""
    np.savez(name, **arrays)
    return name


def digit_arrays(count=300):
    """Digits as bytes, and their classes."""
    digits = load_digits()
    return (digits.images[:count] * 255 / 16).astype(np.uint8), digits.target[:count]


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (lambda y: y + 1, [str(k) for k in range(1, 11)]),
        (lambda y: y * 10, [str(10 * k) for k in range(10)]),
        (lambda y: np.array([f"digit {k}" for k in y]), [f"digit {k}" for k in range(10)]),
        (lambda y: y[:, None], [str(k) for k in range(10)]),
        (lambda y: np.eye(10)[y], [str(k) for k in range(10)]),
        (lambda y: np.where(y == 0, -1, 1), ["-1", "1"]),
    ],
    ids=["from one", "gaps", "strings", "column", "one-hot", "minus one"],
)
def test_labels_are_names_of_classes(labels, classes):
    x, y = digit_arrays()
    assert list(hm.data.load(npz(x=x, y=labels(y))).classes) == classes


def test_numbers_of_other_ranges(capsys):
    digits = load_digits()
    path = npz(x=digits.images[:300].astype(np.uint8), y=digits.target[:300])
    complaint = fails(capsys, "train", "mlp", "--data", path, *MLP)
    assert "at most a sixteenth of 0..255" in complaint
    assert "--scale unit" in complaint
    works(capsys, "train", "mlp", "--data", path, "--scale", "unit", *MLP)
    x, y = digit_arrays()
    over = npz("over.npz", x=(x / 255).astype(np.float32) * np.float32(1.0000001), y=y)
    works(capsys, "train", "mlp", "--data", over, *MLP[:-1], "over")


def test_what_needs_no_labels_takes_data_without(capsys):
    x, _ = digit_arrays()
    np.save("only.npy", x)
    pictures("one", "3", each=30)
    small = ["--hidden", "9", "--max-epochs", "1", "--no-figures", "--out"]
    for recipe in ("rbm", "denoising-autoencoder", "contractive-autoencoder", "mcrbm"):
        works(capsys, "train", recipe, "--data", "only.npy", *small, f"a-{recipe}")
    works(capsys, "train", "rbm", "--data", npz(x=x), *small, "b")
    works(capsys, "train", "rbm", "--data", "one", *small, "c")
    assert "labels" in fails(capsys, "train", "mlp", "--data", "only.npy", *MLP)
    assert "class" in fails(capsys, "train", "mlp", "--data", "one", *MLP)


def test_keras_and_kaggles_layouts(capsys):
    x, y = digit_arrays()
    path = npz(x_train=x[:200], y_train=y[:200], x_test=x[200:], y_test=y[200:])
    assert "100 test" in works(capsys, "train", "mlp", "--data", path, *MLP)
    rows = [",".join(map(str, [k, *digit.ravel()])) for digit, k in zip(x, y, strict=True)]
    Path("train.csv").write_text("\n".join(["label," + ",".join(f"pixel{n}" for n in range(64)), *rows]))
    assert "300 grey pictures 8x8" in works(
        capsys, "train", "mlp", "--data", "train.csv", *MLP[:-1], "kaggle"
    )


def test_hidden_files_are_passed_over_and_all_that_is_skipped_is_counted():
    pictures(each=10)
    zero = Path("pictures/0")
    (zero / ".ipynb_checkpoints").mkdir()
    shutil.copy(zero / "IMG_0000.png", zero / ".ipynb_checkpoints/IMG_0000-checkpoint.png")
    (zero / "._IMG_0000.png").write_bytes(b"\0\5\x16\7")
    (zero / "Thumbs.db").write_bytes(b"x")
    (zero / "notes.docx").write_bytes(b"x")
    Path("pictures/__MACOSX").mkdir()
    for path in list(Path("pictures/1").iterdir())[:5]:
        path.rename(path.with_suffix(".PNG"))
    said = "\n".join(hm.data.load("pictures").understood.lines())
    assert "40 grey pictures" in said
    assert "3 hidden or left behind by a system" in said
    assert "1 not pictures (.docx)" in said


def test_rare_classes_are_in_every_split_or_named(capsys):
    pictures(classes="0", each=40)
    pictures(classes="1", each=6)
    pictures(classes="2", each=1)
    said = works(capsys, "train", "mlp", "--data", "pictures", *MLP)
    assert "test holds no example of 2" in " ".join(said.split())
    assert "of 1;" not in said
    assert {part for name, part in kept().items() if name.startswith("1/")} == {"train", "valid", "test"}


def test_photos_are_fitted_in_the_run_and_when_they_are_predicted(capsys):
    rng = np.random.default_rng(0)
    for k, name in enumerate(("dark", "bright")):
        Path("photos", name).mkdir(parents=True)
        for n in range(12):
            side = 40 + 3 * n
            pixels = rng.integers(0, 120, (side, side + 10, 3)) + 110 * k
            Image.fromarray(pixels.astype(np.uint8)).save(f"photos/{name}/IMG_{n}.JPG")
    assert "--size" in fails(capsys, "train", "mlp", "--data", "photos", *MLP)
    options = ["--size", "12x9", "--grey", "--no-invert"]
    said = works(capsys, "train", "mlp", "--data", "photos", *options, *MLP[:3], "20", *MLP[4:])
    assert "grey pictures 12x9" in said
    Image.fromarray(np.full((50, 70, 3), 240, np.uint8)).save("new.png")
    capsys.readouterr()
    assert main(["predict", "run", "new.png", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["class"] == "bright"
    scores(capsys, "run")


def test_a_model_that_would_not_fit_is_refused_with_its_size(capsys, monkeypatch):
    pictures(change=lambda im: im.resize((300, 200)))
    monkeypatch.setattr("harmonium.memory.available", lambda: 10**9)
    for recipe in ("mlp", "rbm", "denoising-autoencoder"):
        complaint = fails(capsys, "train", recipe, "--data", "pictures", "--hidden", "2000", "--out", "run")
        assert "GiB of memory" in complaint
        assert "--size 28" in complaint
    assert not Path("run").exists()


def table(name, data, separator=",", encoding="utf-8", decimal="."):
    """Write a table as a spreadsheet saves it."""
    data.to_csv(name, sep=separator, index=False, encoding=encoding, decimal=decimal)
    return name


@pytest.mark.parametrize(("separator", "encoding"), [(",", "utf-8"), (";", "cp1252"), ("\t", "utf-16")])
def test_tables_train_and_predict_rows(separator, encoding, capsys):
    frame = load_wine(as_frame=True).frame
    frame["target"] = frame["target"].map({0: "Barolo", 1: "Grignolinö", 2: "Barbera"})
    path = table("wine.csv", frame, separator, encoding)
    said = works(capsys, "train", "mlp", "--data", path, *MLP[:3], "40", *MLP[4:])
    assert "the class is the column target" in said
    assert scores(capsys, "run")["test"]["error_rate"] < 0.3
    table("new.csv", frame.drop(columns="target").iloc[[0, 80, 170]], separator, encoding)
    capsys.readouterr()
    assert main(["predict", "run", "new.csv", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["class"] for one in found] == ["Barolo", "Grignolinö", "Barbera"]
    assert not any("note" in one for one in found)
    strange = frame.drop(columns="target").iloc[:2].mul([1, 100], axis=0)
    table("strange.csv", strange, separator, encoding)
    assert main(["predict", "run", "strange.csv"]) == 0
    assert "is far outside the range of the training set; and 10 more" in " ".join(
        capsys.readouterr().out.split()
    )
    np.save("new.npy", frame.drop(columns="target").to_numpy()[[0, 80, 170]])
    assert main(["predict", "run", "new.npy", "--json"]) == 0
    assert [one["class"] for one in json.loads(capsys.readouterr().out)] == [one["class"] for one in found]


def test_missing_values_name_their_column(capsys):
    frame = load_wine(as_frame=True).frame
    frame.loc[3, "ash"] = np.nan
    assert "ash" in fails(capsys, "train", "mlp", "--data", table("wine.csv", frame), *MLP)


def test_repeated_examples_are_said_and_not_refused():
    x, y = digit_arrays(100)
    path = npz(x=np.concatenate([x, x]), y=np.concatenate([y, y]))
    said = " ".join(" ".join(hm.data.load(path).understood.lines()).split())
    assert "100 of 200 examples repeat an earlier one" in said
    assert "of test are in train too" in said


def test_defaults_fit_small_pictures_small_sets_and_other_depths(capsys):
    said = works(
        capsys, "train", "lenet", "--data", "digits", "--max-epochs", "1", "--no-figures", "--out", "run"
    )
    assert "--kernels 20, --kernel-sizes 3" in said
    assert json.loads(Path("run/summary.json").read_text())["chosen"] == {
        "kernels": [20],
        "kernel_sizes": [3],
    }
    npz("middling.npz", x=np.random.default_rng(0).random((60, 12, 12)), y=np.arange(60) % 3)
    said = works(
        capsys, "train", "lenet", "--data", "middling.npz", "--max-epochs", "0", "--no-figures", "--out", "m"
    )
    assert "--kernels 20, --kernel-sizes 5" in said  # and not two convolutions of 1x1, at 17 % for 2 %
    small = [
        "--max-epochs",
        "1",
        "--pretraining-epochs",
        "1",
        "--batch-size",
        "500",
        "--pretraining-batch-size",
        "50",
    ]
    works(
        capsys, "train", "stacked-denoising-autoencoder", "--data", "digits", "--hidden", "9", "8", *small,
        "--no-figures", "--out", "stack",
    )  # fmt: skip
    assert json.loads(Path("stack/summary.json").read_text())["chosen"] == {"corruption_level": [0.1, 0.2]}
    pictures(each=6)
    said = works(capsys, "train", "lenet", "--data", "pictures", "--no-figures", "--out", "few")
    assert "a batch is all of the" in said


def test_what_is_given_is_kept_or_refused_though_it_is_the_usual(capsys):
    given = ["--learning-rate", "0.1", "--max-epochs", "0", "--no-figures", "--out", "run"]
    path = table("wine.csv", load_wine(as_frame=True).frame)
    said = works(capsys, "train", "rbm", "--data", path, "--visible", "gaussian", *given)
    assert "chosen" not in said
    assert hm.Run("run").recipe.first_rate == 0.1
    assert json.loads(Path("run/config.json").read_text())["learning_rate"] == 0.1
    for kernels in (["--kernels", "20", "50", "--kernel-sizes", "5"], ["--kernel-sizes", "9"]):
        complaint = fails(capsys, "train", "lenet", "--data", "digits", *kernels, "--out", "small")
        assert "8x8" in complaint
    said = works(
        capsys, "train", "lenet", "--data", "digits", "--kernels", "4", "5", "--max-epochs", "0", "--no-figures",
        "--out", "fits",
    )  # fmt: skip
    assert "chosen      --kernel-sizes 2," in said
    levels = ["--corruption-level", "0.1", "0.2", "0.3"]
    complaint = fails(capsys, "train", "stacked-denoising-autoencoder", "--hidden", "9", "8", *levels)
    assert "must hold 1 value or 2" in complaint


def test_a_gaussian_rbm_learns_a_table_at_its_defaults(capsys):
    path = table("wine.csv", load_wine(as_frame=True).frame)
    said = works(
        capsys, "train", "rbm", "--data", path, "--visible", "gaussian", "--no-figures", "--out", "run"
    )
    assert "--learning-rate 0.001" in said
    assert "updates in 15 epochs, which are few" in said
    errors = [
        json.loads(line)["valid"]["squared_error"]
        for line in Path("run/metrics.jsonl").read_text().splitlines()
    ]
    assert errors[-1] < errors[0]


def alternative_text(picture):
    """What stands in a picture for those who do not see it."""
    with Image.open(picture) as drawn:
        return drawn.info["Description"]


def test_describe_says_what_data_would_be_taken_for(capsys):
    said = works(capsys, "data", "describe", pictures())
    assert "48 grey pictures 8x8" in said
    with Image.open("pictures-examples.png") as drawn:
        assert drawn.width > 100
    tagged(SENTENCES * 6)
    assert "24 labelled sentences" in works(capsys, "data", "describe", "tagged.iob")
    assert "sentences with the labels of their words, as " in alternative_text("tagged-examples.png")
    Path("own.tsv").write_text("".join(f"{k}\t{t}\n" for k, t in REVIEWS))
    assert "64 texts" in works(capsys, "data", "describe", "own.tsv")
    assert "texts of the classes neg, pos" in alternative_text("own-examples.png")
    assert "178 rows of 13 numbers" in works(
        capsys, "data", "describe", table("wine.csv", load_wine(as_frame=True).frame)
    )
    assert "histograms of the columns alcohol, malic_acid, ash" in alternative_text("wine-examples.png")
    assert "--size means nothing for texts" in fails(capsys, "data", "describe", "own.tsv", "--size", "8")
    assert "there is no such file" in fails(capsys, "data", "describe", "none/there")
    said = works(capsys, "data", "digits", "--json")
    found = json.loads(said)
    assert (found["licence"], found["sizes"]["test"]) == ("CC BY 4.0", 256)
    assert Path(found["picture"]).exists()


def test_describe_draws_pictures_as_they_would_be_distorted(capsys):
    assert "digits-augmented.png" in works(capsys, "data", "describe", "digits", "--augment")
    assert "elastic 0.8" in alternative_text("digits-augmented.png")
    works(capsys, "data", "describe", "digits", "--rotation", "30", "--out", "turned.png")
    assert alternative_text("turned.png") != alternative_text("digits-augmented.png")
    assert Image.open("turned.png").tobytes() != Image.open("digits-augmented.png").tobytes()
    assert "--rotation 200" in fails(capsys, "data", "describe", "digits", "--rotation", "200")
    tagged(SENTENCES * 6)
    assert "--augment distorts pictures" in fails(capsys, "data", "describe", "tagged.iob", "--augment")


def test_arrays_train_resume_and_are_scored(capsys):
    x, y = digit_arrays()
    small = {"hidden": (9,), "max_epochs": 2}
    run = hm.train("mlp", data=(x, y), out="run", **small)
    hm.train("mlp", data=(x, y), out="long", hidden=(9,), max_epochs=4)
    with pytest.raises(DataError, match="learned from arrays, which no file holds; give them again as data="):
        hm.resume(run.path, max_epochs=4)
    with pytest.raises(DataError, match="the given data are not those that run learned from"):
        hm.resume(run.path, max_epochs=4, data=(x[::-1], y))
    hm.resume(run.path, max_epochs=4, data=(x, y))
    assert Path("run/model.safetensors").read_bytes() == Path("long/model.safetensors").read_bytes()
    found = hm.evaluate(run.path, data=(x, y))
    assert found["test"]["error_rate"] == pytest.approx(run.summary["test"]["error_rate"])
    assert hm.evaluate(run.path, data=(x[:100], y[:100]))["test"]["examples"] == 100
    said = capsys.readouterr().err
    assert "whether the run has trained on some of them cannot be told" in " ".join(said.split())


def test_runs_on_arrays_are_drawn_and_sampled_from_them_and_moved_data_from_where_they_are(capsys):
    x, y = digit_arrays(100)
    run = hm.train("mlp", data=(x, y), hidden=(9,), max_epochs=1, out="classes")
    with pytest.raises(DataError, match="give them again as data="):
        hm.draw("classes")
    with pytest.raises(DataError, match="the given data are not those that classes learned from"):
        hm.draw(run, data=(x[::-1], y))
    assert {path.name for path in hm.draw(run, data=(x, y))} >= {"confusion.png", "mistakes.png"}
    machine = hm.train("rbm", data=x, hidden=9, max_epochs=1, snapshot_epochs=0, out="machine")
    assert machine.figure("samples", data=x).width > 100  # of 14 test pictures, as many chains
    assert machine.sample(data=x, chains=2, rows=1, steps=1)[0].exists()
    pictures()
    works(capsys, "train", "mlp", "--data", "pictures", *MLP)
    shutil.move("pictures", "moved")
    assert "say where they are with --data" in fails(capsys, "figures", "run")
    assert "confusion.png" in works(capsys, "figures", "run", "--data", "moved")


def test_arrays_of_every_shape_train():
    x, y = digit_arrays()
    small = {"hidden": 9, "max_epochs": 1, "snapshot_epochs": 0}
    for recipe in ("rbm", "denoising-autoencoder"):
        assert hm.train(recipe, data=x, out=f"x-{recipe}", **small).summary["data"]["classes"] == []
    frame = load_wine(as_frame=True).frame
    run = hm.train("mlp", data=frame, target="target", hidden=(9,), max_epochs=1, out="frame")
    assert run.summary["data"]["classes"] == ["0", "1", "2"]
    parts = {"train": (x[:200], y[:200]), "valid": (x[200:250], y[200:250]), "test": (x[250:], y[250:])}
    run = hm.train("mlp", data=parts, hidden=(9,), max_epochs=1, out="parts")
    assert run.summary["data"]["sizes"] == {"train": 200, "valid": 50, "test": 50}


def test_recordings_of_a_sequencer_train_a_model_of_music(capsys):
    from harmonium.data import Grid, write_midi

    Path("tunes/drafts").mkdir(parents=True)
    for n in range(8):
        roll = np.zeros((9, 88), np.uint8)
        roll[np.arange(9), 30 + n + np.arange(9)] = 1
        write_midi(roll, Grid(), Path("tunes") / f"Tune {n}.MID")
    Path("tunes/.DS_Store").write_bytes(b"x")
    small = ["--hidden", "5", "--recurrent", "4", "--max-epochs", "1", "--no-figures", "--out", "run"]
    assert "8 pieces" in works(capsys, "train", "rnn-rbm", "--data", "tunes", *small)
    scores(capsys, "run")
    scores(capsys, "run", "--data", "tunes/Tune 0.MID")


def test_new_examples_in_a_file_of_a_whole_set_are_refused_with_both_ways_on(capsys):
    x, y = digit_arrays(60)
    settings = ["--max-epochs", "0", "--no-figures", "--out", "run"]
    works(capsys, "train", "logistic-regression", "--data", npz(x=x, y=y), *settings)
    scipy.io.savemat("new.mat", {"x": x[:2]})
    Path("new-images.idx").write_bytes(bytes([0, 0, 8, 3]) + struct.pack(">3I", 2, 8, 8) + bytes(128))
    for name in ("new.mat", "new-images.idx"):
        said = fails(capsys, "predict", "run", name)
        assert "save its x as one of those" in said
        assert f"harmonium evaluate run --data {name}" in said


def test_the_test_set_of_a_repository_under_its_own_name(capsys):
    rng = np.random.default_rng(4)
    for name, count, stop in (("adult.data", 90, ""), ("adult.test", 30, ".")):
        rows = [
            f"{n % 2 * 40 + rng.uniform(1, 30):.1f}, Self-emp-not-inc, {'<>'[n % 2]}50K{stop}"
            for n in range(count)
        ]
        title = ["|1x3 Cross validator"] if stop else []
        Path("adult").mkdir(exist_ok=True)
        Path("adult", name).write_text("\n".join([*title, *rows]))
    assert "texts" not in works(capsys, "data", "describe", "adult")
    settings = ["--max-epochs", "20", "--batch-size", "10", "--no-figures", "--out", "run"]
    said = works(capsys, "train", "logistic-regression", "--data", "adult", *settings)
    assert "30 test" in said
    said = works(capsys, "evaluate", "run", "--data", "adult/adult.test")
    assert "the class <50K. is the run's <50K" in " ".join(said.split())
    said = works(capsys, "predict", "run", "adult/adult.test")
    assert said.count("then") == 1
    assert len(said.splitlines()) == 31
