"""A file beside the data that names their numbered classes, a name on each line, as AG News' classes.txt."""

import re
from collections.abc import Collection
from pathlib import Path

from harmonium.data.text import read_text
from harmonium.data.walk import passed_over
from harmonium.errors import DataError

FILE = re.compile(r"(class|label)(es|s)?([_ -]?names?)?\.txt", re.IGNORECASE)
LONGEST = 60  # characters of a class's name


def names_of_numbers(folder: Path, classes: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """The names of classes that are numbered from 0 or 1, and what to say of them; none where no file holds as many.

    Parameters
    ----------
    folder
        Where the data lie.
    classes
        All that occur.

    Returns
    -------
    names
        By the classes' numbers.
    notes
        Which file names them.

    """
    if not classes or not all(map(str.isdecimal, classes)):
        return {}, []
    for file in sorted(folder.iterdir()):
        if not FILE.fullmatch(file.name) or passed_over(file.name) or not file.is_file():
            continue
        try:
            lines = [line.strip() for line in read_text(file).split("\n") if line.strip()]
        except DataError:
            continue
        numbered = [re.fullmatch(r"(\d+)[\s,:;]+(\S.*)", line) for line in lines]
        first = 0 if "0" in classes else 1
        named = {str(number): line for number, line in enumerate(lines, first)}
        if all(numbered):
            named = {match[1]: match[2].strip() for match in numbered if match}
        elif not {"0", str(len(lines))} & set(classes):
            continue  # which may be numbered from 0 or from 1
        told = set(classes) <= named.keys() and len(set(named.values())) == len(lines) > 1
        if told and max(map(len, lines)) <= LONGEST:
            numbers = list(named)
            return named, [f"{file.name} names the classes {numbers[0]} to {numbers[-1]}"]
    return {}, []
