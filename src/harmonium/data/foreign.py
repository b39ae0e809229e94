"""Files that are not read where they stand, and the way from each to what is."""

import re
from collections.abc import Iterable
from pathlib import Path

from harmonium.files import opened_regular

SAVE = "numpy.savez('mine.npz', x=x, y=y)"
SPARSE = (
    "is in the sparse form of LIBSVM; save it as arrays: x, y = sklearn.datasets.load_svmlight_file(…), "
    "x = x.toarray(), " + SAVE
)
# What is not read, and the way from there to what is.
FOREIGN = {
    **dict.fromkeys((".xls", ".xlsx", ".xlsm", ".ods"), "is a spreadsheet; save it as CSV"),
    ".parquet": "is a binary table; save it as CSV, as by pandas.read_parquet(…).to_csv(…, index=False)",
    **dict.fromkeys(
        (".feather", ".arrow"),
        "is a binary table; save it as CSV, as by to_csv of pandas.read_feather(…) or of datasets",
    ),
    ".orc": "is a binary table; save it as CSV, as by pandas.read_orc(…).to_csv(…, index=False)",
    ".arff": "is in Weka's ARFF; save it as CSV, as Weka itself can",
    **dict.fromkeys((".libsvm", ".svmlight", ".svm"), SPARSE),
    **dict.fromkeys((".7z", ".rar", ".zst", ".xz"), "is packed; unpack it"),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3"), "is a database; save its table as CSV"),
    ".joblib": f"is of joblib; load it there, and save its arrays: {SAVE}",
    ".bin": f"holds bytes alone, whose shape no program can tell; save them as arrays: {SAVE}",
    **dict.fromkeys((".h5", ".hdf5"), f"is HDF5; save its arrays: {SAVE}"),
    **dict.fromkeys(
        (".pt", ".pth", ".tfrecord", ".ckpt", ".safetensors"),
        f"is of another framework; save its arrays: {SAVE}",
    ),
    **dict.fromkeys(
        (".sav", ".por", ".dta", ".rds", ".rdata", ".sas7bdat", ".xpt"),
        "is of another program; save it as CSV",
    ),
}
SPARSE_ROW = re.compile(r"[-+]?[\d.]+(\s+\d+:[-+]?[\d.eE+-]+)+\s*(#.*)?")
# What files are that hold no text, by the bytes that they begin with.
BINARY = {
    **dict.fromkeys(
        (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"),
        "is a pickle, which holds no text; save a table as CSV: frame.to_csv('mine.csv', index=False)",
    ),
    b"PK\x03\x04": "is a ZIP archive, or a document of an office program; unpack it, or save it as text or CSV",
    b"\xd0\xcf\x11\xe0": "is a document of an office program; save it as text or CSV",
    b"%PDF-": "is a PDF document; save it as text",
    **dict.fromkeys((b"\x1f\x8b", b"BZh9", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!\x1a"), "is packed; unpack it"),
    b"SQLite format 3": "is a database; save its table as CSV",
    **dict.fromkeys((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"), "is a picture, and no text; give texts"),
    b"PAR1": FOREIGN[".parquet"],
    b"\x89HDF": FOREIGN[".h5"],
    b"\x93NUMPY": "is an array of NumPy, and no text; give texts",
}


def binary(content: bytes) -> str | None:
    """Tell what a file is that begins with these bytes, and the remedy; None where it may be a text."""
    return next((said for begin, said in BINARY.items() if content.startswith(begin)), None)


def foreign(path: Path) -> str | None:
    """Tell what a file is that is not read, by its suffix or first bytes, and the remedy; None where neither tells."""
    with opened_regular(path) as file:
        return FOREIGN.get(path.suffix.lower()) or binary(file.read(16))


def way_from(suffixes: Iterable[str]) -> str:
    """The first remedy for files with one of these suffixes; nothing where none is known."""
    known = {**FOREIGN, **dict.fromkeys((".gz", ".bz2"), "is packed; unpack it")}
    return next((f"what ends in {suffix} {known[suffix]}" for suffix in suffixes if suffix in known), "")
