"""MIDI files as piano-rolls and back, and files that are hostile."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

import harmonium as hm
from harmonium.data.midi import LARGEST, LOWEST, MOST_STEPS, NOTES, Grid, as_roll, read_midi, write_midi
from harmonium.errors import ConfigError, DataError

EIGHTHS = Grid(0.5, "beats")
SIXTEENTHS = Grid(0.25, "beats")


def number(value):
    """A length as MIDI writes it, seven bits a byte."""
    digits = [value & 127]
    while value := value >> 7:
        digits.append(value & 127 | 128)
    return bytes(reversed(digits))


def on(pitch, wait=0, channel=0):
    return number(wait) + bytes([0x90 | channel, pitch, 80])


def off(pitch, wait=480, channel=0):
    return number(wait) + bytes([0x80 | channel, pitch, 0])


def tempo(microseconds, wait=0):
    return number(wait) + b"\xff\x51\x03" + microseconds.to_bytes(3, "big")


def midi(*tracks, division=480, kind=1):
    header = b"MThd" + struct.pack(">IHHH", 6, kind, len(tracks), division)
    ended = [track + b"\x00\xff\x2f\x00" for track in tracks]
    return header + b"".join(b"MTrk" + struct.pack(">I", len(track)) + track for track in ended)


def notes_of(roll):
    """The pitches that sound at each step."""
    return [(np.flatnonzero(row) + LOWEST).tolist() for row in roll]


def read(content, grid=EIGHTHS):
    return as_roll(content, grid, "tune.mid")[0]


def test_a_held_note_sounds_at_each_instant_until_its_end():
    assert notes_of(read(midi(on(60) + off(60, 720) + on(64) + off(64, 240)))) == [[60], [60], [60], [64]]


def test_a_roll_has_a_column_for_each_key_of_a_piano():
    roll = read(midi(on(21) + on(108) + off(21) + off(108, 0)))
    assert roll.shape == (2, NOTES)
    assert roll.dtype == np.uint8
    assert notes_of(roll)[0] == [21, 108]


def test_tracks_and_channels_sound_together():
    melody, chords = (
        on(72) + off(72),
        on(48, channel=3) + on(52, channel=3) + off(48, channel=3) + off(52, 0, 3),
    )
    assert notes_of(read(midi(tempo(500_000), melody, chords))) == [[48, 52, 72]] * 2


def test_drums_are_left_out():
    assert notes_of(read(midi(on(60) + on(38, channel=9) + off(60) + off(38, 0, channel=9)))) == [[60]] * 2
    with pytest.raises(DataError, match="no notes"):
        read(midi(on(38, channel=9) + off(38, channel=9)))


def test_running_status_is_understood():
    running = (
        on(60) + number(480) + bytes([60, 0]) + number(0) + bytes([64, 80]) + number(480) + bytes([64, 0])
    )
    assert notes_of(read(midi(running))) == [[60], [60], [64], [64]]


def test_a_velocity_of_zero_ends_a_note():
    assert notes_of(read(midi(on(60) + number(240) + bytes([0x90, 60, 0])))) == [[60]]


def test_notes_outside_a_piano_and_notes_without_end_are_left_out():
    assert notes_of(read(midi(on(20) + on(60) + off(20) + off(60, 0) + on(72)))) == [[60]] * 2


def test_notes_without_end_are_counted_among_those_that_are_left_out():
    held = on(60) + on(64) + off(60) + on(36, channel=9)
    roll, notes = as_roll(midi(held, on(72, channel=3) + off(72, channel=3)), EIGHTHS, "tune.mid")
    assert notes_of(roll) == [[60, 72], [60, 72]]
    assert notes == {"heard": 2, "the file does not say when they end": 1}


@pytest.mark.parametrize(("frames", "ticks"), [(25, 40), (30, 80), (24, 4), (29, 100)])
def test_a_clock_of_film_frames_counts_seconds_whatever_the_tempo(frames, ticks):
    second = round({29: 30_000 / 1001}.get(frames, frames) * ticks)
    film = midi(
        tempo(100_000) + on(60) + off(60, second) + on(64) + off(64, second),
        division=(256 - frames) << 8 | ticks,
    )
    assert notes_of(read(film, Grid(0.5))) == [[60], [60], [64], [64]]
    with pytest.raises(DataError, match=r"film frames, and no beats; export it with ticks a beat"):
        read(film, EIGHTHS)


def test_a_midi_file_is_taken_out_of_a_riff_file():
    inside = midi(on(60) + off(60))
    chunks = b"RMIDLIST" + struct.pack("<I", 3) + b"abc\0data" + struct.pack("<I", len(inside)) + inside
    assert notes_of(read(b"RIFF" + struct.pack("<I", len(chunks)) + chunks)) == [[60], [60]]


def test_seconds_follow_the_changes_of_tempo():
    # A beat of 0.5 s, then one of 1 s, then one of 0.25 s.
    track = on(60) + off(60) + tempo(1_000_000) + on(62) + off(62) + tempo(250_000) + on(64) + off(64)
    assert notes_of(read(midi(track), Grid(0.25))) == [[60]] * 2 + [[62]] * 4 + [[64]]
    assert notes_of(read(midi(track), EIGHTHS)) == [[60]] * 2 + [[62]] * 2 + [[64]] * 2


def test_a_tempo_in_another_track_counts_and_120_is_the_first():
    assert len(read(midi(tempo(1_000_000, wait=480), on(60) + off(60, 960)), Grid(0.1))) == 15


def test_the_number_of_ticks_in_a_beat_does_not_matter():
    for division in (24, 96, 480, 32767):
        roll = read(midi(on(60) + off(60, 2 * division), division=division), SIXTEENTHS)
        assert notes_of(roll) == [[60]] * 8


def test_a_note_that_ends_a_tick_early_is_as_long():
    """As those of the Nottingham files do."""
    assert notes_of(read(midi(on(60) + off(60, 239) + on(62, 1) + off(62, 239)))) == [[60], [62]]


def test_a_note_between_two_instants_is_not_seen():
    assert notes_of(read(midi(on(60, 10) + off(60, 100) + on(62, 130) + off(62, 240)))) == [[], [62]]
    with pytest.raises(DataError, match=r"no note sounds at any multiple of 0\.5 beats"):
        read(midi(on(60, 10) + off(60, 100)))


@st.composite
def rolls(draw):
    roll = draw(
        arrays(np.uint8, (draw(st.integers(1, 40)), NOTES), elements=st.integers(0, 1), fill=st.just(0))
    )
    roll[-1, draw(st.integers(0, NOTES - 1))] = 1  # silence at the end is not kept
    return roll


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rolls(),
    st.sampled_from(
        [Grid(), Grid(0.001), Grid(8.0), Grid(0.123456), EIGHTHS, Grid(1 / 3, "beats"), Grid(4, "beats")]
    ),
)
def test_a_roll_written_and_read_is_the_same(tmp_path, roll, grid):
    path = tmp_path / "tune.mid"
    write_midi(roll, grid, path)
    np.testing.assert_array_equal(read_midi(path, grid), roll)


def test_a_long_roll_does_not_drift(tmp_path):
    roll = np.zeros((50_000, NOTES), np.uint8)
    roll[::2, 40] = roll[-1, 41] = 1
    write_midi(roll, Grid(0.1), tmp_path / "tune.mid")
    np.testing.assert_array_equal(read_midi(tmp_path / "tune.mid", Grid(0.1)), roll)


def test_a_period_that_midi_cannot_hold_is_refused(tmp_path):
    for grid in (Grid(0.12345678), Grid(0.12345, "beats")):
        with pytest.raises(ConfigError, match="cannot be written as MIDI"):
            write_midi(np.ones((1, NOTES), np.uint8), grid, tmp_path / "tune.mid")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("period", [0, -1, float("nan"), 1e-4, 9])
def test_a_period_without_meaning_is_refused(period):
    with pytest.raises(ConfigError, match="sampling period"):
        Grid(period)


def test_truncated_at_every_byte_it_is_an_error_or_a_roll():
    whole = midi(
        tempo(600_000) + b"\x00\xff\x03\x04tune", on(60) + off(60) + on(64) + off(64), on(48) + off(48, 960)
    )
    errors = []
    for length in range(len(whole)):
        try:
            assert read(whole[:length]).shape[1] == NOTES
        except DataError as error:
            errors.append(str(error))
    assert len(errors) > 60
    assert all(error.startswith("tune.mid: ") for error in errors)


@settings(max_examples=500)
@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=8),
    st.binary(max_size=20),
)
def test_with_any_bytes_changed_it_is_an_error_or_a_roll(changes, more):
    content = bytearray(
        midi(tempo(600_000), on(60) + off(60) + on(64) + off(64), on(48) + off(48, 960)) + more
    )
    for place, value in changes:
        content[place % len(content)] = value
    try:
        roll = read(bytes(content))
    except DataError:
        return
    assert roll.any()
    assert len(roll) <= MOST_STEPS


@given(st.binary(max_size=200))
def test_any_bytes_are_an_error_or_a_roll(content):
    with pytest.raises(DataError):
        read(b"MThd" + content)
    with pytest.raises(DataError):
        read(content)


HOSTILE = {
    "empty": (b"", "no MIDI file"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "no MIDI file"),
    "no notes": (midi(tempo(500_000)), "no notes"),
    "no tracks": (midi(), "no notes"),
    "notes without end": (midi(on(60) + on(62)), "says of none of its 2 notes when it ends"),
    "out of range": (
        midi(on(20) + on(109) + off(20) + off(109, 0)),
        "all of its 2 notes lie outside 21 to 108",
    ),
    "tempo zero": (midi(tempo(0) + on(60) + off(60)), "tempo at tick 0 is 0"),
    "no ticks": (midi(on(60) + off(60), division=0), "0 ticks a beat"),
    "frames of film that stand still": (midi(on(60) + off(60), division=0xE700), "0 ticks a frame"),
    "several pieces": (
        midi(on(60) + off(60), on(64) + off(64), kind=2),
        "2 pieces that do not sound together",
    ),
    "a huge pause": (
        midi(b"".join(on(60, 2**28 - 1) + off(60, 2**28 - 1) for _ in range(3))),
        "more than 100,000",
    ),
    "a longer length than bytes": (midi(on(60) + off(60))[:-20], "damaged"),
    "a huge text": (midi(b"\x00\xff\x01" + number(2**28 - 1) + b"la"), "damaged"),
    "a huge message": (midi(b"\x00\xf0" + number(2**28 - 1) + b"la"), "damaged"),
    "a very fast tempo": (midi(tempo(1) + on(60, 1) + off(60)), "no note sounds"),
    "a very slow tempo": (midi(tempo(2**24 - 1) + on(60) + off(60, 2**20)), "lasts"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_or_no_music_is_refused_by_name(name):
    content, complaint = HOSTILE[name]
    with pytest.raises(DataError, match=complaint) as caught:
        read(content, Grid())
    assert str(caught.value).startswith("tune.mid: ")


def test_a_huge_file_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "huge.mid"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(DataError, match="holds more than"):
        read_midi(path, Grid())


def test_an_hour_is_read():
    hour = midi(b"".join(on(60) + off(60, 480) for _ in range(7200)))
    assert len(read(hour, Grid(0.3))) == 12_000
    with pytest.raises(DataError, match=r"3,600,000 steps of 0\.001 seconds, more than 100,000; cut it"):
        read(hour, Grid(0.001))


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(DataError, match=r"gone\.mid: there is no such file"):
        read_midi(Path("gone.mid"), Grid())


@pytest.mark.parametrize(
    "error", [TypeError("odd"), MemoryError(), OverflowError("large"), IndexError("past")]
)
def test_whatever_the_reader_raises_is_one_line(monkeypatch, error):
    import symusic

    class Raises:
        @staticmethod
        def from_midi(_):
            raise error

    monkeypatch.setattr(symusic, "Score", Raises)
    with pytest.raises(
        DataError, match=r"^tune\.mid: is damaged, so that it cannot be read as MIDI \(\w+\)$"
    ):
        read(midi(on(60) + off(60)))


def test_paths_may_be_texts():
    roll = np.eye(88, dtype=np.uint8)[:10]
    hm.data.write_midi(roll, Grid(0.3), "folder/tune.mid")
    np.testing.assert_array_equal(hm.data.read_midi("folder/tune.mid", Grid(0.3)), roll)
    assert hm.data.read_pieces("folder", Grid(0.3)).names == ("tune.mid",)
    assert [file.name for file in hm.data.midi_files("folder")] == ["tune.mid"]
    assert hm.figures.write_wav(roll, 0.3, "sounds/tune.wav").stat().st_size > 44
    Path("text.txt").write_text("a good film")
    assert hm.data.read_text("text.txt") == "a good film"
    Image.new("L", (8, 8)).save("folder/a.png")
    assert hm.data.picture_files(["folder"]) == [Path("folder/a.png")]


def test_notes_of_which_none_is_left_out_are_not_spoken_of(capsys):
    hm.data.write_midi(np.eye(88, dtype=np.uint8)[:10], Grid(0.3), Path("whole.mid"))
    hm.data.read_pieces(Path("whole.mid"), Grid(0.3))
    assert "left out" not in capsys.readouterr().err
