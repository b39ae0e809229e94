"""Piano-rolls of MATLAB, and MIDI."""

import io
import struct
from pathlib import Path

import mutations as m
import numpy as np

from parsers.parser import Parser

HEAD = b"MATLAB 5.0 MAT-file".ljust(116)  # without the date, so that inputs are the same on any day


def mat_seeds() -> list[bytes]:
    """Cells of rolls, of several types of numbers, packed or not; the first is not."""
    import scipy.io

    made, rng = [], np.random.default_rng(2)
    for dtype in ("u1", "f8", "i2"):
        for packed in (False, True):
            content, rolls = io.BytesIO(), {}
            for key in ("traindata", "validdata", "testdata"):
                rolls[key] = np.empty((1, 2), object)
                rolls[key][0, :] = [(rng.random((n, 88)) < 0.1).astype(dtype) for n in (1, 3)]
            scipy.io.savemat(content, rolls, do_compression=packed)
            made.append(HEAD + content.getvalue()[len(HEAD) :])
    return made


def damaged_mat(valid: bytes) -> list[bytes]:
    """An element of a type that there is not, which SciPy looks up beyond its table; a size beyond the file."""
    made = []
    for at in range(128, 208, 4):
        made.append(valid[: at + 1] + b"\x2e" + valid[at + 2 :])
        made.append(valid[: at + 3] + b"\x95" + valid[at + 4 :])
    return made


def read_mat(path: Path) -> object:
    """As training does."""
    from harmonium.data.loading import load_music

    return load_music(path)


def midi_seeds() -> list[bytes]:
    """A tune with changes of tempo, running status and drums."""

    def track(body: bytes) -> bytes:
        body += b"\x00\xff\x2f\x00"
        return b"MTrk" + struct.pack(">I", len(body)) + body

    notes = b"\x00\x90\x3c\x50\x83\x60\x3c\x00\x00\x40\x50\x83\x60\x40\x00"
    tempo, drums = b"\x00\xff\x51\x03\x07\xa1\x20", b"\x00\x99\x26\x50\x83\x60\x89\x26\x00"
    first = b"MThd" + struct.pack(">IHHH", 6, 1, 2, 480) + track(tempo) + track(notes + drums)
    return [first, b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + track(tempo + notes * 20)]


def read_midi(path: Path) -> object:
    """In seconds, and written again."""
    from harmonium.data.midi import Grid, read_midi, write_midi

    roll = read_midi(path, Grid())
    write_midi(roll, Grid(), path.with_name("again.mid"))
    return roll


PARSERS = (
    Parser(
        "mat",
        "x.mat",
        mat_seeds,
        read_mat,
        (m.inside_mat,),
        (b"traindata", struct.pack("<II", 14, 0), struct.pack("<II", 15, 64), struct.pack("<HH", 2, 4)),
        ("*.mat", "mat-*"),
        damaged_mat,
        guided=True,
    ),
    Parser(
        "midi",
        "x.mid",
        midi_seeds,
        read_midi,
        words=(b"MTrk", b"\xff\x51\x03", b"\xff\x2f\0", b"\xf0"),
        patterns=("*.mid",),
    ),
)
