"""New texts for a model of words, out of files such as those it may have learned from."""

from pathlib import Path

from harmonium.data.kinds import kind_of
from harmonium.data.tables import RECORDS, SUFFIXES, read_table
from harmonium.data.text import read_text
from harmonium.data.text_columns import text_column
from harmonium.errors import DataError


def new_texts(path: Path) -> list[str]:
    """The texts in a file: a column of a table, the sentences of tagged words, or else its lines.

    Parameters
    ----------
    path
        The file. Of a table it is the column that `load_reviews` would take for the text; labels are left out.

    Raises
    ------
    DataError
        Naming the file, where it holds no text.

    """
    texts = _of_a_table(path) if path.suffix.lower() in SUFFIXES else None
    if texts is None and _is_tagged(path):
        from harmonium.data.iob import read_iob

        texts = [" ".join(words) for words in read_iob(path).words]
    if texts is None:
        texts = read_text(path).splitlines()
    if not (filled := [text for text in texts if text.strip()]):
        raise DataError(f"{path}: holds no text; write one on each line")
    return filled


def _of_a_table(path: Path) -> list[str] | None:
    """The texts of a table; None of lines that are none, whose commas belong to the texts."""
    try:
        table, _ = read_table(path, texts=True)
    except DataError:
        if path.suffix.lower() in RECORDS:
            raise
        return None
    return [str(text) for text in table[text_column(table, [str(name) for name in table.columns])]]


def _is_tagged(path: Path) -> bool:
    try:
        return kind_of(str(path)) == "tags"
    except DataError:
        return False
