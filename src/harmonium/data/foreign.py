"""Files that are not read, and the way from each to what is."""

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
