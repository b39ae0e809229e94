"""Texts in one file, a line each, and their classes in another, as reviews.txt beside labels.txt."""

import re
from collections.abc import Iterator
from pathlib import Path

from harmonium.data.split_names import SPLITS, split_called
from harmonium.data.text import decoded, read_bytes
from harmonium.data.text_tables import Found
from harmonium.data.walk import is_about, passed_over
from harmonium.errors import DataError

SUFFIXES = frozenset({".txt", ".text", ".labels", ".label", ""})
LABELS = frozenset(
    {"label", "labels", "target", "targets", "y", "class", "classes"}
    | {"category", "categories", "sentiment", "sentiments"}
)


def from_paired_files(path: Path) -> Found | None:
    """Read a file of texts and one of their classes, with as many lines, for all splits or for each.

    Parameters
    ----------
    path
        The folder. The files lie in it, or in folders called as splits.

    Returns
    -------
    found
        None where no file is called labels, or as others call them, with one other beside it.

    Raises
    ------
    DataError
        Where the two files have different numbers of lines.

    """
    texts: dict[str | None, list[Path]] = {}
    labels: dict[str | None, list[Path]] = {}
    for file, split in _files(path):
        (labels if names_labels(file) else texts).setdefault(split, []).append(file)
    several = any(len(those) > 1 for those in (*labels.values(), *texts.values()))
    if not labels or not labels.keys() <= texts.keys() or several:
        return None
    found = Found()
    for split in (None, "train", "valid", "test"):
        if split not in texts:
            continue
        (file,) = texts[split]
        if split not in labels:
            found.skipped[f"without a class, in {file.name}"] += len(_lines(file, found))
            continue
        (beside,) = labels[split]
        lines, classes = _lines(file, found), _lines(beside, found)
        if len(lines) != len(classes):
            raise DataError(
                f"{beside}: is called as the labels of {file.name}, and has {len(classes):,} lines where that has "
                f"{len(lines):,}; give each text a line, and its class the same line of the other file"
            )
        for number, (line, label) in enumerate(zip(lines, classes, strict=True), 1):
            if not label.strip():
                found.skipped["lines without a class"] += 1
                continue
            found.add(line, label.strip(), f"{split} {number}" if split else str(number), split)
        found.notes.append(f"{beside.name} holds the class of each line of {file.name}")
    if set(found.parts) == {"train"}:
        found.parts = [None] * len(found.parts)
    return found


def names_labels(file: Path) -> bool:
    """Tell whether a file is called as one of classes: labels.txt, train_labels.txt, y_test.txt."""
    words = [word for word in _words(file) if word not in SPLITS]
    return bool(words) and words[-1] in LABELS


def _words(file: Path) -> list[str]:
    name = file.stem if file.suffix.lower() in (".txt", ".text") else file.name
    return [word for word in re.split(r"[\W_]+", name.lower()) if word]


def _files(path: Path) -> Iterator[tuple[Path, str | None]]:
    """The files that may be of texts or of classes, each with its split."""
    inside = [entry for entry in sorted(path.iterdir()) if entry.is_dir() and split_called(entry.name)]
    for folder in (path, *inside):
        split = split_called(folder.name) if folder != path else None
        for file in sorted(folder.iterdir()):
            if file.suffix.lower() not in SUFFIXES or not file.is_file():
                continue
            if passed_over(file.name) or is_about(file):
                continue
            named = {SPLITS[word] for word in _words(file) if word in SPLITS}
            yield file, split or (named.pop() if len(named) == 1 else None)


def _lines(file: Path, found: Found) -> list[str]:
    text, encoding = decoded(read_bytes(file), str(file))
    found.notes += [] if encoding == "utf-8" else [f"{file.name} is in {encoding}"]
    return text.rstrip("\n").split("\n")
