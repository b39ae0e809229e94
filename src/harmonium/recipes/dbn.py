"""The deep belief network on images (chapter 10)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from harmonium.errors import CheckpointError, ConfigError
from harmonium.recipes.rbm import RBMRecipe
from harmonium.recipes.shared.options import Annealing, MusicSampling, Sampling
from harmonium.recipes.shared.phase import Phase
from harmonium.recipes.shared.search_space import Choice, LogUniform, Space
from harmonium.recipes.shared.stack import QUICK, Stack
from harmonium.recipes.shared.unsupervised import flat

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Array

    from harmonium.data import Dataset
    from harmonium.models import DBN, RBM, Dense
    from harmonium.training import Fitted, RunFolder, Training


DRAWS = 50  # of the hidden layers of each example, over which importance weights are averaged


@dataclass(frozen=True, kw_only=True)
class DeepBeliefNetworkRecipe(Stack):
    """Train RBMs on each other's codes, then their layers as a classifier. The book: 1.34 % test error."""

    name: ClassVar[str] = "dbn"
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": QUICK,
        "generative": {
            "hidden": (500, 2000),
            "pretraining": "likelihood",
            "pretraining_epochs": (160, 100),
            "pretraining_learning_rate": (0.1, 0.02),
            "transposed_start": True,
            "pretraining_batch_size": 100,
            "pretraining_persistent": True,
            "shuffle": True,
            "max_epochs": 0,
        },
    }
    search_space: ClassVar[Space] = {
        "learning_rate": LogUniform(0.01, 0.3),
        "gibbs_steps": Choice((1, 5)),
        "hidden": Choice(((500,) * 3, (1000,) * 3)),
    }
    sampling: ClassVar[type[Sampling] | type[MusicSampling] | None] = Sampling
    annealing: ClassVar[Annealing | None] = Annealing(100, 10_000)

    batch_size: int = 10
    patience_epochs: int = 4
    pretraining_epochs: tuple[int, ...] = (100,)
    pretraining_learning_rate: tuple[float, ...] = (0.01,)
    pretraining_batch_size: int = 10
    pretraining: Literal["book", "likelihood"] = "book"
    """How each RBM learns: as the book's, from intensities; or as rbm --config likelihood, for a stack that generates:
    from bits drawn with the values below as probabilities, from small weights, along the centred gradient, at a rate
    that falls to zero."""
    gibbs_steps: int = 1
    """Gibbs steps an update of contrastive divergence, k."""
    pretraining_persistent: bool = False
    """Let the chains go on from update to update of the pre-training (PCD), as many as its batch has examples."""
    upward: Literal["means", "samples"] = "means"
    """What the next layer learns from: the units' probabilities, or samples drawn from them once."""
    transposed_start: bool = False
    """Initialise each upper RBM from the RBM below it, with W transposed; it must be at least as wide as the second
    layer below it, and units beyond that get small random weights. The bound on the likelihood then begins at or near
    the lower RBM's likelihood (section 10.2)."""
    generative_epochs: int = 0
    """Passes of up-down after pre-training, which fine-tune all layers together as a generative model by the wake-sleep
    algorithm, with a top RBM of --gibbs-steps (Hinton, Osindero & Teh 2006); 0 for none."""
    generative_learning_rate: float = 0.01
    """Step size of up-down."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("generative_epochs", self.generative_epochs >= 0, "not be negative")
        self.require(
            "generative_epochs",
            self.generative_epochs == 0 or len(self.hidden) > 1,
            "go with two layers or more",
        )
        rate = self.generative_learning_rate
        self.require("generative_learning_rate", 0 < rate < float("inf"), "be positive")

    def block(self, number: int) -> RBMRecipe:
        """Return an RBM that learns by contrastive divergence."""
        own = {"persistent": self.pretraining_persistent, "gibbs_steps": self.gibbs_steps}
        if self.pretraining == "likelihood":
            named = RBMRecipe.configurations["likelihood"]
            own |= {field: named[field] for field in ("binarize", "initial_weights", "centred", "anneal")}
        return RBMRecipe(**self.common(number) | own)

    def transformed(self, codes: Dataset, layer: Dense, number: int) -> Dataset:
        """Return what the layer `number` is trained on: the mean activations of the one below, or samples."""
        means = super().transformed(codes, layer, number)
        if self.upward == "means":
            return means
        import jax
        import numpy as np

        from harmonium.training import Streams

        streams = Streams(self.seed, number)
        train, valid, test = (
            dataclasses.replace(
                split, x=np.asarray(jax.random.bernoulli(streams.samples_of_codes(name), split.x), np.float32)
            )
            for name, split in means.splits.items()
        )
        return dataclasses.replace(means, train=train, valid=valid, test=test)

    def first_block(self, folder: RunFolder, dataset: Dataset, number: int) -> Callable[[RBM], RBM] | None:
        """Return a function that puts the RBM below, with W transposed, into an untrained one, if it is to; or None.

        None is for the first layer too, and for one that is narrower than the second below it. Raises `ConfigError`
        where that is so of all layers.
        """
        widths = [math.prod(dataset.shape), *self.hidden]
        fits = [above >= below for below, above in zip(widths, widths[2:], strict=False)]
        if self.transposed_start and not any(fits):
            raise ConfigError(
                f"--transposed-start needs a layer as wide as the second one below it, or wider; widths are {widths}, "
                f"so that --hidden {widths[1]} {widths[0]} would do"
            )
        if not self.transposed_start or number == 0:
            return None
        if not fits[number - 1]:
            folder.say(
                f"layer {number + 1} begins with random weights: it has {widths[number + 1]} units above "
                f"{widths[number]}, and the layer below it {widths[number]} above {widths[number - 1]}"
            )
            return None

        def turned_over(untrained: RBM) -> RBM:
            from harmonium.models import RBM
            from harmonium.recipes.shared.saved import load

            below = load(self.layer_folder(folder, number - 1).path)
            units = slice(len(below.visible_bias))
            weight = untrained.weight.at[:, units].set(below.weight.T)
            return RBM(weight, below.hidden_bias, untrained.hidden_bias.at[units].set(below.visible_bias))

        return turned_over

    def joint_phases(self, folder: RunFolder, dataset: Dataset) -> list[Phase]:
        """Return generative fine-tuning by up-down, where the settings ask for it."""
        if not self.generative_epochs:
            return []
        alone = dataclasses.replace(
            self,
            max_epochs=self.generative_epochs,
            learning_rate=self.generative_learning_rate,
            batch_size=self.pretraining_batch_size,
            optimizer=self.pretraining_optimizer,
            anneal=False,
            learning_rate_decay=0.0,
        )
        inner = self.up_down_folder(folder)

        def training() -> Training:
            from harmonium.recipes.shared.up_down import objective, scorer
            from harmonium.training import Evaluation, Streams

            part = len(self.hidden) + 1
            noise = Streams(self.seed, part).held_out_noise
            valid, test = (
                scorer(dataset.splits[name], self.gibbs_steps, noise(name)) for name in ("valid", "test")
            )
            return alone.training(
                lambda: self.stacked(folder).untied(),
                objective(self.gibbs_steps),
                dataset.train.x,
                inner,
                part=part,
                evaluate=Evaluation(valid, test, self.watch_test),
            )

        def conclude(fitted: Fitted) -> None:
            alone.conclude(inner, dataset, fitted)

        title, rate = "generative fine-tuning by up-down", "--generative-learning-rate"
        return [Phase("up-down", inner, training, conclude, title, rate)]

    def up_down_folder(self, folder: RunFolder) -> RunFolder:
        """Return the folder of generative fine-tuning."""
        return folder.phase("up-down", self.config())

    def pretrained_layers(self, folder: RunFolder) -> tuple[Dense, ...]:
        """Return the layers as fine-tuning finds them: after up-down those of its recognition."""
        if not self.generative_epochs:
            return super().pretrained_layers(folder)
        from harmonium.recipes.shared.saved import load

        network: DBN = load(self.up_down_folder(folder).path)
        return tuple(one.layer() for one in network.rbms)

    def stacked(self, folder: RunFolder) -> DBN:
        """Return the RBMs as they were trained one by one."""
        from harmonium.models import DBN
        from harmonium.recipes.shared.saved import load

        return DBN(tuple(load(self.layer_folder(folder, number).path) for number in range(len(self.hidden))))

    def draw(self, folder: RunFolder) -> list[Path]:
        """Draw what every stack does, and the curves of up-down."""
        from harmonium import figures

        drawn, inner = super().draw(folder), self.up_down_folder(folder)
        if self.generative_epochs and inner.records():
            path = folder.figures / "learning-curves-up-down.png"
            title = "generative fine-tuning by up-down"
            drawn.append(figures.learning_curves(inner.records(), path, title=title))
        return drawn

    def generative(self, folder: RunFolder) -> DBN:
        """Return the network as its pre-training, or up-down after it, left it.

        Raises `CheckpointError` before that has ended.
        """
        from harmonium.recipes.shared.saved import load

        before = [self.layer_folder(folder, number) for number in range(len(self.hidden))]
        inner = self.up_down_folder(folder)
        if not all(one.finished() for one in [*before, *([inner] if self.generative_epochs else [])]):
            raise CheckpointError(
                f"{folder.path} is still pre-training; continue it with: harmonium resume {folder.path}"
            )
        return load(inner.path) if self.generative_epochs else self.stacked(folder)

    def sample(self, folder: RunFolder, options: Sampling) -> list[Path]:
        """Draw chains of the top RBM, passed down to the pixels, from the pre-trained layers."""
        import jax.numpy as jnp
        import numpy as np

        from harmonium.recipes.shared.chain_pictures import beginning, draw_samples
        from harmonium.recipes.shared.new_examples import shape_of
        from harmonium.training import Streams

        network, streams, shape = self.generative(folder), Streams(options.seed), shape_of(folder)

        def examples(split: str) -> Array:
            start = flat(jnp.asarray(self.own_data(folder).splits[split].x))
            return network.upward(start, key=streams.posterior_samples(split))

        codes = beginning(folder, options, len(network.top.visible_bias), examples)

        def picture(codes: Array) -> np.ndarray:
            images = network.downward(codes, key=streams.pictures)
            return np.asarray(images).reshape(*codes.shape[:2], *shape)

        out = options.out or folder.figures / "samples.png"
        title = f"{self.name} on {Path(self.data).name}: samples"
        return draw_samples(network.top, codes, picture, options, out, title)

    def log_likelihood(
        self, folder: RunFolder, data: str | None, how: Annealing
    ) -> dict[str, dict[str, Any]]:
        """Return what may be said of the mean log-probability of held-out examples, in nats.

        Intensities are rounded to 0 and 1, or drawn where the first RBM learned from drawn ones. It is that of the
        pre-trained network: a lower bound, with log Z of its top RBM at its higher end; beside it an estimate by
        importance weights over draws of the upward pass; and in `layers` what each RBM adds to it, before up-down:
        see `harmonium.models.ledger`.
        """
        import equinox as eqx
        import jax
        import jax.numpy as jnp

        from harmonium.metrics import likelihoods
        from harmonium.models import RBM
        from harmonium.models.ledger import entries, ledger
        from harmonium.recipes.shared.machine_scores import log_partition
        from harmonium.recipes.shared.unsupervised import beside
        from harmonium.training import Streams

        network, own = self.generative(folder), self.own_data(folder)
        dataset = own if data is None else beside(own, self.other_data(folder, data), folder)
        streams = Streams(self.seed)

        def bits(split: str) -> Array:
            return jnp.round(self.block(0).held_out(split, dataset, streams.of(1)))

        rbms = [one for one in network.rbms if isinstance(one, RBM)]
        greedy, last = len(rbms) == len(network.rbms), len(network.rbms) - 1
        codes, log_zs = bits("train"), []
        for number, one in enumerate(network.rbms):
            if isinstance(one, RBM):
                # The top one, on which the bound rests, has the stream's own key.
                key = streams.annealing if number == last else jax.random.fold_in(streams.annealing, number)
                log_zs.append(log_partition(one, codes, how, key))
            up = jax.random.fold_in(streams.posterior_samples("train"), number)
            codes = one.sample_hidden(codes, key=up)
        log_z = log_zs[-1]
        weighted = eqx.filter_jit(lambda x, key: network.importance_weighted(x, 0.0, draws=DRAWS, key=key))
        scores: dict[str, dict[str, Any]] = {}
        for name in dataset.held_out:
            x, key = bits(name), streams.posterior_samples(name)
            bound = float(network.lower_bound(x, 0.0, key=key).mean())
            estimates, worth = weighted(x, key)
            scores[name] = {
                "examples": len(x),
                **likelihoods.bounded(bound, log_z),
                **likelihoods.with_error(float(estimates.mean()), log_z, "importance_weighted"),
                "effective_draws": float(worth.mean()),
                **likelihoods.of_partition(log_z),
            }
            if greedy:  # up-down leaves no lower layer an RBM of its own
                scores[name]["layers"] = ledger(entries(rbms, x, key=key), log_zs)
        return scores
