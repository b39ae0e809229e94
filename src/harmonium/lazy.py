"""Packages that import a module only when one of its names is first used.

JAX takes most of a second to import; `import harmonium` and `harmonium train mlp --help` need none of it.
"""

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any


def attach(
    package: str, names: Mapping[str, str], submodules: Iterable[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """The `__getattr__`, `__dir__` and `__all__` of a package whose names are imported at their first use.

    Type checkers and editors read the `TYPE_CHECKING` branch, everything else the other one::

        if TYPE_CHECKING:
            from harmonium.models.mlp import MLP as MLP
        else:
            __getattr__, __dir__, __all__ = attach(__name__, {"MLP": "mlp"})

    A name must not be that of a module of the package too: importing the module would hide it.

    Parameters
    ----------
    package
        The package's `__name__`.
    names
        For each public name the module that defines it, relative to the package ("mlp", "layers.dense").
    submodules
        Modules of the package that are public themselves, as `harmonium.models` is in `harmonium`.
    """
    public = sorted({*names, *submodules})

    def lazy_getattr(name: str) -> Any:
        if name not in public:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if name not in names:
            return importlib.import_module(f"{package}.{name}")
        value = getattr(importlib.import_module(f"{package}.{names[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    def lazy_dir() -> list[str]:
        return sorted({*vars(sys.modules[package]), *public})

    return lazy_getattr, lazy_dir, public
