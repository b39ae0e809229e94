"""How a sampler finds its target and its step size."""

from pathlib import Path

import numpy as np

from harmonium.figures import drawing


def warm_up(
    step_sizes: np.ndarray, acceptance: np.ndarray, warmed: np.ndarray, draws: np.ndarray, path: Path
) -> Path:
    """Draw the step size and the acceptance of a warm-up, and one value of several chains through it and after.

    Parameters
    ----------
    step_sizes, acceptance
        (steps,): of each step of the warm-up, the acceptance as the mean over the chains.
    warmed, draws
        (steps, chains) and (draws, chains): the value in the warm-up, and in the draws after it.
    path
        The PNG file to write.
    """
    figure = drawing.blank(8.0, 4.5)
    upper, lower = figure.subplots(2, sharex=True)
    steps = np.arange(len(step_sizes))
    upper.semilogy(steps, step_sizes, color=drawing.BLUE, lw=1, label="step size, in units of the scale")
    right = upper.twinx()
    right.plot(steps, acceptance, color=drawing.ORANGE, lw=0.6, alpha=0.7, label="acceptance")
    right.set_ylim(0, 1)
    right.set_ylabel("acceptance")
    upper.set_ylabel("step size")
    lines = [*upper.get_legend_handles_labels()[0], *right.get_legend_handles_labels()[0]]
    upper.legend(handles=lines, frameon=False, fontsize=8, loc="lower right")
    values = np.concatenate([warmed, draws])
    for chain, color in zip(values.T, drawing.SEVERAL, strict=False):
        lower.plot(chain, color=color, lw=0.5, alpha=0.8)
    lower.axvline(len(warmed), color=drawing.INK, lw=1, ls="--")
    lower.set_ylabel("first value")
    lower.set_xlabel("step; draws begin at the dashed line")
    for axes in (upper, lower, right):
        axes.spines[["top"]].set_visible(False)
    upper.set_title("the warm-up of a sampler", fontsize=10)
    said = f"step size and acceptance in {len(warmed)} steps of warm-up; the first value of {values.shape[1]} chains"
    return drawing.save(figure, path, said)
