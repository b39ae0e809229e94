"""The user's own pictures as they lie: sizes, grounds, colour, transparency, and how new ones are prepared alike."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harmonium import data
from harmonium.data import DatasetOptions, Preparation, load, read_pictures
from harmonium.data.images import read_image, read_pages
from harmonium.errors import ConfigError, DataError


def drawing(k, ground=0, ink=255, size=(20, 20)):
    """A bar whose place tells k."""
    pixels = np.full(size, ground, np.uint8)
    pixels[5 : size[0] - 5, 4 + k % 10 : 7 + k % 10] = ink
    return Image.fromarray(pixels)


def filled(root, make, classes=("bees", "ants"), each=10, ending="png"):
    for name in classes:
        (root / name).mkdir(parents=True)
        for k in range(each):
            make(k).save(root / name / f"{k}.{ending}")
    return str(root)


def photo(k):
    return Image.fromarray(np.random.default_rng(k).integers(0, 256, (9, 12, 3)).astype(np.uint8)).resize(
        (90, 60)
    )


def test_pictures_of_all_sizes_are_fitted_and_new_ones_alike():
    sizes = [(60, 40), (30, 90), (24, 24)]
    root = filled(Path("mine"), lambda k: photo(k).resize(sizes[k % 3]))
    with pytest.raises(DataError, match="fit all to one size, as with --size 28"):
        load(root)
    found = load(root, options=DatasetOptions(size="24x16", grey=True))
    assert found.shape == (16, 24)
    kept = Preparation.from_dict(json.loads(json.dumps(found.preparation.as_dict())))
    assert (kept.size, kept.grey) == ((16, 24), True)
    paths = [Path(root) / name for name in found.names["test"]]
    np.testing.assert_array_equal(read_pictures(paths, kept, found.shape), found.test.x)


@pytest.mark.parametrize("size", ["0", "28x", "x28", "axb", "99999", "-3"])
def test_a_size_that_is_none_is_refused(size):
    root = filled(Path("mine"), drawing)
    with pytest.raises(ConfigError, match=rf"--size {size} must be a number of pixels"):
        load(root, options=DatasetOptions(size=size))


def test_many_photos_take_the_memory_of_their_small_copies():
    path = Path("mine/a")
    path.mkdir(parents=True)
    Path("mine/b").mkdir()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (700, 900, 3)).astype(np.uint8)).save(
        path / "0.jpg"
    )
    content = (path / "0.jpg").read_bytes()
    for k in range(1, 40):
        (Path("mine") / "ab"[k % 2] / f"{k}.jpg").write_bytes(content)
    load("mine", options=DatasetOptions(size="28"))
    tracemalloc.start()
    load("mine", options=DatasetOptions(size="28"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12e6  # all together take 76 MB


def test_photos_too_large_together_are_refused_before_they_are_read(monkeypatch):
    root = filled(Path("mine"), photo)
    monkeypatch.setattr("harmonium.data.pictures.MOST_BYTES", 10_000)
    with pytest.raises(DataError, match=r"20 pictures of 90x60 take 0\.0 GiB; fit them to a smaller size"):
        load(root)


def test_ink_on_paper_is_inverted_said_and_new_pictures_follow():
    paper = load(filled(Path("paper"), lambda k: drawing(k, ground=250, ink=20)))
    dark = load(filled(Path("dark"), lambda k: drawing(k, ground=5, ink=235)))
    assert paper.checksum == dark.checksum
    assert paper.preparation.inverted
    assert any("were inverted (--no-invert leaves them)" in note for note in paper.reading.notes)
    assert not dark.preparation.inverted
    for found in (paper, dark):
        new = [Path(kind) / found.names["test"][0] for kind in ("paper", "dark")]
        x = read_pictures(new, found.preparation, found.shape)
        np.testing.assert_array_equal(x[0], found.test.x[0])
        np.testing.assert_array_equal(x[1], found.test.x[0])


def test_inversion_may_be_forbidden_or_asked_for():
    root = filled(Path("paper"), lambda k: drawing(k, ground=250, ink=20))
    left = load(root, options=DatasetOptions(invert=False))
    assert left.train.x[0, 0, 0] == 250
    assert left.preparation.ground == "light"
    new = Path(root) / left.names["test"][0]
    np.testing.assert_array_equal(read_pictures([new], left.preparation, left.shape)[0], left.test.x[0])
    dark = filled(Path("dark"), drawing)
    turned = load(dark, options=DatasetOptions(invert=True))
    assert turned.train.x[0, 0, 0] == 255
    arrays = np.stack([np.asarray(drawing(k)) for k in range(20)])
    assert load((arrays, np.arange(20) % 2), options=DatasetOptions(invert=True)).train.x[0, 0, 0] == 255


def test_photos_are_not_inverted():
    found = load(filled(Path("mine"), photo))
    assert not found.preparation.inverted
    assert found.preparation.ground is None


@pytest.mark.parametrize("ink", [0, 255])
def test_transparency_lies_over_the_likely_ground(ink):
    def transparent(k):
        alpha = drawing(k)
        return Image.merge("LA", (Image.new("L", alpha.size, ink), alpha))

    found = load(filled(Path("mine"), transparent))
    assert found.checksum == load(filled(Path("plain"), drawing)).checksum


def test_all_transparent_pictures_lie_on_the_paper_that_their_ink_stands_out_from():
    def transparent(k):  # of which some look light by themselves, and some dark
        ink = Image.fromarray(np.where(np.asarray(drawing(k)) > 0, 140 + 12 * (k % 10), 0).astype(np.uint8))
        return Image.merge("LA", (ink, drawing(k)))

    root = filled(Path("mine"), transparent)
    found = load(root)
    assert "laid on black, where they are transparent" in found.preparation.in_words()
    for split in found.splits.values():
        assert (split.x[:, 0] == 0).all()
        assert (split.x.reshape(len(split), -1).max(1) >= 140).all()
    kept = Preparation.from_dict(json.loads(json.dumps(found.preparation.as_dict())))
    paths = [Path(root) / name for name in found.names["test"]]
    np.testing.assert_array_equal(read_pictures(paths, kept, found.shape), found.test.x)


def test_twelve_bits_of_sixteen_are_seen_and_more_are_no_such_pictures():
    def deep(k):
        return Image.fromarray(np.asarray(drawing(k)).astype(np.uint16) * 16)

    root = filled(Path("mine"), deep, ending="tif")
    found = load(root)
    assert "4,095 is white, since no value of sixteen bits is above it" in found.preparation.in_words()
    assert {int(x.max()) for split in found.splits.values() for x in split.x} == {254}
    bright = Image.fromarray(np.asarray(drawing(3)).astype(np.uint16) * 257)
    bright.save("new.tif")
    with pytest.raises(DataError, match="not all within 0 to 4095"):
        read_pictures([Path("new.tif")], found.preparation, found.shape)


def test_pictures_of_many_values_propose_a_size():
    root = filled(Path("mine"), lambda k: photo(k).resize((120, 100)))
    assert any("each picture has 36,000 values" in note for note in load(root).reading.notes)
    assert not any("values" in note for note in load(root, options=DatasetOptions(size="28")).reading.notes)


def test_grey_pictures_saved_in_colour_are_grey():
    found = load(filled(Path("mine"), lambda k: drawing(k).convert("RGB")))
    assert found.checksum == load(filled(Path("plain"), drawing)).checksum
    assert "all pictures are grey, though saved in colour" in found.reading.notes


def test_pages_are_said():
    root = filled(Path("mine"), drawing, ending="tif")
    drawing(3).save(Path(root) / "ants/3.tif", save_all=True, append_images=[drawing(1)])
    notes = load(root).reading.notes
    assert "1 picture has several pages or frames; the first of each was taken" in notes


@pytest.mark.parametrize("ending", ["gif", "tif"])
def test_pictures_whose_later_pages_are_damaged_are_read(ending):
    root = filled(Path("mine"), drawing, ending=ending)
    one = Path(root) / f"ants/3.{ending}"
    drawing(3).save(one, save_all=True, append_images=[drawing(1), drawing(2)])
    content = one.read_bytes()
    for length in range(len(content) * 2 // 3, len(content)):
        one.write_bytes(content[:length])
        np.testing.assert_array_equal(read_image(one, grey=True), np.asarray(drawing(3)))
        assert 1 <= read_pages(one) <= 3
        assert sum(load(root).sizes.values()) == 20


def test_a_class_of_pictures_that_cannot_be_read_is_not_lost_in_silence():
    root = filled(Path("mine"), drawing, classes=("a", "b", "c"))
    for path in Path(root, "b").iterdir():
        path.rename(path.with_suffix(".heic"))
    with pytest.raises(
        DataError, match=r"mine/b: holds no pictures that can be read, but 10 other files, as \d\.heic"
    ):
        load(root)


def test_pictures_without_labels_where_none_are_needed():
    Path("mine").mkdir()
    for k in range(14):
        drawing(k).save(f"mine/{k}.png")
    with pytest.raises(DataError, match="needs at least two folders, one a class"):
        load("mine")
    assert sum(load("mine", labels=False).sizes.values()) == 14
    one = filled(Path("one"), drawing, classes=("a",))
    with pytest.raises(DataError, match="every picture is of 'a'"):
        load(one)
    assert load(one, labels=False).classes == ("a",)


def test_the_class_may_be_in_the_names():
    Path("mine").mkdir()
    for k in range(10):
        drawing(k).save(f"mine/cat.{k}.png")
        drawing(k).save(f"mine/dog.{k}.png")
    found = load("mine")
    assert found.classes == ("cat", "dog")
    assert found.names["train"][0].startswith(found.classes[found.train.y[0]])


def test_kaggles_cats_and_dogs_whose_test_pictures_have_no_class():
    Path("mine/train").mkdir(parents=True)
    Path("mine/test1").mkdir()
    for k in range(14):
        drawing(k).save(f"mine/train/cat.{k}.png")
        drawing(k).save(f"mine/train/dog.{k}.png")
        drawing(k).save(f"mine/test1/{k + 1}.png")
    found = load("mine")
    assert found.classes == ("cat", "dog")
    assert found.reading.skipped["without a class, in test"] == 14
    assert sum(found.sizes.values()) == 28
    assert all(name.startswith("train/") for names in found.names.values() for name in names)
    assert load("mine", labels=False).sizes["test"] == 14


def test_a_file_that_is_added_moves_none_that_the_run_knew():
    root = filled(Path("mine"), drawing, each=20)
    first = load(root)
    for k in range(3):
        drawing(k).save(Path(root) / "ants" / f"AAA{k}.png")
    again = load(root, splits=first.names)
    for part in first.splits:
        assert set(first.names[part]) <= set(again.names[part])
        assert not set(first.names[part]) & {n for p in first.splits if p != part for n in again.names[p]}


def test_a_set_of_digits_is_known_as_such_and_drawings_are_made_alike():
    mnist = pytest.importorskip("harmonium.data.mnist").MNIST
    if mnist.location() is None:
        pytest.skip("MNIST does not lie on this machine; set HARMONIUM_DATA")
    found = data.load("mnist")
    assert found.preparation.digits == (28, 20)
    assert found.preparation.ground == "dark"
    image = Image.fromarray(found.test.x[0])
    image.save("as_it_is.png")
    small = Image.new("L", (300, 200), 255)
    small.paste(Image.fromarray(255 - np.asarray(image.resize((84, 84), Image.Resampling.BICUBIC))), (10, 90))
    small.save("drawn.png")
    x = read_pictures([Path("as_it_is.png"), Path("drawn.png")], found.preparation, found.shape)
    np.testing.assert_array_equal(x[0], found.test.x[0])
    assert np.abs(x[1].astype(int) - found.test.x[0]).mean() < 12


@pytest.mark.parametrize(
    ("scale", "factor"),  # of -1 to 1, standardised, nobody can know which number was black
    [
        *[("auto", f) for f in (1, 1 / 255, 1 / 127.5)],
        ("unit", 1),
        ("standardise", 1),
        ("standardise", 1 / 255),
    ],
)
def test_a_file_is_brought_to_the_scale_of_arrays_that_a_run_learned_from(scale, factor):
    Path("new").mkdir()
    pixels = np.stack([np.asarray(drawing(k, ground=k % 2, ink=255 - k)) for k in range(20)])
    x = pixels * factor - (1 if factor == 1 / 127.5 else 0)
    found = load((x, np.arange(20) % 2), options=DatasetOptions(scale=scale))
    new = []
    for name in found.names["test"]:
        Image.fromarray(pixels[int(name)]).save(f"new/{name}.png")
        new.append(Path(f"new/{name}.png"))
    read = read_pictures(new, found.preparation, found.shape)
    assert read.dtype == found.test.x.dtype
    np.testing.assert_allclose(read.astype(float), found.test.x.astype(float), atol=0.02)
