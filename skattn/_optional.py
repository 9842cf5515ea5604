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
        raise lacks(module.partition(".")[0], extra, needed_for) from error


def lacks(package: str, extra: str, needed_for: str) -> ImportError:
    """Return the error that says what needs a package, and how to install it."""
    return ImportError(f"{needed_for} needs {package}: pip install 'skattn[{extra}]'.")
