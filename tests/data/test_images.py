import contextlib
import os
import re
import struct
import tracemalloc
import zlib
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from harmonium.data import intensities, picture_files, read_images
from harmonium.data.images import read_image
from harmonium.errors import DataError

GREY = np.arange(0, 240, 20, dtype=np.uint8).reshape(3, 4)
COLOUR = np.stack([GREY, 255 - GREY, GREY // 2], -1)
CLEAR = np.full((3, 4), 255, np.uint8)


def saved(pixels, name="mine.png", mode=None):
    image = Image.fromarray(pixels)
    (image if mode is None else image.convert(mode)).save(name)
    return Path(name)


def mode(path):
    with Image.open(path) as image:
        return image.mode


def assert_reads(path, expected):
    read = read_image(path)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, expected)


def test_bytes_become_256ths():
    x = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(intensities(jnp.asarray(x)), x / np.float32(256))
    assert intensities(jnp.asarray(x)).dtype == jnp.float32


def test_floats_are_left_as_they_are():
    x = jnp.asarray([0.0, 0.1, 1.0])
    np.testing.assert_array_equal(intensities(x), x)


@pytest.mark.parametrize("dtype", [jnp.uint8, jnp.float32])
def test_intensities_are_the_same_when_compiled(dtype):
    x = jnp.arange(12, dtype=dtype).reshape(3, 4)
    np.testing.assert_array_equal(jax.jit(intensities)(x), intensities(x))


def test_grey_and_colour_are_read_as_they_are():
    assert_reads(saved(GREY), GREY)
    assert_reads(saved(COLOUR), COLOUR)


def test_one_bit_pictures_are_black_and_white():
    assert_reads(saved(GREY > 100, mode="1"), np.where(GREY > 100, 255, 0))


def test_palettes_are_looked_up():
    image = Image.new("P", (2, 2))
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    image.putdata([0, 1, 1, 2])
    image.save("mine.png")
    red, green, blue = [255, 0, 0], [0, 255, 0], [0, 0, 255]
    assert_reads(Path("mine.png"), [[red, green], [green, blue]])


def test_a_palette_with_a_transparent_colour_shows_white():
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putdata([0, 1])
    image.save("mine.png", transparency=0)
    assert_reads(Path("mine.png"), [[[255, 255, 255], [0, 255, 0]]])


def test_transparency_shows_white():
    alpha = CLEAR.copy()
    alpha[0, 0], alpha[2, 3] = 0, 51
    expected = COLOUR.copy()
    expected[0, 0] = 255
    expected[2, 3] = np.round(0.2 * COLOUR[2, 3] + 0.8 * 255)
    read = read_image(saved(np.dstack([COLOUR, alpha])))
    np.testing.assert_allclose(read.astype(int), expected, atol=1)
    assert read.shape == (3, 4, 3)


def test_transparent_grey_stays_grey():
    alpha = CLEAR.copy()
    alpha[1, 2] = 0
    expected = GREY.copy()
    expected[1, 2] = 255
    assert_reads(saved(np.dstack([GREY, alpha])), expected)  # mode LA
    assert mode("mine.png") == "LA"
    assert_reads(saved(np.dstack([GREY, GREY, GREY, alpha])), expected)  # mode RGBA


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bit_greys_keep_their_upper_byte(suffix):
    wide = GREY.astype(np.uint16) * 257
    assert mode(saved(wide, f"mine.{suffix}")).startswith("I")
    assert_reads(Path(f"mine.{suffix}"), GREY)


def test_32_bit_and_float_greys_are_scaled():
    assert_reads(saved(GREY.astype(np.int32) * 257, "mine.tif"), GREY)
    assert_reads(saved(GREY.astype(np.float32) / 255, "mine.tif"), GREY)


def test_a_dark_16_bit_grey_stays_dark():
    assert_reads(saved(GREY.astype(np.uint16)), np.round(GREY / 257))


@pytest.mark.parametrize("value", [-0.5, 1.5, np.nan, np.inf])
def test_floats_outside_their_range_are_refused(value):
    pixels = (GREY / 255).astype(np.float32)
    pixels[1, 2] = value
    with pytest.raises(DataError, match=r"mine\.tif.*not all within 0 to 1"):
        read_image(saved(pixels, "mine.tif"))


def test_postscript_is_refused_and_not_run():
    Image.fromarray(COLOUR).save("mine.png", format="EPS")
    with pytest.raises(DataError, match=r"mine\.png: is no picture of a known format"):
        read_image(Path("mine.png"))


def test_pictures_of_an_impossible_shape_or_none_at_all_are_refused():
    path = saved(GREY)
    for shape in [(4,), (4, 4, 1), (4, 4, 4), (2, 4, 4, 3)]:
        with pytest.raises(DataError, match=r"it must be \(height, width\)"):
            read_images([path], shape)
    with pytest.raises(DataError, match=r"no pictures are given"):
        read_images([], (4, 4))


def test_cmyk_becomes_colour():
    flat = np.zeros((8, 8, 3), np.uint8)
    flat[..., 0] = 200
    read = read_image(saved(flat, "mine.tif", mode="CMYK"))
    assert mode("mine.tif") == "CMYK"
    np.testing.assert_array_equal(read, flat)


@pytest.mark.parametrize("turn", range(1, 9))
def test_the_orientation_of_the_camera_is_obeyed(turn):
    upright = {
        1: GREY,
        2: GREY[:, ::-1],
        3: GREY[::-1, ::-1],
        4: GREY[::-1],
        5: GREY.T,
        6: np.rot90(GREY, -1),
        7: GREY[::-1, ::-1].T,
        8: np.rot90(GREY),
    }[turn]
    exif = Image.Exif()
    exif[0x0112] = turn
    Image.fromarray(GREY).save("mine.png", exif=exif)
    assert_reads(Path("mine.png"), upright)


def test_pictures_of_the_right_size_are_not_resampled():
    np.testing.assert_array_equal(read_images([saved(GREY), saved(GREY.T.copy().T)], (3, 4)), [GREY, GREY])


def test_inversion_turns_dark_on_white_into_bright_on_black():
    np.testing.assert_array_equal(read_images([saved(GREY)], (3, 4), invert=True), [255 - GREY])
    np.testing.assert_array_equal(read_images([saved(COLOUR)], (3, 4, 3), invert=True), [255 - COLOUR])


def test_grey_and_colour_become_what_is_wanted():
    read = read_images([saved(GREY, "a.png"), saved(COLOUR, "b.png")], (3, 4, 3))
    np.testing.assert_array_equal(read, [np.stack([GREY] * 3, -1), COLOUR])
    grey = read_images([Path("a.png"), Path("b.png")], (3, 4))
    assert grey.shape == (2, 3, 4)
    np.testing.assert_allclose(grey[1].astype(int), COLOUR @ [0.299, 0.587, 0.114], atol=1)


def test_a_wide_picture_is_fitted_and_centred_on_its_background():
    wide = np.full((20, 60), 30, np.uint8)
    wide[5:15, 10:50] = 220
    read = read_images([saved(wide)], (30, 30))[0]
    assert read.shape == (30, 30)
    assert (read[:9] == 30).all()  # 30 wide, 10 high, in the middle
    assert (read[21:] == 30).all()
    assert abs(int(read[15, 15]) - 220) < 8  # the resampling filter rings a little
    np.testing.assert_allclose(read.astype(int), read[::-1].astype(int), atol=1)
    np.testing.assert_allclose(read.astype(int), read[:, ::-1].astype(int), atol=1)


def test_the_background_of_an_inverted_picture_is_inverted():
    wide = np.full((20, 60), 255, np.uint8)
    wide[5:15, 10:50] = 0
    read = read_images([saved(wide)], (30, 30), invert=True)[0]
    assert (read[:9] == 0).all()
    assert read[15, 15] > 247


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (7, 200), (28, 28)])
@pytest.mark.parametrize("shape", [(28, 28), (8, 16, 3)])
def test_any_size_fits(size, shape):
    pixels = np.full(size, 77, np.uint8)
    read = read_images([saved(pixels)], shape)
    assert read.shape == (1, *shape)
    assert read.dtype == np.uint8
    assert (read == 77).all()


