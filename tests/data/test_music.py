"""Folders of MIDI files, rolls in .mat files, keys, and the stores of the known sets."""

import http.server
import io
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import symusic

from harmonium.data import CATALOGUE, Grid, load, load_music, read_pieces, sampled_on
from harmonium.data import named_music as known
from harmonium.data.midi import NOTES, write_midi
from harmonium.data.musical_keys import in_common_key, key_of, transposed
from harmonium.errors import DataError

EIGHTHS = Grid(0.5, "beats")


def tune(pitches, shift=0):
    """A roll of one note a step."""
    roll = np.zeros((len(pitches), NOTES), np.uint8)
    roll[np.arange(len(pitches)), np.array(pitches) - 21 + shift] = 1
    return roll


SCALE = [60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 60, 60]


def files(folder, count, shift=0):
    for n in range(count):
        write_midi(tune(SCALE[: n + 2], shift), EIGHTHS, folder / f"{n}.mid")


def cells(rolls):
    row = np.empty((1, len(rolls)), object)
    row[0] = [*rolls, None][:-1]
    return row


def mat(path, **changes):
    content = {f"{part}data": cells([tune(SCALE), tune(SCALE[:5])]) for part in ("train", "valid", "test")}
    scipy.io.savemat(path, content | changes)
    return path


def test_a_folder_is_cut_into_splits_by_the_seed():
    files(Path("tunes"), 21)
    music = load_music("tunes", seed=3, grid=EIGHTHS)
    assert music.sizes == {"train": 15, "valid": 3, "test": 3}
    names = [name for split in music.splits.values() for name in split.names]
    assert sorted(names) == sorted(f"{n}.mid" for n in range(21))
    assert load_music("tunes", seed=3, grid=EIGHTHS).checksum == music.checksum
    assert load_music("tunes", seed=4, grid=EIGHTHS).checksum != music.checksum


def test_subfolders_are_the_splits():
    for part, count in (("train", 4), ("valid", 2), ("test", 3)):
        files(Path("tunes") / part / "deeper", count)
    music = load_music("tunes", grid=EIGHTHS)
    assert music.sizes == {"train": 4, "valid": 2, "test": 3}
    np.testing.assert_array_equal(music.train.rolls[1], tune(SCALE[:3]))
    assert music.train.names[1] == "deeper/1.mid"


def test_a_missing_split_is_taken_from_train():
    files(Path("tunes/train"), 9)
    files(Path("tunes/test"), 2)
    assert load_music("tunes", grid=EIGHTHS).sizes == {"train": 7, "valid": 2, "test": 2}


def test_bad_files_are_skipped_named_and_counted(capsys):
    files(Path("tunes"), 9)
    for n in range(7):
        Path(f"tunes/bad-{n}.mid").write_bytes(b"MThd" + bytes(n))
    music = load_music("tunes", grid=EIGHTHS)
    assert sum(music.sizes.values()) == 9
    assert music.reading.skipped == {"cannot be read as MIDI": 7}
    assert "tunes/bad-0.mid: is no MIDI file" in music.reading.notes[0]
    read_pieces(Path("tunes"), EIGHTHS)
    said = capsys.readouterr().err
    assert "tunes: skipped 7 of 16 MIDI files:" in said
    assert "tunes/bad-0.mid: is no MIDI file" in said
    assert "and 2 more" in said
    read_pieces(Path("tunes"), EIGHTHS)
    assert not capsys.readouterr().err  # it has been said


