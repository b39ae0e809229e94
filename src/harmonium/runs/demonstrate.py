"""What the book shows without training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from harmonium import figures
from harmonium.models.layers import convolve, uniform
from harmonium.sampling import (
    HMCState,
    bulk_effective_sample_size,
    leapfrog,
    sample_hmc,
    split_r_hat,
)
from harmonium.training import Streams


def convolution(path: Path, *, seed: int = 0) -> Path:
    """Draw a photo beside the outputs of two random 9x9 filters, which act much like edge detectors (section 6.5).

    σ(W * x + b) with W uniform within 1/√(3·9·9) and b within 0.5, as in the book; the photo is scikit-learn's.
    """
    from sklearn.datasets import load_sample_image

    photo = load_sample_image("china.jpg")
    weight_key, bias_key = jax.random.split(Streams(seed).initial_weights)
    kernels = uniform(weight_key, (2, 3, 9, 9), 1 / (3 * 9 * 9) ** 0.5)
    bias = uniform(bias_key, (2,), 0.5)
    x = (
        jnp.asarray(photo.transpose(2, 0, 1)[..., None], jnp.float32) / 256
    )  # (channels, height, width, batch)
    outputs = jax.nn.sigmoid(convolve(x, kernels) + bias[:, None, None, None])
    return figures.filtered(photo, list(np.asarray(outputs[..., 0])), path)


def hmc(path: Path, *, seed: int = 0) -> dict[str, Any]:
    """Sample the book's 5-d Gaussian by hybrid Monte Carlo, and draw trajectories over an energy (section 11.4).

    Three chains from N(0, I), 1,000 steps of burn-in, then 10,000 draws each (the book: 1,000) of 20 leapfrog steps of
    at most 0.5. Returns the target's mean and covariance beside the empirical ones, and the sampler's diagnostics.
    """
    random = np.random.RandomState(123)  # the book's target to the digit
    mean = random.rand(5) * 10
    covariance = random.rand(5, 5)
    covariance = (covariance + covariance.T) / 2
    np.fill_diagonal(covariance, 1)
    streams = Streams(seed)
    start, walk = streams.start, streams.chains
    energy = gaussian_energy(mean, covariance)
    sample = jax.jit(
        lambda x: sample_hmc(
            energy, x, draws=10_000, burn_in=1000, step_size=0.001, largest_step_size=0.5, key=walk
        )
    )
    run = sample(jax.random.normal(start, (3, 5)))
    draws = np.asarray(run.positions)
    flat = draws.reshape(-1, 5)
    _draw_trajectories(
        path, mean[:2], covariance[:2, :2], draws[::10, :, :2].reshape(-1, 2), streams.pictures
    )
    return {
        "target_mean": mean.tolist(),
        "empirical_mean": flat.mean(0).tolist(),
        "target_covariance": covariance.tolist(),
        "empirical_covariance": np.cov(flat.T).tolist(),
        "acceptance_rate": float(run.info.acceptance.mean()),
        "step_size": float(run.step_size.value),
        "divergent": int(run.info.divergent.sum()),
        "r_hat": float(split_r_hat(draws).max()),
        "effective_sample_size": float(bulk_effective_sample_size(draws).min()),
        "picture": str(path),
    }


def gaussian_energy(mean: np.ndarray, covariance: np.ndarray) -> Callable[[Array], Array]:
    """½ (s - μ)ᵀ Σ⁻¹ (s - μ)."""
    center, precision = jnp.asarray(mean, jnp.float32), jnp.asarray(np.linalg.inv(covariance), jnp.float32)
    return lambda s: 0.5 * (s - center) @ precision @ (s - center)


def _draw_trajectories(
    path: Path, mean: np.ndarray, covariance: np.ndarray, draws: np.ndarray, key: Array
) -> None:
    """The flow from a few starts on the energy of the first two values, and the draws' own first two values."""
    energy = gaussian_energy(mean, covariance)
    starts = np.asarray(mean) + np.array([[-1.5, -0.5], [1.5, 2.0], [0.5, -1.0]])

    def trajectory(position: Array, velocity: Array) -> Array:
        state = HMCState.init(energy, position)
        return jnp.stack([leapfrog(energy, state, velocity, 0.15, n)[0].position for n in range(21)])

    velocities = jax.random.normal(key, starts.shape)
    paths = jax.vmap(trajectory)(jnp.asarray(starts, jnp.float32), velocities)
    reach = 3.5 * np.sqrt(np.diag(covariance))
    grid = np.stack(
        np.meshgrid(*(np.linspace(m - r, m + r, 80) for m, r in zip(mean, reach, strict=True))), -1
    )
    heights = jax.vmap(jax.vmap(energy))(jnp.asarray(grid, jnp.float32))
    figures.trajectories(grid, np.asarray(heights), np.asarray(paths), draws, path)
