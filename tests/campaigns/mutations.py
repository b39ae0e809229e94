"""Inputs that are nearly valid: changed bytes, lengths and words, in a file and inside what it packs."""

import copy
import gzip
import io
import json
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any

Mutate = Callable[[bytes], bytes]
Layer = Callable[[bytes, Mutate, random.Random], bytes]
"""Unpacks a file, has one of its parts mutated, and packs it again so that its checksums hold."""

NUMBERS = (
    0,
    1,
    2,
    7,
    8,
    127,
    128,
    255,
    256,
    32767,
    32768,
    65535,
    65536,
    2**24,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**62,
)
TEXTS = (
    b"\0",
    b"\n",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"(" * 200,
    b"[" * 200,
    b"'" * 3,
    b"-1",
    b"1e309",
    b"nan",
    b"../",
)
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1,
    2**63,
    10**30,
    0.5,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\0",
    "\x1b[31m",
    "[red]",
    "../../etc/passwd",
    "/dev/zero",
    "\ud800",
    [],
    [[]],
    {},
    {"a": 1},
)

JSON = (
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b":",
    b",",
    b"null",
    b"1e999",
    b'"\\ud800"',
    b'"\\u001b"',
    b"9" * 5000,
    b"[" * 5000,
)


class Mutator:
    """Draws mutations of a seed corpus; the same random numbers give the same inputs."""

    def __init__(self, seeds: Sequence[bytes], layers: Sequence[Layer], words: Sequence[bytes]):
        self.seeds, self.layers, self.words = seeds, layers, (*words, *TEXTS)

    def drawn(self, rng: random.Random) -> bytes:
        """A mutation of one of the seeds."""
        return self.mutated(rng.choice(self.seeds), rng)

    def mutated(self, content: bytes, rng: random.Random) -> bytes:
        """One to four changes, in the file as it is or in what it packs."""

        def mutate(part: bytes) -> bytes:
            for _ in range(min(4, 1 + int(rng.expovariate(1.2)))):
                part = self._changed(part, rng)
            return part

        if self.layers and rng.random() < 0.7:
            try:
                return rng.choice(self.layers)(content, mutate, rng)
            except Exception:  # a seed that is damaged itself cannot be unpacked
                return mutate(content)
        return mutate(content)

    def _changed(self, content: bytes, rng: random.Random) -> bytes:
        if not content:
            return rng.choice(self.words)
        at = rng.randrange(len(content))
        # The first bytes are headers more often than not.
        at = min(at, rng.randrange(512)) if rng.random() < 0.5 else at
        length = min(len(content) - at, 1 + int(rng.expovariate(0.05)))
        other = rng.choice(self.seeds)
        match rng.randrange(11):
            case 0:
                return content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]
            case 1:
                return (
                    content[:at]
                    + bytes([rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))])
                    + content[at + 1 :]
                )
            case 2:
                return content[:at] + rng.randbytes(length) + content[at + length :]
            case 3:
                return content[:at] + content[at + length :]
            case 4:
                return (
                    content[:at] + content[at : at + length] * rng.choice((2, 3, 50)) + content[at + length :]
                )
            case 5:
                return content[:at]
            case 6:
                return content[:at] + other[rng.randrange(len(other) + 1) :]
            case 7:
                begin = rng.randrange(len(other) + 1)
                piece = other[begin : begin + length]
                return content[:at] + piece + content[at + len(piece) :]
            case 8:
                return _another_integer(content, at, rng)
            case 9:
                return _another_number(content, rng)
            case _:
                return content[:at] + rng.choice(self.words) + content[at + rng.choice((0, length)) :]


def _another_integer(content: bytes, at: int, rng: random.Random) -> bytes:
    size = rng.choice((1, 2, 4, 4, 8))
    at -= at % size
    field = content[at : at + size]
    order: Any = rng.choice(("little", "big"))
    value = (
        rng.choice(NUMBERS) if rng.random() < 0.7 else int.from_bytes(field, order) + rng.randrange(-9, 10)
    )
    return content[:at] + (value % 256**size).to_bytes(size, order) + content[at + size :]


def _another_number(content: bytes, rng: random.Random) -> bytes:
    found = list(re.finditer(rb"[0-9]+", content[:4096]))
    if not found:
        return content + b"0"
    number = rng.choice(found)
    value = str(rng.choice((*NUMBERS, 10**30, -1))).encode()
    return content[: number.start()] + value + content[number.end() :]


def inside_gzip(content: bytes, mutate: Mutate, rng: random.Random) -> bytes:
    """What a gzip stream holds."""
    return gzip.compress(mutate(gzip.decompress(content)), 1, mtime=0)


