"""The user's own texts with a class each: folders of files, tables, and lines."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from harmonium.data.assembly import duplicates
from harmonium.data.labels import check_classes, numbered, ordered, shown
from harmonium.data.layout import placed, split_called
from harmonium.data.options import ReviewsOptions
from harmonium.data.preparation import Preparation
from harmonium.data.reviews import Reviews, as_texts, tokens
from harmonium.data.sharing import rank, shared_out
from harmonium.data.tables import SUFFIXES as TABLES
from harmonium.data.tables import TARGETS, TEXTS, column_called, is_number, read_table
from harmonium.data.text import decoded, read_bytes
from harmonium.data.understood import Reading
from harmonium.data.waiting import waiting
from harmonium.data.walk import passed_over, walk
from harmonium.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = frozenset({".txt", ".text"})
FASTTEXT = "__label__"
NO_BLANKS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
LOOKED_AT = 500  # texts, to tell a language without blanks
SPLIT_COLUMNS = ("split", "subset", "partition", "set")


@dataclass
class Found:
    """Texts as they were found, one after the other."""

    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    parts: list[str | None] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, text: str, label: str, name: str, part: str | None) -> None:
        """One more."""
        self.texts.append(text)
        self.labels.append(label)
        self.names.append(name)
        self.parts.append(part)


def load_texts(
    path: Path, name: str, seed: int, options: ReviewsOptions, kept: Mapping[str, Sequence[str]] | None = None
) -> Reviews:
    """Texts of a folder with a folder for each class, or of a table or a file of lines, one for each split or for all.

    Parameters
    ----------
    path
        The file or folder.
    name
        What the data set is called.
    seed
        Decides splits that are not given.
    options
        How to read it.
    kept
        Names of examples by split, as a run kept them.

    Raises
    ------
    DataError
        For fewer than two classes, nearly one for each text, and texts that are numbers.

    """
    found = _from_folder(path, options, seed) if path.is_dir() else _from_file(path, options, None)
    where = str(path)
    if not found.texts:
        raise DataError(f"{where}: holds no texts; write a class, a tab and a text on each line")
    kind = options.tokens or ("characters" if _without_blanks(found.texts) else "words")
    if options.tokens is None and kind == "characters":
        found.notes.append(
            "the language puts no blanks between words: a text is taken as characters (--tokens words does not)"
        )
    _leave_out_empty(found, kind)
    _one_spelling(found)
    check_classes(found.labels, where, what="text")
    _refuse_numbers(found.texts, where)
    places, notes = shared_out(
        found.names,
        found.labels,
        found.parts,
        seed=seed,
        options=options,
        where=where,
        groups=found.groups or None,
        kept=kept,
    )
    repeated = duplicates([text.encode("utf-8", "surrogatepass") for text in found.texts], places)
    classes = ordered(found.labels)
    y = numbered(found.labels, classes)
    lexicon: dict[str, int] = {}
    train, valid, test = (
        as_texts(((found.names[i], found.texts[i], int(y[i])) for i in those), lexicon, kind)
        for those in places.values()
    )
    return Reviews(
        name,
        train,
        valid,
        test,
        classes,
        lexicon=tuple(lexicon),
        names={part: tuple(found.names[i] for i in those) for part, those in places.items()},
        preparation=Preparation(tokens=kind),
        reading=Reading(where, dict(found.skipped), (*found.notes, *notes, *repeated)),
    )


def _from_folder(path: Path, options: ReviewsOptions, seed: int) -> Found:
    files = [entry for entry in sorted(path.iterdir()) if entry.is_file() and not passed_over(entry.name)]
    splits = [file for file in files if file.suffix.lower() in TABLES | SUFFIXES and split_called(file.stem)]
    if splits:
        return _from_splits(splits, path, options)
    tables = [file for file in files if file.suffix.lower() in TABLES]
    walked = walk(path, SUFFIXES, "texts")
    if len(tables) == 1 and not walked.files:
        return _from_file(tables[0], options, None)
    there, skipped, notes = placed(walked, what="texts")
    labelled = [file for file in there if file.label is not None]
    if not labelled or len({file.label for file in labelled if file.split in (None, "train")}) < 2:
        raise DataError(
            f"{path}: needs at least two folders, one a class, with that class's .txt files in each"
        )
    train = {file.label for file in labelled if file.split in (None, "train")}
    if strange := next((file for file in labelled if file.label not in train), None):
        raise DataError(f"{strange.path.parent}: is no class of the training texts; remove or rename it")
    found = Found(skipped=walked.skipped + skipped, notes=notes)
    found.notes += [f"the folder {folder.name} is empty" for folder in walked.empty]
    encodings: Counter[str] = Counter()
    for file in waiting(sorted(labelled, key=lambda file: rank(seed, file.name)), "reading texts"):
        text, encoding = decoded(read_bytes(file.path), str(file.path))
        encodings[encoding] += 1
        found.add(text, file.label or "", file.name, file.split)
    found.notes += [f"{count:,} files are in {name}" for name, count in encodings.items() if name != "utf-8"]
    return found


def _from_splits(files: Sequence[Path], path: Path, options: ReviewsOptions) -> Found:
    named = {split_called(file.stem): file for file in files}
    if len(named) < len(files):
        raise DataError(f"{path}: two files are named like the same split; keep one")
    if "train" not in named:
        raise DataError(f"{path}: holds no file called train, as in train.tsv")
    together = Found()
    for part in ("train", "valid", "test"):
        if part not in named:
            continue
        try:
            found = _from_file(named[part], options, part)
        except DataError:
            if part != "test":
                raise
            together.notes.append(f"{named[part].name} has no classes, and was left out")
            continue
        strange = set(found.labels) - set(together.labels)
        if part != "train" and strange == set(found.labels):
            together.notes.append(f"{named[part].name} has no classes of train, and was left out")
            continue
        if part != "train" and strange:
            raise DataError(f"{named[part]}: {shown(min(strange))!r} is no class of the training texts")
        for field_ in ("texts", "labels", "names", "parts", "groups", "notes"):
            getattr(together, field_).extend(getattr(found, field_))
        together.skipped += found.skipped
    if set(together.parts) == {"train"}:
        together.parts = [None] * len(together.parts)
    together.notes = list(dict.fromkeys(together.notes))
    return together


def _from_file(path: Path, options: ReviewsOptions, part: str | None) -> Found:
    text, encoding = decoded(read_bytes(path), str(path))
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        raise DataError(f"{path}: holds no texts; write a class, a tab and a text on each line")
    first = [line.split(maxsplit=1) for line in lines]
    tabs = sum("\t" in line for line in lines)
    if all(words[0].startswith(FASTTEXT) for words in first) or (
        path.suffix.lower() not in (".csv",) and not tabs and _classes_first(first)
    ):
        found = Found()
        for number, words in enumerate(first, 1):
            label = words[0].removeprefix(FASTTEXT)
            found.add(
                words[1] if len(words) > 1 else "", label, f"{part} {number}" if part else str(number), part
            )
        if not first[0][0].startswith(FASTTEXT):
            found.notes.append(f"the first word of each line is its class, as {shown(first[0][0])!r}")
        found.notes += [] if encoding == "utf-8" else [f"the file is in {encoding}"]
        return found
    if path.suffix.lower() not in (".csv",) and 0 < tabs < len(lines) and '"' not in text:
        number = next(n for n, line in enumerate(text.split("\n"), 1) if line.strip() and "\t" not in line)
        raise DataError(f"{path}, line {number}: has no tab; write a class, a tab and a text on each line")
    table, notes = read_table(path, texts=True)
    return _from_table(table, notes, path, options, part)


def _classes_first(lines: Sequence[Sequence[str]]) -> bool:
    """Whether the first word of each line repeats as a class would."""
    counts = Counter(words[0] for words in lines)
    return 2 <= len(counts) <= max(2, min(20, len(lines) // 4)) and min(counts.values()) > 1


def _from_table(
    table: "pd.DataFrame", notes: list[str], path: Path, options: ReviewsOptions, part: str | None
) -> Found:
    names = [str(name) for name in table.columns]
    for given, option in (
        (options.text_column, "--text-column"),
        (options.target, "--target"),
        (options.group, "--group"),
    ):
        if given is not None and given not in names:
            raise DataError(f"{path}: has no column {given!r} ({option}); it has {', '.join(names[:8])}")
    if len(names) < 2:
        raise DataError(f"{path}, line 1: has no tab; write a class, a tab and a text on each line")
    text = options.text_column or _text_column(table, names)
    target = options.target or _class_column(table, [name for name in names if name != text], path)
    texts, said = table[text], f"the column {text} is the text"
    unnamed = names == [str(n) for n in range(1, len(names) + 1)]
    if unnamed and target == "1" and len(names) > 2 and options.text_column is None:
        texts = table[names[1:]].agg("\t".join, axis=1)
        said = "all further columns are the text"
    found = Found(notes=[*notes, f"the column {target} is the class, {said}"])
    own = column_called([name for name in names if name not in (text, target)], SPLIT_COLUMNS)
    parts: list[str | None] = [part] * len(table)
    if own and part is None and all(split_called(str(value)) for value in table[own]):
        parts = [split_called(str(value)) for value in table[own]]
        found.notes.append(f"the column {own} names the split of each text")
    for number, (one, label) in enumerate(zip(texts, table[target], strict=True), 1):
        if not label.strip():
            found.skipped["rows without a class"] += 1
            continue
        at = parts[number - 1]
        found.add(one, label.strip(), f"{at} {number}" if at else str(number), at)
        if options.group:
            found.groups.append(str(table[options.group].iloc[number - 1]))
    return found


def _text_column(table: "pd.DataFrame", names: Sequence[str]) -> str:
    """The column called as texts are, or that of the longest cells among those that repeat least."""
    known = column_called(names, TEXTS)
    lengths = {name: float(table[name].str.len().mean()) for name in names}
    kinds = {name: table[name].nunique() for name in names}
    longest = max((n for n in names if 2 * kinds[n] > max(kinds.values())), key=lambda name: lengths[name])
    return known if known is not None and lengths[known] * 4 > lengths[longest] else longest


def _class_column(table: "pd.DataFrame", names: Sequence[str], path: Path) -> str:
    """The column called as classes are, or that which repeats most."""
    if (known := column_called(names, TARGETS)) is not None:
        return known
    kinds = {name: table[name].nunique() for name in names}
    fit = [name for name in names if 1 < kinds[name] <= max(2, len(table) / 2)]
    if not fit:
        if min(kinds.values()) == 1:
            name = min(names, key=lambda name: kinds[name])
            raise DataError(
                f"{path}: every text is of the class {shown(str(table[name].iloc[0]))!r}; give texts of at least two"
            )
        return names[0]
    return min(fit, key=lambda name: kinds[name])


def _without_blanks(texts: Sequence[str]) -> bool:
    """Whether most letters are of scripts that are written without blanks between words."""
    import regex

    some = "".join(texts[:: max(1, len(texts) // LOOKED_AT)])
    letters = len(regex.findall(r"\p{L}", some))
    return letters > 0 and len(regex.findall(NO_BLANKS, some)) > letters / 2


def _leave_out_empty(found: Found, kind: Literal["words", "characters"]) -> None:
    """Leave out texts without a word."""
    full = [i for i, text in enumerate(found.texts) if tokens(text, kind)]
    if missing := len(found.texts) - len(full):
        found.skipped["texts without words"] += missing
    for name in ("texts", "labels", "names", "parts", "groups"):
        values = getattr(found, name)
        setattr(found, name, [values[i] for i in full] if values else values)


def _one_spelling(found: Found) -> None:
    """Classes that differ in capitals alone as the one that is written most."""
    counts = Counter(unicodedata.normalize("NFC", label) for label in found.labels)
    usual: dict[str, str] = {}
    for label, _ in counts.most_common():
        usual.setdefault(label.casefold(), label)
    if merged := [label for label in counts if usual[label.casefold()] != label]:
        into = usual[merged[0].casefold()]
        found.notes.append(
            f"the classes {shown(into)} and {shown(merged[0])} are one: they differ in capitals alone"
        )
    found.labels = [usual[unicodedata.normalize("NFC", label).casefold()] for label in found.labels]


def _refuse_numbers(texts: Sequence[str], where: str) -> None:
    some = texts[:LOOKED_AT]
    if all(is_number(re.sub(r"\s", "", text)) for text in some):
        raise DataError(
            f"{where}: its texts are numbers, as {shown(some[0])!r}; name the column with --text-column"
        )
