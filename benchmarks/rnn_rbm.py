"""The RNN-RBM's CD-15 update on a chunk of 100 steps, and generation of 200 steps: Harmonium against PyTorch.

Both start from the same weights and take the same chunks; each draws its own random numbers, so that their monitors,
and the numbers of notes that they write, agree only as far as the noise allows. PyTorch is written as its users would:
the loop over time in Python, the free energies left to autograd, the chains without it.
"""

import time
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import lazy_loader
import numpy as np

from benchmarks.measuring import Ours, Run, Workload, as_tensors, main
from harmonium import data
from harmonium.data import Music, Rolls
from harmonium.errors import DataError
from harmonium.models import RNNRBM
from harmonium.recipes.rnn_rbm import RNNRBMRecipe
from harmonium.recipes.shared.piano_roll_chunks import chunks, objective
from harmonium.training import TrainingState, gradient_update, random_key

torch = lazy_loader.load("torch")

STEPS, GIBBS = 200, 25  # of what is generated
TUNES = 20  # generated in a round


class PyTorch:
    """PyTorch with autograd for the recurrence and the free energies."""

    def __init__(self, recipe: RNNRBMRecipe, notes: np.ndarray, model: RNNRBM):
        self.recipe, self.rolls, self.at = recipe, torch.tensor(notes, dtype=torch.float32), 0
        self.parameters = [torch.zeros(leaf.shape, requires_grad=True) for leaf in jax.tree.leaves(model)]
        as_tensors(model, self.parameters)
        self.optimizer = torch.optim.SGD(self.parameters, lr=recipe.first_rate)

    def __call__(self, updates: int) -> float:
        """Train on the next chunks; the mean of their monitors."""
        total = torch.zeros(())
        for _ in range(updates):
            total += self.update(self.rolls[self.at % len(self.rolls)])
            self.at += 1
        return float(total) / updates

    def update(self, v: Any) -> Any:
        """One update; its monitor."""
        weight, b, c, to_visible, to_hidden, from_visible, beside, bias = self.parameters
        z = v @ from_visible + bias
        u, past = torch.zeros(len(bias)), []
        for step in z:
            past.append(u)
            u = torch.tanh(step + u @ beside)
        known = torch.stack(past)
        visible, hidden = b + known @ to_visible, c + known @ to_hidden

        def free_energy(x: Any) -> Any:
            return -(x * visible).sum() - torch.nn.functional.softplus(x @ weight + hidden).sum()

        with torch.no_grad():
            s = v
            for _ in range(self.recipe.gibbs_steps):
                h = torch.bernoulli(torch.sigmoid(torch.addmm(hidden, s, weight)))
                s = torch.bernoulli(torch.sigmoid(torch.addmm(visible, h, weight.t())))
            h = torch.bernoulli(torch.sigmoid(torch.addmm(hidden, s, weight)))
            logits = torch.addmm(visible, h, weight.t())
            monitor = (v * logits - torch.nn.functional.softplus(logits)).sum() / len(v)
        loss = (free_energy(v) - free_energy(s)) / len(v)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return monitor


def training(music: Music) -> Workload:
    """The book's settings."""
    recipe = RNNRBMRecipe()
    optimizer = recipe.make_optimizer(len(music.train))
    model, train = recipe.model(music), whole_chunks(music, recipe.batch_size)
    update = gradient_update(objective(recipe.losses(music)), optimizer)
    state = TrainingState.init(model, optimizer, key=random_key(recipe.seed), rate=recipe.first_rate)
    ours = Ours(update, state, train, 1, recipe.monitor)
    product = 2 * recipe.batch_size * train["notes"].shape[2] * recipe.hidden
    return Workload(
        "RNN-RBM CD-15, 100x88 chunk, 150 hidden, 100 recurrent, 200 updates",
        ours,
        {"PyTorch": partial(PyTorch, recipe, train["notes"], model)},
        200,
        product * (2 * recipe.gibbs_steps + 6),
        ours.compile_seconds,
        "random bits and products of 15 Gibbs steps, then the loop over time",
        tolerance=0.05,
        checked_updates=500,
        book_ms=11.2,
    )


def generation(music: Music) -> Workload:
    """Tunes of 200 steps, 25 Gibbs steps each, one after the other, with notes as frequent as the music's."""
    recipe = RNNRBMRecipe(initial_weights="scaled")
    model = recipe.model(music)
    started = time.perf_counter()
    program = jax.jit(lambda key: model.generate(model.start(), STEPS, GIBBS, key=key)).lower(random_key(0))
    compiled = program.compile()
    compile_seconds = time.perf_counter() - started

    def ours(tunes: int) -> float:
        notes = [compiled(random_key(n)).sum() for n in range(tunes)]
        return float(jnp.stack(notes).mean()) / STEPS

    def theirs() -> Run:
        parameters = [torch.tensor(np.asarray(leaf)) for leaf in jax.tree.leaves(model)]

        def run(tunes: int) -> float:
            with torch.no_grad():
                return sum(float(torch_tune(parameters).sum()) for _ in range(tunes)) / tunes / STEPS

        return run

    return Workload(
        f"RNN-RBM, {TUNES} tunes of {STEPS} steps, {GIBBS} Gibbs steps each",
        ours,
        {"PyTorch": theirs},
        TUNES,
        STEPS * GIBBS * 4 * model.weight.size,
        compile_seconds,
        "the latency of 5,000 small steps one after the other",
        tolerance=0.05,
        checked_updates=2 * TUNES,
        book_ms=407,
    )


def torch_tune(parameters: list[Any]) -> Any:
    """A tune by PyTorch."""
    weight, b, c, to_visible, to_hidden, from_visible, beside, bias = parameters
    u, tune = torch.zeros(len(bias)), []
    for _ in range(STEPS):
        visible, hidden = b + u @ to_visible, c + u @ to_hidden
        v = torch.zeros(len(b))
        for _ in range(GIBBS):
            h = torch.bernoulli(torch.sigmoid(v @ weight + hidden))
            v = torch.bernoulli(torch.sigmoid(weight @ h + visible))
        tune.append(v)
        u = torch.tanh(v @ from_visible + u @ beside + bias)
    return torch.stack(tune)


def whole_chunks(music: Music, steps: int) -> dict[str, np.ndarray]:
    """The chunks that are no shorter than `steps`."""
    cut = chunks(music.train, steps)
    return {name: array[cut["length"] == steps] for name, array in cut.items()}


def folk_tunes() -> Music:
    """Nottingham, or where it is not to be had random notes of its density."""
    try:
        return data.load_music("nottingham")
    except DataError as error:
        print(f"{error}\nSo the notes are random ones, as many: the work is the same.")
    return random_notes(600)


def random_notes(pieces: int) -> Music:
    """So many pieces of 200 steps, as dense as folk tunes."""
    random = np.random.default_rng(0)
    rolls = Rolls(
        tuple((random.random((200, 88)) < 4 / 88).astype(np.uint8) for _ in range(pieces)),
        ("random",) * pieces,
    )
    return Music("random notes", rolls, rolls, rolls)


WORKLOADS = {"cd-15": training, "generation": generation}

if __name__ == "__main__":
    main("rnn_rbm", WORKLOADS, __doc__, folk_tunes)
