"""Pictures, made from arrays and from finished runs."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from harmonium.figures.adaptation import warm_up as warm_up
    from harmonium.figures.chains import animation as animation
    from harmonium.figures.chains import samples as samples
    from harmonium.figures.classification import confusion_matrix as confusion_matrix
    from harmonium.figures.classification import mistakes as mistakes
    from harmonium.figures.comparison import compared_curves as compared_curves
    from harmonium.figures.comparison import side_by_side as side_by_side
    from harmonium.figures.curves import learning_curves as learning_curves
    from harmonium.figures.energies import trajectories as trajectories
    from harmonium.figures.examples import histograms as histograms
    from harmonium.figures.examples import tagged as tagged
    from harmonium.figures.examples import texts as texts
    from harmonium.figures.images import filtered as filtered
    from harmonium.figures.images import filters as filters
    from harmonium.figures.images import image_rows as image_rows
    from harmonium.figures.music import piano_rolls as piano_rolls
    from harmonium.figures.settings import scores_by_setting as scores_by_setting
    from harmonium.figures.sound import write_wav as write_wav
    from harmonium.figures.speaking import speaking_columns as speaking_columns
    from harmonium.figures.speaking import speaking_pixels as speaking_pixels
    from harmonium.figures.speaking import speaking_words as speaking_words
    from harmonium.figures.tiles import tile_images as tile_images
    from harmonium.figures.words import neighbours as neighbours
    from harmonium.figures.words import word_map as word_map
else:
    __getattr__, __dir__, __all__ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "chains": ["animation", "samples"],
            "classification": ["confusion_matrix", "mistakes"],
            "comparison": ["compared_curves", "side_by_side"],
            "curves": ["learning_curves"],
            "settings": ["scores_by_setting"],
            "energies": ["trajectories"],
            "examples": ["histograms", "tagged", "texts"],
            "images": ["filtered", "filters", "image_rows"],
            "music": ["piano_rolls"],
            "sound": ["write_wav"],
            "tiles": ["tile_images"],
            "adaptation": ["warm_up"],
            "speaking": ["speaking_columns", "speaking_pixels", "speaking_words"],
            "words": ["neighbours", "word_map"],
        },
    )
