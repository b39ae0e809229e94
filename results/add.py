"""Copy a finished run into this folder: its summary with its likelihoods, and its curves, compressed.

`python results/add.py RUN ROW` writes ROW/seed-N.json and ROW/seed-N.metrics.jsonl.gz, and the curves of the phases
before, as ROW/seed-N.PHASE.metrics.jsonl.gz; `make results` then renders the pages. A run that was interrupted is
refused: it is no result until it has been resumed to its end.
"""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from harmonium.recipes.shared.from_config import recipe_of
from harmonium.runs.published import row
from harmonium.training import RunFolder

HERE = Path(__file__).parent


def add(run: Path, name: str, circumstances: dict[str, Any] | None = None) -> Path:
    """Write the files of a run of the row `name`, with what is known of the machine's load beside it."""
    folder = RunFolder.open(run)
    summary = folder.summary()
    if summary is None or summary["status"] != "finished":
        raise SystemExit(f"{run} is not finished: harmonium resume {run}")
    config, expected = recipe_of(folder).config(), row(name).made(summary["seed"]).config()
    other = {key for key in expected if config[key] != expected[key] and key != "features"}
    if other:
        raise SystemExit(f"{run} is no run of {name}: {', '.join(sorted(other))} are others")
    summary |= {"configuration": row(name).configuration} | (circumstances or {})
    if row(name).codes_of:  # where the run happened to lie is nobody's concern
        summary["settings"]["features"] = f"runs/{row(name).codes_of}/seed-{summary['seed']}"
    evaluation = run.parent / f"{run.name}.evaluation.json"
    for scores in (
        folder.log_likelihood(),
        json.loads(evaluation.read_text()) if evaluation.exists() else None,
    ):
        for split, found in (scores or {}).items():
            if "layers" in found:  # of a stack, which are no score
                summary.setdefault("layers", {})[split] = found.pop("layers")
            summary[split] = (summary[split] or {}) | found
    if summary["recipe"] == "rbm":  # whose evaluation counts every bit, where training draws one an example
        for found in (summary["valid"], summary["test"]):
            del found["pseudo_log_likelihood_error"]
            found["every_bit"] = 1.0
    target = HERE / name
    target.mkdir(exist_ok=True)
    stem = f"seed-{summary['seed']}"
    (target / f"{stem}.json").write_text(json.dumps(summary, indent=2) + "\n")
    if summary["epochs"]:  # a stack that only generates is trained in its phases alone
        _compress(run / "metrics.jsonl", target / f"{stem}.metrics.jsonl.gz")
    for phase in sorted((run / "pretraining").glob("*/metrics.jsonl")):
        _compress(phase, target / f"{stem}.{phase.parent.name}.metrics.jsonl.gz")
    return target / f"{stem}.json"


def commit() -> str:
    """Return the commit of the program. Refuses where files of it have changed since."""
    root = HERE.parent
    changed = _git(root, "status", "--porcelain", "--untracked-files=no", "src")
    if changed:
        raise SystemExit(f"the program is not that of any commit:\n{changed}")
    return _git(root, "rev-parse", "HEAD")


def _git(root: Path, *words: str) -> str:
    return subprocess.run(
        ["git", "-C", str(root), *words], check=True, capture_output=True, text=True
    ).stdout.strip()


def _compress(source: Path, target: Path) -> None:
    target.write_bytes(gzip.compress(source.read_bytes(), mtime=0))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(add(Path(sys.argv[1]), sys.argv[2], {"commit": commit()}))
