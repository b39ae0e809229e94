"""How often an estimate of log Z holds the truth, on small machines whose every hidden state is summed.

`python tests/campaigns/likelihoods.py --out FILE.jsonl` tries machines that are not tried in the file yet and adds a
line for each; `--table FILE.md` writes the tables from these lines. Machines are random at several scales, trained on
scikit-learn's digits and on MNIST, of 784 visible units, and of two modes at depths from 2 to 12. Those of MNIST are
the ones whose chains do not forget where they began, as of the published machines, though annealing reaches them.

A machine of two modes has 24 visible units and three hidden ones for each of two opposite patterns, whose logits are
`depth` at the pattern and fall to nothing four flipped bits away: both modes are alike, and between them the hidden
units are off.
"""

import argparse
import itertools
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from harmonium.metrics import likelihoods
from harmonium.models import RBM
from harmonium.models.annealing_path import base_rate_bias
from harmonium.models.contrastive import contrastive_loss, negative_particles
from harmonium.models.partition import annealed_log_partition, walked
from harmonium.models.tempered_partition import bridged_log_partition

CHAINS, TEMPERATURES = 100, 500
TEMPERED = {"chains": 20, "temperatures": 20, "sweeps": 4000}
DEPTHS = (2, 4, 6, 8, 10, 12)
R_HATS = (1, 1.1, 1.3, 2, 10)
BINS = ((0, 4), (4, 12), (12, 25), (25, 50), (50, 101))


def random_machine(visible: int, hidden: int, scale: float, seed: int) -> RBM:
    """Return a machine whose parameters are normal."""
    rng = np.random.default_rng(seed)
    parts = rng.normal(size=(visible, hidden)) * scale, rng.normal(size=visible), rng.normal(size=hidden)
    return RBM(*(jnp.asarray(part, jnp.float32) for part in parts))


def two_modes(depth: float, seed: int, visible: int = 24, radius: int = 4, units: int = 3) -> RBM:
    """Return a machine of two opposite patterns at this depth."""
    pattern = np.random.default_rng(seed).integers(0, 2, visible)
    slope = depth / radius
    weights = [np.outer(2 * p - 1, np.full(units, slope)) for p in (pattern, 1 - pattern)]
    biases = [np.full(units, -slope * (p.sum() - radius)) for p in (pattern, 1 - pattern)]
    parts = np.concatenate(weights, 1), np.zeros(visible), np.concatenate(biases)
    return RBM(*(jnp.asarray(part, jnp.float32) for part in parts))


def trained_machine(source: str, updates: int, seed: int, hidden: int = 12) -> RBM:
    """Return a machine that learned the digits of scikit-learn or of MNIST by PCD-1."""
    from harmonium import data

    pictures = data.load(source).train.x
    x = jnp.asarray(
        np.round(pictures.reshape(len(pictures), -1) / {"digits": 16, "mnist": 255}[source]), jnp.float32
    )
    start = RBM.init(x.shape[1], hidden, key=jax.random.key(seed))
    return _learn(start, x, updates, 0.1, jax.random.key(1000 + seed))


@jax.jit
def _learn(rbm: RBM, x: Any, updates: int, rate: float, key: Any) -> RBM:
    def step(number: Any, carried: Any) -> Any:
        rbm, h = carried
        drawing, chain = jax.random.split(jax.random.fold_in(key, number))
        h, particles = negative_particles(rbm, h, 1, key=chain)
        batch = x[jax.random.randint(drawing, (50,), 0, len(x))]
        gradient = jax.grad(contrastive_loss)(rbm, batch, particles)
        return jax.tree.map(lambda p, g: p - rate * g, rbm, gradient), h

    return jax.lax.fori_loop(0, updates, step, (rbm, jnp.zeros((50, rbm.weight.shape[1]))))[0]


class Machine(NamedTuple):
    """A machine that is tried."""

    name: str  # its kind and its seed
    make: Callable[[], RBM]
    tempered: bool = False
    temperatures: int = TEMPERATURES


