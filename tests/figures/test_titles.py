from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harmonium import figures
from harmonium.errors import HarmoniumError
from harmonium.figures import classification, curves, drawing, energies, fonts, images, settings, words
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


def test_a_single_epoch_is_not_drawn_on_parts_of_one():
    line = {"epoch": 1, "update": 5, "train": {"nll": 2.0}, "valid": {"nll": 1.0}}
    figure = curves._figure([line], "mine")
    figure.draw_without_rendering()
    axes = figure.axes[0]
    low, high = axes.get_xlim()
    assert [tick for tick in axes.get_xticks() if low <= tick <= high] == [1]


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


def test_an_image_fills_the_middle_of_its_box_and_leaves_the_sheet_as_it_was():
    axes = drawing.sheet(drawing.blank(4, 3), 4, 3)
    assert list(drawing.put(axes, np.zeros((2, 4)), (1, 0.5, 2, 2)).get_extent()) == [1, 3, 2, 1]
    assert list(drawing.put(axes, np.zeros((4, 2, 3)), (1, 0.5, 2, 2)).get_extent()) == [1.5, 2.5, 2.5, 0.5]
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 4), (3, 0))


def captions(figure):
    return [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.parametrize("errors", [0, 1, 5, 11, 30])
def test_every_mistake_has_its_caption(errors):
    figure = classification._mistakes_figure(*answers(40, errors), "abcd", "mine", 60)
    found = captions(figure)
    assert len(found) == len(figure.axes[0].images) == errors
    expected = f"mine: {errors} of 40 wrong" if errors else "mine: no mistakes among 40"
    assert figure.get_suptitle() == expected


def test_the_most_confident_mistakes_come_first():
    images, true, probabilities = answers(40, 8)
    figure = classification._mistakes_figure(images, true, probabilities, "abcd", "mine", 3)
    sure = probabilities.max(1)
    assert captions(figure) == [
        f"{'abcd'[true[i]]} → {'abcd'[(true[i] + 1) % 4]}  {sure[i]:.0%}" for i in (7, 6, 5)
    ]
    shown = [image.get_array() for image in figure.axes[0].images]
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


def test_records_without_scores_are_drawn_as_such(tmp_path):
    """Those of a run whose lines of metrics are damaged, say."""
    for records in ([], [{"epoch": 1, "update": 100, "seconds": 1.0}]):
        (axes,) = curves._figure(records, "mine").axes
        assert [text.get_text() for text in axes.texts] == ["no scores are on record"]


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


def inside(tiles, path):
    """Whether the enlarged tiles stand unchanged in the middle of a picture, between a title and a caption."""
    pixels = opened(path)
    factor = max(1, -(-800 // max(tiles.shape[:2])))
    large = tiles.repeat(factor, 0).repeat(factor, 1)
    large = large if large.ndim == 3 else np.stack([large] * 3, -1)
    left = (pixels.shape[1] - large.shape[1]) // 2
    starts = range(len(pixels) - len(large) + 1)
    return any(
        (pixels[top : top + len(large), left : left + large.shape[1]] == large).all() for top in starts
    )


@pytest.mark.parametrize("units", [1, 2, 7, 16])
def test_grey_filters_are_drawn_as_tiles_with_whole_borders(units):
    weights = RNG.normal(size=(units, 5, 4)).astype(np.float32)
    columns = int(np.ceil(np.sqrt(units)))
    rows = int(np.ceil(units / columns))
    tiles = np.pad(tile_images(weights, (5, 4), (rows, columns), (1, 1)), 1)
    assert inside(tiles, figures.filters(weights, Path("filters.png"), title="mine"))
    assert not inside(255 - tiles, Path("filters.png"))


def test_colour_filters_keep_their_colours():
    weights = np.zeros((2, 3, 3, 3))
    weights[0, ..., 0] = 1  # red
    weights[1, ..., 2] = 5  # blue
    weights[1, 0, 0] = 5  # with a white corner
    small = images.filter_tiles(weights).astype(int)
    assert small.shape == (5, 9, 3)
    np.testing.assert_allclose(small[2, 2], [255, 0, 0], atol=1)
    np.testing.assert_allclose(small[2, 6], [0, 0, 255], atol=1)
    np.testing.assert_allclose(small[1, 5], [255, 255, 255], atol=1)
    assert (small[:, 4] == 0).all()
    assert inside(small.astype(np.uint8), figures.filters(weights, Path("filters.png")))


def test_units_past_the_400th_are_left_out_and_that_is_said():
    path = figures.filters(RNG.normal(size=(450, 2, 2)), Path("filters.png"))
    assert "the first 400 of 450 units" in description(path)


def description(path):
    with Image.open(path) as image:
        return image.text["Description"]


def test_samples_say_which_way_a_chain_runs_and_how_far():
    path = figures.samples(RNG.random((4, 3, 6, 5)), Path("s.png"), title="mine", steps=1000)
    said = description(path)
    assert (
        said
        == "mine: each column is a chain, which runs downwards: 3 of them; 1,000 Gibbs steps from one row to the next"
    )
    assert "from one row" not in description(
        figures.samples(RNG.random((1, 3, 6, 5)), Path("o.png"), steps=9)
    )


def test_every_picture_has_a_text_in_its_place(tmp_path):
    grid = np.stack(np.meshgrid(np.arange(3.0), np.arange(3.0)), -1)
    steps = RNG.normal(size=(2, 5, 2))
    drawn = [
        figures.learning_curves(RECORDS["many"], tmp_path / "1.png", title="mine"),
        figures.confusion_matrix(
            np.array([[3, 1], [0, 2]]), ["cat", "dog"], tmp_path / "2.png", title="mine"
        ),
        figures.mistakes(*answers(40, 5), "abcd", tmp_path / "3.png", title="mine"),
        figures.trajectories(grid, grid.sum(-1), steps, steps[0], tmp_path / "4.png"),
        figures.piano_rolls({"mine": np.eye(88)}, 0.3, tmp_path / "5.png"),
        figures.neighbours({"boston": ["denver"]}, tmp_path / "6.png", title="mine"),
        figures.image_rows({"input": RNG.random((2, 3, 3))}, tmp_path / "7.png", title="mine"),
        figures.compared_curves({"mine": RECORDS["many"]}, tmp_path / "8.png", title="validation"),
        figures.histograms({"width": RNG.random(9)}, ["a", "b", "c"] * 3, tmp_path / "9.png", title="mine"),
        figures.histograms({"width": RNG.random(9)}, None, tmp_path / "10.png", title="mine"),
        figures.texts({"pos": ["a $5 film " * 90], "neg": []}, tmp_path / "11.png", title="mine"),
        figures.speaking_words([("pos", ["a", "$5"], [0.1, -1.0])], tmp_path / "13.png", title="mine"),
        figures.tagged([(["to", "Oslo"] * 40, ["O", "B-LOC"] * 40)], tmp_path / "12.png", title="mine"),
    ]
    for path in drawn:
        assert len(description(path)) > 20, path
    assert "most often cat is taken for dog" in description(drawn[1])
    assert "epoch 49" in description(drawn[0])


def test_trajectories_are_whole_and_in_the_legend(tmp_path, monkeypatch):
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 5)), -1)
    paths = np.array([[[0.0, 0.0], [9.0, -7.0]]])  # far outside the grid
    seen = []
    monkeypatch.setattr(energies.drawing, "save", lambda figure, path, said: seen.append(figure) or path)
    figures.trajectories(grid, (grid**2).sum(-1), paths, paths[0], tmp_path / "t.png")
    axes = seen[0].axes[0]
    assert axes.get_xlim()[1] > 9
    assert axes.get_ylim()[0] < -7
    assert [text.get_text() for text in axes.get_legend().texts] == [
        "draws",
        "trajectory 1",
        "where one begins",
    ]


