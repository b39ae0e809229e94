"""The user's own texts with a class each, as they lie in folders, tables and files of lines."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from harmonium.data.class_columns import ANOTHER, class_called
from harmonium.data.file_names import called_by_class
from harmonium.data.foreign import FOREIGN
from harmonium.data.labels import shown
from harmonium.data.layout import Placed, placed, versions_of_classes
from harmonium.data.lines import with_classes
from harmonium.data.options import ReviewsOptions
from harmonium.data.paired_texts import from_paired_files, names_labels
from harmonium.data.sharing import rank
from harmonium.data.split_names import SPLITS, split_called, splits_among, splits_of_tables
from harmonium.data.tables import RECORDS, read_table
from harmonium.data.tables import SUFFIXES as TABLES
from harmonium.data.text import decoded, read_bytes
from harmonium.data.text_columns import OPINIONS, checked_columns, text_column, with_gaps
from harmonium.data.text_tables import Found, from_table
from harmonium.data.waiting import waiting
from harmonium.data.walk import Walked, is_about, passed_over, walk
from harmonium.errors import DataError

SUFFIXES = frozenset({".txt", ".text"})
COLUMNS = (".csv", ".tsv", ".tab")  # of tables that may have a line of names
MOST_FILES = 20  # files of lines in a folder, one for each class
FEWEST_LINES = 5  # lines of a file that holds the texts of a class, and not one text


def from_folder(path: Path, options: ReviewsOptions, seed: int, *, scored: bool = False) -> Found:
    """Texts of a folder: a folder or a file of lines for each class, files named by their class, or tables.

    Parameters
    ----------
    path
        The folder.
    options
        How to read it.
    seed
        Decides the order of the files.
    scored
        Whether the texts are only to be scored, so that no split need be train, and one class is enough.

    Raises
    ------
    DataError
        Where no two classes are found, and for files that cannot be read.

    """
    files = [entry for entry in sorted(path.iterdir()) if entry.is_file() and not passed_over(entry.name)]
    tables = [file for file in files if file.suffix.lower() in TABLES]
    splits = {file: split for file, split in splits_of_tables(tables).items() if split}
    lines = [file for file in files if file.suffix.lower() in SUFFIXES and not is_about(file)]
    splits |= {file: split for file in lines if (split := split_called(file.stem))}
    loose = splits_among([file.stem for file in lines]) if not splits else {}
    if loose and not any(rest for _, rest in loose.values()):  # as train.ft.txt and test.ft.txt
        splits = {file: loose[file.stem][0] for file in lines}
    if (paired := from_paired_files(path)) is not None:
        return paired
    if splits:
        return _from_splits(splits, path, options, scored)
    walked = walk(path, SUFFIXES, "texts")
    if len(tables) == 1 and all(is_about(file) for file in walked.files):
        return from_file(tables[0], options, None)
    if not walked.files:
        walked = walk(path, {""}, "texts")  # files without suffixes, such as those of 20 Newsgroups
    there, skipped, notes = placed(walked, what="texts", scored=scored)
    labelled = [file for file in there if file.label is not None]
    if len(_known_classes(labelled, scored)) < 2:
        found = _from_files_of_lines(path, options, scored)
        if found is not None:
            return found
        called = called_by_class([file for file in there if not is_about(file.path)])
        by_name = [file for file in called if file.label is not None]
        if len(_known_classes(by_name, scored)) > 1 or not scored:
            labelled = by_name
            notes.append("the class of each text is what its file's name begins with")
    else:
        notes += versions_of_classes(labelled, path)
    train = _known_classes(labelled, scored)
    if len(train) < (1 if scored else 2):
        raise DataError(
            f"{path}: needs at least two folders, one a class, with that class's .txt files in each, or a file of "
            "lines for each class"
        )
    if strange := next((file for file in labelled if file.label not in train), None):
        raise DataError(f"{strange.path.parent}: is no class of the training texts; remove or rename it")
    return _from_placed(labelled, walked, Found(skipped=walked.skipped + skipped, notes=notes), seed)


def _from_placed(files: Sequence[Placed], walked: Walked, found: Found, seed: int) -> Found:
    """Add the text of each file under its class."""
    found.notes += [f"the folder {folder.relative_to(walked.root)} holds no texts" for folder in walked.empty]
    encodings: Counter[str] = Counter()
    first: DataError | None = None
    for file in waiting(sorted(files, key=lambda file: rank(seed, file.name)), "reading texts"):
        try:
            content = read_bytes(file.path)
        except DataError as error:
            first = first or error
            found.skipped["cannot be read"] += 1
            continue
        text, encoding = decoded(content, str(file.path))
        encodings[encoding] += 1
        found.add(text, file.label or "", file.name, file.split)
    if first and not found.texts:
        raise first
    found.notes += [f"{first}; it was skipped, as are all that cannot be read"] if first else []
    found.notes += [f"{count:,} files are in {name}" for name, count in encodings.items() if name != "utf-8"]
    return found


def _known_classes(files: Sequence[Placed], scored: bool) -> set[str]:
    """The classes of train, or of texts that are only scored all."""
    return {
        file.label for file in files if file.label is not None and (scored or file.split in (None, "train"))
    }


def _from_files_of_lines(path: Path, options: ReviewsOptions, scored: bool) -> Found | None:
    """Read a file of lines for each class, such as rt-polarity.pos, or several tables; return None for other files."""
    suffixes = {file.suffix.lower() for file in path.rglob("*") if file.is_file()}
    walked = walk(path, suffixes, "texts")
    there, skipped, notes = placed(walked, what="texts", classes=False, scored=scored)
    there = [file for file in there if not is_about(file.path)]
    if (tables := _from_tables_of_classes(there, options)) is not None:
        return tables
    folders = {(file.split, file.path.parent) for file in there}
    if not 2 <= len(there) <= MOST_FILES or len(folders) > len({file.split for file in there}):
        return None
    try:
        texts = [decoded(read_bytes(file.path), str(file.path)) for file in there]
    except DataError:
        return None
    lines = [[line.strip() for line in text.split("\n") if line.strip()] for text, _ in texts]
    if min(map(len, lines)) < FEWEST_LINES:
        return None
    found = Found(skipped=walked.skipped + skipped, notes=notes)
    if all(sum("\t" in line for line in those) > 0.9 * len(those) for those in lines):
        for file in there:
            found.join(from_file(file.path, options, file.split), file.own_name)
        found.notes.append(f"the {len(there)} files are taken together")
        return found
    places = _split_and_class([file.name.replace("/", " ") for file in there])
    if places is None:
        return None
    called = [file.path for file in there if names_labels(file.path)]
    if 0 < len(called) < len(there):
        raise DataError(
            f"{called[0]}: is called as the labels of texts, and several files lie beside it; leave the one of the "
            "texts alone there, as texts.txt, or where each file holds the texts of a class, move this one away"
        )
    for file, (split, label), those, (_, encoding) in zip(there, places, lines, texts, strict=True):
        for number, line in enumerate(those, 1):
            found.add(line, label, f"{file.name} {number}", split)
        found.notes += [] if encoding == "utf-8" else [f"{file.path.name} is in {encoding}"]
    found.notes.append(f"each file holds a class, a text on each line: {_listed(places, there)}")
    return found


def _from_tables_of_classes(files: Sequence[Placed], options: ReviewsOptions) -> Found | None:
    """Read tables with the same named columns: one for each class, as Fake.csv and True.csv, or each with classes."""
    if not 2 <= len(files) <= MOST_FILES or any(file.path.suffix.lower() not in COLUMNS for file in files):
        return None
    try:
        tables = [read_table(file.path, texts=True) for file in files]
    except DataError:
        return None
    names = list(map(str, tables[0][0].columns))
    if any(list(map(str, table.columns)) != names for table, _ in tables) or all(map(str.isdigit, names)):
        return None
    found = Found()
    if options.target is not None or class_called(names, OPINIONS) is not None:
        for file, (table, said) in zip(files, tables, strict=True):
            found.join(from_table(table, said, file.path, options, file.split), file.own_name)
        found.notes.append(f"the {len(files)} files are taken together")
        return found
    places = _split_and_class([file.name.replace("/", " ").removesuffix(file.path.suffix) for file in files])
    if places is None:
        return None
    (given,) = checked_columns(tables[0][0], [(options.text_column, "--text-column")], str(files[0].path))
    text = given or text_column(max((table for table, _ in tables), key=len), names)
    for file, (split, label), (table, said) in zip(files, places, tables, strict=True):
        for number, one in enumerate(with_gaps(table[text]), 1):
            found.add(one, label, f"{file.name} {number}", split)
        found.notes += [note for note in said if note not in found.notes]
    found.notes.append(
        f"each file holds a class: {_listed(places, files)}; the column {text} is the text (--text-column names "
        "another)"
    )
    return found


def _split_and_class(names: Sequence[str]) -> list[tuple[str | None, str]] | None:
    """Return the split and class in files' names, by the words in which they differ; None for fewer than two classes.

    Examples
    --------
    >>> _split_and_class(["rt-polarity.pos", "rt-polarity.neg"])
    [(None, 'pos'), (None, 'neg')]

    """
    words = [re.split(r"[\W_]+", Path(name).stem if name.endswith(".txt") else name) for name in names]
    splits = [next((SPLITS[w.lower()] for w in those if w.lower() in SPLITS), None) for those in words]
    words = [[w for w in those if w and w.lower() not in SPLITS] for those in words]
    common = set.intersection(*map(set, words))
    labels = ["-".join(w for w in those if w not in common) for those in words]
    places = list(zip(splits, labels, strict=True))
    told = (
        all(not label.isdigit() and label for label in labels)
        and len(set(labels)) > 1
        and len(set(places)) == len(places)
    )
    return places if told else None


def _listed(places: Sequence[tuple[str | None, str]], files: Sequence[Placed]) -> str:
    named = [f"{label} of {file.name}" for (_, label), file in zip(places, files, strict=True)]
    return ", ".join(named[:6]) + (" and others" if len(named) > 6 else "")


def _from_splits(splits: Mapping[Path, str], path: Path, options: ReviewsOptions, scored: bool) -> Found:
    named = {split: file for file, split in splits.items()}
    if len(named) < len(splits):
        raise DataError(f"{path}: two files are named like the same split; keep one")
    if "train" not in named and not scored:
        raise DataError(f"{path}: holds no file called train, as in train.tsv")
    together = Found()
    for part in ("train", "valid", "test"):
        if part not in named:
            continue
        try:
            like = replace(options, target=options.target or together.target or None)
            found = from_file(named[part], like, part)
        except DataError:
            if part != "test" or not together.texts:
                raise
            together.notes.append(f"{named[part].name} has no classes, and was left out")
            continue
        strange = set(found.labels) - set(together.labels)
        if together.texts and strange == set(found.labels):
            together.notes.append(f"{named[part].name} has no classes of train, and was left out")
            continue
        if together.texts and strange and not scored:
            raise DataError(f"{named[part]}: {shown(min(strange))!r} is no class of the training texts")
        known = {note.replace(ANOTHER, "").lower() for note in together.notes}
        found.notes = [note for note in found.notes if note.replace(ANOTHER, "").lower() not in known]
        together.join(found)
        together.target = found.target if part == "train" else together.target
    if set(together.parts) == {"train"}:
        together.parts = [None] * len(together.parts)
    return together


def from_file(path: Path, options: ReviewsOptions, part: str | None) -> Found:
    """Read the texts of one file: a table, JSON lines, or lines that begin with their class.

    Parameters
    ----------
    path
        The file.
    options
        How to read it.
    part
        The split that it holds; None where that is not said.

    Raises
    ------
    DataError
        For a file without texts or classes, and lines that are not alike.

    """
    if path.suffix.lower() in (*FOREIGN, *RECORDS):
        return from_table(*read_table(path, texts=True), path, options, part)
    text, encoding = decoded(read_bytes(path), str(path))
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        raise DataError(f"{path}: holds no texts; write a class, a tab and a text on each line")
    tabs = sum("\t" in line for line in lines)
    classed = with_classes(lines, table=tabs > 0 or path.suffix.lower() == ".csv")
    if classed is not None:
        found = Found(notes=classed.notes)
        for number, (label, one) in enumerate(classed.rows, 1):
            found.add(one, label, f"{part} {number}" if part else str(number), part)
        found.notes += [] if encoding == "utf-8" else [f"the file is in {encoding}"]
        return found
    if path.suffix.lower() not in (".csv",) and 0 < tabs < len(lines) and '"' not in text:
        number = next(n for n, line in enumerate(text.split("\n"), 1) if line.strip() and "\t" not in line)
        raise DataError(f"{path}, line {number}: has no tab; write a class, a tab and a text on each line")
    table, notes = read_table(path, texts=True)
    return from_table(table, notes, path, options, part)
