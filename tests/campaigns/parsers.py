"""Every parser of files from outside: small valid files to begin with, and what reads them."""

import contextlib
import gzip
import io
import pickle
import random
import shutil
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import mutations as m
import numpy as np

RNG = np.random.default_rng(0)
X, Y = RNG.integers(0, 256, (14, 4, 4), np.uint8), np.arange(14, dtype=np.uint8) % 3


@dataclass(frozen=True)
class Parser:
    """One parser.

    `seeds` makes valid files; `read` reads the file that lies in a folder which `prepare` has filled; `patterns` are
    the names of files of a given corpus that are its own; `share` is how many of a campaign's inputs it gets.
    """

    name: str
    file: str
    seeds: Callable[[], list[bytes]]
    read: Callable[[Path], object]
    layers: tuple[m.Layer, ...] = ()
    words: tuple[bytes, ...] = ()
    patterns: tuple[str, ...] = ()
    prepare: Callable[[Path], None] = lambda folder: None
    share: float = 1.0


def idx_seeds() -> list[bytes]:
    """Images and labels, raw and gzipped."""
    raw = [bytes([0, 0, 8, 3]) + struct.pack(">3I", *X.shape) + X.tobytes()]
    raw.append(bytes([0, 0, 13, 3]) + struct.pack(">3I", 2, 2, 2) + np.arange(8, dtype=">f4").tobytes())
    return raw + [gzip.compress(one) for one in raw]


def read_idx(path: Path) -> object:
    """Images of three axes."""
    from harmonium.data.idx import read_idx

    return read_idx(path, axes=3)


def npz_seeds() -> list[bytes]:
    """Bytes, floats, names of classes, all splits."""
    made = []
    for arrays in (
        {"x": X, "y": Y},
        {
            "x": (X / 256).astype("f4").reshape(14, -1),
            "y": Y.astype("i8"),
            "classes": np.array(["a", "bé", "c"]),
        },
        {
            "x": X,
            "y": Y,
            "x_valid": X,
            "y_valid": Y,
            "x_test": np.asfortranarray(X),
            "y_test": Y.astype(">i4"),
        },
    ):
        for save in (np.savez, np.savez_compressed):
            content = io.BytesIO()
            save(content, **arrays)
            made.append(content.getvalue())
    return made


def pickle_seeds() -> list[bytes]:
    """Pairs of arrays, and arrays of arrays, by each protocol."""
    pairs = tuple((X[:5].reshape(5, -1) / np.float32(256), Y[:5].astype("i8")) for _ in range(3))
    ragged = np.empty(2, object)
    ragged[:] = [np.arange(3), np.arange(2)]
    made = [pickle.dumps(pairs, protocol) for protocol in range(6)]
    made += [pickle.dumps({"words": {"a": 1}, "rows": ragged}, protocol) for protocol in (0, 2, 4)]
    return [*made, gzip.compress(made[2])]


def mat_seeds() -> list[bytes]:
    """Cells of rolls, of several types of numbers, packed or not."""
    import scipy.io

    made = []
    for dtype in ("u1", "f8", "i2"):
        for packed in (False, True):
            content, rolls = io.BytesIO(), {}
            for key in ("traindata", "validdata", "testdata"):
                rolls[key] = np.empty((1, 2), object)
                rolls[key][0, :] = [(RNG.random((n, 88)) < 0.1).astype(dtype) for n in (1, 3)]
            scipy.io.savemat(content, rolls, do_compression=packed)
            made.append(content.getvalue())
    return made


