"""Several trainings in one program: each comes to what it would alone."""

import contextlib
import dataclasses
import itertools
import os
import signal
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from harmonium.models import MLP
from harmonium.recipes.shared.classification import penalized, scorer
from harmonium.training import (
    Evaluation,
    Halving,
    Patience,
    RunFolder,
    Training,
    TrainingState,
    bucketed,
    checkpoints,
    fit,
    fit_together,
    gradient_update,
    make_optimizer,
    random_key,
)
from harmonium.training.progress import Silent

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (130, 6), dtype=np.uint8)
Y = (X[:, 0] > 128).astype(np.int32) + (X[:, 1] > 128)


class Held:
    x, y = X[100:], Y[100:]


def training(seed, folder=None, *, x=X, stopping=None, hidden=5, **settings):
    optimizer = make_optimizer("momentum", 0.5, decay=0.1, updates_per_epoch=10)
    model = MLP.init(6, (hidden,), 3, key=jax.random.key(seed))
    return Training(
        gradient_update(penalized(0.001, 0.001), optimizer),
        TrainingState.init(model, optimizer, key=random_key(seed)),
        (x[:100], Y[:100]),
        run=RunFolder(folder, {"seed": seed}) if folder else None,
        **{
            "batch_size": 10,
            "max_epochs": 8,
            "evaluate": Evaluation(scorer(Held), scorer(Held)),
            "stopping": stopping or Patience(10_000),
            **settings,
        },
    )


def alone(one):
    settings = {f.name: getattr(one, f.name) for f in dataclasses.fields(one)}
    update, state, train = (settings.pop(name) for name in ("update", "state", "train"))
    return fit(update, state, train, **settings)


def assert_alike(found, expected):
    assert (found.updates, found.epochs, found.status) == (expected.updates, expected.epochs, expected.status)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), found.model, expected.model)
    for part in ("train", "valid", "test"):
        assert found.best[part] == pytest.approx(expected.best[part], rel=1e-4)


@pytest.mark.parametrize("shuffle", [False, True])
def test_each_is_as_it_would_be_alone(shuffle):
    found = fit_together([training(seed, shuffle=shuffle) for seed in range(3)])
    for seed, fitted in enumerate(found):
        assert fitted.together == 3
        assert_alike(fitted, alone(training(seed, shuffle=shuffle)))


def test_data_may_differ_from_run_to_run():
    sets = [X, X[::-1].copy()]
    found = fit_together([training(1, x=x) for x in sets])
    for x, fitted in zip(sets, found, strict=True):
        assert_alike(fitted, alone(training(1, x=x)))


def test_other_shapes_run_on_their_own():
    found = fit_together([training(0), training(1, hidden=4), training(2)])
    assert [fitted.together for fitted in found] == [2, 1, 2]
    assert_alike(found[1], alone(training(1, hidden=4)))
    assert_alike(found[2], alone(training(2)))


def test_each_stops_in_its_own_time():
    def three():
        return [training(seed, stopping=Patience(15 + 20 * seed, 1.0)) for seed in range(3)]

    found = fit_together(three())
    assert [fitted.updates for fitted in found] == [16, 36, 56]
    for fitted, one in zip(found, three(), strict=True):
        assert_alike(fitted, alone(one))


def test_each_goes_back_on_its_own():
    class Scripted:
        def __init__(self, scores):
            self.scores = iter(scores)

        def __call__(self, model):
            return {"f1": next(self.scores)}

    def two():
        scores = [0.5, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
        return [
            training(n, stopping=Halving(2, "f1"), evaluate=Evaluation(Scripted(s)))
            for n, s in enumerate(scores)
        ]

    found = fit_together(two())
    assert [fitted.best["epoch"] for fitted in found] == [2, 8]
    for fitted, one in zip(found, two(), strict=True):
        expected = alone(one)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-3), fitted.model, expected.model)


def test_one_that_diverges_leaves_the_others_alone(tmp_path):
    plain = penalized(0, 0)

    def objective(model, batch, carry, key):
        loss, (metrics, _) = plain(model, batch, None, key)
        bad = jnp.where(carry == 27, jnp.inf, 0.0)
        return loss + bad, ({"nll": metrics["nll"] + bad}, carry + 1)

    def starting_at(first, folder=None):
        optimizer = optax.sgd(0.1)
        model = MLP.init(6, (5,), 3, key=jax.random.key(0))
        return Training(
            gradient_update(objective, optimizer),
            TrainingState.init(model, optimizer, key=random_key(0), carry=jnp.int32(first)),
            (X[:100], Y[:100]),
            batch_size=10,
            max_epochs=5,
            evaluate=Evaluation(scorer(Held), scorer(Held)),
            stopping=Patience(10_000),
            run=RunFolder(folder, {}) if folder else None,
        )

    bad, good = fit_together([starting_at(0, tmp_path / "bad"), starting_at(100, tmp_path / "good")])
    assert (bad.status, bad.diverged) == ("diverged", {"update": 27, "metric": "nll"})
    assert [record["update"] for record in RunFolder.open(tmp_path / "bad").records()] == [10, 20]
    assert_alike(good, alone(starting_at(100)))


class CtrlC(Silent):
    def advance(self, updates, total, seconds, metrics):
        if updates >= 33:
            os.kill(os.getpid(), signal.SIGINT)


