"""Images: intensities for the models, and the user's own picture files."""

import io
import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from harmonium.data.walk import walk
from harmonium.errors import DataError, HarmoniumError, in_one_line
from harmonium.files import read_regular
from harmonium.memory import check_fits

if TYPE_CHECKING:
    from PIL import Image

# Raster formats only: Pillow reads PostScript by running another program.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
SUFFIXES = frozenset(
    {
        ".png",
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".bmp",
        ".gif",
        ".tif",
        ".tiff",
        ".webp",
        ".pgm",
        ".ppm",
        ".pbm",
        ".pnm",
    }
)
LIGHT, DARK = 192, 64  # a border's median, beyond which paper is light and a screen dark

LARGEST = 2**30  # bytes of a picture's file
# Of a PNG: deflate makes at most 1032 bytes of one, and each holds at most eight pixels.
PIXELS_A_BYTE = 8 * 1032
BYTES_A_PIXEL = 32  # of memory while a picture is turned, laid on white, or scaled from 64-bit floats
SOME = 100  # pictures of a set that are looked at to tell how all are shown
TOPS = (255, 1023, 4095, 16_383)  # the values of white of cameras that write fewer than sixteen bits

A = TypeVar("A", bound=Any)
T = TypeVar("T")


@dataclass(frozen=True)
class Showing:
    """How pictures with transparency, or of more than eight bits, are shown; the same for all of a set."""

    paper: Literal["white", "black"] | None = (
        None  # what shows through; None: the ink of each picture decides
    )
    top: int = 65_535  # the value of white in a picture of sixteen bits or more


def showing_of(paths: Iterable[Path]) -> Showing:
    """How a set of pictures is shown: on the paper that its ink stands out from, with the highest value white."""
    inks, tops = [], []
    maybe = (path for path in paths if path.suffix.lower() not in (".jpg", ".jpeg", ".jpe", ".jfif"))
    for path in islice(maybe, SOME):
        with suppress(DataError):
            ink, top = _from_file(path, None, lambda image: (_ink(image), _deep_top(image)))
            inks += [ink] if ink is not None else []
            tops += [top] if top is not None else []
    paper: Literal["white", "black"] = "black" if inks and np.median(inks) > 127 else "white"
    return Showing(
        paper if inks else None, next((top for top in TOPS if tops and max(tops) <= top), Showing.top)
    )


def intensities(x: A) -> A:
    """Scale images to what the models take: floats in [0, 1].

    `data.load` gives the bytes of images as they lie in their files, which take a quarter of the memory. A model's
    input is made of them by this function, and by no other.

    Parameters
    ----------
    x
        Images of any shape, an array of NumPy or JAX (also while JAX traces a function): uint8 in 0..255, or floats.

    Returns
    -------
    x
        Bytes divided by 256, as float32; floats as they are.

    Examples
    --------
    >>> import numpy as np
    >>> from harmonium.data import intensities
    >>> intensities(np.array([[0, 64, 255]], np.uint8)).tolist()
    [[0.0, 0.25, 0.99609375]]

    """
    if not hasattr(x, "dtype"):
        raise DataError(
            f"intensities: x is of type {type(x).__name__}, but must be an array of uint8 or floats"
        )
    # 256, not 255, is what the book's mnist.pkl.gz was made with: only so do its figures come out to the digit.
    return x.astype(np.float32) / 256 if x.dtype == np.uint8 else x


def picture_files(paths: Sequence[str | os.PathLike[str]]) -> list[Path]:
    """The files among `paths`, and the pictures inside the folders among them, in order of their names.

    Raises `DataError` for a folder without pictures.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        inside = walk(path, SUFFIXES, "pictures").files if path.is_dir() else (path,)
        if not inside:
            raise DataError(f"{path}: holds no pictures")
        found += inside
    return found


def read_image(
    path: Path, *, size: tuple[int, int] | None = None, grey: bool = False, showing: Showing | None = None
) -> np.ndarray:
    """One picture as uint8: (height, width) where it is grey, (height, width, 3) where it has colour.

    Transparency shows white, or black where the ink is light; 16-bit greys and floats in [0, 1] are scaled; the
    camera's orientation is obeyed; of several pages the first is taken.

    Parameters
    ----------
    path
        The picture's file.
    size
        Height and width that it is fitted to: scaled with its proportions, and centred on its own background.
    grey
        Turn colour grey.
    showing
        How transparency and sixteen bits are shown, where that was found for a whole set.

    Raises
    ------
    DataError
        Naming the file, if it cannot be read as a picture.

    """
    with opened(path, size, showing) as image:
        if grey:
            image = image.convert("L")
        return np.asarray(fitted(image, size) if size else image)


def read_pages(path: Path) -> int:
    """How many pages or frames a picture that can be read has; 1 where those after the first are damaged."""
    if path.suffix.lower() not in (".gif", ".tif", ".tiff", ".webp"):
        return 1
    try:
        return _from_file(path, None, lambda image: int(getattr(image, "n_frames", 1)))
    except DataError:
        return 1


def background(pixels: np.ndarray) -> np.ndarray:
    """The median of a picture's border: a number for a grey one, three for colour."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return np.median(border, axis=0)


