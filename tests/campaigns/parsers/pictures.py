"""Pictures, which Pillow reads."""

import contextlib
import io
import struct
import zlib
from functools import partial
from pathlib import Path

import mutations as m
import numpy as np

from parsers.parser import Parser

FORMS = ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM")
WORDS = (
    b"Exif\0\0",
    b"MM\0*",
    b"II*\0",
    b"\xff\xd8",
    b"\xff\xdb",
    b"\xff\xc4",
    b"\xff\xda",
    b"ICCP",
    b"VP8X",
)


def seeds(form: str) -> list[bytes]:
    """Pictures of each mode that a format has."""
    from PIL import Image

    colour = Image.fromarray(np.random.default_rng(1).integers(0, 256, (6, 5, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"compression": "tiff_lzw"} if form == "TIFF" else {"progressive": True, "optimize": True}
    made = []
    for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16", "I", "F", "CMYK"):
        for more in ({"exif": exif}, options):
            content = io.BytesIO()
            with contextlib.suppress(OSError, ValueError, KeyError):
                picture = (colour.convert("L") if mode in ("I;16", "F") else colour).convert(mode)
                picture.save(content, form, **more)
                made.append(content.getvalue())
    if form in ("GIF", "WEBP", "TIFF", "PNG"):
        content = io.BytesIO()
        colour.save(content, form, save_all=True, append_images=[colour.rotate(90)])
        made.append(content.getvalue())
    return list(dict.fromkeys(made))


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a PNG with its checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def damaged_png(_: bytes) -> list[bytes]:
    """A height of millions over a few bytes, with an orientation that is cut off; a transparency before the palette."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 0x800006, 8, 2, 0, 0, 0))
    exif = chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0")
    body = chunk(b"IDAT", zlib.compress(bytes(40))) + chunk(b"IEND", b"")
    small = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 3, 0, 0, 0))
    return [b"\x89PNG\r\n\x1a\n" + one for one in (head + exif + body, small + chunk(b"tRNS", b"\0") + body)]


def read(path: Path) -> object:
    """As training and prediction do."""
    from harmonium.data.images import read_image, read_images, read_pages

    read_image(path)
    read_pages(path)
    return read_images([path], (8, 8))


PARSERS = tuple(
    Parser(
        form.lower(),
        f"x.{form.lower()}",
        partial(seeds, form),
        read,
        (m.inside_png,) if form == "PNG" else (),
        WORDS,
        ("image-*", f"*.{form.lower()}"),
        damaged_png if form == "PNG" else lambda _: [],
    )
    for form in FORMS
)
