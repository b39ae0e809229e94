"""Reading the data that a run names, so that errors show nothing of a file that only this machine should know."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harmonium import data
from harmonium.errors import DataError

# The files of the data room whose errors speak of names, folders and checksums, and never of what is in a file.
WITHOUT_CONTENTS = ("cache.py", "catalogue.py", "kept.py", "loading.py", "matching.py")


@contextmanager
def rereading(config: Path, name: str | None) -> Iterator[None]:
    """Keep errors from quoting the data that a config.json names, while these are read.

    Somebody may have sent it, and the file it names may be any file of this machine. Data that the user
    has named himself, for which `name` is None, are quoted as the remedy needs it.
    """
    try:
        yield
    except DataError as error:
        if name is None or not _quotes(error):
            raise
    else:
        return
    raise DataError(
        f"{name}, which {config} names as its data, cannot be read as such; put the data there as they "
        "were, or say where they lie: --data"
    )


def _quotes(error: DataError) -> bool:
    raiser = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
    return raiser.is_relative_to(Path(data.__file__).parent) and raiser.name not in WITHOUT_CONTENTS
