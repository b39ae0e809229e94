"""How people lay out examples in folders: which split and which class each file belongs to."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harmonium.data.walk import Walked
from harmonium.errors import DataError

SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "validate", "dev", "devel", "development"), "valid"),
    **dict.fromkeys(("test", "testing", "test1"), "test"),  # the last is of Kaggle's cats and dogs
}
SPLIT_COLUMNS = ("split", "subset", "partition", "usage", "set")  # of tables, that name the split of each row
FILLERS = frozenset({"set", "data", "dataset", "images", "imgs", "split", "folder", "samples"})
UNLABELLED = frozenset({"unsup", "unlabelled", "unlabeled"})  # IMDB's own name, and others'
PICTURES = frozenset({"images", "image", "imgs", "img", "pictures", "photos", "jpegimages"})
TARGETS = frozenset(
    {
        "annotations",
        "annotation",
        "masks",
        "mask",
        "labels",
        "segmentation",
        "segmentations",
        "ground_truth",
        "gt",
    }
)
CAMERAS = frozenset(
    {"img", "image", "dsc", "dscn", "dscf", "pxl", "photo", "picture", "scan", "frame", "screenshot"}
)
NUMBERED = re.compile(r"(.*?[^\W\d_].*?)[\s._\-(]*\d+\)?")  # cat.17, dog_03, bee (4)


@dataclass(frozen=True)
class Placed:
    """One file: its own name, its split where the folders say one, and its class where they say one."""

    path: Path
    name: str
    split: str | None
    label: str | None

    @property
    def own_name(self) -> str:
        """Its name below the folder of its split."""
        return self.name.removeprefix(f"{self.split}/") if self.split else self.name


def split_called(name: str) -> str | None:
    """Tell which split the name of a folder, a file or an array stands for; None where it stands for none.

    Examples
    --------
    >>> split_called("Validation"), split_called("test_set"), split_called("trains")
    ('valid', 'test', None)

    """
    words = [word for word in re.split(r"[\W_]+", name.lower()) if word not in FILLERS]
    return SPLITS.get(words[0]) if len(words) == 1 else None


def splits_of_tables(files: Sequence[Path]) -> dict[Path, str | None]:
    """Tell which split each table is by its name: train.csv, or where none is called so, mnist_train.csv.

    Raises `DataError` where two are called like the same split.
    """
    named = {file: split_called(file.stem) for file in files}
    if "train" not in named.values():
        words = {
            file: {SPLITS.get(word) for word in re.split(r"[\W_]+", file.stem.lower())} for file in files
        }
        loose = {
            file: next(iter(found)) for file, those in words.items() if len(found := those - {None}) == 1
        }
        named |= loose if "train" in loose.values() else {}
    for file, split in named.items():
        if twin := next((other for other in files if split and other > file and named[other] == split), None):
            raise DataError(
                f"{file.parent}: {file.name} and {twin.name} both name the split {split}; keep one"
            )
    return named


def placed(
    walked: Walked, *, what: str, classes: bool = True, scored: bool = False
) -> tuple[list[Placed], Counter[str], list[str]]:
    """Recognise splits and classes in the folders of a walk.

    Known are a folder for each class; such folders inside folders for the splits, or the other way round; folders for
    the splits with files in them; and files in one folder.

    Parameters
    ----------
    walked
        The files.
    what
        What a file holds, in the plural, for messages.
    classes
        Whether folders that are no splits are classes.
    scored
        Whether the files are only to be scored, so that no split need be train.

    Returns
    -------
    files
        Each file with its split and class, as far as they are said.
    skipped
        How many more files were passed over, by reason.
    notes
        What was guessed, in sentences.

    Raises
    ------
    DataError
        For folders named like splits that cannot be splits, and for pictures beside their masks or annotations.

    """
    ways = {path: walked.relative(path) for path in walked.files}
    ways, root = _unwrapped(ways, walked.root)
    tops = {way[0] for way in ways.values() if len(way) > 1}
    if classes:
        _refuse_targets(root, tops, what)
    notes: list[str] = []
    skipped: Counter[str] = Counter()
    if tops and all(_splits_below(ways, top, scored) for top in tops):
        ways = {path: (way[1], way[0], *way[2:]) if len(way) > 1 else way for path, way in ways.items()}
        tops = {way[0] for way in ways.values() if len(way) > 1}
        notes.append("splits were found inside the folders of the classes")
    named = _split_folders(root, tops, {way[0] for way in ways.values() if len(way) > 2}, scored)
    if named:
        loose = [path for path, way in ways.items() if len(way) == 1]
        if loose:
            skipped["beside the folders of the splits"] += len(loose)
        ways = {path: way for path, way in ways.items() if len(way) > 1}
        ways = {path: way for top in named for path, way in _without_repeat(ways, top).items()}
    found = [(path, way[1:] if named else way, named.get(way[0])) for path, way in ways.items()]
    return _with_classes(found, skipped, what, classes), skipped, notes


def class_in_name(names: Sequence[str]) -> list[str] | None:
    """Return the class at the beginning of each file's name, as in cat.0.jpg; None where there is none."""
    matches = [NUMBERED.fullmatch(Path(name).stem) for name in names]
    if not all(matches):
        return None
    labels = [match[1].strip(" ._-(") for match in matches if match]
    counts = Counter(labels)
    told = len(counts) > 1 and min(counts.values()) > 1 and not CAMERAS & {label.lower() for label in counts}
    return labels if told else None


