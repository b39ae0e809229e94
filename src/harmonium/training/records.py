"""What a run folder's records must hold: read from files that somebody else may have written, or a crash cut short."""

import json
import os
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta, Struct

from harmonium.errors import CheckpointError, DataError, in_one_line
from harmonium.files import read_regular, require_plain
from harmonium.terminal import printable

LARGEST = 2**28  # bytes of a record; a run of a million validations has as many
WHITENING = "whitening.safetensors"  # beside data.json
LONGEST = 10_000  # characters of a text in one, which is longer than any path

Count = Annotated[int, Meta(ge=0, le=2**53)]
Seconds = Annotated[float, Meta(ge=0, le=1e15)]  # which infinity and NaN are not
Text = Annotated[str, Meta(max_length=LONGEST)]
Record = dict[str, Any]  # a line of metrics.jsonl
Scores = dict[Text, float]  # finite or not, by metric


class Line(Struct):
    """A line of metrics.jsonl."""

    epoch: Annotated[int, Meta(ge=1, le=2**53)]
    update: Count
    seconds: Seconds = 0.0
    train: Scores = {}
    valid: Scores = {}
    test: Scores = {}
    best: bool = False


class Data(Struct):
    """What a summary says of the data."""

    name: Text
    shape: list[Annotated[int, Meta(ge=1, le=2**31)]] = []
    classes: list[Text] = []
    sizes: dict[Text, Count] = {}
    checksum: Text | None = None


class Kept(Struct):
    """What data.json holds of a run's data."""

    name: Text
    path: Text | None
    checksum: Text
    sizes: dict[Text, Count]
    shape: list[Annotated[int, Meta(ge=1, le=2**31)]]
    classes: list[Text]
    preparation: dict[Text, Any]
    splits: dict[Text, list[Text]]
    understood: dict[Text, Any]


class Summary(Struct):
    """What summary.json holds, since version 0.1."""

    recipe: Text
    status: Literal["finished", "interrupted", "diverged"]
    data: Data
    valid: Scores | None
    test: Scores | None
    best_epoch: Count | None
    epochs: Count
    updates: Count
    seconds_training: Seconds
    best_update: Count | None = None
    seconds_pretraining: Seconds = 0.0
    updates_per_second: Seconds | None = None
    peak_memory_bytes: Count = 0
    seed: Count = 0
    together: Annotated[int, Meta(ge=1, le=2**31)] = 1
    settings: dict[Text, Any] = {}
    device: Text = ""
    versions: dict[Text, Text] = {}


class Config(Struct):
    """What config.json holds, whatever the recipe, which checks its own settings."""

    recipe: Annotated[str, Meta(max_length=100)]


# what each layer of a stack adds to its likelihood
Layers = Annotated[list[dict[Text, float]], Meta(min_length=1)]
Likelihoods = dict[
    Text, dict[Text, float | bool | Text | Layers | None]
]  # of log-likelihood.json: by set and metric


class Progress(Struct):
    """What a checkpoint holds beside arrays."""

    shapes: dict[str, list[Count]]
    updates: Count
    epochs: Count
    seconds: Seconds
    best: Line | None
    stopping: dict[str, float | int | list[float] | None] | None


class RunRecords:
    """What a run's folder says; every record is checked as it is read."""

    path: Path
    model: Path
    _words: Path
    _metrics: Path
    _snapshots: Path
    _checkpoints: Path

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open the folder of an earlier run. Raises `CheckpointError` where there is none, or it holds links.

        A `Run` that learned from arrays in this process brings them along.
        """
        given, path = getattr(getattr(path, "folder", None), "given", None), Path(path)
        if not (path / "config.json").is_file():
            raise CheckpointError(f"{path} {_what_instead(path)}")
        require_plain(path)
        folder: Any = cls(path)  # type: ignore[call-arg]
        folder.given = given
        return folder

    def config(self) -> dict[str, Any]:
        """The recipe's configuration."""
        return read_config(self.path / "config.json")

    def vocabulary(self) -> tuple[str, ...]:
        """The words that the run's model knows, in their order."""
        return read_vocabulary(self._words)

    def summary(self) -> dict[str, Any] | None:
        """The record in summary.json, or None while the run has not ended."""
        path = self.path / "summary.json"
        return read_summary(path) if path.exists() else None

    def log_likelihood(self) -> dict[str, dict[str, Any]] | None:
        """The estimates of the likelihood of held-out data that were kept, or None where there are none."""
        path = self.path / "log-likelihood.json"
        return _checked(_read(path), Likelihoods, path) if path.exists() else None

    def note(self) -> str:
        """What its user says of the run; "" for nothing."""
        path = self.path / "note.txt"
        return _bytes(path, LONGEST).decode(errors="replace").strip() if path.exists() else ""

    def finished(self) -> bool:
        """Return whether the training in the folder has ended and left a model."""
        summary = self.summary()
        return summary is not None and summary["status"] == "finished" and self.model.exists()

    def ended(self) -> dict[str, Any]:
        """The record in summary.json. Raises `CheckpointError` while the run has not ended."""
        summary = self.summary()
        if summary is None:
            raise CheckpointError(
                f"the run {self.path} has not ended; continue it with: harmonium resume {self.path}"
            )
        return summary

    def records(self) -> list[Record]:
        """All lines of metrics.jsonl, but a last one that a crash has cut.

        Raises `CheckpointError` naming a line that is damaged.
        """
        return read_lines(self._metrics) if self._metrics.exists() else []

    def kept(self) -> list[int]:
        """Return the updates of the last two states that training can go on from, of which the start is one."""
        if not self._checkpoints.exists():
            return [0]
        from harmonium.training.checkpoints import steps

        return sorted({0, *steps(self._checkpoints)})[-2:]

    def snapshots(self) -> dict[int, Path]:
        """The model files that `save_snapshot` wrote, by epoch."""
        return self.beside_snapshots("epoch")

    def beside_snapshots(self, name: str) -> dict[int, Path]:
        """The files of arrays that were kept under this name beside snapshots, by epoch."""
        paths = self._snapshots.glob(f"{name}-*.safetensors")
        found = {path.stem.removeprefix(f"{name}-"): path for path in paths}
        by_epoch = {int(epoch): path for epoch, path in found.items() if re.fullmatch("[0-9]{5,9}", epoch)}
        return dict(sorted(by_epoch.items()))

    def phase_names(self) -> list[str]:
        """Return the names of the trainings that came before this one."""
        return sorted(path.name for path in (self.path / "pretraining").glob("*") if path.is_dir())

    def seconds_pretraining(self) -> float:
        """How long the trainings before this one took, in updates and validations."""
        ended = [self.path / "pretraining" / name / "summary.json" for name in self.phase_names()]
        return sum(read_summary(path)["seconds_training"] for path in ended if path.exists())


