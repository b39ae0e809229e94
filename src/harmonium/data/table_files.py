"""Tables of numbers in files of any name, alone or with one for each split."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harmonium.data.arrays import SUFFIXES as ARRAYS
from harmonium.data.arrays import role
from harmonium.data.assembly import Demand
from harmonium.data.class_columns import target_column
from harmonium.data.dataset import Dataset
from harmonium.data.foreign import FOREIGN, SPARSE_ROW
from harmonium.data.images import SUFFIXES as PICTURES
from harmonium.data.rows import load_table
from harmonium.data.split_names import split_called, split_in, split_of_file, splits_of_tables
from harmonium.data.table_cells import MISSING, is_number
from harmonium.data.table_columns import numbers_rows, without_names
from harmonium.data.table_dialect import delimiter_of, without_titles
from harmonium.data.tables import SUFFIXES, read_table
from harmonium.data.text import decoded
from harmonium.data.understood import Reading
from harmonium.data.walk import is_about, passed_over
from harmonium.errors import DataError
from harmonium.files import opened_regular

if TYPE_CHECKING:
    import pandas as pd

LOOKED_AT = 2**16  # bytes of a file
FEWEST = 5  # rows that tell a table from other text
ALIKE = 0.9  # the share of rows with equally many cells
LABELS = (".labels", ".label")
WIDE = 64  # columns of a table that is no list of pictures' names


def load_csv(path: Path, demand: Demand) -> Dataset:
    """Read a table of numbers; see `load_table`."""
    table, notes = read_table(path)
    return load_table(table, [None] * len(table), Reading(str(path), {}, tuple(notes)), demand)


def is_table(path: Path) -> bool:
    """Whether a file holds rows of cells, by its suffix, or whatever it is called by its first lines.

    Those must have equally many cells and numbers among them, as adult.test and optdigits.tra have; one column alone is
    a table where it is called as labels, as y_train.txt.
    """
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return True
    if suffix in (*PICTURES, *ARRAYS, *FOREIGN, ".names") or is_about(path):
        return False
    rows = _first_rows(path)
    if len(rows) < FEWEST:
        return False
    width, times = Counter(map(len, rows)).most_common(1)[0]
    alike = [row for row in rows if len(row) == width]
    numeric = any(
        sum(is_number(row[k]) or row[k].strip().lower() in MISSING for row in alike) >= ALIKE * len(alike)
        for k in range(width)
    )
    labels = (role(path.stem) or ("", None))[0] == "y" or suffix in LABELS
    return times >= ALIKE * len(rows) and numeric and (width > 1 or labels)


def _first_rows(path: Path) -> list[list[str]]:
    """The cells of a file's first lines; none of a file that holds no text."""
    try:
        with opened_regular(path) as file:
            head = file.read(LOOKED_AT)
        text, _ = decoded(head[: len(head) // 2 * 2], str(path))
    except DataError:
        return []
    text = text if len(head) < LOOKED_AT else text.rpartition("\n")[0]
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return []
    if SPARSE_ROW.fullmatch(lines[0]):  # which reading it as a table refuses, with what helps
        return [["1", "1"]] * FEWEST
    delimiter = delimiter_of(text, path)
    lines = [line for line in without_titles(text, delimiter)[0].split("\n") if line.strip()]
    return [
        line.split() if delimiter == " " else next(csv.reader([line], delimiter=delimiter)) for line in lines
    ]


def load_folder_of_tables(path: Path, demand: Demand) -> Dataset | None:
    """Read a folder of tables, as train.csv and test.csv, or as adult.data and adult.test; None where it holds none.

    Tables may lie in folders for the splits, as train/X_train.txt, where none lies beside those.

    Raises
    ------
    DataError
        Where no table belongs to the training set, and for splits with other columns than that has.

    """
    entries = sorted(entry for entry in path.iterdir() if not passed_over(entry.name))
    tables = [file for file in entries if file.is_file() and file.suffix.lower() in SUFFIXES]
    others = [file for file in entries if file.is_file() and file not in tables]
    folders = [entry for entry in entries if entry.is_dir()]
    pictures = any(file.suffix.lower() in PICTURES for file in others)  # whose classes a table may hold
    if (pictures or not all(map(_holds_tables_alone, folders))) and not any(map(_holds_intensities, tables)):
        return None
    tables += [file for file in others if _names_split(file) and is_table(file)]
    rest = [file for file in others if not is_about(file) and file.suffix.lower() != ".names"]
    if not tables and len(rest) == 1 and not folders and is_table(rest[0]):
        tables = rest
    parts: dict[Path, str] = {}
    if not tables:
        for folder in folders:
            if split := split_called(folder.name):
                inside = [file for file in sorted(folder.iterdir()) if file.is_file() and is_table(file)]
                tables += inside
                parts |= dict.fromkeys(inside, split)
    return _load(tables, parts, path, demand) if tables else None


def _names_split(file: Path) -> bool:
    """Whether a file's name holds that of a split, as Coffee_TRAIN and sat.tst do."""
    return split_of_file(file) is not None or split_in(file.stem) is not None


def _holds_tables_alone(folder: Path) -> bool:
    inside = [file for file in folder.rglob("*") if file.is_file() and not passed_over(file.name)]
    return all(file.suffix.lower() in (*SUFFIXES, ".txt") for file in inside)


def _holds_intensities(file: Path) -> bool:
    """Whether a table of a split has so many columns of numbers that it holds examples, and not pictures' classes."""
    rows = _first_rows(file)[1:] if _names_split(file) else []
    cells = [cell.strip() for row in rows for cell in row[1:]]
    wide = max(map(len, rows), default=0) > WIDE and all(map(is_number, cells))
    return wide and any(cell.lstrip("+-").split(".")[0] not in ("0", "1") for cell in cells)


@dataclass
class _Tables:
    """The tables of the splits, and what was noticed of them."""

    found: "dict[str, pd.DataFrame]" = field(default_factory=dict)
    first: str = ""  # the name of the file that the others are compared with
    notes: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    def add(self, table: "pd.DataFrame", file: Path, split: str, target: str | None) -> None:
        """Add a table whose columns are those of the first, or skip it where it lacks the class.

        Raises `DataError`, naming the column, where it lacks another.
        """
        if not self.found:
            self.found[split], self.first = table, file.name
            return
        table = self._named_alike(table, file)
        names = next(iter(self.found.values())).columns
        if target is not None and target not in table.columns:
            self.skipped[f"without the column {target}, in {file.name}"] += len(table)
            return
        if strange := [str(name) for name in table.columns if name not in names]:
            table = table.drop(columns=strange)
            self.notes.append(
                f"left out of {file.name}, since {self.first} has none: {', '.join(strange[:6])}"
            )
        for name in [name for name in names if name not in table.columns]:
            if not all(numbers_rows(one[name], ()) for one in self.found.values()):
                raise DataError(
                    f"{file}: has no column {name!r}, which {self.first} has; add it here, or remove it there"
                )
            self.found = {part: one.drop(columns=name) for part, one in self.found.items()}
            self.notes.append(f"left out, since it numbers the rows: {name}, which {file.name} has not")
        self.found[split] = table

    def _named_alike(self, table: "pd.DataFrame", file: Path) -> "pd.DataFrame":
        """A table with the first's names of columns: in its letters, or where it has none in its order."""
        names = list(map(str, next(iter(self.found.values())).columns))
        own = list(map(str, table.columns))
        numbers = [str(n) for n in range(1, len(names) + 1)]
        if own == numbers != names:
            self.notes.append(
                f"{file.name} has no line of names; its columns are taken for those of {self.first}, in order"
            )
            return table.set_axis(names, axis=1)
        spelt = {name.strip().lower(): name for name in names}
        return table.rename(
            columns={
                name: spelt[name.strip().lower()]
                for name in own
                if name not in names and spelt.get(name.strip().lower(), name) not in own
                if name.strip().lower() in spelt
            }
        )


def _load(files: Sequence[Path], parts: dict[Path, str], path: Path, demand: Demand) -> Dataset:
    """Read tables, each of the split that its name or `parts` says, as one."""
    import pandas as pd

    pairs = _paired(files)
    labels = {y for _, y in pairs.values()}
    others = [file for file in files if file not in labels and file not in pairs]
    named = dict.fromkeys(others) if pairs else {**splits_of_tables(others), **parts}
    named |= {file: split for file, (split, _) in pairs.items()}
    chosen = {file: split for file, split in named.items() if split}
    if not chosen and len(named) == 1 and not pairs:
        return load_csv(files[0], demand)
    if "train" not in chosen.values() and not (demand.scores and chosen):
        raise DataError(
            f"{path}: holds {len(files)} tables, none of which is called train, as in train.csv; rename one, or give "
            f"one alone, as {path / files[0].name}"
        )
    skipped = Counter("tables that are no split" for split in named.values() if split is None)
    tables = _Tables(skipped=skipped)
    if len(set(chosen.values())) < len(chosen):
        twice = [file.name for file in chosen if list(chosen.values()).count(chosen[file]) > 1]
        raise DataError(f"{path}: {' and '.join(twice[:2])} are both of one split; keep one")
    for file in sorted(chosen, key=lambda file: chosen[file] != "train"):
        table, noticed = read_table(file)
        target = None
        if file in pairs:
            table, column = _with_labels(table, file, pairs[file][1])
            demand = replace(demand, options=replace(demand.options, target=column))
            noticed.append(f"{pairs[file][1].name} holds the class of each row of {file.name}")
        elif tables.found:
            first = next(iter(tables.found.values()))
            target = target_column(first, demand.options.target, str(path), needed=demand.labels)[0]
        elif not _names_split(file) and file not in parts and len(chosen) > 1:
            noticed.append(f"{file.name} is taken for the training set, since another is called as a split")
        tables.add(table, file, chosen[file], target)
        if chosen[file] in tables.found:
            tables.notes += [note for note in noticed if note not in tables.notes]
    homes: list[str | None] = [part for part, table in tables.found.items() for _ in range(len(table))]
    if set(homes) == {"train"}:
        homes = [None] * len(homes)
    table = pd.concat(list(tables.found.values()), ignore_index=True)
    return load_table(table, homes, Reading(str(path), dict(tables.skipped), tuple(tables.notes)), demand)


def _paired(files: Sequence[Path]) -> dict[Path, tuple[str, Path]]:
    """Tables of examples, as X_train.csv, each with its split and the table of their labels, as y_train.csv.

    Labels may also be called as their examples but for the ending, as arcene_train.labels beside arcene_train.data.
    """
    known = {role(file.stem): file for file in files}
    pairs = {
        file: (what[1] or "train", known["y", what[1]])
        for what, file in known.items()
        if what is not None and what[0] == "x" and ("y", what[1]) in known
    }
    beside = {file.stem: file for file in files if file.suffix.lower() in LABELS}
    return pairs | {
        file: (split_in(file.stem) or "train", beside[file.stem])
        for file in files
        if file.stem in beside and file != beside[file.stem]
    }


def _with_labels(table: "pd.DataFrame", path: Path, file: Path) -> tuple["pd.DataFrame", str]:
    """A table with the labels of another as its last column, and what that is called."""
    import pandas as pd

    labels = without_names(read_table(file)[0])[0]
    if len(labels) == len(table) + 1 and str(labels.iloc[0, 0]) == "0":
        labels = labels.iloc[1:]  # pandas calls a column without a name 0
    if labels.shape[1] != 1 or len(labels) != len(table):
        raise DataError(
            f"{file}: has {labels.shape[1]} columns and {len(labels):,} rows; give one class for each of the "
            f"{len(table):,} rows of {path.name}"
        )
    name = str(labels.columns[0])
    name = "label" if name.isdigit() or name in table.columns else name
    column = pd.Series(labels.iloc[:, 0].to_numpy(), name=name)
    return pd.concat([table.reset_index(drop=True), column], axis=1), name