def inside_zip(content: bytes, mutate: Mutate, rng: random.Random) -> bytes:
    """A member of a zip archive, or its name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(info.filename, archive.read(info), info.compress_type) for info in archive.infolist()]
    chosen = rng.randrange(len(members))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, (name, member, method) in enumerate(members):
            if number == chosen and rng.random() < 0.9:
                member = mutate(member)
            elif number == chosen:
                name = mutate(name.encode()).decode("latin1")
            archive.writestr(zipfile.ZipInfo(name or "x"), member, method)
    return packed.getvalue()


def inside_png(content: bytes, mutate: Mutate, rng: random.Random) -> bytes:
    """A chunk of a PNG, or the rows that its IDAT packs; a chunk may come twice or in another place."""
    chunks = []
    at = 8
    while at + 12 <= len(content):
        (size,) = struct.unpack(">I", content[at : at + 4])
        chunks.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + size]))
        at += 12 + size
    chosen = rng.randrange(len(chunks))
    name, body = chunks[chosen]
    if name == b"IDAT" and rng.random() < 0.5:
        body = zlib.compress(mutate(zlib.decompress(body)), 1)
    elif rng.random() < 0.85:
        body = mutate(body)
    else:
        chunks.insert(rng.randrange(len(chunks)), (name, body))
    chunks[chosen] = name, body
    if rng.random() < 0.2:
        name = rng.choice(
            (b"tRNS", b"PLTE", b"iCCP", b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"acTL", b"fcTL", b"gAMA")
        )
        chunks.insert(rng.randrange(1, len(chunks) + 1), (name, mutate(body)))
    return content[:8] + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def inside_mat(content: bytes, mutate: Mutate, rng: random.Random) -> bytes:
    """A compressed element of a .mat file."""
    elements = []
    at = 128
    while at + 8 <= len(content):
        kind, size = struct.unpack("<II", content[at : at + 8])
        elements.append((kind, content[at + 8 : at + 8 + size]))
        at += 8 + size
    chosen = rng.choice([number for number, (kind, _) in enumerate(elements) if kind == 15])
    elements[chosen] = 15, zlib.compress(mutate(zlib.decompress(elements[chosen][1])), 1)
    return content[:128] + b"".join(struct.pack("<II", kind, len(body)) + body for kind, body in elements)


def inside_json(content: bytes, mutate: Mutate, rng: random.Random) -> bytes:
    """A value of a JSON document."""
    return json.dumps(another_value(json.loads(content), rng)).encode()


def inside_json_lines(content: bytes, mutate: Mutate, rng: random.Random) -> bytes:
    """A value in one of a file's lines of JSON; lines may come twice, be lost or change places."""
    lines = content.splitlines()
    at = rng.randrange(len(lines))
    match rng.randrange(6):
        case 0:
            lines.insert(rng.randrange(len(lines)), lines[at])
        case 1:
            del lines[at]
        case _:
            lines[at] = json.dumps(another_value(json.loads(lines[at]), rng)).encode()
    return b"\n".join(lines) + b"\n"


def another_value(document: Any, rng: random.Random) -> Any:
    """A JSON document with one or two of its values replaced, dropped or renamed."""
    document = copy.deepcopy(document)
    for _ in range(rng.choice((1, 1, 2))):
        places = list(_places(document))
        if not places:
            return rng.choice(ODD)
        holder, key = rng.choice(places)
        action = rng.randrange(8)
        if action == 0:
            del holder[key]
        elif action == 1 and isinstance(holder, dict):
            holder[rng.choice((*holder, "other"))] = holder.pop(key)
        elif action == 2:
            holder[key] = [holder[key]] * rng.choice((1, 2, 1000))
        else:
            holder[key] = copy.deepcopy(rng.choice(ODD))
    return document


def _places(document: Any) -> Any:
    keys = (
        document if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ()
    )
    for key in list(keys):
        yield document, key
        yield from _places(document[key])


def inside_model(content: bytes, mutate: Mutate, rng: random.Random) -> bytes:
    """A saved model with other values, shapes or structure under a checksum that holds."""
    import numpy as np

    arrays, structure = parts_of_model(content)
    if arrays and rng.random() < 0.6:
        name = rng.choice(sorted(arrays))
        array = arrays[name]
        changed = {
            "fewer": lambda: array[: len(array) // 2] if array.ndim else array,
            "flat": lambda: array.ravel(),
            "deeper": lambda: array[None],
            "turned": lambda: np.ascontiguousarray(array.T),
            "empty": lambda: array[:0] if array.ndim else array,
            "none": lambda: np.full_like(array, np.nan if array.dtype.kind == "f" else 0),
            "huge": lambda: np.full_like(array, 1e30 if array.dtype.kind == "f" else 2**30),
            "integers": lambda: array.astype(np.int64),
            "doubles": lambda: array.astype(np.float64),
            "truths": lambda: array.astype(bool),
        }
        arrays[name] = np.ascontiguousarray(rng.choice(sorted(changed.items()))[1]())
    else:
        structure = json.dumps(another_value(json.loads(structure), rng), sort_keys=True)
    return model_of(arrays, structure)


def parts_of_model(content: bytes) -> tuple[dict[str, Any], str]:
    """The arrays of a saved model, and how they are put together."""
    import safetensors.numpy

    from harmonium.training import saved_model

    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])["__metadata__"]
    return safetensors.numpy.load(content), json.loads(header[saved_model.FORMAT])["model"]


def model_of(arrays: dict[str, Any], structure: str) -> bytes:
    """A saved model of such parts, with the checksum that belongs to them."""
    import safetensors.numpy

    from harmonium.training import saved_model

    entry = {"model": structure, "sha256": saved_model._checksum(structure, arrays)}
    return safetensors.numpy.save(arrays, metadata={saved_model.FORMAT: json.dumps(entry)})