def machines() -> Iterator[Machine]:
    """Yield each machine."""
    for seed in range(45):
        for depth in DEPTHS:
            make = partial(two_modes, depth, seed)
            yield Machine(f"two modes, depth {depth}/{seed}", make, depth >= 8 and seed < 20)
        if seed < 30:
            for scale in (0.5, 1.0, 2.0, 4.0):
                yield Machine(f"random, scale {scale}/{seed}", partial(random_machine, 12, 9, scale, seed))
        if seed < 15:
            for scale in (0.02, 0.05, 0.1, 0.2):
                yield Machine(
                    f"784 wide, scale {scale}/{seed}", partial(random_machine, 784, 10, scale, seed)
                )
            for updates in (100, 1000, 5000, 20000):
                make = partial(trained_machine, "digits", updates, seed)
                yield Machine(f"trained, {updates} updates/{seed}", make)
        if seed < 20:
            for temperatures in (500, 5000):
                name = f"trained on MNIST, {temperatures:,} temperatures/{seed}"
                make = partial(trained_machine, "mnist", 20_000, seed)
                yield Machine(name, make, temperatures=temperatures)


def states_of_hidden(rbm: RBM) -> tuple[np.ndarray, np.ndarray, float]:
    """Return every hidden state, its probability, and log Z, in double precision."""
    weight, b, c = (np.asarray(part, np.float64) for part in (rbm.weight, rbm.visible_bias, rbm.hidden_bias))
    hidden = weight.shape[1]
    h = (np.arange(2**hidden)[:, None] >> np.arange(hidden)) & 1
    log_weight = h @ c + np.logaddexp(0, b + h @ weight.T).sum(1)
    log_z = np.logaddexp.reduce(log_weight)
    p = np.exp(log_weight - log_z)
    return h, p / p.sum(), float(log_z)


def tried(machine: Machine) -> dict[str, Any]:
    """Estimate log Z of a machine from 200 exact samples of it, as a user would from data, and compare."""
    seed, rbm = int(machine.name.split("/")[1]), machine.make()
    h, p, exact = states_of_hidden(rbm)
    rng = np.random.default_rng(seed)
    logits = np.asarray(rbm.visible_field(jnp.asarray(h[rng.choice(len(h), 200, p=p)], jnp.float32)))
    v = jnp.asarray(rng.random(logits.shape) < 1 / (1 + np.exp(-logits)), jnp.float32)
    bias = base_rate_bias(v, rbm)
    keys = jax.random.split(jax.random.key(seed), 3)
    samples, r_hat = walked(rbm, v, bias, chains=CHAINS, longest=machine.temperatures, key=keys[0])
    options = {"chains": CHAINS, "temperatures": machine.temperatures, "samples": samples}
    found = annealed_log_partition(rbm, bias, **options, key=keys[1])._replace(r_hat=r_hat)
    line = {"machine": machine.name, "exact": exact, "annealed": _said(found, exact)}
    if machine.tempered:
        begun = time.monotonic()
        more = {name: TEMPERED[name] for name in ("temperatures", "sweeps")}
        found = bridged_log_partition(rbm, bias, v[: TEMPERED["chains"]], **more, key=keys[2])
        line["tempered"] = _said(found, exact) | {"seconds": round(time.monotonic() - begun, 1)}
    return line


def _said(found: Any, exact: float) -> dict[str, Any]:
    low, high = sorted((found.value, found.upper))
    return {
        "error": round(found.value - exact, 4),
        "upper_error": round(found.upper - exact, 4),
        "standard_error": round(found.standard_error, 4),
        "effective_sample_size": round(found.effective_sample_size, 2),
        "r_hat": None if found.r_hat is None else round(found.r_hat, 3),
        "covered": bool(abs(found.value - exact) <= 3 * found.standard_error + likelihoods.SLACK),
        "estimate": likelihoods.converges(found),
        "range_holds": bool(low - likelihoods.SLACK <= exact <= high + likelihoods.SLACK),
    }