def test_the_step_and_the_notes_that_are_left_out_are_told():
    for name in range(7):
        score = symusic.Score(480)
        for program, drums, notes in (
            (0, False, [(0, 480, 60), (480, 240, 64), (10, 200, 62), (0, 480, 5), (480, 480, 120)]),
            (0, True, [(0, 480, 36)] * 3),
        ):
            score.tracks.append(symusic.Track("", program, drums))
            for start, length, pitch in notes:
                score.tracks[-1].notes.append(symusic.Note(start, length, pitch, 80))
        Path("tunes").mkdir(exist_ok=True)
        Path(f"tunes/{name}.mid").write_bytes(score.dumps_midi())
    notes = load_music("tunes", grid=EIGHTHS).reading.notes
    assert notes[:4] == (
        "a step is 0.5 beats (--period, --unit)",
        "21 of 56 notes are left out: drums",
        "14 of 56 notes are left out: outside the piano's 21 to 108, as MIDI numbers",
        "7 of 56 notes are left out: between two steps (a shorter --period hears them)",
    )
    assert not any("between" in note for note in load_music("tunes", grid=Grid(0.1, "beats")).reading.notes)


def test_midi_files_are_found_as_pictures_are():
    for part, count in (("Training", 8), ("validation", 2), ("test_set", 3)):
        files(Path("tunes") / part, count)
    Path("tunes/Training/0.mid").rename("tunes/Training/0.MIDI")
    Path("tunes/Training/._1.mid").write_bytes(b"junk")
    Path("tunes/cover.jpg").write_bytes(b"junk")
    music = load_music("tunes", grid=EIGHTHS)
    assert music.sizes == {"train": 8, "valid": 2, "test": 3}
    assert music.names["valid"] == ("valid/0.mid", "valid/1.mid")
    assert music.reading.skipped == {"hidden or left behind by a system": 1, "not MIDI files (.jpg)": 1}
    files(Path("more"), 21)
    first = load_music("more", grid=EIGHTHS)
    files(Path("more/new"), 3)
    again = load_music("more", grid=EIGHTHS, splits=first.names)
    for part in first.splits:
        assert set(first.names[part]) <= set(again.names[part])


def test_a_folder_without_music_is_an_error():
    Path("empty").mkdir()
    Path("empty/notes.txt").write_text("la")
    with pytest.raises(DataError, match="empty: holds no MIDI file"):
        load_music("empty")
    Path("empty/bad.mid").write_bytes(b"la")
    with pytest.raises(DataError, match=r"none of its 1 MIDI files can be read; empty/bad\.mid: "):
        load_music("empty")


def test_too_few_files_cannot_be_split():
    files(Path("tunes"), 2)
    with pytest.raises(DataError, match="2 examples cannot be cut"):
        load_music("tunes", grid=EIGHTHS)


def test_an_unknown_name_is_an_error_with_the_nearest():
    with pytest.raises(DataError, match="did you mean 'nottingham'"):
        load_music("notingham")
    with pytest.raises(DataError, match="mnist holds pictures, but music"):
        load_music("mnist")
    with pytest.raises(DataError, match="nottingham holds music, but pictures"):
        load("nottingham")


def test_rolls_of_a_mat_file(tmp_path):
    music = load_music(str(mat(tmp_path / "tunes.mat")))
    assert music.sizes == {"train": 2, "valid": 2, "test": 2}
    np.testing.assert_array_equal(music.test.rolls[1], tune(SCALE[:5]))
    assert music.shape == (NOTES,)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"validdata": np.zeros((3, NOTES))}, "validdata is not there"),
        ({"traindata": cells([np.zeros((3, 87))])}, r"traindata, roll 1\): has shape \(3, 87\)"),
        ({"traindata": cells([np.zeros((0, NOTES))])}, "has shape"),
        ({"testdata": cells([tune(SCALE), 2 * tune(SCALE)])}, r"roll 2\): must hold zeros and ones"),
        ({"testdata": cells([tune(SCALE) * np.nan])}, "must hold zeros and ones"),
        ({"testdata": cells(["tune"])}, "has shape"),
        ({"traindata": cells([np.zeros((100_001, NOTES), np.uint8)])}, "more than 100,000"),
    ],
)
def test_rolls_that_are_none(tmp_path, changes, complaint):
    with pytest.raises(DataError, match=complaint):
        load_music(str(mat(tmp_path / "tunes.mat", **changes)))


