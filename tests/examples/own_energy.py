"""Hybrid Monte Carlo on an energy of one's own (chapter 11)."""

import jax

from harmonium.sampling import bulk_effective_sample_size, sample_hmc, split_r_hat
from harmonium.training import random_key


def energy(position):
    """A banana: x is normal, and y is normal around x²."""
    x, y = position
    return 0.5 * x**2 + 2 * (y - x**2) ** 2


start = jax.random.normal(random_key(0), (8, 2))  # eight chains
run = sample_hmc(energy, start, draws=2000, warm_up=1000, leapfrog_steps=20, key=random_key(1))
mean, deviation = run.positions.mean((0, 1)), run.positions.std((0, 1))
print(f"means {mean.round(1)}, of the banana [0. 1.]; deviations {deviation.round(1)}, of it [1. 1.5]")
print(f"acceptance {run.info.acceptance.mean():.2f}, R-hat {split_r_hat(run.positions).max():.2f}")
print(f"worth {bulk_effective_sample_size(run.positions).min():.0f} independent draws of {8 * 2000}")