def splits_that_name_classes(files: Sequence[Placed]) -> tuple[list[Placed], Counter[str]]:
    """Leave out splits whose files' names begin with no class, where those of train do, as in Kaggle's cats and dogs.

    Parameters
    ----------
    files
        Files without folders for the classes.

    Returns
    -------
    files
        Those that are kept; all where no split of train names classes.
    skipped
        How many were passed over, by reason.

    """
    names: dict[str | None, list[str]] = {}
    for file in files:
        names.setdefault(file.split, []).append(file.name)
    told = {split for split, those in names.items() if class_in_name(those)}
    if "train" not in told:
        return list(files), Counter()
    skipped = Counter(f"without a class, in {file.split}" for file in files if file.split not in told)
    return [file for file in files if file.split in told], skipped


def _unwrapped(ways: dict[Path, tuple[str, ...]], root: Path) -> tuple[dict[Path, tuple[str, ...]], Path]:
    """Leave out folders at the top that hold one folder and nothing else; return the paths and the new root."""
    while (
        ways
        and len({way[0] for way in ways.values()}) == 1
        and all(len(way) > 2 for way in ways.values())
        and split_called(next(iter(ways.values()))[0]) is None
    ):
        root = root / next(iter(ways.values()))[0]
        ways = {path: way[1:] for path, way in ways.items()}
    return ways, root


def _without_repeat(ways: dict[Path, tuple[str, ...]], top: str) -> dict[Path, tuple[str, ...]]:
    """Shorten paths below a split's folder that repeat it: test_set/test_set/cats becomes test_set/cats."""
    inside = {path: way for path, way in ways.items() if way[0] == top}
    while (
        inside
        and all(len(way) > 3 for way in inside.values())
        and len({way[1] for way in inside.values()}) == 1
    ):
        inside = {path: (top, *way[2:]) for path, way in inside.items()}
    return inside


def _splits_below(ways: dict[Path, tuple[str, ...]], top: str, scored: bool) -> bool:
    """Tell whether a folder holds only folders named like splits, train among them unless all are only to be scored."""
    inner = {split_called(way[1]) if len(way) > 2 else None for way in ways.values() if way[0] == top}
    return (scored or "train" in inner) and None not in inner and split_called(top) is None


def _split_folders(root: Path, tops: set[str], deep: set[str], scored: bool) -> dict[str, str]:
    """Map each folder to its split, or return nothing where folders are classes; `deep` are those that hold folders."""
    named = {top: split for top in sorted(tops) if (split := split_called(top))}
    others = sorted(tops - set(named))
    if not named or (others and set(named.values()) == {"train"} and not deep & set(named)):
        return {}  # a class may be called train
    if others:
        raise DataError(
            f"{root}: holds folders named like splits ({', '.join(named)}), but {others[0]} lies beside them; move it "
            "away, or rename the folders where they are classes"
        )
    for top, split in named.items():
        if twin := next((other for other in named if named[other] == split and other > top), None):
            raise DataError(f"{root}: {top} and {twin} both name the split {split}; keep one")
    if "train" not in named.values() and not scored:
        raise DataError(
            f"{root}: {', '.join(named)} are named like splits, but none of them is train; add it, or rename them"
        )
    return named


def _refuse_targets(root: Path, tops: set[str], what: str) -> None:
    targets = sorted(
        top for top in (path.name for path in root.iterdir() if path.is_dir()) if top.lower() in TARGETS
    )
    pictures = sorted(top for top in tops if top.lower() in PICTURES)
    if targets and pictures:
        raise DataError(
            f"{root}: {pictures[0]} beside {targets[0]} are {what} with a mask or an annotation each, which no model "
            f"here learns; sort the {what} into a folder for each class"
        )


def _with_classes(
    found: list[tuple[Path, tuple[str, ...], str | None]], skipped: Counter[str], what: str, classes: bool
) -> list[Placed]:
    """Give each file the folder that it lies in as its class; no classes where no file lies in a folder."""

    def name(path: Path, way: tuple[str, ...], split: str | None) -> str:
        return "/".join((split, *way) if split else way)

    labelled = {
        split: any(len(way) > 1 for _, way, s in found if s == split) for split in {s for _, _, s in found}
    }
    if not classes or not labelled.get("train", labelled.get(None, any(labelled.values()))):
        return [Placed(path, name(path, way, split), split, None) for path, way, split in found]
    placed = []
    for path, way, split in found:
        if not labelled[split]:
            skipped[f"without a class, in {split}"] += 1
        elif len(way) == 1:
            skipped["outside the folders of the classes"] += 1
        elif way[0].lower() in UNLABELLED:
            skipped[f"unlabelled {what}, in {way[0]}"] += 1
        else:
            placed.append(Placed(path, name(path, way, split), split, way[0]))
    return placed
