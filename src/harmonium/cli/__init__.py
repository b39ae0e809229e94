"""The command line: parse, call a verb of `runs`, print. Nothing heavy is imported before a command is known."""

import contextlib
import difflib
import importlib
import io
import itertools
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from harmonium import __version__
from harmonium.errors import ConfigError, DivergenceError
from harmonium.errors import explain as explained

T = TypeVar("T")

COMMANDS = {
    "train": "train a recipe: harmonium train lenet",
    "resume": "continue a run that was stopped: harmonium resume runs/lenet-...",
    "search": "train with many settings drawn at random: harmonium search mlp",
    "evaluate": "score a run's model on the held-out data",
    "predict": "apply a run's model to your own pictures or words",
    "sample": "draw samples of a generative model: harmonium sample runs/rbm-...",
    "neighbours": "list the words nearest to yours in a run of words",
    "figures": "draw a run, or compare several: curves, filters, mistakes",
    "reproduce": "run a published row again, and compare what comes out",
    "export": "write a classifier as an ONNX file, for other programs",
    "page": "write a page to play with in a browser: harmonium page -o my.html",
    "pretrained": "list ready-made models: harmonium predict pretrained/lenet my.png",
    "runs": "list runs, or remove some: harmonium runs remove runs/rbm-...",
    "data": "list the data sets, or fetch one: harmonium data fetch mnist",
    "demonstrate": "what the book shows without training: harmonium demonstrate hmc",
    "explain": "say what a number means: harmonium explain error_rate",
    "completion": 'have Tab complete commands: eval "$(harmonium completion bash)"',
}

TRAINING = ("train", "resume", "search")  # at Ctrl+C they save first, by the handlers of the engine

