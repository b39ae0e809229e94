"""What a user names as the source of data: whether it is a path, what lies there, and archives unpacked."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from harmonium.data.archives import extract, temporary_folder, unpack
from harmonium.data.catalogue import unknown
from harmonium.data.three_splits import ThreeSplits
from harmonium.data.walk import is_about, passed_over
from harmonium.errors import DataError

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
TABLES = (".csv", ".tsv", ".tab", ".data", ".dat", ".txt", ".json", ".jsonl", ".ndjson")
TAGGED = (".iob", ".bio", ".conll", ".conllu")
# Files that are packed alone; IDX files and pickles are unpacked by their readers.
PACKED = tuple(end + packed for packed in (".gz", ".bz2") for end in (*TABLES, *TAGGED, ".npy", ".mat"))
ALONE = (".csv", ".tsv", ".json", ".jsonl", ".npz", ".npy", ".mat")  # files that are a whole set each
UNPACKED = 2**33  # bytes that an archive may unpack to
DEEPEST = 3  # archives in one another
SUFFIX = 8  # characters of the longest ending of a file's name

C = TypeVar("C", bound=ThreeSplits[Any])


def looks_like_a_path(text: str) -> bool:
    """Whether a word or sentence that a user gives was meant as a path, whether or not a file lies there.

    Examples
    --------
    >>> looks_like_a_path("/home/someone/My Documents/review.txt"), looks_like_a_path("./notes")
    (True, True)
    >>> looks_like_a_path("Good and/or bad. Really?"), looks_like_a_path("I loved it.")
    (False, False)

    """
    text = text.strip()
    if "\n" in text or not text:
        return False
    begins = text.startswith(("/", "./", "../", "~/", ".\\", "..\\", "\\\\")) or (text[1:3] in (":\\", ":/"))
    suffix = Path(text).suffix
    ends = 1 < len(suffix) <= SUFFIX and suffix[1:].isalnum() and not suffix[1:].isdigit()
    return (
        begins
        or (ends and (" " not in text or "/" in text or "\\" in text))
        or ("/" in text and " " not in text)
    )


def named(name: str, path: Path, found: C) -> C:
    """Return the data under the name that the user gave, not that of the folder where an archive was unpacked."""
    reading = found.reading
    notes = tuple(note.replace(str(path), name) for note in reading.notes)
    return replace(found, reading=replace(reading, source=name, notes=notes))


@contextmanager
def there(name: str, own: str) -> Iterator[Path]:
    """The file or folder of a path, unpacked for as long as it is read where it is an archive, or holds only those."""
    if (
        not name.strip()
    ):  # of a variable that a script has not set; as a path it would be the folder one is in
        raise DataError(
            "the data have an empty name; give a file, a folder (. for this one), or a set's name"
        )
    path = Path(name).expanduser()
    if not path.exists():
        raise unknown(name, own)
    if path.is_file() and _is_packed(path):
        with temporary_folder() as folder:
            inside = folder / path.stem
            unpack(path, inside, limit=UNPACKED)
            with _called(str(inside), path):
                yield inside
        return
    if packed := _packed(path):
        with temporary_folder() as folder:
            for file in packed:
                _unpack_into(file, folder, alone=path.is_file())
            with _called(str(folder), path):
                _extract_inner(folder)
                yield _only(folder)
        return
    yield path


@contextmanager
def _called(unpacked: str, path: Path) -> Iterator[None]:
    """Replace the folder of the unpacked archive, in the messages of errors, by the path that the user gave."""
    try:
        yield
    except DataError as error:
        raise DataError(str(error).replace(unpacked, str(path))) from error


def _packed(path: Path) -> list[Path]:
    """The archive that a path is, or the files of a folder of archives or packed files, as one for each class or split.

    Tables may lie beside those, as Kaggle's sample_submission.csv beside train.csv.zip.
    """
    if path.is_file():
        return [path] if _is_archive(path) else []
    inside = _inside(path)
    packed = [entry for entry in inside if _is_archive(entry) or _is_packed(entry)]
    plain = [entry for entry in inside if entry.is_file() and entry.suffix.lower() in TABLES]
    return inside if packed and len(packed) + len(plain) == len(inside) else []


def _is_packed(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(PACKED) and not passed_over(path.name)


def _unpack_into(file: Path, folder: Path, *, alone: bool) -> None:
    """Unpack one file of those that a user gave; an archive beside others into a folder that is called as it.

    What such an archive holds alone, and is called as it too, as train.csv in train.csv.zip, is no folder.
    """
    if _is_packed(file):
        unpack(file, folder / file.stem, limit=max(0, UNPACKED - _size(folder)))
    elif not _is_archive(file):
        (folder / file.name).symlink_to(file.resolve())
    else:
        into = folder if alone else _place(file, folder)
        _extract_into(file, into, folder)
        held = [entry for entry in into.iterdir() if not passed_over(entry.name)]
        if not alone and len(held) == 1 and held[0].is_file() and into.name in (held[0].name, held[0].stem):
            moved = held[0].rename(folder / f"{held[0].name}.moved")
            shutil.rmtree(into)
            moved.rename(folder / held[0].name)


def _size(folder: str | Path) -> int:
    return sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())


def _extract_inner(folder: Path) -> None:
    """Unpack the archives that an archive holds, and those in them, each into a folder of its name in its place."""
    for _ in range(DEEPEST):
        packed = [path for path in sorted(folder.rglob("*")) if _is_archive(path)]
        for path in packed:
            _extract_into(path, _place(path, path.parent), folder)
            path.unlink()


def _place(archive: Path, folder: Path) -> Path:
    """A new folder for what an archive holds, called as it."""
    ending = next(e for e in ARCHIVES if archive.name.lower().endswith(e))
    into = folder / archive.name[: -len(ending)]
    return folder / f"{archive.name} unpacked" if into.exists() else into


def _extract_into(archive: Path, into: Path, folder: str | Path) -> None:
    """Unpack an archive; what all in `folder` takes together is bounded."""
    into.mkdir(exist_ok=True)
    extract(archive, into, limit=max(0, UNPACKED - _size(folder)))


def _is_archive(path: Path) -> bool:
    hidden = any(passed_over(part) for part in path.parts[-3:])
    return path.is_file() and path.name.lower().endswith(ARCHIVES) and not hidden


def innermost(folder: Path) -> Path:
    """The folder at the end of folders that hold one folder and nothing else; the folder itself where it holds more."""
    while len(inside := _inside(folder)) == 1 and inside[0].is_dir():
        folder = inside[0]
    return folder


def _inside(folder: Path) -> list[Path]:
    """The entries of a folder that count, in order; none of a folder that cannot be read, which its reader says."""
    with suppress(OSError):
        entries = sorted(folder.iterdir())
        return [entry for entry in entries if not passed_over(entry.name) and not is_about(entry)]
    return []


def _only(folder: Path) -> Path:
    """Return the one file that an archive holds, or the one table or array somewhere in it, or the archive's folder."""
    top = [entry for entry in folder.iterdir() if not passed_over(entry.name)]
    if len(top) == 1 and top[0].is_file():
        return top[0]
    inside = _inside(innermost(folder))
    return inside[0] if len(inside) == 1 and inside[0].suffix.lower() in ALONE else folder
