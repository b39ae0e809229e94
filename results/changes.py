"""What each change brings to an RBM's likelihood: `python results/changes.py --runs FOLDER`, some half an hour.

The plain machine learns by PCD-1 at a constant rate for 30 epochs from bits drawn by intensity; each change is made to
it alone, then the two together that help most. Seed 0, the validation set alone, seconds of training on one core. A run
that FOLDER holds already is not repeated. What was found goes into changes.json beside this file, of which `make
results` makes a table.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import harmonium as hm
from harmonium.recipes.rbm import RBMRecipe

HERE = Path(__file__).parent
TEMPERATURES = 3_000
LIKELIHOOD = RBMRecipe.configurations["likelihood"]
PLAIN = {**LIKELIHOOD, "centred": False, "anneal": False, "max_epochs": 30, "snapshot_epochs": 0}
CHANGES: dict[str, dict[str, Any]] = {
    "none": {},
    "the centred gradient": {"centred": True},
    "a rate that falls to zero": {"anneal": True},
    "weight decay, l2 = 0.0001": {"l2": 0.0001},
    "a running mean of the weights, decay 0.999": {"average": 0.999},
    "500 particles": {"chains": 500},
    "5 Gibbs steps an update": {"gibbs_steps": 5},
    "5 temperatures that exchange their states": {"tempering": 5},
    "CD-1: chains begin at the examples": {"persistent": False, "chains": None},
    "weights from the book's interval": {"initial_weights": "book"},
    "centred, and a rate that falls to zero": {"centred": True, "anneal": True},
}


def measured(change: dict[str, Any], out: Path) -> dict[str, Any]:
    """Return the likelihood of a machine so changed, in nats, and the seconds of its training."""
    finished = (out / "summary.json").exists()
    run = hm.Run(out) if finished else hm.train("rbm", **PLAIN | change, out=out)
    scores = hm.evaluate(run, log_likelihood=True, temperatures=TEMPERATURES)["valid"]
    return {"seconds": run.summary["seconds_training"], "device": run.summary["device"], "valid": scores}


def main() -> None:
    """Measure all changes, and keep what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=Path, required=True)
    given = parser.parse_args()
    file = HERE / "changes.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    found = {name: kept.get(name) for name in CHANGES}  # None where it is yet to be measured
    for number, (name, change) in enumerate(CHANGES.items()):
        if found[name] is None:
            found[name] = {"change": change, **measured(change, given.runs / f"change-{number}")}
            file.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
