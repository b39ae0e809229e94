"""Steps of the rows that a batch reads against steps of the whole table."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float

from harmonium.training import RowWise, TrainingState, gradient_update, make_optimizer, random_key
from harmonium.training.rows import KEPT

ROWS = 40
RATES = {"sgd": 0.5, "adadelta": 1.0, "rmsprop": 0.001}  # as the recipe of sentiment has them


class Embedded(eqx.Module):
    embedding: Float[Array, "rows values"]
    weight: Float[Array, " values"]


def objective(model, batch, carry, key):
    found = jnp.tanh(model.embedding[batch["words"]]).mean(1) @ model.weight
    loss = jnp.square(found - batch["y"]).mean()
    return loss, ({"loss": loss}, carry)


def start():
    first, second = jax.random.split(jax.random.key(0))
    return Embedded(0.1 * jax.random.normal(first, (ROWS, 5)), jax.random.normal(second, (5,)))


def batches(updates, texts=3, words=4):
    """Frequent rows and rare ones, padding, and rows that come more than once in a batch."""
    random = np.random.default_rng(0)
    likely = 1 / np.arange(1, ROWS + 1) ** 1.5
    drawn = random.choice(ROWS, (updates, texts, words), p=likely / likely.sum()).astype(np.int32)
    drawn[:, 0, -1] = -1
    return {"words": jnp.asarray(drawn), "y": jnp.asarray(random.normal(size=(updates, texts)), jnp.float32)}


def trained(optimizer, given):
    update = gradient_update(objective, optimizer)
    state = TrainingState.init(start(), optimizer, key=random_key(0), rate=0.5)
    return jax.jit(lambda state: jax.lax.scan(update, state, given))(state)


def by_rows(optimizer, kept):
    return RowWise(optimizer, lambda model: model.embedding, lambda batch: batch["words"], kept)


@pytest.mark.parametrize("name", KEPT)
def test_a_thousand_updates_are_those_of_the_whole_table(name):
    optimizer = make_optimizer(name, RATES[name], decay=0.01, updates_per_epoch=100)
    whole, expected = trained(optimizer, batches(1000))
    state, found = trained(by_rows(optimizer, KEPT[name]), batches(1000))
    np.testing.assert_allclose(state.model.embedding, whole.model.embedding, rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(state.model.weight, whole.model.weight, rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(found["loss"], expected["loss"], rtol=1e-3, atol=1e-5)
    unread = np.setdiff1d(np.arange(ROWS - 1), batches(1000)["words"])
    assert (state.model.embedding[unread] == start().embedding[unread]).all()


def test_averages_that_waited_are_brought_up_to_date_when_their_row_is_read():
    optimizer = make_optimizer("adadelta", 1.0)
    given = batches(60)
    whole, _ = trained(optimizer, given)
    state, _ = trained(by_rows(optimizer, KEPT["adadelta"]), given)
    read = np.unique(given["words"][-1])
    for found, expected in zip(
        jax.tree.leaves(state.optimizer.optimizer), jax.tree.leaves(whole.optimizer), strict=True
    ):
        if found.ndim == 2:
            np.testing.assert_allclose(found[read], expected[read], rtol=1e-4)
    assert (state.optimizer.updated[read] == 60).all()
    without = trained(by_rows(optimizer, 1.0), given)[0]
    assert not np.allclose(without.model.embedding, whole.model.embedding, rtol=1e-3)


def test_a_batch_that_reads_as_much_as_there_is_steps_the_whole_table():
    optimizer = make_optimizer("adadelta", 1.0)
    given = batches(50, texts=10, words=4)
    whole, _ = trained(optimizer, given)
    state, _ = trained(by_rows(optimizer, KEPT["adadelta"]), given)
    assert (state.model.embedding == whole.model.embedding).all()
    assert (state.optimizer.updated == 50).all()


def test_what_is_kept_is_what_each_optimiser_keeps():
    for name, kept in KEPT.items():
        optimizer = make_optimizer(name, 0.1)
        weight = jnp.array([2.0])
        state = optimizer.init(weight)
        _, state = optimizer.update(jnp.array([3.0]), state, weight)
        step, after = optimizer.update(jnp.zeros(1), state, weight)
        assert float(step[0]) == 0
        for new, old in zip(jax.tree.leaves(after), jax.tree.leaves(state), strict=True):
            if old.ndim:
                assert float(new[0]) == pytest.approx(kept * float(old[0]))
