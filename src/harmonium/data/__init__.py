"""Arrays come in: data sets by name, readers for the user's own files, and the cache where they lie."""

from harmonium.data.catalogue import CATALOGUE, Entry, load
from harmonium.data.dataset import Dataset, Split
from harmonium.data.images import intensities, read_images

__all__ = ["CATALOGUE", "Dataset", "Entry", "Split", "intensities", "load", "read_images"]
