"""Text as it comes in."""

import gzip
import pickle

import numpy as np
import pytest

from harmonium.data import UNKNOWN, Vocabulary, read_text
from harmonium.data.text import decoded
from harmonium.errors import DataError


def test_text_is_utf8_with_or_without_a_mark(tmp_path):
    path = tmp_path / "a.txt"
    for content in ("caf\u00e9\n".encode(), b"\xef\xbb\xbf" + "caf\u00e9\n".encode()):
        path.write_bytes(content)
        assert read_text(path) == "caf\u00e9\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_the_encoding_is_found(encoding):
    text = "Il a dit: \u00ab caf\u00e9 \u00bb\u2026\r\n"
    found, name = decoded(text.encode(encoding), "here")
    assert found == text.replace("\r\n", "\n")
    assert name == encoding.removesuffix("-sig")


def test_big_endian_characters_that_end_in_a_zero_byte_are_read():
    text = "one \u4e00 two\n"
    assert decoded(text.encode("utf-16-be"), "here")[0] == text


def test_accents_come_out_composed(tmp_path):
    (tmp_path / "a.txt").write_bytes("cafe\u0301".encode())
    assert read_text(tmp_path / "a.txt") == "caf\u00e9"


@pytest.mark.parametrize("content", [b"one\ntwo caf\xe9\x81\n", "\u4e2d\u6587\n\u5f88\u597d".encode("gbk")])
def test_bytes_of_no_known_encoding_are_named(tmp_path, content):
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.txt, line \d: byte \d+ \(0x\w\w\) is not UTF-8, nor"):
        read_text(path)
    with pytest.raises(DataError, match="no such file"):
        read_text(tmp_path / "none.txt")
    with pytest.raises(DataError, match="cannot be read"):
        read_text(tmp_path)


@pytest.mark.parametrize(
    ("content", "gist"),
    [
        (pickle.dumps({"a": 1}), "is a pickle, which holds no text; save a table as CSV: frame.to_csv"),
        (b"PK\x03\x04\x14\0\0\0\x08\0", "is a ZIP archive, or a document of an office program; unpack it"),
        (b"%PDF-1.4\nplain words", "is a PDF document; save it as text"),
        (gzip.compress(b"words", mtime=0), "is packed; unpack it"),
        (b"PAR1abc", "is a binary table; save it as CSV"),
    ],
)
def test_files_that_hold_no_text_are_called_what_they_are(content, gist):
    with pytest.raises(DataError, match=f"^mine: {gist}"):
        decoded(content, "mine")


def test_a_file_too_long_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("harmonium.data.text.LARGEST", 5)
    (tmp_path / "a.txt").write_text("123456")
    with pytest.raises(DataError, match="more than 5 bytes"):
        read_text(tmp_path / "a.txt")


def test_words_have_places_and_others_share_one():
    vocabulary = Vocabulary(("to", UNKNOWN, "boston"))
    found = vocabulary.indices(["boston", "to", "atlantis"])
    np.testing.assert_array_equal(found, [2, 0, 1])
    assert found.dtype == np.int32
    assert vocabulary.indices([]).shape == (0,)
    assert len(vocabulary) == 3
    for words in (("to", "boston"), ("to", "to", UNKNOWN)):
        with pytest.raises(DataError, match="each word once"):
            Vocabulary(words)
