"""Pictures from arrays and from finished runs, never from inside a training loop."""

from harmonium.figures.classification import confusion_matrix, mistakes
from harmonium.figures.comparison import compared_curves, side_by_side
from harmonium.figures.curves import learning_curves
from harmonium.figures.filters import filtered, filters, image_rows
from harmonium.figures.music import piano_rolls
from harmonium.figures.samples import animation, samples
from harmonium.figures.sound import write_wav
from harmonium.figures.tiles import tile_images
from harmonium.figures.trajectories import trajectories
from harmonium.figures.words import neighbours, word_map

__all__ = [
    "animation",
    "compared_curves",
    "confusion_matrix",
    "filtered",
    "filters",
    "image_rows",
    "learning_curves",
    "mistakes",
    "neighbours",
    "piano_rolls",
    "samples",
    "side_by_side",
    "tile_images",
    "trajectories",
    "word_map",
    "write_wav",
]
