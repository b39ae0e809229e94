"""What the book shows without training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from harmonium import figures
from harmonium.errors import ConfigError, DataError
from harmonium.models.layers import convolve, max_pool, uniform
from harmonium.sampling import (
    HMCRun,
    HMCState,
    Run,
    bulk_effective_sample_size,
    leapfrog,
    problems,
    sample_hmc,
    sample_jittered_hmc,
    sample_nuts,
    split_r_hat,
)
from harmonium.training import Streams

LARGEST_SIDE = 1024  # pixels of a photo; a larger one is made smaller
POOLS = (2, 4, 8)
FEW_CHAINS = 10


def convolution(path: Path, *, image: Path | None = None, seed: int = 0) -> Path:
    """Draw a photo beside the outputs of two random 9x9 filters, which act much like edge detectors (section 6.5).

    σ(W * x + b) with W uniform within 1/√(3·9·9) and b within 0.5, as in the book; without an `image` the photo is
    scikit-learn's.
    """
    photo = _photo(image, least=9)
    weight_key, bias_key = jax.random.split(Streams(seed).initial_weights)
    kernels = uniform(weight_key, (2, 3, 9, 9), 1 / (3 * 9 * 9) ** 0.5)
    bias = uniform(bias_key, (2,), 0.5)
    outputs = jax.nn.sigmoid(convolve(_channels(photo), kernels) + bias[:, None, None, None])
    return figures.filtered(photo, list(np.asarray(outputs[..., 0])), path)


def max_pooling(path: Path, *, image: Path | None = None, seed: int = 0) -> dict[str, Any]:
    """Draw what max-pooling leaves of a photo's edges, and pool the book's matrix (section 6.6).

    The edges are the output of one random filter; each tile of 2x2, 4x4 and 8x8 of it keeps its largest value. The
    matrix is 5x5, with and without the border that fills no tile of 2x2.
    """
    photo = _photo(image, least=9 + max(POOLS))
    kernels = uniform(Streams(seed).initial_weights, (1, 3, 9, 9), 1 / (3 * 9 * 9) ** 0.5)
    edges = jax.nn.sigmoid(convolve(_channels(photo), kernels))
    pooled = [np.asarray(max_pool(edges, (side, side)))[0, ..., 0] for side in POOLS]
    names = ["random filter", *(f"largest of {side}x{side}" for side in POOLS)]
    figures.filtered(photo, [np.asarray(edges)[0, ..., 0], *pooled], path, names=names)
    matrix = np.random.RandomState(seed).rand(5, 5).round(2).astype(np.float32)
    x = jnp.asarray(matrix)[None, :, :, None]
    return {
        "matrix": matrix.tolist(),
        "pooled_without_border": np.asarray(max_pool(x))[0, ..., 0].tolist(),
        "pooled_with_border": np.asarray(max_pool(x, ignore_border=False))[0, ..., 0].tolist(),
        "sizes": " ".join(
            f"{shape[0]}x{shape[1]}" for shape in (edges.shape[1:3], *(one.shape for one in pooled))
        ),
        "picture": str(path),
    }


def _photo(image: Path | None, least: int) -> np.ndarray:
    """Return a photo as (height, width, 3) bytes, of at most 1024 pixels a side.

    Raises `DataError` for a file that is no picture, or one of fewer pixels a side than `least`.
    """
    if image is None:
        from sklearn.datasets import load_sample_image

        return np.asarray(load_sample_image("china.jpg"))
    from harmonium.data.images import opened

    with opened(image, (LARGEST_SIDE, LARGEST_SIDE)) as found:
        found.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
        photo = np.asarray(found.convert("RGB"))
    if min(photo.shape[:2]) < least:
        raise DataError(
            f"{image} has {photo.shape[1]}x{photo.shape[0]} pixels; give a picture of {least}x{least} or more"
        )
    return photo


def _channels(photo: np.ndarray) -> Array:
    return (
        jnp.asarray(photo.transpose(2, 0, 1)[..., None], jnp.float32) / 256
    )  # (channels, height, width, batch)


def hmc(
    path: Path,
    *,
    dimensions: int = 5,
    chains: int = 3,
    burn_in: int = 1000,
    draws: int = 10_000,
    leapfrogs: int = 20,
    sampler: Literal["book", "jittered", "nuts"] = "book",
    seed: int = 0,
) -> dict[str, Any]:
    """Sample the book's Gaussian by hybrid Monte Carlo, and draw trajectories over an energy (section 11.3).

    Parameters
    ----------
    path
        The picture to write.
    dimensions
        Of the Gaussian; the book's has 5.
    chains
        Side by side, from N(0, I).
    burn_in
        Steps of each chain before its draws.
    draws
        Of each chain, one a step; the book makes 1,000.
    leapfrogs
        Leapfrog steps of each, of size 0.5 at most; of the book's sampler alone.
    sampler
        The book's hybrid Monte Carlo and its rule for the step size; that of jittered lengths; or the no-U-turn
        sampler. The last two learn a scale of each value too, and draw their warm-up beside the picture.
    seed
        Decides the chains; the Gaussian is always the book's.

    Returns
    -------
    The target's mean and covariance beside the empirical ones, and the sampler's diagnostics.

    Raises
    ------
    ConfigError
        For numbers without meaning, and for dimensions in which the book's recipe gives no covariance.
    """
    numbers = {"dimensions": (dimensions, 2), "chains": (chains, 2), "burn_in": (burn_in, 0)}
    for name, (value, least) in (numbers | {"draws": (draws, 10), "leapfrogs": (leapfrogs, 1)}).items():
        if value < least:
            raise ConfigError(f"--{name.replace('_', '-')} {value} must be at least {least}")
    random = np.random.RandomState(123)  # the book's target to the digit
    mean = random.rand(dimensions) * 10
    covariance = random.rand(dimensions, dimensions)
    covariance = (covariance + covariance.T) / 2
    np.fill_diagonal(covariance, 1)
    if np.linalg.eigvalsh(covariance).min() <= 0:
        raise ConfigError(
            f"--dimensions {dimensions}: the book's recipe gives no covariance there, as one with a direction of "
            "negative variance is none; take another number, such as 5"
        )
    streams = Streams(seed)
    start, walk = streams.start, streams.chains
    energy = gaussian_energy(mean, covariance, chains=chains)
    starts = jax.random.normal(start, (chains, dimensions))
    extra: dict[str, Any] = {}
    if sampler == "book":
        sample = jax.jit(
            lambda x: sample_hmc(
                energy,
                x,
                draws=draws,
                warm_up=burn_in,
                step_size=0.001,
                largest_step_size=0.5,
                leapfrog_steps=leapfrogs,
                key=walk,
            )
        )
        run: HMCRun | Run = sample(starts)
        step_size = float(run.step_size.value)  # type: ignore[union-attr]
    else:
        if sampler == "nuts":
            learned = sample_nuts(energy, starts, draws=draws, warm_up=burn_in, key=walk)
        else:
            learned = sample_jittered_hmc(energy, starts, draws=draws, warm_up=burn_in, key=walk)
        run = learned
        step_size = float(learned.step_size)
        extra = {
            "scale": np.asarray(learned.scale).tolist(),
            "leapfrogs": float(learned.info.leapfrogs.mean()),
        }
        if burn_in:
            warm_up = path.with_name(f"{path.stem}-warm-up{path.suffix}")
            extra["warm_up"] = str(_draw_warm_up(learned, warm_up))
    extra["problems"] = "; ".join(problems(run)) or "none"
    drawn = np.asarray(run.positions)
    flat = drawn.reshape(-1, dimensions)
    shown = flat[:: max(1, len(flat) // 3000), :2]
    _draw_trajectories(path, mean[:2], covariance[:2, :2], shown, streams.pictures)
    return {
        "target_mean": mean.tolist(),
        "empirical_mean": flat.mean(0).tolist(),
        "target_covariance": covariance.tolist(),
        "empirical_covariance": np.cov(flat.T).tolist(),
        "acceptance_rate": float(run.info.acceptance.mean()),
        "step_size": step_size,
        "divergent": int(run.info.divergent.sum()),
        "r_hat": float(split_r_hat(drawn).max()),
        "effective_sample_size": float(bulk_effective_sample_size(drawn).min()),
        **extra,
        "picture": str(path),
    }


def _draw_warm_up(run: Run, path: Path) -> Path:
    """The first value of a few chains, of the warm-up and as many draws."""
    warm = run.warm_up
    few = np.asarray(warm.positions)[:, :4, 0]
    return figures.warm_up(
        np.asarray(warm.step_size),
        np.asarray(warm.info.acceptance).mean(1),
        few,
        np.asarray(run.positions)[: len(few), :4, 0],
        path,
    )


def gaussian_energy(
    mean: np.ndarray, covariance: np.ndarray, *, chains: int
) -> Callable[[Float[Array, " dimensions"]], Float[Array, ""]]:
    """½ (s - μ)ᵀ Σ⁻¹ (s - μ), written as is fastest for this many chains side by side.

    On a processor a sum takes XLA a third of a product's time where chains are few, and five times as long where there
    are a thousand.
    """
    center, precision = jnp.asarray(mean, jnp.float32), jnp.asarray(np.linalg.inv(covariance), jnp.float32)

    def as_sum(s: Array) -> Array:
        return 0.5 * ((s - center)[:, None] * precision * (s - center)).sum()

    def as_product(s: Array) -> Array:
        return 0.5 * (s - center) @ precision @ (s - center)

    return as_sum if chains <= FEW_CHAINS else as_product


def _draw_trajectories(
    path: Path, mean: np.ndarray, covariance: np.ndarray, draws: np.ndarray, key: Array
) -> None:
    """The flow from a few starts on the energy of the first two values, and the draws' own first two values."""
    energy = gaussian_energy(mean, covariance, chains=len(draws))
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
