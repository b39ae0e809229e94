"""`harmonium completion SHELL`: Tab completes commands, recipes, options, their values, data sets and runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro

from harmonium.cli import COMMANDS, parse
from harmonium.cli.help import Option, options_of

# bash: what is found are names of folders, which compgen -W would run as commands where they hold $( ).
SCRIPTS = {
    "bash": """_harmonium() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    COMPREPLY+=("$word")
  done < <(harmonium completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _harmonium harmonium""",
    "zsh": """_harmonium() {
  local -a found
  found=(${(f)"$(harmonium completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -- $found || _files
}
compdef _harmonium harmonium""",
    "fish": """function __harmonium
  set -l found (harmonium completion words -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
  if test -n "$found"
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c harmonium -f -a '(__harmonium)'""",
}

OF_RUNS = ("resume", "evaluate", "predict", "sample", "neighbours", "figures", "export", "page")


@dataclass(frozen=True)
class Options:
    """Print the script that lets a shell complete the command line of harmonium.

    bash: put  eval "$(harmonium completion bash)"  into ~/.bashrc
    zsh: put  eval "$(harmonium completion zsh)"  into ~/.zshrc, below compinit
    fish: run  harmonium completion fish > ~/.config/fish/completions/harmonium.fish
    """

    shell: tyro.conf.Positional[Literal["bash", "zsh", "fish"]]
    """The shell."""


def run(arguments: Sequence[str]) -> int:
    """Print the script; or, where it asks, the words that may stand in the last one's place."""
    if arguments and arguments[0] == "words":
        print("\n".join(words(arguments[2:])))
        return 0
    print(SCRIPTS[parse(Options, arguments, "completion").shell])
    return 0


def words(typed: Sequence[str]) -> list[str]:
    """Return what may stand in place of the last of the words that follow `harmonium`, by its beginning."""
    *before, last = typed or [""]
    return sorted(word for word in _candidates(before, last) if word.startswith(last))


def _candidates(before: Sequence[str], last: str) -> Sequence[str]:
    from harmonium.recipes.catalogue import RECIPES

    if not before:
        return list(COMMANDS)
    command, *rest = before
    if command in ("train", "search") and not rest:
        return list(RECIPES)
    if command == "data" and rest == ["fetch"]:
        return _data_sets()
    if command == "explain" and not rest:
        from harmonium.metrics.table import METRICS

        return list(METRICS)
    options = _options(command, rest)
    if last.startswith("-"):
        return [name for option in options for name in option.spellings() if not option.positional]
    if (
        rest
        and (taken := next((option for option in options if option.name == rest[-1]), None))
        and not taken.switch
    ):
        return _data_sets() if taken.field == "data" else taken.choices()
    if command in OF_RUNS or rest[:1] == ["remove"]:
        return [
            str(path.parent)
            for path in Path("runs").glob("**/config.json")
            if "pretraining" not in path.parts
        ]
    positional = [option for option in options if option.positional]
    more = {"data": ["fetch", "describe", "clear-cache"], "runs": ["remove"]}.get(command, [])
    return [*more, *(choice for option in positional[:1] for choice in option.choices())]


def _data_sets() -> list[str]:
    from harmonium.data.catalogue import CATALOGUE

    return list(CATALOGUE)


def _options(command: str, rest: Sequence[str]) -> list[Option]:
    """Return the options of a command, or none where it is unknown."""
    import importlib

    from harmonium.recipes.catalogue import RECIPES
    from harmonium.recipes.shared.recipe import recipe_class

    if command not in COMMANDS:
        return []
    kind: Any = importlib.import_module(f"harmonium.cli.{command}")
    if command in ("train", "search"):
        return options_of(kind.Options[recipe_class(rest[0])]) if rest and rest[0] in RECIPES else []
    if command == "sample":
        from harmonium.recipes.shared.options import MusicSampling, Sampling

        both = [*options_of(kind.Options[Sampling]), *options_of(kind.Options[MusicSampling])]
        return list({option.name: option for option in both}.values())
    if command == "data":
        return options_of(kind.List)
    return options_of(kind.Remove if rest[:1] == ["remove"] else kind.Options)
