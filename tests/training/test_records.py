"""Records that a crash has cut, and that somebody else has written: one line each, and no run lost by them."""

import json
import os
from pathlib import Path

import pytest

from harmonium.errors import CheckpointError
from harmonium.training import RunFolder
from harmonium.training.records import check_progress

FIXTURES = Path(__file__).parents[1] / "fixtures" / "version-0.1"
LINES = [{"epoch": n, "update": 10 * n, "seconds": 0.5, "train": {"nll": 2.5}} for n in (1, 2, 3)]


def run(**files):
    """A folder of a run with the records of version 0.1's MLP, but for the files given."""
    folder = Path("run")
    folder.mkdir()
    for name in ("config.json", "summary.json", "metrics.jsonl"):
        (folder / name).write_bytes((FIXTURES / "mlp" / name).read_bytes())
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(
            content if isinstance(content, bytes) else content.encode()
        )
    return folder


def changed(**fields):
    summary = json.loads((FIXTURES / "mlp/summary.json").read_text())
    return json.dumps(summary | fields)


def one_line(caught, *words):
    (line,) = str(caught.value).splitlines()
    for word in words:
        assert word in line


@pytest.mark.parametrize("name", sorted(path.parent.name for path in FIXTURES.glob("*/config.json")))
def test_the_records_of_version_0_1_are_read(name):
    folder = RunFolder.open(FIXTURES / name)
    assert folder.config()["recipe"] == name
    assert folder.ended()["status"] == "finished"
    assert len(folder.records()) == len((FIXTURES / name / "metrics.jsonl").read_text().splitlines())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"a": 1',
        b"[" * 100_000,
        changed(seconds_training=float("inf")),
        changed(seconds_training=[None]),
        changed(seconds_training="0" * 5000),
        changed(peak_memory_bytes=2**70),
        changed(status="won"),
        changed(data=1),
        changed(data={"name": "x", "shape": [-1]}),
        changed(data={"name": "x", "classes": [1]}),
        changed(data={"name": "\ud800"}),
        changed(valid={"nll": "low"}),
        changed(best_epoch=-1),
        changed(epochs=None),
        changed(recipe=7),
    ],
    ids=lambda c: repr(c)[:20],
)
def test_a_summary_that_no_run_wrote_is_one_line(content):
    with pytest.raises(CheckpointError) as caught:
        RunFolder.open(run(summary_json=content)).summary()
    one_line(caught, "run/summary.json", "damaged")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("valid", [float("nan"), float("inf"), 10**300, None])
def test_scores_may_be_any_number_or_missing(valid):
    summary = changed(valid=None if valid is None else {"nll": valid})
    assert RunFolder.open(run(summary_json=summary)).ended()["status"] == "finished"


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "[]",
        '{"recipe": 1}',
        '{"recipe": "' + "0" * 70_000 + '"}',
        '{"recipe": "mlp", "data": "\\ud800"}',
    ],
)
def test_a_config_that_no_run_wrote_is_one_line(content):
    with pytest.raises(CheckpointError) as caught:
        RunFolder.open(run(config_json=content)).config()
    one_line(caught, "run/config.json")
    assert len(str(caught.value)) < 300


def test_a_config_may_name_a_file_whose_name_is_no_text():
    name = os.fsdecode(b"caf\xe9.npz")
    config = RunFolder.open(run(config_json=json.dumps({"recipe": "mlp", "data": name}))).config()
    assert config["data"] == name


@pytest.mark.parametrize("words", ["{}", '["a", 1]', '["\\ud800"]', "null"])
def test_a_vocabulary_holds_words_alone(words):
    with pytest.raises(CheckpointError) as caught:
        RunFolder.open(run(vocabulary_json=words)).vocabulary()
    one_line(caught, "run/vocabulary.json")


WRONG = [
    "null",
    "{}",
    '"\\n\\u001b[31mred"',
    '{"epoch": 2, "update": null}',
    '{"epoch": 2, "update": -1}',
    '{"epoch": 2.5, "update": 2}',
    '{"epoch": 0, "update": 2}',
    '{"epoch": 2, "update": 2, "valid": null}',
    '{"epoch": 2, "update": 2, "valid": 5}',
    '{"epoch": 2, "update": 2, "seconds": Infinity}',
    '{"epoch": 2, "upd',
    b"\xff\xfe{}".decode("latin-1"),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda w: w[:20])