def test_a_mat_file_cut_short_anywhere_is_an_error(tmp_path):
    path = tmp_path / "tunes.mat"
    content = mat(path).read_bytes()
    for length in range(0, len(content), 97):
        path.write_bytes(content[:length])
        with pytest.raises(DataError, match=r"tunes\.mat: "):
            load_music(str(path))


def test_the_key_of_a_scale():
    assert key_of(tune(SCALE)) == (0, "major")
    minor = [57, 59, 60, 62, 64, 65, 68, 69, 64, 60, 57, 57]
    assert key_of(tune(minor)) == (9, "minor")


@pytest.mark.parametrize("shift", range(-6, 6))
def test_a_tune_in_any_key_is_moved_to_c(shift):
    moved = in_common_key(tune(SCALE, shift))
    down = 12 if shift == -6 else 0  # half an octave goes either way
    np.testing.assert_array_equal(moved, tune(SCALE, -down))


def test_that_pieces_were_moved_to_c_is_told():
    files(Path("tunes"), 9, shift=3)
    music = load_music("tunes", grid=EIGHTHS)
    assert "--common-key" not in " ".join(music.reading.notes)
    assert "each piece is moved to C major or C minor" in " ".join(music.in_common_key().reading.notes)


def test_a_transposition_drops_what_leaves_the_piano():
    roll = tune([21, 60, 108])
    assert transposed(roll, 1).sum() == transposed(roll, -1).sum() == 2
    np.testing.assert_array_equal(transposed(roll, 0), roll)
    np.testing.assert_array_equal(transposed(tune(SCALE), 5), tune(SCALE, 5))


