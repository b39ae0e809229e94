"""Files of arrays and tables of numbers."""

import gzip
import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import mutations as m
import numpy as np

from parsers.archives import zipped
from parsers.music import HEAD, damaged_mat
from parsers.parser import Parser

RNG = np.random.default_rng(0)
X, Y = RNG.integers(0, 256, (14, 4, 4), np.uint8), np.arange(14, dtype=np.uint8) % 3
HEADER = b"'descr' 'shape' 'fortran_order' '<f4' '|O' '<U9' True (1, ( { L".split()
CODES = tuple(
    bytes([code]) for code in b"()]}tldseuaRbco.gpqhrjKJMGVSUTBCXIFLNQPi0\x80\x81\x85\x86\x87\x8c\x93\x94\x95"
)


def read_data(path: Path) -> object:
    """As training does."""
    from harmonium.data.loading import load

    return load(path)


def read_rows(path: Path) -> object:
    """As the training of a model that needs no classes, and takes any numbers, does."""
    from harmonium.data.loading import load

    return load(path, labels=False, real=True)


def idx_seeds() -> list[bytes]:
    """Images and labels, raw and gzipped."""
    raw = [bytes([0, 0, 8, 3]) + struct.pack(">3I", *X.shape) + X.tobytes()]
    raw.append(bytes([0, 0, 13, 3]) + struct.pack(">3I", 2, 2, 2) + np.arange(8, dtype=">f4").tobytes())
    return raw + [gzip.compress(one, mtime=0) for one in raw]


def npz_seeds() -> list[bytes]:
    """Bytes, floats, names of classes, all splits."""
    made = []
    names = {
        "x": (X / 256).astype("f4").reshape(14, -1),
        "y": Y.astype("i8"),
        "classes": np.array(["a", "bé", "c"]),
    }
    splits = {"x_valid": X, "y_valid": Y, "x_test": np.asfortranarray(X), "y_test": Y.astype(">i4")}
    for arrays in ({"x": X, "y": Y}, names, {"x": X, "y": Y, **splits}):
        members = {f"{name}.npy": saved(array) for name, array in arrays.items()}
        made += [zipped(members), zipped(members, zipfile.ZIP_DEFLATED)]
    return made


def saved(array: np.ndarray) -> bytes:
    """As NumPy writes it into a file, and into a member of an archive."""
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


def npy(header: bytes, body: bytes = b"") -> bytes:
    """A file with a header of Python's syntax, which NumPy evaluates."""
    header = header.ljust(53) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body


HEADERS = (
    b"{'descr': '<f4', 'shape': (1,",  # a bracket that stays open
    b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }" + b"(" * 400,
    b"{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999,), }",
    b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    b"'" * 3,
)


def damaged_npz(_: bytes) -> list[bytes]:
    """Headers that are no Python, and text that is no character."""
    letter = npy(b"{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }", b"\xff\xff\xff\xff")
    return [*(zipped({"x.npy": npy(header)}) for header in HEADERS), zipped({"classes.npy": letter})]


def npy_seeds() -> list[bytes]:
    """Pictures as bytes, rows as floats, texts."""
    arrays = X, (X / 256).reshape(14, -1), np.asfortranarray(X), np.array(["a", "é"])
    return [saved(array) for array in arrays]


def pickle_seeds() -> list[bytes]:
    """Pairs of arrays, and arrays of arrays, by each protocol."""
    pairs = tuple((X[:5].reshape(5, -1) / np.float32(256), Y[:5].astype("i8")) for _ in range(3))
    ragged = np.empty(2, object)
    ragged[:] = [np.arange(3), np.arange(2)]
    made = [pickle.dumps(pairs, protocol) for protocol in range(6)]
    made += [pickle.dumps({"words": {"a": 1}, "rows": ragged}, protocol) for protocol in (0, 2, 4)]
    return [*made, gzip.compress(made[2], mtime=0)]


