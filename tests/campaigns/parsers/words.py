"""Sentences with a label for each word, and texts with a class each."""

import json
from pathlib import Path

import mutations as m

from parsers.parser import Parser


def iob_seeds() -> list[bytes]:
    """Sentences, with a third column, and with CoNLL's marks."""
    sentence = "show O\nflights O\nto O\nnew B-city\nyork I-city\n\n"
    return [
        (sentence * 8).encode(),
        ("-DOCSTART- O\n\n" + "Ünder NN B-x\nthe DT E-x\n\nend . O\n\n" * 8).encode("utf-8-sig"),
    ]


def conllu_seeds() -> list[bytes]:
    """Ten columns, comments, words of two tokens and words that are not there."""
    rows = "# sent_id = 1\n1-2\tdu\t_\t_\t_\t_\t_\t_\t_\t_\n" + "".join(
        f"{number}\t{word}\t{word}\tDET\t_\t_\t0\troot\t_\tO\n"
        for number, word in enumerate(["de", "le", "chat"], 1)
    )
    return [(rows + "3.1\tx\t_\t_\t_\t_\t_\t_\t_\tO\n\n").encode() * 12]


def read_sentences(path: Path) -> object:
    """As training does."""
    from harmonium.data.loading import load_sentences

    return load_sentences(path)


def text_seeds() -> list[bytes]:
    """A class, a tab and a text on each line; a table with names."""
    lines = "good\tI liked it, really!\nbad\tnot <br /> my film? no\n"
    return [
        (lines * 20).encode(),
        ("0\tcafé\u0301 über alles\r\n1\t漢字 is fine\r\n" * 20).encode("utf-8-sig"),
        (
            'text,label\n"said ""no"", and left",bad\nall well,good\n' + "so it was,good\nnot so,bad\n" * 20
        ).encode(),
    ]


def read_texts(path: Path) -> object:
    """As training does."""
    from harmonium.data.loading import load_reviews

    return load_reviews(path)


def tagged_record_seeds() -> list[bytes]:
    """Objects of words and labels, under two pairs of names."""
    words, labels = ["show", "flights", "to", "new", "york"], ["O", "O", "O", "B-city", "I-city"]
    lines = [{"tokens": words, "tags": labels}, {"words": words[:3], "labels": labels[:3]}]
    return ["\n".join([json.dumps(line)] * 12).encode() for line in lines]


def text_record_seeds() -> list[bytes]:
    """Objects of a text and a class, on lines and in a list."""
    texts = {"good": "I liked it, really caf\u00e9!", "bad": "not <br /> my film? no"}
    objects = [{"text": text, "label": label, "id": n} for n in range(12) for label, text in texts.items()]
    return ["\n".join(map(json.dumps, objects)).encode(), json.dumps(objects, ensure_ascii=False).encode()]


def read_any(path: Path) -> object:
    """As whatever it is taken for."""
    from harmonium.data.kinds import kind_of

    readers = {"pictures": load_numbers, "texts": read_texts, "tags": read_sentences}
    return readers[kind_of(str(path))](path)


def load_numbers(path: Path) -> object:
    """As the training of a model that needs no classes does."""
    from harmonium.data.loading import load

    return load(path, labels=False, real=True)


PARSERS = (
    Parser(
        "tagged records",
        "x.jsonl",
        tagged_record_seeds,
        read_sentences,
        (m.inside_json_lines,),
        m.JSON,
        guided=True,
    ),
    Parser(
        "text records",
        "x.jsonl",
        text_record_seeds,
        read_texts,
        (m.inside_json, m.inside_json_lines),
        m.JSON,
        guided=True,
    ),
    Parser(
        "lines of any kind",
        "x.txt",
        lambda: [*text_seeds(), *iob_seeds(), b"1,2,a\n3,4,b\n" * 12],
        read_any,
        words=(b"\t", b",", b"O", b"B-", b" "),
        guided=True,
    ),
    Parser(
        "iob",
        "x.iob",
        iob_seeds,
        read_sentences,
        words=(b"B-", b"O", b"\t"),
        patterns=("*.iob",),
        guided=True,
    ),
    Parser(
        "conllu", "x.conllu", conllu_seeds, read_sentences, words=(b"\t", b"_", b"#", b"1-2"), guided=True
    ),
    Parser(
        "texts",
        "x.tsv",
        text_seeds,
        read_texts,
        words=(b"\t", b"<", b'"', b","),
        patterns=("*.tsv",),
        guided=True,
    ),
)