def test_something_else_is_refused():
    Path("mine.png").write_text("this is text")
    with pytest.raises(DataError, match=r"mine\.png: is no picture of a known format"):
        read_images([Path("mine.png")], (28, 28))


def test_an_empty_file_is_refused():
    Path("mine.png").touch()
    with pytest.raises(DataError, match=r"mine\.png: is no picture of a known format"):
        read_image(Path("mine.png"))


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp", "gif"])
@pytest.mark.parametrize("fraction", [0.3, 0.6, 0.9])
def test_a_picture_cut_short_is_refused(suffix, fraction):
    noise = np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8)
    path = saved(noise, f"mine.{suffix}")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * fraction)])
    with pytest.raises(DataError, match=rf"mine\.{suffix}: (cannot be read as a picture|is no picture)"):
        read_image(path)


def test_a_missing_file_is_refused():
    with pytest.raises(DataError, match=r"nowhere\.png: there is no such file"):
        read_images([Path("nowhere.png")], (28, 28))


def test_a_folder_in_place_of_a_file_is_refused():
    Path("mine.png").mkdir()
    with pytest.raises(DataError, match=r"mine\.png: cannot be read: it is a folder"):
        read_image(Path("mine.png"))


@pytest.mark.filterwarnings("default")  # as it is for a user
def test_a_picture_that_would_fill_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    for side in (11, 20):  # Pillow warns at the first, raises at the second
        with pytest.raises(DataError, match=r"mine\.png: is too large"):
            read_image(saved(np.zeros((side, side), np.uint8)))