def csv_seeds() -> list[bytes]:
    """With a header and without, with decimal commas, with what is missing."""
    rows = [[*row, label] for row, label in zip(X.reshape(14, -1)[:, :3], Y, strict=True)]
    lines = "".join(",".join(map(str, row)) + "\n" for row in rows)
    comma = "a;b;class\n" + "".join(f"{row[0] / 7:.2f};{row[1]};{row[3]}\n".replace(".", ",") for row in rows)
    named = '"a, one",b,c,kind\r\n' + "".join(f"{row[0]},,{row[2]},k{row[3]}\r\n" for row in rows)
    return [
        lines.encode(),
        comma.encode("utf-8-sig"),
        named.encode("utf-16"),
        lines.replace(",", "\t").encode(),
    ]


def record_seeds() -> list[bytes]:
    """Objects on lines, in a list, in an object and as columns; with numbers in lists, and with objects inside."""
    rows = [
        {"a": int(row[0]), "b": row[1] / 7, "kind": f"k{label}"}
        for row, label in zip(X[:, 0], Y, strict=True)
    ]
    lists = [{"pixels": row.tolist(), "label": int(label)} for row, label in zip(X, Y, strict=True)]
    deep = [{"sizes": {"wide": row["a"], "deep": None}, "kind": row["kind"]} for row in rows]
    columns = {"a": [row["a"] for row in rows], "kind": [row["kind"] for row in rows]}
    documents = [rows, {"version": 2, "data": lists}, columns, deep]
    return ["\n".join(map(json.dumps, lists)).encode(), *(json.dumps(one).encode() for one in documents)]


def matlab_seeds() -> list[bytes]:
    """Arrays of pictures and labels, as MATLAB has them, packed and not; the first is not."""
    import scipy.io

    made = []
    for packed in (False, True):
        for arrays in (
            {"X": np.moveaxis(X, 0, -1), "y": Y[:, None]},
            {"x_train": X / 255, "y_train": Y.astype("i4")},
        ):
            content = io.BytesIO()
            scipy.io.savemat(content, arrays, do_compression=packed)
            made.append(HEAD + content.getvalue()[len(HEAD) :])
    return made


PARSERS = (
    Parser("idx", "x.idx", idx_seeds, read_rows, (m.inside_gzip,), patterns=("idx-*", "*.idx"), guided=True),
    Parser(
        "npz",
        "x.npz",
        npz_seeds,
        read_data,
        (m.inside_zip,),
        tuple(HEADER),
        ("*.npz",),
        damaged_npz,
        guided=True,
    ),
    Parser(
        "npy",
        "x.npy",
        npy_seeds,
        read_rows,
        words=tuple(HEADER),
        patterns=("*.npy",),
        damaged=lambda _: [npy(header) for header in HEADERS],
        guided=True,
    ),
    Parser(
        "pickle",
        "x.pkl",
        pickle_seeds,
        read_data,
        (m.inside_gzip,),
        (*CODES, b"numpy\nndarray\n", b"}" + b")" + b"\x85" * 50_000 + b"Ns"),
        ("*.pkl", "*.pkl.gz", "pickle-*"),
        guided=True,
    ),
    Parser(
        "csv", "x.csv", csv_seeds, read_data, words=(b",", b";", b'"', b"\r", b"nan"), patterns=("*.csv",)
    ),
    Parser(
        "records",
        "x.jsonl",
        record_seeds,
        read_data,
        (m.inside_json, m.inside_json_lines),
        m.JSON,
        ("*.json", "*.jsonl"),
        guided=True,
    ),
    Parser(
        "arrays in mat",
        "x.mat",
        matlab_seeds,
        read_data,
        (m.inside_mat,),
        (b"X", struct.pack("<II", 14, 0), struct.pack("<II", 15, 64), struct.pack("<HH", 2, 4)),
        ("*.mat", "mat-*"),
        damaged_mat,
        guided=True,
    ),
)
