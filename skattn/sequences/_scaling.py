"""Standardising channels and targets, with statistics gathered block by block."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ._samples import Samples

# Values in one block of the statistics: 1 MB as float64, so that a memmap is never
# read into memory as a whole.
_BLOCK_VALUES = 1 << 17

# Differences of less than this share of a deviation are rounding, and no change.
_LEAST_CHANGE = 1e-5

_SMALLEST = np.finfo(np.float64).tiny / np.finfo(np.float64).eps


@dataclass(frozen=True)
class Scaler:
    """Mean and scale to standardise by, both broadcast against the last axes.

    Parameters
    ----------
    mean, scale : ndarray of float64
        The scale is positive.
    """

    mean: np.ndarray
    scale: np.ndarray

    def take(self, channels: list[int]) -> "Scaler":
        """Return the scaler of some channels."""
        return Scaler(self.mean[channels], self.scale[channels])


IDENTITY = Scaler(np.zeros(1), np.ones(1))  # changes nothing


@dataclass(frozen=True)
class InputScaler(Scaler):
    """Mean and scale of the channels, and what stands for a missing value.

    Parameters
    ----------
    mean, scale : ndarray of float64 of shape (n_channels,)
        The scale is positive.
    missing : {"error", "mask", "forward", "decay"}, default="error"
        What stands for a missing value: nothing may be missing; 0, which is the mean;
        or the last value seen, 0 before the first, which with "decay" the network lets
        decay. All but the first add an indicator for each channel, 1 where its value
        is missing.
    static, future : Scaler, default=None
        Of static features and of what is known ahead, where there are any.
    time_unit : float, default=None
        The median time between steps, where these have times.
    """

    missing: str = "error"
    static: Scaler | None = None
    future: Scaler | None = None
    time_unit: float | None = None

    @property
    def center(self) -> np.ndarray:
        """Mean over scale of all that the network reads; indicators have none."""
        center = self.mean / self.scale
        return center if self.missing == "error" else np.append(center, 0 * center)


def fit_scaler(samples: Samples, weights: np.ndarray | None = None) -> Scaler:
    """Compute mean and standard deviation of each channel over the values there are.

    Parameters
    ----------
    samples : Samples
        The training part.
    weights : ndarray of shape (n_samples,), default=None
        Sample weights; a weight of 2 counts like the sample twice, one of 0 like none.

    Returns
    -------
    Scaler
        With mean and scale of shape ``(n_channels,)``; constant channels have scale 1,
        channels without any value mean 0.
    """
    n_channels = samples.values.shape[2]
    # Dividing by the largest magnitude keeps squares of large values finite; next to
    # the smallest floats there is too little precision left to do so.
    largest = np.zeros(n_channels)
    count, total = np.zeros(n_channels), np.zeros(n_channels)
    for block, weight, seen in _blocks(samples, weights):
        largest = np.maximum(largest, np.abs(block).max(0, initial=0.0))
        count += weight.sum() if seen is None else weight @ seen
    count = np.where(count > 0, count, 1.0)
    unit = np.where(largest > _SMALLEST, largest, 1.0)
    for block, weight, _ in _blocks(samples, weights):
        total += weight @ (block / unit)
    mean = total / count
    squares = np.zeros(n_channels)
    for block, weight, seen in _blocks(samples, weights):
        spread = block / unit - mean
        squares += weight @ (spread if seen is None else spread * seen) ** 2
    scale = np.sqrt(squares / count)
    # Rounding alone gives a constant channel a tiny spread.
    constant = scale <= 10 * np.finfo(np.float64).eps
    return Scaler(mean * unit, np.where(constant, 1.0, scale * unit))


def fit_beside(
    samples: Samples, weights: np.ndarray, *, standardise: bool
) -> tuple[Scaler | None, Scaler | None]:
    """Return scalers of static features and of what is known ahead, if there are any.

    Parameters
    ----------
    samples : Samples
        Not yet scaled.
    weights : ndarray of shape (n_samples,)
        Sample weights; 0 for what is not trained on.
    standardise : bool
        Whether to; otherwise nothing is changed.

    Returns
    -------
    static, future : Scaler or None
        With mean and scale for each column, over samples and output steps.
    """

    def fit(part: np.ndarray | None) -> Scaler | None:
        if part is None:
            return None
        return fit_scaler(Samples(part), weights) if standardise else IDENTITY

    static = samples.static
    return fit(None if static is None else static[:, None]), fit(samples.future)


def measure_changes(
    samples: Samples,
    weights: np.ndarray,
    scaler: Scaler,
    own_units: bool | str = False,
) -> np.ndarray:
    """Compute the root mean square of the differences of consecutive steps.

    Parameters
    ----------
    samples : Samples
        Not yet scaled.
    weights : ndarray of shape (n_samples,)
        Sample weights; those of weight 0 do not count.
    scaler : Scaler
        The deviation of the channels, in which differences are measured.
    own_units : {False, "mean", "standard"}, default=False
        Instead in the mean magnitude or the deviation of each sample.

    Returns
    -------
    ndarray of shape (n_channels,)
        Over the steps that are there; 0 for a channel that hardly ever changes.
    """
    n_timesteps, n_channels = samples.values.shape[1:]
    total, count = np.zeros(n_channels), np.zeros(n_channels)
    rows = np.flatnonzero(weights)
    step = max(1, _BLOCK_VALUES // (n_timesteps * n_channels))
    for start in range(0, len(rows), step):
        block = rows[start : start + step]
        values = samples.values[block].astype(np.float64) / scaler.scale
        if own_units:
            lengths = None if samples.lengths is None else samples.lengths[block]
            size = measure_windows(values, lengths, mean=own_units == "mean")[1]
            values = values / np.where(size > 0, size, 1.0)[:, None]
        squares = np.diff(values, axis=1) ** 2
        known = np.isfinite(squares)
        if samples.lengths is not None:
            inside = np.arange(1, n_timesteps) < samples.lengths[block, None]
            known &= inside[:, :, None]
        total += weights[block] @ np.where(known, squares, 0.0).sum(1)
        count += weights[block] @ known.sum(1)
    changes = np.sqrt(total / np.where(count > 0, count, 1.0))
    return np.where(changes > _LEAST_CHANGE, changes, 0.0)


def measure_windows(
    values: np.ndarray, lengths: np.ndarray | None, *, mean: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Compute level and size of each sample.

    Parameters
    ----------
    values : ndarray of float64 of shape (n_samples, n_timesteps, n_channels)
        NaN where nothing is known.
    lengths : ndarray of int of shape (n_samples,) or None
        Real steps; None if all are.
    mean : bool, default=False
        Whether levels are 0 and sizes mean magnitudes, instead of means and standard
        deviations.

    Returns
    -------
    level, size : ndarray of shape (n_samples, n_channels)
        Over what is known; 0 where nothing is.
    """
    known = np.isfinite(values)
    if lengths is not None:
        known &= (np.arange(values.shape[1]) < lengths[:, None])[:, :, None]
    count = np.maximum(known.sum(1), 1)
    values = np.where(known, values, 0.0)
    if mean:
        return np.zeros(count.shape), np.abs(values).sum(1) / count
    level = values.sum(1) / count
    away = np.where(known, values - level[:, None], 0.0)
    return level, np.sqrt((away**2).sum(1) / count)


