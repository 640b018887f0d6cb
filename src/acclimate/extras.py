"""Optional dependencies: import them where they are used, and name the cure where they are not."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from acclimate.errors import MissingExtra


def need(module: str, extra: str) -> ModuleType:
    """Import an optional module, or say which extra brings it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"{error.name or module} is not installed; run: pip install 'acclimate[{extra}]'"
        ) from error