def archive():
    content = io.BytesIO()
    files(Path("parts"), 1)
    with zipfile.ZipFile(content, "w") as members:
        for part in ("train", "valid", "test"):
            members.write("parts/0.mid", f"Nottingham/{part}/tune.mid")
    return content.getvalue()


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A server that holds an archive such as the known one, at an address of this machine."""
    import hashlib

    content = archive()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    file = replace(known.NOTTINGHAM.files[0], size=len(content), sha256=hashlib.sha256(content).hexdigest())
    address = f"http://127.0.0.1:{server.server_port}/"
    monkeypatch.setattr(known, "NOTTINGHAM", replace(known.NOTTINGHAM, files=(file,), mirrors=(address,)))
    monkeypatch.delenv("HARMONIUM_DATA", raising=False)
    monkeypatch.setattr("harmonium.data.cache.user_cache", lambda: tmp_path / "cache")
    yield
    server.shutdown()
    server.server_close()


def test_nottingham_is_fetched_unpacked_and_read(mirror, tmp_path):
    music = known.load_nottingham(0, EIGHTHS)
    assert music.sizes == {"train": 1, "valid": 1, "test": 1}
    assert (tmp_path / "cache/nottingham/Nottingham.zip").is_file()
    # And a second time from the cache, which is checked.
    (tmp_path / "cache/nottingham/Nottingham.zip").write_bytes(b"PK")
    with pytest.raises(DataError, match="checksum"):
        known.load_nottingham(0, EIGHTHS)


SETS = {
    "nottingham": ((694, 173, 170), 147_737, None),
    "nottingham-rolls": ((694, 173, 170), 176_561, 3.961254184106343),
    "piano-midi-rolls": ((87, 12, 25), 75_911, 3.0442096665832357),
    "jsb-chorales-rolls": ((229, 76, 77), 13_807, 3.8983124502064173),
    "musedata-rolls": ((524, 135, 124), 245_202, 3.4932137584522147),
}


@pytest.mark.parametrize("name", SETS)
def test_the_real_set_is_the_known_one(name):
    if CATALOGUE[name].location() is None:
        pytest.skip(
            f"{name} does not lie on this machine; set HARMONIUM_DATA, or: harmonium data fetch {name}"
        )
    music = load_music(name)
    sizes, steps, mean = SETS[name]
    assert tuple(music.sizes.values()) == sizes
    assert sum(map(len, music.train.rolls)) == steps
    if name == "nottingham":  # one in eleven, as the book says
        assert any(note.startswith("27,624 of 313,975 notes are left out") for note in music.reading.notes)
    if mean:
        assert sum(int(roll.sum()) for roll in music.train.rolls) / steps == pytest.approx(mean)


def test_rolls_are_on_the_grid_that_they_were_made_with():
    mine = Grid(0.1, "seconds")
    for name, beats in {"nottingham-rolls": 0.5, "musedata-rolls": 0.5, "jsb-chorales-rolls": 1.0}.items():
        assert sampled_on(name, mine) == Grid(beats, "beats")
        assert known.is_in_common_key(name)
    assert sampled_on("tunes/", mine) == mine


def test_a_table_beside_the_pieces_gives_their_splits():
    parts = ["train", "validation", "test"] * 4
    rows = ["canonical_composer,split,midi_filename,audio_filename"]
    for n, part in enumerate(parts):
        write_midi(tune(SCALE[: n + 1]), EIGHTHS, Path(f"maestro/{2004 + n % 2}/piece_{n}.midi"))
        rows.append(f"Bach,{part},{2004 + n % 2}/piece_{n}.midi,{2004 + n % 2}/piece_{n}.wav")
    Path("maestro/maestro.csv").write_text("\n".join(rows))
    music = load_music("maestro", grid=EIGHTHS)
    assert {part: {int(name.split("_")[1][:-5]) for name in music.names[part]} for part in music.names} == {
        "train": {0, 3, 6, 9},
        "valid": {1, 4, 7, 10},
        "test": {2, 5, 8, 11},
    }
    assert any(
        "maestro.csv names the files in its column midi_filename" in note for note in music.reading.notes
    )
    Path("maestro/maestro.csv").write_text("\n".join(rows[:-1]))
    assert "piece_11" in " ".join(load_music("maestro", grid=EIGHTHS).names["train"])
    assert "1 of 12 files are not in it" in " ".join(load_music("maestro", grid=EIGHTHS).reading.notes)


def test_folders_of_splits_come_before_tables():
    for part, count in (("train", 4), ("valid", 2), ("test", 3)):
        files(Path("tunes") / part, count)
    Path("tunes/about.csv").write_text("file,split\n" + "".join(f"train/{n}.mid,test\n" for n in range(4)))
    assert load_music("tunes", grid=EIGHTHS).sizes == {"train": 4, "valid": 2, "test": 3}


def test_one_piece_and_music_in_other_forms_are_refused_with_what_to_do():
    write_midi(tune(SCALE), EIGHTHS, Path("one.mid"))
    with pytest.raises(DataError, match=r"one\.mid: is one piece, .*; give a folder of MIDI files"):
        load_music("one.mid")
    for name, remedy in (
        ("tune.abc", "abc2midi"),
        ("score.musicxml", "MuseScore"),
        ("rolls.npy", "into one file"),
    ):
        folder = Path(name).with_suffix("")
        folder.mkdir()
        (folder / name).write_text("X:1\nK:G\nGABc|\n")
        with pytest.raises(DataError, match=rf"holds no MIDI file \(.mid or .midi\); .*{remedy}"):
            load_music(str(folder))
    with pytest.raises(DataError, match=r"tune\.abc: is no MIDI file; \.abc is ABC notation"):
        load_music("tune/tune.abc")


def test_what_is_left_out_is_told_only_where_something_is(capsys):
    write_midi(tune(SCALE), EIGHTHS, Path("whole.mid"))
    read_pieces(Path("whole.mid"), EIGHTHS)
    assert capsys.readouterr().err == ""
