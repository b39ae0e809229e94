"""The data sets by name, and `load`, which also takes the user's own files."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harmonium.data import digits, mnist, patches
from harmonium.data.cache import Store
from harmonium.data.dataset import Dataset, check_intensities
from harmonium.data.folders import load_folder
from harmonium.data.npz import load_npz
from harmonium.data.pickled import load_pickle
from harmonium.errors import DataError


@dataclass(frozen=True)
class Entry:
    """What there is to know of a data set before it is loaded."""

    description: str
    licence: str
    source: str  # where it would come from, in words
    load: Callable[[int], Any]  # from a seed, which decides the splits where the set has none
    location: Callable[[], Path | None]  # where it lies now
    fetch: Callable[[], Path | None]  # get what is missing; where it lies then


def _stored(store: Store, load: Callable[[int], Any], description: str, licence: str) -> Entry:
    hosts = [address.split("/")[2] for address in store.mirrors]
    source = ", ".join([*hosts, *(name for name, _ in store.others)])
    return Entry(description, licence, source, load, store.location, store.fetch)


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
}


def load(name_or_path: str, *, seed: int = 0, real: bool = False) -> Dataset:
    """Load a data set by its name, or the user's own from an .npz or .pkl(.gz) file or a folder.

    `seed` decides the splits of a set that comes without. Values must be intensities, in [0, 1] or uint8, or with
    `real` any finite numbers. Raises `DataError` for an unknown name, and for anything wrong in the files.
    """
    if entry := CATALOGUE.get(name_or_path):
        found: Dataset = entry.load(seed)
        return found
    dataset = _own(name_or_path, seed)
    if not real:
        check_intensities(dataset)
    return dataset


def _own(name_or_path: str, seed: int) -> Dataset:
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        if mnist.holds_idx(path):
            return mnist.load_idx_folder(path, name_or_path)
        return load_folder(path, name_or_path, seed)
    if path.is_file():
        if path.suffix.lower() == ".npz":
            return load_npz(path, name_or_path, seed)
        if path.name.lower().endswith((".pkl", ".pkl.gz")):
            return load_pickle(path, name_or_path)
        raise DataError(
            f"{path}: is neither .npz nor .pkl.gz nor a folder of pictures; see: harmonium data --help"
        )
    near = difflib.get_close_matches(name_or_path, CATALOGUE, 1)
    raise DataError(
        f"unknown data set {name_or_path!r}{f'; did you mean {near[0]!r}?' if near else ','} the known ones are "
        f"{', '.join(CATALOGUE)}; for your own, give the path of an .npz file or a folder of class-named folders"
    )
