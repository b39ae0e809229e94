"""RESULTS.md, made of the JSON file of each benchmark."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

Report = dict[str, Any]  # what was measured with one number of cores

HEAD = """# Speed against PyTorch and other peers

Made by `make bench`; do not edit. Median (smallest to largest) of several rounds of each, run in turn on an idle
machine, pinned to one core and free on all. A ratio is the peer's time over Harmonium's, round by round: above 1,
Harmonium is faster. Peers are written as their users write them; all start from the same weights, take the same
minibatches, and those that report a loss must reach ours before they are timed; scikit-learn's estimators draw their
own weights, and their scores stand beside ours. Compiling and warming up are not in the times. The
book's own programs were timed once, under Theano 1.0.5 and OpenBLAS on two cores of the Sapphire Rapids class: those
times compare only with a machine like it. The share of the peak is Harmonium's rate in matrix products over that of a
2048x2048 product on the same cores; GB/s are the least that its updates move, the state read and written and a batch
read, and may exceed the memory's rate where caches hold them.
"""

FOOT = """## What a native extension would bring, and why there is none

A loop in C that fuses the products of an update with its step was measured outside of this package, on two idle cores
of the Zen 5 class with 540 GFLOP/s: an update of the MLP 784-500-10 at batch 20 took 81 us where XLA's program took
163, and one of the RBM by PCD-15 1.36 ms where it took 2.84. It is not wanted. It would cost a wheel for each
platform and version of Python, a compiler on all others, and a second copy of the mathematics, which no reader of a
model's page sees and no autodiff checks.

Half of what it gained there was one product, which could be mended in XLA for everybody: the gradient of a dense
layer's weights, Dᵀ·X with D (batch, outputs) and X (batch, inputs), which sums over few rows, 20, into a large
result, 500x784. A loop that sums the 20 rows of a tile and writes it once took half the time of XLA's general product.
That depends on the processor, which a report must name: on one core of an Intel Xeon (AVX-512, 145 GFLOP/s, 2 MiB of
L2; other work on the machine, so seconds of the processor) the program below takes 110 us a product, 98 % of the
peak, and the loop, by gcc 12 -O3 -march=native -ffast-math, 434. There the weak ones are the products before, of 20
rows and weights 784x500, as many operations. Their time depends on the form in which XLA 0.10.2 is given them (one
core, seconds of the processor, us; the peak is 108): x·W 142 and x·Wᵀ 155, which go to YNNPACK and have W as their
second factor, which it packs anew each time; W·xᵀ, with W first, 106; x kept as columns, (xᵀ)ᵀ·W, which goes to Eigen,
110; without YNNPACK (`--xla_cpu_experimental_ynn_fusion_type=`) x·W 105 and x·Wᵀ 260. So an RBM's way down and a
perceptron of few examples put W first. An RBM's way up by (xᵀ)ᵀ·W would take another twentieth of PCD-15, but rounds
otherwise, and a chain in which one unit falls otherwise is another chain: published runs would no longer repeat.

What bounds the rows that stay below twice or three times PyTorch. The products of PCD-15 at the peak alone take more
than half of PyTorch's time on one core of the AMD EPYC of the tables, and half on that Intel Xeon, so that no program
reaches 2.5 times there; on the latter they take 3.8 ms an update, random bits 0.5, drawing the units 0.25. A product of
20 rows takes 113 us on its two cores where it takes 110 on one: XLA shares the columns out too late, and W cut in
halves by hand comes to 91. At batch 10 with layers of 1,000 units an update's gradients, 4 MB each, are written and
read again, which no form avoids; PyTorch does the same. Of an update of LeNet, in blocks of 50, gathering patches takes
a third, max-pooling a fifth, and the products nearly half, as at the peak.

Since 0.2.0 `import harmonium` keeps jaxlib 0.10.2 from leaving sums to YNNPACK, since some come out wrong
(`harmonium/xla.py`). Measured with the flag and without in turn on one core, beside other work, it costs on an Intel
Xeon with AVX-512 7 to 13 % of the MLP's updates a second, 6 % of the RBM's, 7 to 14 % of LeNet's, 6 to 8 % of slot
filling's and 15 to 20 % of the contractive autoencoder's; on an AMD EPYC with AVX2 nothing that stood out of the noise
of a tenth. Sums over rows of a thousand numbers or more take four times as long, sums over columns a third. Peers on
JAX that run in the same process have the flag too. The line below a table says which of both it was measured with.

`import harmonium` also has XLA compile loops whose step moves less than 256 KB as one function (its own limit is 1
KB). In all other loops each few operations are a function of their own, at some 0.1 to 0.2 us a call: a step of the
no-U-turn sampler has 55 of them. On the AMD EPYC of these tables, idle, the no-U-turn sampler draws 6.0 times as many
effective samples a second with the option as without from the ill-conditioned Gaussian, 2.5 from Neal's funnel in its
second form, 3.4 from the banana, 3.2 from eight schools and 1.1 from the logistic regression; jittered hybrid Monte
Carlo 2.2, 3.0, 3.5, 2.7 and 0.9; BlackJAX's no-U-turn sampler, which has the option too, 1.2, 1.2, 0.7, 0.8 and 1.2.
Composing tunes takes some 0.75 of its time, by two timings beside other work. Loops over larger weights are compiled
as before. What these factors compare with was timed a day before, without the option. The line below each table says
whether that table was taken with it.