@pytest.mark.parametrize("last", ["", "\n"])
def test_a_damaged_line_is_named_and_left_out_by_a_resume(wrong, last, capsys):
    whole = [json.dumps(line) for line in LINES]
    folder = RunFolder.open(run(metrics_jsonl="\n".join([whole[0], wrong, *whole[1:]]) + last))
    with pytest.raises(CheckpointError) as caught:
        folder.records()
    one_line(caught, "run/metrics.jsonl, line 2,", "harmonium resume run")
    folder.forget_after(20)
    (said,) = capsys.readouterr().err.splitlines()
    assert "run/metrics.jsonl, line 2," in said
    assert "\x1b" not in said
    assert folder.records() == LINES[:2]


@pytest.mark.parametrize("cut", [b'{"epoch": 4, "upd', b"\x00\x00\x00", '{"epoch": 4, "é'.encode()[:-1]])
def test_a_last_line_that_a_crash_has_cut_is_passed_over(cut, capsys):
    whole = "".join(json.dumps(line) + "\n" for line in LINES).encode()
    folder = RunFolder.open(run(metrics_jsonl=whole + cut))
    assert folder.records() == LINES
    assert capsys.readouterr().err == ""


def test_a_last_line_without_its_end_that_is_whole_counts():
    folder = RunFolder.open(run(metrics_jsonl="\n".join(map(json.dumps, LINES))))
    assert folder.records() == LINES
    (folder.path / "metrics.jsonl").write_text(json.dumps(LINES[0]) + "\nnull")
    with pytest.raises(CheckpointError, match="line 2, is damaged"):
        folder.records()


PROGRESS = {
    "format": 2,
    "shapes": {"a": [2]},
    "updates": 1,
    "epochs": 1,
    "seconds": 0.1,
    "best": None,
    "stopping": None,
}


@pytest.mark.parametrize(
    "change",
    [
        {"updates": -1},
        {"updates": "1"},
        {"shapes": []},
        {"best": {}},
        {"seconds": float("nan")},
        {"stopping": {"best": {}}},
        {"stopping": {"scores": ["a"]}},
    ],
    ids=str,
)
def test_what_a_checkpoint_holds_beside_arrays_is_checked(change):
    check_progress(PROGRESS, Path("run/checkpoints/7"))
    with pytest.raises(CheckpointError) as caught:
        check_progress(PROGRESS | change, Path("run/checkpoints/7"))
    one_line(caught, "run/checkpoints/7", "damaged")


@pytest.mark.parametrize(
    "content", ["[]", '{"valid": 1}', '{"test": {"x": []}}', '{"test": {"x": {}}}', "{", '{"\\ud800": {}}']
)
def test_a_log_likelihood_that_no_run_wrote_is_one_line(content):
    folder = RunFolder.open(run())
    assert folder.log_likelihood() is None
    (folder.path / "log-likelihood.json").write_text(content)
    with pytest.raises(CheckpointError) as caught:
        folder.log_likelihood()
    one_line(caught, "run/log-likelihood.json", "damaged")


def test_a_log_likelihood_is_read_as_it_was_kept():
    folder = RunFolder.open(run())
    kept = {
        "valid": {"examples": 3, "log_likelihood": -1.5, "by_reverse": None},
        "test": {"at_least": float("-inf")},
    }
    folder.write_log_likelihood(kept)
    assert folder.log_likelihood() == kept


def test_a_note_is_no_link_and_no_longer_than_a_note():
    folder = RunFolder.open(run())
    assert folder.note() == ""
    Path("secret").write_text("hunter2")
    note = folder.path / "note.txt"
    note.symlink_to(Path("secret").absolute())
    with pytest.raises(CheckpointError) as caught:
        folder.note()
    one_line(caught, "run/note.txt is a link")
    note.unlink()
    note.write_bytes("for myself: é".encode() + b"\xff\n")
    assert folder.note() == "for myself: é\ufffd"
    note.write_text("x" * 20_000)
    with pytest.raises(CheckpointError) as caught:
        folder.note()
    one_line(caught, "run/note.txt")
