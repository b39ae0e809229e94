"""Piano-rolls as sound, by a few lines of additive synthesis, so that any player can play what a model wrote."""

import io
from pathlib import Path

import numpy as np

from harmonium.figures import drawing
from harmonium.figures.music import LOWEST

RATE = 22_050  # samples a second
PARTIALS = 6  # sines that make up a note
ATTACK, RELEASE = 0.005, 0.06  # seconds


def write_wav(roll: np.ndarray, seconds: float, path: Path) -> Path:
    """Write a piano-roll as a WAV file of 16 bits and one channel.

    Parameters
    ----------
    roll
        (steps, 88), with 1 where a note sounds; notes that sound in steps on end are held.
    seconds
        How long a step lasts.
    path
        The WAV file to write.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     roll = np.eye(8, 88, 40)  # eight notes, one after the other
    ...     write_wav(roll, 0.3, Path(folder, "scale.wav")).name
    'scale.wav'
    """
    from scipy.io import wavfile

    sound = np.zeros(int((len(roll) * seconds + 1) * RATE), np.float32)  # and a second to ring out
    edges = np.diff(np.pad(roll.astype(np.int8), ((1, 1), (0, 0))), axis=0)
    for column in range(roll.shape[1]):
        begins, ends = (np.flatnonzero(edges[:, column] == sign) for sign in (1, -1))
        for begin, end in zip(begins, ends, strict=True):
            tone = _note(LOWEST + column, (end - begin) * seconds)
            at = int(begin * seconds * RATE)
            sound[at : at + len(tone)] += tone[: len(sound) - at]
    loudest = float(np.abs(sound).max()) or 1.0
    content = io.BytesIO()
    wavfile.write(content, RATE, (sound * (0.9 * 32767 / loudest)).astype(np.int16))
    return drawing.write(path, content)


def _note(number: int, seconds: float) -> np.ndarray:
    """The sound of a struck string: higher partials fade faster, and at the end a damper stops them all."""
    time = np.arange(int((seconds + RELEASE) * RATE), dtype=np.float32) / RATE
    frequency = 440 * 2 ** ((number - 69) / 12)
    tone = np.zeros_like(time)
    for k in range(1, PARTIALS + 1):
        if k * frequency < RATE / 2:
            tone += k**-1.5 * np.exp(-(0.8 + 0.5 * k) * time) * np.sin(2 * np.pi * k * frequency * time)
    shape = np.minimum(1, time / ATTACK) * np.clip((seconds + RELEASE - time) / RELEASE, 0, 1)
    return tone * shape
