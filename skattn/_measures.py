"""What rules measure of the training samples."""

from dataclasses import replace

import numpy as np

from .sequences._samples import Samples
from .sequences._scaling import fit_scaler, measure_windows
from .training import TrainingSamples

# Samples that are looked at.
_MOST_LOOKED_AT = 256

# Those that deviate by less, relative to the largest number, only round in float32.
_CONSTANT = 1e-7

# Windows in the order of time, of which some are compared with those up to so many
# later, in their last steps.
_IN_A_ROW, _COMPARED, _LATER, _LAST_STEPS = 200, 50, 100, 24

# Targets of several steps go on with a channel if the first one differs from its last
# value by less than this share of the variance (mean square).
_NEXT = 0.1

# Targets of one step go on with a channel if so many are its value some windows later.
# So many of them have to differ from the one before.
_SAME, _ENOUGH_MOVES = 0.9, 10


def _pick(samples: TrainingSamples) -> np.ndarray:
    """Return some of the rows, evenly spaced."""
    return samples.rows[:: max(1, len(samples.rows) // _MOST_LOOKED_AT)]


def find_continued(samples: TrainingSamples) -> int | None:
    """Return the channel that targets go on with, if one is such."""
    y = samples.y
    if y.shape[2] > 1 or y.dtype.kind not in "fiu":
        return None
    return _find_next(samples) if y.shape[1] > 1 else _find_later(samples)


def _find_later(samples: TrainingSamples) -> int | None:
    """Return the channel that holds the target of each window in a later one."""
    if samples.X.lengths is not None:
        return None
    rows = samples.rows[:_IN_A_ROW]
    X = samples.X.values[rows, -_LAST_STEPS:]
    y = samples.y[rows, 0].astype(X.dtype)[:, :, None]
    moves = np.flatnonzero(y[1:, 0, 0] != y[:-1, 0, 0]) + 1  # what stays tells nothing
    for later in range(min(_LATER, len(rows) // 2) + 1):
        known = moves[moves < len(rows) - later][:_COMPARED]
        if len(known) < _ENOUGH_MOVES:
            return None
        same = (X[known + later] == y[known]).mean(0).max(0)  # by channel
        if same.max() > _SAME:  # in the window itself it has been, and is no forecast
            return int(same.argmax()) if later else None
    return None


def _find_next(samples: TrainingSamples) -> int | None:
    """Return the channel whose last value is near the first step of the targets."""
    rows = _pick(samples)
    X, y = samples.X.rows(rows), samples.y[rows]
    first = y[:, 0].astype(np.float64)
    n_steps = X.values.shape[1]
    last = (np.full(len(y), n_steps) if X.lengths is None else X.lengths) - 1
    ends = X.values[np.arange(len(y)), last].astype(np.float64)
    with np.errstate(all="ignore"):  # what is not finite is refused later
        shares = ((ends - first) ** 2).mean(0) / first.var()
    closest = int(np.argmin(np.where(np.isfinite(shares), shares, np.inf)))
    return closest if shares[closest] < _NEXT else None


def measure_typical_size(
    samples: TrainingSamples, levels: bool, coded: tuple[int, ...] = ()
) -> float | None:
    """Compute the deviation of a typical sample over that of its channel.

    The median over the channels, of the median over some samples that vary. A channel
    also deviates by the levels of samples, if ``levels``. Channels that hold ``coded``
    categories do not count. None if no sample varies.
    """
    X = _shrink(samples.X.rows(_pick(samples)))
    sizes = measure_windows(X.values, X.lengths)[1]
    whole = fit_scaler(X).scale if levels else np.sqrt((sizes**2).mean(0))
    shares = [
        np.median(own[own > _CONSTANT]) / scale
        for i, (own, scale) in enumerate(zip(sizes.T, whole, strict=True))
        if i not in coded and (own > _CONSTANT).any()
    ]
    return float(np.median(shares)) if shares else None


def _find_real(X: Samples) -> np.ndarray:
    """Return a mask of finite values that are no padding."""
    real: np.ndarray = np.isfinite(X.values)
    steps = X.real_steps(slice(None))
    return real if steps is None else real & steps[:, :, None]


def _shrink(X: Samples) -> Samples:
    """Return values over the largest of their channel, so that squares stay finite."""
    values = X.values.astype(np.float64)
    largest = np.abs(np.where(_find_real(X), values, 0.0)).max((0, 1))
    return replace(X, values=values / np.where(largest > 0, largest, 1.0))


def measure_usual_roughness(samples: TrainingSamples) -> float:
    """Return the roughness of a usual channel; infinite if none varies."""
    roughness = measure_roughness(samples)
    return float(np.median(roughness)) if len(roughness) else np.inf


def measure_roughness(samples: TrainingSamples) -> np.ndarray:
    """Compute the mean square of differences between steps over the variance.

    Of some samples, for each channel that varies; 2 for white noise.
    """
    X = _shrink(samples.X.rows(_pick(samples)))
    x, real = X.values, _find_real(X)
    both = real[:, 1:] & real[:, :-1]
    x = np.where(real, x, 0.0)
    count = np.maximum(real.sum((0, 1)), 1)
    with np.errstate(over="ignore", invalid="ignore"):  # refused when they are scaled
        mean = x.sum((0, 1)) / count
        variance = (np.where(real, x - mean, 0.0) ** 2).sum((0, 1)) / count
        squares = np.where(both, np.diff(x, axis=1), 0.0) ** 2
        change = squares.sum((0, 1)) / np.maximum(both.sum((0, 1)), 1)
    varies = (variance > 0) & both.any((0, 1)) & np.isfinite(variance + change)
    return change[varies] / variance[varies]
