"""The phrase score against hand-worked cases and a library's scorer."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import classification_report
from seqeval.metrics.sequence_labeling import get_entities

from harmonium.errors import DataError
from harmonium.metrics import conlleval
from harmonium.metrics.phrases import chunks


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("O B-a I-a O", [("a", 1, 2)]),
        ("B-a B-a", [("a", 0, 0), ("a", 1, 1)]),
        ("O I-a I-a", [("a", 1, 2)]),  # without B
        ("B-a I-b", [("a", 0, 0), ("b", 1, 1)]),  # another type without B
        ("I-a I-b I-b", [("a", 0, 0), ("b", 1, 2)]),
        ("B-a I-a E-a I-a", [("a", 0, 2), ("a", 3, 3)]),
        ("S-a S-a I-a", [("a", 0, 0), ("a", 1, 1), ("a", 2, 2)]),
        ("O E-a E-a", [("a", 1, 1), ("a", 2, 2)]),
        ("B-a", [("a", 0, 0)]),
        ("O O", []),
        ("", []),
    ],
)
def test_phrases_by_hand(labels, expected):
    assert chunks([labels.split()]) == expected


def test_a_phrase_ends_with_its_sentence():
    assert chunks([["B-a", "I-a"], ["I-a", "O"]]) == [("a", 0, 1), ("a", 2, 2)]


def test_a_score_by_hand():
    true = [["B-d", "O", "B-a", "I-a", "O"], ["B-t", "O"]]
    predicted = [["B-d", "O", "B-a", "O", "O"], ["B-t", "B-t"]]
    score = conlleval(true, predicted)
    assert (score.overall.correct, score.overall.predicted, score.overall.true) == (2, 4, 3)
    assert score.overall.precision == 0.5
    assert score.overall.recall == pytest.approx(2 / 3)
    assert score.overall.f1 == pytest.approx(4 / 7)
    assert score.by_type["a"].f1 == 0
    assert score.by_type["t"].precision == 0.5
    assert score.accuracy == pytest.approx(5 / 7)
    assert str(score).splitlines()[:2] == [
        "processed 7 tokens with 3 phrases; found: 4 phrases; correct: 2.",
        "accuracy:  71.43%; precision:  50.00%; recall:  66.67%; FB1:  57.14",
    ]
    assert "t: precision:  50.00%; recall: 100.00%; FB1:  66.67  2" in str(score)


LABELS = st.sampled_from(["O", *(f"{tag}-{kind}" for tag in "BIES" for kind in ("x", "y"))])
PAIRS = st.lists(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=9), min_size=1, max_size=5)


@given(PAIRS)
def test_the_library_agrees(pairs):
    """On labels of any order, well formed or not."""
    true = [[a for a, _ in sentence] for sentence in pairs]
    predicted = [[b for _, b in sentence] for sentence in pairs]
    assert [c[0] for c in chunks(true)] == [c[0] for c in get_entities(true)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where a count is zero
        if not any(get_entities(x) for x in (true, predicted)):
            return
        report = classification_report(true, predicted, output_dict=True, zero_division=0)
    score = conlleval(true, predicted)
    for name, of in (("micro avg", score.overall), *score.by_type.items()):
        assert of.precision == pytest.approx(report[name]["precision"])
        assert of.recall == pytest.approx(report[name]["recall"])
        assert of.f1 == pytest.approx(report[name]["f1-score"])
        assert of.true == report[name]["support"]


@given(PAIRS)
def test_the_truth_scores_1_and_the_order_of_sentences_does_not_matter(pairs):
    true = [[a for a, _ in sentence] for sentence in pairs]
    predicted = [[b for _, b in sentence] for sentence in pairs]
    assert conlleval(true, true).overall.f1 == (1 if chunks(true) else 0)
    assert conlleval(true[::-1], predicted[::-1]) == conlleval(true, predicted)


def test_bad_labels_are_named():
    for label in ("", "B", "B-", "X-a", "a", "b-a"):
        with pytest.raises(DataError, match="the label"):
            conlleval([["O", label]], [["O", "O"]])
    with pytest.raises(DataError, match="sentence 2 has 1 true labels, but 2"):
        conlleval([["O"], ["O"]], [["O"], ["O", "O"]])
    with pytest.raises(DataError, match="1 sentences have true labels, but 2"):
        conlleval([["O"]], [["O"], ["O"]])
