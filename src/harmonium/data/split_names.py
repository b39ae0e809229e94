"""What people call the splits of their data: folders, files, arrays and the columns of tables."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from harmonium.errors import DataError

SPLITS = {
    **dict.fromkeys(("train", "training", "trainval"), "train"),
    **dict.fromkeys(
        ("val", "valid", "validation", "validate", "dev", "devel", "development", "eval", "publictest"),
        "valid",
    ),
    # test1 is of Kaggle's cats and dogs, and privatetest, as publictest above, of its faces (FER2013).
    **dict.fromkeys(("test", "testing", "test1", "holdout", "heldout", "privatetest"), "test"),
}
WHOLE = {**SPLITS, "evaluation": "valid"}  # of whole names: a file evaluation_of_staff holds no split
# Of files that are called alike otherwise, as UCI's adult.test, sat.trn and optdigits.tes.
ENDINGS = {
    **{f".{word}": split for word, split in SPLITS.items()},
    **dict.fromkeys((".tra", ".trn"), "train"),
    **dict.fromkeys((".tes", ".tst"), "test"),
}
FILLERS = frozenset({"set", "data", "dataset", "images", "imgs", "split", "folder", "samples"})
TWO_WORDS = re.compile(
    r"(hold|held|public|private)[\W_]+(?=out|test)", re.IGNORECASE
)  # hold_out, Public Test
ENDED = re.compile(r"(?:data)?(.+?)(set|data)?((19|20)\d\d)?")  # trainset, train2017, datatest
YEAR = re.compile(r"(19|20)\d\d")


def split_called(name: str) -> str | None:
    """Tell which split the name of a folder, a file or an array stands for; None where it stands for none.

    Examples
    --------
    >>> split_called("Validation"), split_called("test_set"), split_called("train2017"), split_called("trains")
    ('valid', 'test', 'train', None)

    """
    words = [word for word in _words(name) if not _says_nothing(word)]
    return _split(words[0], WHOLE) if len(words) == 1 else None


def splits_among(names: Collection[str], *, bare: bool = False) -> dict[str, tuple[str, str]]:
    """The split in each of several names that lie side by side, and what else each says, as seg_train, train_cats.

    Parameters
    ----------
    names
        The names of folders, or what the names of files begin with.
    bare
        Whether one may hold no split, and is train, where the others are called as it but for theirs: rps beside
        rps-test-set.

    Returns
    -------
    splits
        The split and the other words of each name, which are left out where all have the same; nothing unless each name
        holds one split, and they hold train and another.

    Examples
    --------
    >>> splits_among(["seg_train", "seg_test"])
    {'seg_train': ('train', ''), 'seg_test': ('test', '')}
    >>> splits_among(["train_cats", "train_dogs", "test_cats"])["test_cats"]
    ('test', 'cats')
    >>> splits_among(["train_cats", "bus"])
    {}

    """
    found: dict[str, tuple[str, list[str]]] = {}
    for name in names:
        words = [word for word in _words(name) if not _says_nothing(word)]
        splits = [split for word in words if (split := _split(word, SPLITS))]
        if len(splits) > 1 or not (splits or bare):
            return {}
        found[name] = "".join(splits), [word for word in words if _split(word, SPLITS) is None]
    alike = len({tuple(words) for _, words in found.values()}) == 1
    known = [split for split, _ in found.values()]
    if bare:
        if not alike or "train" in known or len(set(known)) < len(known):
            return {}
        found = {name: (split or "train", words) for name, (split, words) in found.items()}
    if not {"train"} < {split for split, _ in found.values()}:
        return {}
    return {name: (split, "" if alike else "_".join(words)) for name, (split, words) in found.items()}


def splits_of_tables(files: Sequence[Path]) -> dict[Path, str | None]:
    """Tell which split each table is by its name: train.csv, or where none is called so, mnist_train.csv.

    Where no name holds train, that is the one which is called as another but for the split, as adult.data beside
    adult.test.

    Raises `DataError` where two are called like the same split.
    """
    named = {file: split_of_file(file) for file in files}
    if "train" not in named.values():
        loose = {file: split for file in files if (split := split_in(file.stem))}
        bare = [file for file in files if file not in loose and named[file] is None]
        if "train" in loose.values():
            named |= loose
        elif len(bare) == 1 and _is_whole(bare[0], files):
            named |= {**loose, bare[0]: "train"}
    for file, split in named.items():
        if twin := next((other for other in files if split and other > file and named[other] == split), None):
            raise DataError(
                f"{file.parent}: {file.name} and {twin.name} both name the split {split}; keep one"
            )
    return named


def split_of_file(file: Path) -> str | None:
    """Tell which split a file is by its name without the suffix, or by that, as train.csv, adult.test and sat.trn."""
    return split_called(file.stem) or ENDINGS.get(file.suffix.lower())


def split_in(name: str) -> str | None:
    """Tell which split the words of a name hold, as mnist_train does; None where they hold none, or several."""
    words = {*re.split(r"[\W_]+", name), *re.findall(r"[A-Z]?[a-z]+", name)}  # KDDTrain and trainLabels too
    found = {split for word in words if (split := _split(word, SPLITS))}
    return found.pop() if len(found) == 1 else None


def _is_whole(file: Path, files: Sequence[Path]) -> bool:
    """Tell whether another file is called as this one, but for words that say nothing and that of a split."""

    def rest(one: Path) -> list[str]:
        words = [word for word in _words(one.stem) if not _says_nothing(word)]
        return [word.lower() for word in words if _split(word, SPLITS) is None]

    return any(other != file and rest(other) == rest(file) for other in files)


def _words(name: str) -> list[str]:
    return re.split(r"[\W_]+", TWO_WORDS.sub(r"\1", name.strip()))


def _says_nothing(word: str) -> bool:
    return not word or word.lower() in FILLERS or bool(YEAR.fullmatch(word))


def _split(word: str, known: dict[str, str]) -> str | None:
    match = ENDED.fullmatch(word.lower())
    return known.get(match[1]) if match else None
