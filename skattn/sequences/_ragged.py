"""Sequences of different lengths: lists, padded arrays, and the ways between."""

from collections.abc import Iterator, Sequence
from typing import TypeGuard

import numpy as np

from ._samples import Samples, check_numbers, from_tensor

# Values read at once when a padded array is searched, so that a memmap stays on disk.
_BLOCK_VALUES = 1 << 22


def is_ragged(X: object) -> TypeGuard[Sequence[object]]:
    """Return whether X is a list (tuple, object array) that holds arrays or frames."""
    if isinstance(X, np.ndarray):
        if X.dtype != object or X.ndim != 1:
            return False
    elif not isinstance(X, list | tuple):
        return False
    return any(len(getattr(entry, "shape", ())) > 0 for entry in X)


def as_steps(X: Sequence[object], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Lay the sequences of a list end to end.

    Parameters
    ----------
    X : list of array-like of shape (length_i, n_channels) or (length_i,)
        Sequences; 1-D ones have one channel.
    name : str
        The list's name in messages.

    Returns
    -------
    steps : ndarray of shape (n_steps, n_channels)
        Of any type.
    lengths : ndarray of int of shape (n_samples,)
        Steps of each sequence.

    Raises
    ------
    ValueError
        If a sequence is empty, has no such shape, or other channels than the first.
    """
    arrays = [_as_table(entry, f"{name}[{i}]") for i, entry in enumerate(X)]
    n_channels = arrays[0].shape[1]
    for i, array in enumerate(arrays):
        if array.shape[1] != n_channels:
            raise ValueError(
                f"{name}[{i}] has {array.shape[1]} channels, but {name}[0] has "
                f"{n_channels}; all sequences must have the same channels."
            )
    return np.concatenate(arrays), np.array([len(array) for array in arrays])


def _as_table(entry: object, name: str) -> np.ndarray:
    given = np.asarray(from_tensor(entry, name))
    check_numbers(given, name)
    array = given[:, None] if given.ndim == 1 else given
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(
            f"{name} has shape {given.shape}; a sequence must be (n_timesteps, "
            "n_channels) or (n_timesteps,), with at least 1 step and 1 channel."
        )
    return array


def pad_steps(steps: np.ndarray, lengths: np.ndarray) -> Samples:
    """Stand sequences that lie end to end side by side, padded with 0 on the right."""
    values = np.zeros((len(lengths), lengths.max(), steps.shape[1]), steps.dtype)
    real = np.arange(lengths.max()) < lengths[:, None]
    values[real] = steps
    return Samples(values, None if real.all() else lengths)


def join_steps(sequences: Samples) -> np.ndarray:
    """Lay the real steps of all sequences end to end: ``(n_steps, n_channels)``."""
    real = sequences.real_steps(slice(None))
    if real is None:
        return sequences.values.reshape(-1, sequences.values.shape[2])
    return sequences.values[real]


def cut_steps(steps: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    """Undo `as_steps`."""
    return np.split(steps, np.cumsum(lengths)[:-1])


def measure_lengths(values: np.ndarray, padding_value: float, name: str) -> np.ndarray:
    """Return how many steps each sequence has up to where nothing but padding follows.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_timesteps, n_channels)
        Padded on the right. The padding value before the last real step is data.
    padding_value : float
        What all channels of a padded step hold; may be NaN.
    name : str
        The array's name in messages.

    Returns
    -------
    ndarray of int of shape (n_samples,)
        At least 1.

    Raises
    ------
    ValueError
        If a sequence is nothing but padding.
    """
    # -999.9 of float64 is no float32; and what is float64 now may have been float32.
    with np.errstate(over="ignore"):
        marks = {
            float(values.dtype.type(kind(padding_value)))
            for kind in (np.float64, np.float32)
        }
        half = float(np.float16(padding_value))
    lengths = _count_steps(values, marks)
    if half not in marks and (lengths == values.shape[1]).all():
        ends = (values[:, -1] == half).all(1)
        if ends.any() and (values == values.astype(np.float16)).all():
            lengths = _count_steps(values, {half})  # of an array that was float16
    if not lengths.all():
        i = int(np.argmin(lengths))
        raise ValueError(
            f"{name}[{i}] is nothing but padding ({padding_value}); each sequence "
            "needs at least 1 time step."
        )
    return lengths


def _count_steps(values: np.ndarray, marks: set[float]) -> np.ndarray:
    """Return how many steps stand before the padding, which holds one of the marks."""
    n_timesteps = values.shape[1]
    lengths = np.empty(len(values), np.intp)
    for rows in blocks(values):
        block = values[rows]
        padded = np.zeros(block.shape[:2], dtype=bool)
        for mark in marks:
            same = np.isnan(block) if np.isnan(mark) else block == mark
            padded |= same.all(2)
        lengths[rows] = n_timesteps - np.argmin(padded[:, ::-1], axis=1)
        lengths[rows][padded.all(1)] = 0
    return lengths


def blocks(values: np.ndarray) -> Iterator[slice]:
    """Walk over the rows of an array in pieces that fit into memory."""
    n_rows = max(1, _BLOCK_VALUES // max(1, values[:1].size))
    for start in range(0, len(values), n_rows):
        yield slice(start, min(start + n_rows, len(values)))
