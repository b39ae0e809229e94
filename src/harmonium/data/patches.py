"""Grey patches of the two photos that scikit-learn bundles: natural images with no download."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from harmonium.data.dataset import Dataset, Split, checked_dataset
from harmonium.data.splits import permutation

PHOTOS = ("china", "flower")
SIDE = 16  # pixels
SIZES = {"train": 50_000, "valid": 5_000, "test": 5_000}
EDGES = {"train": (0, 5 / 7), "valid": (5 / 7, 6 / 7), "test": (6 / 7, 1)}  # shares of a photo's width
FLAT = 10  # grey levels; with a smaller deviation a patch is sky or blur, and shows the JPEG's blocks
LUMA = np.array([0.299, 0.587, 0.114])  # grey of red, green and blue (ITU-R BT.601)


def load_patches(seed: int) -> Dataset:
    """uint8 patches (16, 16) in 50,000 / 5,000 / 5,000, from the left, a middle and the right part of each photo.

    No pixel is in two splits, and no patch is almost of one grey. The labels name the photo; `seed` changes nothing.
    """
    from sklearn.datasets import load_sample_image

    photos = [np.rint(load_sample_image(f"{name}.jpg") @ LUMA).astype(np.uint8) for name in PHOTOS]
    train, valid, test = (_cut(photos, *EDGES[name], SIZES[name]) for name in SIZES)
    return checked_dataset("patches", train, valid, test, PHOTOS)


def location() -> Path | None:
    """The folder of the installed scikit-learn that holds the photos."""
    spec = find_spec("sklearn")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "datasets" / "images"
    return folder if folder.is_dir() else None


def _cut(photos: list[np.ndarray], left: float, right: float, count: int) -> Split:
    """`count` different patches at random places between two shares of the photos' width."""
    strips = [photo[:, round(left * photo.shape[1]) : round(right * photo.shape[1])] for photo in photos]
    windows = np.stack([np.lib.stride_tricks.sliding_window_view(strip, (SIDE, SIDE)) for strip in strips])
    detailed = np.argwhere(windows.std((3, 4)) > FLAT)
    photo, row, column = detailed[permutation(len(detailed), 0)[:count]].T
    return Split(windows[photo, row, column], photo.astype(np.int32))
