"""The benchmarks can still be run: all learn alike, ours and the peers that are installed. Nothing is timed."""

import importlib
import math
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # `benchmarks` is no part of the package

from benchmarks import measuring, rnn_rbm, scaling, sentiment, slot_filling

UPDATES = 2  # the second shows what the first has learned
TOLERANCE = 0.05  # of those that draw their own noise; the others are held to what they are measured by
TINY = {
    "rnn_rbm": lambda: rnn_rbm.random_notes(4),
    "sentiment": lambda: sentiment.random_texts(32),
    "slot_filling": lambda: slot_filling.random_sentences(40),
}
MODULES = ("autoencoders", "hmc", "rbm", "rnn_rbm", "sentiment", "slot_filling", "stacks", "supervised")
pytestmark = pytest.mark.filterwarnings("default")  # those of the peers' libraries are theirs


def module(name):
    return importlib.import_module(f"benchmarks.{name}")


@pytest.mark.parametrize(("name", "which"), [(m, which) for m in MODULES for which in module(m).WORKLOADS])
def test_all_who_learn_alike_come_to_the_same_loss(name, which):
    tiny = TINY.get(name, lambda: measuring.random_images(20_000, 1))
    workload = module(name).WORKLOADS[which](tiny())
    runs = workload.runs()
    noisy, updates = workload.tolerance > 1e-3, UPDATES
    if noisy and "PyTorch" in runs:
        importlib.import_module("torch").manual_seed(0)
        updates = workload.checked_updates  # after which means over what each draws by itself come together
    losses = {who: run(updates) for who, run in runs.items()}
    assert math.isfinite(losses["ours"])
    assert measuring.apart(losses, TOLERANCE if noisy else workload.tolerance) is None, losses
    if len(runs) == 1:
        pytest.skip(f"ours runs, but nothing is compared: {' and '.join(workload.peers)} are not installed")


def test_a_peer_that_learns_something_else_is_told():
    losses = {"ours": 1.0, "says nothing": None, "near": 1.0004, "far": 1.002}
    assert measuring.apart(losses, 1e-3) == "far"
    assert measuring.apart(losses, 1e-2) is None
    assert measuring.apart(losses | {"fell apart": math.nan}, 1e-2) == "fell apart"


def test_estimators_are_compared():
    estimators = module("estimators")
    rows = estimators.rows(measuring.random_images(400, 200), 400)
    for title, make in estimators.WORKLOADS.values():
        assert "x" in estimators.compared(title, make, rows, 1)["ratio"]


def test_a_sampler_is_judged():
    samplers = module("samplers")
    target = samplers.five_targets()[0]
    sampler = samplers.ours(samplers.sample_jittered_hmc, target, 2, 50, 50)
    key = samplers.jax.random.key(0)
    assert samplers.judged(target, [sampler(target.starts(2, key), key)])["ess"] > 0


@pytest.mark.parametrize("streamed", [False, True])
def test_an_epoch_of_much_data_is_measured(streamed):
    rate, memory = scaling.epoch(1000, streamed)
    assert rate > 0
    assert memory > 0


def test_a_start_is_measured():
    startup = module("startup")
    clock, processor = startup.timed(lambda: startup.python("-c", "import harmonium"))
    assert clock > 0
    assert processor > 0
