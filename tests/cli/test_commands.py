"""Every command from end to end, at a tiny size, and every bad input as one line with exit code 2."""

import contextlib
import json
import re
import subprocess
import sys
import time

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

import harmonium as hm
from harmonium.cli import COMMANDS, main
from harmonium.data import CATALOGUE, Grid, write_midi
from harmonium.recipes.catalogue import RECIPES

SMALL = ["--data", "digits", "--batch-size", "20", "--max-epochs", "2"]
LENET = [*SMALL, "--kernels", "4", "--kernel-sizes", "3", "--hidden", "8"]
STACK = [*SMALL, "--hidden", "8", "6", "5", "--pretraining-epochs", "1", "--pretraining-batch-size", "20"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """One run of LeNet on the digits, with its pictures."""
    out = tmp_path_factory.mktemp("runs") / "lenet"
    assert main(["train", "lenet", *LENET, "--out", str(out)]) == 0
    return out


def line(capsys):
    """The one line that a failing command printed."""
    out, err = capsys.readouterr()
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    assert out == ""
    return err


def test_a_run_is_the_folder_of_the_design(trained):
    assert {p.name for p in trained.iterdir() if p.name[0] != "."} == {
        "README.md",
        "config.json",
        "data.json",
        "metrics.jsonl",
        "summary.json",
        "model.safetensors",
        "checkpoints",
        "figures",
    }
    summary = json.loads((trained / "summary.json").read_text())
    assert summary["status"] == "finished"
    assert summary["epochs"] == 2
    assert summary["updates"] == 2 * (1285 // 20)
    assert summary["data"]["sizes"] == {"train": 1285, "valid": 256, "test": 256}
    assert summary["peak_memory_bytes"] > 10**8
    assert 0 < summary["test"]["error_rate"] < 0.9
    drawn = {p.name for p in (trained / "figures").iterdir()}
    assert drawn == {"learning-curves.png", "confusion.png", "filters.png", "mistakes.png"}
    for name in drawn:
        with Image.open(trained / "figures" / name) as picture:
            assert picture.width >= 300


def sentences(path):
    """A file of them, for the recipes that label words."""
    path.write_text("from\tO\nnew\tB-city\nyork\tI-city\n\n" * 30)
    return ["--data", str(path), "--max-epochs", "2"]


def opinions(path):
    """A file of them, for the recipes that classify texts."""
    path.write_text("pro\ta good film\ncon\ta bad film\n" * 30)
    small = ["--hidden", "4", "--embedding", "4", "--validation-updates", "0"]
    return ["--data", str(path), "--max-epochs", "2", *small]


def tunes(folder):
    """MIDI files, for the recipes that learn music."""
    for n in range(8):
        roll = np.zeros((9, 88), np.uint8)
        roll[np.arange(9), 30 + n + np.arange(9)] = 1
        write_midi(roll, Grid(), folder / f"{n}.mid")
    return ["--data", str(folder), "--max-epochs", "2", "--hidden", "5", "--recurrent", "4"]


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_trains_and_repeats_itself_and_averages(recipe, tmp_path, capsys):
    options = {
        "lenet": LENET,
        "stacked-denoising-autoencoder": STACK,
        "dbn": STACK,
        "slot-filling": sentences(tmp_path / "own.iob"),
        "sentiment": opinions(tmp_path / "own.tsv"),
        "rnn-rbm": tunes(tmp_path / "tunes"),
    }.get(recipe, SMALL)
    assert main(["train", recipe, *options, "--no-figures", "--json", "--out", str(tmp_path / "a")]) == 0
    first = json.loads(capsys.readouterr().out)
    config = tmp_path / "a" / "config.json"
    again = ["train", recipe, "--config", str(config), "--no-figures", "--json", "--out", str(tmp_path / "b")]
    assert main(again) == 0
    second = json.loads(capsys.readouterr().out)
    assert first["valid"] == second["valid"]
    assert (tmp_path / "a/model.safetensors").read_bytes() == (tmp_path / "b/model.safetensors").read_bytes()
    assert json.loads((tmp_path / "b/config.json").read_text()) == json.loads(config.read_text())
    assert main([*again[:-1], str(tmp_path / "d"), "--average", "0.5"]) == 0
    assert (tmp_path / "a/model.safetensors").read_bytes() != (tmp_path / "d/model.safetensors").read_bytes()
    capsys.readouterr()
    assert main([*again[:-1], str(tmp_path / "c"), "--seeds", "2"]) == 0
    both = json.loads(capsys.readouterr().out)
    alone, other = both["runs"]
    assert alone["valid"] == pytest.approx(first["valid"], rel=1e-3)
    assert (alone["together"], alone["seed"], other["seed"]) == (2, 0, 1)
    models = [(tmp_path / "c" / name / "model.safetensors").read_bytes() for name in ("seed-0", "seed-1")]
    assert models[0] != models[1]
    assert (
        main(
            [argument for argument in again[:-1] if argument != "--json"]
            + [str(tmp_path / "c"), "--seeds", "2"]
        )
        == 0
    )
    said = capsys.readouterr().out
    assert re.search(r"^seed-1\s|\sseed-1\s", said)  # not at the end of a path
    assert f"the runs lie in {tmp_path / 'c'}" in said


def test_evaluate_repeats_the_summary(trained, capsys):
    assert main(["evaluate", str(trained), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    summary = json.loads((trained / "summary.json").read_text())
    assert scores["test"]["error_rate"] == pytest.approx(summary["test"]["error_rate"])
    assert scores["valid"]["examples"] == 256
    assert main(["evaluate", str(trained)]) == 0
    assert "test" in capsys.readouterr().out


def test_predict_classifies_picture_files(trained, tmp_path, capsys):
    from sklearn.datasets import load_digits

    digits = load_digits()
    model = hm.load(trained)
    (tmp_path / "pictures").mkdir()
    for i in range(3):
        pixels = np.round(digits.images[i] / 16 * 255).astype(np.uint8)
        Image.fromarray(255 - pixels).resize((80, 80), Image.Resampling.NEAREST).save(
            tmp_path / f"pictures/{i}.png"
        )
    assert main(["predict", str(trained), str(tmp_path / "pictures"), "--invert", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [f["file"][-5:] for f in found] == ["0.png", "1.png", "2.png"]
    expected = [int(model(jnp.asarray(digits.images[i] / 16)).argmax()) for i in range(3)]
    assert [int(f["class"]) for f in found] == expected
    assert sum(found[0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert main(["predict", str(trained), str(tmp_path / "pictures/0.png"), "--invert"]) == 0
    assert "probability" in capsys.readouterr().out


def test_predict_says_what_is_blank_and_what_has_pages(trained, tmp_path, capsys):
    Image.new("L", (8, 8)).save(tmp_path / "blank.png")
    frames = [Image.fromarray(np.eye(8, k=k, dtype=np.uint8) * 255) for k in (0, 1)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "still.png")
    assert main(["predict", str(trained), str(tmp_path), "--json"]) == 0
    notes = [found.get("note") for found in json.loads(capsys.readouterr().out)]
    assert notes == ["blank: there is nothing to see", "the first of its 2 pages or frames", None]
    assert main(["predict", str(trained), str(tmp_path)]) == 0
    assert "nothing to see" in capsys.readouterr().out


def test_predict_refuses_what_means_nothing_to_the_recipe(trained, capsys):
    assert main(["predict", str(trained)]) == 2
    assert "nothing to predict from" in line(capsys)
    assert main(["predict", str(trained), "--text", "seven", "--text", "8"]) == 2
    assert "--text means nothing to lenet, which reads pictures" in line(capsys)


def test_resume_moves_the_end(tmp_path, capsys):
    hm.train("mlp", data="digits", max_epochs=2, hidden=(9,), out=tmp_path / "short")
    hm.train("mlp", data="digits", max_epochs=4, hidden=(9,), out=tmp_path / "long")
    assert main(["resume", str(tmp_path / "short"), "--max-epochs", "4", "--no-figures", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["epochs"] == 4
    short, long = (tmp_path / name / "model.safetensors" for name in ("short", "long"))
    assert short.read_bytes() == long.read_bytes()


def test_runs_data_figures_and_demonstrate_print_what_they_made(trained, tmp_path, capsys):
    assert main(["runs", str(trained.parent)]) == 0
    assert "lenet" in capsys.readouterr().out
    assert main(["runs", str(trained.parent), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["status"] == "finished"
    assert main(["data", "--json"]) == 0
    assert {row["name"] for row in json.loads(capsys.readouterr().out)} == set(CATALOGUE)
    assert main(["data", "fetch", "digits"]) == 0
    assert "digits lies in" in capsys.readouterr().out
    assert main(["figures", str(trained), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 4
    assert main(["demonstrate", "convolution", "--out", str(tmp_path / "c.png")]) == 0
    with Image.open(tmp_path / "c.png") as picture:
        assert picture.width > 800


def test_a_photo_in_postscript_runs_no_other_program(tmp_path, monkeypatch, capsys):
    from PIL import EpsImagePlugin

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *_, **__: pytest.fail("Ghostscript was called"))
    head = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 90 90\n%%EndComments\n"
    (tmp_path / "a.png").write_text(head + "showpage\n%%EOF\n")
    assert main(["demonstrate", "convolution", "--image", str(tmp_path / "a.png"), "--out", "c.png"]) == 2
    assert "a.png: is no picture of a known format" in capsys.readouterr().err


def test_hybrid_monte_carlo_finds_the_books_gaussian(tmp_path, capsys):
    assert main(["demonstrate", "hmc", "--out", str(tmp_path / "h.png"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    # The book's printed target (section 11.3).
    np.testing.assert_allclose(found["target_mean"][:2], [6.96469186, 2.86139335])
    np.testing.assert_allclose(found["target_covariance"][0][1], 0.66197111, rtol=1e-6)
    error = np.subtract(found["empirical_mean"], found["target_mean"])
    assert np.abs(error).max() < 4 / np.sqrt(found["effective_sample_size"])
    assert np.abs(np.subtract(found["empirical_covariance"], found["target_covariance"])).max() < 0.15
    assert 0.85 < found["acceptance_rate"] < 0.95
    assert found["r_hat"] < 1.01
    with Image.open(tmp_path / "h.png") as picture:
        assert picture.width > 600
    assert main(["demonstrate", "hmc", "--out", str(tmp_path / "h.png")]) == 0
    assert "acceptance" in capsys.readouterr().out


def test_the_no_u_turn_sampler_finds_it_too_and_shows_its_warm_up(tmp_path, capsys):
    options = ["--sampler", "nuts", "--draws", "500", "--burn-in", "300", "--out", str(tmp_path / "h.png")]
    assert main(["demonstrate", "hmc", *options, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    error = np.subtract(found["empirical_mean"], found["target_mean"])
    assert np.abs(error).max() < 4.5 / np.sqrt(found["effective_sample_size"])
    assert found["problems"] == "none"
    with Image.open(found["warm_up"]) as picture:
        assert "300 steps of warm-up" in picture.text["Description"]


@pytest.mark.parametrize("command", [[], *([c] for c in COMMANDS), *(["train", r] for r in RECIPES)])
def test_everything_has_help(command, capsys):
    with contextlib.suppress(SystemExit):
        assert main([*command, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: harmonium")


@pytest.mark.parametrize(
    ("recipe", "names"), [("rnn-rbm", "likelihood, nade"), ("logistic-regression", "none")]
)
def test_the_help_of_a_recipe_names_its_configurations(recipe, names, capsys):
    with contextlib.suppress(SystemExit):
        main(["train", recipe, "--help"])
    assert f"by name: {names}." in capsys.readouterr().out


BAD = {
    "no such configuration": (["train", "dbn", "--config", "quik"], "with a name are: quick"),
    "no such command": (["trian"], "did you mean 'train'"),
    "no such recipe": (["train", "lenett"], "did you mean 'lenet'"),
    "no such option": (["train", "mlp", "--hiden", "3"], "--hiden"),
    "not a number": (["train", "mlp", "--batch-size", "many"], "--batch-size"),
    "not a choice": (["train", "mlp", "--optimizer", "magic"], "magic"),
    "no such data": (["train", "mlp", "--data", "mnits"], "did you mean 'mnist'"),
    "batch of none": (["train", "mlp", "--batch-size", "0"], "--batch-size 0 must be at least 1"),
    "negative rate": (["train", "mlp", "--learning-rate", "-1"], "--learning-rate"),
    "rate not a number": (["train", "mlp", "--learning-rate", "nan"], "--learning-rate nan must be positive"),
    "images too small": (["train", "lenet", "--data", "digits", "--kernel-sizes", "9"], "too small"),
    "model too large": (
        ["train", "mlp", "--data", "digits", "--hidden", "3000000", "3000000"],
        "GiB are free",
    ),
    "no such run": (["resume", "runs/none"], "runs/none does not exist"),
    "nothing to evaluate": (["evaluate", "runs/none"], "runs/none does not exist"),
    "no such picture": (["data", "fetch", "imagenet"], "unknown data set"),
    "no such config": (["train", "mlp", "--config", "none.json"], "none.json"),
    "no such demonstration": (["demonstrate", "magic"], "magic"),
    "a run missing": (["predict"], "run"),
}


@pytest.mark.parametrize(("arguments", "gist"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_and_exit_code_2(arguments, gist, capsys, tmp_path):
    assert main(arguments) == 2
    assert gist in line(capsys)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_not_touched(trained, capsys):
    before = {p: p.stat().st_mtime_ns for p in trained.rglob("*")}
    assert main(["train", "mlp", *SMALL, "--out", str(trained)]) == 2
    assert "exists already" in line(capsys)
    assert {p: p.stat().st_mtime_ns for p in trained.rglob("*")} == before


@pytest.mark.parametrize(
    ("change", "gist"),
    [
        ({"batch_size": "20"}, "batch_size"),
        ({"width": 3}, "unknown field 'width'"),
        ({"recipe": "mpl"}, "mlp"),
        ({"optimizer": "magic"}, "optimizer"),
    ],
)
def test_a_wrong_configuration_is_named(change, gist, tmp_path, capsys):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"recipe": "mlp", "data": "digits", **change}))
    assert main(["train", "mlp", "--config", str(path), "--out", "run"]) == 2
    message = line(capsys)
    assert gist in message
    assert "config.json" in message


def test_a_model_cut_short_is_one_line(trained, tmp_path, capsys):
    import shutil

    run = tmp_path / "run"
    shutil.copytree(trained, run)
    model = run / "model.safetensors"
    model.write_bytes(model.read_bytes()[:-5])
    assert main(["evaluate", str(run)]) == 2
    assert "model.safetensors" in line(capsys)


def test_own_data_of_another_shape_is_refused(trained, tmp_path, capsys):
    np.savez(tmp_path / "own.npz", x=np.zeros((30, 5, 5), np.uint8), y=np.arange(30) % 3)
    assert main(["evaluate", str(trained), "--data", str(tmp_path / "own.npz")]) == 2
    assert "shape" in line(capsys)


def test_divergence_exits_1_and_says_where(tmp_path, capsys):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "own.npz", x=rng.random((210, 30)).astype(np.float32), y=rng.integers(0, 3, 210))
    options = ["--data", str(tmp_path / "own.npz"), "--learning-rate", "1e30", "--activation", "linear"]
    assert main(["train", "mlp", *options, "--max-epochs", "9", "--no-figures", "--out", "run"]) == 1
    assert "diverged: nll was not finite at update" in capsys.readouterr().err
    assert json.loads((tmp_path / "run/summary.json").read_text())["status"] == "diverged"


def command(*arguments):
    return [sys.executable, "-m", "harmonium", *arguments]


def test_a_killed_run_resumes_bit_for_bit(tmp_path, start):
    """kill -9 at moments spread over the run."""
    options = [
        "mlp",
        "--data",
        "digits",
        "--max-epochs",
        "150",
        "--hidden",
        "30",
        "--no-figures",
        "--patience",
        "90000",
    ]
    subprocess.run(command("train", *options, "--out", "whole"), check=True, capture_output=True)
    killed = 0
    process = start(command("train", *options, "--out", "cut"), stderr=subprocess.DEVNULL)
    for pause in (0.2, 0.5, 0.0):
        while not (tmp_path / "cut/config.json").exists():
            assert process.poll() is None
            time.sleep(0.01)
        time.sleep(pause)
        killed += process.poll() is None
        process.kill()
        process.wait()
        process = start(command("resume", "cut", "--no-figures"), stderr=subprocess.DEVNULL)
    assert process.wait(timeout=120) == 0
    assert killed > 0
    assert (tmp_path / "cut/model.safetensors").read_bytes() == (
        tmp_path / "whole/model.safetensors"
    ).read_bytes()


def test_help_imports_nothing_heavy():
    code = "import sys; from harmonium.cli import main; main(['--help']); print(sorted(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    for heavy in ("'jax'", "'numpy'", "'matplotlib'", "'tyro'"):
        assert heavy not in out


@pytest.mark.parametrize("kilobytes", [4, 100, 300])
def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(tmp_path, kilobytes):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(disk)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk can only be made by root on Linux")
    try:
        ended = subprocess.run(
            command("train", "mlp", *SMALL, "--no-figures", "--out", str(disk / "run")),
            capture_output=True,
            text=True,
        )
        said = ("epoch ", "digits: ", "  ")  # progress, and what the data were taken for
        complaints = [line for line in ended.stderr.splitlines() if not line.startswith(said)]
        assert ended.returncode == 2
        assert len(complaints) == 1, complaints
        assert "the disk is full" in complaints[0]
        left = {p.name for p in disk.rglob("*") if p.is_file() and p.name != ".lock"}
        assert left <= {"config.json", "data.json", "metrics.jsonl"}
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(
    ("options", "one_core"), [([], True), (["--batch-size", "4"], False), (["--seeds", "2"], False)]
)
def test_updates_of_one_sentence_stay_on_one_core(monkeypatch, options, one_core):
    asked = []

    def prepare(seeds, *, quiet, one_core):
        asked.append(one_core)
        raise KeyboardInterrupt  # before anything is read

    monkeypatch.setattr("harmonium.cli.train.prepare_jax", prepare)
    main(["train", "slot-filling", *options])
    assert asked == [one_core]
