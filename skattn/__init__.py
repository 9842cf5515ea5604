"""Attention LSTMs as scikit-learn estimators."""

from importlib.metadata import version

from ._classifier import LSTMAttentionClassifier
from ._conformal import ConformalIntervals
from ._ensemble import SeedEnsemble
from ._pointer import LSTMAttentionPointer
from ._regressor import LSTMAttentionRegressor
from .persistence import load, save, to_onnx

__all__ = [
    "ConformalIntervals",
    "LSTMAttentionClassifier",
    "LSTMAttentionPointer",
    "LSTMAttentionRegressor",
    "SeedEnsemble",
    "__version__",
    "load",
    "save",
    "to_onnx",
]

__version__ = version("skattn")
