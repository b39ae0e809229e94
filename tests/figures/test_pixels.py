"""Pixels of a figure: as they are, without the floats that would take their memory many times over."""

import tracemalloc

import numpy as np
from PIL import Image

from harmonium.figures import drawing

SIDE = 900  # not enlarged


def test_pixels_are_drawn_as_they_are_in_little_memory(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    drawing.save(drawing.labelled(pixels[:20, :20], "first", "imports"), tmp_path / "first.png", "")
    figure = drawing.labelled(pixels, "title", "caption")
    tracemalloc.start()
    try:
        path = drawing.save(figure, tmp_path / "pixels.png", "")
        assert tracemalloc.get_traced_memory()[1] < 10 * pixels.nbytes
    finally:
        tracemalloc.stop()
    drawn = np.asarray(Image.open(path))[..., :3]
    tops = range(len(drawn) - SIDE + 1)
    assert any((drawn[top : top + SIDE, :SIDE] == pixels).all() for top in tops)
    assert (drawn[0] == 255).all()  # above them stands the title
