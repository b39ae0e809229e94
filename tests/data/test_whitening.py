import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA

from harmonium import data
from harmonium.data import Preparation
from harmonium.data.options import DatasetOptions
from harmonium.data.whitening import contrast_normalised, fit_whitening
from harmonium.errors import ConfigError, DataError


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


@pytest.mark.parametrize("kind", ["pca", "zca"])
def test_the_map_is_that_of_numpys_eigenvectors(rows, kind):
    values, vectors = np.linalg.eigh(np.cov(rows.T))
    whole = vectors / np.sqrt(values)
    expected = whole[:, ::-1] if kind == "pca" else whole @ vectors.T

    found = fit_whitening(rows, kind=kind).forward

    signs = np.sign((found * expected).sum(0)) if kind == "pca" else 1
    np.testing.assert_allclose(found * signs, expected, atol=1e-5)


def whitened(source, **options):
    return data.load(source, real=True, options=DatasetOptions(**options))


@pytest.mark.parametrize("kind", ["pca", "zca"])
def test_held_out_sets_are_whitened_as_the_training_set(kind):
    digits, white = data.load("digits"), whitened("digits", whiten=kind, variance=0.95)

    x = data.intensities(digits.train.x).reshape(len(digits.train), -1)
    pca = PCA(n_components=0.95, svd_solver="full", whiten=True).fit(x)
    other = pca.transform(data.intensities(digits.test.x).reshape(len(digits.test), -1))
    if kind == "zca":
        np.testing.assert_allclose(white.test.x.reshape(len(other), -1), other @ pca.components_, atol=1e-3)
        assert white.shape == (8, 8)
    else:
        np.testing.assert_allclose(np.abs(white.test.x), np.abs(other), atol=1e-3)
        np.testing.assert_allclose(np.cov(white.train.x.T), np.eye(white.shape[0]), atol=1e-3)
    assert white.sizes == digits.sizes
    assert white.checksum == digits.checksum
    assert white.as_seen.test.x is not white.test.x
    np.testing.assert_array_equal(white.as_seen.test.x, digits.test.x)


def test_what_was_done_is_said():
    said = "\n".join(whitened("digits", whiten="zca").understood.lines())

    assert "grey pictures 8x8" in said
    directions = PCA(n_components=0.99, svd_solver="full").fit(
        data.load("digits").train.x.reshape(-1, 64) / 256
    )
    assert f"whitened by ZCA in the {directions.n_components_} of 64 directions that hold 99" in said


def test_rows_keep_all_their_directions_and_pictures_most(rows):
    small = np.random.default_rng(1).normal(size=(len(rows), 1)) * 1e-2
    wide = np.concatenate([rows, small], axis=1)

    assert fit_whitening(wide).forward.shape == (7, 7)
    assert fit_whitening(wide.reshape(-1, 7, 1)).forward.shape[1] < 7


def test_the_record_of_a_run_makes_the_same_whitening(rows):
    known = replace(Preparation(), whitening=fit_whitening(rows, kind="zca"))

    again = Preparation.from_dict(through_json(known))

    np.testing.assert_array_equal(again.whitened(rows), known.whitened(rows))
    assert again.in_words() == known.in_words()


def through_json(known):
    content = json.loads(json.dumps(known.as_dict()))
    return content | {"whitening": content["whitening"] | known.arrays}


@pytest.mark.parametrize("name", ["mean", "forward", "backward", "kind", "shape"])
@pytest.mark.parametrize("damage", ["gone", "other"])
def test_a_damaged_record_is_refused(rows, name, damage):
    content = through_json(replace(Preparation(), whitening=fit_whitening(rows, kind="zca")))
    content["whitening"].pop(name)
    if damage == "other":
        content["whitening"][name] = np.zeros(5, np.float32)

    with pytest.raises(DataError, match="damaged"):
        Preparation.from_dict(content)


def test_examples_of_another_size_are_refused(rows):
    with pytest.raises(DataError, match="64 values; the whitening is of 6"):
        fit_whitening(rows).whiten(data.load("digits").test.x)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"whiten": "zca", "variance": 0.0}, "--variance 0"),
        ({"whiten": "zca", "variance": 1.5}, "--variance 1.5"),
        ({"variance": 0.5}, "--variance goes with --whiten"),
        ({"contrast": True}, "--contrast goes with --whiten"),
    ],
)
def test_settings_without_meaning_are_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        whitened("digits", **options)


def test_a_model_of_intensities_refuses_white_numbers():
    with pytest.raises(ConfigError, match="--visible gaussian"):
        data.load("digits", options=DatasetOptions(whiten="zca"))


def test_a_covariance_that_would_be_too_large_is_refused():
    with pytest.raises(DataError, match=r"12,288 values.* 36 pixels"):
        fit_whitening(np.zeros((3, 64, 64, 3), np.uint8))


def test_normalised_contrast_is_that_of_no_light_and_no_gain():
    x = data.load("patches").train.x[:50].reshape(50, -1).astype(np.float32) / 256

    normal = contrast_normalised(x)

    np.testing.assert_allclose(normal.mean(1), 0, atol=1e-5)
    np.testing.assert_allclose(normal.std(1), 1, atol=0.06)
    np.testing.assert_allclose(contrast_normalised(0.5 * x + 0.4), normal, rtol=0.1, atol=0.02)


def test_an_image_of_one_grey_is_normalised_to_zero():
    assert np.abs(contrast_normalised(np.full((3, 64), 0.3, np.float32))).max() < 1e-4


def test_patches_lie_in_the_photos_and_no_pixel_is_in_two_splits():
    from sklearn.datasets import load_sample_image

    patches = data.load("patches")

    assert patches.sizes == {"train": 50_000, "valid": 5_000, "test": 5_000}
    assert patches.shape == (16, 16)
    assert min(split.x.std((1, 2)).min() for split in patches.splits.values()) > 10
    photo = np.rint(load_sample_image("flower.jpg") @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(photo, (16, 16))
    # of each of five bands, 128 pixels wide
    for name, (left, right) in {"train": (0, 91), "valid": (91, 110), "test": (110, 128)}.items():
        split = patches.splits[name]
        first = split.x[split.y == 1][0]
        where = np.argwhere((windows == first).all((2, 3)))
        assert len(where) > 0
        assert all(left <= column % 128 and column % 128 + 16 <= right for _, column in where)


def test_patches_of_all_splits_show_the_same_things():
    """A Gaussian fitted to the training patches finds the others as likely, up to 3 nats; the photos mix alike."""
    patches = data.load("patches")
    x = {
        name: contrast_normalised(split.x.reshape(len(split), -1) / 255)
        for name, split in patches.splits.items()
    }
    values, vectors = np.linalg.eigh(np.cov(x["train"].T))
    whiten = vectors[:, -121:] / np.sqrt(values[-121:])
    energy = {
        name: 0.5 * np.square((of - x["train"].mean(0)) @ whiten).sum(1).mean() for name, of in x.items()
    }
    shares = [split.y.mean() for split in patches.splits.values()]
    assert max(energy.values()) - min(energy.values()) < 3
    assert max(shares) - min(shares) < 0.05
