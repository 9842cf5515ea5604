"""Sequences in the caller's own form, whose steps can be replaced."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..sequences._ragged import as_steps, is_ragged, measure_lengths, pad_steps


@dataclass(frozen=True)
class Series:
    """Sequences side by side, and the way back to the form they came in.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_timesteps, n_channels)
        Padded on the right where ``lengths`` says so.
    lengths : ndarray of int of shape (n_samples,)
        Real steps in each sequence.
    rebuild : callable
        Takes values and lengths of any number of samples, and gives what the estimator
        takes.
    """

    values: np.ndarray
    lengths: np.ndarray
    rebuild: Callable[[np.ndarray, np.ndarray], Any]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def real(self) -> np.ndarray:
        """Say which steps are real: ``(n_samples, n_timesteps)``."""
        return np.arange(self.values.shape[1]) < self.lengths[:, None]

    def take(self, rows: np.ndarray) -> "Series":
        """Keep some samples."""
        return replace(self, values=self.values[rows], lengths=self.lengths[rows])

    def whole(self) -> Any:
        """Give all samples in the form they came in."""
        return self.rebuild(self.values, self.lengths)


def read_series(estimator: Any, X: Any, name: str = "X") -> Series:
    """Read X in any form that estimators of sequences take.

    Parameters
    ----------
    estimator : object
        Its ``n_timesteps_in_`` says how flat rows are cut, its ``padding_value`` what
        padding looks like, if it has them.
    X : array-like, Tensor, data frame, or list of arrays
        Sequences.
    name : str, default="X"
        The argument's name in messages.

    Returns
    -------
    Series
        Of at least one sample.
    """
    if hasattr(X, "detach"):
        X = X.detach().cpu().numpy()
    if is_ragged(X):
        return _read_ragged(X, name)
    if hasattr(X, "columns"):
        return _read_rows(estimator, X, name, _frame_like(X))
    values = np.asarray(X)
    if values.ndim == 2:
        return _read_rows(estimator, values, name, lambda rows: rows)
    if values.ndim != 3 or 0 in values.shape:
        raise ValueError(
            f"{name} has shape {values.shape}; allowed are (n_samples, n_features), "
            "(n_samples, n_timesteps, n_channels), each axis at least 1, and lists of "
            "arrays (length, n_channels)."
        )
    values = _as_float(values)
    lengths = _find_lengths(estimator, values, name)
    return Series(values, lengths, lambda values, lengths: values)


def _read_ragged(X: Any, name: str) -> Series:
    steps, lengths = as_steps(X, name)
    values = pad_steps(_as_float(steps), lengths).values
    outward = _frame_like(X[0]) if hasattr(X[0], "columns") else lambda rows: rows
    flat = len(np.shape(X[0])) == 1

    def rebuild(values: np.ndarray, lengths: np.ndarray) -> list[Any]:
        if flat:
            values = values[:, :, 0]
        return [outward(row[:n]) for row, n in zip(values, lengths, strict=True)]

    return Series(values, lengths, rebuild)


def _read_rows(
    estimator: Any, X: Any, name: str, outward: Callable[[np.ndarray], Any]
) -> Series:
    rows = _as_float(np.asarray(X))
    n_samples, n_columns = rows.shape
    n_timesteps = int(getattr(estimator, "n_timesteps_in_", n_columns) or n_columns)
    if not n_samples or not n_columns or n_columns % n_timesteps:
        raise ValueError(
            f"{name} has shape {rows.shape}, but flat rows are cut into the "
            f"{n_timesteps} time steps that {type(estimator).__name__} was fitted on."
        )
    values = rows.reshape(n_samples, n_timesteps, -1)
    lengths = _find_lengths(estimator, values, name)
    return Series(values, lengths, lambda v, lengths: outward(v.reshape(len(v), -1)))


def _frame_like(frame: Any) -> Callable[[np.ndarray], Any]:
    names = "columns" if hasattr(frame, "iloc") else "schema"  # pandas, or polars
    return lambda rows: type(frame)(rows, **{names: list(frame.columns)})


def _as_float(values: np.ndarray) -> np.ndarray:
    if values.dtype in (np.float32, np.float64):
        return values
    return values.astype(np.float64)


def _find_lengths(estimator: Any, values: np.ndarray, name: str) -> np.ndarray:
    """Count the steps before the padding at the end of each sequence."""
    probe = getattr(estimator, "_probe", None)  # which knows what was fitted
    reader = estimator if probe is None else probe.schema
    padding = getattr(reader, "padding_value", None)
    if padding is None:
        return np.full(len(values), values.shape[1])
    return measure_lengths(values, padding, name)


def find_patches(series: Series, patch_size: int) -> np.ndarray:
    """Say which patch each time step belongs to: ``(n_samples, n_timesteps)``.

    Patches end where their sequence ends, so that the first may be incomplete. Padding
    belongs to patch -1.
    """
    fill = -series.lengths % patch_size
    step = np.arange(series.values.shape[1])
    patches = (step + fill[:, None]) // patch_size
    return np.where(series.real, patches, -1)


def choose_fill(
    estimator: Any, series: Series, replacement: str, patches: np.ndarray
) -> np.ndarray:
    """Give what stands at each step when it is replaced.

    Parameters
    ----------
    estimator : object
        Asked for the channels' means over its training part, if it knows them.
    series : Series
        The sequences; their own means are the next best.
    replacement : {"mean", "interpolate"}
        The mean of the channel, or the line between the neighbours of the patch.
    patches : ndarray of shape (n_samples, n_timesteps)
        From `find_patches`.

    Returns
    -------
    ndarray that broadcasts to (n_samples, n_timesteps, n_channels)
        In units of X.
    """
    if replacement == "mean":
        return find_mean(estimator, series)[None, None]
    if replacement == "interpolate":
        return _interpolate(series, patches)
    raise ValueError(
        f"replacement={replacement!r} must be 'mean' (of the channel over the training "
        "part) or 'interpolate' (between the neighbours)."
    )


def find_mean(estimator: Any, series: Series) -> np.ndarray:
    """Give the mean of each channel over the training part, else over the series."""
    probe = getattr(estimator, "_probe", None)
    known = None if probe is None else probe.mean_inputs()
    if known is not None:
        return known
    return np.nanmean(series.values[series.real], axis=0)


def _interpolate(series: Series, patches: np.ndarray) -> np.ndarray:
    """Draw a line from the step before each patch to the step after it."""
    values, (n_samples, n_timesteps) = series.values, patches.shape
    step = np.arange(n_timesteps)
    starts = np.diff(patches, axis=1, prepend=-2) != 0
    first = np.maximum.accumulate(np.where(starts, step, 0), axis=1)
    ends = np.diff(patches, axis=1, append=-2) != 0
    last = np.where(ends, step, n_timesteps)[:, ::-1]
    last = np.minimum.accumulate(last, axis=1)[:, ::-1]
    left, right = first - 1, last + 1
    # Beyond an end there is one neighbour only; a lone patch keeps its own values.
    end = series.lengths[:, None]
    left, right = np.where(left < 0, right, left), np.where(right >= end, left, right)
    alone = (left < 0) | (left >= end)
    left, right = (np.where(alone, step, side) for side in (left, right))
    way = np.where(right > left, (step - left) / np.maximum(right - left, 1), 0.0)
    sample = np.arange(n_samples)[:, None]
    share = way[:, :, None]
    return (1 - share) * values[sample, left] + share * values[sample, right]