def fitted(image: "Image.Image", size: tuple[int, int]) -> "Image.Image":
    """A picture scaled to fit a height and a width, with its proportions, and centred on its own background."""
    from PIL import Image, ImageOps

    height, width = size
    if image.size == (width, height):
        return image
    ground = background(np.asarray(image)).astype(int)
    color = tuple(int(c) for c in ground) if image.mode == "RGB" else int(ground)
    return ImageOps.pad(image, (width, height), Image.Resampling.LANCZOS, color)


def read_images(paths: Sequence[Path], shape: Sequence[int], *, invert: bool = False) -> np.ndarray:
    """Pictures of any size as uint8 (len(paths), *shape); `shape` is (height, width) or (height, width, 3).

    Each is scaled to fit, keeping its proportions, and centred on its own background (the median of its
    border). `invert` turns dark strokes on white paper into the bright strokes on black of MNIST.
    Raises `DataError`, naming the file, if one cannot be read as a picture.
    """
    shape = tuple(shape)
    if len(shape) not in (2, 3) or shape[2:] not in ((), (3,)):
        raise DataError(
            f"pictures cannot have shape {shape}; it must be (height, width) or (height, width, 3)"
        )
    if not paths:
        raise DataError("no pictures are given; name at least one file")
    return np.stack([_fitted(Path(path), shape, invert) for path in paths])


def _fitted(path: Path, shape: tuple[int, ...], invert: bool) -> np.ndarray:
    from PIL import ImageOps

    with opened(path) as image:
        image = image.convert("RGB" if len(shape) == 3 else "L")
    return np.asarray(fitted(ImageOps.invert(image) if invert else image, (shape[0], shape[1])))


def _plain(image: "Image.Image", showing: Showing) -> "Image.Image":
    """Any mode of picture as L or RGB."""
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":
        values, top = np.asarray(image, np.float64), 1 if image.mode == "F" else showing.top
        if not (values.min() >= 0 and values.max() <= top):  # false for NaN too
            raise ValueError(f"its values are not all within 0 to {top}")
        return Image.fromarray((values * (255 / top)).round().astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = showing.paper or _ground(image)
        image = Image.alpha_composite(Image.new("RGBA", image.size, paper), image).convert("RGB")
        red, green, blue = np.moveaxis(np.asarray(image), -1, 0)
        grey = (red == green).all() and (green == blue).all()
        return image.convert("L") if grey else image
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _ground(image: "Image.Image") -> str:
    """What a transparent picture was likely made for: white paper, unless its ink is itself nearly white."""
    return "black" if (_ink(image) or 0) > LIGHT else "white"


def _ink(image: "Image.Image") -> float | None:
    """The mean intensity of what is seen of a picture, 0 to 255; None where nothing is transparent, or all is."""
    if not image.has_transparency_data:
        return None
    pixels = np.asarray(image.convert("RGBA"))
    color, alpha = pixels[..., :3], pixels[..., 3]
    if alpha.mean() >= 250 or not alpha.any():
        return None
    # A product that holds no copy of the picture in numbers of eight bytes.
    weighed = np.einsum("ijk,ij->", color, alpha, dtype=np.int64)
    return float(weighed / (3 * alpha.sum(dtype=np.int64)))


def _deep_top(image: "Image.Image") -> int | None:
    """The highest value of a picture in whole numbers of sixteen bits or more; None for another."""
    return int(np.asarray(image).max()) if image.mode.startswith("I") else None


def opened(path: Path, size: tuple[int, int] | None = None, showing: Showing | None = None) -> "Image.Image":
    """A picture's file as an image of Pillow in grey or colour, for `size` perhaps read coarsely.

    Raises `DataError`, naming the file, if it cannot be read as a picture.
    """
    from PIL import ImageOps

    return _from_file(path, size, lambda image: _plain(ImageOps.exif_transpose(image), showing or Showing()))


def _from_file(path: Path, size: tuple[int, int] | None, take: Callable[["Image.Image"], T]) -> T:
    """What `take` makes of a picture's file, with all that goes wrong as a `DataError` that names the file."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged EXIF and the like, which Pillow then leaves out
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            content = read_regular(path, LARGEST, "scale it down first")
            # From memory: of a file Pillow would take the memory of whatever lengths it names.
            image = Image.open(io.BytesIO(content), formats=FORMATS)
            pixels = image.width * image.height
            if image.format == "PNG" and pixels > PIXELS_A_BYTE * len(content):
                raise DataError(f"{path}: declares {pixels:,} pixels, more than its bytes can hold")
            check_fits(pixels, f"{path}: is too large", copies=BYTES_A_PIXEL)
            if size:  # of a JPEG: an eighth of the work
                image.draft(None, (2 * max(size), 2 * max(size)))
            return take(image)
    except HarmoniumError:
        raise
    except UnidentifiedImageError as error:
        raise DataError(f"{path}: is no picture of a known format; convert it to PNG") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(f"{path}: is too large ({in_one_line(error)}); scale it down first") from error
    except Exception as error:  # a damaged file can make Pillow raise nearly anything
        raise DataError(
            f"{path}: cannot be read as a picture ({in_one_line(error)}); convert it to PNG"
        ) from error
