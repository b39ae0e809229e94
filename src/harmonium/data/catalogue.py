"""The data sets by name."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from harmonium.data import atis, digits, imdb, mnist, named_music, patches
from harmonium.data.cache import Store
from harmonium.data.dataset import Dataset
from harmonium.data.music import Music
from harmonium.data.reviews import Reviews
from harmonium.data.sentences import Corpus
from harmonium.errors import DataError

K = TypeVar("K")


@dataclass(frozen=True)
class Entry:
    """What there is to know of a data set before it is loaded."""

    description: str
    licence: str
    source: str  # where it would come from, in words
    load: Callable[
        ..., Any
    ]  # from a seed, which decides the splits where the set has none, and for music a grid
    location: Callable[[], Path | None]  # where it lies now
    fetch: Callable[[], Path | None]  # get what is missing; where it lies then
    kind: type = Dataset  # what `load` returns


def _stored(
    store: Store, load: Callable[..., Any], description: str, licence: str, kind: type = Dataset
) -> Entry:
    hosts = [address.split("/")[2] for address in store.mirrors]
    source = ", ".join([*hosts, *(name for name, _ in store.others)])
    return Entry(description, licence, source, load, store.location, store.fetch, kind)


CATALOGUE: Mapping[str, Entry] = {
    "mnist": _stored(mnist.MNIST, mnist.load_mnist, "70,000 handwritten digits, grey 28x28", "CC BY-SA 3.0"),
    "fashion-mnist": _stored(
        mnist.FASHION_MNIST, mnist.load_fashion_mnist, "70,000 pieces of clothing, grey 28x28", "MIT"
    ),
    "digits": Entry(
        "1,797 handwritten digits, grey 8x8",
        "CC BY 4.0",
        "comes with scikit-learn",
        digits.load_digits,
        digits.location,
        digits.location,
    ),
    "patches": Entry(
        "60,000 patches of two photos, grey 16x16",
        "CC BY 2.0 (Flickr: danielbuechele, vultilion)",
        "comes with scikit-learn",
        patches.load_patches,
        patches.location,
        patches.location,
    ),
    "atis": _stored(
        atis.FOLD_1,
        atis.load_atis,
        "4,978 + 893 questions about flights, words labelled with slots, fold 1 of the book's",
        "from the LDC; not shipped",
        Corpus,
    ),
    "atis-official": _stored(
        atis.OFFICIAL,
        atis.load_official,
        "the same questions, a fifth of the training ones drawn by --seed to validate",
        "from the LDC; not shipped",
        Corpus,
    ),
    "nottingham": _stored(
        named_music.NOTTINGHAM,
        named_music.load_nottingham,
        "1,037 folk tunes as MIDI files",
        "traditional tunes",
        Music,
    ),
    "nottingham-rolls": _stored(
        named_music.NOTTINGHAM_ROLLS,
        named_music.load_nottingham_rolls,
        "the same tunes in C as piano-rolls, a step an eighth note",
        "traditional tunes",
        Music,
    ),
    "piano-midi-rolls": _stored(
        named_music.PIANO_MIDI_ROLLS,
        named_music.load_piano_midi_rolls,
        "124 classical piano pieces as piano-rolls, a step an eighth note",
        "CC BY-SA 3.0 DE, piano-midi.de",
        Music,
    ),
    "jsb-chorales-rolls": _stored(
        named_music.JSB_CHORALES_ROLLS,
        named_music.load_jsb_chorales_rolls,
        "382 of Bach's chorales as piano-rolls, a step a quarter note",
        "in the public domain",
        Music,
    ),
    "musedata-rolls": _stored(
        named_music.MUSEDATA_ROLLS,
        named_music.load_musedata_rolls,
        "783 orchestral and piano pieces as piano-rolls, a step an eighth note",
        "of MuseData, musedata.org, whose terms are its own",
        Music,
    ),
    "imdb": Entry(
        "25,000 + 25,000 film reviews, half of them praise",
        "the reviews belong to their writers; not shipped",
        "ai.stanford.edu",
        imdb.load_imdb,
        imdb.location,
        imdb.fetch,
        Reviews,
    ),
}
CONTENTS: Mapping[type, str] = {
    Dataset: "pictures",
    Corpus: "labelled sentences",
    Reviews: "classified texts",
    Music: "music",
}


def known(name: str, kind: type[K], seed: int, *more: Any) -> K | None:
    """The data set called `name`; raises `DataError` where it is not of that kind."""
    entry = CATALOGUE.get(name)
    if entry is None:
        return None
    if entry.kind is not kind:
        fit = ", ".join(other for other, its in CATALOGUE.items() if its.kind is kind)
        raise DataError(f"{name} holds {CONTENTS[entry.kind]}, but {CONTENTS[kind]} are needed, as in {fit}")
    found: K = entry.load(seed, *more)
    return found


def unknown(name: str, own: str) -> DataError:
    """The error for what is neither a data set nor a path, with the nearest name."""
    if "://" in name:
        return DataError(f"{name}: is an address; download it first, and give the file")
    if Path(name).name != name:
        return DataError(
            f"{name}: there is no such file or folder; give {own}, or the name of a data set (see: harmonium data)"
        )
    near = difflib.get_close_matches(name, CATALOGUE, 1)
    return DataError(
        f"unknown data set {name!r}{f'; did you mean {near[0]!r}?' if near else ','} the known ones are "
        f"{', '.join(CATALOGUE)}; for your own, give the path of {own}"
    )