def find_middle(samples: Samples, rows: np.ndarray, scaler: Scaler) -> np.ndarray:
    """Compute the median level of some samples in each channel.

    Near it float32 is exact: there most of small sequences lie, wherever a few large
    ones have moved the mean.

    Parameters
    ----------
    samples : Samples
        Not yet scaled.
    rows : ndarray of int
        The samples that count.
    scaler : Scaler
        The deviation of the channels, by which large values are divided meanwhile.

    Returns
    -------
    ndarray of shape (n_channels,)
        Over real steps.
    """
    levels = [measure_windows(*part)[0] for part in _scaled(samples, rows, scaler)]
    middle: np.ndarray = np.median(np.concatenate(levels), axis=0) * scaler.scale
    return middle


def measure_levels(
    samples: Samples, rows: np.ndarray, scaler: InputScaler
) -> np.ndarray:
    """Compute the root mean square of what channels are away from their last value.

    Parameters
    ----------
    samples : Samples
        Not yet scaled.
    rows : ndarray of int
        The samples that count.
    scaler : InputScaler
        The scale in which it is measured.

    Returns
    -------
    ndarray of shape (n_channels,)
        Over the steps that are there; 1 for a channel that never changes.
    """
    n_timesteps, n_channels = samples.values.shape[1:]
    total, count = np.zeros(n_channels), np.zeros(n_channels)
    for values, lengths in _scaled(samples, rows, scaler):
        last = np.full(len(values), n_timesteps - 1)
        known = np.isfinite(values)
        if lengths is not None:
            last = lengths - 1
            known &= (np.arange(n_timesteps) <= last[:, None])[:, :, None]
        away = values - values[np.arange(len(values)), last][:, None]
        known &= np.isfinite(away)
        total += (np.where(known, away, 0.0) ** 2).sum((0, 1))
        count += known.sum((0, 1))
    away = np.sqrt(total / np.where(count > 0, count, 1.0))
    return np.where(away > _LEAST_CHANGE, away, 1.0)


def _scaled(
    samples: Samples, rows: np.ndarray, scaler: Scaler
) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Yield some samples over the deviation of their channels, and their lengths."""
    step = max(1, _BLOCK_VALUES // samples.values[:1].size)
    for start in range(0, len(rows), step):
        block = rows[start : start + step]
        lengths = None if samples.lengths is None else samples.lengths[block]
        yield samples.values[block].astype(np.float64) / scaler.scale, lengths


def _blocks(
    samples: Samples, weights: np.ndarray | None
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
    """Yield real steps ``(n_steps, n_channels)`` as float64, with a weight for each.

    Last comes which values are there, None if all are; the others are 0.
    """
    n_samples, n_timesteps, n_channels = samples.values.shape
    n_rows = max(1, _BLOCK_VALUES // (n_timesteps * n_channels))
    for start in range(0, n_samples, n_rows):
        rows = slice(start, start + n_rows)
        block = samples.values[rows].astype(np.float64)
        weight = np.ones(len(block)) if weights is None else weights[rows]
        steps = np.repeat(weight, n_timesteps)
        block = block.reshape(-1, n_channels)
        lengths = samples.lengths
        real = None
        if lengths is not None:
            real = np.arange(n_timesteps) < lengths[rows, None]
        used = steps > 0 if real is None else real.ravel() & (steps > 0)
        if not used.all():
            block, steps = block[used], steps[used]
        seen = None
        if np.isnan(block.sum()):
            seen = ~np.isnan(block)
            block[~seen] = 0.0
        yield block, steps, seen
