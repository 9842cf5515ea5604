"""Looking into fitted estimators."""

from ._conicity import conicity

__all__ = ["conicity"]
