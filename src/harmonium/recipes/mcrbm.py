"""The mean-covariance RBM on whitened patches of photos (chapter 11; Ranzato and Hinton 2010)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from harmonium import figures, metrics
from harmonium.errors import ConfigError, DataError
from harmonium.recipes.shared.options import MusicSampling, Sampling
from harmonium.recipes.shared.search_space import Choice, LogUniform, Space
from harmonium.recipes.shared.unsupervised import TILES, Unsupervised, flat

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Array, Float, PRNGKeyArray
    from optax import GradientTransformation

    from harmonium.data import Dataset
    from harmonium.models import MeanCovarianceRBM
    from harmonium.sampling import HMCInfo, StepSize
    from harmonium.training import Objective, RunFolder, Streams

# The authors' learning rates, relative to one another: the factors must find their directions before the biases
# turn the units off, which is what happens at equal rates or with Adam.
RATES = {
    "factors": 2.0,
    "pooling": 0.02,
    "covariance_bias": 0.02,
    "weight": 0.2,
    "mean_bias": 0.1,
    "visible_bias": 0.02,
}
MATCHED = 200  # examples of which score matching is computed, since it takes a derivative for each value
WARM_UP = 200  # trajectories in which samples find their step size


class Particles(NamedTuple):
    """What updates hand on beside the model: where the chains stand, and the step size of their trajectories."""

    position: Float[Array, "chains visible"]
    step_size: StepSize


@dataclass(frozen=True, kw_only=True)
class MeanCovarianceRBMRecipe(Unsupervised):
    """Train a mean-covariance RBM on patches of photos; its negative phase is hybrid Monte Carlo."""

    name: ClassVar[str] = "mcrbm"
    in_the_book: ClassVar[bool] = False
    sampling: ClassVar[type[Sampling] | type[MusicSampling] | None] = Sampling
    chosen_by: ClassVar[str | None] = "score_matching"
    not_judged: ClassVar[tuple[str, ...]] = ("whiten", "variance", "contrast")
    search_space: ClassVar[Space] = {
        "learning_rate": LogUniform(0.01, 0.2),
        "factors": Choice((128, 256, 512)),
        "hidden": Choice((64, 256)),
        "mean_units": Choice((50, 100)),
    }

    data: str = "patches"
    hidden: int = 256
    """Covariance units."""
    factors: int = 256
    """Filters whose squares the covariance units pool."""
    mean_units: int = 100
    """Hidden units that say where the patch is bright, as an RBM's do."""
    whiten: Literal["pca", "zca"] | None = "pca"
    variance: float | None = 0.9
    contrast: bool = True
    leapfrogs: int = 20
    """Leapfrog steps of the one trajectory that moves every chain between two updates."""
    max_epochs: int = 20
    batch_size: int = 128
    learning_rate: float = 0.075
    anneal: bool = True
    shuffle: bool = True
    snapshot_epochs: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("factors", self.factors >= 1, "be at least 1")
        self.require("mean_units", self.mean_units >= 1, "be at least 1")
        self.require("whiten", self.whiten is not None, "be pca or zca")
        self.require("leapfrogs", self.leapfrogs >= 1, "be at least 1")

    @property
    def takes_real(self) -> bool:
        """Whether examples may be any numbers: they are whitened."""
        return True

    def own_data(self, folder: RunFolder) -> Any:
        """Load the data that a run learns or has learned from.

        Raises `DataError` for the patches of a run of version 0.1, which kept neither their whitening nor a record.
        """
        if self.data == "patches" and folder.data() is None and folder.model.exists():
            raise DataError(
                f"{folder.path} is a run of version 0.1, which kept no whitening, and patches are cut otherwise since; "
                f"train it anew: harmonium train {self.name}"
            )
        return super().own_data(folder)

    def other_data(self, folder: RunFolder, source: Any) -> Dataset:
        """Load data on which a run is to be scored, whitened as its own; runs of version 0.1 kept no whitening."""
        known = folder.data()
        if known is not None and known["preparation"].get("whitening"):
            found: Dataset = super().other_data(folder, source)
            return found
        return self.load(source, None, self.own_data(folder).preparation)

    def model(self, dataset: Dataset, streams: Streams) -> MeanCovarianceRBM:
        """Return the untrained machine for examples like those of `dataset`."""
        from harmonium.models import MeanCovarianceRBM

        return MeanCovarianceRBM.init(
            math.prod(dataset.shape),
            factors=self.factors,
            covariance=self.hidden,
            mean=self.mean_units,
            key=streams.initial_weights,
        )

    def carry(self, dataset: Dataset) -> Particles:
        """Return chains that start at the first examples, one for each of a batch."""
        import jax.numpy as jnp

        from harmonium.sampling import StepSize

        start = flat(jnp.asarray(dataset.train.x[: self.batch_size]))
        return Particles(start, StepSize(jnp.float32(0.01), jnp.float32(0.9)))

    def make_optimizer(self, examples: int) -> GradientTransformation:
        """Return the optimiser of the settings, every group of parameters at a rate of its own."""
        from optax import chain, stateless

        from harmonium.models import MeanCovarianceRBM

        def scaled(gradient: MeanCovarianceRBM, _: Any) -> MeanCovarianceRBM:
            return MeanCovarianceRBM(**{name: rate * getattr(gradient, name) for name, rate in RATES.items()})

        return chain(stateless(scaled), super().make_optimizer(examples))

    def projection(self) -> Callable[[MeanCovarianceRBM], MeanCovarianceRBM]:
        """Return what gives factors one length, and keeps pooling from being positive."""
        from harmonium.models import MeanCovarianceRBM

        return MeanCovarianceRBM.normalised

    def objective(self) -> Objective:
        """Return F(v) - F(v at the end of a trajectory of each persistent chain)."""
        import jax

        from harmonium.sampling import adapt_step_size

        def objective(model: MeanCovarianceRBM, batch: Array, carry: Particles, key: PRNGKeyArray) -> Any:
            frozen, batch = jax.lax.stop_gradient(model), flat(batch)
            position, info = moved(frozen, carry.position, carry.step_size.value, self.leapfrogs, key)
            of_data, of_chains = (jax.vmap(model.free_energy)(v).mean() for v in (batch, position))
            contrast = of_data - of_chains
            watched = {"free_energy_contrast": contrast, "acceptance": info.acceptance.mean()}
            carry = Particles(position, adapt_step_size(carry.step_size, watched["acceptance"]))
            return contrast, jax.lax.stop_gradient((watched, carry))

        return objective

    def scorer(
        self, name: str, dataset: Dataset, streams: Streams
    ) -> Callable[[MeanCovarianceRBM], dict[str, float]]:
        """Return a function from a model to its monitors on a set.

        They are its free energy above that of as many training examples, how peaked the factors' responses to it are,
        and of its first examples score matching.
        """
        import jax.numpy as jnp

        from harmonium.training import mean_scores

        v = flat(jnp.asarray(dataset.splits[name].x))
        known = flat(jnp.asarray(dataset.train.x[: len(v)]))

        def scores(model: MeanCovarianceRBM) -> dict[str, float]:
            held_out, trained = (mean_scores(free_energy, model, x)["free_energy"] for x in (v, known))
            own = {
                "free_energy_gap": held_out - trained,
                "response_kurtosis": float(excess_kurtosis(v @ model.factors).mean()),
            }
            return own | mean_scores(matched, model, v[:MATCHED], block=50)

        return scores

    def draw(self, folder: RunFolder) -> list[Path]:
        """Draw learning curves; for patches the factors, as they grew too, and the mean units, in pixels."""
        import numpy as np

        from harmonium.recipes.shared.grown import draw_filters

        model, dataset = self.finished(folder)
        pictures = folder.figures
        drawn = [
            figures.learning_curves(
                folder.records(), pictures / "learning-curves.png", title=self.title(dataset)
            )
        ]
        if len(dataset.as_seen.shape) < 2:
            return drawn

        def tiles(weight: Any) -> np.ndarray:
            return np.asarray(weight.T)[:TILES].reshape(-1, *dataset.shape)

        title = self.title(dataset)
        drawn += draw_filters(folder, lambda one: tiles(one.factors), f"{title}: filters, in pixels")
        images = dataset.preparation.patterns(tiles(model.weight), dataset.shape)
        said = f"{title}: mean filters, in pixels"
        return [*drawn, figures.filters(images, pictures / "mean-filters.png", title=said)]

    def sample(self, folder: RunFolder, options: Sampling) -> list[Path]:
        """Draw chains as rows of patches; a step is a trajectory of hybrid Monte Carlo."""
        import jax
        import jax.numpy as jnp
        import numpy as np

        from harmonium.recipes.shared.chain_pictures import FRAMES, require_pictures
        from harmonium.sampling import sample_hmc, trace_chain
        from harmonium.training import Streams

        if options.tempering:
            raise ConfigError(
                "--tempering goes with Gibbs sampling; this run's chains are hybrid Monte Carlo"
            )
        model, dataset = self.finished(folder)
        begin = dataset.train if options.start == "train" else dataset.test
        require_pictures(folder, dataset.as_seen.shape, len(begin), options)
        streams = Streams(options.seed)
        v = flat(jnp.asarray(begin.x[: options.chains]))
        if options.start == "noise":
            v = jax.random.normal(streams.start, (options.chains, v.shape[1]))
        burnt = sample_hmc(
            model.free_energy, v, draws=1, warm_up=WARM_UP, leapfrog_steps=self.leapfrogs, key=streams.burn_in
        )

        def step(v: Array, key: PRNGKeyArray) -> Array:
            return moved(model, v, burnt.step_size.value, self.leapfrogs, key)[0]

        def pictures(count: int, steps: int) -> np.ndarray:
            trace = jax.jit(lambda v: trace_chain(step, v, count, steps, key=streams.chains))
            drawn = trace(burnt.positions[0])
            pixels = dataset.preparation.restored(np.asarray(drawn), dataset.shape)
            return (0.5 + pixels / 6).clip(0, 1)  # three deviations to either side of grey

        out = options.out or folder.figures / "samples.png"
        drawn = [
            figures.samples(
                pictures(options.rows, options.steps),
                out,
                title=f"{self.title(dataset)}: samples",
                steps=options.steps,
                step="trajectory",
            )
        ]
        if options.animate:
            drawn.append(figures.animation(pictures(FRAMES, 1), out.with_suffix(".gif")))
        return drawn


