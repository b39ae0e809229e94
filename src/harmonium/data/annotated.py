"""Records as tools for annotating texts export them: Label Studio, Prodigy, doccano, spaCy."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
Span = tuple[int, int, str]  # first letter, the one after the last, and the label

FIELDS = ("spans", "entities", "label", "labels")
STARTS, ENDS = ("start", "start_offset"), ("end", "end_offset")
UNSURE = frozenset({"reject", "ignore"})  # Prodigy's answers beside accept
WORD = re.compile(r"\w+|[^\w\s]")
# In the text of a file: [0, 5, "PER"], or an object with a start and a label.
SPANS = re.compile(
    r'\[\s*\d+\s*,\s*\d+\s*,\s*"|"start(_offset)?"\s*:[^{}]*"label|"label[^{}]*"start(_offset)?"\s*:'
)


def plain(one: Record) -> Record:
    """A record with its text and its class, or its spans, as fields; others stay as they are.

    Of Label Studio's tasks the first annotation counts, of Prodigy's choices the one that was accepted; what was not
    annotated, or not accepted, has an empty class.

    Examples
    --------
    >>> plain({"text": "Fine.", "options": [{"id": "good"}], "accept": ["good"], "answer": "accept"})
    {'text': 'Fine.', 'answer': 'accept', 'label': 'good'}

    """
    task, annotations = one.get("data"), one.get("annotations", one.get("completions"))
    if isinstance(task, Mapping) and isinstance(annotations, list):
        return {**task, **_results(annotations)}
    if isinstance(one.get("options"), list) and isinstance(one.get("accept"), list):
        rest = {name: value for name, value in one.items() if name not in ("options", "accept")}
        one = rest | {"label": one["accept"][0] if len(one["accept"]) == 1 else ""}
    if one.get("answer") in UNSURE and "label" in one:
        return {**one, "label": ""}
    return one


def spans(one: Record) -> list[Span] | None:
    """The labelled parts of a record's text, in their order; None where it has no field of such."""
    if not isinstance(one.get("text"), str):
        return None
    for name in FIELDS:
        if isinstance(value := one.get(name), list):
            found = [_span(part) for part in value]
            if None not in found:
                return sorted(part for part in found if part is not None)
    return None


def tagged(text: str, parts: Sequence[Span]) -> tuple[list[tuple[str, str]], int]:
    """The words and signs of a text with labels in IOB, and how many parts begin or end within a word.

    Examples
    --------
    >>> tagged("Karl Marx left.", [(0, 9, "PER")])
    ([('Karl', 'B-PER'), ('Marx', 'I-PER'), ('left', 'O'), ('.', 'O')], 0)

    """
    words = list(WORD.finditer(text))
    labels = ["O"] * len(words)
    cut = 0
    for start, end, label in parts:
        inside = [n for n, word in enumerate(words) if word.start() < end and start < word.end()]
        name = "_".join(label.split())
        for n in inside:
            labels[n] = f"{'B' if n == inside[0] else 'I'}-{name}"
        if inside:
            whole = text[start:end].strip()
            cut += whole != text[words[inside[0]].start() : words[inside[-1]].end()]
    return [(word.group(), label) for word, label in zip(words, labels, strict=True)], cut


def _results(annotations: Sequence[Any]) -> dict[str, Any]:
    """The fields that an annotation of Label Studio's adds to its task: a class by its name, or spans."""
    first = next((one for one in annotations if isinstance(one, Mapping)), {})
    found: dict[str, Any] = {}
    parts: list[Any] = []
    for result in first.get("result") or []:
        value = result.get("value") if isinstance(result, Mapping) else None
        if not isinstance(value, Mapping):
            continue
        if isinstance(value.get("choices"), list) and value["choices"]:
            found[str(result.get("from_name", "label"))] = " ".join(map(str, value["choices"]))
        labels = value.get("labels")
        if isinstance(labels, list) and labels and "start" in value:
            parts.append([value["start"], value.get("end"), labels[0]])
    return found | ({"spans": parts} if parts or not found else {})


def _span(part: Any) -> Span | None:
    if isinstance(part, Mapping):
        part = [next((part[name] for name in names if name in part), None) for names in (STARTS, ENDS)] + [
            part.get("label")
        ]
    if isinstance(part, list) and len(part) == 3:
        start, end, label = part
        if type(start) is int and type(end) is int and isinstance(label, str) and 0 <= start < end and label:
            return start, end, label
    return None
