"""Numbers of any kind and range as models take them."""

import numpy as np
import pytest

from harmonium import data
from harmonium.data import DatasetOptions
from harmonium.data.sharing import ToScore
from harmonium.errors import DataError

RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, (60, 6, 5)).astype(np.uint8)
ROWS = RNG.normal([5, -3, 1e6], [2, 0.1, 1e5], (60, 3))
Y = np.arange(60) % 2


def load(x, *, real=False, **options):
    return data.load((x, Y), real=real, options=DatasetOptions(**options))


def together(dataset):
    return np.concatenate([split.x for split in dataset.splits.values()])


def test_bytes_stay_bytes_also_as_other_integers_or_whole_floats():
    for x in (BYTES, BYTES.astype(int), BYTES.astype(float)):
        found = load(x)
        assert found.train.x.dtype == np.uint8
        assert found.checksum == load(BYTES).checksum
        assert found.preparation.bytes


def test_black_and_white_of_any_kind_are_zero_and_one():
    for x in (BYTES > 99, (BYTES > 99).astype(np.uint8), (BYTES > 99).astype(float)):
        found = load(x)
        assert found.train.x.dtype == np.float32
        assert set(np.unique(found.train.x)) == {0, 1}


def test_a_hair_over_one_is_one():
    found = load((BYTES / 255).astype(np.float32) * np.float32(1.0000001))
    assert found.train.x.max() == 1
    assert not found.preparation.offsets


def test_pictures_of_another_range_are_brought_to_it_by_the_training_set():
    x = BYTES / 127.5 - 1
    found = load(x)
    np.testing.assert_allclose(np.sort(together(found), None), np.sort(BYTES / 255, None), atol=0.01)
    assert found.train.x.min() == 0
    assert found.train.x.max() == 1
    assert together(found).max() <= 1
    np.testing.assert_array_equal(load(x, real=True).train.x.min(), np.float32(x[np.isin(x, x)].min()))


@pytest.mark.parametrize("real", [True, False])
def test_real_numbers_up_to_255_are_intensities(real):
    x = (BYTES * 0.9).astype(np.float32)
    found = load(x, real=real)
    assert found.train.x.dtype == np.float32
    assert 0.85 < found.train.x.max() <= 1
    if real:
        assert together(found).max() == pytest.approx(x.max() / 255)
        assert found.preparation.in_words() == ("divided by 255",)
        (note,) = [
            note for note in found.reading.notes if "are taken for intensities, of which 255 is white" in note
        ]
        assert f"up to {x.max():.6g}" in note


def test_pictures_of_a_scale_that_no_model_learns_from_are_standardised_as_a_whole():
    found = load(BYTES * 4.3 - 1000, real=True)
    assert abs(found.train.x.mean()) < 1e-5
    assert found.train.x.std() == pytest.approx(1)


@pytest.mark.parametrize("x", [BYTES / 127.5 - 1, (BYTES - BYTES.mean()) / BYTES.std(), BYTES / 25.1])
def test_pictures_on_another_small_scale_stay_and_that_is_said(x):
    found = load(x, real=True)
    assert found.preparation.real
    np.testing.assert_allclose(np.sort(together(found), None), np.sort(x, None), rtol=1e-5)
    (note,) = [note for note in found.reading.notes if "taken as they are" in note]
    assert f"go from {x.min():.4g} to {x.max():.4g}" in note
    assert not load(x, real=True, scale="none").reading.notes


def test_new_pictures_are_on_the_scale_of_a_run_on_real_intensities():
    x = (BYTES * 0.99).astype(np.float32)
    how = load(x, real=True).preparation
    again = data.load((x, Y), real=True, preparation=how, splits=ToScore())
    np.testing.assert_allclose(np.sort(again.test.x, None), np.sort(x / 255, None), rtol=1e-5)
    with pytest.raises(DataError, match="holds values 0 to 1, and the run learned from values from 0 to 255"):
        data.load((BYTES / 255, Y), real=True, preparation=how, splits=ToScore())


