import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmonium.errors import DataError
from harmonium.figures import tile_images

sides, gaps = st.integers(1, 5), st.integers(0, 3)


def stretched(image):
    image = image - image.min()
    return image / (image.max() + 1e-8)


def slow(x, image_shape, tile_shape, spacing, scale, pixels):
    (height, width), (rows, columns), (down, across) = image_shape, tile_shape, spacing
    size = (rows * (height + down) - down, columns * (width + across) - across)
    picture = np.zeros(size, np.uint8 if pixels else x.dtype)
    for row in range(rows):
        for column in range(columns):
            number = row * columns + column
            if number < len(x):
                image = x[number].reshape(height, width)
                image = stretched(image) if scale else image
                top, left = row * (height + down), column * (width + across)
                for i in range(height):
                    for j in range(width):
                        value = image[i, j]
                        picture[top + i, left + j] = int(value * 255) if pixels else value
    return picture


@given(
    st.tuples(sides, sides),
    st.tuples(sides, sides),
    st.tuples(gaps, gaps),
    st.integers(1, 30),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**31),
)
def test_the_picture_is_that_of_a_double_loop(image, tiles, spacing, number, scale, pixels, flat, seed):
    x = np.random.default_rng(seed).random((number, image[0] * image[1]))
    given_x = x if flat else x.reshape(number, *image)
    picture = tile_images(
        given_x, image, tiles, spacing, scale_rows_to_unit_interval=scale, output_pixel_values=pixels
    )
    expected = slow(x, image, tiles, spacing, scale, pixels)
    assert picture.dtype == expected.dtype
    np.testing.assert_array_equal(picture, expected)


@given(
    st.lists(st.booleans(), min_size=4, max_size=4).filter(any),
    st.tuples(gaps, gaps),
    st.integers(1, 8),
    st.booleans(),
    st.booleans(),
)
def test_each_channel_is_a_picture_of_its_own(there, spacing, number, scale, pixels):
    rng = np.random.default_rng(number)
    channels = tuple(rng.random((number, 6)) if yes else None for yes in there)
    picture = tile_images(
        channels, (2, 3), (3, 2), spacing, scale_rows_to_unit_interval=scale, output_pixel_values=pixels
    )
    assert picture.shape == (3 * 2 + 2 * spacing[0], 2 * 3 + spacing[1], 4)
    assert picture.dtype == (np.uint8 if pixels else np.float64)
    for i, channel in enumerate(channels):
        if channel is not None:
            expected = slow(channel, (2, 3), (3, 2), spacing, scale, pixels)
            np.testing.assert_array_equal(picture[..., i], expected)
        else:
            assert (picture[..., i] == (0 if i < 3 else 255 if pixels else 1)).all()


def test_a_constant_image_is_black():
    x = np.stack([np.full(4, 7.0), np.array([0, 1, 2, 4.0])])
    picture = tile_images(x, (2, 2), (1, 2), output_pixel_values=False)
    np.testing.assert_array_equal(picture[:, :2], np.zeros((2, 2)))
    np.testing.assert_allclose(picture[:, 2:], [[0, 0.25], [0.5, 1]], rtol=1e-6)


def test_integers_are_stretched_too():
    x = np.array([[10, 20, 30, 250]], np.uint8)
    assert tile_images(x, (2, 2), (1, 1)).tolist() == [[0, 10], [21, 255]]


def test_float32_stays_float32():
    x = np.random.default_rng(0).random((2, 4)).astype(np.float32)
    assert tile_images(x, (2, 2), (1, 2), output_pixel_values=False).dtype == np.float32


@pytest.mark.parametrize("scale", [False, True])
def test_the_input_is_left_as_it_was(scale):
    x = np.random.default_rng(0).random((3, 4))
    before = x.copy()
    picture = tile_images(x, (2, 2), (2, 2), scale_rows_to_unit_interval=scale, output_pixel_values=False)
    picture[...] = 9
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("shape", [(3, 5), (3, 2, 3), (3,)])
def test_images_of_another_size_are_refused(shape):
    with pytest.raises(DataError, match=r"images of shape .* cannot be laid out as tiles of 2x2"):
        tile_images(np.zeros(shape), (2, 2), (2, 2))


def test_a_channel_of_another_size_is_refused():
    with pytest.raises(DataError, match=r"images of shape \(5,\) cannot be laid out as tiles of 2x2"):
        tile_images((np.zeros((3, 4)), np.zeros((3, 5)), None, None), (2, 2), (2, 2))


def test_four_times_nothing_is_refused():
    with pytest.raises(DataError, match=r"four arrays .*at least one of them not None"):
        tile_images((None, None, None, None), (2, 2), (2, 2))
