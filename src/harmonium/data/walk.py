"""Finding the files of a folder that count, whatever else lies there."""

import os
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harmonium.errors import DataError

# What operating systems, archivers and editors leave behind.
LEFT_BEHIND = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "__pycache__"})
ABOUT = frozenset({"readme", "license", "licence", "copying", "changelog", "citation", "about"})
DEEPEST = 64  # levels of folders; a deeper tree is a circle of links


@dataclass(frozen=True)
class Walked:
    """The files of a folder that count, in order of their paths, and what was passed over."""

    root: Path
    files: tuple[Path, ...]
    empty: tuple[Path, ...] = ()  # folders without any file that counts
    skipped: Counter[str] = field(default_factory=Counter)  # reason: number of files

    def relative(self, path: Path) -> tuple[str, ...]:
        """The parts of a file's path below the root."""
        return path.relative_to(self.root).parts


def passed_over(name: str) -> bool:
    """Whether a file or folder of this name is hidden, or left behind by a system."""
    return name.startswith((".", "~$")) or name.lower() in LEFT_BEHIND or name.endswith("~")


def is_about(path: Path) -> bool:
    """Tell whether a file, by its name, is about the data (a licence, a read-me) and not part of them."""
    return bool(ABOUT & set(re.split(r"[\W_]+", path.name.lower())))


def walk(root: Path, suffixes: Collection[str], kind: str) -> Walked:
    """Find the files below a folder whose names end in one of the suffixes, in small or capital letters.

    Hidden files and folders, and those that systems leave behind, are passed over. Links are followed, to files and to
    folders, but no folder is entered twice on one way down.

    Parameters
    ----------
    root
        The folder.
    suffixes
        Endings in small letters, as ".png".
    kind
        What such files are, in the plural, for messages.

    Raises
    ------
    DataError
        Where the folder cannot be read, or folders lie in more than 64 others.

    """
    files: list[Path] = []
    empty: list[Path] = []
    skipped: Counter[str] = Counter()
    for folder, inside, names, hidden, lost in _folders(root, ()):
        if lost:
            skipped["links to nothing, pipes or devices"] += lost
        for name in hidden:
            if count := sum(len(those) for _, _, those in os.walk(folder / name)):
                skipped["hidden or left behind by a system"] += count
        counted = 0
        for name in names:
            suffix = Path(name).suffix.lower()
            if passed_over(name):
                skipped["hidden or left behind by a system"] += 1
            elif suffix in suffixes:
                files.append(folder / name)
                counted += 1
            else:
                skipped[f"not {kind} ({suffix or 'no suffix'})"] += 1
        if not counted and not inside and folder != root:
            empty.append(folder)
    return Walked(root, tuple(sorted(files)), tuple(sorted(empty)), skipped)


def _folders(
    folder: Path, above: tuple[str, ...]
) -> Iterator[tuple[Path, list[str], list[str], list[str], int]]:
    """Yield `folder` and each folder below it.

    With each come its subfolders, its files, the subfolders that are passed over, and the number of other entries.
    """
    real = os.path.realpath(folder)
    if real in above:
        return
    if len(above) > DEEPEST:
        raise DataError(f"{folder}: lies in more than {DEEPEST} folders; move the files up")
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be read ({error.strerror or error}); see who may read it, or move it away"
        ) from error
    inside = [entry.name for entry in entries if entry.is_dir()]
    folders = [name for name in inside if not passed_over(name)]
    hidden = [name for name in inside if passed_over(name)]
    files = [entry.name for entry in entries if entry.is_file()]
    yield folder, folders, files, hidden, len(entries) - len(inside) - len(files)
    for name in folders:
        yield from _folders(folder / name, (*above, real))
