"""Arrays come in: data sets by name, readers for the user's own files, and the cache where they lie."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harmonium.data.catalogue import CATALOGUE, Entry
    from harmonium.data.dataset import Dataset, Split, check_intensities
    from harmonium.data.images import intensities, picture_files, read_images
    from harmonium.data.loading import load, load_music, load_reviews, load_sentences
    from harmonium.data.midi import Grid, read_midi, write_midi
    from harmonium.data.music import Music, Rolls, is_in_common_key, midi_files, read_pieces, sampled_on
    from harmonium.data.options import CorpusOptions, DatasetOptions, ReviewsOptions, SplitOptions
    from harmonium.data.pictures import read_pictures
    from harmonium.data.preparation import Preparation
    from harmonium.data.reviews import Reviews, Texts, as_texts, tokens
    from harmonium.data.rows import read_rows
    from harmonium.data.sentences import Corpus, Sentences, as_arrays, as_known
    from harmonium.data.sources import looks_like_a_path
    from harmonium.data.text import UNKNOWN, Vocabulary, read_text
    from harmonium.data.three_splits import ThreeSplits
    from harmonium.data.understood import Reading, Understood

__all__ = [
    "CATALOGUE",
    "UNKNOWN",
    "Corpus",
    "CorpusOptions",
    "Dataset",
    "DatasetOptions",
    "Entry",
    "Grid",
    "Music",
    "Preparation",
    "Reading",
    "Reviews",
    "ReviewsOptions",
    "Rolls",
    "Sentences",
    "Split",
    "SplitOptions",
    "Texts",
    "ThreeSplits",
    "Understood",
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
    "looks_like_a_path",
    "midi_files",
    "picture_files",
    "read_images",
    "read_midi",
    "read_pictures",
    "read_pieces",
    "read_rows",
    "read_text",
    "sampled_on",
    "tokens",
    "write_midi",
]

# Where each name is to be looked for, the cheapest to import first.
ROOMS = (
    *(
        "options",
        "preparation",
        "understood",
        "text",
        "dataset",
        "three_splits",
        "sentences",
        "reviews",
        "images",
    ),
    *("midi", "music", "catalogue", "pictures", "rows", "sources", "loading"),
)


def __getattr__(name: str) -> Any:
    # NumPy takes a tenth of a second to import; settings and help, which name data, must not wait for it.
    if name in __all__:
        for room in ROOMS:
            if name in vars(module := import_module(f"{__name__}.{room}")):
                return vars(module)[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
