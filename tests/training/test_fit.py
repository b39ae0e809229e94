"""The engine: what is learned does not depend on how the loop was cut, stopped, resumed or streamed."""

import json
import os
import shutil
import signal
import sys
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from harmonium.errors import CheckpointError, ConfigError, HarmoniumError
from harmonium.models import MLP
from harmonium.recipes.shared.classification import penalized, scorer
from harmonium.training import (
    Evaluation,
    Halving,
    KeepBest,
    Patience,
    RunFolder,
    TrainingState,
    Waiting,
    fit,
    gradient_update,
    make_optimizer,
    random_key,
)
from harmonium.training.batches import Batches, memory_budget
from harmonium.training.progress import Silent

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (130, 6), dtype=np.uint8)
Y = (X[:, 0] > 128).astype(np.int32) + (X[:, 1] > 128)
STREAMED = Batches._streamed
NEW = MLP.init(6, (5,), 3, key=jax.random.key(0))


class Held:
    x, y = X[100:], Y[100:]


def learn(
    run=None,
    *,
    optimizer="momentum",
    epochs=6,
    block=None,
    objective=None,
    report=None,
    average=0.0,
    **settings,
):
    optimizer = make_optimizer(optimizer, 0.5, decay=0.1, updates_per_epoch=10)
    update = gradient_update(objective or penalized(0.001, 0.001), optimizer, block=block)
    return fit(
        update,
        TrainingState.init(NEW, optimizer, key=random_key(3), average=average),
        (X[:100], Y[:100]),
        batch_size=10,
        max_epochs=epochs,
        **{
            "evaluate": Evaluation(scorer(Held), scorer(Held)),
            "stopping": Patience(10_000),
            "run": run,
            "report": report,
            **settings,
        },
    )


def assert_same(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def test_updates_are_those_of_a_plain_loop():
    optimizer = make_optimizer("momentum", 0.5, decay=0.1, updates_per_epoch=10)
    update = jax.jit(gradient_update(penalized(0.001, 0.001), optimizer))
    state = TrainingState.init(NEW, optimizer, key=random_key(3))
    for i in range(30):
        rows = slice(i % 10 * 10, i % 10 * 10 + 10)
        state, _ = update(state, (jnp.asarray(X[rows]), jnp.asarray(Y[rows])))
    fitted = learn(epochs=3, stopping=None, evaluate=None)
    assert (fitted.updates, fitted.epochs, fitted.status) == (30, 3, "finished")
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), fitted.model, state.model)


def test_what_is_judged_and_kept_is_the_running_mean_of_all_models():
    optimizer = make_optimizer("momentum", 0.5, decay=0.1, updates_per_epoch=10)
    update = jax.jit(gradient_update(penalized(0.001, 0.001), optimizer))
    state, mean = TrainingState.init(NEW, optimizer, key=random_key(3)), NEW
    for i in range(30):
        rows = slice(i % 10 * 10, i % 10 * 10 + 10)
        state, _ = update(state, (jnp.asarray(X[rows]), jnp.asarray(Y[rows])))
        decay = min(0.8, (i + 2) / (i + 11))
        mean = jax.tree.map(lambda m, new, d=decay: d * m + (1 - d) * new, mean, state.model)
    judged = []
    evaluate = Evaluation(lambda model: judged.append(jax.tree.map(np.asarray, model)) or scorer(Held)(model))
    fitted = learn(epochs=3, stopping=None, evaluate=evaluate, average=0.8)
    for found in (fitted.model, judged[-1]):
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), found, mean)


def test_one_sgd_update_is_the_gradient_step():
    optimizer = optax.sgd(0.1)
    update = gradient_update(penalized(0, 0), optimizer)
    state = TrainingState.init(NEW, optimizer, key=random_key(0))
    batch = (jnp.asarray(X[:20]), jnp.asarray(Y[:20]))
    after, metrics = update(state, batch)
    loss, gradient = jax.value_and_grad(lambda m: penalized(0, 0)(m, batch, None, None)[0])(NEW)
    expected = jax.tree.map(lambda w, g: w - 0.1 * g, NEW, gradient)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), after.model, expected)
    np.testing.assert_allclose(metrics["nll"], loss, rtol=1e-6)


