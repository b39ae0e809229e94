"""What kind of data lie at a path, found by the names and the first lines of the files."""

import re
from collections import Counter
from pathlib import Path
from typing import Literal

from harmonium.data.catalogue import CATALOGUE, CONTENTS, unknown
from harmonium.data.text import decoded
from harmonium.data.walk import walk
from harmonium.errors import DataError

Kind = Literal["pictures", "texts", "tags", "music"]
NAMED: dict[str, Kind] = {"labelled sentences": "tags", "classified texts": "texts"}
PICTURES = (
    ".png",
    ".jpg",
    ".jpeg",
    ".jfif",
    ".bmp",
    ".gif",
    ".tif",
    ".tiff",
    ".webp",
    ".heic",
    ".ppm",
    ".pgm",
)
ENDINGS: dict[str, Kind] = {
    **dict.fromkeys((*PICTURES, ".npz", ".npy", ".pkl", ".pickle"), "pictures"),
    **dict.fromkeys((".mid", ".midi", ".mat"), "music"),
    **dict.fromkeys((".iob", ".iob2", ".bio", ".conll", ".conllu", ".conllx", ".testa", ".testb"), "tags"),
}
LINES = (".txt", ".text", ".csv", ".tsv", ".tab", ".data", ".train", ".dev", ".test")  # of any kind
LOOKED_AT = 2**16  # bytes of a file


def kind_of(source: str) -> Kind:
    """The kind of a named data set, or of what lies at a path; numbers in rows count as pictures.

    Raises
    ------
    DataError
        Where there is nothing, or nothing that is known.

    """
    if source in CATALOGUE:
        content = CONTENTS[CATALOGUE[source].kind]
        return NAMED.get(content) or ("music" if content == "music" else "pictures")
    path = Path(source).expanduser()
    if not path.exists():
        raise unknown(source, "a file or folder")
    if path.is_file():
        return _of_file(path)
    walked = walk(path, {*ENDINGS, *LINES}, "data")
    kinds = Counter(kind for file in walked.files if (kind := ENDINGS.get(file.suffix.lower())))
    if kinds:
        return kinds.most_common(1)[0][0]
    lines = [file for file in walked.files if file.suffix.lower() in LINES]
    if not lines:
        if any("ubyte" in file.name for file in path.iterdir()):
            return "pictures"
        raise DataError(f"{path}: holds no pictures, texts, tagged words or MIDI files")
    if lines[0].parent != path and lines[0].suffix.lower() in (".txt", ".text"):
        return "texts"
    return _of_file(lines[0])


def _of_file(path: Path) -> Kind:
    name = path.name.lower().removesuffix(".gz")
    suffix = Path(name).suffix
    if suffix in ENDINGS:
        return ENDINGS[suffix]
    if suffix not in LINES:
        return "pictures"
    with path.open("rb") as file:
        head = file.read(LOOKED_AT)
    text, _ = decoded(head[: len(head) // 2 * 2], str(path))
    lines = text.split("\n")[: 1000 if len(head) < LOOKED_AT else -1]
    filled = [line for line in lines if line.strip()]
    labels = [re.split(r"[\t ,]+", line.strip())[-1] for line in filled]
    tagged = sum(bool(re.fullmatch(r"O|[BIESLUbies][-_]\S+", label)) for label in labels)
    if filled and tagged > 0.8 * len(filled):
        return "tags"
    wordy = sum(
        any(len(re.findall(r"[^\W\d_]+", cell)) >= 3 for cell in re.split(r"[\t;]|,(?!\s)", line))
        for line in filled[1:]
    )
    spaceless = sum(bool(re.search(r"[^\W\d_a-zA-Z]{5,}", line)) for line in filled[1:])
    return "texts" if max(wordy, spaceless) > 0.5 * len(filled[1:]) > 0 else "pictures"