HELP = f"""usage: harmonium COMMAND [OPTIONS]

The Deep Learning Tutorial's models, to train, inspect and use.

commands:
{chr(10).join(f"  {name:<12} {summary}" for name, summary in COMMANDS.items())}

Each command explains itself: harmonium train --help, harmonium data --help
With --json a command prints JSON, with --debug the whole traceback of an error;
harmonium --version says which version this is.
Exit codes: 0 success, 1 training diverged, 2 wrong usage or input, 130 Ctrl+C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, without `arguments` that of `sys.argv`; returns the exit code."""
    _never_fail_to_print()
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [argument for argument in given if argument != "--debug"]
    try:
        return _dispatch(given)
    except BrokenPipeError:  # the reader of our output, say `head`, has seen enough
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("harmonium: interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        known = explained(error)
        if known is None:
            raise
        if debug:
            traceback.print_exc()
        from harmonium.terminal import wrapped

        print(wrapped(f"harmonium: {known}", sys.stderr), file=sys.stderr)
        return 1 if isinstance(known, DivergenceError) else 2


def _never_fail_to_print() -> None:
    """Have the standard output and error show characters that their encoding lacks as escapes, and raise nothing."""
    for stream in (sys.stdout, sys.stderr):
        # None where a program has no terminal (pythonw), anything where a caller has put it there.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _dispatch(given: list[str]) -> int:
    if not given or given[0] in ("-h", "--help", "help"):
        print(HELP)
        return 0
    if given[0] == "--version":
        print(f"harmonium {__version__}")
        return 0
    command, *rest = given
    if command not in COMMANDS:
        near = difflib.get_close_matches(command, COMMANDS, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"the commands are {', '.join(COMMANDS)}"
        raise ConfigError(f"unknown command {command!r}; {hint}")
    code: int = importlib.import_module(f"harmonium.cli.{command}").run(rest)
    return code


def parse(
    kind: Callable[..., T],
    arguments: Sequence[str],
    command: str,
    default: Any = None,
    description: str | None = None,
) -> T:
    """Make a `kind` from the arguments of `harmonium COMMAND`; its docstring stands above the help, or `description`.

    Prints the help and leaves with exit code 0 where it is asked for; raises `ConfigError` for what does not fit.
    """
    if "-h" in arguments or "--help" in arguments:
        from harmonium.cli import help as help_texts

        print(help_texts.text(kind, command, default, description))
        raise SystemExit(0)
    import tyro

    program = f"harmonium {command}"
    complaint = io.StringIO()
    given: dict[str, Any] = {} if default is None else {"default": default}
    try:
        # Where the standard output is a terminal, tyro colours what it complains of.
        with contextlib.redirect_stderr(complaint), contextlib.redirect_stdout(io.StringIO()):
            parsed = tyro.cli(
                kind,
                args=list(arguments),
                prog=program,
                description=description,
                config=(
                    tyro.conf.DisallowNone,
                ),  # --invert, --no-invert or neither: None has no other spelling
                **given,
            )
    except SystemExit as end:
        if end.code == 0:
            raise
        said = _first_block(complaint.getvalue())
        raise ConfigError(f"{said}; {_meant(kind, said)}see: {program} --help") from None
    _refuse_options_without_values(parsed, arguments)
    return parsed


def with_new_names(arguments: Sequence[str], renamed: Mapping[str, str]) -> list[str]:
    """Return arguments with the options that had another name in the release before under their new one, which is said.

    `renamed` maps old names of fields to new ones.
    """
    new = {_option(old): _option(name) for old, name in renamed.items()}
    found = []
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if name in new:
            print(f"{name} is now called {new[name]}; the next release will not know it", file=sys.stderr)
        found.append(new.get(name, name) + equals + value)
    return found


def _option(field: str) -> str:
    return "--" + field.replace("_", "-")


def _meant(kind: Any, complaint: str) -> str:
    """Return the question after an option that does not exist, where one is near it."""
    if not complaint.startswith("Unrecognized"):
        return ""
    from harmonium.cli import help as help_texts

    unknown = next((word.strip(",") for word in complaint.split() if word.startswith("--")), "")
    near = help_texts.hint(unknown.partition("=")[0], help_texts.options_of(kind)) if unknown else None
    return f"did you mean {near}? " if near else ""


def _refuse_options_without_values(parsed: Any, arguments: Sequence[str]) -> None:
    """Raise `ConfigError` for an option of several values that was given none."""
    parts = [parsed, *(vars(parsed).values() if hasattr(parsed, "__dict__") else ())]
    for name, following in itertools.pairwise([*arguments, "--"]):
        if name.startswith("--") and following.startswith("--"):
            field = name[2:].replace("-", "_")
            if any(getattr(part, field, None) == () for part in parts):
                raise ConfigError(f"{name} needs at least one value")


def prepare_jax(seeds: int = 1, *, quiet: bool = False, one_core: bool = False) -> None:
    """Keep compiled programs in the user's cache, join the other processes, and give each of several seeds a core.

    Unless `quiet`, what takes a while then shows that it goes on. With `one_core`, XLA shares nothing among cores,
    unless the environment says by PJRT_NPROC how many threads it has.

    Processes on several machines find each other where the environment names JAX_COORDINATOR_ADDRESS (host:port),
    JAX_NUM_PROCESSES and JAX_PROCESS_ID.
    """
    import jax

    if one_core:
        os.environ.setdefault("PJRT_NPROC", "1")  # read when JAX makes its first array
    if seeds > 1 and "xla_force_host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
        with contextlib.suppress(RuntimeError):  # JAX has computed: its devices are fixed
            from harmonium.training import machine

            devices = min(seeds, machine.cores())
            jax.config.update("jax_num_cpu_devices", devices)  # type: ignore[no-untyped-call]
    if "JAX_COORDINATOR_ADDRESS" in os.environ:
        count, number = (os.environ.get(name) for name in ("JAX_NUM_PROCESSES", "JAX_PROCESS_ID"))
        with _stdout_to_stderr():  # the connections of CPU devices report themselves on the standard output
            jax.distributed.initialize(
                num_processes=int(count) if count else None, process_id=int(number) if number else None
            )
            from harmonium.training.run_folder import agreed

            agreed(0)

    _keep_programs()
    if not quiet:
        from harmonium.training.progress import watch

        watch()


def _keep_programs() -> None:
    """Have JAX keep each program that it compiles in the user's cache, which is tended meanwhile, and use those there.

    What the environment says by JAX's own variables, as JAX_COMPILATION_CACHE_DIR, goes first; such a folder is not
    tended. Where no folder can be made, nothing is kept.
    """
    import warnings

    import jax

    from harmonium import compiled
    from harmonium.data.cache import user_cache

    settings: dict[str, Any] = {"jax_persistent_cache_min_compile_time_secs": 0.0}  # JAX's own is a second
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        folder = user_cache() / compiled.FOLDER
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # its programs are executed
        except OSError:
            return
        settings["jax_compilation_cache_dir"] = str(folder)
        threading.Thread(target=compiled.tend, args=(folder,), daemon=True).start()
    for name, value in settings.items():
        if name.upper() not in os.environ:
            jax.config.update(name, value)  # type: ignore[no-untyped-call]
    # Where JAX cannot read or write a program it compiles it; a full disk is reported by what must be written.
    warnings.filterwarnings("ignore", message="Error (reading|writing) persistent compilation cache")


@contextlib.contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    """Send what everything in this process prints, compiled libraries too, to the standard error."""
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _first_block(box: str) -> str:
    """Return the words of tyro's message, between its title and its first rule; the frame may be lines or blanks."""
    words: list[str] = []
    for line in box.splitlines()[1:]:
        line = line.strip(" │╰╯")
        if line and set(line) <= {"─", "-"}:
            if words:
                break
            continue
        words += line.split()
    return " ".join(words).rstrip(".") or "the arguments do not fit"
