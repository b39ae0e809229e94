"""`harmonium train RECIPE`."""

import contextlib
import inspect
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import tyro

from harmonium.cli import parse, prepare_jax, with_new_names
from harmonium.errors import ConfigError, DataError, in_one_line
from harmonium.files import read_regular
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.from_config import recipe_from
from harmonium.recipes.shared.recipe import recipe_class

if TYPE_CHECKING:
    from harmonium.recipes.shared.recipe import Recipe

R = TypeVar("R")
LARGEST = 2**20  # bytes of a configuration
LONGEST_NOTE = 2_000  # characters


@dataclass(frozen=True)
class Options(Generic[R]):
    """A run of a recipe."""

    recipe: Annotated[R, tyro.conf.arg(name="")]
    out: Path | None = None
    """The new folder of the run; without it, a name with the date under runs/."""
    name: str | None = None
    """Call the run so: its folder is then runs/NAME."""
    note: str = ""
    """A line about the run, for yourself; `harmonium runs` shows it."""
    config: Path | None = None
    """Repeat the run of this config.json, but for the other options given; or take one of the recipe's named
    configurations, as likelihood of rbm."""
    seeds: int = 1
    """Train this many seeds in one program, from --seed on: a run each, in a folder of --out. Stopped by Ctrl+C or a
    crash, the same command goes on where it was, to the same bits."""
    figures: bool = True
    """Draw the run's figures when it ends."""
    tensorboard: Path | None = None
    """Write every score for TensorBoard into this folder (pip install 'harmonium[tensorboard]')."""
    json: bool = False
    """Print the summary as JSON."""
    quiet: bool = False
    """Say nothing until the result."""
    verbose: bool = False
    """Show a line for every validation; without it, some thirty lines of a long training."""

    def __post_init__(self) -> None:
        if self.name is not None and self.out is not None:
            raise ConfigError("--name and --out both name the run's folder; give one of them")
        if self.name is not None and (not self.name or "/" in self.name or self.name[0] == "."):
            raise ConfigError(f"--name {self.name} must be a name without slashes; --out takes a path")

        if len(self.note) > LONGEST_NOTE:
            raise ConfigError(f"--note must have at most {LONGEST_NOTE:,} characters")

    def folder(self) -> Path | None:
        """Return the new folder, where it has been named."""
        return self.out or (Path("runs") / self.name if self.name else None)


def run(arguments: Sequence[str]) -> int:
    """Train, draw the run, and print its scores."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_help())
        return 0
    name, *rest = arguments
    cls = recipe_class(name)
    rest = with_new_names(rest, cls.renamed)
    default = _from_file(name, rest)
    options: Options[Any] = parse(
        Options[cls],  # type: ignore[valid-type]
        rest,
        f"train {name}",
        None if default is None else Options(default),
        f"{inspect.getdoc(cls)}\n\n{_named(cls)}",
    )
    one_core = options.seeds == 1 and options.recipe.one_core
    prepare_jax(options.seeds, quiet=options.quiet, one_core=one_core)

    from harmonium.runs.rereading import rereading
    from harmonium.runs.train import start
    from harmonium.training import Reporter, Reports, Screen, Silent, TensorBoard

    report: Reporter = Silent() if options.quiet else Screen(verbose=options.verbose)
    if options.tensorboard is not None:
        report = Reports(report, TensorBoard(options.tensorboard))
    out, note = options.folder(), options.note
    if options.seeds != 1:
        from harmonium.cli.reporting import conclude_seeds
        from harmonium.runs.seeds import run_seeds

        folders = run_seeds(options.recipe, options.seeds, out, report, note)
        return conclude_seeds(folders, figures=options.figures, as_json=options.json)
    sent = options.config is not None and options.recipe.data == default.data
    with rereading(options.config or Path(), options.recipe.data) if sent else contextlib.nullcontext():
        folder = start(options.recipe, out, report, note=note)

    from harmonium.cli.reporting import conclude

    return conclude(folder, figures=options.figures, as_json=options.json)


def _named(cls: type["Recipe"]) -> str:
    """Return what is said of a recipe's defaults and configurations."""
    names = ", ".join(cls.configurations) or "none"
    book = "What is not given is as in the book. " if cls.in_the_book else ""
    return f"{book}\n\nConfigurations that --config knows by name: {names}."


def _from_file(name: str, arguments: Sequence[str]) -> Any:
    """The recipe of the --config option, which the other options then change."""
    values = [b for a, b in pairwise(arguments) if a == "--config"]
    values += [a.removeprefix("--config=") for a in arguments if a.startswith("--config=")]
    if not values:
        return None
    if values[-1] in (named := recipe_class(name).configurations):
        return recipe_from({"recipe": name, **named[values[-1]]}, values[-1])
    path, names = Path(values[-1]), ", ".join(named) or "none"
    try:
        config = json.loads(read_regular(path, LARGEST, "no configuration has as many").decode())
    except DataError as error:
        raise ConfigError(
            f"cannot read the configuration {error}; those of {name} with a name are: {names}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"the configuration {path} is no JSON: {in_one_line(error)}") from error
    if not isinstance(config, dict) or config.get("recipe") != name:
        raise ConfigError(f"{path} is no configuration of {name}; its field 'recipe' must be {name!r}")
    return recipe_from(config, str(path))


def _help() -> str:
    from harmonium.cli.help import rows, width

    entries = [(name, summary) for name, (_, _, summary) in RECIPES.items()]
    names = max(map(len, RECIPES)) + 4
    return (
        f"usage: harmonium train RECIPE [OPTIONS]\n\n{rows('recipes', entries, width(), names)}\n\n"
        "Each has its own options, with the book's settings as defaults:\nharmonium train lenet --help"
    )
