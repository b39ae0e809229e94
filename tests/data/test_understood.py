"""What is said of data before training."""

import json

import numpy as np

from harmonium.data import load, load_sentences
from harmonium.data.understood import Reading, Understood


def test_a_block_says_what_was_understood():
    x = np.random.default_rng(0).integers(0, 256, (30, 6, 5)).astype(np.uint8)
    lines = load((x, ["cat"] * 20 + ["dog"] * 10)).understood.lines()
    assert lines == [
        "arrays: 30 grey pictures 5x6",
        "  splits      22 train, 4 valid, 4 test",
        "  2 classes   cat 20, dog 10",
    ]


def test_lines_are_short_and_control_characters_are_escaped():
    reading = Reading("x", {"not pictures (.txt)": 1234}, ("a \x1b[31m" + "very " * 40 + "long note",))
    classes = {f"class{n}\x07": {"train": n} for n in range(100)}
    said = Understood("bad\nname", "pictures", {"train": 5}, classes, ("turned grey",), reading)
    lines = said.lines()
    assert max(map(len, lines)) <= 80
    assert all(line.isprintable() for line in lines)
    assert lines[0] == "bad\\nname: 5 pictures"
    assert "  skipped     1,234 not pictures (.txt)" in lines
    assert "most often class99\\x07 99" in "\n".join(lines)
    assert any("\\x1b[31m" in line for line in lines)


def test_it_can_be_kept_as_json():
    kept = load("digits").understood.as_dict()
    assert json.loads(json.dumps(kept)) == {
        **kept,
        "preparation": [],
        "reading": {**kept["reading"], "notes": []},
    }
    assert kept["sizes"] == {"train": 1285, "valid": 256, "test": 256}


def test_labels_of_words_are_counted_by_words():
    with open("own.iob", "w") as file:
        file.write("Oslo\tB-LOC\nis\tO\ncold\tO\n\n" * 9)
    counts = load_sentences("own.iob").class_counts()
    assert {name: sum(by.values()) for name, by in counts.items()} == {"B-LOC": 9, "O": 18}
