from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harmonium import figures
from harmonium.errors import HarmoniumError
from harmonium.figures import classification, curves
from harmonium.figures.tiles import tile_images

RNG = np.random.default_rng(0)


def opened(path):
    """The pixels of a PNG, which must be a picture and not a blank sheet."""
    with Image.open(path) as image:
        assert image.format == "PNG"
        pixels = np.asarray(image.convert("RGB"))
    assert pixels.min() < pixels.max()
    return pixels


def counts(number):
    return RNG.integers(0, 3, (number, number)) + np.diag(np.full(number, 50))


@pytest.mark.parametrize("number", [2, 10, 40])
def test_a_confusion_matrix_is_drawn(number):
    names = [f"class {i}" if number == 10 else str(i) for i in range(number)]
    path = figures.confusion_matrix(counts(number), names, Path("new/folder/confusion.png"), title="mine")
    height, width, _ = opened(path).shape
    assert 500 < height < width < 2300


@pytest.mark.parametrize("number", [2, 10, 25, 40])
def test_a_confusion_matrix_shows_its_counts_where_they_are_legible(number):
    table = counts(number)
    table[0, 1] = 1234
    figure = classification._confusion_figure(table, [str(i) for i in range(number)], "mine")
    axes = figure.axes[0]
    texts = {text.get_position(): text.get_text() for text in axes.texts}
    if number > 25:
        assert not texts
    else:
        assert texts == {(c, r): f"{table[r, c]:,}" for r, c in np.argwhere(table > 0)}
        assert texts[1, 0] == "1,234"
        assert [label.get_text() for label in axes.get_yticklabels()] == [str(i) for i in range(number)]
    wrong = table.sum() - np.trace(table)
    assert axes.get_title() == f"mine\n{wrong:,} of {table.sum():,} wrong"


def test_a_confusion_matrix_colours_the_share_of_the_errors():
    table = np.array([[6, 2], [1, 3]])
    drawn = classification._confusion_figure(table, "ab", "mine").axes[0].images[0].get_array()
    assert drawn.mask.tolist() == [[True, False], [False, True]]
    assert drawn[0, 1] == 25
    assert drawn[1, 0] == 25


@pytest.mark.parametrize("table", [np.diag([3, 4]), np.zeros((2, 2), int), np.array([[0, 0], [5, 0]])])
def test_a_confusion_matrix_may_be_without_errors_or_examples(table):
    opened(figures.confusion_matrix(table, "ab", Path("confusion.png"), title="mine"))


def answers(number, errors, classes=4):
    """`number` examples of which the first `errors` are taken for the next class, more and more surely."""
    true = np.arange(number) % classes
    taken = np.where(np.arange(number) < errors, (true + 1) % classes, true)
    sure = np.linspace(0.5, 0.9, number)
    probabilities = np.repeat(((1 - sure) / (classes - 1))[:, None], classes, 1)
    probabilities[np.arange(number), taken] = sure
    images = RNG.integers(0, 256, (number, 6, 5), np.uint8)
    return images, true, probabilities


def captions(figure):
    return [axes.get_title() for axes in figure.axes if axes.images]


@pytest.mark.parametrize("errors", [0, 1, 5, 11, 30])
def test_every_mistake_has_its_caption(errors):
    figure = classification._mistakes_figure(*answers(40, errors), "abcd", "mine", 60)
    found = captions(figure)
    assert len(found) == errors
    expected = f"mine: {errors} of 40 wrong" if errors else "mine: no mistakes among 40"
    assert figure.get_suptitle() == expected


def test_the_most_confident_mistakes_come_first():
    images, true, probabilities = answers(40, 8)
    figure = classification._mistakes_figure(images, true, probabilities, "abcd", "mine", 3)
    sure = probabilities.max(1)
    assert captions(figure) == [
        f"{'abcd'[true[i]]} → {'abcd'[(true[i] + 1) % 4]}  {sure[i]:.0%}" for i in (7, 6, 5)
    ]
    shown = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    np.testing.assert_array_equal(shown, images[[7, 6, 5]])
    assert figure.get_suptitle() == "mine: 8 of 40 wrong, the 3 most confident shown"


