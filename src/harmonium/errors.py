"""Everything that goes wrong for a reason the user can act on.

A message says what was wrong, where (file, line or byte, field) and what to do. The command line prints
it as one line and exits with 2; anything that is not a `HarmoniumError` is a bug.
"""


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
