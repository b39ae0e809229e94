"""Labels of pictures in a table beside them: a column names each picture's file, and another its class."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harmonium.data.class_columns import ANOTHER, class_called
from harmonium.data.images import SUFFIXES as PICTURES
from harmonium.data.layout import Placed
from harmonium.data.named_in_tables import Names, naming_column, read_beside, tables_beside
from harmonium.data.options import DatasetOptions
from harmonium.data.split_columns import split_column
from harmonium.data.split_names import split_in
from harmonium.data.text import read_text
from harmonium.data.text_columns import OPINIONS, checked_columns, class_column
from harmonium.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

TOLD = 3  # tables that are named


@dataclass
class Labelled:
    """Pictures with the class that a table gives each, in the order of the tables."""

    files: list[Placed] = field(default_factory=list)
    classes: dict[Path, str] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)  # tables that give no classes, and why

    @property
    def instead(self) -> str:
        """What to add where the pictures have no classes although there are tables."""
        if not self.passed_over:
            return ""
        return f"; passed over beside them: {'; '.join(self.passed_over[:TOLD])}"


def in_tables(files: Sequence[Placed], root: Path, options: DatasetOptions) -> Labelled:
    """Find the tables beside pictures that name them, and each picture's class in those.

    Parameters
    ----------
    files
        The pictures.
    root
        The folder that they lie in, where tables are looked for, and in the folders in it.
    options
        Columns of the class and of groups, where they are given.

    Returns
    -------
    labelled
        Without files where no table names the pictures.

    Raises
    ------
    DataError
        For a table that names them but has no column of a class, or not the one that is given.

    """
    found, known = Labelled(), Names(files, PICTURES)
    # Those of train come first, since their classes are known by then.
    for path in sorted(tables_beside(root), key=lambda path: split_in(path.stem) not in (None, "train")):
        table = _read(path)
        names = None if table is None else naming_column(table, known)
        if table is not None and names is not None:
            _join(found, known, _Table(path, table, names), options)
        elif table is not None:
            found.passed_over.append(f"{path.name}, no column of which names the pictures")
    if not found.files:
        return found
    if missing := len(files) - len(found.files):
        found.skipped["pictures that no table gives a class"] += missing
    return found


@dataclass(frozen=True)
class _Table:
    """A table of pictures' names."""

    path: Path
    rows: "pd.DataFrame"
    names: str  # the column


def _read(path: Path) -> "pd.DataFrame | None":
    """A table as columns of text, or an object of names and classes as one; None for a file that is none."""
    import pandas as pd

    if path.suffix.lower() == ".json" and (pairs := _classes_by_name(path)):
        return pd.DataFrame(pairs, columns=["name", "class"], dtype=str)
    return read_beside(path)


def _classes_by_name(path: Path) -> list[tuple[str, str]]:
    """The pairs of an object of JSON that holds a word or number for each name; none of another file.

    Raises `DataError` for what COCO's files hold.
    """
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError, DataError):
        return []
    if not isinstance(content, dict):
        return []
    if {"images", "annotations"} <= content.keys():
        raise DataError(
            f"{path}: holds boxes or masks of what is in pictures, as COCO's files do, which no model here learns; "
            "sort the pictures into a folder for each class"
        )
    plain = all(isinstance(one, str | int) for one in content.values())
    return [(name, str(one)) for name, one in content.items()] if plain else []


def _join(found: Labelled, known: Names, table: _Table, options: DatasetOptions) -> None:
    """Add the pictures that a table names, with their classes."""
    rows, where = table.rows, str(table.path)
    checked_columns(rows, ((options.target, "--target"), (options.group, "--group")), where)
    others = [str(name) for name in rows.columns if name != table.names]
    own = split_column(
        rows,
        [name for name in others if name != options.target],
        where,
        labelled=options.target is not None,
    )
    others = [name for name in others if name not in (*(own.names if own else ()), options.group)]
    if not others:
        found.skipped[f"rows of {table.path.name}, which gives no class"] += len(rows)
        found.passed_over.append(f"{table.path.name}, which has no column beside that of the pictures' names")
        return
    labels, said = _labels(rows, others, table.path, options)
    part = split_in(table.path.stem)
    for number, name in enumerate(rows[table.names]):
        split = own.parts[number] if own is not None else part
        those = known.called(str(name))
        fit = [file for file in those if split is None or file.split in (None, split)]
        if split is None and len(fit) > 1:  # 1.png of train and 1.png of test, which has no classes
            fit = [file for file in fit if file.split == "train"] or fit
        label = labels[number].strip()
        if len(fit) != 1 or not label:
            what = "without a class" if not label else "with several pictures" if fit else "without a picture"
            found.skipped[f"rows of {table.path.name} {what}"] += 1
            continue
        (file,) = fit
        if (before := found.classes.setdefault(file.path, label)) != label:
            raise DataError(
                f"{where}: {name} is of {before!r} in one row and of {label!r} in another; keep one"
            )
        if len(found.classes) == len(found.files):
            found.skipped[f"rows of {table.path.name} that repeat another"] += 1
            continue
        found.files.append(replace(file, label=label, split=file.split or split))
        if options.group:
            found.groups.append(str(rows[options.group].iloc[number]))
    found.notes += [own.said] if own else []
    found.notes.append(
        f"{table.path.name} names the pictures in its column {table.names}, and their classes in {said}"
    )


def _labels(
    rows: "pd.DataFrame", others: Sequence[str], path: Path, options: DatasetOptions
) -> tuple[list[str], str]:
    """Return each row's class, and in words which columns hold it: one column, or one of 0 and 1 for each class."""
    if options.target is None and len(others) > 1:
        ones = rows[list(others)].map(lambda cell: str(cell).strip().removesuffix(".0"))
        if ones.isin(["0", "1"]).all(axis=None) and ((ones == "1").sum(axis=1) == 1).all():
            return [
                str(name) for name in (ones == "1").idxmax(axis=1)
            ], f"the columns {', '.join(others[:6])}"
    target = options.target or class_column(rows, others, path, what="picture")
    guessed = options.target is None and len(others) > 1 and class_called(others, OPINIONS) is None
    return [str(value) for value in rows[target]], f"its column {target}{ANOTHER if guessed else ''}"
