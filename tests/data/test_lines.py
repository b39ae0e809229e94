"""Texts in lines: with a class in each, or the class of each in another file."""

from pathlib import Path

import pytest

from harmonium.data import ReviewsOptions, load_reviews
from harmonium.data.lines import with_classes
from harmonium.errors import DataError

ROWS = [
    (
        ("good", "bad", "odd")[n % 3],
        f"{('Sales rose', 'The loss', 'Profit fell')[n // 3 % 3]}, a line of number {n} .",
    )
    for n in range(36)
]
TEXTS, KINDS = [text for _, text in ROWS], [label for label, _ in ROWS]


def written(name, lines, encoding="utf-8"):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes("\n".join([*lines, ""]).encode(encoding))


def contents(source):
    found = load_reviews(source)
    classes = {}
    for part, split in found.splits.items():
        classes |= {name: found.classes[y] for name, y in zip(found.names[part], split.y, strict=True)}
    return classes, found


@pytest.mark.parametrize(
    "form",
    ["{text}@{label}", "{text} @{label}", "{text}|{label}", "{text} | {label}", "{text} __label__{label}"],
)
def test_the_class_may_stand_at_the_end_of_each_line(form):
    written("a.txt", [form.format(text=f"{text} caf\u00e9", label=label) for label, text in ROWS], "latin-1")
    classes, found = contents("a.txt")
    assert classes == {str(n): label for n, label in enumerate(KINDS, 1)}
    assert found.classes == ("bad", "good", "odd")
    assert any(note.startswith("each line ends in its class, after ") for note in found.reading.notes)
    assert not {"@", "|", "good", "odd"} & set(found.lexicon)


@pytest.mark.parametrize(
    "lines",
    [
        [f"the number {n}" if n % 2 else f"it is {n}" for n in range(40)],
        [f"see you @someone{n}" for n in range(40)],
        [f"see you @you{n % 2}, soon" for n in range(40)],
    ],
)
def test_ordinary_words_are_no_classes(lines):
    assert with_classes(lines, table=False) is None


@pytest.mark.parametrize("labels", [("it", "de", "en"), ("yes", "no"), ("for", "against")])
def test_classes_that_could_be_words_are_classes(labels):
    written("a.txt", [f"{labels[n % len(labels)]} number {n} of many" for n in range(40)])
    assert load_reviews("a.txt").classes == tuple(sorted(labels))


def test_first_words_that_stand_in_the_texts_too_are_said():
    lines = [
        f"{'Sales' if n % 2 else 'Profit'} rose by {n}, and {'profit' if n % 2 else 'sales'} too"
        for n in range(40)
    ]
    (note,) = with_classes(lines, table=False).notes
    assert "where they belong to those, write a class and a tab before each text" in note
    (note,) = with_classes([f"{'pos' if n % 2 else 'neg'} rose by {n}" for n in range(40)], table=False).notes
    assert note == "the first word of each line is its class, as 'neg'"


@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        ("reviews.txt", "labels.txt"),
        ("x.txt", "y.txt"),
        ("set.txt", "set_labels.txt"),
        ("all.txt", "all.labels"),
        ("texts", "targets"),
    ],
)
def test_a_file_of_labels_beside_one_of_texts(texts, labels):
    written(f"set/{texts}", TEXTS)
    written(f"set/{labels}", KINDS)
    classes, found = contents("set")
    assert classes == {str(n): label for n, label in enumerate(KINDS, 1)}
    assert f"{labels} holds the class of each line of {texts}" in found.reading.notes


@pytest.mark.parametrize("form", ["{split}_{what}.txt", "{what}.{split}.txt", "{split}/{what}.txt"])
def test_each_split_may_have_its_file_of_labels(form):
    for split, start, end in (("train", 0, 24), ("test", 24, 36)):
        written("set/" + form.format(split=split, what="text"), TEXTS[start:end])
        written("set/" + form.format(split=split, what="label"), KINDS[start:end])
    written("set/" + form.format(split="valid", what="text"), ["one", "two"])
    classes, found = contents("set")
    assert found.sizes["test"] == 12
    assert classes == {
        f"{'test' if n > 23 else 'train'} {n % 24 + 1}": label for n, label in enumerate(KINDS)
    }
    assert sum(found.reading.skipped.values()) == 2


def test_labels_that_fit_no_texts_are_refused():
    written("set/reviews.txt", TEXTS)
    written("set/labels.txt", KINDS[1:])
    with pytest.raises(
        DataError, match=r"set/labels.txt: is called as the labels of reviews.txt, and has 35 lines"
    ):
        load_reviews("set")
    written("set/more.txt", TEXTS)
    with pytest.raises(
        DataError, match=r"set/labels.txt: is called as the labels of texts, and several files lie"
    ):
        load_reviews("set")
    Path("set/labels.txt").unlink()
    assert load_reviews("set").classes == ("more", "reviews")


def test_files_of_classes_may_be_called_classes():
    written("set/positive_class.txt", TEXTS)
    written("set/negative_class.txt", KINDS)
    assert load_reviews("set").classes == ("negative", "positive")


def test_texts_without_words_are_named_as_the_cause():
    written("a.csv", ["text,label", *(f"{chr(0x1F600 + n % 2)},{n % 2}" for n in range(40))])
    with pytest.raises(
        DataError, match=r"a\.csv: no text has a word, .* as '\U0001f600'; --tokens characters reads all"
    ):
        load_reviews("a.csv")
    assert load_reviews("a.csv", options=ReviewsOptions(tokens="characters")).classes == ("0", "1")
    written(
        "a.csv", ["text,label", *(f"{'some words' if n % 3 else chr(0x1F600)},{n % 3}" for n in range(60))]
    )
    found = load_reviews("a.csv")
    assert found.classes == ("1", "2")
    assert "no text of the class 0 has a word, so that it is left out" in found.reading.notes


def test_trees_in_brackets_are_read_as_their_words():
    lines = [f"({n % 5} (2 It) ({n % 5} (2 is) (3 (2 n't) (2 film{n}))))" for n in range(40)]
    found = with_classes(lines, table=False)
    assert found.rows[:2] == [("0", "It is n't film0"), ("1", "It is n't film1")]
    assert "tree in brackets" in found.notes[0]
    listed = with_classes(["(1) this is a list", "(2) and so is this"] * 9, table=False)
    assert listed.rows[0] == ("(1)", "this is a list")
