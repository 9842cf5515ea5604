"""Small data sets to learn and test with."""

from ._electricity import load_electricity_demand

__all__ = ["load_electricity_demand"]