def tables(lines: list[dict[str, Any]]) -> str:
    """Return the page."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        kinds.setdefault(line["machine"].split("/")[0], []).append(line["annealed"])
    sized = {
        f"{low} to {high}": [
            of for line in lines if low <= (of := line["annealed"])["effective_sample_size"] < high
        ]
        for low, high in BINS
    }
    enough = [of for line in lines if (of := line["annealed"])["effective_sample_size"] >= CHAINS / 2]
    mixing = {
        f"{low} to {high}": [of for of in enough if low <= of["r_hat"] < high]
        for low, high in itertools.pairwise(R_HATS)
    }
    tempered: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        if "tempered" in line:
            tempered.setdefault(f"{line['machine'].split('/')[0]}, annealed", []).append(line["annealed"])
            tempered.setdefault(f"{line['machine'].split('/')[0]}, tempered", []).append(line["tempered"])
    return "\n".join(
        [
            "# How far a likelihood can be trusted",
            "",
            f"Written by `tests/campaigns/likelihoods.py` from {len(lines):,} lines of `likelihoods.jsonl` (of",
            f"{len(list(machines())):,} in all; the same command goes on where it was stopped): machines",
            "whose log Z is known exactly, each estimated by annealed importance sampling, with 200 exact samples in",
            f"the place of data: {CHAINS} chains, and {TEMPERATURES} temperatures unless said. *Covered* is the share",
            "whose truth lies within three standard errors of the estimate, whatever its effective sample size;",
            "*printed* the share that Harmonium prints as an estimate (chains worth a quarter of their number, half",
            "where the walk to the other side does not mix, and both sides in agreement); *printed, covered* the share",
            "of those that hold the truth; *ranges that hold* the share of the others whose range from one side to the",
            "other does.",
            "",
            "## By effective sample size, of 100 chains",
            "",
            *_table("effective sample size", sized),
            "",
            "## Chains worth half of their number or more, by whether the walk to the other side mixes",
            "",
            f"R-hat above {likelihoods.MIXED} says that the walk, which begins at the data and takes 1,000 Gibbs",
            "steps or more, at most as many as there are temperatures, has not forgotten where it began, so that the",
            "estimate from the other side confirms nothing. A published machine of this kind says so in its row.",
            "",
            *_table("R-hat of the walk", mixing),
            "",
            "## By machine",
            "",
            *_table("machine", kinds),
            "",
            "## Modes that lie apart: annealing and parallel tempering",
            "",
            f"The tempered ones take {TEMPERED['chains']} + {TEMPERED['chains']} chains, {TEMPERED['temperatures']}",
            f"temperatures and {TEMPERED['sweeps']:,} sweeps (`evaluate --log-likelihood --tempered`), on the same",
            "machines.",
            "",
            *_table("machine", dict(sorted(tempered.items()))),
            "",
        ]
    )


def _table(first: str, groups: dict[str, list[dict[str, Any]]]) -> list[str]:
    head = [
        first,
        "machines",
        "covered",
        "printed",
        "printed, covered",
        "ranges that hold",
        "largest error, nats",
    ]
    rows = []
    for name, found in groups.items():
        printed = [of for of in found if _printed(of)]
        others = [of for of in found if not _printed(of)]
        worst = max((abs(of["error"]) for of in found), default=0.0)
        rows.append(
            [
                name,
                str(len(found)),
                _share(found, "covered"),
                f"{len(printed) / len(found):.1%}" if found else "",
                _share(printed, "covered"),
                _share(others, "range_holds"),
                f"{worst:.2f}",
            ]
        )
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def _printed(of: dict[str, Any]) -> bool:
    """Return whether today's rule prints it; lines of before asked nothing of R-hat."""
    chains = TEMPERED["chains"] if of["r_hat"] is None else CHAINS
    enough = likelihoods.worth_enough(of["effective_sample_size"], chains, of["r_hat"])
    return bool(of["estimate"] and enough)


def _share(found: list[dict[str, Any]], name: str) -> str:
    return f"{sum(of[name] for of in found) / len(found):.1%}" if found else ""


def main() -> None:
    """Try what has not been tried, and write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--most", type=int, default=10**9, help="machines to try at most in this call")
    given = parser.parse_args()
    lines = [json.loads(line) for line in given.out.read_text().splitlines()] if given.out.exists() else []
    known = {line["machine"] for line in lines}
    for machine in machines():
        if machine.name not in known and given.most > 0:
            given.most -= 1
            lines.append(tried(machine))
            with given.out.open("a") as file:
                file.write(json.dumps(lines[-1]) + "\n")
    if given.table:
        given.table.write_text(tables(lines))


if __name__ == "__main__":
    main()
