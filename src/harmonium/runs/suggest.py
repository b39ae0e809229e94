"""The settings of a search's next trial by the scores of those before it: Optuna's TPE (Bergstra et al. 2011)."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from harmonium.errors import ConfigError
from harmonium.recipes.shared.search_space import Choice, LogUniform, Uniform


def require_optuna() -> Any:
    """Return the package Optuna. Raises `ConfigError` where it is not installed."""
    try:
        import optuna
    except ImportError as error:
        raise ConfigError("--sampler tpe needs Optuna: pip install 'harmonium[search]'") from error
    return optuna


def suggestion(
    space: Mapping[str, Uniform | LogUniform | Choice],
    known: Sequence[tuple[Mapping[str, Any], float | None]],
    better: str | None,
    seed: int,
) -> dict[str, Any]:
    """Return the settings that the next trial should have.

    They follow from the arguments alone, so that a search which was interrupted goes on with the same ones.

    Parameters
    ----------
    space
        Where each setting is drawn from.
    known
        The settings and scores of all trials so far, in order; a score is None where training diverged before one, and
        such a trial counts as worse than all others.
    better
        Which scores are better, "lowest" or "highest".
    seed
        Decides, with the number of trials so far, what is random.
    """
    optuna = require_optuna()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    distributions = {name: _distribution(where) for name, where in space.items()}
    # Only its random() is promised never to change.
    own = int(random.Random(f"{seed} {len(known)} tpe").random() * 2**32)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=own, n_startup_trials=1),
        direction="minimize" if better == "lowest" else "maximize",
    )
    states = optuna.trial.TrialState
    for settings, score in known:
        study.add_trial(
            optuna.trial.create_trial(
                params={name: _number(where, settings[name]) for name, where in space.items()},
                distributions=distributions,
                value=score,
                state=states.PRUNED if score is None else states.COMPLETE,
            )
        )
    found = study.ask(fixed_distributions=distributions).params
    return {
        name: where.values[found[name]] if isinstance(where, Choice) else found[name]
        for name, where in space.items()
    }


def _distribution(where: Uniform | LogUniform | Choice) -> Any:
    """Return what Optuna calls it; of a choice, that of its values' places, since values may be lists."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(where, Choice):
        return CategoricalDistribution(range(len(where.values)))
    log = isinstance(where, LogUniform)
    if where.whole:
        return IntDistribution(int(where.low), int(where.high), log=log)
    return FloatDistribution(where.low, where.high, log=log)


def _number(where: Uniform | LogUniform | Choice, value: Any) -> Any:
    return where.values.index(value) if isinstance(where, Choice) else value
