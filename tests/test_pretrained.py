"""The ready-made models: each is scored on a small sample that we may ship, and takes what a run takes."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

import harmonium as hm
from harmonium import pretrained
from harmonium.cli import main
from harmonium.data.drawings import as_digit
from harmonium.errors import CheckpointError

NAMES = (
    "dbn",
    "denoising-autoencoder",
    "lenet",
    "logistic-regression",
    "mcrbm",
    "mlp",
    "rbm",
    "rnn-rbm",
    "sentiment",
    "slot-filling",
)
MOST_BYTES = 10_000_000

# Digits as one may draw them, lines of points in hundredths of the side.
DIGITS = {
    "0": [[(50, 18), (34, 26), (28, 50), (34, 74), (50, 82), (66, 74), (72, 50), (66, 26), (50, 18)]],
    "1": [[(52, 16), (49, 50), (47, 84)]],
    "2": [[(30, 32), (38, 20), (54, 17), (67, 27), (64, 44), (48, 62), (30, 80), (50, 80), (72, 79)]],
    "3": [[(30, 25), (42, 17), (57, 18), (65, 28), (60, 41), (45, 48), (60, 52), (69, 64), (63, 79), (47, 85),
           (30, 78)]],
    "4": [[(38, 18), (31, 50), (48, 54), (68, 50)], [(66, 18), (62, 50), (59, 84)]],
    "5": [[(68, 19), (40, 20), (36, 46), (54, 44), (67, 56), (64, 74), (48, 83), (32, 77)]],
    "6": [[(60, 16), (42, 34), (33, 60), (38, 78), (54, 83), (66, 72), (60, 57), (46, 56), (35, 66)]],
    "7": [[(30, 22), (50, 20), (70, 21), (58, 48), (47, 84)]],
    "8": [[(64, 26), (50, 17), (37, 26), (42, 41), (58, 53), (65, 68), (52, 82), (38, 70), (46, 53), (62, 38),
           (64, 26)]],
    "9": [[(64, 34), (52, 18), (38, 26), (37, 42), (50, 49), (63, 40), (66, 26), (63, 54), (56, 84)]],
}  # fmt: skip


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The files of ten digits, black on white paper."""
    folder = tmp_path_factory.mktemp("digits")
    for name, lines in DIGITS.items():
        image = Image.new("L", (200, 200), 255)
        for line in lines:
            ImageDraw.Draw(image).line([(2 * x, 2 * y) for x, y in line], fill=0, width=14, joint="curve")
        image.filter(ImageFilter.GaussianBlur(1)).save(folder / f"{name}.png")
    return [folder / f"{name}.png" for name in DIGITS]


def intensities(files):
    images = np.stack([as_digit(np.asarray(Image.open(file)), (28, 20)) for file in files])
    return hm.data.intensities(jnp.asarray(images)).reshape(len(files), -1)


def test_there_is_one_a_family():
    assert pretrained.names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_has_its_card_and_scores_and_names_no_folder_of_ours(name):
    folder = pretrained.FOLDER / name
    card = (folder / "README.md").read_text()
    run = hm.Run(f"pretrained/{name}")
    assert f"harmonium train {run.recipe.name} --data" in card
    assert "Terms: " in card
    assert "| test |" in card
    assert all(np.isfinite(value) for value in run.summary["test"].values())
    kept = json.loads((folder / "data.json").read_text())
    assert kept["path"] is None
    assert not any(names for names in kept["splits"].values())


