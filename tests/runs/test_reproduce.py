"""A run beside the published one of its row."""

import copy

import pytest

import harmonium as hm
from harmonium.cli.reproduce import _why
from harmonium.runs import reproduce


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run"
    return hm.train(
        "stacked-denoising-autoencoder",
        data="digits",
        hidden=(8, 8),
        batch_size=20,
        pretraining_epochs=(2,),
        max_epochs=3,
        out=path,
    )


@pytest.fixture
def published(stack, monkeypatch):
    """The curves of the stack itself, by phase, as if they were a row's."""
    folder = stack.folder
    phases = {phase: folder.phase(phase, {}) for phase in folder.phase_names()} | {"": folder}
    curves = {phase: copy.deepcopy(list(of.records())) for phase, of in phases.items()}
    monkeypatch.setattr(reproduce, "curve", lambda name, seed, phase="": curves.get(phase, []))
    return curves


def test_a_run_repeats_its_own_curves(stack, published):
    assert sum(map(len, published.values())) == 2 + 2 + 3
    assert reproduce.validations_alike(stack, "row", 0) == (7, 7)


@pytest.mark.parametrize(("phase", "place", "same"), [(0, 0, 0), (1, 1, 3), (2, 0, 4), (2, 2, 6)])
def test_validations_count_up_to_the_first_that_differs(stack, published, phase, place, same):
    scores = list(published.values())[phase][place]["train"]
    scores[next(iter(scores))] *= 1.001
    assert reproduce.validations_alike(stack, "row", 0) == (same, 7)


def test_rounding_is_no_difference(stack, published):
    for record in published[""]:
        record["valid"] = {name: value * (1 + 1e-6) for name, value in record["valid"].items()}
    assert reproduce.validations_alike(stack, "row", 0) == (7, 7)


def test_a_run_that_ended_before_the_published_one_is_alike_as_far_as_it_goes(stack, published):
    published[""].append(published[""][-1])
    assert reproduce.validations_alike(stack, "row", 0) == (7, 8)


def test_without_a_published_curve_nothing_is_said(stack, monkeypatch):
    monkeypatch.setattr(reproduce, "curve", lambda name, seed, phase="": [])
    assert reproduce.validations_alike(stack, "row", 0) == (0, 0)


def test_a_difference_from_the_start_may_be_another_programs():
    assert "program" in _why(0, 60)
    assert "34 of its 60" in _why(34, 60)
    assert "program" not in _why(34, 60)