@pytest.mark.parametrize("errors", [0, 1, 30])
@pytest.mark.parametrize("names", ["abcd", ["T-shirt/top", "Trouser", "Bag", "Ankle boot"]])
def test_mistakes_are_drawn(errors, names):
    path = figures.mistakes(*answers(40, errors), names, Path("mistakes.png"), title="mine")
    height, width, _ = opened(path).shape
    assert 600 < width < 2000
    assert 200 < height < 1000


def test_mistakes_in_colour_are_drawn():
    images, true, probabilities = answers(12, 4)
    figures.mistakes(
        np.stack([images] * 3, -1), true, probabilities, "abcd", Path("mistakes.png"), title="mine"
    )
    opened("mistakes.png")


def record(update, epoch, nll, test=False):
    metrics = {"error_rate": nll / 10, "nll": nll}
    line = {"epoch": epoch, "update": update, "train": {"nll": nll}, "valid": metrics}
    return line | ({"test": metrics} if test else {})


RECORDS = {
    "one": [record(100, 1, 2.0, test=True)],
    "within an epoch": [record(25, 1, 2.0, test=True), record(50, 1, 1.0), record(80, 2, 1.5)],
    "many": [record(100 * n, n, 2 / n, test=n < 50) for n in range(1, 61)],
    "falling far": [record(100 * n, n, 3.0**-n, test=True) for n in range(1, 6)],
    "no test": [record(100, 1, 2.0), record(200, 2, 1.0)],
    "zero": [record(100, 1, 1.0, test=True), record(200, 2, 0.0, test=True)],
}


@pytest.mark.parametrize("kind", RECORDS)
def test_learning_curves_are_drawn(kind):
    path = figures.learning_curves(RECORDS[kind], Path("curves.png"), title="mine")
    height, width, _ = opened(path).shape
    assert (width, height) == (1560, 570)  # two metrics side by side


def test_a_curve_holds_every_record():
    records = RECORDS["many"]
    error, nll = curves._figure(records, "mine").axes
    assert error.get_ylabel() == "error (%)"
    assert nll.get_ylabel() == "negative log-likelihood (nats)"
    lines = {line.get_label(): line for line in nll.lines}
    assert set(lines) == {"train", "valid", "test", "best, epoch 49"}
    for split in ("train", "valid", "test"):
        expected = [(r["epoch"], r[split]["nll"]) for r in records if split in r]
        np.testing.assert_allclose(lines[split].get_xydata(), expected)
    np.testing.assert_allclose(lines["best, epoch 49"].get_xydata(), [(49, 2 / 49)])
    valid = next(line for line in error.lines if line.get_label() == "valid")
    np.testing.assert_allclose(valid.get_ydata(), [20 / n for n in range(1, 61)])  # in per cent


