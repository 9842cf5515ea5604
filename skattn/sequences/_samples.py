"""The one form that sequences take inside."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Samples:
    """Sequences side by side, not yet scaled.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_timesteps, n_channels)
        Float32 or float64, padded on the right where ``lengths`` says so.
    lengths : ndarray of int of shape (n_samples,), default=None
        Real steps in each sequence; None if all are real.
    static : ndarray of shape (n_samples, n_static), default=None
        What does not change within a sequence.
    future : ndarray of shape (n_samples, horizon, n_future), default=None
        What is known before for each output step.
    times : ndarray of shape (n_samples, n_timesteps), default=None
        Of each step, since the first one; without meaning on padding.
    """

    values: np.ndarray
    lengths: np.ndarray | None = None
    static: np.ndarray | None = None
    future: np.ndarray | None = None
    times: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def rows(self, index: np.ndarray | slice) -> "Samples":
        """Return some samples."""
        beside = (
            None if part is None else part[index]
            for part in (self.lengths, self.static, self.future, self.times)
        )
        return Samples(self.values[index], *beside)

    def real_steps(self, rows: slice) -> np.ndarray | None:
        """Return which steps of some rows are real, None if all are."""
        if self.lengths is None:
            return None
        return np.arange(self.values.shape[1]) < self.lengths[rows, None]


def from_tensor(X: object, name: str) -> object:
    """Return a torch tensor as an array, wherever it is and whatever it tracks.

    Masked values of NumPy's masked arrays become NaN.
    """
    if isinstance(X, np.ma.MaskedArray):
        if not np.ma.is_masked(X):
            return np.asarray(X.data)
        return np.ma.filled(X.astype(np.result_type(X.dtype, np.float32)), np.nan)
    if not hasattr(X, "detach"):
        return X
    tensor = X.detach()
    if str(tensor.dtype) == "torch.bfloat16":  # a type that NumPy does not have
        tensor = tensor.float()
    try:
        return tensor.cpu().numpy()
    except (RuntimeError, TypeError, NotImplementedError) as error:
        raise ValueError(
            f"{name} is a tensor of layout {tensor.layout} and type {tensor.dtype} on "
            f"the device {str(tensor.device)!r}, which cannot be read as an array "
            f"({str(error).splitlines()[0]}); allowed are dense tensors of numbers."
        ) from error


def refuse_others(value: object, name: str) -> None:
    """Refuse what holds no rows in an order: text, mappings, sets, iterators, None."""
    holds_text = isinstance(value, str | bytes)
    other = isinstance(value, Mapping | Set) or hasattr(value, "__next__")
    if hasattr(value, "shape") or not (holds_text or value is None or other):
        return  # some sparse arrays of SciPy are mappings
    shown = holds_text or value is None
    given = repr(value)[:40] if shown else f"of type {type(value).__name__}"
    raise TypeError(
        f"{name} is {given}; allowed are arrays, data frames, tensors and lists."
    )


def refuse_named(value: object, name: str) -> None:
    """Refuse what `from_long` and `from_events` return, whose X was meant."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        fields = ", ".join(value._fields)
        raise ValueError(
            f"{name} is {type(value).__name__}, which holds {fields}; allowed is its "
            "X alone."
        )


def check_numbers(values: object, name: str) -> None:
    """Refuse what is no number, and what NumPy would turn into one without a word.

    Parameters
    ----------
    values : array-like
        Of any type. Frames and lists of uneven rows pass: their columns and shapes
        are checked elsewhere.
    name : str
        The argument's name in messages.

    Raises
    ------
    ValueError
        If values are complex, dates, durations, records, or text that is no number.
    TypeError
        If they are objects that are no numbers.
    """
    if hasattr(values, "columns"):
        return
    plain = isinstance(values, list | tuple | np.ndarray)
    try:
        array = np.asarray(values)
    except ValueError:
        return
    kind = array.dtype.kind
    if kind == "c":
        raise ValueError(
            f"{name} is of type {array.dtype}: Complex data not supported; allowed "
            "are real numbers."
        )
    if kind in "mMV":
        raise ValueError(
            f"{name} is of type {array.dtype}; allowed are numbers. Turn dates and "
            "durations into numbers before, or give times of steps as "
            "skattn.sequences.Sequences(steps, times=...)."
        )
    if (
        kind not in "OSU" or not plain
    ):  # a frame's column may hold its own missing value
        return
    try:
        array.astype(np.float64)
    except (TypeError, ValueError) as error:
        type_ = TypeError if isinstance(error, TypeError) else ValueError
        raise type_(
            f"{name} does not hold numbers ({error}); allowed are numbers."
        ) from error


def cut_rows(rows: np.ndarray, n_timesteps: int | None) -> np.ndarray:
    """Return flat rows cut into steps, time-major.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
        One sequence a row.
    n_timesteps : int or None
        Steps in a row; None for one channel, a step a column.

    Returns
    -------
    ndarray of shape (n_samples, n_timesteps, n_channels)
        A view.

    Raises
    ------
    ValueError
        If ``n_timesteps`` does not divide the number of columns.
    """
    n_samples, n_features = rows.shape
    if n_timesteps is None:
        n_timesteps = n_features
    if n_features % n_timesteps:
        raise ValueError(
            f"n_timesteps={n_timesteps} does not divide the {n_features} columns of X; "
            "a flat row must hold the same number of channels for every time step."
        )
    return rows.reshape(n_samples, n_timesteps, n_features // n_timesteps)


def check_even(y: object, name: str) -> None:
    """Refuse lists of lists of different lengths, which are no array."""
    try:
        np.asarray(y)
    except (TypeError, RuntimeError):
        return  # such as tensors on another device, which have sentences of their own
    except ValueError as error:
        raise ValueError(
            f"{name} has entries of different lengths; allowed is the same number of "
            "outputs for each sample."
        ) from error