def test_all_of_them_are_small():
    files = [file for file in pretrained.FOLDER.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < MOST_BYTES


@pytest.mark.parametrize(
    ("name", "least"), [("logistic-regression", 8), ("mlp", 9), ("lenet", 9), ("dbn", 9)]
)
def test_digits_that_we_drew_are_read(name, least, drawn):
    found = hm.predict(f"pretrained/{name}", drawn)
    right = [one["class"] == Path(one["file"]).stem for one in found]
    assert sum(right) >= least


def test_the_autoencoder_mends_what_was_corrupted(drawn):
    model, x = hm.load("pretrained/denoising-autoencoder"), intensities(drawn)
    corrupted = jnp.where(jax.random.bernoulli(jax.random.key(0), 0.5, x.shape), 0, x)
    mended = jax.vmap(model.reconstruct)(corrupted)
    assert jnp.square(mended - x).sum() < 0.5 * jnp.square(corrupted - x).sum()


def test_the_machine_prefers_digits_to_their_pixels_in_disorder(drawn):
    rbm, x = hm.load("pretrained/rbm"), jnp.round(intensities(drawn))
    disorder = jax.random.permutation(jax.random.key(0), x, axis=1, independent=True)
    assert (rbm.free_energy(x) + 100 < rbm.free_energy(disorder)).all()


@pytest.mark.parametrize("name", ["rbm", "dbn"])
def test_samples_from_noise_need_no_data_and_leave_the_package_alone(name, monkeypatch):
    monkeypatch.setenv("HARMONIUM_DATA", "nowhere")
    before = sorted(pretrained.FOLDER.rglob("*"))
    files = hm.sample(
        f"pretrained/{name}", hm.Run(f"pretrained/{name}").recipe.sampling(start="noise", rows=2, steps=20)
    )
    assert files == [Path(f"pretrained-{name}/samples.png")]
    assert sorted(pretrained.FOLDER.rglob("*")) == before


def test_patches_are_dreamt_of():
    run = hm.Run("pretrained/mcrbm")
    (file,) = run.sample(chains=4, rows=2, steps=2)
    assert file == Path("pretrained-mcrbm/samples.png")
    assert run.evaluate()["test"]["free_energy_gap"] == pytest.approx(
        run.summary["test"]["free_energy_gap"], abs=0.02
    )


def test_a_query_falls_into_slots():
    (found,) = hm.predict("pretrained/slot-filling", text=["flights from boston to new york on monday"])
    assert dict(zip(found["words"], found["slots"], strict=True)) == {
        "flights": "O",
        "from": "O",
        "boston": "B-fromloc.city_name",
        "to": "O",
        "new": "B-toloc.city_name",
        "york": "I-toloc.city_name",
        "on": "O",
        "monday": "B-depart_date.day_name",
    }


REVIEWS = {
    "pos": (
        "A wonderful film, with excellent actors and a beautiful story; I loved every minute of it.",
        "Brilliant, funny and moving: one of the best films that I have seen for years.",
        "The great cast and the perfect music make it a joy to watch, highly recommended.",
    ),
    "neg": (
        "A terrible film: the plot is stupid, the acting awful, and I was bored from the first minute.",
        "What a waste of time and money, the worst script of the year and a poor director.",
        "Dull, badly written and annoying; avoid this mess.",
    ),
}


def test_reviews_of_ours_are_judged():
    classes = hm.Run("pretrained/sentiment").classes
    texts = [(kind, text) for kind, some in REVIEWS.items() for text in some]
    found = hm.predict("pretrained/sentiment", text=[text for _, text in texts])
    right = [one["class"].startswith(kind) for (kind, _), one in zip(texts, found, strict=True)]
    assert len(classes) == 2
    assert sum(right) >= 5


def test_a_scale_in_c_is_likelier_than_the_same_notes_moved_by_chance(tmp_path):
    model = hm.load("pretrained/rnn-rbm")
    rng = np.random.default_rng(0)
    scale = np.repeat([60, 62, 64, 65, 67, 69, 71, 72], 2)
    tune, moved = (
        jnp.zeros((16, 88)).at[jnp.arange(16), notes - 21].set(1)
        for notes in (scale, rng.integers(40, 90, 16))
    )
    assert model.log_prob(tune).sum() > model.log_prob(moved).sum() + 20
    files = hm.Run("pretrained/rnn-rbm").sample(seconds=8, wav=False)
    assert hm.data.read_midi(files[0], hm.data.Grid(0.5, "beats")).any()


def test_the_command_line_knows_them(drawn, capsys):
    assert main(["pretrained"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in NAMES)
    assert main(["pretrained", "--json"]) == 0
    assert {one["name"] for one in json.loads(capsys.readouterr().out)} == {
        f"pretrained/{name}" for name in NAMES
    }
    assert main(["predict", "pretrained/lenet", str(drawn[3]), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["class"] == "3"


def test_an_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(CheckpointError, match=r"no ready-made model 'lenett'; there are dbn, .*lenet"):
        hm.load("pretrained/lenett")


def test_a_folder_of_the_users_own_comes_first(tmp_path):
    (tmp_path / "pretrained" / "lenet").mkdir(parents=True)
    with pytest.raises(CheckpointError, match="is not a run folder"):
        hm.Run("pretrained/lenet")
