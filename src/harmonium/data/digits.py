"""The 1,797 small digits that scikit-learn bundles: real data with no download."""

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from harmonium.data.dataset import Dataset, Split, checked_dataset
from harmonium.data.splits import shuffled_split
from harmonium.errors import DataError

FILE = "digits.csv.gz"


def load_digits(seed: int) -> Dataset:
    """float32 images (8, 8), the bundled 0..16 divided by 16 (exact), cut 1,285 / 256 / 256 by `seed`.

    Alpaydin and Kaynak 1998, "Optical Recognition of Handwritten Digits", UCI; their test part.
    """
    folder = location()
    if folder is None:
        raise DataError(
            "scikit-learn lacks its file digits.csv.gz; run: pip install --force-reinstall scikit-learn"
        )
    with gzip.open(
        folder / FILE, "rt"
    ) as lines:  # read here, since to import scikit-learn takes longer than to train
        table = np.loadtxt(lines, delimiter=",")
    rows = Split((table[:, :-1].reshape(-1, 8, 8) / 16).astype(np.float32), table[:, -1].astype(np.int32))
    return checked_dataset("digits", *shuffled_split(rows, seed=seed, where="digits"), tuple("0123456789"))


def location() -> Path | None:
    """The folder of the installed scikit-learn that holds the file."""
    spec = find_spec("sklearn")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "datasets" / "data"
    return folder if (folder / FILE).is_file() else None