def best(line):
    return line | {"best": True}


def test_the_best_validation_is_the_one_that_a_rule_called_so():
    lines = [best(record(100, 1, 2.0)), best(record(200, 2, 1.0)), record(300, 3, 1.5, test=True)]
    assert curves.chosen(lines)["epoch"] == 2
    assert curves.chosen(RECORDS["many"])["epoch"] == 49  # as version 0.1 said it
    assert curves.chosen(RECORDS["no test"]) is None
    assert curves.chosen(RECORDS["falling far"]) is None  # scored at every validation: none was chosen


def test_many_panels_fit_a_page():
    lines = [record(100 * n, n, 1 / n) for n in (1, 2)]
    for line in lines:
        line["valid"] = line["valid"] | {"f1": 0.5, "precision": 0.4, "recall": 0.6}
    figure = curves._figure(lines, "mine")
    assert figure.get_size_inches()[0] < 11
    assert sum(axes.axison for axes in figure.axes) == 5


def test_letters_that_no_font_has_are_numbers_and_others_are_drawn(tmp_path):
    """No glyph is missing: matplotlib warns of one, and warnings are errors."""
    names = ["猫", "собака", "\U00010480", "קוף"]
    figures.confusion_matrix(counts(4), names, tmp_path / "c.png", title="動物")
    figure = drawing.blank(3, 2)
    text = figure.text(0.1, 0.5, "Ωx \U000e0fff")
    fonts.fit_letters(figure)
    assert text.get_fontfamily() == ["DejaVu Sans"]
    assert text.get_text() == "Ωx \\U000e0fff"