def moved(
    model: MeanCovarianceRBM, v: Array, step_size: Array, leapfrogs: int, key: PRNGKeyArray
) -> tuple[Float[Array, "chains visible"], HMCInfo]:
    """Return each chain at the end of one trajectory, and what happened on the way."""
    import jax

    from harmonium.sampling import HMCState, hmc_step

    def one(v: Array, key: PRNGKeyArray) -> tuple[HMCState, HMCInfo]:
        state = HMCState.init(model.free_energy, v)
        return hmc_step(model.free_energy, state, step_size=step_size, leapfrog_steps=leapfrogs, key=key)

    states, info = jax.vmap(one)(v, jax.random.split(key, len(v)))
    return states.position, info


def excess_kurtosis(x: Float[Array, "examples units"]) -> Float[Array, " units"]:
    """Return E[(x - μ)⁴] / σ⁴ - 3 of each unit: 0 of a Gaussian, above it for what is mostly near its mean."""
    from_mean = x - x.mean(0)
    return (from_mean**4).mean(0) / (from_mean**2).mean(0) ** 2 - 3


def free_energy(model: MeanCovarianceRBM, v: Float[Array, "batch visible"]) -> dict[str, Array]:
    """Return F(v) of each example."""
    import jax

    return {"free_energy": jax.vmap(model.free_energy)(v)}


def matched(model: MeanCovarianceRBM, v: Float[Array, "batch visible"]) -> dict[str, Array]:
    """Return what score matching lowers, of each example."""
    import jax

    return {"score_matching": jax.vmap(lambda one: metrics.score_matching(model.free_energy, one))(v)}
