"""Where a data set's files lie: the user's own folder, the cache, and the mirrors that fill it."""

import hashlib
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harmonium.data.archives import temporary_folder
from harmonium.data.download import download
from harmonium.data.idx import opened
from harmonium.errors import DataError, HarmoniumError
from harmonium.files import explained, sweep

VARIABLE = "HARMONIUM_DATA"
SLACK = 1 << 20  # bytes by which a file may be longer at a mirror: compression can add a little


@dataclass(frozen=True)
class DataFile:
    """One file of a data set; it may also lie gzipped, as `name`.gz.

    `size` (bytes) and `sha256` are of the file called `name`, so of a gzipped one's content. `remote` is its
    name at the mirrors.
    """

    name: str
    size: int
    sha256: str
    remote: str

    def check(self, path: Path) -> None:
        """Raise `DataError`, naming `path`, unless its content is this file, no more and no less."""
        digest, left = hashlib.sha256(), self.size + 1
        try:
            with path.open("rb") if path.name == self.name else opened(path) as file:
                while left and (piece := file.read(min(left, 1 << 20))):
                    digest.update(piece)
                    left -= len(piece)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{path}: cannot be read ({error}); delete it and fetch it again") from error
        if digest.hexdigest() != self.sha256:
            raise DataError(f"{path}: the checksum is not that of {self.name}; delete it and fetch it again")


Fetcher = Callable[["Store", list[DataFile]], None]
"""Puts files into a store's cache folder by means other than a mirror; raises `DataError` if it cannot."""


@dataclass(frozen=True)
class Store:
    """The files of one data set and every place that may hold them.

    `mirrors` are addresses that end in "/"; `others` maps a name for the message to a further `Fetcher`;
    `places` are folders where an operating system's package may have put the files; `instead` ends the advice where
    none has them.
    """

    name: str
    files: tuple[DataFile, ...]
    mirrors: tuple[str, ...]
    others: tuple[tuple[str, Fetcher], ...] = ()
    places: tuple[Path, ...] = ()
    instead: str = ", or use --data digits, which needs no download"

    @property
    def cache(self) -> Path:
        """The folder of the user's cache that downloads fill."""
        return user_cache() / self.name

    def find(self, file: DataFile) -> Path | None:
        """Return the path of `file` on this machine, or None; nothing is downloaded and no content is read."""
        own = own_folder()
        folders = [*([own / self.name] if own else []), self.cache, *self.places]
        candidates = (folder / name for folder in folders for name in (file.name, f"{file.name}.gz"))
        return next((path for path in candidates if path.is_file()), None)

    def location(self) -> Path | None:
        """Return the folder of the first file if every file is on this machine, else None."""
        paths = [self.find(file) for file in self.files]
        return None if None in paths or paths[0] is None else paths[0].parent

    def fetch(self) -> Path:
        """Get every file that is missing, or damaged in the cache, and return `location()`.

        A file counts only once its checksum is right. Raises `DataError` with every source tried and why
        it failed, or naming a file outside the cache whose checksum is wrong.
        """
        missing = [file for file in self.files if not self._holds(file)]
        tried = []
        sources = [(address, _mirror(address)) for address in self.mirrors] + list(self.others)
        for name, source in sources:
            if not missing:
                break
            try:
                source(self, missing)
            except HarmoniumError as error:
                tried.append(f"{name}: {error}")
            missing = [file for file in missing if self.find(file) is None]
        if missing:
            raise DataError(
                f"cannot fetch {self.name} ({', '.join(file.name for file in missing)}). Tried "
                + "; ".join([self._searched(), *tried])
                + f". Put the files into a folder {self.name}/ and set {VARIABLE} to the folder that holds "
                f"it{self.instead}"
            )
        location = self.location()
        assert location is not None
        return location

    def paths(self) -> dict[str, Path]:
        """Return the path of each file by its name, after fetching those that are missing."""
        if self.location() is None:
            self.fetch()
        found = {file.name: self.find(file) for file in self.files}
        return {name: path for name, path in found.items() if path is not None}

    def _holds(self, file: DataFile) -> bool:
        path = self.find(file)
        if path is None:
            return False
        try:
            file.check(path)
        except DataError:
            if path.parent != self.cache:
                raise
            path.unlink()
            return self._holds(file)
        return True

    def _searched(self) -> str:
        own = own_folder()
        first = f"{VARIABLE} ({own / self.name})" if own else f"{VARIABLE} (not set)"
        return f"{first}; the cache ({self.cache})"


def own_folder() -> Path | None:
    """The folder that HARMONIUM_DATA names, if set; raises `DataError` if there is no such folder."""
    value = os.environ.get(VARIABLE)
    if not value:
        return None
    folder = Path(value).expanduser()
    if not folder.is_dir():
        raise DataError(f"{VARIABLE} is {value}, which is no folder; correct it or unset it")
    return folder


def user_cache() -> Path:
    """The user's cache folder for this package, by the operating system's custom."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("harmonium"))


def made(folder: Path) -> Path:
    """Create `folder` where it is missing, and return it; raises `HarmoniumError` where that fails."""
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _mirror(address: str) -> Fetcher:
    def fetch(store: Store, files: list[DataFile]) -> None:
        for file in files:
            path = made(store.cache) / file.remote
            sweep(path.parent)
            with explained(path), temporary_folder(path) as folder:
                partial = folder / path.name
                download(address + file.remote, partial, limit=file.size + SLACK)
                try:
                    file.check(partial)
                except DataError as error:
                    raise DataError(f"what it sent for {file.remote} is not the known file") from error
                os.replace(partial, path)

    return fetch
