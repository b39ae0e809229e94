"""Images: intensities for the models, and the user's own picture files."""

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from harmonium.errors import DataError, HarmoniumError, in_one_line
from harmonium.files import read_regular
from harmonium.memory import check_fits

if TYPE_CHECKING:
    from PIL import Image

# Raster formats only: Pillow reads PostScript by running another program.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm"})

LARGEST = 2**30  # bytes of a picture's file
# Of a PNG: deflate makes at most 1032 bytes of one, and each holds at most eight pixels.
PIXELS_A_BYTE = 8 * 1032
BYTES_A_PIXEL = 32  # of memory while a picture is turned, laid on white, or scaled from 64-bit floats


def intensities(x: Array) -> Float[Array, "..."]:
    """Images as floats in [0, 1]: bytes divided by 256, floats as they are. Traceable by JAX."""
    # 256, not 255, is what the book's mnist.pkl.gz was made with: only so do its figures come out to the digit.
    return x.astype(jnp.float32) / 256 if x.dtype == jnp.uint8 else x


def picture_files(paths: Sequence[Path]) -> list[Path]:
    """The files among `paths`, and the pictures inside the folders among them, in order of their names.

    Raises `DataError` for a folder without pictures.
    """
    found: list[Path] = []
    for path in paths:
        inside = (
            sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
        )
        if not inside:
            raise DataError(f"{path}: holds no pictures")
        found += inside
    return found


def read_image(path: Path) -> np.ndarray:
    """One picture as uint8: (height, width) where it is grey, (height, width, 3) where it has colour.

    Transparency shows white; 16-bit greys and floats in [0, 1] are scaled; the camera's orientation is obeyed.
    Raises `DataError`, naming the file, if it cannot be read as a picture.
    """
    with _opened(path) as image:
        return np.asarray(image)


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
    from PIL import Image, ImageOps

    mode = "RGB" if len(shape) == 3 else "L"
    with _opened(path) as image:
        image = image.convert(mode)
    if invert:
        image = ImageOps.invert(image)
    size = (shape[1], shape[0])
    if image.size == size:
        return np.asarray(image)
    pixels = np.asarray(image)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    background = np.median(border, axis=0).astype(int)
    color = tuple(int(c) for c in background) if mode == "RGB" else int(background)
    return np.asarray(ImageOps.pad(image, size, Image.Resampling.LANCZOS, color))


def _plain(image: "Image.Image") -> "Image.Image":
    """Any mode of picture as L or RGB."""
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":
        values, top = np.asarray(image, np.float64), 1 if image.mode == "F" else 65_535
        if not (values.min() >= 0 and values.max() <= top):  # false for NaN too
            raise ValueError(f"its values are not all within 0 to {top}")
        return Image.fromarray((values * (255 / top)).round().astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
        red, green, blue = np.moveaxis(np.asarray(image), -1, 0)
        grey = (red == green).all() and (green == blue).all()
        return image.convert("L") if grey else image
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _opened(path: Path) -> "Image.Image":
    from PIL import Image, ImageOps, UnidentifiedImageError

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
            return _plain(ImageOps.exif_transpose(image))
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
