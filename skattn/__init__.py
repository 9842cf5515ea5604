"""Attention LSTMs as scikit-learn estimators."""

from importlib.metadata import version

from ._classifier import LSTMAttentionClassifier
from ._regressor import LSTMAttentionRegressor

__all__ = ["LSTMAttentionClassifier", "LSTMAttentionRegressor", "__version__"]

__version__ = version("skattn")
