"""Every section and equation of the book that is cited is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
# How many sections a chapter of the book has, and how many subsections each of those with any.
SECTIONS = {3: 5, 4: 6, 5: 4, 6: 10, 7: 4, 8: 4, 9: 5, 10: 6, 11: 4, 12: 8, 13: 5, 14: 4, 15: 1}
SUBSECTIONS = {
    **{"3.2": 1, "3.3": 4, "3.4": 5, "3.5": 2, "5.4": 5, "6.10": 1, "9.3": 2, "9.4": 2},
    **{"12.2": 3, "12.5": 4, "12.7": 3, "12.8": 2, "13.3": 2, "13.4": 3, "14.2": 3},
}
EQUATIONS = {9: 10, 10: 2, 11: 3, 13: 7, 14: 4}
FIGURES = {6: 1, 9: 1, 13: 2, 14: 2}
OTHERS = (
    "Salmon et al. 2011, section 4.3",
    "bin 1981; Gelman et al. 2013, section 5.5",
)  # papers, whose sections have numbers too
NUMBERS = r"((?:\d+\.\d+(?:\.\d+)?)(?:(?:, | and | to |, and )\d+\.\d+(?:\.\d+)?)*)"


def cited(kind):
    """Where a section, equation or figure is cited, with its number."""
    pattern = re.compile(rf"\b(?:{kind})s?\.?\s+{NUMBERS}", re.IGNORECASE)
    paths = [ROOT / name for name in ("README.md", "RESULTS.md", "CONTRIBUTING.md")]
    for folder in ("src", "book", "results", "tests", "benchmarks"):
        paths += [path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".md", ".toml")]
    for path in paths:
        if path == Path(__file__) or "fixtures" in path.parts or "_build" in path.parts:
            continue
        text = path.read_text()
        for other in OTHERS:
            text = text.replace(other, "")
        for match in pattern.finditer(text):
            for number in re.findall(r"\d+(?:\.\d+)+", match[1]):
                yield f"{path.relative_to(ROOT)}: {match[0]}", number


def test_every_section_is_in_the_books_contents():
    found = list(cited("section"))
    assert len(found) > 50
    for where, number in found:
        chapter, section, *below = map(int, number.split("."))
        assert 1 <= section <= SECTIONS.get(chapter, 0), where
        if below:
            assert 1 <= below[0] <= SUBSECTIONS.get(f"{chapter}.{section}", 0), where


def test_every_equation_is_in_the_book():
    found = list(cited("eq"))
    assert len(found) > 8
    for where, number in found:
        chapter, equation = map(int, number.split("."))
        assert 1 <= equation <= EQUATIONS.get(chapter, 0), where


def test_every_figure_is_in_the_book():
    found = list(cited("figure"))
    assert found
    for where, number in found:
        chapter, figure = map(int, number.split("."))
        assert 1 <= figure <= FIGURES.get(chapter, 0), where


def test_what_was_cited_wrongly_is_right():
    said = {number for where, number in cited("section") if "metrics/phrases.py" in where}
    assert said == {"12.6"}  # the evaluation, not the task
    assert any(number == "11.3" for where, number in cited("section") if "demonstrate" in where)
    assert any(number == "10.5" for where, number in cited("section") if "published" in where)