def test_interrupted_runs_go_on_together_or_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(
        sys.modules["harmonium.training.loop"], "SECONDS_PER_CALL", 1e-5
    )  # a few updates a call
    cut = fit_together([training(seed, tmp_path / str(seed), shuffle=True) for seed in range(3)], CtrlC())
    assert {fitted.status for fitted in cut} == {"interrupted"}
    assert 33 <= cut[0].updates < 80
    whole = [alone(training(seed, shuffle=True)) for seed in range(3)]
    assert_alike(alone(training(0, tmp_path / "0", shuffle=True)), whole[0])
    # The first has ended by now, the others are in step.
    found = fit_together([training(seed, tmp_path / str(seed), shuffle=True) for seed in range(3)])
    for fitted, expected in zip(found, whole, strict=True):
        assert_alike(fitted, expected)
    assert [r["epoch"] for r in RunFolder.open(tmp_path / "2").records()] == list(range(1, 9))


class KilledError(BaseException):
    """Stands for the end of the process: no code of ours catches it."""


@pytest.fixture
def killed(monkeypatch):
    """Return a function that trains until just before a checkpoint is written, that of the given number."""
    loop = sys.modules["harmonium.training.loop"]
    monkeypatch.setattr(loop, "SECONDS_PER_CALL", 1e-5)
    monkeypatch.setattr(loop, "SECONDS_PER_CHECKPOINT", 0.0)
    save = checkpoints.save

    def train(trainings, at, **options):
        count = itertools.count(1)

        def save_or_die(path, trainer):
            if next(count) == at:
                raise KilledError
            save(path, trainer)

        monkeypatch.setattr(checkpoints, "save", save_or_die)
        with contextlib.suppress(KilledError):
            return fit_together(trainings, **options)
        monkeypatch.setattr(checkpoints, "save", save)
        return None

    return train


class Begins(Silent):
    """Keeps after how many updates each program began."""

    def __init__(self):
        self.at = []

    def begin(self, updates, total):
        self.at.append(updates)


def assert_identical(found, expected, folder, whole):
    for one, other, number in zip(found, expected, itertools.count()):
        assert (one.updates, one.status, one.best["update"]) == (
            other.updates,
            other.status,
            other.best["update"],
        )
        for a, b in zip(jax.tree.leaves(one.model), jax.tree.leaves(other.model), strict=True):
            assert np.array_equal(a, b)
        here, there = (RunFolder.open(place / str(number)).records() for place in (folder, whole))
        assert [line | {"seconds": 0} for line in here] == [line | {"seconds": 0} for line in there]


FEW = {"batch_size": 50}  # two updates an epoch


@pytest.mark.parametrize("at", [1, 2, 3, 5, 10, 17, 24])
def test_runs_killed_between_their_checkpoints_go_on_together_to_the_same_bits(at, tmp_path, killed):
    def three(folder):
        return [training(n, tmp_path / folder / str(n), shuffle=True, max_epochs=4, **FEW) for n in range(3)]

    whole = fit_together(three("whole"))
    assert killed(three("cut"), at) is None
    report = Begins()
    found = fit_together(three("cut"), report)
    assert report.at == [(at - 1) // 3]  # one program, from the last checkpoint that all have
    assert {fitted.together for fitted in found} == {3}
    assert_identical(found, whole, tmp_path / "cut", tmp_path / "whole")


@pytest.mark.parametrize("at", [13, 14, 15, 16, 17, 18, 19, 20, 21])
def test_runs_that_end_in_their_own_time_can_be_killed_at_any(at, tmp_path, killed):
    """Each must go on beside the same others as without the break."""

    def three(folder):
        rules = [Patience(4 + 2 * seed, 1.0) for seed in range(3)]
        return [training(n, tmp_path / folder / str(n), stopping=rule, **FEW) for n, rule in enumerate(rules)]

    whole = fit_together(three("whole"))
    assert [fitted.updates for fitted in whole] == [5, 7, 9]
    over = {}
    cut = killed(three("cut"), at, ended=lambda place, fitted: over.update({place: fitted}))
    assert cut is None
    left = [number for number in range(3) if number not in over]
    report = Begins()
    found = fit_together([three("cut")[number] for number in left], report, of=3)
    assert len(report.at) <= 1
    assert all(over[number].updates <= report.at[0] for number in over if report.at)
    found = over | dict(zip(left, found, strict=True))
    assert_identical([found[number] for number in range(3)], whole, tmp_path / "cut", tmp_path / "whole")


def test_runs_of_which_one_went_on_alone_have_nothing_in_common_which_is_said(tmp_path, killed):
    def two():
        return [training(n, tmp_path / str(n), max_epochs=3) for n in range(2)]

    class Hears(Begins):
        def said(self, text):
            self.heard = text

    assert killed(two(), 21) is None
    assert killed(two()[:1], 11) is None
    report = Hears()
    found = fit_together(two(), report)
    assert len(report.at) == 2
    assert "no checkpoint in common" in report.heard
    for seed, fitted in enumerate(found):
        assert_alike(fitted, alone(training(seed, max_epochs=3)))


def test_runs_of_sequences_take_the_branch_of_the_longest():
    lengths = []

    def work(scale, batch):
        jax.debug.callback(lambda: lengths.append(batch["x"].shape[1]))
        return scale * batch["x"].sum()

    batch = {"x": jnp.ones((2, 3, 8)), "length": jnp.array([[1, 2, 2], [1, 3, 1]])}
    found = jax.jit(jax.vmap(bucketed(work, (2, 4, 8))))(jnp.array([1.0, 2.0]), batch)
    np.testing.assert_allclose(found, [12, 24])  # cut to 4 of 8 steps
    jax.effects_barrier()
    assert set(lengths) == {4}
