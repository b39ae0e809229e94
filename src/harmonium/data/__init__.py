"""Arrays come in: data sets by name, readers for the user's own files, and the cache where they lie."""

from harmonium.data.catalogue import CATALOGUE, Entry, load, load_music, load_reviews, load_sentences
from harmonium.data.dataset import Dataset, Split, check_intensities
from harmonium.data.images import intensities, picture_files, read_images
from harmonium.data.midi import Grid, read_midi, write_midi
from harmonium.data.music import Music, Rolls, is_in_common_key, midi_files, read_pieces, sampled_on
from harmonium.data.reviews import Reviews, Texts, as_texts, tokens
from harmonium.data.sentences import Corpus, Sentences, as_arrays, as_known
from harmonium.data.text import UNKNOWN, Vocabulary, read_text

__all__ = [
    "CATALOGUE",
    "UNKNOWN",
    "Corpus",
    "Dataset",
    "Entry",
    "Grid",
    "Music",
    "Reviews",
    "Rolls",
    "Sentences",
    "Split",
    "Texts",
    "Vocabulary",
    "as_arrays",
    "as_known",
    "as_texts",
    "check_intensities",
    "intensities",
    "is_in_common_key",
    "load",
    "load_music",
    "load_reviews",
    "load_sentences",
    "midi_files",
    "picture_files",
    "read_images",
    "read_midi",
    "read_pieces",
    "read_text",
    "sampled_on",
    "tokens",
    "write_midi",
]