def test_records_within_an_epoch_lie_within_it():
    # Four validations an epoch; a record counts the epoch that it lies in, begun or whole.
    records = [record(25 * n, -(-n // 4), 2.0) for n in range(1, 9)]
    line = curves._figure(records, "mine").axes[0].lines[0]
    np.testing.assert_allclose(line.get_xdata(), [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2])
    line = curves._figure(RECORDS["within an epoch"], "mine").axes[0].lines[0]
    np.testing.assert_allclose(line.get_xdata(), [0.5, 1, 1.6])


@pytest.mark.parametrize(
    ("kind", "scale"), [("falling far", "log"), ("no test", "linear"), ("zero", "linear")]
)
def test_the_axis_is_logarithmic_where_it_helps(kind, scale):
    assert [axes.get_yscale() for axes in curves._figure(RECORDS[kind], "mine").axes] == [scale] * 2


@pytest.mark.parametrize("units", [1, 2, 7, 16])
def test_grey_filters_are_drawn_as_tiles(units):
    weights = RNG.normal(size=(units, 5, 4)).astype(np.float32)
    pixels = opened(figures.filters(weights, Path("filters.png")))
    columns = int(np.ceil(np.sqrt(units)))
    rows = int(np.ceil(units / columns))
    expected = tile_images(weights, (5, 4), (rows, columns), (1, 1))
    factor = len(pixels) // len(expected)
    assert max(pixels.shape) >= 480
    np.testing.assert_array_equal(pixels[::factor, ::factor, 0], expected)


def test_colour_filters_keep_their_colours():
    weights = np.zeros((2, 3, 3, 3))
    weights[0, ..., 0] = 1  # red
    weights[1, ..., 2] = 5  # blue
    weights[1, 0, 0] = 5  # with a white corner
    pixels = opened(figures.filters(weights, Path("filters.png")))
    factor = len(pixels) // 3
    small = pixels[::factor, ::factor].astype(int)
    assert small.shape == (3, 7, 3)
    np.testing.assert_allclose(small[1, 1], [255, 0, 0], atol=1)
    np.testing.assert_allclose(small[1, 5], [0, 0, 255], atol=1)
    np.testing.assert_allclose(small[0, 4], [255, 255, 255], atol=1)
    assert (small[:, 3] == 0).all()


def test_units_past_the_400th_are_left_out():
    pixels = opened(figures.filters(RNG.normal(size=(450, 2, 2)), Path("filters.png")))
    assert pixels.shape[0] == pixels.shape[1]
    assert pixels.shape[0] % (20 * 3 - 1) == 0


def test_filtered_photos_are_drawn():
    photo = RNG.random((30, 40, 3))
    path = figures.filtered(photo, [photo[..., 0], photo[..., 1]], Path("filtered.png"))
    height, width, _ = opened(path).shape
    assert width == 3 * 510
    assert 380 < height < 460


def test_a_picture_that_cannot_be_written_says_so():
    Path("file").write_text("no folder")
    with pytest.raises(HarmoniumError, match=r"cannot write file/curves\.png"):
        figures.learning_curves(RECORDS["one"], Path("file/curves.png"), title="mine")


def test_nearest_words_stand_below_their_word(tmp_path):
    near = {"boston": ["denver", "dallas"], "a": ["the"], "september": ["october", "may"]}
    path = figures.neighbours(near, tmp_path / "n.png", title="words")
    assert opened(path).shape[1] > 250


def test_a_map_colours_the_commonest_kinds_of_words(tmp_path):
    places = RNG.normal(size=(300, 2))
    words = [f"word{n}" for n in range(300)]
    kinds = ["city" if n % 3 == 0 else "" if n % 3 == 1 else f"kind{n}" for n in range(300)]
    pixels = opened(figures.word_map(places, words, kinds, tmp_path / "m.png", title="map"))
    grey = pixels.max(-1) == pixels.min(-1)
    assert 0.001 < 1 - grey.mean() < 0.2  # the cities, at least, are in colour
    plain = opened(figures.word_map(places, words, [""] * 300, tmp_path / "p.png", title="map"))
    assert (plain.max(-1).astype(int) - plain.min(-1) < 8).all()


def test_long_labels_leave_compared_curves_their_room():
    records = {
        f"{name}, pretraining epochs [5, 3], pretraining learning rate [0.05, 0.02], corruption level [0.1, 0.3]": [
            {"epoch": n, "update": n, "valid": {"error_rate": end + 1 / n}} for n in range(1, 9)
        ]
        for name, end in (("a", 0.1), ("b", 0.2))
    }
    pixels = opened(figures.compared_curves(records, Path("compared.png"), title="validation")).astype(int)
    blue = (abs(pixels - (31, 119, 180)).sum(-1) < 60).any(0)
    assert np.ptp(np.flatnonzero(blue)) > 0.7 * len(blue)
