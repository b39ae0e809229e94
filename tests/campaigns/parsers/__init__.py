"""What is fuzzed: every reader of files that somebody else may have made.

| file | what its parsers read |
|---|---|
| `arrays.py` | IDX, npz, npy, pickles, tables of numbers |
| `pictures.py` | PNG, JPEG, GIF, TIFF, WebP, BMP, PPM |
| `music.py` | .mat of piano-rolls, MIDI |
| `words.py` | IOB, CoNLL-U, texts with a class |
| `archives.py` | zip, tar |
| `runs.py` | the files of a run that somebody sent |

A new reader gets a `Parser` in the file of its kind: small valid files, the kinds of damage that were found before, and
the function that a user's file comes to. `parser.py` says what a parser is.
"""

from collections.abc import Sequence

from parsers import archives, arrays, music, pictures, runs, words
from parsers.parser import Parser, drawn, mutator_of, seeds_of

__all__ = ["PARSERS", "Parser", "drawn", "mutator_of", "seeds_of"]

PARSERS: Sequence[Parser] = (
    *arrays.PARSERS,
    *pictures.PARSERS,
    *music.PARSERS,
    *words.PARSERS,
    *archives.PARSERS,
    *runs.PARSERS,
)
