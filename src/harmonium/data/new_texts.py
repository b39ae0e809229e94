"""New texts for a model of words, out of files such as those it may have learned from."""

from pathlib import Path

from harmonium.data.kinds import kind_of
from harmonium.data.tables import RECORDS, SUFFIXES, read_table
from harmonium.data.text import read_text
from harmonium.data.text_columns import text_column, with_gaps
from harmonium.errors import DataError


def new_texts(path: Path) -> tuple[dict[int, str], list[int]]:
    """The texts in a file: the sentences of tagged words, a column of a table, or else its lines.

    Parameters
    ----------
    path
        The file. Of a table it is the column that `load_reviews` would take for the text; labels are left out.

    Returns
    -------
    texts
        By the number of their sentence, row or line, from 1.
    left_out
        The numbers of those without a text.

    Raises
    ------
    DataError
        Naming the file, where it holds no text.

    """
    texts = _of_tagged_words(path)
    if texts is None and path.suffix.lower() in SUFFIXES:
        texts = _of_a_table(path)
    if texts is None:
        texts = read_text(path).splitlines()
        while texts and not texts[-1].strip():
            texts.pop()
    numbered = dict(enumerate(texts, 1))
    filled = {number: text for number, text in numbered.items() if text.strip()}
    if not filled:
        raise DataError(f"{path}: holds no text; write one on each line")
    return filled, [number for number in numbered if number not in filled]


def _of_tagged_words(path: Path) -> list[str] | None:
    """The sentences of a file that `load_sentences` would read; None of others, and of words in JSON without labels."""
    from harmonium.data.iob import read_iob

    try:
        tagged = kind_of(str(path)) == "tags"
    except DataError:
        return None
    try:
        return [" ".join(words) for words in read_iob(path).words] if tagged else None
    except DataError:
        if path.suffix.lower() in RECORDS:
            return None
        raise


def _of_a_table(path: Path) -> list[str] | None:
    """The texts of a table, "" where one is missing; None of lines that are none, whose commas belong to the texts."""
    try:
        table, _ = read_table(path, texts=True, empty=True)
    except DataError:
        if path.suffix.lower() in RECORDS:
            raise
        return None
    return with_gaps(table[text_column(table, [str(name) for name in table.columns])])
