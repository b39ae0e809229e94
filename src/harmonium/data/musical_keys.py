"""The key of a piece of music, and its transposition to a common one (section 14.4)."""

import numpy as np

from harmonium.data.midi import LOWEST

# How much each of the twelve notes belongs to C major and to C minor, as listeners judge (Krumhansl & Kessler 1982).
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


def key_of(roll: np.ndarray) -> tuple[int, str]:
    """The key of a roll (steps, 88): its tonic, 0 for C to 11 for B, and "major" or "minor".

    The one whose profile correlates best with how long each of the twelve notes sounds (Krumhansl & Schmuckler).
    """
    durations = np.bincount((np.arange(roll.shape[1]) + LOWEST) % 12, roll.sum(0), minlength=12)
    fits = {
        (tonic, mode): _correlation(np.roll(profile, tonic), durations)
        for mode, profile in (("major", MAJOR), ("minor", MINOR))
        for tonic in range(12)
    }
    return max(fits, key=lambda key: fits[key])


def in_common_key(roll: np.ndarray) -> np.ndarray:
    """The roll moved by at most half an octave to C major or C minor; notes that would leave the piano are dropped."""
    tonic, _ = key_of(roll)
    return transposed(roll, -tonic if tonic <= 6 else 12 - tonic)


def transposed(roll: np.ndarray, semitones: int) -> np.ndarray:
    """The roll moved up by this many semitones, or down."""
    moved = np.zeros_like(roll)
    width = roll.shape[1]
    moved[:, max(0, semitones) : width + min(0, semitones)] = roll[
        :, max(0, -semitones) : width + min(0, -semitones)
    ]
    return moved


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-12))
