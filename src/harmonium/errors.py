"""Everything that goes wrong for a reason the user can act on.

A message says what was wrong, where (file, line or byte, field) and what to do. The command line prints
it as one line and exits with 2; anything that is not a `HarmoniumError`, and that `explain` does not know, is a bug.
"""

import errno
import os

LONGEST = 200  # characters of what another library says went wrong
NO_ROOM = ("failed to map segment", "annot allocate memory")  # what a loader of compiled modules says


class HarmoniumError(Exception):
    """Base of all errors whose remedy lies with the user."""


class DataError(HarmoniumError):
    """Input data is missing, malformed, or does not fit the model."""


class ConfigError(HarmoniumError):
    """A setting, or a combination of settings, has no meaning."""


class CheckpointError(HarmoniumError):
    """A run folder, saved model or checkpoint is missing, damaged, or from another configuration."""


class DivergenceError(HarmoniumError):
    """Training reached a value that is not finite."""


def in_one_line(error: BaseException) -> str:
    """What an error of another library says, on one line of 200 characters at most; its type where it says nothing."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    several = len(error.args) > 1 and str(error) == str(error.args)  # of which the first is the reason
    words = " ".join(str(error.args[0] if several else error)[: 10 * LONGEST].split()) or type(error).__name__
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"


def explain(error: BaseException) -> HarmoniumError | None:
    """The `HarmoniumError` to show in place of an error whose cause lies in the machine or in a name.

    Parameters
    ----------
    error
        What a command raised: too little memory, of the machine or of an accelerator; a full disk; a file or folder
        that cannot be used; a name that no file can have.

    Returns
    -------
    HarmoniumError or None
        The error in one line, with what to do; `error` itself where it is a `HarmoniumError`; None for anything else,
        which is a bug.

    """
    if isinstance(error, HarmoniumError):
        return error
    if isinstance(error, MemoryError):
        return HarmoniumError(
            f"there is not enough memory{_wanted(error)}; give less data, a smaller model or smaller batches"
        )
    if isinstance(error, ImportError) and any(words in str(error) for words in NO_ROOM):
        return HarmoniumError(
            "there is not enough memory to load all of the program; close others, or raise the limit (ulimit -v)"
        )
    if isinstance(error, RuntimeError) and "RESOURCE_EXHAUSTED" in str(error):
        return HarmoniumError(
            f"the device has not enough memory ({in_one_line(error).removeprefix('RESOURCE_EXHAUSTED: ')}); give a "
            "smaller model or smaller batches"
        )
    if isinstance(error, OSError):
        return _of_a_file(error)
    if isinstance(error, UnicodeEncodeError) and any("\ud800" <= c <= "\udfff" for c in error.object):
        return HarmoniumError(
            f"the name or text {error.object[:LONGEST]} holds bytes that are not UTF-8; rename it, or save it in UTF-8"
        )
    if isinstance(error, ValueError) and "embedded null" in str(error):
        return HarmoniumError("a name holds the character NUL, which no file can have; correct the name")
    return None


def _of_a_file(error: OSError) -> HarmoniumError | None:
    where = "" if error.filename is None else f" {os.fsdecode(error.filename)}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return HarmoniumError(
            f"the disk is full: cannot write{where}; free some space, or use another folder"
        )
    if error.errno == errno.ENOMEM:
        return HarmoniumError(
            "there is not enough memory; give less data, a smaller model or smaller batches"
        )
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return HarmoniumError(
            "too many files are open at once; close other programs, or raise the limit (ulimit -n)"
        )
    if where:
        return HarmoniumError(
            f"cannot use{where}: {in_one_line(error)}; check its name and who may read and write it"
        )
    return None


def _wanted(error: MemoryError) -> str:
    return f" ({in_one_line(error)})" if str(error) else ""
