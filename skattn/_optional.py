"""Packages that not everybody needs."""

from importlib import import_module
from types import ModuleType


def import_optional(module: str, extra: str, needed_for: str) -> ModuleType:
    """Return a package that not everybody needs.

    Raises
    ------
    ImportError
        Saying what needs it, and how to install it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(
            f"{needed_for} needs {package}: pip install 'skattn[{extra}]'."
        ) from error
