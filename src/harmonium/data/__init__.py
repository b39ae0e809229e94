"""Arrays come in: data sets by name, readers for the user's own files, and the cache where they lie."""

from harmonium.data.catalogue import CATALOGUE, Entry, load
from harmonium.data.dataset import Dataset, Split, check_intensities
from harmonium.data.images import intensities, picture_files, read_images
from harmonium.data.text import UNKNOWN, Vocabulary, read_text

__all__ = [
    "CATALOGUE",
    "UNKNOWN",
    "Dataset",
    "Entry",
    "Split",
    "Vocabulary",
    "check_intensities",
    "intensities",
    "load",
    "picture_files",
    "read_images",
    "read_text",
]
