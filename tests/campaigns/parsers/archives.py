"""Archives, which are unpacked into a folder and nowhere else."""

import bz2
import gzip
import io
import lzma
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import mutations as m

from parsers.parser import Parser

LIMIT = 2**20  # bytes that may be unpacked


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive without the date, so that inputs are the same on any day."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            archive.writestr(zipfile.ZipInfo(name), member, method)
    return content.getvalue()


def zip_seeds() -> list[bytes]:
    """By each method, with folders."""
    members = {"deep/a.txt": b"some text " * 20, "b.bin": bytes(range(256)), "folder/": b""}
    methods = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA
    return [zipped(members, method) for method in methods]


def damaged_zip(_: bytes) -> list[bytes]:
    """Members packed by bzip2 and LZMA whose bytes are cut off or changed."""
    made = []
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        whole = zipped({"q": b"a" * 100}, method)
        made += [whole[:at] + b"\xff" + whole[at + 1 :] for at in range(30, 70, 4)]
        made.append(whole[:50] + whole[60:])
    return made


def tar_seeds() -> list[bytes]:
    """Of each format, packed by each method."""
    made = []
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w", format=form) as archive:
            for name in ("a.txt", "deep/" * 18 + "ü.bin"):
                info = tarfile.TarInfo(name)
                info.size = 40
                archive.addfile(info, io.BytesIO(b"some bytes" * 4))
        made.append(content.getvalue())
    packed = [
        pack(one) for pack in (partial(gzip.compress, mtime=0), bz2.compress, lzma.compress) for one in made
    ]
    return made + packed


def damaged_tar(_: bytes) -> list[bytes]:
    """Members that would lie elsewhere, or are links, devices or pipes."""
    made = []
    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE)
    for name, kind in (
        ("../out", tarfile.REGTYPE),
        ("/tmp/out", tarfile.REGTYPE),
        *(("in", kind) for kind in kinds),
    ):
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as archive:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "../../out"
            archive.addfile(info)
        made.append(content.getvalue())
    return made


def unpack(path: Path) -> object:
    """Into an empty folder; nothing may appear beside it."""
    from harmonium.data.archives import extract

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        into = Path(folder) / "into"
        into.mkdir()
        try:
            extract(path, into, limit=LIMIT)
        finally:
            beside = [entry for entry in Path(folder).iterdir() if entry != into]
            written = sum(entry.lstat().st_size for entry in into.rglob("*") if entry.is_file())
            assert not beside, f"wrote {beside} outside"
            assert written <= LIMIT, f"wrote {written} bytes"
            assert not any(entry.is_symlink() for entry in into.rglob("*"))
    return None


PARSERS = (
    Parser(
        "zip",
        "x.zip",
        zip_seeds,
        unpack,
        (m.inside_zip,),
        (b"PK\1\2", b"PK\5\6", b"PK\3\4"),
        ("archive-*",),
        damaged_zip,
        guided=True,
    ),
    Parser(
        "tar",
        "x.tar",
        tar_seeds,
        unpack,
        (m.inside_gzip,),
        (b"ustar", b"path=", b"L", b"x", b"2"),
        ("archive-*",),
        damaged_tar,
        guided=True,
    ),
)
