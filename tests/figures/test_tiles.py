"""Tiles against an obvious loop (section 15.1), and pictures that open."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from harmonium import figures
from harmonium.errors import DataError
from harmonium.figures.classification import _mistakes_figure
from harmonium.figures.tiles import tile_images


def slow_tiles(x, image_shape, tile_shape, spacing, scale, pixels):
    (height, width), (rows, columns), (down, across) = image_shape, tile_shape, spacing
    out = np.zeros(
        ((height + down) * rows - down, (width + across) * columns - across), np.uint8 if pixels else x.dtype
    )
    for i in range(min(len(x), rows * columns)):
        image = x[i].reshape(height, width)
        if scale:
            image = image - image.min()
            image = image / (image.max() + 1e-8)
        row, column = divmod(i, columns)
        top, left = row * (height + down), column * (width + across)
        out[top : top + height, left : left + width] = image * 255 if pixels else image
    return out


@given(
    st.integers(0, 7),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
    st.booleans(),
    st.booleans(),
)
def test_tiles_are_those_of_the_obvious_loop(number, image_shape, tile_shape, spacing, scale, pixels):
    x = np.random.default_rng(number).random((number, image_shape[0] * image_shape[1]))
    before = x.copy()
    ours = (
        tile_images(
            x, image_shape, tile_shape, spacing, scale_rows_to_unit_interval=scale, output_pixel_values=pixels
        )
        if number
        else tile_images(np.zeros((1, x.shape[1])), image_shape, tile_shape, spacing)
    )
    expected = slow_tiles(x, image_shape, tile_shape, spacing, scale, pixels)
    np.testing.assert_allclose(ours, expected, atol=1)
    np.testing.assert_array_equal(x, before)
    if number and not pixels:
        np.testing.assert_allclose(ours, expected, rtol=1e-12)


def test_four_channels_have_defaults():
    red = np.array([[0.0, 1.0, 0.5, 0.25]])
    picture = tile_images((red, None, None, None), (2, 2), (1, 2), (0, 1))
    assert picture.shape == (2, 5, 4)
    np.testing.assert_array_equal(picture[:2, :2, 0], [[0, 254], [127, 63]])
    assert not picture[..., 1:3].any()
    assert (picture[..., 3] == 255).all()
    floats = tile_images((None, red, None, None), (2, 2), (1, 1), output_pixel_values=False)
    assert (floats[..., 3] == 1).all()
    assert not floats[..., 0].any()


def test_a_constant_image_is_black_and_finite():
    assert not tile_images(np.full((1, 4), 3.0), (2, 2), (1, 1)).any()


def test_wrong_sizes_are_refused():
    with pytest.raises(DataError, match="tiles of 3x3"):
        tile_images(np.zeros((2, 8)), (3, 3), (1, 2))
    with pytest.raises(DataError, match="four arrays"):
        tile_images((None, None, None, None), (3, 3), (1, 2))


def size(path):
    with Image.open(path) as picture:
        return picture.size


RECORDS = [
    {
        "epoch": 1 + i // 2,
        "update": 5 * (i + 1),
        "train": {"nll": 2 / (i + 1)},
        "valid": {"error_rate": 0.9 / (i + 1)},
    }
    for i in range(40)
]


@pytest.mark.parametrize("number", [1, 2, 40])
def test_learning_curves_are_drawn(tmp_path, number):
    records = [*RECORDS[: number - 1], {**RECORDS[number - 1], "test": {"error_rate": 0.01}}]
    assert size(figures.learning_curves(records, tmp_path / "a/b.png", title="t"))[0] > 1000


@pytest.mark.parametrize("classes", [2, 10, 40])
def test_confusions_are_drawn(tmp_path, classes):
    counts = np.random.default_rng(0).integers(0, 5, (classes, classes)) + 50 * np.eye(classes, dtype=int)
    names = [f"class {i}" for i in range(classes)]
    assert size(figures.confusion_matrix(counts, names, tmp_path / "c.png", title="t"))[1] > 500


@pytest.mark.parametrize("shape", [(6, 6), (6, 6, 3)])
def test_mistakes_show_every_error_the_most_confident_first(tmp_path, shape):
    images = np.random.default_rng(0).integers(0, 256, (9, *shape), dtype=np.uint8)
    true = np.array([0, 0, 1, 1, 0, 1, 0, 1, 0])
    chances = np.full((9, 2), 0.5)
    chances[:, 0] = [0.9, 0.2, 0.3, 0.8, 0.6, 0.4, 0.05, 0.1, 0.7]
    chances[:, 1] = 1 - chances[:, 0]
    figure = _mistakes_figure(images, true, chances, ["0", "1"], "t", 60)
    captions = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert captions == ["0 → 1  95%", "0 → 1  80%", "1 → 0  80%"]
    right = np.where(true == 0, 0.9, 0.1)
    none = np.stack([right, 1 - right], 1)
    assert size(figures.mistakes(images, true, none, ["0", "1"], tmp_path / "m.png", title="t"))[0] > 100


@pytest.mark.parametrize("shape", [(20, 5, 5), (7, 5, 5, 3)])
def test_filters_are_enlarged_to_be_seen(tmp_path, shape):
    weights = np.random.default_rng(0).normal(size=shape)
    assert max(size(figures.filters(weights, tmp_path / "f.png"))) >= 480