def test_blocks_change_the_gradient_by_rounding_only():
    whole, blocked = learn(block=None), learn(block=3)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-3), whole.model, blocked.model)
    assert abs(whole.best["train"]["nll"] - blocked.best["train"]["nll"]) < 1e-3


def test_the_rate_decays_by_epochs():
    optimizer = make_optimizer("sgd", 1.0, decay=0.5, updates_per_epoch=3)
    state, steps = optimizer.init(jnp.zeros(())), []
    for _ in range(7):
        step, state = optimizer.update(jnp.ones(()), state)
        steps.append(-float(step))
    np.testing.assert_allclose(steps, [1, 1, 1, 1 / 1.5, 1 / 1.5, 1 / 1.5, 1 / 2])


def test_the_rate_falls_to_zero_where_it_is_annealed():
    optimizer = make_optimizer("sgd", 1.0, decay=1.0, updates_per_epoch=2, anneal_epochs=3)
    state, steps = optimizer.init(jnp.float32(0)), []
    for _ in range(8):
        step, state = optimizer.update(jnp.float32(-1), state)
        steps.append(float(step))
    left = [1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6, 0, 0]
    np.testing.assert_allclose(steps, [a / (1 + n // 2) for n, a in enumerate(left)], rtol=1e-6)


@pytest.mark.parametrize(
    ("schedule", "left"),
    [
        ("cosine", [(1 + np.cos(np.pi * n / 10)) / 2 for n in range(11)]),
        # from 1/25 along half a cosine to 1 at three tenths, then along another to nothing
        (
            "one-cycle",
            [0.04 + 0.96 * (1 - np.cos(np.pi * n / 3)) / 2 for n in range(3)]
            + [(1 + np.cos(np.pi * n / 7)) / 2 for n in range(8)],
        ),
    ],
)
def test_the_rate_falls_along_the_named_curve(schedule, left):
    optimizer = make_optimizer("sgd", 0.5, updates_per_epoch=5, anneal_epochs=2, schedule=schedule)
    state, steps = optimizer.init(jnp.float32(0)), []
    for _ in range(11):
        step, state = optimizer.update(jnp.float32(-1), state)
        steps.append(float(step))
    np.testing.assert_allclose(steps, 0.5 * np.array(left), atol=1e-4)


def test_an_unknown_schedule_is_refused():
    with pytest.raises(
        ConfigError, match="unknown schedule 'steps'; choose one of linear, cosine, one-cycle"
    ):
        make_optimizer("sgd", 0.5, schedule="steps")


def test_decoupled_weight_decay_is_adamws_and_spares_biases():
    model = {"weight": jax.random.normal(jax.random.key(0), (4, 3)), "bias": jnp.ones(4)}
    how = {"decay": 0.0, "updates_per_epoch": 5, "anneal_epochs": 2}
    ours = make_optimizer("adam", 0.1, weight_decay=0.3, **how)
    rate = optax.linear_schedule(0.1, 0.0, 10)
    theirs = optax.adamw(rate, weight_decay=0.3, mask={"weight": True, "bias": False})
    mine = its = model
    states = [ours.init(model), theirs.init(model)]
    for n in range(8):
        gradient = jax.tree.map(lambda a, n=n: jnp.sin(a + n), model)
        step, states[0] = ours.update(gradient, states[0], mine)
        mine = optax.apply_updates(mine, step)
        step, states[1] = theirs.update(gradient, states[1], its)
        its = optax.apply_updates(its, step)
        for name in model:
            np.testing.assert_allclose(mine[name], its[name], rtol=1e-5, atol=1e-6)


def test_adadelta_is_optaxs():
    ours, theirs = make_optimizer("adadelta", 0.7), optax.adadelta(0.7, rho=0.95)
    weights = jnp.zeros(50)
    states = [ours.init(weights), theirs.init(weights)]
    for n in range(20):
        gradient = jax.random.normal(jax.random.key(n), (50,)) * 10.0 ** jnp.linspace(-6, 3, 50)
        steps, states = zip(
            *(o.update(gradient, s, weights) for o, s in zip((ours, theirs), states, strict=True)),
            strict=True,
        )
        np.testing.assert_allclose(*steps, rtol=1e-5)


@pytest.mark.parametrize("shuffle", [False, True])
def test_streaming_changes_nothing(shuffle):
    resident = learn(shuffle=shuffle)
    streamed = learn(shuffle=shuffle, device_bytes=X[:100].nbytes // 2)
    assert_same(resident.model, streamed.model)
    assert resident.best["train"] == streamed.best["train"]


def test_what_is_written_into_the_callers_arrays_changes_nothing_while_they_are_learned_from():
    room = np.zeros(X.nbytes + 64, np.uint8)
    x = room[-room.ctypes.data % 64 :][: X.nbytes].reshape(X.shape)  # where JAX needs no copy
    x[:] = X
    assert jax.device_put(x).unsafe_buffer_pointer() == x.ctypes.data
    batches = Batches((x, Y), 10, shuffle=False, key=jax.random.key(0))
    taken = batches.chunk(0).arrays[0]
    x[:] = 0
    np.testing.assert_array_equal(taken, X)


def test_what_exceeds_half_of_an_accelerators_memory_streams(monkeypatch):
    resident = learn()
    stats = {"bytes_limit": X[:100].nbytes}
    device = SimpleNamespace(memory_stats=lambda: stats)
    monkeypatch.setattr(jax, "local_devices", lambda: [device])
    assert memory_budget() == X[:100].nbytes // 2
    streams = []
    monkeypatch.setattr(
        Batches, "_streamed", lambda self, update: streams.append(update) or STREAMED(self, update)
    )
    assert_same(resident.model, learn().model)
    assert streams


def test_shuffling_takes_every_example_once_an_epoch():
    seen = []

    def objective(model, batch, carry, key):
        x, _ = batch
        jax.debug.callback(lambda rows: seen.extend(np.asarray(rows).tolist()), x[:, 0], ordered=True)
        return jnp.float32(0) * sum(a.sum() for a in jax.tree.leaves(model)), ({"nll": jnp.float32(0)}, carry)

    rows = np.arange(100, dtype=np.float32)[:, None] * np.ones((1, 6), np.float32)
    optimizer = optax.sgd(0.1)
    state = TrainingState.init(NEW, optimizer, key=random_key(1))
    fit(
        gradient_update(objective, optimizer),
        state,
        (rows, Y[:100]),
        batch_size=10,
        max_epochs=2,
        shuffle=True,
    )
    jax.effects_barrier()
    first, second = seen[:100], seen[100:]
    assert sorted(first) == sorted(second) == list(range(100))
    assert first != second
    assert first != list(range(100))


class StopAfter(Silent):
    """Presses Ctrl+C once so many updates are done."""

    def __init__(self, updates):
        self.updates = updates

    def advance(self, updates, total, seconds, metrics):
        if updates >= self.updates:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("settings", [{}, {"shuffle": True}, {"average": 0.9}], ids=str)
def test_an_interrupted_run_resumes_bit_for_bit(tmp_path, settings, monkeypatch):
    whole = learn(RunFolder.new(tmp_path / "whole", {}), **settings)
    monkeypatch.setattr(
        sys.modules["harmonium.training.loop"], "SECONDS_PER_CALL", 1e-5
    )  # a few updates a call
    folder = RunFolder.new(tmp_path / "cut", {})
    cut = learn(folder, **settings, report=StopAfter(13))
    assert cut.status == "interrupted"
    assert 13 <= cut.updates < 60
    again = RunFolder.open(tmp_path / "cut")
    resumed = learn(again, **settings)
    assert resumed.status == "finished"
    assert_same(whole.model, resumed.model)
    assert [{**r, "seconds": 0} for r in again.records()] == [
        {**r, "seconds": 0} for r in RunFolder.open(tmp_path / "whole").records()
    ]


def test_a_finished_run_resumes_to_itself(tmp_path):
    first = learn(RunFolder.new(tmp_path / "run", {}))
    second = learn(RunFolder.open(tmp_path / "run"))
    assert second.updates == first.updates
    assert_same(first.model, second.model)


def test_the_best_model_is_returned(tmp_path):
    fitted = learn(RunFolder.new(tmp_path / "run", {}), epochs=12)
    records = RunFolder.open(tmp_path / "run").records()
    best = min(records, key=lambda r: r["valid"]["error_rate"])
    assert fitted.best["update"] == best["update"]
    assert scorer(Held)(fitted.model)["error_rate"] == pytest.approx(best["valid"]["error_rate"])
    falling = [r["valid"]["error_rate"] for r in records if "test" in r]
    assert falling == sorted(set(falling), reverse=True)  # the test set is scored at new bests alone


def test_an_end_before_the_first_validation_is_validated(tmp_path):
    folder = RunFolder.new(tmp_path / "run", {})
    fitted = learn(folder, stopping=Waiting(wait=3, frequency=1000))
    assert [r["update"] for r in folder.records()] == [60]
    assert_same(fitted.model, learn(stopping=None).model)
    assert "test" in fitted.best


def test_there_is_no_model_before_the_first_validation(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["harmonium.training.loop"], "SECONDS_PER_CALL", 1e-5)
    folder = RunFolder.new(tmp_path / "run", {})
    settings = {"stopping": Waiting(wait=3, frequency=50)}
    assert learn(folder, **settings, report=StopAfter(13)).status == "interrupted"
    assert not folder.model.exists()
    learn(RunFolder.open(tmp_path / "run"), **settings)
    assert folder.model.exists()


def explode_at(update):
    plain = penalized(0, 0)

    def objective(model, batch, carry, key):
        loss, (metrics, _) = plain(model, batch, None, key)
        carry = carry + 1
        bad = jnp.where(carry > update, jnp.inf, 0.0)
        return loss + bad, ({"nll": metrics["nll"] + bad}, carry)

    return objective


@pytest.mark.parametrize("stopping", [None, 10_000])
def test_the_test_set_is_scored_once_at_the_end(stopping):
    scored = []

    def test(model):
        scored.append(model)
        return {"error_rate": 0.25}

    evaluate = Evaluation(scorer(Held), test)
    fitted = learn(evaluate=evaluate, stopping=stopping and Patience(stopping))
    (model,) = scored
    assert_same(model, fitted.model)
    assert fitted.best["test"] == {"error_rate": 0.25}
    assert fitted.best["epoch"] == 6 or stopping


def test_the_test_set_may_be_watched_at_each_new_best():
    scored = []
    evaluate = Evaluation(
        scorer(Held), lambda model: scored.append(1) or {"error_rate": 0.5}, watch_test=True
    )
    report = Told()
    learn(evaluate=evaluate, report=report)
    assert len(scored) == sum(best for _, best in report.validations) >= 2


class Told(Silent):
    """Keeps what a reporter is told of validations."""

    def __init__(self):
        self.validations = []

    def validated(self, record, is_best):
        self.validations.append((record, is_best))


def test_without_a_rule_the_last_model_is_the_result_and_none_is_called_best(tmp_path):
    report, folder = Told(), RunFolder.new(tmp_path / "run", {})
    fitted = learn(folder, stopping=None, report=report)
    assert [best for _, best in report.validations] == [False] * 6
    assert fitted.best["epoch"] == 6
    assert not any("best" in record for record in folder.records())
    assert_same(fitted.model, learn(stopping=None, evaluate=None).model)


@pytest.mark.parametrize(("metric", "best"), [("error_rate", min), ("f1", max)])
def test_the_best_of_a_number_of_epochs_is_a_rule_of_its_own(metric, best):
    values = iter([0.5, 0.2, 0.4, 0.7, 0.3, 0.6])
    models = []

    def valid(model):
        models.append(jax.tree.map(np.asarray, model))
        return {metric: next(values)}

    fitted = learn(evaluate=Evaluation(valid), stopping=KeepBest(metric))
    place = [0.5, 0.2, 0.4, 0.7, 0.3, 0.6].index(best([0.5, 0.2, 0.4, 0.7, 0.3, 0.6]))
    assert (fitted.epochs, fitted.best["epoch"]) == (6, place + 1)
    assert_same(fitted.model, models[place])


def test_a_rule_without_scores_to_follow_is_refused():
    with pytest.raises(ConfigError, match="Patience needs `evaluate`"):
        learn(evaluate=None)


def test_one_rule_serves_several_trainings():
    rule = Patience(25)
    first, second = learn(stopping=rule), learn(stopping=rule)
    assert rule == Patience(25)
    assert (first.updates, first.best) == (second.updates, second.best | {"seconds": first.best["seconds"]})


@pytest.mark.parametrize(
    "rule", [Patience(20, best=0.1), Waiting(2, best=0.1), Halving(2, "f1", best=0.9), KeepBest("f1", 0.1)]
)
def test_a_rule_that_is_used_up_is_refused(rule):
    with pytest.raises(ConfigError, match="has been used already"):
        learn(stopping=rule)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (lambda loss: loss, "this one returns float32\\[\\]"),
        (lambda loss: (loss, {"nll": loss}), "this one returns"),
        (lambda loss: (loss[None], ({}, None)), "the loss a single float; here it is float32\\[1\\]"),
        (lambda loss: (loss, ({"nll": loss[None]}, None)), "here they are {nll: float32\\[1\\]}"),
        (lambda loss: (loss, ({}, loss)), "the carry as it was given, None"),
    ],
)
def test_an_objective_of_another_shape_is_refused_in_our_words(found, said):
    def objective(model, batch, carry, key):
        return found(penalized(0, 0)(model, batch, carry, key)[0])

    with pytest.raises(ConfigError, match=said):
        learn(objective=objective)


def test_paths_may_be_text(tmp_path):
    folder = RunFolder.new(str(tmp_path / "run"), {})
    learn(folder, epochs=1)
    assert RunFolder.open(str(tmp_path / "run")).model.exists()


@pytest.mark.parametrize("at", [27, 7])
def test_divergence_names_the_update_and_keeps_the_last_finite_model(tmp_path, at):
    optimizer = optax.sgd(0.1)
    folder = RunFolder.new(tmp_path / "run", {})
    fitted = fit(
        gradient_update(explode_at(at), optimizer),
        TrainingState.init(NEW, optimizer, key=random_key(0), carry=jnp.int32(0)),
        (X[:100], Y[:100]),
        batch_size=10,
        max_epochs=5,
        evaluate=Evaluation(scorer(Held), scorer(Held)),
        stopping=Patience(10_000),
        run=folder,
    )
    assert fitted.status == "diverged"
    assert fitted.diverged == {"update": at, "metric": "nll"}
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(fitted.model))
    assert [r["update"] for r in folder.records()] == ([10, 20] if at == 27 else [])
    assert folder.model.exists() == (at == 27)  # before a validation it would be the first weights


def test_a_batch_larger_than_the_set_is_refused_before_anything_is_written(tmp_path):
    optimizer = optax.sgd(0.1)
    state = TrainingState.init(NEW, optimizer, key=random_key(0))
    update = gradient_update(penalized(0, 0), optimizer)
    folder = RunFolder.new(tmp_path / "run", {})
    with pytest.raises(ConfigError, match="batch size 101 is larger than the training set of 100"):
        fit(update, state, (X[:100], Y[:100]), batch_size=101, max_epochs=1, run=folder)
    assert list(tmp_path.iterdir()) == []


def test_a_cut_last_line_of_metrics_is_dropped(tmp_path):
    folder = RunFolder.new(tmp_path / "run", {"recipe": "mlp"})
    folder.begin()
    folder.record({"epoch": 1, "update": 1})
    with (tmp_path / "run" / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 1, "update": 2, "va')
    assert folder.records() == [{"epoch": 1, "update": 1}]
    assert json.loads((tmp_path / "run" / "config.json").read_text()) == {"recipe": "mlp"}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("No space left on device"), "the disk is full; free some space, then"),
        (
            MemoryError("Unable to allocate 5 MiB"),
            r"enough memory \(.*\); close other prog",
        ),
        (PermissionError(13, "Permission denied"), "Permission denied; mend that, then"),
    ],
)
def test_why_a_checkpoint_cannot_be_written(error, said, tmp_path, monkeypatch):
    def save(*_, **__):
        raise error

    monkeypatch.setattr("orbax.checkpoint.CheckpointManager.save", save)
    with pytest.raises(HarmoniumError, match=f"{said}.* continue with: harmonium resume {tmp_path}/run"):
        learn(RunFolder(tmp_path / "run", {}))


