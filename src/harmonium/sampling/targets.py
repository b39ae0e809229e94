"""Five densities whose means and variances are known, on which a sampler shows what it can do."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from harmonium.sampling.starts import Energy


@dataclass(frozen=True)
class Target:
    """A density over one array of numbers, with the truth about the quantities that are judged."""

    name: str
    energy: Energy  # from (values,) to nats
    values: int
    mean: np.ndarray  # of each quantity
    variance: np.ndarray
    quantities: Callable[[np.ndarray], np.ndarray] = lambda draws: draws  # (…, values) -> (…, quantities)

    def starts(self, chains: int, key: Array) -> Float[Array, "chains values"]:
        """Starts of several chains, from N(0, 1)."""
        return jax.random.normal(key, (chains, self.values))


def ill_conditioned_gaussian(values: int = 20) -> Target:
    """Deviations from 0.01 to 10, and a correlation of ½ between neighbours.

    Its energy is written as sums: on a CPU a matrix product of a few numbers takes three times as long.
    """
    deviations, correlation = jnp.logspace(-2, 1, values), 0.5

    def energy(s: Array) -> Array:
        z = s / deviations
        steps = z[1:] - correlation * z[:-1]
        return 0.5 * (z[0] ** 2 + (steps**2).sum() / (1 - correlation**2))

    return Target(
        "ill-conditioned Gaussian", energy, values, np.zeros(values), np.logspace(-2, 1, values) ** 2
    )


def funnel(values: int = 10, *, centred: bool = True) -> Target:
    """Neal's funnel: v from N(0, 3²), and each other value from N(0, eᵛ) (Neal 2003, section 8).

    The centred form is written in these values themselves; no sampler of one step size reaches its neck. In the other
    form, x = e^(v/2) z with z from N(0, 1), it is a Gaussian. v is what is judged, since the x have moments too large
    to be estimated.
    """
    if centred:

        def energy(s: Array) -> Array:
            v, x = s[0], s[1:]
            return v**2 / 18 + 0.5 * (jnp.exp(-v) * (x**2).sum() + (values - 1) * v)

    else:

        def energy(s: Array) -> Array:
            return s[0] ** 2 / 18 + 0.5 * (s[1:] ** 2).sum()

    name = "funnel, centred" if centred else "funnel, not centred"
    return Target(name, energy, values, np.zeros(1), np.full(1, 9.0), lambda draws: draws[..., :1])


def banana() -> Target:
    """A crescent: x from N(0, 1), and y from N(x² / 2, 1)."""

    def energy(s: Array) -> Array:
        return 0.5 * (s[0] ** 2 + (s[1] - s[0] ** 2 / 2) ** 2)

    return Target("banana", energy, 2, np.array([0.0, 0.5]), np.array([1.0, 1.5]))


def eight_schools() -> Target:
    """The effects of coaching in eight schools (Rubin 1981; Gelman et al. 2013, section 5.5), not centred.

    yⱼ from N(μ + τ zⱼ, σⱼ²), z from N(0, 1), μ from N(0, 5²), τ from a half Cauchy of scale 5; the values are μ, log τ
    and z. The truth about μ, log τ and the effects θ = μ + τ z is by quadrature over log τ, given which all is
    Gaussian.
    """
    y = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
    sigma = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
    observed, noise = jnp.asarray(y, jnp.float32), jnp.asarray(sigma, jnp.float32)

    def energy(s: Array) -> Array:
        mu, log_tau, z = s[0], s[1], s[2:]
        prior = mu**2 / 50 + 0.5 * (z**2).sum() + jax.nn.softplus(2 * (log_tau - jnp.log(5.0))) - log_tau
        return prior + 0.5 * (((observed - mu - jnp.exp(log_tau) * z) / noise) ** 2).sum()

    log_tau = np.linspace(-15, 8, 20_001)
    tau = np.exp(log_tau)
    spread = sigma**2 + tau[:, None] ** 2
    precision = 1 / 25 + (1 / spread).sum(1)
    center = (y / spread).sum(1) / precision  # the mean of μ given τ
    evidence = (
        -0.5 * (np.log(spread) + y**2 / spread).sum(1) - 0.5 * np.log(precision) + 0.5 * precision * center**2
    )
    log_weight = evidence - np.log1p((tau / 5) ** 2) + log_tau
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    share = tau[:, None] ** 2 / spread  # share of the way from μ to y at which an effect's mean lies
    effect = share * y + (1 - share) * center[:, None]
    within = share * sigma**2 + (1 - share) ** 2 / precision[:, None]
    given = np.column_stack([center, log_tau, effect])
    mean = weight @ given
    variance = weight @ (np.column_stack([1 / precision, 0 * tau, within]) + (given - mean) ** 2)

    def quantities(draws: np.ndarray) -> np.ndarray:
        mu, log_tau, z = draws[..., :1], draws[..., 1:2], draws[..., 2:]
        return np.concatenate([mu, log_tau, mu + np.exp(log_tau) * z], -1)

    return Target("eight schools", energy, 10, mean, variance, quantities)


def logistic_regression(draws: int = 400_000) -> Target:
    """Whether a tumour of scikit-learn's breast cancer set is benign, from ten standardised measurements.

    Weights and the bias are from N(0, 1). The truth is by importance sampling from Student's t around the mode, of so
    many independent draws, in double precision.
    """
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)
    x = x[:, :10]  # the means; the other columns are their errors and extremes
    x = np.column_stack([(x - x.mean(0)) / x.std(0), np.ones(len(x))]) * (2.0 * y[:, None] - 1)
    rows = jnp.asarray(x, jnp.float32)

    def energy(s: Array) -> Array:
        return 0.5 * (s**2).sum() + jax.nn.softplus(-(rows @ s)).sum()

    mean, variance = _by_importance(x, draws)
    return Target("logistic regression", energy, x.shape[1], mean, variance)


def _by_importance(x: np.ndarray, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """The posterior's mean and variance."""
    values, freedom = x.shape[1], 8
    mode = np.zeros(values)
    for _ in range(50):  # Newton's method; the energy is convex
        p = 1 / (1 + np.exp(x @ mode))
        curvature = np.eye(values) + x.T @ (x * (p * (1 - p))[:, None])
        mode -= np.linalg.solve(curvature, mode - x.T @ p)
    random, root = np.random.default_rng(0), np.linalg.cholesky(np.linalg.inv(curvature))
    log_weights, drawn = [], []
    for _ in range(max(1, draws // 20_000)):
        normal = random.normal(size=(20_000, values)) / np.sqrt(
            random.chisquare(freedom, (20_000, 1)) / freedom
        )
        s = mode + normal @ root.T
        energy = 0.5 * (s**2).sum(1) + np.logaddexp(0, -(s @ x.T)).sum(1)
        log_weights.append(0.5 * (freedom + values) * np.log1p((normal**2).sum(1) / freedom) - energy)
        drawn.append(s)
    weight, s = np.concatenate(log_weights), np.concatenate(drawn)
    weight = np.exp(weight - weight.max())
    weight /= weight.sum()
    mean = weight @ s
    return mean, weight @ (s - mean) ** 2


def five_targets() -> tuple[Target, ...]:
    """All of them, the funnel in both its forms."""
    return (
        ill_conditioned_gaussian(),
        funnel(centred=True),
        funnel(centred=False),
        banana(),
        eight_schools(),
        logistic_regression(),
    )
