"""Attention LSTMs as scikit-learn estimators."""

from importlib.metadata import version

from ._regressor import LSTMAttentionRegressor

__all__ = ["LSTMAttentionRegressor", "__version__"]

__version__ = version("skattn")