def test_a_damaged_checkpoint_is_named(tmp_path):
    learn(RunFolder.new(tmp_path / "run", {}), epochs=2)
    checkpoint = max((tmp_path / "run" / "checkpoints").iterdir())
    shutil.rmtree(checkpoint / "arrays")
    with pytest.raises(HarmoniumError, match=str(checkpoint)):
        learn(RunFolder.open(tmp_path / "run"), epochs=3)


@pytest.mark.parametrize("nanoseconds", [10**40, 10**27, 10**21, "now"])
def test_a_checkpoint_of_no_date_is_refused_on_one_line(nanoseconds, tmp_path):
    learn(RunFolder.new(tmp_path / "run", {}), epochs=2)
    said = max((tmp_path / "run" / "checkpoints").iterdir()) / "_CHECKPOINT_METADATA"
    said.write_text(json.dumps(json.loads(said.read_text()) | {"commit_timestamp_nsecs": nanoseconds}))
    with pytest.raises(
        CheckpointError, match=r"a checkpoint in .* is damaged .* delete the newest folder there"
    ):
        learn(RunFolder.open(tmp_path / "run"), epochs=3)


class Scripted:
    """Validation scores that were decided beforehand; remembers the model at each."""

    def __init__(self, scores):
        self.scores, self.models = scores, []

    def __call__(self, model):
        self.models.append(jax.tree.map(np.asarray, model))
        return {"f1": self.scores[len(self.models) - 1]}


