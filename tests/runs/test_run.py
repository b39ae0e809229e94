"""A run as Python users hold it, and what it says of itself where names come from outside."""

import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import yaml
from PIL import Image

import harmonium as hm
from harmonium.cli import main
from harmonium.errors import CheckpointError, ConfigError, DataError
from harmonium.training import Silent

QUIET = {"report": Silent()}
HOSTILE = [
    "<script>alert(1)</script>",
    "a|b\n# head",
    "---\nlicense: evil",
    "\x1b[31mred",
    "[x](javascript:y)",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "mlp"
    return hm.train("mlp", data="digits", hidden=(16,), learning_rate=0.1, max_epochs=3, out=out, **QUIET)


@pytest.fixture(scope="module")
def images():
    return hm.data.load("digits").test


def test_a_run_holds_model_scores_and_history(run):
    assert isinstance(run, hm.Run)
    assert hm.Run(run.path) == run == hm.Run(run)
    assert run.summary["test"].keys() == {"error_rate", "nll"}
    assert run.model.hidden[0].weight.shape == (16, 64)
    history = run.history
    assert list(history["epoch"]) == [1, 2, 3]
    assert history["valid_error_rate"].iloc[-1] == run.summary["valid"]["error_rate"]
    assert re.fullmatch(r"<Run .*mlp: mlp on digits, finished, test error \d+\.\d\d%>", repr(run))


@pytest.mark.parametrize("given", [lambda run: run, lambda run: run.path, lambda run: str(run.path)])
def test_a_setting_that_names_a_run_takes_the_run_or_its_path(run, tmp_path, given):
    settings = {"data": "digits", "batch_size": 20, "max_epochs": 1, "out": tmp_path / "codes", **QUIET}
    codes = hm.train("logistic-regression", features=given(run), **settings)
    assert codes.recipe.features == str(run.path)
    assert codes.model.classifier.weight.shape == (10, 16)


def test_every_verb_takes_a_run(run, images):
    scores = hm.evaluate(run)
    assert scores == run.evaluate()
    assert scores["test"]["error_rate"] == pytest.approx(run.summary["test"]["error_rate"])
    assert hm.load(run).hidden[0].weight.shape == (16, 64)
    assert all(path.exists() for path in hm.draw(run))
    assert list(hm.predict(run, images.x[:3])) == list(run.predict(images.x[:3]))
    assert hm.resume(run, **QUIET) == run


def test_arrays_are_classified_as_the_summary_says(run, images):
    classes = np.array(run.classes)
    wrong = (run.predict(images.x) != classes[images.y]).mean()
    assert wrong == pytest.approx(run.summary["test"]["error_rate"])
    p = run.probabilities(images.x)
    assert p.shape == (256, 10)
    np.testing.assert_allclose(p.sum(1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    "given",
    [
        lambda x: np.rint(x * 255).astype(np.uint8),
        lambda x: x.reshape(len(x), -1),
        lambda x: pd.DataFrame(x.reshape(len(x), -1)),
        lambda x: scipy.sparse.csr_array(x.reshape(len(x), -1)),
        lambda x: x.tolist(),
    ],
    ids=["bytes", "rows", "frame", "sparse", "lists"],
)
def test_pictures_come_in_many_forms(run, images, given):
    np.testing.assert_allclose(run.probabilities(given(images.x)), run.probabilities(images.x), atol=5e-3)


def test_codes_are_those_of_the_encoder(run, images):
    codes = run.encode(images.x[:5])
    expected = [run.model.encode(one) for one in jnp.asarray(images.x[:5])]
    np.testing.assert_allclose(codes, np.stack(expected), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("x", "gist"),
    [
        (
            np.zeros((3, 5)),
            r"x has shape \(3, 5\); the run's model takes \(examples, 8, 8\) or \(examples, 64\)",
        ),
        (np.zeros((8, 8)), "for a single example give x\\[None\\]"),
        (np.array([["a"] * 64]), "x holds <U1, not numbers"),
        (np.full((1, 64), np.nan), "x is not finite in example 0"),
        (np.full((1, 64), 16.0), "x holds values 16 to 16, and the run learned from intensities"),
        (np.zeros((0, 8, 8)), "x holds no examples"),
        ([[1, 2], [3]], "x is a list whose parts have different lengths"),
    ],
)
def test_a_wrong_array_is_named_with_what_was_expected(run, x, gist):
    for ask in (run.predict, run.probabilities, run.encode):
        with pytest.raises(DataError, match=gist):
            ask(x)


def test_paths_are_predicted_too(run, images, tmp_path):
    Image.fromarray(np.rint(images.x[0] * 255).astype(np.uint8)).save(tmp_path / "digit.png")
    (found,) = run.predict(tmp_path / "digit.png")
    assert found["class"] == run.predict(images.x[:1])[0]
    assert run.predict([str(tmp_path / "digit.png")]) == [found]


def test_texts_are_texts_and_paths_are_files(tmp_path):
    Path("own.tsv").write_text("pro\ta good film\ncon\ta bad film\n" * 30)
    small = {"hidden": 4, "embedding": 4, "validation_updates": 0, "max_epochs": 1}
    run = hm.train("sentiment", data="own.tsv", out="run", **small, **QUIET)
    Path("new.txt").write_text("a good film\na bad film\n")
    texts = run.predict(["a good film", "a bad film"])
    assert [one["probabilities"] for one in texts] == [
        one["probabilities"] for one in run.predict(Path("new.txt"))
    ]
    with pytest.raises(DataError, match="mixes texts"):
        run.predict(["a good film", Path("new.txt")])
    table = pd.DataFrame({"text": ["a good film", "a bad film"]}, index=[7, 8])
    forms = (table["text"], table["text"].to_numpy(), np.array(table["text"]), np.array(table, dtype=str))
    for given in (*forms, table["text"].astype("string"), tuple(table["text"])):
        assert run.predict(given) == texts
        assert hm.predict(run, given) == texts
    for wrong, gist in (
        (table, r"x is a table, and .* a run of sentiment, which reads texts; .*, as x\['text'\]"),
        ([], "x is empty, and"),
        ((one for one in ["a good film"]), "x is a generator, which can be read but once; give a list"),
        (np.zeros((2, 4)), "x holds no texts, and .*which reads texts; give a list of str"),
        (7, "x holds no texts, and"),
        (["a good film", None], "x: number 2 is missing or empty"),
        ([["a", "good", "film"]], "x: number 1 is a list and no text; join its words"),
    ):
        with pytest.raises(DataError, match=gist):
            run.predict(wrong)
    for ask in (run.probabilities, run.encode, lambda x: run.shape):
        with pytest.raises(
            DataError, match="which reads texts, and these have no shape; its method predict takes"
        ):
            ask(["a good film"])
    with pytest.raises(DataError, match="a run of sentiment, of which no ONNX file is written"):
        hm.export(run, onnx="m.onnx")


def test_a_figure_is_drawn_when_it_is_asked_for(run):
    picture = run.figure("filters")
    assert isinstance(picture, Image.Image)
    assert picture.width > 50
    with pytest.raises(ConfigError, match=r"no picture '\.\./x'; its pictures are confusion, filters"):
        run.figure("../x")


def test_an_rbm_is_sampled_and_encodes_and_classifies_nothing(tmp_path):
    run = hm.train("rbm", data="digits", hidden=8, max_epochs=1, out="rbm", **QUIET)
    (picture,) = run.sample(chains=2, rows=2, steps=3)
    assert picture.suffix == ".png"
    assert run.encode(np.zeros((2, 64))).shape == (2, 8)
    with pytest.raises(ConfigError, match="learned to classify no arrays"):
        run.predict(np.zeros((2, 64)))
    with pytest.raises(ConfigError, match="no option 'chain'; it has chains"):
        run.sample(chain=2)
    with pytest.raises(ConfigError, match="sample: chains 0 must be at least 1"):
        hm.sample(run, chains=0)
    assert hm.sample(run, start="noise", chains=2, rows=1, steps=1, out="mine") == [Path("mine.png")]


class Titles(hm.training.Silent):
    """Keeps what is said."""

    def __init__(self):
        self.found = []

    def said(self, text):
        self.found.append(text)


def test_that_lines_of_several_seeds_are_means_is_said():
    for seeds, said in ((2, ["2 seeds; lines hold their means"]), (1, [])):
        told = Titles()
        hm.train_seeds(
            "mlp", seeds=seeds, data="digits", hidden=3, max_epochs=1, out=f"of-{seeds}", report=told
        )
        assert told.found == said


def test_seeds_are_a_list_of_runs():
    small = {"data": "digits", "batch_size": 50, "max_epochs": 1}
    runs = hm.train_seeds("logistic-regression", 2, out="seeds", **small, **QUIET)
    assert [run.summary["seed"] for run in runs] == [0, 1]
    errors = [run.summary["test"]["error_rate"] for run in runs]
    assert hm.spread(runs)["test"]["error_rate"]["mean"] == pytest.approx(np.mean(errors))


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="is not a run folder"):
        hm.Run(tmp_path)


class Balanced(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)


@pytest.fixture
def hostile(run, tmp_path):
    """A run whose every name was chosen by an enemy."""
    import shutil

    folder = tmp_path / "<img src=x onerror=alert(1)>\n# head"
    shutil.copytree(run.path, folder)
    config, summary = (json.loads((folder / name).read_text()) for name in ("config.json", "summary.json"))
    config["data"] = "</td><script>x</script>\n---\nlicense: evil"
    summary["data"] |= {"name": config["data"], "classes": HOSTILE * 2, "sizes": {"<b>": 1}}
    summary |= {"status": "<script>", "device": "<script>`", "settings": {"<script>": "```\n# head"}}
    summary["test"] = {"<script>alert(2)</script>": 0.5, "nll": "<script>"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "summary.json").write_text(json.dumps(summary))
    records = [{"epoch": n, "update": n, "valid": {"<script>": 0.5 + n, "x": "<b>"}} for n in range(3)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return hm.Run(folder)


def test_a_notebook_shows_scores_and_a_curve(run):
    page = run._repr_html_()
    assert "nll" in page
    drawing = ElementTree.fromstring(re.search(r"<svg.*</svg>", page)[0])
    lines = [line.get("points").split() for line in drawing if line.tag.endswith("polyline")]
    assert [len(line) for line in lines] == [3, 3]
    for point in lines[0]:
        x, y = map(float, point.split(","))
        assert 0 <= x <= 360
        assert 0 <= y <= 120


def test_names_from_outside_are_escaped_in_a_notebook_and_in_the_repr(hostile):
    page, tags = hostile._repr_html_(), Balanced()
    tags.feed(page)
    assert set(tags.tags) <= {
        "div",
        "p",
        "b",
        "br",
        "code",
        "table",
        "tr",
        "th",
        "td",
        "svg",
        "polyline",
        "title",
        "small",
    }
    assert "&lt;script&gt;" in page
    assert "\n" not in repr(hostile)
    assert "\x1b" not in repr(hostile)


def test_names_from_outside_are_escaped_in_the_card(hostile):
    from harmonium.runs.card import card

    text = card(hostile.folder, hostile.recipe, json.loads((hostile.path / "summary.json").read_text()))
    head = yaml.safe_load(text.split("---")[1])
    assert set(head) == {"library_name", "pipeline_tag", "tags", "metrics"}
    body = text.split("---\n", 2)[2]
    outside = re.sub(r"```.*?```", "", body, flags=re.DOTALL)
    assert "<" not in outside.replace("\\<", "")
    assert [line for line in body.splitlines() if line.startswith("# ")] == [
        line for line in body.splitlines()[:3] if line.startswith("# ")
    ]
    assert body.count("```") == 4
    assert "\x1b" not in text


def test_each_run_explains_itself(run, capsys):
    text = (run.path / "README.md").read_text()
    head = yaml.safe_load(text.split("---")[1])
    assert head["library_name"] == "harmonium"
    assert head["datasets"] == ["digits"]
    assert {"mlp", "jax", "image-classification"} <= set(head["tags"])
    assert head["metrics"] == ["error_rate", "nll"]
    assert f"| test | error (%) | {run.summary['test']['error_rate']:.2%} |" in text
    hm.draw(run)
    assert "![filters](figures/filters.png)" in (run.path / "README.md").read_text()


def test_the_cards_command_repeats_the_run_and_its_python_loads_it(run):
    text = (run.path / "README.md").read_text()
    command, python = (
        re.search(r"```sh\n(.*?)\n```", text)[1],
        re.search(r"```python\n(.*?)\n```", text, re.DOTALL)[1],
    )
    assert command.startswith("harmonium train mlp --data digits --seed 0 ")
    assert main([*command.split()[1:], "--out", "again", "--no-figures"]) == 0
    again = hm.Run("again")
    assert again.summary["test"] == run.summary["test"]
    assert len(python.splitlines()) == 3
    found = {}
    exec(python, found)
    assert found["model"].hidden[0].weight.shape == (16, 64)


def test_arrays_are_prepared_as_the_runs_own_table_was(tmp_path):
    x = np.random.default_rng(0).normal(1000, 300, (200, 3))
    y = (x[:, 0] > 1000).astype(int)
    settings = {"hidden": (8,), "batch_size": 10, "learning_rate": 0.1, "max_epochs": 10}
    run = hm.train("mlp", data=(x, y), **settings, out=tmp_path / "rows")
    assert (run.predict(x).astype(int) == y).mean() > 0.9
