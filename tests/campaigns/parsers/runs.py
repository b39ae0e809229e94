"""The files of a run that somebody sent: records, models, checkpoints, and the commands that use them."""

import contextlib
import functools
import io
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import mutations as m
import numpy as np

from parsers.parser import Parser

SENTENCES = "".join("show O\nflights O\nto O\nnew B-city\nyork I-city\n\n" for _ in range(20))
RECORD = ("[null]", "Infinity", '""', "-1e-300", "1", "{}", '{"array": [[]]}', '"' + "0" * 5000 + '"')
LINES = (
    b"null",
    b"{}",
    b'"\\n\\u001b[31mred"',
    b'{"epoch": 2, "update": null}',
    b'{"epoch": 1, "update": 1, "valid": 5}',
)


def command(*arguments: str) -> None:
    """`harmonium` in this process; asserts that it ends with 0, 1 or 2 and prints no control characters."""
    from harmonium.cli import main
    from harmonium.errors import HarmoniumError

    said, complained = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        code = main(list(arguments))
    assert code in (0, 1, 2), f"exit code {code}"
    shown = said.getvalue() + complained.getvalue()
    assert "Traceback" not in shown, shown
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", shown), f"control characters are printed: {shown!r}"
    if code:
        assert complained.getvalue().strip(), "no reason is given"
        raise HarmoniumError(complained.getvalue())


@functools.cache
def run_of(recipe: str) -> Path:
    """A small run of a recipe, trained once in each process."""
    folder = Path(tempfile.mkdtemp()) / recipe
    data = "digits"
    if recipe == "slot-filling":
        data = str(folder.with_name("mine.iob"))
        Path(data).write_text(SENTENCES)
    command("train", recipe, "--data", data, "--max-epochs", "2", "--no-figures", "--out", str(folder))
    if recipe == "rbm":
        few = ["--chains", "2", "--temperatures", "2"]
        command("evaluate", str(folder), "--log-likelihood", *few)
    return folder


def seeds(recipe: str, file: str) -> list[bytes]:
    """What a run has written."""
    return [(run_of(recipe) / file).read_bytes()]


def copy_run(recipe: str, folder: Path) -> None:
    """Fill a folder with a run."""
    shutil.copytree(run_of(recipe), folder, dirs_exist_ok=True)


def of_run(
    name: str, recipe: str, file: str, read: Callable[[Path], object], layer: m.Layer, **options: object
) -> Parser:
    """A parser of one of the files of a run, the others being whole."""
    made, prepare = partial(seeds, recipe, file), partial(copy_run, recipe)
    return Parser(name, file, made, read, (layer,), prepare=prepare, **options)  # type: ignore[arg-type]


def damaged_record(valid: bytes) -> list[bytes]:
    """Each field in turn with a value of another kind, or not there; a document of another kind."""
    document = json.loads(valid)
    if not isinstance(document, dict):
        return [odd.encode() for odd in RECORD]
    made = [odd.encode() for odd in RECORD]
    for number, name in enumerate(document):
        rest = {other: value for other, value in document.items() if other != name}
        made += [json.dumps(rest).encode(), json.dumps(rest | {name + "x": document[name]}).encode()]
        made.append(json.dumps(rest | {name: "?"}).replace('"?"', RECORD[number % len(RECORD)]).encode())
    return made


def damaged_lines(valid: bytes) -> list[bytes]:
    """A line that is no record, in each place; a line that is cut."""
    lines = valid.splitlines()
    made = [
        b"\n".join([*lines[:at], odd, *lines[at:]]) + b"\n" for odd in LINES for at in range(len(lines) + 1)
    ]
    return [*made, valid[:-20], valid.replace(b", ", b",\0")]


def damaged_model(valid: bytes) -> list[bytes]:
    """Arrays without axes and of other lengths, and nothing at all, under a checksum that holds."""
    import safetensors.numpy

    from harmonium.training import saved_model

    arrays, structure = m.parts_of_model(valid)
    made = [m.model_of(arrays, "null"), m.model_of(arrays, "[" * 2000 + "]" * 2000)]
    for name, array in arrays.items():
        others = np.float32(0), array.ravel()[:-1], np.repeat(array, 2, 0), np.full_like(array, np.nan)
        made += [m.model_of(arrays | {name: np.ascontiguousarray(other)}, structure) for other in others]
    made.append(safetensors.numpy.save(arrays, metadata={saved_model.FORMAT: "{}"}))
    return made


def read_metrics(path: Path) -> object:
    """As figures and resume read them."""
    from harmonium.training import RunFolder

    content = path.read_bytes()
    with contextlib.redirect_stderr(io.StringIO()):
        RunFolder(path.parent).forget_after(2)
    path.write_bytes(content)
    return RunFolder(path.parent).records()


def read_summary(path: Path) -> object:
    """As the list of runs does, which takes any; and as everything else does, which may refuse it."""
    from harmonium.runs.listing import as_json, listed
    from harmonium.training import RunFolder

    for one in listed(path.parent.parent):
        as_json(one)
    return RunFolder(path.parent).summary()


def read_config(path: Path) -> object:
    """As everything that opens a run does."""
    from harmonium.recipes.shared.from_config import recipe_of
    from harmonium.runs.listing import listed
    from harmonium.training import RunFolder

    listed(path.parent.parent)
    return recipe_of(RunFolder.open(path.parent))


