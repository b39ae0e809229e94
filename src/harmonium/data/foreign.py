"""Files that are not read where they stand, and the way from each to what is."""

import re

SAVE = "numpy.savez('mine.npz', x=x, y=y)"
SPARSE = (
    "is in the sparse form of LIBSVM; save it as arrays: x, y = sklearn.datasets.load_svmlight_file(…), "
    "x = x.toarray(), " + SAVE
)
# What is not read, and the way from there to what is.
FOREIGN = {
    **dict.fromkeys((".xls", ".xlsx", ".xlsm", ".ods"), "is a spreadsheet; save it as CSV"),
    ".parquet": "is a binary table; save it as CSV, as by pandas.read_parquet(…).to_csv(…, index=False)",
    ".feather": "is a binary table; save it as CSV, as by pandas.read_feather(…).to_csv(…, index=False)",
    ".arff": "is in Weka's ARFF; save it as CSV, as Weka itself can",
    **dict.fromkeys((".libsvm", ".svmlight", ".svm"), SPARSE),
    **dict.fromkeys((".h5", ".hdf5"), f"is HDF5; save its arrays: {SAVE}"),
    **dict.fromkeys((".pt", ".pth", ".tfrecord"), f"is of another framework; save its arrays: {SAVE}"),
    **dict.fromkeys((".sav", ".dta", ".rds", ".rdata", ".sas7bdat"), "is of another program; save it as CSV"),
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