def test_moving_pictures_give_their_first_frame():
    frames = [Image.fromarray(np.full((3, 4), value, np.uint8)) for value in (10, 200)]
    frames[0].save("mine.tif", save_all=True, append_images=frames[1:])
    assert_reads(Path("mine.tif"), np.full((3, 4), 10))


def test_pictures_in_folders_are_found_in_order():
    Path("in/deep").mkdir(parents=True)
    for name in ("in/b.png", "in/a.JPG", "in/deep/c.png", "in/notes.txt", "z.png"):
        Path(name).touch()
    found = picture_files([Path("z.png"), Path("in")])
    assert found == [Path("z.png"), Path("in/a.JPG"), Path("in/b.png"), Path("in/deep/c.png")]


def test_a_folder_without_pictures_is_refused():
    Path("empty").mkdir()
    with pytest.raises(DataError, match=re.escape("empty: holds no pictures")):
        picture_files([Path("empty")])


def png(size, data, *more):
    """A PNG in colour by hand: chunks with their checksums."""
    header = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n"
    for name, body in [(b"IHDR", header), *more, (b"IDAT", data), (b"IEND", b"")]:
        content += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return content


def orientation(kind, count, value):
    """EXIF whose tag of orientation may have another type or number of values than a camera writes."""
    return b"eXIf", b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, kind, count, value, 0, 0)


ROWS = zlib.compress(b"".join(b"\0" + row.tobytes() for row in COLOUR))


def test_a_png_by_hand_is_read():
    Path("mine.png").write_bytes(png((4, 3), ROWS, orientation(3, 1, 3)))
    assert_reads(Path("mine.png"), COLOUR[::-1, ::-1])


def test_a_picture_of_more_pixels_than_its_bytes_can_hold_is_refused():
    Path("mine.png").write_bytes(png((8, 2**23), zlib.compress(bytes(96)), orientation(3, 1, 6)))
    with pytest.raises(DataError, match=r"mine\.png: declares 67,108,864 pixels, more than its bytes can"):
        read_image(Path("mine.png"))


def test_a_white_page_is_none_too_large():
    """What deflate packs best."""
    Image.new("1", (3000, 3000), 1).save("mine.png", optimize=True)
    assert (read_image(Path("mine.png")) == 255).all()


@pytest.mark.parametrize(
    ("kind", "count", "value"), [(2, 40, 6), (5, 1, 6), (12, 9, 1), (3, 1, 77), (0, 1, 1), (7, 3, 9)]
)
def test_odd_exif_is_passed_over_or_refused(kind, count, value):
    Path("mine.png").write_bytes(png((4, 3), ROWS, orientation(kind, count, value)))
    try:
        assert_reads(Path("mine.png"), COLOUR)
    except DataError as error:
        assert str(error).startswith("mine.png: cannot be read as a picture (")  # noqa: PT017


@pytest.mark.parametrize(
    "error", [TypeError("odd"), struct.error("short"), IndexError(), MemoryError(), SystemError("x")]
)
def test_whatever_the_reader_raises_is_one_line(monkeypatch, error):
    path = saved(GREY)

    def raises(*_, **__):
        raise error

    monkeypatch.setattr(Image, "open", raises)
    with pytest.raises(DataError, match=r"^mine\.png: cannot be read as a picture \(\w+\); convert it to"):
        read_image(path)


def test_a_picture_that_takes_more_memory_than_is_free_is_refused(monkeypatch):
    monkeypatch.setattr("harmonium.memory.SMALL", 0)
    monkeypatch.setattr("harmonium.memory.available", lambda: 300)
    with pytest.raises(DataError, match=r"mine\.png: is too large: takes 0\.0 GiB of memory"):
        read_image(saved(GREY))


def test_a_pipe_in_place_of_a_picture_is_refused():
    os.mkfifo("mine.png")
    with pytest.raises(DataError, match=r"mine\.png: cannot be read: it is a pipe"):
        read_image(Path("mine.png"))


@pytest.mark.parametrize("name", [b"tEXt", b"IDAT"])
def test_a_length_past_the_end_of_the_file_takes_no_memory(name):
    content = png((4, 3), ROWS) if name == b"IDAT" else png((4, 3), ROWS, (name, b"a\0b"))
    at = content.index(name) - 4
    Path("mine.png").write_bytes(content[:at] + (2**31 - 1).to_bytes(4, "big") + content[at + 4 :])
    tracemalloc.start()
    try:
        with contextlib.suppress(DataError):  # the pixels are all there
            read_image(Path("mine.png"))
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()
