"""Arrays come in: data sets by name, readers for the user's own files, and the cache where they lie."""

from harmonium.data.catalogue import CATALOGUE, Entry, load, load_reviews, load_sentences
from harmonium.data.dataset import Dataset, Split, check_intensities
from harmonium.data.images import intensities, picture_files, read_images
from harmonium.data.reviews import Reviews, Texts, as_texts, tokens
from harmonium.data.sentences import Corpus, Sentences, as_arrays, as_known
from harmonium.data.text import UNKNOWN, Vocabulary, read_text

__all__ = [
    "CATALOGUE",
    "UNKNOWN",
    "Corpus",
    "Dataset",
    "Entry",
    "Reviews",
    "Sentences",
    "Split",
    "Texts",
    "Vocabulary",
    "as_arrays",
    "as_known",
    "as_texts",
    "check_intensities",
    "intensities",
    "load",
    "load_reviews",
    "load_sentences",
    "picture_files",
    "read_images",
    "read_text",
    "tokens",
]
