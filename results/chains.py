"""What the chains of an RBM come to show: `python results/chains.py --runs FOLDER rbm rbm-annealed rbm-likelihood`.

A hundred chains begin at the first test digits and take 10,000 Gibbs steps. Now and then each is drawn as `harmonium
sample` draws it, and read by the ready-made LeNet. FOLDER holds the runs of these rows, ROW/seed-0; what was counted
goes into chains.json beside this file.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import harmonium as hm
from harmonium.training import Streams

HERE = Path(__file__).parent
CHAINS, EVERY, LOOKS = 100, 1000, 10


def counted(rbm: hm.RBM, lenet: Any, digits: jax.Array, labels: np.ndarray) -> dict[str, Any]:
    """Return how many of the chains show each class at each look, and how the free energies compare at the end.

    Parameters
    ----------
    rbm
        The machine whose chains are followed.
    lenet
        What reads their pictures.
    digits
        Where they begin, in [0, 1], shape (chains, 784).
    labels
        The classes of those.
    """
    moving, drawing = Streams(0).chains, Streams(0).pictures

    @eqx.filter_jit
    def moved(v: jax.Array, key: jax.Array) -> jax.Array:
        keys = jax.random.split(key, EVERY)
        return jax.lax.scan(lambda v, key: (rbm.gibbs_vhv(v, key=key), None), v, keys)[0]

    @eqx.filter_jit
    def read(v: jax.Array) -> jax.Array:
        h = rbm.sample_hidden(v, key=drawing)
        return jax.vmap(lenet)(rbm.visible_mean(rbm.visible_field(h)).reshape(-1, 28, 28)).argmax(-1)

    v, looks = digits, [np.bincount(labels, minlength=10).tolist()]
    for key in jax.random.split(moving, LOOKS):
        v = moved(v, key)
        looks.append(np.bincount(np.asarray(read(v)), minlength=10).tolist())
    bits = jax.random.bernoulli(Streams(0).held_out_noise("test"), digits).astype(v.dtype)  # as chains hold
    gap = rbm.free_energy(v).mean() - rbm.free_energy(bits).mean()
    return {"looks": looks, "free_energy_of_chains_above_digits": round(float(gap), 2)}


def main() -> None:
    """Count, and keep the counts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="+")
    parser.add_argument("--runs", type=Path, required=True)
    given = parser.parse_args()
    test, lenet = hm.data.load("mnist").test, hm.load("pretrained/lenet")
    digits = hm.data.intensities(jnp.asarray(test.x[:CHAINS])).reshape(CHAINS, -1)
    found = {
        row: counted(hm.load(given.runs / row / "seed-0"), lenet, digits, np.asarray(test.y[:CHAINS]))
        for row in given.rows
    }
    (HERE / "chains.json").write_text(json.dumps({"every": EVERY, "rows": found}) + "\n")


if __name__ == "__main__":
    main()
