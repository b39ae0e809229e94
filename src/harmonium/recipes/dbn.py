"""The deep belief network on images (chapter 10)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from harmonium.errors import CheckpointError
from harmonium.recipes.rbm import RBMRecipe
from harmonium.recipes.shared.options import Annealing, MusicSampling, Sampling
from harmonium.recipes.shared.search_space import Choice, LogUniform, Space
from harmonium.recipes.shared.stack import QUICK, Stack
from harmonium.recipes.shared.unsupervised import flat

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Array

    from harmonium.data import Dataset
    from harmonium.models import DBN, Dense
    from harmonium.training import RunFolder


@dataclass(frozen=True, kw_only=True)
class DeepBeliefNetworkRecipe(Stack):
    """Train RBMs on each other's codes, then their layers as a classifier. The book: 1.34 % test error."""

    name: ClassVar[str] = "dbn"
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {"quick": QUICK}
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
    gibbs_steps: int = 1
    """Gibbs steps an update of contrastive divergence, k."""
    pretraining_persistent: bool = False
    """Let the chains go on from update to update of the pre-training (PCD), as many as its batch has examples."""
    upward: Literal["means", "samples"] = "means"
    """What a layer hands up to be learned from: its units' probabilities, or samples of them drawn once."""

    def block(self, number: int) -> RBMRecipe:
        """Return an RBM that learns by contrastive divergence."""
        return RBMRecipe(
            **self.common(number), persistent=self.pretraining_persistent, gibbs_steps=self.gibbs_steps
        )

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

    def generative(self, folder: RunFolder) -> DBN:
        """Return the network as its pre-training left it.

        Raises `CheckpointError` before that has ended.
        """
        from harmonium.models import DBN
        from harmonium.recipes.shared.saved import load

        layers = [self.layer_folder(folder, number) for number in range(len(self.hidden))]
        if not all(layer.finished() for layer in layers):
            raise CheckpointError(
                f"{folder.path} is still pre-training; continue it with: harmonium resume {folder.path}"
            )
        return DBN(tuple(load(layer.path) for layer in layers))

    def sample(self, folder: RunFolder, options: Sampling) -> list[Path]:
        """Draw chains of the top RBM, passed down to the pixels, from the pre-trained layers."""
        import jax.numpy as jnp
        import numpy as np

        from harmonium.recipes.shared.chain_pictures import draw_samples, require_pictures
        from harmonium.recipes.shared.new_examples import shape_of
        from harmonium.training import Streams

        network, streams, shape = self.generative(folder), Streams(options.seed), shape_of(folder)
        if options.needs_examples:
            split = "train" if options.start == "train" else "test"
            start = flat(jnp.asarray(self.own_data(folder).splits[split].x))
            codes = network.upward(start, key=streams.posterior_samples(split))
        else:
            codes = jnp.zeros((options.chains, len(network.rbms[-1].visible_bias)))
        require_pictures(folder, shape, len(codes), options)

        def picture(codes: Array) -> np.ndarray:
            images = network.downward(codes, key=streams.pictures)
            return np.asarray(images).reshape(*codes.shape[:2], *shape)

        out = options.out or folder.figures / "samples.png"
        title = f"{self.name} on {Path(self.data).name}: samples"
        return draw_samples(network.rbms[-1], codes, picture, options, out, title)

    def log_likelihood(
        self, folder: RunFolder, data: str | None, *, chains: int, temperatures: int
    ) -> dict[str, dict[str, float]]:
        """Return a lower bound on the mean log-probability of held-out examples, rounded to 0 and 1, in nats.

        It is that of the pre-trained network; log Z of its top RBM is by annealed importance sampling.
        """
        import jax.numpy as jnp

        from harmonium.models.partition import log_partition
        from harmonium.training import Streams

        network = self.generative(folder)
        dataset = self.own_data(folder) if data is None else self.other_data(folder, data)
        streams = Streams(self.seed)
        x = jnp.round(flat(jnp.asarray(dataset.train.x)))
        codes = network.upward(x, key=streams.posterior_samples("train"))
        log_z = log_partition(
            network.rbms[-1], codes, chains=chains, temperatures=temperatures, key=streams.annealing
        )
        scores = {}
        for name in ("valid", "test"):
            x = jnp.round(flat(jnp.asarray(dataset.splits[name].x)))
            bounds = network.lower_bound(x, log_z.value, key=streams.posterior_samples(name))
            scores[name] = {
                "examples": len(x),
                "log_likelihood_bound": float(bounds.mean()),
            } | log_z.as_metrics()
        return scores
