"""Attention LSTMs as scikit-learn estimators."""

from importlib import import_module
from importlib.metadata import version
from types import ModuleType

import torch as _torch  # noqa: F401  (first: after scikit-learn it takes longer)

from ._classifier import LSTMAttentionClassifier
from ._conformal import ConformalIntervals
from ._ensemble import SeedEnsemble
from ._pointer import LSTMAttentionPointer
from ._regressor import LSTMAttentionRegressor
from .persistence import load, save, to_onnx
from .training._processes import data_parallel

__all__ = [
    "ConformalIntervals",
    "LSTMAttentionClassifier",
    "LSTMAttentionPointer",
    "LSTMAttentionRegressor",
    "SeedEnsemble",
    "__version__",
    "data_parallel",
    "load",
    "save",
    "to_onnx",
]

__version__ = version("skattn")

# The names that users import are those in files of skops, mlflow's among them, which
# are trusted by name.
for _public in __all__:
    if isinstance(globals()[_public], type):
        globals()[_public].__module__ = __name__

_SUBMODULES = ("datasets", "inspection", "metrics", "nn", "sequences")


def __dir__() -> list[str]:
    return [*__all__, *_SUBMODULES]


def __getattr__(name: str) -> ModuleType:
    """Import a submodule when it is asked for, as scikit-learn does."""
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
