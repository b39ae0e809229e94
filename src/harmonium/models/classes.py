"""The classes that a saved model may contain."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping

import equinox as eqx

from harmonium import models


def model_classes() -> dict[str, type[eqx.Module]]:
    """Every model, layer and other `eqx.Module` that a module of `harmonium.models` defines, by its name.

    Loading builds nothing else. Abstract classes, which have no instances, are left out.

    Examples
    --------
    >>> sorted(name for name in model_classes() if "RBM" in name)
    ['ClassRBM', 'GaussianRBM', 'MeanCovarianceRBM', 'RBM', 'RNNRBM']
    """
    found: dict[str, type[eqx.Module]] = {}
    for info in pkgutil.walk_packages(models.__path__, f"{models.__name__}."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            is_model = inspect.isclass(value) and issubclass(value, eqx.Module)
            if is_model and value.__module__ == info.name and not inspect.isabstract(value):
                found[name] = value
    return found


class ModelClasses(Mapping[str, type[eqx.Module]]):
    """The classes of `model_classes` by name, where only the module of the class that is asked for is imported."""

    def __getitem__(self, name: str) -> type[eqx.Module]:
        value = getattr(models, name) if name in dir(models) else None
        if inspect.isclass(value) and issubclass(value, eqx.Module) and not inspect.isabstract(value):
            return value
        return model_classes()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(model_classes())

    def __len__(self) -> int:
        return len(model_classes())
