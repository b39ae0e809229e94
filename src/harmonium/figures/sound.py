"""Music to be heard: a few lines of additive synthesis, so that a browser can play what a model wrote."""

import io
from pathlib import Path

import numpy as np

from harmonium.figures import drawing
from harmonium.figures.music import LOWEST

RATE = 22_050  # samples a second
PARTIALS = 6  # sines of a note
ATTACK, RELEASE = 0.005, 0.06  # seconds


def write_wav(roll: np.ndarray, seconds: float, path: Path) -> Path:
    """Write a piano-roll, (steps, 88), as a WAV file, 16 bits, one channel; a step lasts `seconds`."""
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
    """A struck string: partials that die away the faster the higher they are, then the damper."""
    time = np.arange(int((seconds + RELEASE) * RATE), dtype=np.float32) / RATE
    frequency = 440 * 2 ** ((number - 69) / 12)
    tone = np.zeros_like(time)
    for k in range(1, PARTIALS + 1):
        if k * frequency < RATE / 2:
            tone += k**-1.5 * np.exp(-(0.8 + 0.5 * k) * time) * np.sin(2 * np.pi * k * frequency * time)
    shape = np.minimum(1, time / ATTACK) * np.clip((seconds + RELEASE - time) / RELEASE, 0, 1)
    return tone * shape
