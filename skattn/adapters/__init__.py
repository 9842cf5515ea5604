"""Attention LSTMs under the names and axes of other toolkits for time series.

`skattn.adapters.aeon` and `skattn.adapters.sktime` are imported by themselves, since
each needs its toolkit.
"""
