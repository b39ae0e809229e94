"""Sentences in one file, a line each, and their labels in another, as seq.in beside seq.out."""

from pathlib import Path

from harmonium.data.split_names import split_called, split_in
from harmonium.data.tag_lines import IOB, Rows
from harmonium.data.text import decoded, read_bytes
from harmonium.data.walk import is_about, passed_over
from harmonium.errors import DataError

MOST = 6  # files of a split; of more none are taken for words and labels
LOOKED_AT = 2**12  # bytes of each, before all are read
LARGEST = 2**28  # bytes of one

Pair = tuple[Path, Path]


def pairs_of_files(folder: Path, *, scored: bool = False) -> dict[str | None, Pair]:
    """The file of words and that of labels of each split; nothing where one has no such pair.

    Files lie in folders called as splits, or are called as those: train/seq.in, train.words.txt; or a pair lies alone,
    without splits. Which holds the labels is seen by what they hold: as many on each line as the other has words.
    Where they are `scored`, none need be of train.
    """
    found: dict[str | None, Pair] = {}
    try:
        files = _files(folder)
    except OSError:  # which the reader of the folder explains
        return {}
    if not files.keys() & {None, "train"} and not scored:
        return {}
    for split, those in files.items():
        pair = _pair(those) if 2 <= len(those) <= MOST else None
        if pair is None:
            return {}
        found[split] = pair
    return found


def rows_of_pair(words: Path, labels: Path) -> Rows:
    """The word and the label of each place, numbered by the line of both files."""
    found: Rows = []
    for number, (those, tags) in enumerate(zip(_lines(words), _lines(labels), strict=True), 1):
        found += [(number, [word, tag]) for word, tag in zip(those, tags, strict=True)]
        found.append((number, []))
    return found


def _files(folder: Path) -> dict[str | None, list[Path]]:
    found: dict[str | None, list[Path]] = {}
    inside = [entry for entry in sorted(folder.iterdir()) if entry.is_dir() and split_called(entry.name)]
    for place in inside or [folder]:
        for file in sorted(place.iterdir()):
            if (
                not file.is_file()
                or passed_over(file.name)
                or is_about(file)
                or file.stat().st_size > LARGEST
            ):
                continue
            split = split_called(place.name) if inside else split_in(file.name)
            found.setdefault(split, []).append(file)
    return {split: those for split, those in found.items() if split or len(found) == 1}


def _pair(files: list[Path]) -> Pair | None:
    try:
        if not any(map(_begins_with_labels, files)):
            return None
        held = {file: _lines(file) for file in files}
    except (DataError, OSError):
        return None
    tags = [file for file in files if all(IOB.fullmatch(word) for line in held[file] for word in line)]
    fits = [
        (words, labels)
        for labels in tags
        for words in files
        if words not in tags and [len(line) for line in held[words]] == [len(line) for line in held[labels]]
    ]
    return fits[0] if len(fits) == 1 and any(held[fits[0][0]]) else None


def _begins_with_labels(file: Path) -> bool:
    with file.open("rb") as content:
        first = next((line.split() for line in content.read(LOOKED_AT).split(b"\n") if line.strip()), [])
    return bool(first) and all(IOB.fullmatch(word.decode("utf-8", "replace")) for word in first)


def _lines(file: Path) -> list[list[str]]:
    text, _ = decoded(read_bytes(file), str(file))
    return [line.split() for line in text.rstrip("\n").split("\n")]
