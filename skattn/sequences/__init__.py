"""Sequences in NumPy: cutting series into windows."""

from ._windows import make_windows

__all__ = ["make_windows"]
