"""The committed table of what the campaigns found: a section a campaign, each written anew by its own script."""

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

HEAD = """# Campaigns

What `make campaigns` tried and found, each section written by its script, with counts as counted.
"""


def write(path: Path, section: str, when: str, said: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Replace a section of the file `path` by a date, a sentence and a table of rows of the same fields."""
    sections: dict[str, str] = {}
    if path.exists():
        for part in path.read_text().split("\n## ")[1:]:
            name, _, body = part.partition("\n")
            sections[name] = body.strip()
    lines = [f"{when}, {platform.platform()}. {said}", ""]
    fields = list(rows[0]) if rows else []
    lines += [f"| {' | '.join(fields)} |", f"|{'---|' * len(fields)}"]
    lines += [f"| {' | '.join(str(row[field]).replace('|', '&#124;') for field in fields)} |" for row in rows]
    sections[section] = "\n".join(lines)
    path.parent.mkdir(parents=True, exist_ok=True)
    body = "".join(f"\n## {name}\n\n{text}\n" for name, text in sections.items())
    path.write_text(HEAD + body)
