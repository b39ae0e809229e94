"""Effective samples a second and a gradient on five targets of known truth: Harmonium's samplers against BlackJAX's.

All learn their step sizes and the scale of each value in as many steps of warm-up, from the same starts, aiming at the
same acceptance. The effective sample size is the least of all quantities, and |z| the largest distance of a mean or a
variance from the truth, in standard errors.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import lazy_loader
import numpy as np
from jaxtyping import Array
from rich.console import Console
from rich.table import Table

from harmonium.sampling import (
    bulk_effective_sample_size,
    sample_jittered_hmc,
    sample_nuts,
    split_r_hat,
)
from harmonium.sampling.targets import Target, five_targets

blackjax = lazy_loader.load("blackjax")

TARGET = 0.8  # acceptance
LEAPFROGS = 15  # of BlackJAX's HMC, whose trajectories have a fixed number


@dataclass(frozen=True)
class Sampled:
    """What a sampler made of a target in one round."""

    draws: np.ndarray  # (draws, chains, values)
    gradients: int  # of the draws
    divergent: int
    warm_up_seconds: float
    seconds: float  # of the draws


Sampler = Callable[[Array, Array], Sampled]  # from starts and a key


def ours(sample: Callable[..., Any], target: Target, chains: int, draws: int, warm_up: int) -> Sampler:
    """A sampler of Harmonium: compiled with all draws, and with one, to tell what the warm-up takes."""

    def program(count: int) -> Any:
        def run(starts: Array, key: Array) -> Any:
            found = sample(target.energy, starts, draws=count, warm_up=warm_up, target=TARGET, key=key)
            return found.positions, found.info.leapfrogs.sum(), found.info.divergent.sum()

        key = jax.random.key(0)
        return jax.jit(run).lower(target.starts(chains, key), key).compile()

    whole, warm = program(draws), program(1)

    def sampled(starts: Array, key: Array) -> Sampled:
        _, warm_up_seconds = timed(warm, starts, key)
        (positions, leapfrogs, divergent), seconds = timed(whole, starts, key)
        return Sampled(
            np.asarray(positions),
            int(leapfrogs),
            int(divergent),
            warm_up_seconds,
            max(seconds - warm_up_seconds, 1e-9),
        )

    return sampled


def blackjaxs(
    algorithm: Any, target: Target, chains: int, draws: int, warm_up: int, **settings: Any
) -> Sampler:
    """A sampler of BlackJAX: every chain adapts by itself, as its documentation shows."""

    def log_density(s: Array) -> Array:
        return -target.energy(s)

    adaptation = blackjax.window_adaptation(algorithm, log_density, target_acceptance_rate=TARGET, **settings)
    kernel = algorithm.build_kernel()

    def warm(starts: Array, key: Array) -> Any:
        def one(key: Array, start: Array) -> Any:
            (state, parameters), _ = adaptation.run(key, start, warm_up)
            return state, parameters["step_size"], parameters["inverse_mass_matrix"]

        return jax.vmap(one)(jax.random.split(key, chains), starts)

    def draw(warmed: Any, key: Array) -> Any:
        states, step_sizes, masses = warmed

        def one(key: Array, state: Any, step_size: Array, mass: Array) -> Any:
            return kernel(key, state, log_density, step_size, mass, **settings)

        def step(states: Any, key: Array) -> Any:
            states, info = jax.vmap(one)(jax.random.split(key, chains), states, step_sizes, masses)
            return states, (states.position, info.num_integration_steps, info.is_divergent)

        _, (positions, leapfrogs, divergent) = jax.lax.scan(step, states, jax.random.split(key, draws))
        return positions, leapfrogs.sum(), divergent.sum()

    key = jax.random.key(0)
    starts = target.starts(chains, key)
    warm_program = jax.jit(warm).lower(starts, key).compile()
    draw_program = jax.jit(draw).lower(warm_program(starts, key), key).compile()

    def sampled(starts: Array, key: Array) -> Sampled:
        warming, drawing = jax.random.split(key)
        warmed, warm_up_seconds = timed(warm_program, starts, warming)
        (positions, leapfrogs, divergent), seconds = timed(draw_program, warmed, drawing)
        return Sampled(np.asarray(positions), int(leapfrogs), int(divergent), warm_up_seconds, seconds)

    return sampled


def timed(program: Any, *arguments: Any) -> tuple[Any, float]:
    """What a program returns, and the shortest of three times that it takes, each of the same work."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        found = jax.block_until_ready(program(*arguments))  # type: ignore[no-untyped-call]
        times.append(time.perf_counter() - started)
    return found, min(times)