def test_going_back_takes_the_best_model_and_half_the_rate():
    optimizer = optax.sgd(0.5)
    update = gradient_update(penalized(0, 0), optimizer)
    start = TrainingState.init(NEW, optimizer, key=random_key(3))
    scripted = Scripted([0.1, 0.9, 0.5, 0.5, 0.5])
    fitted = fit(
        update,
        start,
        (X[:100], Y[:100]),
        batch_size=100,
        max_epochs=5,
        evaluate=Evaluation(scripted),
        stopping=Halving(2, "f1"),
    )
    assert fitted.best["epoch"] == 2
    best = scripted.models[1]
    assert_same(fitted.model, best)
    # Epoch 5 is one step of half the rate from the best model.
    half = optax.sgd(0.25)
    expected, _ = gradient_update(penalized(0, 0), half)(
        TrainingState.init(jax.tree.map(jnp.asarray, best), half, key=random_key(3)),
        (jnp.asarray(X[:100]), jnp.asarray(Y[:100])),
    )
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), scripted.models[4], expected.model)


def test_going_back_takes_the_mean_back_too():
    best = jax.tree.map(lambda a: a + 1, NEW)
    state = TrainingState.init(NEW, optax.sgd(0.5), key=random_key(0), average=0.5).back_at(best, 0.5)
    assert_same(state.model, best)
    assert_same(state.result, best)
    assert state.rate == 0.5


