"""Who is told of a training: several at once, TensorBoard, a notebook."""

import io
import json
import sys
import types
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from rich.console import Console

import harmonium as hm
from harmonium.cli import main
from harmonium.errors import ConfigError
from harmonium.training import (
    Evaluation,
    KeepBest,
    Reports,
    Screen,
    Silent,
    TensorBoard,
    TrainingState,
    fit,
    fit_together,
    gradient_update,
    random_key,
)
from harmonium.training.progress import say
from harmonium.training.reporting import usual_report
from harmonium.training.training import Training


def objective(w, batch, carry, key):
    loss = jnp.square(w - batch).mean()
    return loss, ({"squared_error": loss}, carry)


def score(w):
    return {"squared_error": float(jnp.square(w - 2))}


def training(start=0.0, **settings):
    optimizer = optax.sgd(0.05)
    state = TrainingState.init(jnp.float32(start), optimizer, key=random_key(0))
    examples = jnp.full(10, 2.0)
    named = {"batch_size": 5, "max_epochs": 3, "evaluate": Evaluation(score)} | settings
    return Training(gradient_update(objective, optimizer), state, examples, **named)


class Watching(Silent):
    def __init__(self):
        self.seen = []

    def saw(self, model, record, is_best):
        self.seen.append((record["epoch"], float(model), record["valid"]["squared_error"], is_best))


def test_a_callback_sees_epoch_scores_and_the_model_at_each_validation():
    watching = Watching()
    fit(**vars(training(stopping=KeepBest("squared_error"))), report=watching)
    assert [epoch for epoch, *_ in watching.seen] == [1, 2, 3]
    for _, model, error, is_best in watching.seen:
        assert score(model)["squared_error"] == pytest.approx(error, rel=1e-5)
        assert is_best


def test_of_trainings_in_step_each_model_comes_with_its_own_scores():
    watching = Watching()
    fit_together([training(0.0), training(1.0)], watching)
    assert len(watching.seen) == 6
    for _, model, error, _ in watching.seen:
        assert score(model)["squared_error"] == pytest.approx(error, rel=1e-5)
    assert len({model for _, model, *_ in watching.seen}) == 6


class OfVersion1:
    """A reporter that was written before there was `saw`."""

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def phase(self, title):
        pass

    def begin(self, updates, total):
        pass

    def advance(self, updates, total, seconds, metrics):
        pass

    def validated(self, record, is_best):
        self.last = record


def test_reporters_without_the_method_go_on_working():
    old, watching = OfVersion1(), Watching()
    fit(**vars(training()), report=Reports(old, watching))
    assert old.last["epoch"] == 3
    assert len(watching.seen) == 3


def test_several_reporters_hear_what_the_data_were_taken_for():
    class Hearing(Silent):
        def understood(self, lines):
            self.lines = lines

    first, last = Hearing(), Hearing()
    settings = {"data": "digits", "max_epochs": 1, "batch_size": 100}
    hm.train("logistic-regression", out="run", report=Reports(first, OfVersion1(), last), **settings)
    assert first.lines == last.lines
    assert any("1,797" in line or "1797" in line for line in first.lines), first.lines
    hm.train("logistic-regression", out="again", report=OfVersion1(), **settings)


def scores_in(folder):
    """(name, step, value) of all scores in a folder of TensorBoard's event files."""
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.record_writer import masked_crc32c  # the framing: length, its check, event, its check

    (file,) = folder.iterdir()
    content, found = file.read_bytes(), []
    while content:
        length = int.from_bytes(content[:8], "little")
        assert int.from_bytes(content[8:12], "little") == masked_crc32c(content[:8])
        event = Event.FromString(content[12 : 12 + length])
        found += [(value.tag, event.step, value.simple_value) for value in event.summary.value]
        content = content[16 + length :]
    return found


