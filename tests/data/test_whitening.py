from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA

from harmonium import data
from harmonium.data import Split
from harmonium.data.whitening import contrast_normalised, fit_whitening, whitened
from harmonium.errors import DataError


@pytest.fixture
def rows():
    generator = np.random.default_rng(0)
    return generator.normal(size=(2000, 6)) @ generator.normal(size=(6, 6)) * 3 + 5


@pytest.mark.parametrize("kind", ["pca", "zca"])
def test_white_data_have_unit_covariance_and_zero_mean(rows, kind):
    z = fit_whitening(rows, kind=kind, variance=1.0).whiten(rows)

    np.testing.assert_allclose(np.cov(z.T), np.eye(6), atol=1e-4)
    np.testing.assert_allclose(z.mean(0), 0, atol=1e-5)


@pytest.mark.parametrize("kind", ["pca", "zca"])
def test_restoring_is_the_inverse_where_all_variance_is_kept(rows, kind):
    whitening = fit_whitening(rows, kind=kind, variance=1.0)

    np.testing.assert_allclose(whitening.restore(whitening.whiten(rows)), rows, atol=1e-4)


@pytest.mark.parametrize("kind", ["pca", "zca"])
def test_less_variance_is_restored_as_its_best_approximation(rows, kind):
    pca = PCA(n_components=0.9, svd_solver="full").fit(rows)

    whitening = fit_whitening(rows, kind=kind, variance=0.9)

    best = pca.inverse_transform(pca.transform(rows))
    np.testing.assert_allclose(whitening.restore(whitening.whiten(rows)), best, atol=1e-4)


def test_pca_agrees_with_scikit_learn_up_to_signs(rows):
    expected = PCA(n_components=0.9, svd_solver="full", whiten=True).fit_transform(rows)

    z = fit_whitening(rows, variance=0.9).whiten(rows)

    np.testing.assert_allclose(np.abs(z), np.abs(expected), atol=1e-4)


def test_zca_changes_the_data_least_of_all_whitenings(rows):
    pca, zca = (fit_whitening(rows, kind=kind, variance=1.0) for kind in ("pca", "zca"))

    moved = [np.square(w.whiten(rows) - (rows - rows.mean(0))).sum() for w in (pca, zca)]

    assert moved[1] < moved[0]
    np.testing.assert_allclose(zca.forward, zca.forward.T, atol=1e-6)


def test_a_direction_without_variance_is_left_out(rows):
    doubled = np.concatenate([rows, rows[:, :1]], axis=1)

    z = fit_whitening(doubled, variance=1.0).whiten(doubled)

    assert z.shape == (2000, 6)
    assert np.abs(z).max() < 10


@pytest.mark.parametrize("same", [np.ones((5, 3)), np.ones((1, 3))])
def test_data_without_any_difference_are_refused(same):
    with pytest.raises(DataError, match="without any difference"):
        fit_whitening(same)


def test_held_out_sets_are_whitened_as_the_training_set():
    digits = contrast_normalised(data.load("digits"))

    whitening = fit_whitening(digits.train.x, variance=0.95)
    white = whitened(digits, whitening)

    expected = whitening.whiten(digits.test.x)
    np.testing.assert_array_equal(white.test.x, expected)
    assert white.sizes == digits.sizes
    np.testing.assert_allclose(np.cov(white.train.x.T), np.eye(white.shape[0]), atol=1e-3)


def test_examples_of_another_size_are_refused(rows):
    with pytest.raises(DataError, match="64 values; the whitening is of 6"):
        whitened(contrast_normalised(data.load("digits")), fit_whitening(rows))


def test_normalised_contrast_is_that_of_no_light_and_no_gain():
    patches = data.load("patches")
    x = patches.train.x[:50].astype(np.float32) / 256
    bright = replace(
        patches, train=Split(x, patches.train.y[:50]), test=Split(0.5 * x + 0.4, patches.train.y[:50])
    )

    normal = contrast_normalised(bright)

    np.testing.assert_allclose(normal.train.x.mean(1), 0, atol=1e-5)
    np.testing.assert_allclose(normal.train.x.std(1), 1, atol=0.06)
    np.testing.assert_allclose(normal.test.x, normal.train.x, rtol=0.1, atol=0.02)


def test_an_image_of_one_grey_is_normalised_to_zero():
    digits = data.load("digits")
    blank = Split(np.full((3, 8, 8), 0.3, np.float32), np.zeros(3, np.int32))

    assert np.abs(contrast_normalised(replace(digits, test=blank)).test.x).max() < 1e-4


def test_patches_lie_in_the_photos_and_no_pixel_is_in_two_splits():
    from sklearn.datasets import load_sample_image

    patches = data.load("patches")

    assert patches.sizes == {"train": 50_000, "valid": 5_000, "test": 5_000}
    assert patches.shape == (16, 16)
    assert min(split.x.std((1, 2)).min() for split in patches.splits.values()) > 10
    photo = np.rint(load_sample_image("flower.jpg") @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(photo, (16, 16))
    for name, (left, right) in {"train": (0, 457), "valid": (457, 549), "test": (549, 640)}.items():
        split = patches.splits[name]
        first = split.x[split.y == 1][0]
        where = np.argwhere((windows == first).all((2, 3)))
        assert len(where) > 0
        assert all(left <= column and column + 16 <= right for _, column in where)