@pytest.mark.parametrize("average", [0.0, 0.5])
def test_a_run_that_went_back_resumes_bit_for_bit(tmp_path, average, monkeypatch):
    def accuracy(model):
        return {"f1": round(1 - scorer(Held)(model)["error_rate"], 1)}  # so coarse that it seldom rises

    def run(folder, **settings):
        rule = Halving(1, "f1")
        return learn(
            folder,
            shuffle=True,
            average=average,
            evaluate=Evaluation(accuracy),
            stopping=rule,
            epochs=9,
            **settings,
        )

    whole = run(RunFolder.new(tmp_path / "whole", {}))
    monkeypatch.setattr(sys.modules["harmonium.training.loop"], "SECONDS_PER_CALL", 1e-5)
    cut = run(RunFolder.new(tmp_path / "cut", {}), report=StopAfter(63))
    assert cut.status == "interrupted"
    folder = RunFolder.open(tmp_path / "cut")
    resumed = run(folder)
    assert resumed.status == "finished"
    assert_same(whole.model, resumed.model)
    records = folder.records()
    assert [r["train"] for r in records] == [r["train"] for r in RunFolder.open(tmp_path / "whole").records()]
    bests = sum(
        r["valid"]["f1"] > max([s["valid"]["f1"] for s in records[:n]], default=-1)
        for n, r in enumerate(records)
    )
    assert bests <= 5  # so that it went back before it was cut


