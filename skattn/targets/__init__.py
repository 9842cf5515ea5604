"""What y may be: how it is read, scaled, learned and given back."""

from ._classes import Classes
from ._losses import find_constant, find_quantiles, measure_errors
from ._regression import Regression, r_squared
from ._steps import Steps
from ._target import Target

__all__ = [
    "Classes",
    "Regression",
    "Steps",
    "Target",
    "find_constant",
    "find_quantiles",
    "measure_errors",
    "r_squared",
]
