"""Copy a run's summary, and its log-likelihoods where they were estimated, into this folder.

`python results/add.py RUN NAME` writes NAME.json beside this file; `make results` then renders RESULTS.md.
"""

import json
import sys
from pathlib import Path

from harmonium.training import RunFolder


def main(run: Path, name: str) -> None:
    """Write the file."""
    folder = RunFolder.open(run)
    summary = folder.ended()
    if (likelihood := folder.log_likelihood()) is not None:
        summary["log_likelihood"] = likelihood
    (Path(__file__).parent / f"{name}.json").write_text(json.dumps(summary, indent=2) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2])
