"""What a MIDI file is made of, looked at before its notes are read: its wrapper, its clock, its tracks."""

import struct
from dataclasses import dataclass

from harmonium.errors import DataError

HEADER = struct.Struct(">4sIHHH")  # MThd, its length, the format, the number of tracks, the clock
CHUNK = struct.Struct(">4sI")
ENDED = b"\xff\x2f\x00"  # the event that ends a track
NOTHING = b"\xff\x01\x00"  # an empty text in its place, so that more may follow
FRAMES = {29: 30_000 / 1001}  # per second, where that is not the number itself; 29 stands for 29.97
MOST_TRACKS = 256  # in which notes without an end are looked for
ON, OFF = 0x90, 0x80  # what begins and ends a note, with the channel


@dataclass(frozen=True)
class Chunks:
    """A MIDI file without its wrapper, whose clock counts in beats."""

    content: bytes
    ticks_a_second: float | None = (
        None  # of a clock that counted film frames; those of tempos do not matter then
    )


def opened(content: bytes, where: str) -> Chunks:
    """Take a MIDI file out of a RIFF file (.rmi), and note the rate of a clock of film frames (SMPTE).

    Parameters
    ----------
    content
        That of the file.
    where
        How messages begin.

    Raises
    ------
    DataError
        For what does not begin as a MIDI file, a clock that stands still, and several pieces in one file (format 2).

    """
    content = _unwrapped(content)
    if not content.startswith(b"MThd") or len(content) < HEADER.size:
        raise DataError(f"{where}: is no MIDI file, whose first letters are MThd; export the piece as MIDI")
    mark, length, kind, tracks, clock = HEADER.unpack_from(content)
    if kind == 2 and tracks > 1:
        raise DataError(
            f"{where}: holds {tracks} pieces that do not sound together (MIDI format 2); export each as a file of its "
            "own"
        )
    if not clock & 0x8000:
        return Chunks(content)
    frames, ticks = 256 - (clock >> 8), clock & 0xFF
    if not ticks:
        raise DataError(f"{where}: its header says 0 ticks a frame; export the piece anew")
    beats = HEADER.pack(mark, length, kind, tracks, 480)
    return Chunks(beats + content[HEADER.size :], FRAMES.get(frames, frames) * ticks)


def with_all_ended(content: bytes) -> bytes | None:
    """The same file, but that every note ends with its track at the latest; None where that is not clear."""
    at = CHUNK.size + int.from_bytes(content[4:8], "big")
    pieces = [content[:at]]
    while at + CHUNK.size <= len(content):
        mark, size = CHUNK.unpack_from(content, at)
        inside = content[at + CHUNK.size : at + CHUNK.size + size]
        at += CHUNK.size + size
        if mark != b"MTrk":
            continue
        if not inside.endswith(ENDED) or len(pieces) > MOST_TRACKS:
            return None
        channels = [channel for channel in range(16) if ON | channel in inside]
        off = b"".join(bytes([0, OFF | channel, pitch, 0]) for channel in channels for pitch in range(128))
        inside = inside[: -len(ENDED)] + NOTHING + off + b"\x00" + ENDED
        pieces.append(CHUNK.pack(mark, len(inside)) + inside)
    return b"".join(pieces)


def _unwrapped(content: bytes) -> bytes:
    """The MIDI file in a RIFF file, or the content as it is."""
    if not (content.startswith(b"RIFF") and content[8:12] == b"RMID"):
        return content
    at = 12
    while at + 8 <= len(content):
        mark, size = struct.unpack_from("<4sI", content, at)
        if mark == b"data":
            return content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return content
