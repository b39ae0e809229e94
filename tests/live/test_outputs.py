"""The live page's models in node, beside the library's: outputs equal to 1e-3, on twenty inputs each."""

import json
import shutil
import subprocess
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import harmonium as hm
from harmonium import data, models
from harmonium.data.drawings import as_digit
from harmonium.data.images import fitted
from harmonium.data.reviews import tokens
from harmonium.models.layers import convolve, max_pool
from harmonium.runs import live_files
from harmonium.sampling import HMCState, leapfrog
from harmonium.training import save_model

NODE = shutil.which("node") or shutil.which("nodejs")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")

COUNT = 20
KEYS = jax.random.split(jax.random.key(0), 12)


def answers(tmp_path, *cases):
    """What the page's modules make of cases, each a dict that names in `of` what is asked."""
    file = tmp_path / "cases.json"
    file.write_text(json.dumps(cases, default=lambda array: np.asarray(array).tolist()))
    script = Path(__file__).parent / "outputs.mjs"
    ran = subprocess.run(
        [NODE, script, live_files.sources(), file], capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def answer(tmp_path, **case):
    return answers(tmp_path, case)[0]


def saved(tmp_path, model, name="model"):
    """The file of a model whose parameters are all drawn: first ones are zero where a mistake would not show."""
    key = jax.random.key(7)
    leaves, structure = jax.tree.flatten(model)
    drawn = [
        jax.random.normal(jax.random.fold_in(key, n), leaf.shape) / max(leaf.shape[-1], 4) ** 0.5
        for n, leaf in enumerate(leaves)
    ]
    model = jax.tree.unflatten(structure, drawn)
    path = tmp_path / f"{name}.safetensors"
    save_model(path, model)
    return str(path), model


def uniform(*shape):
    return jax.random.uniform(jax.random.key(1), (COUNT, *shape))


CLASSIFIERS = {
    "logistic": (models.LogisticRegression.init(20, 4), (4, 5)),
    "mlp": (models.MLP.init(20, [7, 6], 4, "relu", key=KEYS[0]), (4, 5)),
    "lenet": (models.LeNet.init((14, 15), [3, 5], [6], 4, [3, 2], [2, 2], key=KEYS[1]), (14, 15)),
    "lenet-in-colour": (
        models.LeNet.init((12, 12, 3), [4], [6, 5], 3, 3, 1, "relu", key=KEYS[2]),
        (12, 12, 3),
    ),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifiers(name, tmp_path):
    model, shape = CLASSIFIERS[name]
    path, model = saved(tmp_path, model)
    x = uniform(*shape)
    found = answer(tmp_path, of="logits", path=path, inputs=x.reshape(COUNT, -1), shape=shape)
    np.testing.assert_allclose(found, model.batch(jnp.asarray(x)), atol=1e-3)


def test_feature_maps(tmp_path):
    model, shape = CLASSIFIERS["lenet"]
    path, model = saved(tmp_path, model)
    x = uniform(*shape)
    found = answer(tmp_path, of="maps", path=path, inputs=x.reshape(COUNT, -1), shape=shape)
    first = model.convolutions[0](jnp.asarray(x).transpose(1, 2, 0)[None])
    maps = [first.transpose(3, 0, 1, 2), model.convolutions[1](first).transpose(3, 0, 1, 2)]
    expected = np.concatenate([np.asarray(one).reshape(COUNT, -1) for one in maps], 1)
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("kind", ["sigmoid", "linear"])
def test_autoencoders(tied, kind, tmp_path):
    drawn = models.Autoencoder.init(
        12, 8, activation_name="tanh", reconstruction=kind, tied=tied, key=KEYS[3]
    )
    path, model = saved(tmp_path, drawn)
    x = uniform(12)
    found = answer(tmp_path, of="reconstructions", path=path, inputs=x)
    np.testing.assert_allclose(found, jax.vmap(model.reconstruct)(x), atol=1e-3)
    codes = answer(tmp_path, of="codes", path=path, inputs=x, shape=[12])
    np.testing.assert_allclose(codes, jax.vmap(model.encode)(x), atol=1e-3)


@pytest.mark.parametrize("kind", [models.RBM, models.GaussianRBM])
def test_boltzmann_machines(kind, tmp_path):
    path, rbm = saved(tmp_path, kind.init(9, 6, key=KEYS[4]))
    v = uniform(9)
    hidden = rbm.hidden_logits(v)
    field = rbm.visible_field((hidden > 0).astype(jnp.float32))
    expected = jnp.concatenate([rbm.free_energy(v)[:, None], hidden, field, rbm.visible_mean(field)], 1)
    np.testing.assert_allclose(answer(tmp_path, of="machine", path=path, inputs=v), expected, atol=1e-3)


def test_gibbs_sampling_by_the_same_numbers(tmp_path):
    path, rbm = saved(tmp_path, models.RBM.init(9, 6, key=KEYS[5]))
    v, u = (uniform(9) > 0.5).astype(jnp.float32), uniform(15)
    h = rbm.draw_hidden(rbm.hidden_logits(v), u[:, :6])
    expected = rbm.draw_visible(rbm.visible_field(h), u[:, 6:])
    assert answer(tmp_path, of="gibbs", path=path, inputs=v, uniform=u) == np.asarray(expected).tolist()


def test_a_belief_network_downwards(tmp_path):
    sizes = [(9, 7), (7, 6), (6, 5)]
    files, rbms = zip(
        *(saved(tmp_path, models.RBM.init(*size, key=KEYS[6]), f"layer-{n}") for n, size in enumerate(sizes)),
        strict=True,
    )
    code = (uniform(6) > 0.5).astype(jnp.float32)
    field = rbms[1].visible_field(code)
    middle = rbms[1].draw_visible(field, jnp.full_like(field, 0.5))
    expected = rbms[0].visible_mean(rbms[0].visible_field(middle))
    np.testing.assert_allclose(answer(tmp_path, of="stack", paths=files, inputs=code), expected, atol=1e-3)


SENTENCES = [np.random.default_rng(n).integers(0, 30, 1 + n % 7).tolist() for n in range(COUNT)]


@pytest.mark.parametrize("cell", ["elman", "lstm"])
@pytest.mark.parametrize("both", [True, False])
def test_taggers(cell, both, tmp_path):
    drawn = models.Tagger.init(
        30, 5, dimension=4, hidden=6, window=5, cell=cell, bidirectional=both, bias=not both, key=KEYS[7]
    )
    path, model = saved(tmp_path, drawn)
    found = answer(tmp_path, of="tags", path=path, inputs=SENTENCES)
    for words, logits in zip(SENTENCES, found, strict=True):
        np.testing.assert_allclose(logits, model(jnp.array(words)).ravel(), atol=1e-3)


@pytest.mark.parametrize("both", [True, False])
def test_classifiers_of_texts_and_their_shares(both, tmp_path):
    drawn = models.TextClassifier.init(30, 3, dimension=4, hidden=6, bidirectional=both, key=KEYS[8])
    path, model = saved(tmp_path, drawn)
    found = answer(tmp_path, of="texts", path=path, inputs=SENTENCES)
    for words, logits in zip(SENTENCES, found, strict=True):
        expected = model(jnp.array(words))
        np.testing.assert_allclose(logits, jnp.concatenate([expected, expected]), atol=1e-3)


@pytest.mark.parametrize("kind", [models.RNNRBM, models.RNNNADE])
@pytest.mark.parametrize("learned", [True, False])
def test_models_of_music(kind, learned, tmp_path):
    path, model = saved(tmp_path, kind.init(8, 6, 5, learned_start=learned, key=KEYS[9]))
    rolls, u = (uniform(4, 8) > 0.7).astype(jnp.float32), uniform(8)
    found = answer(tmp_path, of="music", path=path, inputs=rolls, uniform=u)
    for n, (roll, values) in enumerate(zip(rolls, found, strict=True)):
        state = model.start()
        for v in roll:
            state = model.next_state(state, v)
        expected = [state, *model.biases(state)]
        if kind is models.RNNNADE:
            expected += model.conditional(state).sample(u[n])
        np.testing.assert_allclose(values, jnp.concatenate(expected), atol=1e-3)


def test_half_precision_is_read(tmp_path):
    model = models.MLP.init(20, [7], 4, key=KEYS[10])
    halves = jax.tree.map(
        lambda leaf: leaf.astype(jnp.float16) if eqx.is_inexact_array(leaf) else leaf, model
    )
    path = tmp_path / "half.safetensors"
    save_model(path, halves)
    read = hm.load(path)
    assert {leaf.dtype for leaf in jax.tree.leaves(eqx.filter(read, eqx.is_array))} == {jnp.dtype("float32")}
    x = uniform(20)
    found = answer(tmp_path, of="logits", path=str(path), inputs=x, shape=[20])
    np.testing.assert_allclose(found, read.batch(x), atol=1e-3)


def strokes(n):
    """A drawing such as a finger makes, as grey values bright on black, (280, 280) uint8."""
    from PIL import Image, ImageDraw, ImageFilter

    rng = np.random.default_rng(n)
    image = Image.new("L", (280, 280))
    points = [tuple(map(int, point)) for point in rng.integers(30, 250, (3 + n % 4, 2))]
    ImageDraw.Draw(image).line(points, fill=255, width=12 + n, joint="curve")
    return np.asarray(image.filter(ImageFilter.GaussianBlur(1)))


def flat(drawing):
    return {"width": drawing.shape[1], "height": drawing.shape[0], "data": drawing.ravel()}


def test_drawings_are_prepared_as_the_library_does(tmp_path):
    drawings = [strokes(n) for n in range(COUNT)]
    found = answer(tmp_path, of="digits", inputs=[flat(one) for one in drawings], digits=(28, 20))
    for drawing, pixels in zip(drawings, found, strict=True):
        expected = as_digit(drawing, (28, 20)).ravel().astype(int)
        assert expected.any()
        assert np.abs(np.array(pixels) - expected).max() <= 1  # Pillow's weights are whole numbers


def test_pictures_are_fitted_as_the_library_does(tmp_path):
    from PIL import Image

    drawings = [strokes(n)[: 200 + 4 * n] for n in range(COUNT)]
    found = answer(tmp_path, of="fitted", inputs=[flat(one) for one in drawings], shape=(8, 10))
    for drawing, pixels in zip(drawings, found, strict=True):
        expected = np.asarray(fitted(Image.fromarray(drawing), (8, 10))).ravel().astype(int)
        assert np.abs(np.array(pixels) - expected).max() <= 1


TEXTS = [
    "I DON'T like it!",
    "Show me 2 flights <br /> at 7:30, Ünïcode naïve café?",
    "Ελληνικά και العربية",
    *(" ".join(f"word{n}'s {k}." for k in range(n)) + " end" for n in range(17)),
]


def test_words_are_read_as_the_library_does(tmp_path):
    assert answer(tmp_path, of="tokens", inputs=TEXTS, kind="words") == [tokens(text) for text in TEXTS]
    characters = answer(tmp_path, of="tokens", inputs=TEXTS, kind="characters")
    assert characters == [tokens(text, "characters") for text in TEXTS]


@pytest.mark.parametrize("words", [("<UNK>", "DIGIT", "show", "me"), ("<UNK>", "Show", "DIGITDIGIT", "me")])
def test_words_are_known_as_the_library_does(words, tmp_path):
    texts = ["Show ME 7 flights", "show me 12", "nothing", *(f"me {n}" for n in range(17))]
    vocabulary = data.Vocabulary(words)
    expected = [data.as_known(text.split(), vocabulary) for text in texts]
    assert answer(tmp_path, of="known", words=words, inputs=texts) == expected


def test_nearest_words(tmp_path):
    words = ["<UNK>", *(f"word-{n}" for n in range(24))]
    drawn = models.Tagger.init(25, 5, dimension=6, hidden=6, window=3, key=KEYS[11])
    path, model = saved(tmp_path, drawn)
    unit = model.with_unit_embeddings().embedding
    for n, found in enumerate(answer(tmp_path, of="near", path=path, words=words, inputs=words[1:21]), 1):
        order = np.argsort(-np.asarray(unit[:-1] @ unit[n]), kind="stable")
        assert found == [words[place] for place in order if place not in (0, n)][:5]


ENERGIES = {
    "banana": lambda s: s[0] ** 2 / 2 + 2 * (s[1] - s[0] ** 2 + 0.5) ** 2,
    "funnel": lambda s: s[1] ** 2 / 4.5 + s[0] ** 2 * jnp.exp(-s[1]) / 2 + s[1] / 2,
    "wells": lambda s: (s[0] ** 2 - 2.25) ** 2 / 3 + s[1] ** 2,
}


@pytest.mark.parametrize("name", ENERGIES)
def test_energies_and_their_gradients(name, tmp_path):
    s = 4 * uniform(2) - 2
    values, gradients = jax.vmap(jax.value_and_grad(ENERGIES[name]))(s)
    expected = np.concatenate([np.asarray(values)[:, None], gradients], 1)
    np.testing.assert_allclose(answer(tmp_path, of="energies", name=name, inputs=s), expected, atol=1e-3)


def test_leapfrog_steps(tmp_path):
    phase = 4 * uniform(4) - 2

    def bowl(s):
        return 0.5 * s[0] ** 2 + 2 * s[1] ** 2

    found = answer(tmp_path, of="leapfrog", inputs=phase, step=0.1, count=15)
    for start, end in zip(phase, found, strict=True):
        state, velocity = leapfrog(bowl, HMCState.init(bowl, start[:2]), start[2:], 0.1, 15)
        np.testing.assert_allclose(end, jnp.concatenate([state.position, velocity]), atol=1e-3)


def test_convolution_and_pooling(tmp_path):
    pictures, kernel = uniform(11, 13), uniform(5, 5)[0] - 0.5
    found = answer(tmp_path, of="pooled", inputs=pictures, kernel=kernel, tile=2)
    outputs = convolve(jnp.asarray(pictures).transpose(1, 2, 0)[None], jnp.asarray(kernel)[None, None])
    expected = [
        np.asarray(one)[0].transpose(2, 0, 1).reshape(COUNT, -1) for one in (outputs, max_pool(outputs))
    ]
    np.testing.assert_allclose(found, np.concatenate(expected, 1), atol=1e-3)


def test_midi_files_are_read_back(tmp_path):
    rng = np.random.default_rng(0)
    rolls = (rng.random((COUNT, 12, 88)) < 0.1).astype(int)
    rolls[:, -1, 40] = 1  # so that no roll ends in silence
    grid = data.Grid(0.25)
    for roll, content in zip(
        rolls, answer(tmp_path, of="midi", inputs=rolls, lowest=21, seconds=0.25), strict=True
    ):
        path = tmp_path / "tune.mid"
        path.write_bytes(bytes(content))
        read = data.read_midi(path, grid)
        assert read.tolist() == roll[: len(read)].tolist()
        assert len(read) == len(roll)


@pytest.mark.parametrize("name", ["logistic-regression", "mlp", "lenet", "dbn"])
def test_ready_made_classifiers(name, tmp_path):
    run = hm.Run(f"pretrained/{name}")
    x = jnp.stack([data.intensities(jnp.asarray(as_digit(strokes(n), (28, 20)))) for n in range(COUNT)])
    path = str(run.folder.model)
    found = answer(tmp_path, of="logits", path=path, inputs=x.reshape(COUNT, -1), shape=[28, 28])
    np.testing.assert_allclose(found, run.model.batch(x), atol=1e-3)


def test_ready_made_models_are_fast_enough(tmp_path):
    """A chain of 60 steps a second, and LeNet within 30 ms; on an idle machine both are ten times as fast."""
    lenet, rbm = (str(hm.Run(f"pretrained/{name}").folder.model) for name in ("lenet", "rbm"))
    x = data.intensities(jnp.asarray(as_digit(strokes(3), (28, 20)))).ravel()
    found = answer(tmp_path, of="speed", path=lenet, rbm=rbm, inputs=[x], shape=[28, 28], repeats=30)
    assert found["lenet"] < 30
    assert found["gibbs"] < 1000 / 60
