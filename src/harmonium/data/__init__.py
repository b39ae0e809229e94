"""Arrays come in: data sets by name, readers for the user's own files, and the cache where they lie."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from harmonium.data.catalogue import CATALOGUE as CATALOGUE
    from harmonium.data.catalogue import Entry as Entry
    from harmonium.data.dataset import Dataset as Dataset
    from harmonium.data.dataset import Split as Split
    from harmonium.data.dataset import check_intensities as check_intensities
    from harmonium.data.dataset import check_standardised as check_standardised
    from harmonium.data.distortion import distorted as distorted
    from harmonium.data.images import intensities as intensities
    from harmonium.data.images import picture_files as picture_files
    from harmonium.data.images import read_images as read_images
    from harmonium.data.loading import load as load
    from harmonium.data.loading import load_music as load_music
    from harmonium.data.loading import load_reviews as load_reviews
    from harmonium.data.loading import load_sentences as load_sentences
    from harmonium.data.matching import with_classes as with_classes
    from harmonium.data.midi import Grid as Grid
    from harmonium.data.midi import read_midi as read_midi
    from harmonium.data.midi import write_midi as write_midi
    from harmonium.data.music import Music as Music
    from harmonium.data.music import Rolls as Rolls
    from harmonium.data.music import midi_files as midi_files
    from harmonium.data.music import read_pieces as read_pieces
    from harmonium.data.music_of_rolls import sampled_on as sampled_on
    from harmonium.data.named_music import is_in_common_key as is_in_common_key
    from harmonium.data.options import CorpusOptions as CorpusOptions
    from harmonium.data.options import DatasetOptions as DatasetOptions
    from harmonium.data.options import Distortion as Distortion
    from harmonium.data.options import ReviewsOptions as ReviewsOptions
    from harmonium.data.options import SplitOptions as SplitOptions
    from harmonium.data.pictures import read_pictures as read_pictures
    from harmonium.data.preparation import Preparation as Preparation
    from harmonium.data.reviews import Reviews as Reviews
    from harmonium.data.reviews import Texts as Texts
    from harmonium.data.reviews import as_texts as as_texts
    from harmonium.data.reviews import tokens as tokens
    from harmonium.data.rows import known_columns as known_columns
    from harmonium.data.rows import read_rows as read_rows
    from harmonium.data.rows import scaled_rows as scaled_rows
    from harmonium.data.sentences import Corpus as Corpus
    from harmonium.data.sentences import Sentences as Sentences
    from harmonium.data.sentences import as_arrays as as_arrays
    from harmonium.data.sentences import as_known as as_known
    from harmonium.data.sources import looks_like_a_path as looks_like_a_path
    from harmonium.data.text import UNKNOWN as UNKNOWN
    from harmonium.data.text import Vocabulary as Vocabulary
    from harmonium.data.text import read_text as read_text
    from harmonium.data.three_splits import ThreeSplits as ThreeSplits
    from harmonium.data.understood import Reading as Reading
    from harmonium.data.understood import Understood as Understood
else:
    __getattr__, __dir__, __all__ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "catalogue": ["CATALOGUE", "Entry"],
            "dataset": ["Dataset", "Split", "check_intensities", "check_standardised"],
            "distortion": ["distorted"],
            "images": ["intensities", "picture_files", "read_images"],
            "loading": ["load", "load_music", "load_reviews", "load_sentences"],
            "matching": ["with_classes"],
            "midi": ["Grid", "read_midi", "write_midi"],
            "music": ["Music", "Rolls", "midi_files", "read_pieces"],
            "music_of_rolls": ["sampled_on"],
            "named_music": ["is_in_common_key"],
            "options": ["CorpusOptions", "DatasetOptions", "Distortion", "ReviewsOptions", "SplitOptions"],
            "pictures": ["read_pictures"],
            "preparation": ["Preparation"],
            "reviews": ["Reviews", "Texts", "as_texts", "tokens"],
            "rows": ["known_columns", "read_rows", "scaled_rows"],
            "sentences": ["Corpus", "Sentences", "as_arrays", "as_known"],
            "sources": ["looks_like_a_path"],
            "text": ["UNKNOWN", "Vocabulary", "read_text"],
            "three_splits": ["ThreeSplits"],
            "understood": ["Reading", "Understood"],
        },
    )
