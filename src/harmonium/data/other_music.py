"""Music in forms that are not read, and how each becomes MIDI."""

from pathlib import Path

SCORE = "the notation of a score, which MuseScore exports as MIDI: mscore tune{0} -o tune.mid"
OTHERS = {
    ".abc": "ABC notation, of which the program abc2midi makes MIDI files, one a tune: abc2midi tunes.abc",
    **{ending: SCORE.format(ending) for ending in (".musicxml", ".mxl", ".mscz", ".xml")},
    ".krn": "Humdrum's notation, of which the program hum2mid makes MIDI: hum2mid tune.krn -o tune.mid",
    **dict.fromkeys(
        (".wav", ".mp3", ".flac", ".ogg", ".m4a"), "sound; a program that transcribes it makes MIDI of it"
    ),
    **dict.fromkeys(
        (".npy", ".npz", ".pkl", ".pickle"),
        "arrays; write all pieces into one file, as a pickle of a list, or of a dict of lists by train, valid and test",
    ),
}


def instead(path: Path) -> str:
    """What to add to a message where a file, or some in a folder, are music in another form; else nothing."""
    files = [path] if path.is_file() else path.rglob("*")
    found = sorted({file.suffix.lower() for file in files} & set(OTHERS))
    return f"; {found[0]} is {OTHERS[found[0]]}" if found else ""