def test_numbers_in_the_place_of_letters_are_explained_and_leave_room(tmp_path, monkeypatch):
    """Without a warning that the picture is too small."""
    monkeypatch.setattr(fonts, "_family_with", lambda letter: None)
    texts = {"猫" * 3: ["ภาพยนตร์เรื่องนี้ดีมาก" * 3] * 3, "犬": ["動物" * 30] * 3}
    figures.texts(texts, tmp_path / "t.png", title="นี้")
    figure = drawing.blank(3, 2)
    figure.text(0.1, 0.5, "猫")
    fonts.fit_letters(figure)
    letter, note = figure.texts
    assert (letter.get_text(), note.get_text().replace("\n", " ")) == ("\\u732b", fonts.NOTE)
    assert note.get_window_extent().x1 < figure.bbox.x1
    fonts.fit_letters(figure)
    assert len(figure.texts) == 2
    plain = drawing.blank(3, 2)
    plain.text(0.1, 0.5, "cat\x1b")
    fonts.fit_letters(plain)
    assert len(plain.texts) == 1


def test_control_characters_in_names_are_drawn_as_escapes(tmp_path, caplog):
    """Nothing is warned of or logged on the way."""
    names = ["a\tb", "\x1b[31m", "x\x07", "two\nlines"]
    figures.confusion_matrix(counts(4), names, tmp_path / "c.png", title="\x1b[0m")
    words.word_map(RNG.normal(size=(4, 2)), names, names, tmp_path / "w.png", title="\x1b[0m")
    assert not caplog.records
    figure = drawing.blank(3, 2)
    text = figure.text(0.1, 0.5, "a\tb\x1b")
    fonts.fit_letters(figure)
    assert text.get_text() == "a\\tb\\x1b"


def test_names_on_a_map_do_not_stand_on_each_other():
    places = np.concatenate([RNG.normal(size=(60, 2)) * 0.01, RNG.normal(size=(60, 2))])
    names = [f"word{n}" for n in range(120)]
    figure = words._map(places, names, ["city"] * 120, "mine")
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert 40 < len(boxes) < 120
    clashes = sum(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])
    assert clashes < 0.02 * len(boxes) ** 2 / 2


def test_a_search_is_drawn_a_panel_a_setting(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        settings.drawing, "save", lambda figure, path, said: seen.append((figure, said)) or path
    )
    scored = [
        ({"learning_rate": 0.001 * 2**n, "hidden": (5 * (n % 2 + 1),), "a": "x", "b": n % 3}, 0.5 - n / 20)
        for n in range(8)
    ]
    figures.scores_by_setting(scored, "error_rate", tmp_path / "s.png", title="mine")
    figure, said = seen[0]
    shown = [axes for axes in figure.axes if axes.axison]
    assert [axes.get_xlabel() for axes in shown] == ["learning rate", "hidden", "b"]  # a is the same in all
    assert [axes.get_xscale() for axes in shown] == ["log", "linear", "linear"]
    assert [label.get_text() for label in shown[1].get_xticklabels()] == ["5", "10"]
    np.testing.assert_allclose(shown[0].lines[1].get_xydata(), [(0.128, 15.0)])  # the best, in per cent
    assert "best: 15.00% with learning rate 0.128, hidden 10" in said

    assert [line.get_marker() for line in shown[0].lines] == ["o", "D"]
    figures.scores_by_setting(scored[:2], "error_rate", tmp_path / "s.png", title="mine " * 30, marked=False)
    figure, said = seen.pop()
    assert not any(line.get_marker() == "D" for axes in figure.axes for line in axes.lines)
    assert "best" not in said
    figure.draw_without_rendering()
    box = figure._suptitle.get_window_extent()
    assert 0 <= box.x0 < box.x1 <= figure.bbox.width

    few = [({"learning_rate": rate, "b": b}, 0.5) for rate, b in ((0.001, 0.0), (0.02, 0.5), (0.3, 0.0))]
    figures.scores_by_setting(few, "error_rate", tmp_path / "s.png", title="mine")
    rates, chosen = seen[1][0].axes[:2]
    assert rates.get_xscale() == "log"  # no two trials share a rate, so they were drawn from a range
    assert [label.get_text() for label in chosen.get_xticklabels()] == ["0", "0.5"]


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
    blue = (abs(pixels - (0, 114, 178)).sum(-1) < 60).any(0)
    assert np.ptp(np.flatnonzero(blue)) > 0.7 * len(blue)


def test_an_estimates_standard_error_has_no_panel_of_its_own(tmp_path):
    scores = {"pseudo_log_likelihood": -20.0, "pseudo_log_likelihood_error": 1.9}
    records = {"mine": [{"epoch": n, "update": n, "valid": scores} for n in range(1, 4)]}
    path = figures.compared_curves(records, tmp_path / "compared.png", title="validation")
    assert opened(path).shape[1] == 780  # a single panel


def test_a_letter_that_another_font_has_is_drawn_by_it(tmp_path):
    # STIX, which comes with matplotlib, has this letter, and the usual font does not; warnings are errors.
    figure = drawing.blank(3, 2)
    axes = figure.subplots()
    axes.plot([0, 1], label="の")
    axes.set_xticks([0, 1], ["の", "b"])
    axes.set_ylabel("の")
    axes.legend()

    fonts.fit_letters(figure)

    assert axes.get_ylabel() == "の"
    assert "STIXGeneral" in axes.yaxis.label.get_fontfamily()
    drawing.save(figure, tmp_path / "a.png", "letters")