def judged(target: Target, rounds: list[Sampled]) -> dict[str, float]:
    """The figures of a sampler: medians over the rounds, the worst of |z| and R-hat."""
    found = []
    for one in rounds:
        draws = target.quantities(np.asarray(one.draws, np.float64))
        size = float(bulk_effective_sample_size(draws).min())
        squares = (draws - target.mean) ** 2
        found.append(
            {
                "ess": size,
                "ess_per_second": size / one.seconds,
                "ess_per_second_with_warm_up": size / (one.seconds + one.warm_up_seconds),
                "ess_per_1000_gradients": 1000 * size / one.gradients,
                "r_hat": float(split_r_hat(draws).max()),
                "z_of_means": z(draws, target.mean),
                "z_of_variances": z(squares, target.variance),
                "divergent": one.divergent,
            }
        )
    worst = ("r_hat", "z_of_means", "z_of_variances", "divergent")
    return {
        name: (max if name in worst else statistics.median)([of[name] for of in found]) for name in found[0]
    }


def z(draws: np.ndarray, truth: np.ndarray) -> float:
    """The largest distance of a mean from the truth, in standard errors."""
    error = draws.std((0, 1)) / np.sqrt(bulk_effective_sample_size(draws))
    return float((np.abs(draws.mean((0, 1)) - truth) / error).max())


def measure(target: Target, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """All samplers in turn, round by round, from the same starts."""
    size = (target, options.chains, options.draws, options.warm_up)
    samplers = {
        "Harmonium NUTS": ours(sample_nuts, *size),
        "Harmonium jittered HMC": ours(sample_jittered_hmc, *size),
        "BlackJAX NUTS": blackjaxs(blackjax.nuts, *size),
        "BlackJAX HMC": blackjaxs(blackjax.hmc, *size, num_integration_steps=LEAPFROGS),
    }
    rounds: dict[str, list[Sampled]] = {name: [] for name in samplers}
    for number in range(options.rounds):
        starting, drawing = jax.random.split(jax.random.key(number))
        starts = target.starts(options.chains, starting)
        for name, sampler in samplers.items():
            rounds[name].append(sampler(starts, drawing))
    return {name: judged(target, found) for name, found in rounds.items()}


def main() -> None:
    """Measure, print, and with --keep put the figures into RESULTS.md."""
    targets = {target.name: target for target in five_targets()}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.samplers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="timed rounds of each")
    parser.add_argument("--chains", type=int, default=4)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--warm-up", type=int, default=1000)
    parser.add_argument("--targets", nargs="+", choices=targets, default=list(targets))
    parser.add_argument("--no-keep", action="store_true", help="print alone; RESULTS.md stays as it is")
    options = parser.parse_args()
    jax.config.update("jax_platforms", "cpu")  # type: ignore[no-untyped-call]
    report: dict[str, Any] = {}
    if not options.no_keep:
        from benchmarks.measuring import machine_report

        report = machine_report(options.rounds)
    measured = {name: measure(targets[name], options) for name in options.targets}
    rows = [
        {"target": target, "sampler": sampler}
        | {name.replace("_", " "): f"{value:.4g}" for name, value in of.items()}
        for target, samplers in measured.items()
        for sampler, of in samplers.items()
    ]
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*row.values())
    Console(width=180).print(table)
    if not options.no_keep:
        from benchmarks.measuring import keep

        size = f"{options.chains} chains, {options.warm_up:,} steps of warm-up, {options.draws:,} draws each"
        keep("samplers", report | {"data": size, "measured": measured, "rows": rows, "pictures": {}})


if __name__ == "__main__":
    main()
