"""Piano-rolls as pictures and as sound."""

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from harmonium.figures import piano_rolls, write_wav
from harmonium.figures.sound import RATE


def roll_of(notes, steps=8):
    roll = np.zeros((steps, 88), np.uint8)
    roll[:, np.array(notes) - 21] = 1
    return roll


@pytest.mark.parametrize("note", [33, 60, 69, 96])
def test_a_note_sounds_at_its_pitch(note, tmp_path):
    rate, sound = wavfile.read(write_wav(roll_of([note]), 0.25, tmp_path / "note.wav"))
    assert rate == RATE
    spectrum = np.abs(np.fft.rfft(sound[: 2 * rate] * np.hanning(2 * rate)))
    loudest = np.fft.rfftfreq(2 * rate, 1 / rate)[spectrum.argmax()]
    assert loudest == pytest.approx(440 * 2 ** ((note - 69) / 12), abs=1)


def test_a_note_sounds_when_it_is_there(tmp_path):
    roll = roll_of([69])
    roll[:4] = 0
    _, sound = wavfile.read(write_wav(roll, 0.25, tmp_path / "note.wav"))
    assert len(sound) == 3 * RATE  # and a second to ring out
    assert not sound[: RATE - 1].any()
    assert np.abs(sound[RATE : 2 * RATE]).max() == pytest.approx(0.9 * 32767, rel=0.01)
    assert not sound[int(2.1 * RATE) :].any()


def test_silence_can_be_written(tmp_path):
    _, sound = wavfile.read(write_wav(roll_of([60]) * 0, 0.25, tmp_path / "silence.wav"))
    assert not sound.any()


def test_a_piano_roll_is_dark_where_notes_are(tmp_path):
    low, high = roll_of([40]), roll_of([80])
    low[:, 80 - 21], high[4:] = 0, 0
    with Image.open(piano_rolls({"low": low, "high": high}, 0.5, tmp_path / "rolls.png")) as picture:
        dark = np.asarray(picture.convert("L")) < 60
    inside = dark[:, 200:-60]  # beside the axis and its labels
    rows = np.flatnonzero(inside.mean(1) > 0.3)
    upper, lower = rows[rows < len(dark) / 2], rows[rows > len(dark) / 2]
    assert len(upper)
    assert len(lower)
    note = inside[lower[0] + 3]  # the high note sounds for the first half
    assert note[: len(note) // 3].all()
    assert not note[2 * len(note) // 3 :].any()


def test_silence_can_be_drawn(tmp_path):
    silence = piano_rolls({"silence": roll_of([60]) * 0}, 0.3, tmp_path / "silence.png", title="what I wrote")
    with Image.open(silence) as picture:
        assert picture.info["Description"] == "what I wrote: 2 seconds of silence"
