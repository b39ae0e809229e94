"""Arrays come in: data sets by name, readers for the user's own files, and the cache where they lie."""

from harmonium.data.catalogue import CATALOGUE, Entry, load
from harmonium.data.dataset import Dataset, Split, check_intensities
from harmonium.data.images import intensities, picture_files, read_images

__all__ = [
    "CATALOGUE",
    "Dataset",
    "Entry",
    "Split",
    "check_intensities",
    "intensities",
    "load",
    "picture_files",
    "read_images",
]
