"""Small data sets to learn and test with; synthetic ones with their true attention."""

from ._electricity import load_electricity_demand
from ._synthetic import (
    make_addition,
    make_find_max,
    make_lagged_copy,
    make_marked_step,
    make_reversal,
)

__all__ = [
    "load_electricity_demand",
    "make_addition",
    "make_find_max",
    "make_lagged_copy",
    "make_marked_step",
    "make_reversal",
]
