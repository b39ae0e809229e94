"""Hybrid Monte Carlo on a 10-d Gaussian, 20 leapfrog steps a draw: Harmonium against BlackJAX and PyTorch.

All take the same step size, which stays; the mean energy of the draws, 5 nats, is what is compared before timing.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import lazy_loader
import numpy as np
from jaxtyping import Array

from benchmarks.measuring import Run, Workload, main
from harmonium import data
from harmonium.runs.demonstrate import gaussian_energy
from harmonium.sampling import HMCState, hmc_step
from harmonium.training import random_key

blackjax = lazy_loader.load("blackjax")
torch = lazy_loader.load("torch")

DIMENSIONS, STEPS, STEP_SIZE = 10, 20, 0.2


def target() -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance, drawn as the book draws its 5-d ones, then made safely positive."""
    random = np.random.RandomState(123)
    mean = random.rand(DIMENSIONS) * 10
    covariance = random.rand(DIMENSIONS, DIMENSIONS)
    return mean, 0.2 * (covariance + covariance.T) / 2 + np.diag(np.ones(DIMENSIONS))


def scanned(
    step: Callable[[Any, Array], Any], states: Any, energy_of: Callable[[Any], Array], draws: int, key: Array
) -> Any:
    """A compiled program of `draws` draws of all chains, from a key like `key`; with the seconds it took to compile."""

    def run(states: Any, key: Array) -> tuple[Any, Array]:
        def draw(states: Any, key: Array) -> tuple[Any, Array]:
            chains = len(jax.tree.leaves(states)[0])
            states = jax.vmap(step)(states, jax.random.split(key, chains))
            return states, energy_of(states)

        states, energies = jax.lax.scan(draw, states, jax.random.split(key, draws))
        return states, energies.mean()

    started = time.perf_counter()
    program = jax.jit(run).lower(states, key).compile()
    return program, time.perf_counter() - started


class Scanned:
    """A program that goes on from where it was, with the keys that its users have."""

    def __init__(self, step: Any, states: Any, energy_of: Any, draws: int, key_of: Callable[[int], Array]):
        self.states, self.calls, self.key_of = states, 0, key_of
        self.program, self.compile_seconds = scanned(step, states, energy_of, draws, key_of(0))

    def __call__(self, _: int) -> float:
        """Draw, and return the mean energy."""
        self.calls += 1
        self.states, mean = self.program(self.states, self.key_of(self.calls))
        return float(mean)


def pytorch(mean: np.ndarray, covariance: np.ndarray, chains: int) -> Run:
    """A loop over draws and leapfrog steps, all chains at once, the gradient by autograd."""
    center = torch.tensor(mean, dtype=torch.float32)
    precision = torch.tensor(np.linalg.inv(covariance), dtype=torch.float32)
    position = center + torch.randn(chains, DIMENSIONS)

    def energy(s: Any) -> Any:
        return 0.5 * ((s - center) @ precision * (s - center)).sum(1)

    def gradient(s: Any) -> Any:
        s = s.detach().requires_grad_()
        return torch.autograd.grad(energy(s).sum(), s)[0]

    def run(draws: int) -> float:
        nonlocal position
        total = 0.0
        for _ in range(draws):
            velocity = torch.randn(chains, DIMENSIONS)
            before = energy(position) + 0.5 * (velocity**2).sum(1)
            s, v = position, velocity - 0.5 * STEP_SIZE * gradient(position)
            for step in range(STEPS):
                s = s + STEP_SIZE * v
                v = v - (1.0 if step < STEPS - 1 else 0.5) * STEP_SIZE * gradient(s)
            change = before - energy(s) - 0.5 * (v**2).sum(1)
            accepted = torch.rand(chains) < torch.exp(change)
            position = torch.where(accepted[:, None], s, position)
            total += float(energy(position).mean())
        return total / draws

    return run


def workload(_: data.Dataset, *, chains: int, draws: int) -> Workload:
    """So many chains side by side."""
    mean, covariance = target()
    energy = gaussian_energy(mean, covariance, chains=chains)
    start = jnp.asarray(mean, jnp.float32) + jax.random.normal(jax.random.key(0), (chains, DIMENSIONS))

    def ours(state: HMCState, key: Array) -> HMCState:
        return hmc_step(energy, state, step_size=STEP_SIZE, leapfrog_steps=STEPS, key=key)[0]

    states = jax.vmap(lambda s: HMCState.init(energy, s))(start)
    mine = Scanned(ours, states, lambda s: s.energy, draws, random_key)

    def theirs() -> Run:
        kernel = blackjax.hmc(lambda s: -energy(s), STEP_SIZE, jnp.ones(DIMENSIONS), STEPS)
        return Scanned(
            lambda state, key: kernel.step(key, state)[0],
            jax.vmap(kernel.init)(start),
            lambda s: -s.logdensity,
            draws,
            jax.random.key,
        )

    return Workload(
        f"HMC, 10-d Gaussian, {chains:,} chains, {draws:,} draws",
        mine,
        {"BlackJAX": theirs, "PyTorch": partial(pytorch, mean, covariance, chains)},
        draws,
        chains * STEPS * 2 * DIMENSIONS**2,
        mine.compile_seconds,
        "the latency of small operations, 20 leapfrog steps one after the other"
        if chains < 100
        else "elementwise work and random numbers",
        checked_updates=200,
        tolerance=0.1,
    )


WORKLOADS = {
    "3-chains": partial(workload, chains=3, draws=2000),
    "1000-chains": partial(workload, chains=1000, draws=100),
}

if __name__ == "__main__":
    main("hmc", WORKLOADS, __doc__)
