"""Means and ratios of means with bootstrap intervals over samples."""

import numpy as np

N_RESAMPLES = 2000

Estimate = tuple[float, float, float]


def estimate_mean(values: np.ndarray, random: np.random.RandomState) -> Estimate:
    """Give the mean of one number a sample, with a 95 % percentile interval."""
    return estimate_ratio(values, np.ones_like(values), random)


def estimate_ratio(
    above: np.ndarray, below: np.ndarray, random: np.random.RandomState
) -> Estimate:
    """Give the ratio of two means, with a 95 % percentile interval over samples.

    Entries that are NaN are left out. All is NaN if nothing is left or the denominator
    is 0.
    """
    known = np.isfinite(above) & np.isfinite(below)
    above, below = above[known], below[known]
    if not len(above) or below.sum() == 0:
        return np.nan, np.nan, np.nan
    drawn = random.randint(len(above), size=(N_RESAMPLES, len(above)))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = above[drawn].sum(1) / below[drawn].sum(1)
    low, high = np.nanpercentile(ratios, [2.5, 97.5])
    return float(above.sum() / below.sum()), float(low), float(high)
