"""Precision, recall and F1 of labelled phrases, as the script `conlleval` of CoNLL-2000 counts them (section 12.6)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harmonium.errors import DataError

Chunk = tuple[str, int, int]  # a phrase's type, first word and last word, counted over all sentences


@dataclass(frozen=True)
class PhraseScore:
    """How many phrases were found, and the precision, recall and F1 that follow."""

    correct: int  # predicted ones that are true
    predicted: int
    true: int

    @property
    def precision(self) -> float:
        """The share of the predicted phrases that are true ones; 0 where none is predicted."""
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """The share of the true phrases that were predicted; 0 where there are none."""
        return self.correct / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        """2·P·R / (P + R), the harmonic mean of precision and recall; 0 where there are no phrases."""
        total = self.predicted + self.true
        return 2 * self.correct / total if total else 0.0


@dataclass(frozen=True)
class ConllScore:
    """The table that `conlleval` prints."""

    overall: PhraseScore
    by_type: dict[str, PhraseScore]  # in alphabetical order
    words: int
    accuracy: float  # the share of the words with the right label

    def __str__(self) -> str:
        """The lines that `conlleval` prints, in per cent."""
        rows = [
            f"processed {self.words} tokens with {self.overall.true} phrases; "
            f"found: {self.overall.predicted} phrases; correct: {self.overall.correct}.",
            f"accuracy: {100 * self.accuracy:6.2f}%; {_percent(self.overall)}",
        ]
        rows += [f"{name:>17}: {_percent(of)}  {of.predicted}" for name, of in self.by_type.items()]
        return "\n".join(rows)


def conlleval(true: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> ConllScore:
    """Score the predicted labels of sentences against the true ones.

    A phrase is right where its type and both its ends are.

    Parameters
    ----------
    true, predicted
        The labels of each word of each sentence: O, or B, I, E or S with a hyphen and a type ("B-toloc").

    Raises
    ------
    DataError
        Where the sentences differ in number or length, or a label has another form.

    Notes
    -----
    In one thing this is not the script: B after E of the same type begins a phrase here, which the script overlooks.

    Examples
    --------
    >>> true = [["O", "B-city", "I-city", "O", "B-day"]]
    >>> predicted = [["O", "B-city", "I-city", "O", "O"]]
    >>> score = conlleval(true, predicted)
    >>> score.overall.precision, score.overall.recall, round(score.overall.f1, 3)
    (1.0, 0.5, 0.667)
    >>> print(score)
    processed 5 tokens with 2 phrases; found: 1 phrases; correct: 1.
    accuracy:  80.00%; precision: 100.00%; recall:  50.00%; FB1:  66.67
                 city: precision: 100.00%; recall: 100.00%; FB1: 100.00  1
                  day: precision:   0.00%; recall:   0.00%; FB1:   0.00  0
    """
    if len(true) != len(predicted):
        raise DataError(f"{len(true)} sentences have true labels, but {len(predicted)} have predicted ones")
    for number, (a, b) in enumerate(zip(true, predicted, strict=True), 1):
        if len(a) != len(b):
            raise DataError(f"sentence {number} has {len(a)} true labels, but {len(b)} predicted ones")
    right, found = set(chunks(true)), set(chunks(predicted))
    counts = [Counter(kind for kind, _, _ in some) for some in (right & found, found, right)]
    words = sum(map(len, true))
    same = sum(a == b for s, p in zip(true, predicted, strict=True) for a, b in zip(s, p, strict=True))
    return ConllScore(
        PhraseScore(len(right & found), len(found), len(right)),
        {kind: PhraseScore(*(count[kind] for count in counts)) for kind in sorted(counts[1] | counts[2])},
        words,
        same / words if words else 0.0,
    )


def chunks(sentences: Iterable[Sequence[str]]) -> list[Chunk]:
    """The phrases of labelled sentences; no phrase goes on into the next sentence.

    A phrase begins at B and S, and where I or E follow O, another phrase's end or another type: the labels need not
    be well formed.

    Examples
    --------
    >>> chunks([["B-city", "I-city", "O"], ["I-day"]])
    [('city', 0, 1), ('day', 3, 3)]
    """
    found: list[Chunk] = []
    position = 0
    for sentence in sentences:
        before, kind_before, start = "O", "", 0
        for label in [*sentence, "O"]:
            tag, kind = _parts(label)
            if before != "O" and _ends(before, kind_before, tag, kind):
                found.append((kind_before, start, position - 1))
            if tag != "O" and _starts(before, kind_before, tag, kind):
                start = position
            before, kind_before = tag, kind
            position += 1
        position -= 1  # the O that closes the sentence is no word
    return found


def _ends(before: str, kind_before: str, tag: str, kind: str) -> bool:
    return before in "ES" or tag in "OBS" or kind != kind_before


def _starts(before: str, kind_before: str, tag: str, kind: str) -> bool:
    return tag in "BS" or before in "OES" or kind != kind_before


def _parts(label: str) -> tuple[str, str]:
    if label == "O":
        return "O", ""
    tag, hyphen, kind = label.partition("-")
    if tag not in ("B", "I", "E", "S") or not hyphen or not kind:
        raise DataError(f"the label {label!r} must be O, or one of B-, I-, E-, S- before a type")
    return tag, kind


def _percent(of: PhraseScore) -> str:
    return f"precision: {100 * of.precision:6.2f}%; recall: {100 * of.recall:6.2f}%; FB1: {100 * of.f1:6.2f}"
