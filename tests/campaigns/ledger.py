"""What campaigns have counted so far: lines of JSON that survive an interruption, and add up over several starts."""

import datetime
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def add(path: Path, row: Mapping[str, Any]) -> None:
    """Append what was counted to the ledger at `path`, with its date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dated = {"date": datetime.date.today().isoformat(), "machine": platform.platform(), **row}
    with path.open("a") as file:
        file.write(json.dumps(dated) + "\n")


def rows(path: Path) -> list[Row]:
    """All that was counted, but a last line that an interruption has cut."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


def dates(found: list[Row]) -> str:
    """On which days rows were counted: "2026-11-25", or the first and the last."""
    days = sorted({row["date"] for row in found})
    return days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
