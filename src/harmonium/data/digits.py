"""The 1,797 small digits that scikit-learn bundles: real data with no download."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from harmonium.data.dataset import Dataset, Split, checked_dataset
from harmonium.data.splits import shuffled_split


def load_digits(seed: int) -> Dataset:
    """float32 images (8, 8), the bundled 0..16 divided by 16 (exact), cut 1,285 / 256 / 256 by `seed`.

    Alpaydin and Kaynak 1998, "Optical Recognition of Handwritten Digits", UCI; their test part.
    """
    from sklearn.datasets import load_digits as bundled

    digits = bundled()
    rows = Split((digits.images / 16).astype(np.float32), digits.target.astype(np.int32))
    names = tuple(str(name) for name in digits.target_names)
    return checked_dataset("digits", *shuffled_split(rows, seed=seed, where="digits"), names)


def location() -> Path | None:
    """The folder of the installed scikit-learn that holds the file."""
    spec = find_spec("sklearn")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "datasets" / "data"
    return folder if folder.is_dir() else None
