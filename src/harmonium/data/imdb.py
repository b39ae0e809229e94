"""The Large Movie Review Dataset: 50,000 reviews, half of them praise (Maas et al. 2011)."""

import hashlib
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import safetensors.numpy

from harmonium.data.cache import DataFile, Store, made, user_cache
from harmonium.data.reviews import Reviews, Texts, as_texts, with_valid
from harmonium.errors import DataError, HarmoniumError, in_one_line
from harmonium.files import write_atomically

MEMBER = re.compile(r"(?:\./)?aclImdb/(train|test)/(neg|pos)/\d+_\d+\.txt")
CLASSES = ("neg", "pos")
PARTS = ("train", "test")
FIELDS = ("words", "ends", "y")  # of `Texts`
LONGEST = 1 << 20  # bytes of a review; the longest has 14 kB
LARGEST = 1 << 28  # bytes of the cached words; there are 50 million
DIGEST = hashlib.sha256().digest_size
FORMAT = "1"  # of the cached words; a new tokeniser needs a new number

INSTEAD = ", or use --data with texts of your own"

LABELLED = Store(
    name="imdb",
    files=(
        DataFile(
            "aclImdb_labelled.tar.gz",
            27_652_051,
            "609f7a9e329b5048db10a225c2133b39836465a3b616315689661516ec2c55f5",
            remote="aclImdb_labelled.tar.gz",
        ),
    ),
    mirrors=(),
    instead=INSTEAD,
)
OFFICIAL = Store(
    name="imdb",
    files=(
        DataFile(
            "aclImdb_v1.tar.gz",
            84_125_825,
            "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
            remote="aclImdb_v1.tar.gz",
        ),
    ),
    mirrors=("https://ai.stanford.edu/~amaas/data/sentiment/",),
    instead=INSTEAD,
)


def load_imdb(seed: int) -> Reviews:
    """23,750 / 1,250 / 25,000 reviews; `seed` draws those that validate from the 25,000 of train.

    Reads the archive with or without its unlabelled part, and keeps the words it found in the user's cache. Fetches
    what is missing. Raises `DataError` if the archive cannot be had or is damaged.
    """
    store = OFFICIAL if LABELLED.location() is None else LABELLED
    (archive,) = store.paths().values()
    (file,) = store.files
    cached = user_cache() / "imdb" / f"words-{FORMAT}-{file.sha256[:16]}"
    found = _cached(cached)
    if found is None:
        file.check(archive)
        found = read_archive(archive)
        _keep(cached, *found)
    train, test, lexicon = found
    return with_valid("imdb", train, None, test, lexicon, CLASSES, seed)


def location() -> Path | None:
    """The folder where one of the archives lies."""
    return LABELLED.location() or OFFICIAL.location()


def fetch() -> Path:
    """Get the official archive unless one of the two is here."""
    return LABELLED.location() or OFFICIAL.fetch()


def read_archive(archive: Path) -> tuple[Texts, Texts, tuple[str, ...]]:
    """The reviews of train and test, negative before positive ones, and all their words.

    Nothing is unpacked to disk. Raises `DataError`, naming the archive, if it is damaged or lacks a class, and naming
    the member too if that is empty, too long or not UTF-8.
    """
    reviews: dict[tuple[str, str], list[tuple[str, str, int]]] = {
        (part, c): [] for part in PARTS for c in CLASSES
    }
    for part, name, member, text in _members(archive):
        reviews[part, name].append((f"{archive}: its member {member}", text, CLASSES.index(name)))
    for (part, name), texts in reviews.items():
        if not texts:
            raise DataError(f"{archive}: holds no aclImdb/{part}/{name}/*.txt; fetch it again")
    lexicon: dict[str, int] = {}
    train, test = (
        as_texts((text for name in CLASSES for text in reviews[part, name]), lexicon) for part in PARTS
    )
    return train, test, tuple(lexicon)


def _members(archive: Path) -> Iterator[tuple[str, str, str, str]]:
    """Part, class, name and text of each review."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                match = MEMBER.fullmatch(member.name)
                if match is None or not member.isreg():
                    continue
                if member.size > LONGEST:
                    raise DataError(
                        f"{archive}: its member {member.name} is too long for a review; fetch it again"
                    )
                source = tar.extractfile(member)
                assert source is not None
                try:
                    text = source.read().decode()
                except UnicodeDecodeError as error:
                    raise DataError(
                        f"{archive}: its member {member.name} is not UTF-8; fetch it again"
                    ) from error
                yield match[1], match[2], member.name, text
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
        raise DataError(f"{archive}: cannot be unpacked ({in_one_line(error)}); fetch it again") from error


def _cached(path: Path) -> tuple[Texts, Texts, tuple[str, ...]] | None:
    """What `_keep` wrote, or None where that is missing or has changed by a byte."""
    try:
        with path.open("rb") as file:
            digest, content = file.read(DIGEST), file.read(LARGEST + 1)
    except OSError:
        return None
    if len(content) > LARGEST or hashlib.sha256(content).digest() != digest:
        return None
    held = safetensors.numpy.load(content)
    train, test = (Texts(*(held[f"{part}_{field}"] for field in FIELDS)) for part in PARTS)
    return train, test, tuple(held["lexicon"].tobytes().decode().split("\n"))


def _keep(path: Path, train: Texts, test: Texts, lexicon: tuple[str, ...]) -> None:
    """Write the words down for the next time, after their digest; a cache that cannot be written is done without."""
    arrays = {
        f"{part}_{field}": getattr(texts, field)
        for part, texts in zip(PARTS, (train, test), strict=True)
        for field in FIELDS
    }
    arrays["lexicon"] = np.frombuffer("\n".join(lexicon).encode(), np.uint8)
    content = safetensors.numpy.save(arrays)
    with suppress(HarmoniumError):
        write_atomically(made(path.parent) / path.name, hashlib.sha256(content).digest() + content)