The loop of the logistic regression, whose energy is a matrix product, stays as it was, since YNNPACK's products
cannot be compiled into it, and on two cores XLA shares elementwise work of 2,000 numbers out between them, which
costs more than it saves: of a process with `PJRT_NPROC=1` in its environment the no-U-turn sampler takes 0.64 of the
time there, and jittered hybrid Monte Carlo 0.4.

```python
import jax, jax.numpy as jnp


def gradients(d, x):  # (100, 20, 500), (100, 20, 784)
    return jax.lax.fori_loop(0, 100, lambda i, g: d[i].T @ x[i], jnp.zeros((500, 784)))


d, x = jnp.ones((100, 20, 500)), jnp.ones((100, 20, 784))
program = jax.jit(gradients).lower(d, x).compile()  # 1.57 GFLOP; divide by the time of program(d, x)
```

```c
for (int i = 0; i < 500; i += 4)
  for (int j = 0; j < 784; j += 112) {
    float sum[4][112] = {0};
    for (int k = 0; k < 20; k++)
      for (int a = 0; a < 4; a++)
        for (int b = 0; b < 112; b++) sum[a][b] += d[k][i + a] * x[k][j + b];
    for (int a = 0; a < 4; a++)
      for (int b = 0; b < 112; b++) g[i + a][j + b] = sum[a][b];
  }
```

"""


def render() -> str:
    """Return the page, from every JSON file beside this one."""
    sections = []
    for path in sorted(HERE.glob("*.json")):
        reports: dict[str, Report] = json.loads(path.read_text())
        by_cores = [reports[cores] for cores in sorted(reports, key=int)]
        section = _workloads if "workloads" in by_cores[0] else _rows
        sections.append(section(path.stem, by_cores))
    return "\n".join([HEAD, *sections, FOOT.rstrip() + "\n"])


def _table(rows: list[list[str]]) -> str:
    head, *others = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *others])


def _cell(values: Report, digits: int, unit: str, scale: float = 1) -> str:
    middle, low, high = (f"{values[k] * scale:,.{digits}f}" for k in ("median", "min", "max"))
    return f"{middle}{unit} ({low} to {high})"


def _cores(report: Report) -> str:
    return "1 core" if report["threads"] == 1 else f"{report['threads']} cores"


def _workloads(name: str, reports: list[Report]) -> str:
    columns = [f"{what}, {_cores(report)}" for report in reports for what in ("ours", "peer's", "ratio")]
    times = [["workload", "peer", *columns]]
    bounds = [
        ["workload", "cores", "of the peak", "GB/s", "compiling", "the book's program", "what takes time"]
    ]
    titles = {which: of for report in reports for which, of in report["workloads"].items()}
    for which, any_of in titles.items():
        for peer in any_of["ratios"]:
            cells = []
            for report in reports:
                of = report["workloads"].get(which)
                if of is None or peer not in of["ratios"]:
                    cells += ["", "", ""]
                    continue
                cells += [
                    _cell(of["seconds"]["ours"], 1, " ms", 1e3),
                    _cell(of["seconds"][peer], 1, " ms", 1e3),
                    _cell(of["ratios"][peer], 2, " x"),
                ]
            times.append([any_of["title"], peer, *cells])
        bounds += [
            [any_of["title"], str(report["threads"]), *_bound(report["workloads"][which], report)]
            for report in reports
            if which in report["workloads"]
        ]
    conditions = "\n\n".join(_conditions(report) for report in reports)
    return f"## `python -m benchmarks.{name}`\n\n{_table(times)}\n\n{_table(bounds)}\n\n{conditions}\n"


def _bound(of: Report, report: Report) -> list[str]:
    book = of["book_seconds"]
    ours = of["seconds"]["ours"]["median"]
    return [
        f"{of['gflops'] / report['matrix_product_gflops']:.0%}",
        f"{of['gigabytes_per_second'] or 0:.1f}",
        f"{of['compile_seconds']:.1f} s",
        "" if book is None else f"{book * 1e3:,.0f} ms ({book / ours:.1f} x)",
        of["bound"],
    ]


def _rows(name: str, reports: list[Report]) -> str:
    """Return a section whose reports are tables of text, and pictures."""
    parts = []
    for report in reports:
        parts.append(_table([list(report["rows"][0]), *(list(row.values()) for row in report["rows"])]))
        parts += [f"![{text}]({file})" for file, text in report["pictures"].items()]
        parts.append(_conditions(report))
    return f"## `python -m benchmarks.{name}`\n\n" + "\n\n".join(parts) + "\n"


def _conditions(report: Report) -> str:
    versions = ", ".join(f"{library} {version}" for library, version in report["versions"].items())
    busy = report.get("busy_before")
    load = (
        f"load before the start {report['load_before']:.2f}, so not idle"
        if busy is None
        else f"others took {busy:.1f} % of it before the start"
    )
    flags = report.get("xla_flags")
    sums = "sums by YNNPACK, some of which are wrong" if flags is None else f"XLA_FLAGS {flags or 'not set'}"
    return f"""{report["rounds"]} rounds on {report["date"]}: {report["machine"]}; {report["threads"]} threads each;
{load}; a 2048x2048 product runs at {report["matrix_product_gflops"]:.0f} GFLOP/s here, and memory gives
{report["memory_gigabytes_per_second"]:.0f} GB/s; {report["data"]}; {versions}; {sums}."""
