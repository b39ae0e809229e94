"""Phases that another run has trained, copied into a run."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harmonium.files import explained, temporary_prefix
from harmonium.training.run_folder import RunFolder, by_the_first_process

PHASE_FILES = (
    "config.json",
    "metrics.jsonl",
    "summary.json",
    "model.safetensors",
)


@by_the_first_process
def take_phases(run: RunFolder, source: RunFolder, names: Sequence[str]) -> None:
    """Copy the records and models of phases of another run into `run`: all of them, or after a crash none."""
    target = run.path / "pretraining"
    with explained(target):
        made = Path(tempfile.mkdtemp(dir=run.path, prefix=temporary_prefix(target)))
        try:
            made.chmod(0o755)
            for name in names:
                (made / name).mkdir()
                for file in PHASE_FILES:
                    origin = source.path / "pretraining" / name / file
                    if origin.is_file() and not origin.is_symlink():
                        shutil.copyfile(origin, made / name / file)
            made.rename(target)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
