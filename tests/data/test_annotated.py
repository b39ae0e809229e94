"""Texts as tools for annotating them export them, and tables of texts in several dialects."""

import json
from pathlib import Path

import pytest

from harmonium.data import load_reviews, load_sentences
from harmonium.data.kinds import kind_of
from harmonium.errors import DataError

FINE, BAD = "it was a fine film to see", "a very dull story to hear"
TEXTS = [(FINE if n % 2 else BAD) + f" {n}" for n in range(40)]
CLASSES = ["good" if n % 2 else "poor" for n in range(40)]
SENTENCE, PARTS = "Karl Marx left New York.", [(0, 9, "PER"), (15, 23, "LOC")]
LABELS = ("B-PER", "I-PER", "O", "B-LOC", "I-LOC", "O")


def said(data):
    return " ".join(" ".join(data.understood.lines()).split())


def words_of(reviews, split, n):
    return [reviews.lexicon[word] for word in split.taken([n]).words]


def lines(objects):
    return "\n".join(map(json.dumps, objects))


def label_studio(n, choice):
    result = {"value": {"choices": [choice]}, "from_name": "opinion", "to_name": "text", "type": "choices"}
    return {"id": n, "data": {"text": TEXTS[n]}, "annotations": [{"id": n, "result": [result]}]}


def prodigy_choice(n, choice):
    options = [{"id": name, "text": name} for name in ("good", "poor")]
    return {"text": TEXTS[n], "options": options, "accept": [choice], "answer": "accept"}


EXPORTS = {
    "studio.json": lambda found: json.dumps([label_studio(n, c) for n, c in found]),
    "prodigy.jsonl": lambda found: lines(prodigy_choice(n, c) for n, c in found),
    "doccano.jsonl": lambda found: lines({"id": n, "text": TEXTS[n], "label": [c]} for n, c in found),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_a_class_for_each_text(name):
    Path(name).write_text(EXPORTS[name](enumerate(CLASSES)))
    assert kind_of(name) == "texts"
    found = load_reviews(name)
    assert found.classes == ("good", "poor")
    for split in found.splits.values():
        for n, y in enumerate(split.y):
            assert ("fine" in words_of(found, split, n)) == (found.classes[y] == "good")


def test_what_was_not_annotated_or_not_accepted_is_left_out_and_counted():
    tasks = [label_studio(n, c) for n, c in enumerate(CLASSES)]
    tasks[3]["annotations"] = []
    Path("studio.json").write_text(json.dumps(tasks))
    assert "1 rows without a class" in said(load_reviews("studio.json"))
    answers = ["reject" if n < 4 else "ignore" if n < 6 else "accept" for n in range(40)]
    Path("binary.jsonl").write_text(
        lines({"text": t, "label": c, "answer": a} for t, c, a in zip(TEXTS, CLASSES, answers, strict=True))
    )
    assert "6 rows without a class" in said(load_reviews("binary.jsonl"))


SPANS = {
    "doccano": {"label": [list(part) for part in PARTS]},
    "doccano-new": {
        "entities": [{"id": 1, "start_offset": s, "end_offset": e, "label": x} for s, e, x in PARTS]
    },
    "prodigy": {
        "tokens": [{"text": "Karl", "start": 0, "end": 4, "id": 0}],
        "spans": [{"start": s, "end": e, "label": x} for s, e, x in PARTS],
        "answer": "accept",
    },
}


@pytest.mark.parametrize("name", SPANS)
def test_labelled_parts_of_texts_are_labels_of_words(name):
    Path("ner.jsonl").write_text(lines({"text": SENTENCE, **SPANS[name]} for _ in range(20)))
    assert kind_of("ner.jsonl") == "tags"
    found = load_sentences("ner.jsonl")
    assert found.train.words[0] == ("Karl", "Marx", "left", "New", "York", ".")
    assert found.train.labels[0] == LABELS
    assert "texts were cut into words and signs" in said(found)
    with pytest.raises(DataError, match="labels parts of its texts"):
        load_reviews("ner.jsonl")


def test_label_studios_labelled_parts():
    results = [
        {"value": {"start": s, "end": e, "text": SENTENCE[s:e], "labels": [x]}, "from_name": "label"}
        for s, e, x in PARTS
    ]
    tasks = [{"id": n, "data": {"text": SENTENCE}, "annotations": [{"result": results}]} for n in range(20)]
    Path("ner.json").write_text(json.dumps(tasks))
    assert kind_of("ner.json") == "tags"
    assert load_sentences("ner.json").train.labels[0] == LABELS


def test_parts_that_cut_words_are_counted_and_texts_without_parts_are_taken():
    objects = [{"text": "Oslo is far", "label": [[0, 3, "LOC"]]}, {"text": "nothing here", "label": []}] * 10
    Path("ner.jsonl").write_text(lines(objects))
    found = load_sentences("ner.jsonl")
    assert {those for split in found.splits.values() for those in split.labels} == {
        ("B-LOC", "O", "O"),
        ("O", "O"),
    }
    assert "10 labelled parts begin or end within a word" in said(found)


def test_a_header_above_texts_without_blanks():
    rows = [
        f"{'素晴らしい' if n % 2 else '退屈な'}映画でした。{n}\t{'肯定' if n % 2 else '否定'}"
        for n in range(40)
    ]
    Path("ja.tsv").write_text("本文\tラベル\n" + "\n".join(rows))
    found = load_reviews("ja.tsv")
    assert found.classes == ("否定", "肯定")
    assert "the first line names them: 本文, ラベル" in said(found)


def test_quotes_that_a_backslash_escapes():
    rows = [f'"{c}","{t}, \\"so\\" they say"' for t, c in zip(TEXTS, CLASSES, strict=True)]
    Path("spark.csv").write_text("\n".join(rows))
    found = load_reviews("spark.csv")
    assert found.classes == ("good", "poor")
    assert words_of(found, found.train, 0)[-3:] == ["so", "they", "say"]


def test_files_of_splits_whose_names_join_numbers_and_words():
    Path("wnut").mkdir()
    for name in ("wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated"):
        (Path("wnut") / name).write_text("Oslo\tB-location\nis\tO\n\n" * 9)
    assert load_sentences("wnut").sizes == {"train": 9, "valid": 9, "test": 9}


def test_a_class_after_a_semicolon_comes_before_the_first_word_that_repeats():
    lines = [
        f"{'what' if n % 2 else 'who'} is number {n} ?;{'thing' if n % 2 else 'person'}" for n in range(40)
    ]
    Path("questions.txt").write_text("\n".join(lines))
    found = load_reviews("questions.txt")
    assert found.classes == ("person", "thing")
    assert words_of(found, found.train, 0)[0] in ("what", "who")
