"""Lines of tagged words: their columns, and which of those is the word and which its label."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harmonium.data.annotated import UNSURE, Record, spans, tagged
from harmonium.data.json_records import records
from harmonium.data.options import CorpusOptions
from harmonium.data.tables import RECORDS
from harmonium.data.tag_brackets import NAMES, WORD, is_bracketed, labels_of, without_documents
from harmonium.data.tag_lines import (
    IOB,
    Rows,
    rows_of_csv,
    rows_of_lines,
    wider,
    without_sources,
)
from harmonium.data.tag_sentences import joined_words, words_of_cells
from harmonium.errors import DataError

WORDS = frozenset({"word", "words", "token", "tokens", "form", "text"})
LABELS = frozenset(
    {"tag", "tags", "label", "labels", "ner", "ner_tag", "ner_tags", "slot", "slots", "entity", "iob"}
)
SENTENCES = frozenset({"sentence", "sentences", "utterance", "utterances", "query"})  # whole in a cell
NAMED = re.compile(r"^#\s*global\.columns\s*=\s*(.+)$", re.MULTILINE)  # of CoNLL-U Plus
CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
FEATURE = re.compile(r"_|[^\s=|]+=\S+")  # CoNLL-U's column MISC, such as SpaceAfter=No, holds no labels


@dataclass(frozen=True)
class Columns:
    """Lines as words and labels."""

    rows: Rows  # each with two columns, or one where the label is missing
    notes: tuple[str, ...] = ()  # what was guessed
    named: bool = False  # the column of the label is known by its name, so that all in it are labels


def columns_of(text: str, path: Path, options: CorpusOptions) -> Columns:
    """The word and the label of each line.

    The label is last and the word first, unless the first line, the options, or the form of CoNLL-U say otherwise.

    Parameters
    ----------
    text
        The content.
    path
        The file, whose ending tells CSV and JSON; it begins messages.
    options
        Which column is what.

    Raises
    ------
    DataError
        For a column that is not there, with its line.

    """
    if options.word_column is not None and options.word_column < 1:
        raise DataError(
            f"{path}: has no column {options.word_column} (--word-column); they are counted from 1"
        )
    if path.suffix.lower() in RECORDS:
        return _of_json(text, path, options)
    rows = rows_of_csv(text) if path.suffix.lower() == ".csv" else without_sources(rows_of_lines(text))
    if (joined := joined_words(rows)) is not None:
        return Columns(joined, ("words are joined with their tags, as Anna/NNP",), named=True)
    if is_bracketed(rows):
        return _of_brackets(rows, path, options)
    found = _of_lines(rows, text, path, options)
    cut, notes = words_of_cells(found.rows, path)
    return replace(found, rows=cut, notes=(*found.notes, *notes))


def _of_lines(rows: Rows, text: str, path: Path, options: CorpusOptions) -> Columns:
    """Take words and labels from columns that are named, numbered as in CoNLL-U, or in their usual order."""
    first = next((columns for _, columns in rows if columns), [])
    names = [name.strip().lower() for name in first]
    label, word, whole = (
        next((k for k, name in enumerate(names) if name in known), None)
        for known in (LABELS, WORDS, SENTENCES)
    )
    word = whole if word is None else word
    if word is not None and (label is not None or (options.label_column or "").lower() in names):
        return _under_names(rows, first, word, label, path, options)
    if _is_conllu(rows):
        plus = NAMED.search(text)
        return _of_conllu(rows, path, options, plus[1].lower().split() if plus else CONLLU)
    if options.word_column is None and options.label_column is None and _labels_first(rows):
        swapped = [(n, [columns[-1], columns[0]] if columns else []) for n, columns in rows]
        return Columns(swapped, ("the first column holds the labels, and the last the words",))
    place = (options.word_column or 1) - 1
    at = _numbered(options.label_column, first, path)
    taken = [(n, _taken(columns, place, at, n, path)) for n, columns in rows]
    return Columns(taken, wider(rows), named=at >= 0)


def _labels_first(rows: Rows) -> bool:
    """Whether the first of several columns holds labels of IOB, and the last does not."""
    filled = [columns for _, columns in rows if columns]
    if not filled or min(map(len, filled)) < 2:
        return False
    first, last = ({columns[place] for columns in filled} for place in (0, -1))
    return all(map(IOB.fullmatch, first)) and first != {"O"} and not all(map(IOB.fullmatch, last))


def _under_names(
    rows: Rows, first: list[str], word: int, label: int | None, path: Path, options: CorpusOptions
) -> Columns:
    """Take words and labels from the columns that the first line names; a column may number the sentences."""
    names = [name.strip().lower() for name in first]
    if options.label_column is not None:
        label = _numbered(options.label_column, first, path)
    if options.word_column is not None:
        word = options.word_column - 1
    assert label is not None
    for option, place in (("--word-column", word), ("--label-column", label)):
        if place >= len(names):
            raise DataError(
                f"{path}: has no column {place + 1} ({option}); its first line names {len(names)}"
            )
    counts = next((k for k, name in enumerate(names) if name.startswith("sent")), None)
    found: Rows = []
    last = ""
    for number, columns in rows:
        if columns is first:
            continue
        if counts is not None and len(columns) > counts and columns[counts].strip() not in ("", last):
            found.append((number, []))
            last = columns[counts].strip()
        fits = len(columns) > max(word, label)
        found.append((number, [columns[word], columns[label]] if fits else columns))
    said = f"the first line names the columns: {first[word]} and {first[label]} are taken"
    return Columns(found, (said,), options.label_column is not None)


def _of_conllu(rows: Rows, path: Path, options: CorpusOptions, known: Sequence[str]) -> Columns:
    """Take words and labels from CoNLL-U, whose columns are `known`.

    Lines numbered like 3-4 or 5.1 are left out, since they are not words.
    """
    place = (options.word_column or 2) - 1
    widest = max(len(columns) for _, columns in rows)
    names = [*known, *map(str, range(len(known), widest))]
    words = [(n, columns) for n, columns in rows if not columns or columns[0].isdigit()]
    label = _numbered(options.label_column, names, path) if options.label_column else -1
    notes = ["the first column numbers the words, as in CoNLL-U; the word is the second"]
    last = [columns[-1] for _, columns in words if columns]
    if label < 0 and len(CONLLU) == widest and all(FEATURE.fullmatch(one) for one in last):
        label = CONLLU.index("upos")
        notes.append(
            f"its last column holds no labels; those of UPOS, the {label + 1}th, are taken (--label-column)"
        )
    elif label < 0 and set(last) == {"O"} and (spoken := _that_says(words)) is not None:
        label = spoken
        notes.append(
            f"its last column holds O alone; the labels of column {label + 1} are taken (--label-column)"
        )
    if fewer := len(rows) - len(words):
        notes.append(f"{fewer:,} lines of joined or omitted words are left out")
    return Columns(
        [(n, _taken(columns, place, label, n, path)) for n, columns in words], tuple(notes), label >= 0
    )


def _of_brackets(rows: Rows, path: Path, options: CorpusOptions) -> Columns:
    """Take words and names from columns of OntoNotes, or the labels of the column that the user names."""
    rows = without_documents(rows)
    place = (options.word_column or WORD + 1) - 1
    if options.label_column is not None:
        label = _numbered(options.label_column, [], path)
        return Columns([(n, _taken(columns, place, label, n, path)) for n, columns in rows], named=True)
    found: Rows = []
    sentence: Rows = []
    for number, columns in [*rows, (0, [])]:
        if columns:
            sentence.append((number, columns))
            continue
        labels = labels_of([one[NAMES] for _, one in sentence])
        found += [(n, [one[place], label]) for (n, one), label in zip(sentence, labels, strict=True)]
        found.append((number, []))
        sentence = []
    said = (
        f"columns as of CoNLL-2012: the word is the {WORD + 1}th, and names in brackets are the {NAMES + 1}th"
    )
    return Columns(found, (f"{said} (--label-column)",), named=True)


def _that_says(rows: Rows) -> int | None:
    """Return the last column whose labels are all IOB labels, not O alone."""
    filled = [columns for _, columns in rows if columns]
    for place in range(min(map(len, filled)) - 2, 1, -1):
        labels = {columns[place] for columns in filled}
        if labels != {"O"} and all(map(IOB.fullmatch, labels)):
            return place
    return None


def _of_json(text: str, path: Path, options: CorpusOptions) -> Columns:
    """Take words and labels from JSON objects that each hold a sentence: {"tokens": [...], "ner_tags": [...]}."""
    objects = records(text, str(path))
    if options.label_column is None and any(map(spans, objects)):
        return _of_spans(objects)
    found: Rows = []
    label_field = options.label_column or ""
    for number, one in enumerate(objects, 1):
        word = next((name for name in one if name.lower() in WORDS and isinstance(one[name], list)), "")
        label = label_field or next((name for name in one if name.lower() in LABELS), "")
        words, labels = one.get(word), one.get(label)
        if not isinstance(words, list) or not isinstance(labels, list) or len(words) != len(labels):
            raise DataError(
                f"{path}, object {number}: must hold a list of words and a list of as many labels, as "
                '{"tokens": ["Oslo", "is"], "tags": ["B-LOC", "O"]}'
            )
        if not all(isinstance(tag, str) for tag in labels):
            raise DataError(
                f"{path}, object {number}: its labels are {json.dumps(labels)[:40]}; write their names, as B-LOC, in "
                "place of numbers"
            )
        found += [(number, [str(w).strip() or "_", tag]) for w, tag in zip(words, labels, strict=True)]
        found.append((number, []))
    return Columns(found, named=options.label_column is not None)


def _of_spans(objects: Sequence[Record]) -> Columns:
    """Take words and labels from objects that each hold a text and the places of its labelled parts."""
    found: Rows = []
    within = 0
    for number, one in enumerate(objects, 1):
        if one.get("answer") in UNSURE:
            continue
        words, cut = tagged(str(one.get("text", "")), spans(one) or [])
        within += cut
        found += [(number, list(word)) for word in words]
        found.append((number, []))
    notes = ["texts were cut into words and signs, and their labelled parts into B- and I-"]
    notes += (
        [f"{within:,} labelled parts begin or end within a word, which is labelled whole"] if within else []
    )
    return Columns(found, tuple(notes), named=True)


def _taken(columns: list[str], word: int, label: int, number: int, path: Path) -> list[str]:
    """Return a line's word and label, or the line as it is where it is too short for a label."""
    if len(columns) < 2:
        return columns
    where = f"{path}, line {number}"
    at = label if label >= 0 else len(columns) - 1
    if at >= len(columns):
        raise DataError(
            f"{where}: has {len(columns)} columns, so --label-column {at + 1} cannot be the label"
        )
    if not 0 <= word < len(columns) or word == at:
        raise DataError(
            f"{where}: has {len(columns)} columns, so --word-column {word + 1} cannot be the word"
        )
    return [columns[word], columns[at]]


def _numbered(column: str | None, names: Sequence[str], path: Path) -> int:
    """Return the index of a column that is given by its number, from 1, or by its name; -1 for the last."""
    if column is None:
        return -1
    if column.isdigit() and int(column) > 0:
        return int(column) - 1
    lower = [name.strip().lower() for name in names]
    if column.lower() in lower:
        return lower.index(column.lower())
    raise DataError(
        f"{path}: has no column {column!r} (--label-column); give its number, counted from 1, or where the first line "
        f"or CoNLL-U names the columns its name, as UPOS"
    )


def _is_conllu(rows: Sequence[tuple[int, list[str]]]) -> bool:
    """Tell whether the first column counts the words of each sentence from 1, or is always 1."""
    counted, last = 0, 0
    for _, columns in rows:
        if not columns:
            last = 0
            continue
        first = columns[0]
        if len(columns) < 4 or not re.fullmatch(r"\d+([-.]\d+)?", first):
            return False
        counted += not first.isdigit() or first in ("1", str(last + 1))
        last = int(first) if first.isdigit() else last
    return counted > 0.9 * sum(bool(columns) for _, columns in rows) > 0
