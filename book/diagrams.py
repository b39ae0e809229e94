"""The diagrams of the book, each drawn by a function of its own name in `DIAGRAMS`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle

INK, SOFT = "#22303c", "#8a99a8"
BLUE, ORANGE, GREEN, RED = "#2f6fb0", "#d9822b", "#3f8f5f", "#b5443c"
PALE = {BLUE: "#dfeaf5", ORANGE: "#fbe8d3", GREEN: "#dff0e5", RED: "#f6dfdc", SOFT: "#eef1f4"}
STYLE = {"font.family": "DejaVu Sans", "font.size": 10, "svg.fonttype": "path", "svg.hashsalt": "harmonium"}

Point = tuple[float, float]


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of inches without axes, in which a unit is an inch."""
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    axes.axis("off")
    return figure, axes


def write(draw: Callable[[], Figure], path: Path) -> None:
    """Write a diagram as SVG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with rc_context(STYLE):
        draw().savefig(path, format="svg", metadata={"Date": None})


def box(
    axes: Axes,
    at: Point,
    text: str,
    colour: str = BLUE,
    width: float = 1.3,
    height: float = 0.5,
    size: float = 10,
) -> Point:
    """A rounded box with words, centred at a point, which is returned."""
    x, y = at
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.08",
            fc=PALE[colour],
            ec=colour,
            lw=1.3,
        )
    )
    axes.text(x, y, text, ha="center", va="center", color=INK, size=size, linespacing=1.25)
    return at


def arrow(
    axes: Axes, a: Point, b: Point, colour: str = INK, bend: float = 0.0, style: str = "-|>", **more: Any
) -> None:
    """An arrow from one point to another."""
    axes.add_patch(
        FancyArrowPatch(
            a,
            b,
            arrowstyle=style,
            mutation_scale=11,
            color=colour,
            lw=1.2,
            connectionstyle=f"arc3,rad={bend}",
            shrinkA=0,
            shrinkB=0,
            **more,
        )
    )


def word(axes: Axes, at: Point, text: str, size: float = 10, colour: str = INK, **more: Any) -> None:
    """Words at a point."""
    axes.text(*at, text, **{"ha": "center", "va": "center"} | more, color=colour, size=size)


def layer(
    axes: Axes, units: int, start: Point, step: Point, colour: str, radius: float = 0.15
) -> list[Point]:
    """A row or column of units; their centres."""
    places = [(start[0] + n * step[0], start[1] + n * step[1]) for n in range(units)]
    for place in places:
        axes.add_patch(Circle(place, radius, fc=PALE[colour], ec=colour, lw=1.3, zorder=3))
    return places


def joined(
    axes: Axes, below: Sequence[Point], above: Sequence[Point], colour: str = SOFT, width: float = 0.6
) -> None:
    """Lines between all units of two layers."""
    for a in below:
        for b in above:
            axes.plot(*zip(a, b, strict=True), color=colour, lw=width, zorder=1)


def roads() -> Figure:
    figure, axes = canvas(8, 4.1)
    at = {
        "getting started": (1.2, 0.5, SOFT),
        "logistic regression": (1.2, 1.5, BLUE),
        "perceptron": (1.2, 2.4, BLUE),
        "LeNet": (1.2, 3.4, BLUE),
        "autoencoders": (3.3, 1.5, GREEN),
        "stacked\nautoencoders": (3.3, 2.9, GREEN),
        "Boltzmann\nmachine": (5.1, 1.2, ORANGE),
        "belief network": (5.1, 2.4, ORANGE),
        "hybrid\nMonte Carlo": (6.85, 1.2, ORANGE),
        "mcRBM": (6.85, 2.4, ORANGE),
        "slot filling": (3.3, 3.7, RED),
        "sentiment": (5.1, 3.7, RED),
        "music": (6.85, 3.4, RED),
    }
    for name, (x, y, colour) in at.items():
        box(axes, (x, y), name, colour, width=1.55, height=0.5, size=9)
    roads_ = [
        ("getting started", "logistic regression"),
        ("logistic regression", "perceptron"),
        ("perceptron", "LeNet"),
        ("logistic regression", "autoencoders"),
        ("autoencoders", "stacked\nautoencoders"),
        ("perceptron", "stacked\nautoencoders"),
        ("getting started", "Boltzmann\nmachine"),
        ("Boltzmann\nmachine", "belief network"),
        ("Boltzmann\nmachine", "hybrid\nMonte Carlo"),
        ("hybrid\nMonte Carlo", "mcRBM"),
        ("slot filling", "sentiment"),
        ("sentiment", "music"),
    ]
    for a, b in roads_:
        (xa, ya, _), (xb, yb, _) = at[a], at[b]
        if abs(ya - yb) < 0.6 and xa != xb:
            ends = ((xa + 0.78, ya), (xb - 0.78, yb))
        elif xa == xb:
            ends = ((xa, ya + 0.25), (xb, yb - 0.25))
        else:
            ends = ((xa + 0.78, ya), (xb - 0.78, yb))
        arrow(axes, *ends, colour=SOFT)
    arrow(axes, (5.85, 1.46), (6.07, 3.3), colour=SOFT)
    arrow(axes, (1.98, 2.52), (2.52, 3.6), colour=SOFT)
    return figure


def learning() -> Figure:
    figure, axes = canvas(7.4, 2.7)
    names = [
        ("minibatch", (1.2, 2.1), BLUE),
        ("loss", (3.3, 2.1), ORANGE),
        ("gradient", (3.3, 0.7), ORANGE),
        ("step", (1.2, 0.7), GREEN),
    ]
    for name, at, colour in names:
        box(axes, at, name, colour)
    for a, b in (
        ((1.85, 2.1), (2.65, 2.1)),
        ((3.3, 1.85), (3.3, 0.95)),
        ((2.65, 0.7), (1.85, 0.7)),
        ((1.2, 0.95), (1.2, 1.85)),
    ):
        arrow(axes, a, b)
    word(axes, (2.25, 1.4), "thousands\nof times", 9, SOFT)
    box(axes, (5.9, 2.1), "validation set:\ngo on or stop?", BLUE, 1.9, 0.62)
    box(axes, (5.9, 0.7), "test set:\nopened once", RED, 1.9, 0.62)
    arrow(axes, (3.95, 2.1), (4.95, 2.1), colour=SOFT, linestyle="--")
    arrow(axes, (5.9, 1.78), (5.9, 1.02), colour=SOFT, linestyle="--")
    word(axes, (6.0, 1.4), "at the end", 9, SOFT, ha="left")
    return figure


def door() -> Figure:
    figure, axes = canvas(7.8, 2.6)
    for number, (name, y) in enumerate(
        (("a name: mnist", 2.1), ("a path: photos/", 1.3), ("arrays: (x, y)", 0.5))
    ):
        box(axes, (0.95, y), name, (BLUE, GREEN, ORANGE)[number], 1.6)
        arrow(axes, (1.75, y), (2.45, 1.3), colour=SOFT)
    box(axes, (3.05, 1.3), "read", BLUE, 1.1)
    box(axes, (4.5, 1.3), "prepare", BLUE, 1.1)
    box(axes, (5.95, 1.3), "share out", BLUE, 1.1)
    arrow(axes, (3.6, 1.3), (3.95, 1.3))
    arrow(axes, (5.05, 1.3), (5.4, 1.3))
    for name, y, colour in (("train", 2.1, GREEN), ("valid", 1.3, ORANGE), ("test", 0.5, RED)):
        box(axes, (7.2, y), name, colour, 0.9)
        arrow(axes, (6.5, 1.3), (6.75, y), colour=SOFT)
    word(axes, (4.5, 0.35), "what was understood is said, and kept in the run", 9, SOFT)
    arrow(axes, (4.5, 1.05), (4.5, 0.5), colour=SOFT, linestyle="--")
    return figure


def logistic() -> Figure:
    figure, axes = canvas(6.4, 3.2)
    pixels = layer(axes, 7, (0.7, 0.5), (0, 0.37), SOFT, 0.13)
    sums = layer(axes, 4, (3.1, 0.75), (0, 0.5), BLUE)
    joined(axes, pixels, sums)
    joined(axes, pixels, sums[2:3], ORANGE, 1.4)
    axes.add_patch(Rectangle((4.0, 0.5), 0.55, 2.0, fc=PALE[GREEN], ec=GREEN, lw=1.3))
    word(axes, (4.27, 1.5), "softmax", rotation=90)
    for _, y in sums:
        arrow(axes, (3.25, y), (4.0, y), colour=SOFT)
        arrow(axes, (4.55, y), (5.0, y), colour=SOFT)
    word(axes, (5.1, 1.5), r"$P(Y=i\,|\,x)$", 12, ha="left")
    word(axes, (0.7, 3.02), "pixels $x$", 9, SOFT)
    word(axes, (3.1, 2.7), "$W_i x + b_i$", 10)
    word(axes, (1.9, 0.15), "the weights of one class are a template", 9, ORANGE)
    return figure


def mlp() -> Figure:
    figure, axes = canvas(6.4, 3.1)
    inputs = layer(axes, 6, (0.8, 0.4), (0, 0.42), SOFT, 0.14)
    hidden = layer(axes, 5, (3.0, 0.6), (0, 0.42), BLUE)
    outputs = layer(axes, 3, (5.2, 1.0), (0, 0.42), GREEN)
    joined(axes, inputs, hidden)
    joined(axes, hidden, outputs)
    word(axes, (0.8, 2.85), "$x$", 12)
    word(axes, (3.0, 2.75), r"$h = s(W^{(1)}x + b^{(1)})$", 11)
    word(axes, (5.2, 2.3), r"softmax$(W^{(2)}h + b^{(2)})$", 10)
    return figure


def lenet() -> Figure:
    figure, axes = canvas(8.2, 3.0)

    def maps(x: float, count: int, side: float, colour: str, text: str) -> None:
        for number in range(count):
            shift = 0.07 * number
            axes.add_patch(
                Rectangle(
                    (x + shift, 1.6 - side / 2 - shift),
                    side,
                    side,
                    fc=PALE[colour],
                    ec=colour,
                    lw=1,
                    zorder=10 - number,
                )
            )
        word(axes, (x + side / 2 + 0.03 * count, 0.45), text, 8.5)

    maps(0.15, 1, 1.3, SOFT, "image\n28 × 28")
    maps(2.0, 5, 1.1, BLUE, "20 maps\n24 × 24")
    maps(3.75, 5, 0.62, BLUE, "pooled\n12 × 12")
    maps(5.05, 6, 0.42, GREEN, "50 maps\n8 × 8")
    maps(6.1, 6, 0.25, GREEN, "pooled\n4 × 4")
    for x, height, colour, text in ((7.1, 1.6, ORANGE, "500"), (7.7, 0.7, RED, "10")):
        axes.add_patch(Rectangle((x, 1.6 - height / 2), 0.16, height, fc=PALE[colour], ec=colour, lw=1))
        word(axes, (x + 0.08, 0.45), text, 8.5)
    axes.add_patch(Rectangle((0.5, 1.7), 0.3, 0.3, fc="none", ec=RED, lw=1.4, zorder=20))
    for y in (1.7, 2.0):
        axes.plot([0.8, 2.45], [y, 1.85], color=RED, lw=0.7, zorder=20)
    for x, name in ((1.72, "5×5"), (3.5, "2×2"), (4.85, "5×5"), (5.92, "2×2")):
        word(axes, (x, 2.75), name, 8, SOFT)
    return figure


def autoencoder() -> Figure:
    figure, axes = canvas(7.6, 2.5)
    box(axes, (0.8, 1.5), "$x$", SOFT, 0.8, 0.8, 13)
    box(axes, (2.5, 1.5), r"$\tilde{x}$", RED, 0.8, 0.8, 13)
    box(axes, (4.4, 1.5), "code $y$", BLUE, 1.0, 0.6)
    box(axes, (6.3, 1.5), "$z$", GREEN, 0.8, 0.8, 13)
    for a, b, text in ((1.2, 2.1, "corrupt"), (2.9, 3.9, "encode"), (4.9, 5.9, "decode")):
        arrow(axes, (a, 1.5), (b, 1.5))
        word(axes, ((a + b) / 2, 1.68), text, 8.5)
    arrow(axes, (0.8, 1.1), (6.3, 1.1), colour=ORANGE, bend=0.22, style="<|-|>")
    word(axes, (3.55, 0.32), "the loss compares the reconstruction with the clean input", 9, ORANGE)
    return figure


def stack() -> Figure:
    figure, axes = canvas(8, 3.2)
    for x, layers, title in ((1.1, ["x", "h1", "x'"], "1  pixels"), (3.5, ["h1", "h2", "h1'"], "2  codes")):
        for number, name in enumerate(layers):
            text = {"x": "$x$", "h1": "$h^1$", "h2": "$h^2$", "x'": r"$\hat{x}$", "h1'": r"$\hat{h}^1$"}[name]
            box(
                axes,
                (x, 0.6 + 0.8 * number),
                text,
                (SOFT, BLUE, SOFT)[number] if x < 2 else (BLUE, GREEN, BLUE)[number],
                1.4,
                0.42,
                11,
            )
        arrow(axes, (x, 0.81), (x, 1.19))
        arrow(axes, (x, 1.61), (x, 1.99), linestyle="--")
        word(axes, (x, 2.85), title, 10)
    for number, (text, colour) in enumerate(
        (("$x$", SOFT), ("$h^1$", BLUE), ("$h^2$", GREEN), ("classes", RED))
    ):
        box(axes, (6.4, 0.35 + 0.68 * number), text, colour, 1.4, 0.42, 11)
        if number:
            arrow(axes, (6.4, 0.35 + 0.68 * number - 0.47), (6.4, 0.35 + 0.68 * number - 0.21))
    word(axes, (6.4, 2.95), "3  fine-tuning", 10)
    arrow(axes, (1.9, 1.4), (2.75, 0.6), colour=SOFT)
    arrow(axes, (4.3, 1.3), (5.6, 1.1), colour=SOFT)
    return figure


def rbm() -> Figure:
    figure, axes = canvas(6, 2.5)
    visible = layer(axes, 6, (1.2, 0.5), (0.7, 0), SOFT, 0.17)
    hidden = layer(axes, 4, (1.9, 1.9), (0.7, 0), BLUE, 0.17)
    joined(axes, visible, hidden)
    word(axes, (0.55, 0.5), "$v$", 13)
    word(axes, (0.55, 1.9), "$h$", 13)
    word(axes, (5.45, 1.2), "$W$", 13)
    return figure


def gibbs() -> Figure:
    figure, axes = canvas(7.6, 2.0)
    for number, name in enumerate(("0", "1", "2", "t")):
        x = 0.8 + 1.7 * number + (0.5 if name == "t" else 0)
        box(axes, (x, 0.5), f"$v^{{({name})}}$", SOFT, 0.8, 0.5, 11)
        box(axes, (x + 0.45, 1.5), f"$h^{{({name})}}$", BLUE, 0.8, 0.5, 11)
        arrow(axes, (x + 0.1, 0.75), (x + 0.35, 1.25))
        if name in "01":
            arrow(axes, (x + 0.75, 1.25), (x + 1.5, 0.75))
    word(axes, (5.45, 1.0), "…", 16)
    return figure


def dbn() -> Figure:
    figure, axes = canvas(6.2, 3.2)
    names = [("$x$", SOFT, 0.5), ("$h^1$", BLUE, 1.5), ("$h^2$", GREEN, 2.5)]
    rows = [
        layer(axes, 7 - n, (1.3 + 0.3 * n, y), (0.6, 0), colour, 0.15)
        for n, (_, colour, y) in enumerate(names)
    ]
    joined(axes, rows[1], rows[2])
    for name, _, y in names:
        word(axes, (0.6, y), name, 13)
    for a in rows[1]:
        arrow(axes, (a[0], a[1] - 0.17), (a[0], 0.67), colour=INK)
    arrow(axes, (5.45, 0.5), (5.45, 1.4), colour=SOFT, bend=0.3, linestyle=":")
    arrow(axes, (5.45, 1.6), (5.45, 2.4), colour=SOFT, bend=0.3, linestyle=":")
    word(axes, (3.1, 2.95), "an undirected machine on top", 9, SOFT)
    word(axes, (5.55, 2.75), "guesses", 8.5, SOFT)
    return figure


def hmc() -> Figure:
    figure = Figure(figsize=(7.6, 3.0))
    precision = np.linalg.inv(np.array([[1.0, 0.93], [0.93, 1.0]]))
    grid = np.linspace(-3, 3, 121)
    points = np.stack(np.meshgrid(grid, grid), -1)
    heights = 0.5 * np.einsum("...i,ij,...j", points, precision, points)
    random = np.random.default_rng(3)
    start = np.array([-1.9, -1.8])

    def energy(s: np.ndarray) -> float:
        return float(0.5 * s @ precision @ s)

    walk = [start]
    for _ in range(60):
        new = walk[-1] + 0.15 * random.normal(size=2)
        walk.append(new if np.log(random.random()) < energy(walk[-1]) - energy(new) else walk[-1])
    paths, s = [], start
    for velocity in (np.array([1.2, 1.6]), np.array([-1.1, -0.4])):
        path = [s]
        velocity = velocity - 0.05 * precision @ s
        for _ in range(28):
            s = s + 0.1 * velocity
            velocity = velocity - 0.1 * precision @ s
            path.append(s)
        paths.append(np.array(path))
    left, right = figure.subplots(1, 2)
    for axes, title in ((left, "a random walk"), (right, "a rolling particle")):
        axes.contour(grid, grid, heights, levels=[0.5, 2, 4.5], colors=[SOFT], linewidths=0.8)
        axes.set(xticks=[], yticks=[], aspect="equal", xlim=(-3, 3), ylim=(-3, 3))
        axes.set_title(title, size=10, color=INK)
    left.plot(*np.array(walk).T, color=RED, lw=0.9, marker=".", ms=3)
    for path, colour in zip(paths, (BLUE, ORANGE), strict=True):
        right.plot(*path.T, color=colour, lw=1.1, marker=".", ms=3)
        right.plot(*path[0], "o", mfc="white", mec=colour, ms=7)
    figure.tight_layout()
    return figure


def mcrbm() -> Figure:
    figure, axes = canvas(6.6, 3.0)
    visible = layer(axes, 7, (0.9, 0.4), (0.75, 0), SOFT, 0.16)
    factors = layer(axes, 4, (0.9, 1.4), (0.75, 0), ORANGE, 0.16)
    covariance = layer(axes, 3, (1.2, 2.4), (0.75, 0), BLUE, 0.16)
    mean = layer(axes, 2, (4.5, 2.4), (0.75, 0), GREEN, 0.16)
    joined(axes, visible, factors)
    joined(axes, factors, covariance)
    joined(axes, visible, mean)
    word(axes, (0.35, 0.4), "$v$", 12)
    word(axes, (3.75, 1.4), "squares", 9, ORANGE)
    word(axes, (1.95, 2.78), "covariance units $h$", 9, BLUE)
    word(axes, (4.9, 2.78), "mean units $m$", 9, GREEN)
    return figure


def tagger() -> Figure:
    figure, axes = canvas(8, 3.4)
    words_ = ("flights", "from", "new", "york", "today")
    labels = ("O", "O", "B-from", "I-from", "B-date")
    for number, (text, label) in enumerate(zip(words_, labels, strict=True)):
        x = 0.9 + 1.5 * number
        word(axes, (x, 0.25), text, 10)
        box(axes, (x, 0.85), "window", ORANGE, 1.0, 0.4, 9)
        box(axes, (x, 1.75), "$h(t)$", BLUE, 1.0, 0.5, 11)
        box(axes, (x, 2.75), label, GREEN, 1.0, 0.4, 9)
        arrow(axes, (x, 0.4), (x, 0.65))
        arrow(axes, (x, 1.05), (x, 1.5))
        arrow(axes, (x, 2.0), (x, 2.55))
        if number:
            arrow(axes, (x - 1.0, 1.75), (x - 0.5, 1.75), colour=BLUE)
            arrow(axes, (x - 1.4, 0.4), (x - 0.4, 0.66), colour=SOFT)
        if number < len(words_) - 1:
            arrow(axes, (x + 1.4, 0.4), (x + 0.4, 0.66), colour=SOFT)
    return figure


def lstm() -> Figure:
    figure, axes = canvas(7.2, 3.6)
    axes.add_patch(
        FancyBboxPatch(
            (1.3, 0.9), 4.9, 2.3, boxstyle="round,pad=0,rounding_size=0.15", fc="none", ec=SOFT, lw=1
        )
    )
    axes.plot([0.4, 6.9], [2.8, 2.8], color=INK, lw=2)
    arrow(axes, (6.7, 2.8), (6.95, 2.8))
    word(axes, (0.45, 3.02), "$C_{t-1}$", 11)
    word(axes, (6.85, 3.05), "$C_t$", 11)
    for x, name, colour in (
        (1.9, "forget $f_t$", RED),
        (3.1, "input $i_t$", GREEN),
        (4.3, r"candidate $\tilde{C}_t$", BLUE),
        (5.5, "output $o_t$", ORANGE),
    ):
        box(axes, (x, 1.25), name, colour, 1.05, 0.42, 8)
        arrow(axes, (x, 0.45), (x, 1.03), colour=SOFT)
    axes.plot([1.9, 5.5], [0.45, 0.45], color=SOFT, lw=1.2)
    word(axes, (3.6, 0.2), "$x_t$ and $h_{t-1}$ reach all four", 9, SOFT)
    for x, y, sign, colour in (
        (1.9, 2.8, "×", RED),
        (3.75, 2.0, "×", GREEN),
        (3.75, 2.8, "+", INK),
        (5.5, 2.0, "×", ORANGE),
    ):
        axes.add_patch(Circle((x, y), 0.16, fc="white", ec=colour, lw=1.3, zorder=4))
        word(axes, (x, y), sign, 11, zorder=5)
    arrow(axes, (1.9, 1.46), (1.9, 2.64))
    arrow(axes, (3.1, 1.46), (3.62, 1.9))
    arrow(axes, (4.3, 1.46), (3.88, 1.9))
    arrow(axes, (3.75, 2.16), (3.75, 2.64))
    arrow(axes, (5.5, 1.46), (5.5, 1.84))
    arrow(axes, (5.5, 2.8), (5.5, 2.16))
    word(axes, (5.78, 2.5), "tanh", 8.5)
    arrow(axes, (5.66, 2.0), (6.95, 2.0))
    word(axes, (6.85, 2.22), "$h_t$", 11)
    return figure


def rnn_rbm() -> Figure:
    figure, axes = canvas(7.8, 3.4)
    for number in range(3):
        x, t = 1.9 + 2.2 * number, ("1", "2", "3")[number]
        box(axes, (x, 2.85), f"$h^{{({t})}}$", BLUE, 1.1, 0.45, 11)
        box(axes, (x, 1.85), f"$v^{{({t})}}$", ORANGE, 1.1, 0.45, 11)
        arrow(axes, (x, 2.08), (x, 2.62), style="<|-|>")
        box(axes, (x, 0.55), f"$u^{{({t})}}$", GREEN, 1.1, 0.45, 11)
        arrow(axes, (x, 1.62), (x, 0.78), colour=GREEN)
        before = x - 2.2 + 0.55 if number else 0.75
        arrow(axes, (before, 0.55), (x - 0.55, 0.55), colour=GREEN)
        arrow(axes, (before, 0.72), (x - 0.56, 1.75), colour=SOFT)
        arrow(axes, (before, 0.78), (x - 0.56, 2.75), colour=SOFT)
    word(axes, (0.45, 0.55), "$u^{(0)}$", 11)
    word(axes, (1.05, 2.35), "biases", 9, SOFT)
    return figure


def devices() -> Figure:
    figure, axes = canvas(7.4, 2.6)
    box(axes, (1.0, 1.3), "a minibatch\nof 256", BLUE, 1.5, 0.8)
    for number in range(4):
        y = 0.35 + 0.63 * number
        box(axes, (3.4, y), f"device {number}: 64", GREEN, 1.7, 0.44, 9)
        arrow(axes, (1.75, 1.3), (2.55, y), colour=SOFT)
        arrow(axes, (4.25, y), (5.05, 1.3), colour=SOFT)
    box(axes, (5.8, 1.3), "mean of the\ngradients", ORANGE, 1.5, 0.8)
    arrow(axes, (6.55, 1.3), (7.2, 1.3))
    word(axes, (6.95, 1.55), "step", 9)
    return figure


def tiles() -> Figure:
    figure, axes = canvas(6.6, 2.4)
    random = np.random.default_rng(0)
    values = random.random((4, 9))
    for row in range(4):
        for column in range(9):
            shade = str(0.15 + 0.8 * values[row, column])
            axes.add_patch(
                Rectangle((0.3 + 0.2 * column, 1.7 - 0.36 * row), 0.2, 0.2, fc=shade, ec="white", lw=0.4)
            )
            x, y = (
                4.0 + 0.95 * (row % 2) + 0.25 * (column % 3),
                1.85 - 0.95 * (row // 2) - 0.25 * (column // 3),
            )
            axes.add_patch(Rectangle((x, y - 0.1), 0.25, 0.25, fc=shade, ec="none"))
    arrow(axes, (2.4, 1.25), (3.6, 1.25))
    word(axes, (1.2, 0.25), "four rows of nine numbers", 9, SOFT)
    word(axes, (4.85, 0.12), "four tiles of 3 × 3", 9, SOFT)
    return figure


DIAGRAMS: dict[str, Callable[[], Figure]] = {
    "roads": roads,
    "learning": learning,
    "door": door,
    "logistic": logistic,
    "mlp": mlp,
    "lenet": lenet,
    "autoencoder": autoencoder,
    "stack": stack,
    "rbm": rbm,
    "gibbs": gibbs,
    "dbn": dbn,
    "hmc": hmc,
    "mcrbm": mcrbm,
    "tagger": tagger,
    "lstm": lstm,
    "rnn-rbm": rnn_rbm,
    "devices": devices,
    "tiles": tiles,
}
