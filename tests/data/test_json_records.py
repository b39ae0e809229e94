"""Rows and objects in JSON."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harmonium.data import load, load_reviews, load_sentences, read_rows
from harmonium.data.json_records import records
from harmonium.data.kinds import kind_of
from harmonium.errors import DataError

ROWS = [{"width": n / 3, "kind": "ab"[n % 2], "sizes": {"low": n % 7, "high": n * n}} for n in range(30)]


def written(content, name="a.jsonl"):
    Path(name).write_text(content)
    return name


def test_objects_are_rows_whatever_holds_them():
    lines = written("\n".join(map(json.dumps, ROWS)))
    first = load(lines, options=None)
    assert first.classes == ("a", "b")
    assert first.preparation.columns == ("width", "sizes.low", "sizes.high")
    listed = load(written(json.dumps(ROWS), "a.json"))
    wrapped = load(written(json.dumps({"version": 1, "data": ROWS}), "b.json"))
    columns = {name: [row[name] for row in ROWS] for name in ("width", "kind")}
    assert first.checksum == listed.checksum == wrapped.checksum
    assert load(written(json.dumps(columns), "c.json")).shape == (1,)


def test_new_rows_of_json_are_prepared_as_those_of_the_run():
    found = load(written("\n".join(map(json.dumps, ROWS))), real=True)
    new = [{"sizes": {"high": 9, "low": 3}, "width": 1.0}, {"width": 2.0, "sizes": {"low": 6, "high": 36}}]
    x = read_rows(Path(written("\n".join(map(json.dumps, new)), "new.jsonl")), found.preparation, found.shape)
    all_rows = np.concatenate([split.x for split in found.splits.values()])
    for row in x:
        assert np.abs(all_rows - row).max(1).min() < 1e-6


@pytest.mark.parametrize("numbers", ["both", "some"])
def test_numbers_that_are_written_as_text_are_numbers(numbers):
    plain = [{"a": n % 9, "b": n / 4, "label": "ab"[n % 2]} for n in range(40)]
    text = [
        row | {"a": str(row["a"]) if numbers == "both" or n % 2 else row["a"]} for n, row in enumerate(plain)
    ]
    found = load(written("\n".join(map(json.dumps, text))), real=True)
    expected = load(written("\n".join(map(json.dumps, plain)), "b.jsonl"), real=True)
    assert found.checksum == expected.checksum
    assert any(
        "numbers that are written as text are read as numbers: a" in note for note in found.reading.notes
    )
    one = Path(written(json.dumps({"a": "3", "b": "1.5"}), "new.jsonl"))
    same = Path(written(json.dumps({"a": 3, "b": 1.5}), "same.jsonl"))
    np.testing.assert_array_equal(*(read_rows(path, found.preparation, found.shape) for path in (one, same)))


def test_lists_of_numbers_are_columns_and_pictures():
    rng = np.random.default_rng(0)
    rows = [{"label": n % 2, "image": rng.integers(0, 256, (8, 8)).tolist()} for n in range(20)]
    found = load(written("\n".join(map(json.dumps, rows))))
    assert (found.shape, found.classes) == ((8, 8), ("0", "1"))
    pixels = {x.tobytes() for split in found.splits.values() for x in split.x}
    assert np.array(rows[3]["image"], np.uint8).tobytes() in pixels


BAD = {
    "no JSON": ('{"a": 1}\n{"a": \n', "a.jsonl, line 2: is no JSON"),
    "no objects": ("[1, 2]", "a.jsonl: holds no objects"),
    "a number": ("3\n4\n", "a.jsonl, line 1: holds 3, which is no object"),
    "lists of other lengths": ('{"x": [1, 2], "y": "a"}\n{"x": [1], "y": "b"}\n', "have different lengths"),
    "lists of words": ('{"x": ["a"], "y": 1}\n' * 3, r"the field x holds a list, as \[\"a\"\]"),
    "missing values": ('{"x": 1.5, "label": "a"}\n{"label": "b"}\n' * 9, r"values are missing in x \(9\)"),
    "nothing inside": ("{}\n{}", "its objects hold no fields"),
    "too deep": ('{"x": ' * 600 + "1" + "}" * 600, "lie too deep|is no JSON|no column"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_named(content, message):
    with pytest.raises(DataError, match=message):
        load(written(content))


def test_one_object_on_a_line_and_all_in_a_list_are_the_same():
    assert records("\n".join(map(json.dumps, ROWS)), "a") == records(json.dumps(ROWS), "a") == ROWS


@pytest.mark.parametrize(
    ("names", "objects"),
    [
        (("train", "val", "test"), False),
        (("oos_train", "oos_val", "oos_test"), False),
        (("train", "dev", "test"), True),
    ],
)
def test_a_list_for_each_split_of_objects_or_of_rows(names, objects):
    rows = [[f"a film of number {n}", "ab"[n % 2]] for n in range(60)]
    given = [{"text": text, "label": label} for text, label in rows] if objects else rows
    parts = {
        name: given[start:end] for name, start, end in zip(names, (0, 40, 50), (40, 50, 60), strict=True)
    }
    found = load_reviews(written(json.dumps(parts)))
    assert found.sizes == {"train": 40, "valid": 10, "test": 10}
    assert found.classes == ("a", "b")
    assert {"film", "number"} < set(found.lexicon)
    assert kind_of(written(json.dumps(parts))) == "texts"
    assert load_reviews(written(json.dumps(rows))).classes == ("a", "b")


def test_names_of_many_words_are_no_texts():
    assert (
        kind_of(written(json.dumps([{"the length in cm": n, "the width in cm": 2} for n in range(9)])))
        == "pictures"
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_bytes_changed_are_an_error_in_one_line_or_rows(data):
    seed = "\n".join(
        map(json.dumps, [{"id": 1, "text": "a film", "label": "x", "v": [1, 2.5], "o": {"k": None}}] * 4)
    )
    content = bytearray(seed.encode())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(
            st.sampled_from(b'{}[]",:0e-N\n\\ut\xff')
        )
    Path("a.jsonl").write_bytes(content)
    for read in (load, load_reviews, load_sentences):
        said = ""
        try:
            read("a.jsonl")
        except DataError as error:
            said = str(error)
        assert "\n" not in said


def test_objects_of_different_fields_that_would_fill_the_memory_are_refused(monkeypatch):
    """A table of 60 rows and 6,000 columns, from a file of 60 KB."""
    rows = [{f"{n}-{k}": 1 for k in range(100)} for n in range(60)]
    monkeypatch.setattr("harmonium.memory.SMALL", 0)
    monkeypatch.setattr("harmonium.memory.available", lambda: 2**24)
    with pytest.raises(DataError, match=r"a\.jsonl: takes .* of memory"):
        load(written("\n".join(map(json.dumps, rows))), labels=False)
