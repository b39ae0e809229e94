"""Distortions of pictures: what strength zero and known maps do, and what chance leaves as it was."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium.data import Distortion, distorted
from harmonium.data.distortion import affine_maps, smooth_fields
from harmonium.errors import ConfigError


def pictures(batch=6, shape=(28, 28)):
    """Blobs well within the border."""
    rows, columns = np.mgrid[:28, :28]
    blobs = [np.exp(-((rows - 12 - n % 3) ** 2 + (columns - 13) ** 2 / 2) / 12) for n in range(batch)]
    x = jnp.asarray(np.stack(blobs), jnp.float32)
    return x if len(shape) == 2 else jnp.stack([x, 0.5 * x, x**2], -1)


ALL = Distortion(shift=1.5, rotation=10, scaling=0.1, shear=10, elastic=0.8)


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 3)])
def test_no_distortion_leaves_pictures_as_they_are(shape):
    x = pictures(shape=shape)
    np.testing.assert_allclose(distorted(x, Distortion(), jax.random.key(0)), x, atol=1e-6)


def test_equal_keys_distort_equally_and_each_picture_in_its_own_way():
    x = jnp.broadcast_to(pictures(1), (5, 28, 28))
    first, again, other = (np.asarray(distorted(x, ALL, jax.random.key(k))) for k in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.05
    assert all(np.abs(first[a] - first[b]).max() > 0.05 for a in range(5) for b in range(a))


@pytest.mark.parametrize(
    "how",
    [ALL, Distortion(shift=2), Distortion(rotation=15), Distortion(shear=10), Distortion(elastic=0.8)],
    ids=["all", "shift", "rotation", "shear", "elastic"],
)
def test_ink_is_neither_made_nor_lost(how):
    x = pictures(60)
    before, after = x.sum((1, 2)), distorted(x, how, jax.random.key(2)).sum((1, 2))
    np.testing.assert_allclose(after.mean() / before.mean(), 1, atol=0.05)
    assert bool((jnp.abs(jnp.log2(after / before)) < 1).all())  # a blob may lie where a field stretches


def test_colours_move_together():
    x, key = pictures(shape=(28, 28, 3)), jax.random.key(3)
    y = distorted(x, ALL, key)
    np.testing.assert_allclose(y[..., 0], distorted(x[..., 0], ALL, key), atol=1e-6)
    np.testing.assert_allclose(y[..., 1], 0.5 * y[..., 0], atol=1e-6)


def test_maps_stay_within_their_bounds_and_fill_them():
    matrix, shift = affine_maps(4000, Distortion(rotation=30, shift=2), jax.random.key(4))
    angle = np.degrees(np.arctan2(matrix[:, 1, 0], matrix[:, 0, 0]))
    assert 29 < np.abs(angle).max() <= 30.001
    assert abs(angle.mean()) < 1
    np.testing.assert_allclose(np.linalg.det(matrix), 1, atol=1e-5)
    assert 1.99 < np.abs(shift).max() <= 2
    stretched, _ = affine_maps(4000, Distortion(scaling=0.2), jax.random.key(5))
    assert 0.8 <= stretched[:, 0, 0].min() < 0.81
    assert 1.19 < stretched[:, 1, 1].max() <= 1.2
    np.testing.assert_array_equal(stretched[:, 0, 1], 0)


def test_every_pixel_of_an_elastic_field_is_a_standard_normal_number():
    fields = np.asarray(smooth_fields(4000, 9, 12, jax.random.key(6)))
    np.testing.assert_allclose(fields.std(0), 1, atol=0.06)
    np.testing.assert_allclose(fields.mean(0), 0, atol=0.08)
    neighbours = np.mean(fields[..., 4, 5] * fields[..., 4, 6])
    sigma = 12 / 7
    np.testing.assert_allclose(
        neighbours, np.exp(-1 / (4 * sigma**2)), atol=0.06
    )  # of a smoothed white noise


def test_a_shift_moves_the_centre_of_ink_by_as_much():
    x, how = pictures(40), Distortion(shift=3)
    _, shift = affine_maps(40, how, jax.random.split(jax.random.key(7))[0])
    y = distorted(x, how, jax.random.key(7))
    rows = jnp.arange(28.0)
    centre = (x.sum(2) @ rows) / x.sum((1, 2)) - (y.sum(2) @ rows) / y.sum((1, 2))
    np.testing.assert_allclose(centre, shift[:, 0], atol=0.1)


@pytest.mark.parametrize(("field", "value"), [("shift", -1.0), ("scaling", 1.0), ("rotation", 181.0)])
def test_senseless_strengths_are_refused_by_name(field, value):
    with pytest.raises(ConfigError, match=f"--{field}"):
        Distortion(**{field: value}).require_sense()
