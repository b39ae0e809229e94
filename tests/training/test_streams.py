"""Each thing that is random has a key of its own: no two purposes, parts, seeds, updates or examples share one."""

import itertools
from collections import Counter

import jax
import numpy as np
import pytest

from harmonium.recipes.shared.recipe import recipe_class
from harmonium.runs.train import train_phases
from harmonium.training import RunFolder, Streams
from harmonium.training.streams import order_key, update_key

SPLITS = ("train", "valid", "test")


def data(key):
    return tuple(np.asarray(jax.random.key_data(key)).tolist())


def streams(seed, part):
    """Every key that a part of a run can have, by name."""
    of = Streams(seed, part)
    plain = {name: getattr(of, name) for name, kind in vars(Streams).items() if isinstance(kind, property)}
    by_split = {
        f"{name} {split}": getattr(of, name)(split)
        for name in ("held_out_noise", "samples_of_codes", "posterior_samples")
        for split in SPLITS
    }
    return plain | by_split


def test_no_two_streams_of_any_seed_and_part_are_the_same():
    found = Counter(
        data(key)
        for seed, part in itertools.product(range(6), range(6))
        for key in streams(seed, part).values()
    )
    assert len(found) == 36 * len(streams(0, 0))
    assert set(found.values()) == {1}


def test_updates_epochs_and_held_out_examples_share_no_key():
    keys = []
    for seed, part in itertools.product(range(3), range(4)):
        of = Streams(seed, part)
        keys += [update_key(of.updates, n) for n in range(60)] + [order_key(of.updates, n) for n in range(60)]
        for split in SPLITS:
            noise = of.held_out_noise(split)
            keys += [jax.random.fold_in(noise, n) for n in range(60)]
        keys += list(streams(seed, part).values())
    assert max(Counter(map(data, keys)).values()) == 1


@pytest.fixture
def asked(monkeypatch):
    """Every stream that is drawn from, by seed, part and name; those whose shape alone is asked for are not."""
    found = []
    named = Streams._named

    def recording(self, name):
        key = named(self, name)
        if not isinstance(key, jax.core.Tracer):
            found.append((self.seed, self.part, name))
        return key

    monkeypatch.setattr(Streams, "_named", recording)
    return found


STACKS = ("stacked-denoising-autoencoder", "dbn")


@pytest.mark.parametrize("name", STACKS)
@pytest.mark.parametrize("depth", [2, 3, 4])
def test_each_layer_of_a_stack_has_streams_of_its_own(name, depth, asked, tmp_path):
    recipe = recipe_class(name)(
        data="digits", hidden=(8,) * depth, pretraining_epochs=(0,), max_epochs=0, **LEVELS[name]
    )
    train_phases(recipe, RunFolder(tmp_path / "run", recipe.config()))
    for stream in ("initial weights", "updates"):
        parts = {
            part for _, part, its in asked if its == stream
        }  # asked for twice: for its shape, then to be drawn
        assert sorted(parts) == list(range(stream != "updates", depth + 1))


LEVELS = {"stacked-denoising-autoencoder": {"corruption_level": (0.1,)}, "dbn": {}}


@pytest.mark.parametrize("name", STACKS)
def test_layers_of_equal_widths_begin_with_different_weights(name, tmp_path):
    """As layers 2 and 3 of the book's 1000-1000-1000: they began alike."""
    recipe = recipe_class(name)(
        data="digits", hidden=(16, 16, 16), pretraining_epochs=(0,), max_epochs=0, **LEVELS[name]
    )
    folder = RunFolder(tmp_path / "run", recipe.config())
    train_phases(recipe, folder)
    second, third = (np.asarray(recipe.trained_layer(folder, number).weight) for number in (1, 2))
    assert second.shape == third.shape
    assert np.abs(np.corrcoef(second.ravel(), third.ravel())[0, 1]) < 0.3
