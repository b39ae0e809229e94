"""Settings of how data are read."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harmonium.data import (
    CorpusOptions,
    DatasetOptions,
    SplitOptions,
    load,
    load_music,
    load_sentences,
)
from harmonium.data.options import checked_shares, parsed_size
from harmonium.errors import ConfigError, DataError


def test_sizes_are_width_by_height():
    assert parsed_size("28") == (28, 28)
    assert parsed_size("32x48") == parsed_size("32X48") == parsed_size("32\u00d748") == (48, 32)


def test_shares_add_up():
    assert checked_shares(None) == (5 / 7, 1 / 7, 1 / 7)
    assert checked_shares((80, 10, 10)) == (0.8, 0.1, 0.1)


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"size": "28"}, "size"),
        ({"grey": True}, "grey"),
        ({"invert": True}, "invert"),
        ({"scale": "unit"}, "scale"),
        ({"target": "a"}, "target"),
        ({"split": (0.8, 0.1, 0.1)}, "split"),
        ({"group": "a"}, "group"),
    ],
)
def test_what_means_nothing_for_a_known_set_is_refused(options, option):
    with pytest.raises(ConfigError, match=f"--{option} means nothing for digits, which is taken as it is"):
        load("digits", options=DatasetOptions(**options))


def test_what_means_nothing_for_a_kind_is_refused():
    arrays = (np.zeros((9, 3)), [0, 1, 2] * 3)
    with pytest.raises(ConfigError, match="--size means nothing for arrays"):
        load(arrays, options=DatasetOptions(size="28"))
    for name in ("mine/a", "mine/b"):
        Path(name).mkdir(parents=True)
        Image.new("L", (4, 4)).save(f"{name}/1.png")
    with pytest.raises(ConfigError, match="--target means nothing for files of pictures"):
        load("mine", options=DatasetOptions(target="a"))
    Path("mine.csv").write_text("1,2,a\n")
    with pytest.raises(ConfigError, match="--grey means nothing for tables"):
        load("mine.csv", options=DatasetOptions(grey=True))
    with pytest.raises(ConfigError, match="--group means nothing for sentences"):
        load_sentences("mine", options=CorpusOptions(group="a"))
    with pytest.raises(ConfigError, match="--group means nothing for music"):
        load_music("mine", options=SplitOptions(group="a"))


def test_words_and_music_in_memory_are_refused_with_the_remedy():
    with pytest.raises(DataError, match="tagged words must lie in files, and a tuple was given"):
        load_sentences(([["Oslo"]], [["B-LOC"]]))
    with pytest.raises(DataError, match="write_midi writes piano-rolls as MIDI files"):
        load_music([np.zeros((4, 88))])
