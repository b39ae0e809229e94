"""Tables that lie beside files and name them, whatever else they say of each."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from harmonium.data.layout import Placed
from harmonium.data.split_columns import split_column
from harmonium.data.tables import SUFFIXES as TABLES
from harmonium.data.tables import read_table
from harmonium.data.text import read_text
from harmonium.data.walk import passed_over
from harmonium.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

NAMING = 0.5  # share of a column's values that must be names of files
LOOKED_AT = 500  # rows, to find the column
LINES = (".txt",)  # whose lines are a file's name, blanks, and its class


def tables_beside(root: Path) -> list[Path]:
    """Tables in a folder and in the folders in it, in order."""
    inside = [entry for entry in sorted(root.iterdir()) if entry.is_dir() and not passed_over(entry.name)]
    return [
        entry
        for folder in (root, *inside)
        for entry in sorted(folder.iterdir())
        if entry.is_file()
        and not passed_over(entry.name)
        and entry.suffix.lower() in (*TABLES, *LINES)
        and "submission" not in entry.name.lower()  # an example of what to hand in: its classes are made up
    ]


def read_beside(path: Path) -> "pd.DataFrame | None":
    """A table as columns of text; None for a file that is none."""
    import pandas as pd

    try:
        if path.suffix.lower() in LINES:
            rows = [line.split(maxsplit=1) for line in read_text(path).split("\n") if line.strip()]
            return (
                pd.DataFrame(rows, columns=["1", "2"], dtype=str)
                if rows and all(len(row) == 2 for row in rows)
                else None
            )
        return read_table(path, texts=True)[0]
    except DataError:
        return None


def naming_column(table: "pd.DataFrame", known: "Names") -> str | None:
    """The column of which most values are names of files."""
    some = table.head(LOOKED_AT)
    shares = {name: sum(bool(known.called(str(one))) for one in some[name]) / len(some) for name in some}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] > NAMING else None


class Names:
    """Finds files by what a table may call them: a path, the file's name, or the name without its suffix.

    `suffixes` are those that a table may give where the file has another.
    """

    def __init__(self, files: Sequence[Placed], suffixes: Collection[str]):
        self.suffixes = suffixes
        self.ways: dict[str, list[Placed]] = defaultdict(list)
        self.small: dict[str, list[Placed]] = defaultdict(list)  # in small letters
        for file in files:
            parts = file.path.parts
            for first in range(max(0, len(parts) - 4), len(parts)):
                way = PurePosixPath(*parts[first:])
                for name in (str(way), str(way.with_suffix(""))):
                    self.ways[name].append(file)
                    self.small[name.lower()].append(file)

    def called(self, name: str) -> list[Placed]:
        """Return the files that a table's name may mean: those called so, or else those called so in any letters."""
        return self._among(self.ways, name) or self._among(self.small, name.lower())

    def _among(self, ways: Mapping[str, list[Placed]], name: str) -> list[Placed]:
        way = PurePosixPath(name.strip().replace("\\", "/").removeprefix("./"))
        parts = way.parts[-4:]
        if not parts:
            return []
        for first in range(len(parts)):
            tail = PurePosixPath(*parts[first:])
            if found := ways.get(str(tail)):
                return found
            if tail.suffix.lower() in self.suffixes and (found := ways.get(str(tail.with_suffix("")))):
                return found
        return []


def with_splits(files: list[Placed], root: Path, suffixes: Collection[str]) -> tuple[list[Placed], list[str]]:
    """Each file with the split that a table beside them gives it, as MAESTRO's; folders of splits come before tables.

    Parameters
    ----------
    files
        The files.
    root
        The folder that they lie in.
    suffixes
        Endings of such files.

    Returns
    -------
    files
        The same, with what the first table says of them that names the files and has a column of splits.
    notes
        Which table that was.
    """
    if any(file.split for file in files):
        return files, []
    known = Names(files, suffixes)
    for path in tables_beside(root):
        table = read_beside(path)
        names = None if table is None else naming_column(table, known)
        if table is None or names is None:
            continue
        others = [str(name) for name in table.columns if name != names]
        if (own := split_column(table, others, str(path), labelled=True)) is None:
            continue
        parts = {
            file.name: part
            for name, part in zip(table[names], own.parts, strict=True)
            for file in known.called(str(name))
        }
        missing = len(files) - len(parts)
        said = f"{path.name} names the files in its column {names}, and {own.said}"
        said += f"; {missing:,} of {len(files):,} files are not in it, and train" if missing else ""
        return [replace(file, split=parts.get(file.name)) for file in files], [said]
    return files, []
