"""A network with an objective of one's own: a margin between the right class and the others."""

import jax
import jax.numpy as jnp
import optax

from harmonium import data
from harmonium.models import MLP
from harmonium.training import Evaluation, KeepBest, Streams, TrainingState, fit, gradient_update

digits, streams, optimizer = data.load("digits"), Streams(seed=0), optax.adam(0.003)
train, valid, test = (jax.tree.map(jnp.asarray, (split.x, split.y)) for split in digits.splits.values())


def objective(model, batch, carry, key):
    logits, others = model.batch(batch[0]), 1 - jax.nn.one_hot(batch[1], 10)
    right = jnp.take_along_axis(logits, batch[1][:, None], 1)
    loss = (others * jax.nn.relu(1 + logits - right)).sum(1).mean()
    return loss, ({"margin_loss": loss}, carry)


def score(model, split=valid):
    return {"error_rate": float((model.batch(split[0]).argmax(1) != split[1]).mean())}


first = MLP.init(64, [50], 10, key=streams.initial_weights)
state, update = (
    TrainingState.init(first, optimizer, key=streams.updates),
    gradient_update(objective, optimizer),
)
how = {"batch_size": 20, "max_epochs": 20, "shuffle": True, "stopping": KeepBest("error_rate")}
fitted = fit(update, state, train, evaluate=Evaluation(score), **how)
print(f"test error {score(fitted.model, test)['error_rate']:.1%} at epoch {fitted.best['epoch']}")