def test_tensorboard_reads_the_scores_back(tmp_path):
    pytest.importorskip("tensorboardX")
    report = TensorBoard(tmp_path / "events")
    report.phase("fine-tuning")
    fit(**vars(training()), report=report)
    found = scores_in(tmp_path / "events")
    valid = [(step, value) for tag, step, value in found if tag == "fine-tuning/valid/squared_error"]
    assert [step for step, _ in valid] == [2, 4, 6]
    weights = [2 * (1 - 0.9**step) for step in (2, 4, 6)]
    np.testing.assert_allclose([value for _, value in valid], [(w - 2) ** 2 for w in weights], rtol=1e-4)


def test_sentences_name_no_scores_of_tensorboard(tmp_path):
    pytest.importorskip("tensorboardX")
    settings = {"data": "digits", "max_epochs": 1, "batch_size": 100}
    hm.train_seeds("logistic-regression", 2, report=TensorBoard(tmp_path / "events"), out="runs", **settings)
    assert {tag for tag, *_ in scores_in(tmp_path / "events")} >= {"valid/error_rate", "train/nll"}
    assert not any("seeds" in tag for tag, *_ in scores_in(tmp_path / "events"))


def test_a_reporter_that_knows_no_sentences_hears_them_as_phases():
    class OfVersion2:
        def phase(self, title):
            self.title = title

    report = OfVersion2()
    say(report, "seed 1 has diverged")
    assert report.title == "seed 1 has diverged"


def test_the_command_line_writes_scores_for_tensorboard(capsys):
    pytest.importorskip("tensorboardX")
    command = "train logistic-regression --data digits --max-epochs 2 --batch-size 100 --no-figures --quiet"
    assert main([*command.split(), "--out", "run", "--tensorboard", "events"]) == 0
    records = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]
    expected = [
        (f"{split}/{name}", record["update"], pytest.approx(value))
        for record in records
        for split in ("train", "valid")
        for name, value in record[split].items()
    ]
    assert scores_in(Path("events")) == expected
    assert main([*command.split(), "--out", "other", "--tensorboard", "run/metrics.jsonl"]) == 2
    assert "run/metrics.jsonl is a file; TensorBoard's event files need a folder" in capsys.readouterr().err
    assert not Path("other").exists()


def test_tensorboard_says_what_it_needs(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ConfigError, match=r"pip install 'harmonium\[tensorboard\]'"):
        TensorBoard("events")


@pytest.fixture
def cell(monkeypatch):
    """What a notebook's cell was told to show: (action, what it reads)."""
    told = []

    class Handle:
        def update(self, content, raw=False):
            told.append(("update", content["text/plain"] if raw else content._repr_mimebundle_([], [])))

    def display(content=None, *rest, display_id=None, **options):
        if display_id:
            told.append(("display", content._repr_mimebundle_([], [])))
            return Handle()

    fake = types.SimpleNamespace(display=display)
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(display=fake))
    monkeypatch.setitem(sys.modules, "IPython.display", fake)
    return told


def test_a_notebook_has_a_bar_that_moves_and_leaves(cell, monkeypatch):
    monkeypatch.setattr("harmonium.training.notebook.OFTEN", 0)
    screen = Screen(Console(file=io.StringIO(), force_jupyter=True))
    with screen:
        screen.begin(0, 100)
        screen.validated({"epoch": 1, "update": 50, "seconds": 1.0, "valid": {"error_rate": 0.02}}, True)
        screen.advance(50, 100, 1.0, {"nll": 0.1})
    (first, _), (second, halfway), (last, empty) = cell
    assert (first, second, last) == ("display", "update", "update")
    assert "epoch 2 of 2" in halfway["text/plain"]
    assert "best error 2.00%" in halfway["text/html"]
    assert empty == ""


def test_a_notebooks_bar_moves_four_times_a_second_at_most(cell):
    with Screen(Console(file=io.StringIO(), force_jupyter=True)) as screen:
        screen.begin(0, 1000)
        for update in range(1000):
            screen.advance(update, 1000, 0.001, {"nll": 0.1})
    assert 2 <= len(cell) < 100


def test_where_nobody_looks_nothing_is_said():
    assert type(usual_report()) is Silent
    assert not list(Path.cwd().iterdir())
