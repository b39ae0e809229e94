"""Arrays come in: data sets by name, readers for the user's own files, and the cache where they lie."""

from harmonium.data.catalogue import CATALOGUE, Entry, load
from harmonium.data.dataset import Dataset, Split
from harmonium.data.images import intensities, picture_files, read_images

__all__ = ["CATALOGUE", "Dataset", "Entry", "Split", "intensities", "load", "picture_files", "read_images"]
