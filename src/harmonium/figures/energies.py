"""Trajectories of a sampler over an energy in two dimensions."""

from pathlib import Path

import numpy as np

from harmonium.figures import drawing


def trajectories(
    grid: np.ndarray, heights: np.ndarray, paths: np.ndarray, draws: np.ndarray, path: Path
) -> Path:
    """Draw trajectories over the contours of an energy and over samples.

    Parameters
    ----------
    grid
        (rows, columns, 2): the points at which the energy is known.
    heights
        (rows, columns): the energy there, in nats.
    paths
        (paths, steps, 2): up to three trajectories, drawn from their open first point.
    draws
        (draws, 2): samples, drawn as dots.
    path
        The PNG file to write.
    """
    figure = drawing.blank(7.0, 5.0)
    axes = figure.subplots()
    axes.plot(*draws.T, ".", color=drawing.GREY, ms=1.5, alpha=0.5, label="draws")
    axes.contour(
        grid[..., 0],
        grid[..., 1],
        heights,
        levels=np.arange(0.5, 8, 1) ** 1.3,
        colors="#bbbbbb",
        linewidths=0.8,
    )
    colors = (drawing.BLUE, drawing.ORANGE, drawing.GREEN)
    for number, (line, color) in enumerate(zip(paths, colors, strict=False), 1):
        axes.plot(*line.T, "-o", color=color, lw=1.4, ms=3, label=f"trajectory {number}")
        axes.plot(*line[0], "o", color=color, ms=8, mfc="white", mew=1.6)
    axes.plot([], [], "o", color=drawing.INK, ms=5, mfc="white", mew=1.2, label="where one begins")
    axes.set_title("leapfrog trajectories over the energy's contours", fontsize=10)
    axes.set_xlabel("first value")
    axes.set_ylabel("second value")
    axes.spines[["top", "right"]].set_visible(False)
    for axis, limit in ((0, axes.set_xlim), (1, axes.set_ylim)):  # the whole of every trajectory is inside
        reached = [*grid[..., axis].flat, *paths[..., axis].flat]
        low, high = min(reached), max(reached)
        limit(low - 0.02 * (high - low), high + 0.02 * (high - low))
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), markerscale=1.5)
    said = (
        f"{len(paths)} leapfrog trajectories, from their open points, over an energy and {len(draws)} draws"
    )
    return drawing.save(figure, path, said)