def test_a_projection_follows_each_step():
    optimizer = optax.sgd(0.1)
    update = gradient_update(penalized(0, 0), optimizer, project=lambda m: jax.tree.map(jnp.sign, m))
    after, _ = update(
        TrainingState.init(NEW, optimizer, key=random_key(0)), (jnp.asarray(X[:20]), jnp.asarray(Y[:20]))
    )
    assert set(np.unique(after.model.hidden[0].weight)) == {-1, 1}


def lost_at(update):
    """An objective whose loss is not a number at one update, and whose only metric does not show it."""

    def objective(w, x, carry, key):
        loss = jnp.square(w - x).mean() * jnp.where(carry == update, jnp.nan, 1)
        return loss, ({"seen": jnp.float32(1)}, carry + 1)

    return objective


@pytest.mark.parametrize("at", [0, 7, 29])
def test_weights_that_are_no_numbers_are_divergence_where_no_metric_shows_it(at):
    optimizer = optax.sgd(0.1)
    state = TrainingState.init(jnp.float32(0), optimizer, key=random_key(0), carry=jnp.int32(0))
    update = gradient_update(lost_at(at), optimizer)
    fitted = fit(update, state, jnp.ones(100), batch_size=10, max_epochs=3)
    assert fitted.status == "diverged"
    assert fitted.diverged["metric"] == "a weight"
    assert at <= fitted.diverged["update"] < 30
    assert np.isfinite(fitted.model)


@pytest.mark.parametrize(
    ("valid", "said"),
    [
        (lambda model: {"mse": 1.0}, "KeepBest follows error_rate, and evaluate returns mse"),
        (lambda model: 1.0, "evaluate must return scores by name.* returned float"),
    ],
)
def test_scores_that_a_rule_cannot_follow_are_told(valid, said):
    with pytest.raises(ConfigError, match=said):
        learn(evaluate=Evaluation(valid), stopping=KeepBest("error_rate"), epochs=1)


def test_a_run_of_a_bare_array_is_refused_before_it_learns(tmp_path):
    optimizer, seen = optax.sgd(0.1), []

    def objective(w, x, carry, key):
        seen.append(x)
        return jnp.square(w - x).mean(), ({}, carry)

    state = TrainingState.init(jnp.float32(0), optimizer, key=random_key(0))
    with pytest.raises(ConfigError, match=r"equinox\.Module, and this one is of type ArrayImpl"):
        fit(
            gradient_update(objective, optimizer),
            state,
            jnp.ones(100),
            batch_size=10,
            max_epochs=1,
            run=RunFolder(tmp_path / "run"),
        )
    assert not (tmp_path / "run" / "model.safetensors").exists()
