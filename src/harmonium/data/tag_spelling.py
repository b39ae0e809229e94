"""Labels of words in any scheme, written as IOBES: O, or one of B-, I-, E-, S- before a type."""

import re
from collections import Counter
from collections.abc import Sequence

LABEL = re.compile(r"O|[BIES]-\S+")
# Schemes that say the same in other letters: BILOU's last and unit, BMEWO's middle and whole.
PREFIXES = {"B": "B", "I": "I", "E": "E", "S": "S", "L": "E", "U": "S", "M": "I", "W": "S"}
PREFIXED = re.compile(r"([BIESLUMWbieslumw])[-_](\S+)")
SUFFIXED = re.compile(r"(\S+)[-_]([BIESLUMW])")
MOST_KINDS = 100  # different labels without prefixes, such as parts of speech; a column with more holds words
RARE = 3  # times that such a label must occur on average


def spelling(labels: Sequence[str], *, named: bool = False) -> tuple[dict[str, str], tuple[str, str] | None]:
    """Translate labels of other schemes to IOBES, and name one that changes.

    Labels of single words, as parts of speech, become phrases of one word: NOUN is B-NOUN.

    Parameters
    ----------
    labels
        The label of each word.
    named
        Whether the user has named their column, so that they are labels whatever they look like.

    Returns
    -------
    spelt
        The new label of each that changes; nothing where the scheme is unknown.
    changed
        One that changes, and what it becomes.

    Examples
    --------
    >>> spelling(["U-PER", "O", "B-LOC", "L-LOC"])[0]["L-LOC"]
    'E-LOC'

    """
    kinds = Counter(labels)
    if all(LABEL.fullmatch(label) for label in kinds):
        return {}, None
    spelt = {label: "O" for label in kinds if label in ("O", "o", "_")}
    others = [label for label in kinds if label not in spelt]
    for pattern, head, tail in ((PREFIXED, 1, 2), (SUFFIXED, 2, 1)):
        matches = {label: match for label in others if (match := pattern.fullmatch(label))}
        if len(matches) == len(others):
            spelt |= {label: f"{PREFIXES[m[head].upper()]}-{m[tail]}" for label, m in matches.items()}
            changed = next(((label, new) for label, new in spelt.items() if label != new), None)
            return spelt, changed
    if "O" in spelt and others and not any(re.match(r"[BIES][-_]", label) for label in others):
        if set(others) <= set("BIES"):
            spelt |= {label: f"{label}-phrase" for label in others}
        elif len(others) * 4 <= len(labels):
            spelt |= {label: f"I-{label}" for label in others}
        elif not named:
            return {}, None
        else:
            spelt |= {label: f"B-{label}" for label in others}
        return spelt, (others[0], spelt[others[0]])
    plain = "O" not in kinds and not any(re.match(r"[BIES][-_]", label) for label in others)
    few = len(others) <= MOST_KINDS and RARE * len(others) <= len(labels)
    if others and plain and (named or few):
        spelt |= {label: f"B-{label}" for label in others}
        return spelt, (others[0], spelt[others[0]])
    return {}, None
