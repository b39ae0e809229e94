"""Buckets of lengths: padding never changes a result, and what is padded least is chosen."""

import re
from itertools import combinations

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmonium.training import (
    TrainingState,
    bucket_lengths,
    bucketed,
    fit,
    gradient_update,
    grouped,
    mean_scores,
    mean_scores_of_groups,
    random_key,
)

LONGEST = 9


def padded(lengths, width=LONGEST, seed=0):
    """Sequences whose padding is garbage."""
    values = np.random.default_rng(seed).normal(size=(len(lengths), LONGEST)).astype(np.float32)
    return {
        "x": values[:, :width],
        "label": values[:, 0],
        "length": np.array(lengths, np.int32),
    }


def squared(model, batch, carry, key):
    """A loss that sees the true steps alone."""
    steps = jnp.arange(batch["x"].shape[1]) < batch["length"][:, None]
    means = (batch["x"] * steps).sum(1) / batch["length"]
    loss = jnp.square(model["w"] * jnp.tanh(means) - batch["label"]).mean()
    return loss, ({"loss": loss, "steps": jnp.float32(batch["x"].shape[1])}, carry)


def test_a_batch_is_cut_to_the_first_length_that_holds_it():
    width = bucketed(lambda model, batch: (jnp.int32(batch["x"].shape[1]), model), (2, 5, LONGEST))
    for lengths, expected in [([1, 2], 2), ([3, 1], 5), ([5], 5), ([6, 1], 9), ([9], 9)]:
        assert int(width(0, padded(lengths))[0]) == expected
    # Longer ones than the last length are cut: what a limit on the length means.
    assert int(bucketed(lambda m, batch: jnp.int32(batch["x"].shape[1]), (2, 4))(0, padded([8]))) == 4


@given(st.lists(st.integers(1, LONGEST), min_size=1, max_size=6), st.integers(0, 99), st.booleans())
@settings(max_examples=30)
def test_padding_never_changes_an_update(lengths, seed, adaptive):
    optimizer = optax.adadelta(1.0) if adaptive else optax.sgd(0.1)
    state = TrainingState.init({"w": jnp.float32(0.7)}, optimizer, key=random_key(0))
    batch = padded(lengths, seed=seed)
    plain, in_buckets = (
        gradient_update(squared, optimizer),
        gradient_update(squared, optimizer, lengths=(2, 5, 9)),
    )
    expected, loss = plain(state, padded(lengths, max(lengths), seed))
    for after, metrics in (in_buckets(state, batch), plain(state, batch)):
        np.testing.assert_allclose(after.model["w"], expected.model["w"], rtol=1e-5)
        np.testing.assert_allclose(metrics["loss"], loss["loss"], rtol=1e-5, atol=1e-7)


def test_an_epoch_of_buckets_is_one_shuffled_program():
    """The losses of a run in buckets are those of one that is padded throughout."""
    examples, optimizer = padded(np.random.default_rng(1).integers(1, LONGEST + 1, 40)), optax.sgd(0.1)

    def run(lengths):
        update = gradient_update(squared, optimizer, lengths=lengths)
        state = TrainingState.init({"w": jnp.float32(0.7)}, optimizer, key=random_key(0))
        return fit(update, state, examples, batch_size=4, max_epochs=3, shuffle=True)

    np.testing.assert_allclose(run((3, 6, 9)).model["w"], run(None).model["w"], rtol=1e-5)


@given(st.lists(st.integers(1, 12), min_size=1, max_size=25), st.integers(1, 4), st.integers(1, 3))
def test_the_lengths_leave_the_least_padding(lengths, count, batch_size):
    lengths = np.array(lengths)
    distinct = np.unique(lengths)
    share = np.diff([0, *(np.mean(lengths <= d) ** batch_size for d in distinct)])

    def steps(chosen):
        return sum(s * next(c for c in chosen if c >= d) for d, s in zip(distinct, share, strict=True))

    found = bucket_lengths(lengths, count, batch_size=batch_size)
    assert list(found) == sorted(set(found))
    assert found[-1] == lengths.max()
    assert len(found) == min(count, len(distinct))
    others = combinations(distinct[:-1], len(found) - 1)
    assert steps(found) == pytest.approx(min(steps([*some, distinct[-1]]) for some in others))


def test_groups_hold_every_row_once_and_score_as_the_whole():
    sequences = padded([1, 9, 2, 4, 5, 9, 1, 3])
    groups = grouped(sequences, (2, 4, LONGEST))
    assert [rows.tolist() for rows, _ in groups] == [[0, 2, 6], [3, 7], [1, 4, 5]]
    assert [group["x"].shape for _, group in groups] == [(3, 2), (2, 4), (3, 9)]

    def score(model, batch):
        steps = jnp.arange(batch["x"].shape[1]) < batch["length"][:, None]
        return {"sum": (batch["x"] * steps).sum(1), "label": batch["label"]}

    whole = mean_scores(score, None, {name: jnp.asarray(a) for name, a in sequences.items()})
    assert mean_scores_of_groups(score, None, groups, block=2) == pytest.approx(whole, rel=1e-5)
    assert len(grouped(sequences, (2,))) == 1
    assert len(grouped(padded([1, 2]), (2, 5))) == 1


def test_a_switch_copies_no_optimizer_state():
    """Embeddings and both of Adadelta's averages pass an update without being copied."""
    words = 1000

    def objective(model, batch, carry, key):
        steps = jnp.arange(batch["x"].shape[1]) < batch["length"][:, None]
        loss = jnp.square(model[batch["x"]] * steps[..., None]).sum()
        return loss, ({}, carry)

    optimizer = optax.adadelta(1.0)
    state = TrainingState.init(jnp.ones((words, 16)), optimizer, key=random_key(0))
    batch = {"x": jnp.zeros((4, LONGEST), jnp.int32), "length": jnp.ones(4, jnp.int32)}

    def copies(update):
        def loop(state, batch):
            return jax.lax.fori_loop(0, 9, lambda _, s: update(s, batch)[0], state)

        program = jax.jit(loop, donate_argnums=0).lower(state, batch).compile().as_text()
        return len(re.findall(rf"= f32\[{words},16\]\S* copy\(", program))

    assert copies(gradient_update(objective, optimizer, lengths=(2, 5, 9))) == 0
    assert copies(bucketed(gradient_update(objective, optimizer), (2, 5, 9))) > 0  # which is why
