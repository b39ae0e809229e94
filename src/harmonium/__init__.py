"""The Deep Learning Tutorial's models as a fast, readable library and one command line, on JAX."""

from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"
__all__ = ["load", "resume", "train", "train_seeds"]

if TYPE_CHECKING:
    from harmonium.recipes.recipe import load
    from harmonium.recipes.running import resume, train, train_seeds


def __getattr__(name: str) -> Any:
    # JAX takes most of a second to import; `harmonium --help` must not wait for it.
    if name in __all__:
        from harmonium.recipes import recipe, running

        return getattr(recipe if name == "load" else running, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
