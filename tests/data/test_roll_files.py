"""Music in files of arrays: piano-rolls and pitches in pickles, .npz, .npy and JSON."""

import gzip
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from harmonium.data import Grid, load_music, sampled_on
from harmonium.data.kinds import kind_of
from harmonium.errors import DataError

PARTS = {"train": 6, "valid": 2, "test": 3}
CHORDS = {
    part: [[[60 + n % 5, 67 + step % 3] for step in range(8 + n)] for n in range(count)]
    for part, count in PARTS.items()
}


def roll(chords, width=88):
    found = np.zeros((len(chords), 128), np.uint8)
    for step, notes in enumerate(chords):
        found[step, list(map(int, notes))] = 1
    return found if width == 128 else found[:, 21:109]


ROLLS = {part: [roll(chords) for chords in found] for part, found in CHORDS.items()}
EQUAL = {part: np.stack([one[:8] for one in found]) for part, found in ROLLS.items()}


def objects(values):
    found = np.empty(len(values), object)
    found[:] = values
    return found


def same(music, truth):
    for part, rolls in truth.items():
        assert len(music.splits[part]) == len(rolls)
        for mine, true in zip(music.splits[part].rolls, rolls, strict=True):
            np.testing.assert_array_equal(mine, true)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_of_chords_by_split_is_read_as_it_is(protocol):
    names = {"train": "train", "valid": "validation", "test": "test"}
    held = {
        names[part]: [[tuple(step) for step in piece] for piece in found] for part, found in CHORDS.items()
    }
    held["train"][0][3] = ()  # a rest
    Path("chorales.pickle").write_bytes(pickle.dumps(held, protocol))
    music = load_music("chorales.pickle")
    assert not music.train.rolls[0][3].any()
    same(music, ROLLS | {"train": [music.train.rolls[0], *ROLLS["train"][1:]]})
    assert any("MIDI numbers of its notes" in note for note in music.reading.notes)
    assert kind_of("chorales.pickle") == "music"


def test_json_and_voices_with_rests_are_read_as_pitches():
    Path("chorales.json").write_text(json.dumps(CHORDS))
    same(load_music("chorales.json"), ROLLS)
    assert kind_of("chorales.json") == "music"
    voices = {
        part: objects([np.array([[*step, np.nan, 0] for step in piece]) for piece in found])
        for part, found in CHORDS.items()
    }
    np.savez("voices.npz", **voices)
    same(load_music("voices.npz"), ROLLS)
    assert kind_of("voices.npz") == "music"


def test_rolls_in_every_order_of_axes_and_of_every_type():
    wide = {part: np.pad(found, ((0, 0), (0, 0), (21, 19))) for part, found in EQUAL.items()}
    cases = {
        "plain": EQUAL,
        "wide": wide,
        "turned": {part: found.swapaxes(1, 2) for part, found in EQUAL.items()},
        "velocities": {part: found * 90 for part, found in EQUAL.items()},
        "bool": {part: found.astype(bool) for part, found in EQUAL.items()},
        "float": {part: found.astype(np.float32) for part, found in wide.items()},
    }
    for name, held in cases.items():
        np.savez(f"{name}.npz", **held)
        music = load_music(f"{name}.npz")
        same(music, EQUAL)
        said = " ".join(music.reading.notes)
        assert ("first axis" in said, "velocities" in said) == (name == "turned", name == "velocities")
        assert kind_of(f"{name}.npz") == "music"
    Path("rolls.pkl").write_bytes(pickle.dumps(ROLLS))
    same(load_music("rolls.pkl"), ROLLS)


def test_pieces_without_splits_are_shared_out():
    np.save("all.npy", np.concatenate(list(EQUAL.values())))
    assert load_music("all.npy").sizes == {"train": 7, "valid": 2, "test": 2}


def test_notes_outside_the_piano_are_counted():
    wide = np.concatenate([np.pad(found, ((0, 0), (0, 0), (21, 19))) for found in EQUAL.values()])
    wide[:, :, 5] = 1
    np.save("wide.npy", wide)
    assert (
        "33.33% of what sounds lies outside the piano, and is left out"
        in load_music("wide.npy").reading.notes
    )


def test_the_step_of_rolls_is_said_and_can_be_given():
    np.savez("rolls.npz", **EQUAL)
    assert sampled_on("rolls.npz", Grid()) == Grid(0.5, "beats")
    given = Grid(0.25, "beats")
    assert sampled_on("rolls.npz", given) == sampled_on("rolls.mat", given) == given
    assert any(
        "taken to be 0.25 beats (--period" in note
        for note in load_music("rolls.npz", grid=given).reading.notes
    )


def test_a_file_that_is_packed_has_the_same_steps():
    np.save("all.npy", np.concatenate(list(EQUAL.values())))
    Path("all.npy.gz").write_bytes(gzip.compress(Path("all.npy").read_bytes()))
    packed, plain = load_music("all.npy.gz"), load_music("all.npy")
    assert packed.checksum == plain.checksum
    assert sampled_on("all.npy.gz", Grid()) == sampled_on("all.npy", Grid()) == Grid(0.5, "beats")
    assert packed.reading.notes == plain.reading.notes


@pytest.mark.parametrize(
    ("held", "complaint"),
    [
        ({"train": [np.full((4, 88), 0.5)]}, r"train piece 1: is a roll, but .* write roll > 0"),
        ({"train": [np.full((4, 3), 300)]}, "300 is no MIDI number"),
        ({"train": [np.full((4, 3), 60.5)]}, r"60\.5 is no MIDI number"),
        ({"train": [np.zeros((4, 40))]}, r"has shape \(4, 40\), neither a roll nor voices"),
        ({"train": [np.zeros((4, 88))]}, "no note sounds"),
        ({"train": [np.zeros((0, 88))]}, "has 0 steps"),
        ({"train": [], "test": []}, "holds no pieces"),
        ({"train": "la"}, "holds no music"),
        ({"train": [["la"]]}, "holds no music"),
        ({"weights": [1], "bias": [2]}, "its parts are called weights, bias"),
        ({"train": [[[60]]], "training": [[[60]]]}, "name one split"),
    ],
)
def test_what_is_no_music_is_refused_by_name(held, complaint):
    Path("held.pkl").write_bytes(pickle.dumps(held))
    with pytest.raises(DataError, match=complaint) as caught:
        load_music("held.pkl")
    assert str(caught.value).startswith("held.pkl")


def test_arrays_of_pictures_are_no_music():
    Path("held.pkl").write_bytes(pickle.dumps({"x": np.zeros((4, 88)), "y": np.zeros(4)}))
    np.savez("held.npz", x_train=np.zeros((4, 88)), y_train=np.zeros(4))
    Path("held.json").write_text('[{"train": 1, "a": 2}]')
    assert {kind_of(f"held.{ending}") for ending in ("pkl", "npz", "json")} == {"pictures"}