def read_config(path: Path) -> dict[str, Any]:
    """Read a config.json. Raises `CheckpointError` for one that is no recipe's."""
    return _checked(_read(path), Config, path)


def read_summary(path: Path) -> dict[str, Any]:
    """Read a summary.json. Raises `CheckpointError` for one that no version has written."""
    return _checked(_read(path), Summary, path)


def read_kept(path: Path) -> dict[str, Any]:
    """Read a data.json, with the arrays of a whitening, which JSON does not hold, beside the rest of it.

    Raises `CheckpointError` for one that is no record of data, and where those are missing.
    """
    kept = _checked(_read(path), Kept, path)
    if isinstance(white := kept["preparation"].get("whitening"), dict):
        from harmonium.training.saved_model import load_arrays

        white |= load_arrays(path.with_name(WHITENING))
    return kept


def read_vocabulary(path: Path) -> tuple[str, ...]:
    """Read a vocabulary.json. Raises `CheckpointError` for anything but an array of words."""
    return tuple(_checked(_read(path), list[Text], path))


def check_progress(content: Any, checkpoint: Path) -> None:
    """Raise `CheckpointError` unless `content` is what a checkpoint holds beside arrays."""
    _checked(content, Progress, f"the checkpoint {checkpoint}")


def read_lines(path: Path, *, lenient: bool = False) -> list[Record]:
    """Read a metrics.jsonl; a last line that a crash has cut is passed over.

    A damaged line raises `CheckpointError`; with `lenient` it is left out, which is said on the standard error.
    """
    found: list[Record] = []
    *whole, cut = _bytes(path).split(b"\n")
    for number, line in enumerate([*whole, cut] if _is_json(cut) else whole, 1):
        where = f"{path}, line {number},"
        try:
            found.append(_checked(_json(line, where), Line, where))
        except CheckpointError as error:
            if not lenient:
                raise CheckpointError(
                    f"{error}; delete the line, or: harmonium resume {path.parent}"
                ) from error
            print(printable(f"{error}; it is left out"), file=sys.stderr)
    return found


def _is_json(line: bytes) -> bool:
    """Return whether bytes without an end of line are whole all the same; half a line never is."""
    try:
        _json(line, "it")
    except CheckpointError:
        return False
    return True


def _read(path: Path) -> Any:
    return _json(_bytes(path), path)


def _bytes(path: Path, most: int = LARGEST) -> bytes:
    if path.is_symlink():
        raise CheckpointError(
            f"{path} is a link, which no run folder holds; copy the file itself to its place"
        )
    try:
        return bytes(read_regular(path, most, "no run has written it"))
    except DataError as error:
        raise CheckpointError(str(error)) from error


def _json(content: bytes, where: object) -> Any:
    try:
        return json.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{where} is damaged: {in_one_line(error)}") from error


def _checked(content: Any, kind: Any, where: object) -> Any:
    """Return `content` as it is, where it is of a kind and holds no text that no file can have."""
    try:
        msgspec.convert(content, kind)
        # Bytes that are no text can be restored from a text, and nothing else that is no character.
        os.fsencode(json.dumps(content, ensure_ascii=False))
    except (msgspec.ValidationError, RecursionError, UnicodeEncodeError) as error:
        what = "it holds half a character" if isinstance(error, UnicodeEncodeError) else in_one_line(error)
        raise CheckpointError(f"{where} is damaged: {what}") from error
    return content


def _what_instead(path: Path) -> str:
    """What is wrong with a path that is no run's folder, and what to give in its place."""
    if not path.is_dir():
        return "does not exist; list your runs with: harmonium runs"
    inside = sorted(one.parent for one in path.glob("*/config.json"))
    if not inside:
        return "is not a run folder: it has no config.json; list your runs with: harmonium runs"
    number = f"{len(inside):,} runs" if len(inside) > 1 else "a run"
    return f"is not a run folder, but holds {number}; give one of them, as {inside[0]}"
