"""The options of what a finished run is asked: how likelihoods are estimated, how to sample, what to predict from."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from harmonium.errors import ConfigError, DataError

LONGEST_SAMPLE = 3600.0  # seconds of music
NAMED = 20  # rows that are named


@dataclass(frozen=True)
class Annealing:
    """How the partition function of a model is estimated."""

    chains: int
    temperatures: int | None = (
        None  # that a chain passes through; None where nothing is annealed, as in music
    )
    seconds: float | None = (
        None  # for a ladder of temperatures that adapts to the machine, in place of so many
    )
    tempered: bool = (
        False  # by chains at many temperatures that exchange their states, for modes that lie apart
    )
    sweeps: int = 2000  # of those chains

    def __post_init__(self) -> None:
        if self.chains < 2 or (self.temperatures is not None and self.temperatures < 2):
            raise ConfigError("--chains and --temperatures must be at least 2")
        if self.sweeps < 4:
            raise ConfigError("--sweeps must be at least 4")
        if self.seconds is not None and not 0 < self.seconds < float("inf"):
            raise ConfigError("--seconds must be positive")
        if self.seconds is not None and self.tempered:
            raise ConfigError("--seconds is for a ladder of annealing; with --tempered give --sweeps")


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a generative model of images is sampled: chains side by side, later pictures below earlier ones."""

    chains: int = 20
    """Independent Markov chains, side by side."""
    rows: int = 10
    """Pictures of each chain, one below the other."""
    steps: int = 1000
    """Gibbs steps between two pictures."""
    start: Literal["test", "train", "noise"] = "test"
    """Start the chains at test examples, at training examples, or at random units."""
    tempering: int = 0
    """Temperatures of parallel tempering, for chains that must mix; 0 for plain Gibbs sampling."""
    animate: bool = False
    """Draw a chain's single steps too, as a GIF."""
    seed: int = 0
    """Decides the chains."""
    out: Path | None = None
    """The picture's file; without it, figures/samples.png of the run. Where that exists, the next free name."""

    default_name: ClassVar[str] = "samples.png"

    @property
    def needs_examples(self) -> bool:
        """Whether the data are needed: chains start at examples, or tempering at units as often on as theirs."""
        return self.start != "noise" or self.tempering > 0

    def __post_init__(self) -> None:
        _give_suffix(self, (".png",))
        for field, least in (("chains", 1), ("rows", 1), ("steps", 1), ("tempering", 0), ("seed", 0)):
            if getattr(self, field) < least:
                raise ConfigError(f"--{field} {getattr(self, field)} must be at least {least}")
        if self.tempering == 1:
            raise ConfigError("--tempering 1 is plain Gibbs sampling; give 2 temperatures or more, or 0")
        if self.tempering and self.animate:
            raise ConfigError(
                "--animate shows the single steps of plain Gibbs sampling; give it without --tempering"
            )


@dataclass(frozen=True, kw_only=True)
class MusicSampling:
    """How a model of music is sampled: a MIDI file, a picture of its piano-roll, and a WAV file to be heard."""

    seconds: float = 60.0
    """Length of what is composed; music that is counted in beats goes at 120 a minute."""
    prime: Path | None = None
    """A MIDI file whose music is continued, and stands before what is composed; in C where the run's music is."""
    gibbs_steps: int | None = None
    """Gibbs steps from silence to the notes of a step of an RNN-RBM; without it, 25. A NADE needs none."""
    wav: bool = True
    """Write the WAV file."""
    seed: int = 0
    """Decides the music."""
    out: Path | None = None
    """The MIDI file; without it, figures/sample.mid of the run. The others lie beside it. Where it exists, the next
    free name."""

    default_name: ClassVar[str] = "sample.mid"

    def __post_init__(self) -> None:
        _give_suffix(self, (".mid", ".midi"))
        if not 0 < self.seconds <= LONGEST_SAMPLE:
            raise ConfigError(f"--seconds {self.seconds:g} must be positive and at most {LONGEST_SAMPLE:g}")
        for field, least in (("gibbs_steps", 1), ("seed", 0)):
            value = getattr(self, field)
            if value is not None and value < least:
                option = field.replace("_", "-")
                raise ConfigError(f"--{option} {getattr(self, field)} must be at least {least}")


def _give_suffix(options: "Sampling | MusicSampling", known: tuple[str, ...]) -> None:
    """Give the file of `out` its suffix where it has none. Raises `ConfigError` for one that it cannot be."""
    out = options.out
    if out is None:
        return
    if out.suffix == "" and out.name:
        object.__setattr__(options, "out", out.with_suffix(known[0]))
    elif out.suffix.lower() not in known:
        raise ConfigError(f"--out {out} must end in {known[0]}, as in mine{known[0]}")


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What a run's model is to be applied to."""

    paths: tuple[str, ...] = ()  # or, where a recipe says so, text
    text: tuple[str, ...] = ()
    invert: bool | None = None  # None: where the picture's border asks for it
    explain: bool = False

    def __post_init__(self) -> None:
        if not self.paths and not self.text:
            raise ConfigError("nothing to predict from; name a file, or for a model of words give --text")

    def texts(self, say: Callable[[str], None]) -> list[dict[str, str]]:
        """For a model of words: what is given as text, the texts of files, and what is no file.

        Parameters
        ----------
        say
            Is told which rows of a file are left out, since they hold no text.

        Returns
        -------
        Each as `text`; those of a file with `file` and `row`, the number of the row, line or sentence, from 1.

        Raises
        ------
        DataError
            For an empty text and for a file that is not there or holds none.
        ConfigError
            For `invert`.

        """
        if self.invert is not None:
            raise ConfigError("--invert is for pictures; this is a model of words")
        from harmonium.data import looks_like_a_path
        from harmonium.data.new_texts import new_texts

        texts = [{"text": text} for text in self.text]
        for given in self.paths:
            path = Path(given)
            if os.path.isfile(given):  # unlike Path.is_file, false for a text longer than any name
                found, empty = new_texts(path)
                texts += [{"text": text, "file": given, "row": str(row)} for row, text in found.items()]
                if empty:
                    rows = ", ".join(f"{row:,}" for row in empty[:NAMED])
                    rows += f" and {len(empty) - NAMED:,} more" if len(empty) > NAMED else ""
                    say(f"{path}: left out, since without a text: row{'s' * (len(empty) > 1)} {rows}")
            elif os.path.isdir(given):
                raise DataError(f"{path}: is a folder; name its files")
            elif looks_like_a_path(given):
                raise DataError(f"{path}: there is no such file; for the text itself give --text")
            else:
                texts.append({"text": given})
        if not all(one["text"].strip() for one in texts):
            raise DataError("a text to predict from is empty; give it words")
        return texts
