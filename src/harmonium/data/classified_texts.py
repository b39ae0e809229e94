"""The user's own texts with a class each: from their files to three splits of words."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from harmonium.data.assembly import duplicates
from harmonium.data.class_files import names_of_numbers
from harmonium.data.labels import check_classes, numbered, one_spelling, ordered, several_in_one, shown
from harmonium.data.options import ReviewsOptions
from harmonium.data.preparation import Preparation
from harmonium.data.reviews import Reviews, as_texts, tokens
from harmonium.data.sharing import ToScore, shared_out
from harmonium.data.table_cells import is_number
from harmonium.data.text_files import from_file, from_folder
from harmonium.data.text_tables import Found
from harmonium.data.understood import Reading
from harmonium.errors import DataError

NO_BLANKS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
LOOKED_AT = 500  # texts looked at to recognise a script without blanks between words


def load_texts(
    path: Path, name: str, seed: int, options: ReviewsOptions, kept: Mapping[str, Sequence[str]] | None = None
) -> Reviews:
    """Texts of a folder with a folder for each class, or of a table or a file of lines, one for each split or for all.

    Parameters
    ----------
    path
        The file or folder.
    name
        What the data set is called.
    seed
        Decides splits that are not given.
    options
        How to read it.
    kept
        Names of examples by split, as a run kept them.

    Raises
    ------
    DataError
        For fewer than two classes, nearly one for each text, and texts that are numbers.

    """
    if path.is_dir():
        found = from_folder(path, options, seed, scored=isinstance(kept, ToScore))
    else:
        found = from_file(path, options, None)
    names, said = names_of_numbers(path if path.is_dir() else path.parent, set(found.labels))
    found.labels = [names.get(label, label) for label in found.labels]
    found.notes += said
    return as_reviews(found, str(path), name, seed, options, kept)


def as_reviews(
    found: Found,
    where: str,
    name: str,
    seed: int,
    options: ReviewsOptions,
    kept: Mapping[str, Sequence[str]] | None = None,
) -> Reviews:
    """Texts that were found as three splits of words; `where` begins messages, the rest is as of `load_texts`."""
    if not found.texts:
        raise DataError(f"{where}: holds no texts; write a class, a tab and a text on each line")
    kind = options.tokens or ("characters" if _without_blanks(found.texts) else "words")
    if options.tokens is None and kind == "characters":
        found.notes.append(
            "the language puts no blanks between words: a text is taken as characters (--tokens words does not)"
        )
    _leave_out_empty(found, kind, where)
    found.labels, merged = one_spelling(found.labels)
    found.notes += merged
    if not isinstance(kept, ToScore):
        check_classes(found.labels, where, what="text")
    _refuse_numbers(found.texts, where)
    places, notes = shared_out(
        found.names,
        found.labels,
        found.parts,
        seed=seed,
        options=options,
        where=where,
        groups=found.groups or None,
        kept=kept,
    )
    prints = [text.encode("utf-8", "surrogatepass") for text in found.texts]
    repeated = duplicates(prints, places, found.labels)
    classes = ordered(found.labels)
    y = numbered(found.labels, classes)
    lexicon: dict[str, int] = {}
    train, valid, test = (
        as_texts(((found.names[i], found.texts[i], int(y[i])) for i in those), lexicon, kind)
        for those in places.values()
    )
    return Reviews(
        name,
        train,
        valid,
        test,
        classes,
        lexicon=tuple(lexicon),
        names={part: tuple(found.names[i] for i in those) for part, those in places.items()},
        preparation=Preparation(tokens=kind),
        reading=Reading(
            where, dict(found.skipped), (*found.notes, *notes, *several_in_one(classes), *repeated)
        ),
    )


def _without_blanks(texts: Sequence[str]) -> bool:
    """Whether most letters are of scripts that are written without blanks between words."""
    import regex

    some = "".join(texts[:: max(1, len(texts) // LOOKED_AT)])
    letters = len(regex.findall(r"\p{L}", some))
    return letters > 0 and len(regex.findall(NO_BLANKS, some)) > letters / 2


def _leave_out_empty(found: Found, kind: Literal["words", "characters"], where: str) -> None:
    """Leave out texts without a word, and say which classes have no others. Raises `DataError` where none is left."""
    full = [i for i, text in enumerate(found.texts) if tokens(text, kind)]
    if not full:
        some = next((text for text in found.texts if text.strip()), "")
        remedy = "--tokens characters reads all signs" if some and kind == "words" else "give others"
        raise DataError(
            f"{where}: no text has a word, which is made of letters or digits, as {shown(some)!r}; {remedy}"
        )
    if gone := sorted(set(found.labels) - {found.labels[i] for i in full}):
        found.notes.append(f"no text of the class {shown(gone[0])} has a word, so that it is left out")
    if missing := len(found.texts) - len(full):
        found.skipped["texts without words"] += missing
    for name in ("texts", "labels", "names", "parts", "groups"):
        values = getattr(found, name)
        setattr(found, name, [values[i] for i in full] if values else values)


def _refuse_numbers(texts: Sequence[str], where: str) -> None:
    some = texts[:LOOKED_AT]
    if all(is_number(part) for text in some for part in re.split(r"[\s,;|]+", text.strip()) if part):
        raise DataError(
            f"{where}: its texts are numbers, as {shown(some[0])!r}; name the column with --text-column, or train on "
            "the numbers, as harmonium train mlp does"
        )
