"""The scores of many runs against each of the settings that were drawn for them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmonium.figures import drawing
from harmonium.metrics.table import metric as described

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEW = 6  # up to this many different values are drawn at equal distances, unless no two runs share one
Scored = tuple[Mapping[str, Any], float]


def scores_by_setting(
    scored: Sequence[Scored], metric: str, path: Path, *, title: str, marked: bool = True
) -> Path:
    """Draw a validation score against each setting that differs, a panel each, with the best run marked in it.

    Parameters
    ----------
    scored
        For each run its settings and its score.
    metric
        The score's name; `harmonium.metrics.table` says which way is better.
    path
        The PNG file to write.
    title
        The heading.
    marked
        Whether the score decides which run is the best.
    """
    names = [name for name in scored[0][0] if any(one[name] != scored[0][0][name] for one, _ in scored)]
    names = names or list(scored[0][0])
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    heading = drawing.wrapped(title, 3.4 * columns)
    figure = drawing.blank(3.6 * columns, 3.0 * rows + 0.1 + drawing.height(heading))
    figure.suptitle(heading, color=drawing.INK, fontsize=10)
    choose = min if described(metric).better == "lowest" else max
    best = choose(scored, key=lambda one: one[1])
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes, name in zip(panels, names, strict=False):
        _panel(axes, scored, best if marked else None, name, metric)
    for axes in panels[len(names) :]:
        axes.axis("off")
    said = f"{title}: validation {described(metric).title} against each setting"
    if marked:
        said += f"; best: {described(metric).shown(best[1])} with " + ", ".join(
            f"{name.replace('_', ' ')} {_written(value)}" for name, value in best[0].items()
        )
    return drawing.save(figure, path, said)


def _panel(axes: "Axes", scored: Sequence[Scored], best: Scored | None, name: str, metric: str) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    values, scale = [settings[name] for settings, _ in scored], described(metric).scale
    different = len(set(values))
    many = different > FEW or (different == len(values) > 2 and all(isinstance(v, float) for v in values))
    numbers = many and all(isinstance(value, float | int) for value in values)
    order = sorted(set(values)) if not numbers else []
    place = (lambda value: value) if numbers else order.index
    axes.plot(
        [place(v) for v in values], [s * scale for _, s in scored], "o", color=drawing.BLUE, ms=4, alpha=0.7
    )
    if best:
        axes.plot(
            [place(best[0][name])], [best[1] * scale], "D", ms=8, mfc="none", mec=drawing.ORANGE, mew=1.6
        )
    if numbers and min(values) > 0 and max(values) > 5 * min(values):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=6))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(axis="x", labelsize=8)
    if not numbers:
        axes.set_xticks(range(len(order)), [_written(value) for value in order])
        axes.set_xlim(-0.5, len(order) - 0.5)
    axes.set_xlabel(name.replace("_", " "))
    axes.set_ylabel(f"validation {described(metric).axis}", fontsize=8)
    axes.grid(alpha=0.25, lw=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(map(_written, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)
