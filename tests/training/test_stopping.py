"""Patience against the book's own loop (section 3.4.3), the rule that goes back, and those that wait."""

import json
import random
from pathlib import Path

import pytest

from harmonium.errors import ConfigError
from harmonium.training import Halving, KeepBest, LaggedWaiting, Patience, Waiting
from harmonium.training.records import check_progress


def books_loop(losses, per_epoch, epochs, patience, increase=2, threshold=0.995):
    """The book's pseudocode; returns the last iteration run and the iterations of new bests."""
    frequency, best, bests = min(per_epoch, patience // 2), float("inf"), []
    losses = iter(losses)
    for iteration in range(epochs * per_epoch):
        if (iteration + 1) % frequency == 0:
            loss = next(losses)
            if loss < best:
                if loss < best * threshold:
                    patience = max(patience, iteration * increase)
                best = loss
                bests.append(iteration)
        if patience <= iteration:
            break
    return iteration, bests


def our_loop(losses, per_epoch, epochs, patience):
    rule, bests, losses, done = Patience(patience), [], iter(losses), 0
    frequency = rule.validation_frequency(per_epoch)
    while done < min(epochs * per_epoch, rule.last_update() + 1):
        done += 1
        if done % frequency == 0 and rule.is_best(done - 1, {"error_rate": next(losses)}):
            bests.append(done - 1)
    return done - 1, bests


FALLING = [0.9**i for i in range(200)]
CASES = {
    "never improving": [0.5] * 200,
    "always improving": FALLING,
    "just below the threshold": [0.5, 0.5 * 0.995 - 1e-9] + [0.5] * 200,
    "exactly at the threshold": [0.5, 0.5 * 0.995] + [0.5] * 200,
    "just above the threshold": [0.5, 0.5 * 0.995 + 1e-9] + [0.5] * 200,
    "one late improvement": [0.5] * 9 + [0.3] + [0.5] * 200,
    "slow, never clear": [0.5 - 0.0001 * i for i in range(200)],
    "not a number": [0.5, float("nan")] + [0.4] * 200,
}


@pytest.mark.parametrize("losses", CASES.values(), ids=CASES)
@pytest.mark.parametrize("patience", [7, 10, 35, 1000])  # 7 and 35 are met within an epoch
def test_patience_is_the_books(losses, patience):
    assert our_loop(losses, 10, 15, patience) == books_loop(losses, 10, 15, patience)


def test_validation_happens_twice_within_the_patience():
    assert Patience(10000).validation_frequency(2500) == 2500
    assert Patience(1000).validation_frequency(2500) == 500
    assert Patience(1).validation_frequency(2500) == 1


def test_a_fractional_increase_stops_at_the_first_update_not_below_the_patience():
    rule = Patience(3, increase=1.5)
    assert rule.is_best(5, {"error_rate": 0.1})
    assert rule.patience == 7.5
    assert rule.last_update() == 8


def test_what_changes_is_restored():
    rule, again = Patience(10), Patience(10)
    rule.is_best(9, {"error_rate": 0.3})
    again.restore(rule.state())
    assert again == rule


@pytest.mark.parametrize("wrong", [{"patience": 0}, {"increase": 0.5}, {"threshold": 0}, {"threshold": 1.1}])
def test_senseless_settings_are_refused(wrong):
    with pytest.raises(ConfigError, match="patience"):
        Patience(**{"patience": 10, **wrong})


def test_the_rate_is_halved_after_each_wait_without_a_better_score():
    rule = Halving(wait=3, metric="f1")
    scores = [0.5, 0.6, 0.6, 0.5, 0.6, 0.5, 0.61, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]
    seen = [(rule.is_best(10 * n, {"f1": score}), rule.retreat()) for n, score in enumerate(scores)]
    assert [n for n, (best, _) in enumerate(seen) if best] == [0, 1, 6]
    assert [n for n, (_, scale) in enumerate(seen) if scale is not None] == [4, 9, 12]
    assert {scale for _, scale in seen} == {None, 0.5}
    again = Halving(wait=3, metric="f1")
    again.restore(rule.state())
    assert again == rule


@pytest.mark.parametrize(
    ("scores", "bests", "last"),
    [
        ([0.5, 0.4, 0.4, 0.41, 0.3, 0.3, 0.3, 0.3, 0.2], [0, 1, 4], 7),  # an equal score is not better
        ([0.5, 0.5, 0.5, 0.5], [0], 3),
        ([float("nan")] * 3 + [0.1], [], 2),
        ([0.9, 0.8, 0.7, 0.6, 0.5], [0, 1, 2, 3, 4], None),
        ([0.5, 0.6, 0.6, 0.4, 0.6, 0.6], [0, 3], None),  # twice one short of the wait
    ],
)
def test_waiting_ends_after_so_many_validations_without_a_better_one(scores, bests, last):
    rule, found, done = Waiting(wait=3), [], None
    for n, score in enumerate(scores):
        if rule.is_best(10 * n + 9, {"error_rate": score}):
            found.append(n)
        again = Waiting(wait=3)
        again.restore(rule.state())
        assert again == rule
        if rule.last_update() <= 10 * n + 9:
            done = n
            break
    assert (found, done) == (bests, last)


def test_waiting_validates_once_an_epoch_or_as_often_as_it_is_told():
    assert Waiting(3).validation_frequency(77) == 77
    assert Waiting(3, 10).validation_frequency(77) == 10


def program_of_chapter_13(errors, wait):
    """Which validations make the best model, and the one that ends training, as the rule of lstm.py says."""
    bests, bad = [], 0
    for now in range(len(errors)):
        if all(errors[now] <= error for error in errors[: now + 1]):
            bests.append(now)
            bad = 0
        long_ago = [errors[before] for before in range(now + 1) if before <= now - wait]
        if long_ago and not all(errors[now] < error for error in long_ago):
            bad += 1
            if bad > wait:
                return bests, now
    return bests, None


@pytest.mark.parametrize("wait", [1, 3, 10])
@pytest.mark.parametrize("seed", range(20))
def test_the_lagged_rule_is_that_of_chapter_13s_program(seed, wait):
    source = random.Random(seed)
    errors = [0.1 + 0.005 * abs(now - 40) + source.choice((0, 0, 0.01, 0.02, 0.05)) for now in range(120)]
    rule, bests, ended = LaggedWaiting(wait, 10), [], None
    for now, error in enumerate(errors):
        rule, before = LaggedWaiting(wait, 10), rule
        rule.restore(
            json.loads(json.dumps(before.state()))
        )  # as a checkpoint does between any two validations
        if rule.is_best(10 * now + 9, {"error_rate": error}):
            bests.append(now)
        if rule.last_update() == 10 * now + 9:
            ended = now
            break
    assert (bests, ended) == program_of_chapter_13(errors, wait)
    assert ended is not None


@pytest.mark.parametrize(
    "rule", [KeepBest("f1"), Halving(3, "f1"), Waiting(3, metric="f1"), LaggedWaiting(3, metric="f1")]
)
def test_the_highest_is_the_best_of_a_score_that_should_be_high(rule):
    assert [rule.is_best(n, {"f1": f1}) for n, f1 in enumerate([0.5, 0.6, 0.4, 0.7])] == [
        True,
        True,
        False,
        True,
    ]
    assert rule.best == 0.7


def test_halving_follows_a_score_that_should_be_low():
    rule = Halving(2, "nll")
    assert [rule.is_best(n, {"nll": nll}) for n, nll in enumerate([3.0, 2.0, 2.5])] == [True, True, False]


def test_patience_takes_no_score_that_should_be_high():
    with pytest.raises(ConfigError, match="of f1 the highest is the best"):
        Patience(10, metric="f1")


@pytest.mark.parametrize(
    "rule", [KeepBest("f1"), Halving(3, "f1"), Waiting(3), LaggedWaiting(3), Patience(10)]
)
def test_a_checkpoint_takes_the_state_of_every_rule(rule):
    progress = {"format": 2, "shapes": {}, "updates": 9, "epochs": 1, "seconds": 0.1, "best": None}
    for update in (3, 6, 9):
        rule.is_best(update, {rule.metric: 0.5})
        check_progress(
            progress | {"stopping": json.loads(json.dumps(rule.state()))}, Path("run/checkpoints/9")
        )