def picture_seeds(form: str) -> list[bytes]:
    """Pictures of each mode that a format has."""
    from PIL import Image

    colour = Image.fromarray(RNG.integers(0, 256, (6, 5, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    made = []
    for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16", "I", "F", "CMYK"):
        content = io.BytesIO()
        with contextlib.suppress(OSError, ValueError, KeyError):
            picture = (colour.convert("L") if mode in ("I;16", "F") else colour).convert(mode)
            picture.save(content, form, exif=exif)
            made.append(content.getvalue())
        with contextlib.suppress(OSError, ValueError, KeyError):
            content = io.BytesIO()
            option = (
                {"compression": "tiff_lzw"} if form == "TIFF" else {"progressive": True, "optimize": True}
            )
            colour.convert(mode).save(content, form, **option)
            made.append(content.getvalue())
    if form in ("GIF", "WEBP", "TIFF", "PNG"):
        content = io.BytesIO()
        colour.save(content, form, save_all=True, append_images=[colour.rotate(90)])
        made.append(content.getvalue())
    return list(dict.fromkeys(made))


def read_picture(path: Path) -> object:
    """As training and prediction do."""
    from harmonium.data.images import read_image, read_images

    read_image(path)
    return read_images([path], (8, 8))


def midi_seeds() -> list[bytes]:
    """A tune with changes of tempo, running status and drums."""

    def track(body: bytes) -> bytes:
        body += b"\x00\xff\x2f\x00"
        return b"MTrk" + struct.pack(">I", len(body)) + body

    notes = b"\x00\x90\x3c\x50\x83\x60\x3c\x00\x00\x40\x50\x83\x60\x40\x00"
    tempo, drums = b"\x00\xff\x51\x03\x07\xa1\x20", b"\x00\x99\x26\x50\x83\x60\x89\x26\x00"
    first = b"MThd" + struct.pack(">IHHH", 6, 1, 2, 480) + track(tempo) + track(notes + drums)
    return [first, b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + track(tempo + notes * 20)]


def read_midi(path: Path) -> object:
    """In seconds, and written again."""
    from harmonium.data.midi import Grid, read_midi, write_midi

    roll = read_midi(path, Grid())
    write_midi(roll, Grid(), path.with_name("again.mid"))
    return roll


def iob_seeds() -> list[bytes]:
    """Sentences, with a third column, and with CoNLL's marks."""
    sentence = "show O\nflights O\nto O\nnew B-city\nyork I-city\n\n"
    return [
        (sentence * 8).encode(),
        ("-DOCSTART- O\n\n" + "Ünder NN B-x\nthe DT E-x\n\nend . O\n\n" * 8).encode("utf-8-sig"),
    ]


def text_seeds() -> list[bytes]:
    """A class, a tab and a text on each line."""
    lines = "good\tI liked it, really!\nbad\tnot <br /> my film? no\n"
    return [
        (lines * 20).encode(),
        ("0\tcafé\u0301 über alles\r\n1\t漢字 is fine\r\n" * 20).encode("utf-8-sig"),
    ]


def zip_seeds() -> list[bytes]:
    """By each method, with folders."""
    made = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", method) as archive:
            archive.writestr("deep/a.txt", b"some text " * 20)
            archive.writestr("b.bin", bytes(range(256)))
            archive.writestr("folder/", b"")
        made.append(content.getvalue())
    return made


def tar_seeds() -> list[bytes]:
    """Of each format, packed by each method."""
    made = []
    for mode in ("w", "w:gz", "w:bz2", "w:xz"):
        for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            content = io.BytesIO()
            with tarfile.open(fileobj=content, mode=mode, format=form) as archive:
                for name in ("a.txt", "deep/" * 18 + "ü.bin"):
                    info = tarfile.TarInfo(name)
                    info.size = 40
                    archive.addfile(info, io.BytesIO(b"some bytes" * 4))
            made.append(content.getvalue())
    return made


def unpack(path: Path) -> object:
    """Into an empty folder; nothing may appear beside it."""
    from harmonium.data.archives import extract

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        into = Path(folder) / "into"
        into.mkdir()
        try:
            extract(path, into, limit=2**20)
        finally:
            beside = [entry for entry in Path(folder).iterdir() if entry != into]
            written = sum(entry.lstat().st_size for entry in into.rglob("*") if entry.is_file())
            assert not beside, f"wrote {beside} outside"
            assert written <= 2**20, f"wrote {written} bytes"
            assert not any(entry.is_symlink() for entry in into.rglob("*"))
    return None


def command(*arguments: str) -> None:
    """`harmonium` in this process; asserts that it ends with 0, 1 or 2 and prints no control characters."""
    from harmonium.cli import main

    said, complained = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        code = main(list(arguments))
    assert code in (0, 1, 2), f"exit code {code}"
    shown = said.getvalue() + complained.getvalue()
    assert "Traceback" not in shown, shown
    assert code == 0 or len(complained.getvalue().strip().splitlines()) >= 1, "no reason is given"
    assert not any(ord(c) < 32 and c not in "\n\t" for c in shown), (
        f"control characters are printed: {shown!r}"
    )
    if code:
        from harmonium.errors import HarmoniumError

        raise HarmoniumError(complained.getvalue())


RUNS: dict[str, Path] = {}
SENTENCES = "".join("show O\nflights O\nto O\nnew B-city\nyork I-city\n\n" for _ in range(20))


def run_of(recipe: str) -> Path:
    """A small run of a recipe, trained once."""
    if recipe not in RUNS:
        folder = Path(tempfile.mkdtemp()) / recipe
        data = "digits"
        if recipe == "slot-filling":
            data = str(folder.with_name("mine.iob"))
            Path(data).write_text(SENTENCES)
        small = ["--max-epochs", "2", "--no-figures", "--out", str(folder)]
        command("train", recipe, "--data", data, *small)
        RUNS[recipe] = folder
    return RUNS[recipe]


def record_seeds(recipe: str, file: str) -> list[bytes]:
    """What a run has written."""
    return [(run_of(recipe) / file).read_bytes()]


def copy_run(recipe: str, folder: Path) -> None:
    """Fill a folder with a run."""
    shutil.copytree(run_of(recipe), folder, dirs_exist_ok=True)


def read_metrics(path: Path) -> object:
    """As figures and resume read them."""
    from harmonium.training import RunFolder

    content = path.read_bytes()
    with contextlib.redirect_stderr(io.StringIO()):
        RunFolder(path.parent).forget_records_after(2)
    path.write_bytes(content)
    return RunFolder(path.parent).records()


def read_summary(path: Path) -> object:
    """As `harmonium runs` does."""
    command("runs", str(path.parent.parent))
    command("runs", str(path.parent.parent), "--json")

    from harmonium.training import RunFolder

    return RunFolder(path.parent).summary()


def read_config(path: Path) -> object:
    """As everything that opens a run does."""
    from harmonium.recipes.shared.from_config import recipe_of
    from harmonium.training import RunFolder

    command("runs", str(path.parent.parent))
    return recipe_of(RunFolder.open(path.parent))


def read_model(path: Path) -> object:
    """As any model is read."""
    import equinox as eqx

    from harmonium import models
    from harmonium.training.saved_model import load_model

    found = [getattr(models, name) for name in models.__all__]
    classes = {one.__name__: one for one in found if isinstance(one, type) and issubclass(one, eqx.Module)}
    return load_model(path, classes)


def predict_pictures(path: Path) -> object:
    """By a model that someone sent."""
    from PIL import Image

    picture = path.with_name("x.png")
    Image.fromarray(X[0]).save(picture)
    return command("predict", str(path.parent), str(picture))


def predict_words(path: Path) -> object:
    """By a model that someone sent."""
    return command("predict", str(path.parent), "--text", "show flights to new york")


def draw_curves(path: Path) -> object:
    """Into the run's figures."""
    return command("figures", str(path.parent))


def _reader(module: str, function: str, *arguments: object) -> Callable[[Path], object]:
    def read(path: Path) -> object:
        import importlib

        return getattr(importlib.import_module(f"harmonium.data.{module}"), function)(path, *arguments)

    return read


def _records(name: str, recipe: str, file: str, read: Callable[[Path], object], **options: object) -> Parser:
    return Parser(
        name,
        file,
        partial(record_seeds, recipe, file),
        read,
        prepare=partial(copy_run, recipe),
        **options,  # type: ignore[arg-type]
    )


PICTURES = ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM")
HEADER = (
    b"'descr'",
    b"'shape'",
    b"'fortran_order'",
    b"'<f4'",
    b"'|O'",
    b"'<U9'",
    b"True",
    b"(1,",
    b"(",
    b"{",
    b"L",
)
CODES = tuple(
    bytes([code]) for code in b"()]}tldseuaRbco.gpqhrjKJMGVSUTBCXIFLNQPi0\x80\x81\x85\x86\x87\x8c\x93\x94\x95"
)
PARSERS: Sequence[Parser] = (
    Parser("idx", "x.idx", idx_seeds, read_idx, (m.inside_gzip,), patterns=("idx-*", "*.idx")),
    Parser(
        "npz", "x.npz", npz_seeds, _reader("npz", "load_npz", "mine", 0), (m.inside_zip,), HEADER, ("*.npz",)
    ),
    Parser(
        "pickle",
        "x.pkl",
        pickle_seeds,
        _reader("pickled", "read_pickle"),
        (m.inside_gzip,),
        (*CODES, b"numpy\nndarray\n", b"}" + b")" + b"\x85" * 50_000 + b"Ns"),
        ("*.pkl", "*.pkl.gz", "pickle-*"),
    ),
    Parser(
        "mat",
        "x.mat",
        mat_seeds,
        _reader("matlab", "read_rolls"),
        (m.inside_mat,),
        (b"traindata", struct.pack("<II", 14, 0), struct.pack("<II", 15, 64), struct.pack("<HH", 2, 4)),
        ("*.mat", "mat-*"),
    ),
    *(
        Parser(
            form.lower(),
            f"x.{form.lower()}",
            partial(picture_seeds, form),
            read_picture,
            (m.inside_png,) if form == "PNG" else (),
            (
                b"Exif\0\0",
                b"MM\0*",
                b"II*\0",
                b"\xff\xd8",
                b"\xff\xdb",
                b"\xff\xc4",
                b"\xff\xda",
                b"ICCP",
                b"VP8X",
            ),
            ("image-*", f"*.{form.lower()}"),
        )
        for form in PICTURES
    ),
    Parser(
        "midi",
        "x.mid",
        midi_seeds,
        read_midi,
        (),
        (b"MTrk", b"\xff\x51\x03", b"\xff\x2f\0", b"\xf0"),
        ("*.mid",),
    ),
    Parser(
        "iob", "x.iob", iob_seeds, _reader("iob", "load_iob", "mine", 0), (), (b"B-", b"O", b"\t"), ("*.iob",)
    ),
    Parser(
        "texts",
        "x.tsv",
        text_seeds,
        _reader("reviews", "load_texts", "mine", 0),
        (),
        (b"\t", b"<"),
        ("*.tsv",),
    ),
    Parser(
        "zip", "x.zip", zip_seeds, unpack, (m.inside_zip,), (b"PK\1\2", b"PK\5\6", b"PK\3\4"), ("archive-*",)
    ),
    Parser(
        "tar",
        "x.tar",
        tar_seeds,
        unpack,
        (m.inside_gzip,),
        (b"ustar", b"path=", b"L", b"x", b"2"),
        ("archive-*",),
    ),
    Parser(
        "model",
        "x.safetensors",
        lambda: [one for recipe in ("mlp", "rbm") for one in record_seeds(recipe, "model.safetensors")],
        read_model,
        (m.inside_model,),
        (b'"array"', b'"class"', b'"data_offsets"', b'"F32"'),
        ("model-*",),
    ),
    _records(
        "metrics",
        "mlp",
        "metrics.jsonl",
        read_metrics,
        layers=(m.inside_json_lines,),
        patterns=("metrics-*",),
    ),
    _records("summary", "mlp", "summary.json", read_summary, layers=(m.inside_json,), patterns=("runs-*",)),
    _records("config", "mlp", "config.json", read_config, layers=(m.inside_json,), patterns=("config-*",)),
    _records(
        "curves",
        "mlp",
        "metrics.jsonl",
        draw_curves,
        layers=(m.inside_json_lines,),
        patterns=("curves-*", "metrics-*"),
        share=0.01,
    ),
    _records(
        "predicted",
        "mlp",
        "model.safetensors",
        predict_pictures,
        layers=(m.inside_model,),
        patterns=("model-*", "predict-*.mlp.*"),
        share=0.01,
    ),
    _records(
        "labelled",
        "slot-filling",
        "model.safetensors",
        predict_words,
        layers=(m.inside_model,),
        patterns=("sampled-*.slot.*",),
        share=0.01,
    ),
)


def seeds_of(parser: Parser, folders: Sequence[Path]) -> list[bytes]:
    """The parser's own valid files, and those of given folders that bear its names."""
    found = list(parser.seeds())
    for folder in folders:
        found += [
            path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and any(path.match(pattern) for pattern in parser.patterns)
        ]
    return found


def mutator_of(parser: Parser, seeds: Sequence[bytes]) -> m.Mutator:
    """What draws the parser's inputs."""
    return m.Mutator(seeds, parser.layers, parser.words)


def drawn(mutator: m.Mutator, seed: int, number: int) -> bytes:
    """Input `number` of a campaign, whatever was drawn before it; the first are the seeds as they are."""
    if number < len(mutator.seeds):
        return mutator.seeds[number]
    return mutator.drawn(random.Random(f"{seed} {number}"))
