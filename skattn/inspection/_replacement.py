"""What stands in the place of steps that are taken away."""

from functools import partial

import numpy as np

from ._series import ReplaceSteps, Series, find_coded, find_mean

_REPLACEMENTS = ("mean", "interpolate", "sample")


def choose_replacement(
    estimator: object, series: Series, replacement: str
) -> ReplaceSteps:
    """Return a function that replaces steps of samples by other values.

    Parameters
    ----------
    estimator : object
        Its channel means over the training samples are used, if it knows them.
    series : Series
        The sequences; otherwise their own means are used.
    replacement : {"mean", "interpolate", "sample"}
        The mean of each channel; the line between the nearest steps that stay; or the
        values of the sample half of the series away, counted from the end. In the place
        of categories: an unknown one; that of the nearest step.

    Returns
    -------
    callable
        Takes samples ``(m,)`` and a mask ``(m, n_timesteps)`` of the steps to replace,
        returns values ``(m, n_timesteps, n_channels)`` in units of X.

    Raises
    ------
    ValueError
        If the replacement is not known, or the series do not allow it.
    """
    check_replacement(replacement, len(series))
    mean = find_mean(estimator, series)
    if replacement == "mean":
        fill = np.broadcast_to(mean, series.values.shape)
        return partial(_put_in, series.values, fill)
    if replacement == "interpolate":
        coded = find_coded(estimator)
        return partial(_interpolate, series.values, series.real, mean, coded)
    return partial(_put_in, series.values, _take_others(series))


def check_replacement(replacement: object, n_samples: int) -> None:
    """Refuse replacements that there are not, or for which samples are too few."""
    if replacement not in _REPLACEMENTS:
        raise ValueError(
            f"replacement={replacement!r} must be 'mean' (of each channel over the "
            "training samples), 'interpolate' (between the neighbouring steps) or "
            "'sample' (the values of another sample)."
        )
    if replacement == "sample" and n_samples < 2:
        raise ValueError(
            "replacement='sample' needs at least 2 samples of X, to take values from "
            "another one, and max_samples to be at least 2; got 1."
        )


def _put_in(
    values: np.ndarray, fill: np.ndarray, samples: np.ndarray, replaced: np.ndarray
) -> np.ndarray:
    """Return samples with the values of ``fill`` at the replaced steps."""
    taken = values[samples]  # a copy
    taken[replaced] = fill[samples][replaced]
    return taken


def _take_others(series: Series) -> np.ndarray:
    """Return the values of the sample half of the series away, aligned at the ends.

    Steps before the start of a shorter sequence have its first values.
    """
    n_samples, n_timesteps = series.values.shape[:2]
    other = (np.arange(n_samples) + n_samples // 2) % n_samples
    step = np.arange(n_timesteps) - series.lengths[:, None]  # from the end, negative
    last = series.lengths[other, None]
    source = np.clip(last + step, 0, last - 1)
    return series.values[other[:, None], source]


def _interpolate(
    values: np.ndarray,
    real: np.ndarray,
    mean: np.ndarray,
    coded: list[int],
    samples: np.ndarray,
    replaced: np.ndarray,
) -> np.ndarray:
    """Return samples with lines over the replaced steps, from neighbour to neighbour.

    Channels with codes have that of the nearer neighbour. At the ends the nearest step
    that stays is repeated; where none stays, the mean is taken.
    """
    n_timesteps = values.shape[1]
    step = np.arange(n_timesteps)
    stays = real[samples] & ~replaced
    left = np.maximum.accumulate(np.where(stays, step, -1), axis=1)
    right = np.where(stays, step, n_timesteps)[:, ::-1]
    right = np.minimum.accumulate(right, axis=1)[:, ::-1]
    left = np.where(left < 0, right, left)
    right = np.where(right == n_timesteps, left, right)
    alone = ~stays.any(axis=1)
    left[alone] = right[alone] = 0
    way = (step - left) / np.maximum(right - left, 1)
    share = np.where(right > left, way, 0.0)[:, :, None]
    taken = values[samples]
    row = np.arange(len(samples))[:, None]
    line = (1 - share) * taken[row, left] + share * taken[row, right]
    nearer = np.where(share[:, :, 0] > 0.5, right, left)
    line[:, :, coded] = taken[row, nearer][:, :, coded]
    line[alone] = mean
    return np.where(replaced[:, :, None], line.astype(taken.dtype), taken)
