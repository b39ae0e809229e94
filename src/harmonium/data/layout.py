"""How people lay out examples in folders: which split and which class each file belongs to."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harmonium.data.masks import PICTURES, refuse_targets
from harmonium.data.split_names import split_called, split_in, splits_among
from harmonium.data.walk import Walked
from harmonium.errors import DataError

UNLABELLED = frozenset({"unsup", "unlabelled", "unlabeled"})  # IMDB's own name, and others'
UNKNOWN = UNLABELLED | {
    "pred",
    "predict",
    "prediction",
    "predictions",
    "inference",
}  # words of folders' names
# What folders are called that each hold all classes.
VERSION = re.compile(
    r"(k?folds?|cv|parts?|batch(es)?|chunks?|shards?|originals?|(data)?aug(mented|mentation)?|raw|cropped|(pre)?processed"
    r"|colou?r|gr[ae]y(scale)?|segmented|resized)([\W_]*(images|imgs|data|set))?[\W_]*\d*"
)


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
        refuse_targets(root, tops, what)
    notes: list[str] = []
    skipped: Counter[str] = Counter()
    for top in _copies(ways):
        skipped[f"in {top}, which holds the same folders as lie beside it"] += sum(
            way[0] == top for way in ways.values()
        )
        ways = {path: way for path, way in ways.items() if way[0] != top}
    beside = "beside the folders of the splits"
    if _splits_inside(root, ways, scored):
        skipped[beside] += sum(len(way) == 2 for way in ways.values())
        ways = {
            path: (way[1], way[0], *way[2:]) if len(way) > 1 else way
            for path, way in ways.items()
            if len(way) != 2
        }
        notes.append("splits were found inside the folders of the classes")
    elif parts := _splits_and_classes(ways) if classes else {}:
        ways = {path: (*parts.get(way[0], way[:1]), *way[1:]) for path, way in ways.items()}
        example = min(parts)
        notes.append(
            f"the name of a folder holds a split and a class: {example} those of {parts[example][1]}, to "
            f"{parts[example][0]}"
        )
    tops = {way[0] for way in ways.values() if len(way) > 1}
    named = _split_folders(root, tops, {way[0] for way in ways.values() if len(way) > 2}, scored)
    if named:
        notes += [
            f"{top} is taken for the training set, since those beside it are called as others"
            for top in named
            if split_called(top) is None and split_in(top) is None
        ]
        skipped[beside] += sum(len(way) == 1 for way in ways.values())
        for top in tops - set(named):
            skipped[f"without a class, in {top}"] += sum(way[0] == top for way in ways.values())
        ways = {path: way for path, way in ways.items() if len(way) > 1 and way[0] in named}
        ways = {path: way for top in named for path, way in _without_repeat(ways, top).items()}
    found = [(path, way[1:] if named else way, named.get(way[0])) for path, way in ways.items()]
    return _with_classes(found, skipped, what, classes), +skipped, notes


def versions_of_classes(files: Sequence[Placed], root: Path) -> list[str]:
    """Say it where all classes hold the same folders, as original/cat beside augmented/cat: those may be the classes.

    Parameters
    ----------
    files
        Files with their classes.
    root
        The folder that they lie in.

    Raises
    ------
    DataError
        Where the names of the outer folders are surely none of classes, as fold1 and fold2.

    """
    inner: dict[str, set[str]] = {}
    for file in files:
        _, *way = file.own_name.split("/")
        inner.setdefault(file.label or "", set()).add(way[0] if len(way) > 1 else "")
    first = next(iter(inner.values()), set())
    if len(inner) < 2 or len(first) < 2 or "" in first or any(names != first for names in inner.values()):
        return []
    outer, names = sorted(inner), sorted(first)
    same = f"the folders {_some(outer)} hold the same folders, {_some(names)}"
    if all(VERSION.fullmatch(name.lower()) for name in outer):
        raise DataError(
            f"{root}: {same}, which are the classes, it seems; give one of the outer folders alone, as "
            f"{root / outer[0]}, or name those as the splits that they are to be: train, valid and test"
        )
    return [
        f"{same}, and the outer ones are taken for the classes; where the inner ones are those, give one of the outer "
        f"folders alone, as {root / outer[0]}, or name those as splits: train, valid and test"
    ]


def _copies(ways: dict[Path, tuple[str, ...]]) -> list[str]:
    """The folder that holds once more all those beside it, as cell_images in cell_images of a set packed twice."""
    inside: dict[str, set[str]] = {}
    for way in ways.values():
        if len(way) > 1:
            inside.setdefault(way[0], set()).update(way[1:2] if len(way) > 2 else ())
    return [top for top, names in inside.items() if len(names) > 1 and names == inside.keys() - {top}]


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


def _splits_inside(root: Path, ways: dict[Path, tuple[str, ...]], scored: bool) -> bool:
    """Tell whether the folders at the top hold those of splits, train among them unless all are only to be scored.

    Raises `DataError` where only some do, or where other folders lie beside those of the splits.
    """
    inner: dict[str, set[str]] = {way[0]: set() for way in ways.values() if len(way) > 1}
    for way in ways.values():
        if len(way) > 2:
            inner[way[0]].add(way[1])
    known = {top: {name for name in names if split_called(name)} for top, names in inner.items()}

    def divided(top: str) -> bool:
        splits = {split_called(name) for name in known[top]}
        whole = bool(splits) and known[top] == inner[top] and (scored or "train" in splits)
        return split_called(top) is None and (whole or {"train"} < splits)

    if (first := next(filter(divided, sorted(inner)), None)) is None:
        return False
    named = f"{root / first}: holds folders named like splits ({', '.join(sorted(known[first]))})"
    for top, names in sorted(inner.items()):
        if other := next(iter(sorted(names - known[top])), None):
            raise DataError(
                f"{named}, but {root / top / other} is called like none; rename it as one, move it away, or rename the "
                "folders where they are no splits"
            )
        if not names:
            raise DataError(
                f"{named}, but {top} beside it holds none; sort what lies in {top} into such folders too, or move it "
                "away"
            )
    return True


def _splits_and_classes(ways: dict[Path, tuple[str, ...]]) -> dict[str, tuple[str, str]]:
    """The split and the class in the name of each folder, as in train_cats; nothing where they do not name both."""
    parts = splits_among({way[0] for way in ways.values() if len(way) > 1 and not _is_unknown(way[0])})
    of_train = {label for split, label in parts.values() if split == "train"}
    others = {label for split, label in parts.values() if split != "train"}
    flat = all(len(way) == 2 for way in ways.values() if way[0] in parts)
    fits = flat and len(of_train) > 1 and "" not in of_train and others <= of_train
    return parts if fits and len(set(parts.values())) == len(parts) else {}


def _is_unknown(folder: str) -> bool:
    """Tell whether a folder's name says that no classes are known of what lies in it, as seg_pred's."""
    return not UNKNOWN.isdisjoint(re.split(r"[\W_]+", folder.lower()))


def _split_folders(root: Path, tops: set[str], deep: set[str], scored: bool) -> dict[str, str]:
    """Map each folder to its split, or return nothing where folders are classes; `deep` are those that hold folders."""
    named = {top: split for top in sorted(tops) if (split := split_called(top))}
    known = {top for top in tops if not _is_unknown(top)}
    loose = (splits_among(known) or splits_among(known, bare=known <= deep)) if known - set(named) else {}
    if loose and (known <= deep or not any(rest for _, rest in loose.values())):
        named = {top: split for top, (split, _) in sorted(loose.items())}
    others = sorted((known if named else tops) - set(named))
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


def _tells_no_class(folder: str, split: str | None) -> bool:
    """Whether the only folder within a split's is no class: images, or the split again."""
    return folder.lower() in PICTURES or split_in(folder) == split


def _with_classes(
    found: list[tuple[Path, tuple[str, ...], str | None]], skipped: Counter[str], what: str, classes: bool
) -> list[Placed]:
    """Give each file the folder that it lies in as its class; no classes where no file lies in a folder."""

    def name(path: Path, way: tuple[str, ...], split: str | None) -> str:
        return "/".join((split, *way) if split else way)

    labelled = {
        split: any(len(way) > 1 for _, way, s in found if s == split) for split in {s for _, _, s in found}
    }
    known = {way[0] for _, way, s in found if s == "train" and len(way) > 1}
    for split in labelled.keys() - {"train", None}:
        inside = {way[0] for _, way, s in found if s == split and len(way) > 1}
        if len(known) > 1 and len(inside) == 1 and not inside & known:
            labelled[split] = not _tells_no_class(inside.pop(), split)
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


def _some(names: Sequence[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")
