"""Texts with a class each that come as lists, arrays and tables in memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from harmonium.data.labels import class_names
from harmonium.data.options import ReviewsOptions
from harmonium.data.split_names import split_called
from harmonium.data.text_tables import Found, from_table
from harmonium.errors import DataError

WHERE = "the given texts"


def texts_from_memory(source: Any, options: ReviewsOptions) -> Found:
    """Texts of (texts, classes), of a DataFrame with a column for each, or of a mapping of such by split.

    Raises
    ------
    DataError
        For anything else, and where texts and classes differ in number.

    """
    if isinstance(source, Mapping):
        found = Found()
        for name, inside in source.items():
            part = split_called(str(name))
            if part is None:
                raise DataError(f"{WHERE}: {name!r} names no split; call them train, valid and test")
            found.join(_of_split(inside, options, part))
        return found
    return _of_split(source, options, None)


def _of_split(source: Any, options: ReviewsOptions, part: str | None) -> Found:
    if hasattr(source, "columns") and hasattr(source, "iloc"):
        return from_table(source.astype(object).fillna("").astype(str), [], Path("the table"), options, part)
    if not isinstance(source, tuple | list) or len(source) != 2 or isinstance(source[0], str):
        raise DataError(
            f"{WHERE}: give (texts, classes), a DataFrame with a column of texts and one of classes, or a path"
        )
    texts = [str(text) for text in source[0]]
    labels = class_names(np.asarray(source[1]), f"{WHERE}: the classes")
    if len(texts) != len(labels):
        raise DataError(
            f"{WHERE}: {len(texts):,} texts but {len(labels):,} classes; each text needs exactly one"
        )
    found = Found()
    for number, (text, label) in enumerate(zip(texts, labels, strict=True), 1):
        found.add(text, label, f"{part} {number}" if part else str(number), part)
    return found