PARTED = {
    "fractions beside intensities": (BYTES.astype(np.float32), BYTES / np.float32(255), "0 to 1", "0 to 255"),
    "intensities beside fractions": (BYTES / 255, BYTES.astype(float), "0 to 255", "0 to 1"),
    "standardised beside fractions": (BYTES / 255, BYTES / 127.5 - 1, "-1 to 1", "0 to 1"),
    "fractions beside standardised": (BYTES / 127.5 - 1, BYTES / 255, "0 to 1", "-1 to 1"),
    "bytes of 0 and 1 beside bytes": (BYTES, BYTES // 200, "0 to 1", "0 to 255"),
    "rows": (ROWS, ROWS * 100, ".*", ".*"),
}


@pytest.mark.parametrize("part", ["valid", "test"])
@pytest.mark.parametrize(("train", "other", "its", "own"), PARTED.values(), ids=PARTED)
def test_splits_on_different_scales_are_refused(train, other, its, own, part):
    given = {"x_train": train, "y_train": Y, f"x_{part}": other, f"y_{part}": Y}
    for real in (True, False):
        with pytest.raises(
            DataError, match=f"the numbers of {part} go from {its}, and those of train from {own};"
        ):
            data.load(given, real=real)
        assert data.load(given | {f"x_{part}": train[::-1]}, real=real).sizes[part] == 60


def test_splits_that_differ_as_splits_do_are_taken():
    few = {"x_train": BYTES, "y_train": Y, "x_test": BYTES[:5] // 100, "y_test": Y[:5]}
    assert data.load(few).sizes["test"] == 5
    sparse = (RNG.random((60, 40)) < 0.03) * RNG.integers(1, 1000, (60, 40))
    given = {"x_train": sparse, "y_train": Y, "x_test": np.minimum(sparse, 3)[:20], "y_test": Y[:20]}
    assert data.load(given, real=True).sizes["test"] == 20


def test_rows_of_any_range_are_standardised_by_the_training_set_for_models_of_real_values():
    found = load(ROWS, real=True)
    np.testing.assert_allclose(found.train.x.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(found.train.x.std(0), 1, atol=1e-5)
    assert abs(found.test.x.mean(0)).max() > 1e-3  # not by its own
    offsets, scales = np.array(found.preparation.offsets), np.array(found.preparation.scales)
    np.testing.assert_allclose(np.sort(together(found) * scales + offsets, 0), np.sort(ROWS, 0), rtol=1e-5)


def test_rows_of_any_range_are_brought_to_0_to_1_for_models_that_need_it():
    found = load(ROWS)
    np.testing.assert_allclose(found.train.x.min(0), 0)
    np.testing.assert_allclose(found.train.x.max(0), 1)
    assert together(found).min() >= 0
    assert together(found).max() <= 1


def test_a_column_without_variation_stays_finite():
    x = np.concatenate([ROWS, np.full((60, 1), 7.0)], 1)
    assert (load(x, real=True).train.x[:, 3] == 0).all()


def test_the_scale_may_be_asked_for():
    assert load(BYTES // 16, scale="none").train.x.max() == 15
    dark = load(BYTES // 16, scale="unit")
    assert dark.train.x.max() == 1
    assert dark.train.x.dtype == np.float32
    standard = load(BYTES, scale="standardise")
    assert abs(standard.train.x.mean()) < 1e-5
    np.testing.assert_array_equal(
        np.sort(together(load(ROWS, scale="none")), 0), np.sort(ROWS, 0).astype(np.float32)
    )


@pytest.mark.parametrize(
    ("x", "gist"),
    [
        (BYTES // 16, "whole numbers 0 to 15, at most a sixteenth of 0..255.* --scale unit"),
        ((BYTES // 16).astype(float), "whole numbers 0 to 15, at most a sixteenth"),
        (BYTES / 255**2, "at most a sixteenth: nearly black. Divide them by"),
        (np.full((60, 4, 4), 200, np.uint8), "holds the number 200 alone"),
        (BYTES.astype(int) * 300, "whole numbers 0 to 76500; bring them to 0..255"),
    ],
)
def test_pictures_in_which_nothing_can_be_seen_are_refused(x, gist):
    with pytest.raises(DataError, match=gist):
        load(x)


def test_channels_are_found_wherever_they_are():
    colour = np.stack([BYTES, 255 - BYTES, BYTES // 2], -1)
    for x in (
        colour,
        np.moveaxis(colour, -1, 1),
        np.concatenate([colour, np.full_like(colour[..., :1], 255)], -1),
    ):
        assert load(x).checksum == load(colour).checksum
    for x in (BYTES[..., None], BYTES[:, None]):
        assert load(x).checksum == load(BYTES).checksum
    assert load(np.moveaxis(colour, 0, -1)).checksum == load(colour).checksum