def reader(method: str) -> Callable[[Path], object]:
    """A parser of what a method of a run folder reads."""

    def read(path: Path) -> object:
        from harmonium.training import RunFolder

        return getattr(RunFolder.open(path.parent), method)()

    return read


def read_model(path: Path) -> object:
    """As any model is read."""
    import equinox as eqx

    from harmonium import models
    from harmonium.training.saved_model import load_model

    found = [getattr(models, name) for name in models.__all__]
    classes = {one.__name__: one for one in found if isinstance(one, type) and issubclass(one, eqx.Module)}
    return load_model(path, classes)


def predict_pictures(path: Path) -> object:
    """By a model that someone sent."""
    from PIL import Image

    picture = path.with_name("x.png")
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(picture)
    return command("predict", str(path.parent), str(picture))


def predict_words(path: Path) -> object:
    """By a model that someone sent."""
    return command("predict", str(path.parent), "--text", "show flights to new york")


def draw_curves(path: Path) -> object:
    """Into the run's figures."""
    return command("figures", str(path.parent))


def list_runs(path: Path) -> object:
    """On the screen, where one bad run hides no other."""
    command("runs", str(path.parent.parent))
    return command("runs", str(path.parent.parent), "--json")


@functools.cache
def training(folder: Path) -> Callable[[], object]:
    """A function that goes on with a small training in a folder, up to its checkpoint."""
    import jax.numpy as jnp
    import optax

    from harmonium.training import RunFolder, Training, TrainingState, gradient_update, random_key
    from harmonium.training.loop import Trainer

    def objective(w, batch, carry, key):  # type: ignore[no-untyped-def]
        loss = jnp.square(w - batch).mean()
        return loss, ({"loss": loss}, carry)

    optimizer = optax.sgd(0.1)
    update = gradient_update(objective, optimizer)

    def go_on() -> object:
        state = TrainingState.init(jnp.zeros(3), optimizer, key=random_key(0))
        run = RunFolder(folder, {"recipe": "mlp"})
        trainer = Trainer(Training(update, state, jnp.ones((4, 3)), batch_size=2, max_epochs=3, run=run))
        try:
            trainer.restore()
        finally:
            run.release()
        return trainer

    return go_on


def checkpoint_seeds() -> list[bytes]:
    """A checkpoint as a zip that packs nothing."""
    folder = Path(tempfile.mkdtemp()) / "run"
    trainer = training(folder)()
    trainer.fitted.updates = 2  # type: ignore[attr-defined]
    trainer.checkpoint()  # type: ignore[attr-defined]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted((folder / "checkpoints").rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return [content.getvalue()]


def read_checkpoint(path: Path) -> object:
    """As a training that goes on does."""
    from harmonium.errors import HarmoniumError

    folder = path.with_name("checked")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if ".." not in member.filename:
                    archive.extract(member, folder)
    except (
        zipfile.BadZipFile,
        OSError,
        ValueError,
        RuntimeError,  # for a password, or a compression that zipfile cannot undo
        EOFError,
        LookupError,
    ) as error:
        raise HarmoniumError("it is the campaign's own zip that is damaged") from error
    return training(folder)()


MODEL = (b'"array"', b'"class"', b'"data_offsets"', b'"F32"')
PARSERS = (
    Parser(
        "model",
        "x.safetensors",
        lambda: [one for recipe in ("mlp", "rbm") for one in seeds(recipe, "model.safetensors")],
        read_model,
        (m.inside_model,),
        MODEL,
        ("model-*",),
        damaged_model,
    ),
    of_run(
        "metrics",
        "mlp",
        "metrics.jsonl",
        read_metrics,
        m.inside_json_lines,
        patterns=("metrics-*",),
        damaged=damaged_lines,
    ),
    of_run(
        "summary",
        "mlp",
        "summary.json",
        read_summary,
        m.inside_json,
        patterns=("runs-*",),
        damaged=damaged_record,
    ),
    of_run(
        "config",
        "mlp",
        "config.json",
        read_config,
        m.inside_json,
        patterns=("config-*",),
        damaged=damaged_record,
    ),
    of_run("data", "mlp", "data.json", reader("data"), m.inside_json, damaged=damaged_record),
    of_run(
        "vocabulary",
        "slot-filling",
        "vocabulary.json",
        reader("vocabulary"),
        m.inside_json,
        damaged=damaged_record,
    ),
    of_run(
        "log-likelihood",
        "rbm",
        "log-likelihood.json",
        reader("log_likelihood"),
        m.inside_json,
        damaged=damaged_record,
    ),
    of_run(
        "list of runs",
        "mlp",
        "summary.json",
        list_runs,
        m.inside_json,
        patterns=("runs-*",),
        damaged=damaged_record,
    ),
    of_run(
        "curves",
        "mlp",
        "metrics.jsonl",
        draw_curves,
        m.inside_json_lines,
        patterns=("curves-*", "metrics-*"),
        damaged=damaged_lines,
        share=0.01,
    ),
    of_run(
        "predicted",
        "mlp",
        "model.safetensors",
        predict_pictures,
        m.inside_model,
        patterns=("model-*",),
        damaged=damaged_model,
        share=0.01,
    ),
    of_run(
        "labelled",
        "slot-filling",
        "model.safetensors",
        predict_words,
        m.inside_model,
        patterns=("sampled-*.slot.*",),
        damaged=damaged_model,
        share=0.01,
    ),
    Parser("checkpoint", "x.zip", checkpoint_seeds, read_checkpoint, (m.inside_zip,)),
)
