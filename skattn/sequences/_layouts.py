"""The layouts of other packages: aeon and sktime, tslearn."""

from collections.abc import Iterable

import numpy as np

from ._ragged import (
    as_steps,
    cut_steps,
    is_ragged,
    join_steps,
    measure_lengths,
    pad_steps,
)
from ._samples import Samples


def from_aeon(X: object) -> object:
    """Return collections of aeon or sktime, channels before time, in skattn's form.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_channels, n_timesteps) or list of ndarray of \
            shape (n_channels, length_i)
        What aeon calls "numpy3D" (sktime: "numpy3D") and "np-list".

    Returns
    -------
    ndarray of shape (n_samples, n_timesteps, n_channels) or list of ndarray of shape \
            (length_i, n_channels)
        Views, not copies.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn.sequences import from_aeon
    >>> from_aeon(np.zeros((5, 2, 30))).shape
    (5, 30, 2)
    """
    return _swap(X, "(n_samples, n_channels, n_timesteps)", "(n_channels, length)")


def to_aeon(X: object) -> object:
    """Return sequences as collections of aeon and sktime, channels before time.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_timesteps, n_channels) or list of ndarray of \
            shape (length_i, n_channels)
        Sequences.

    Returns
    -------
    ndarray of shape (n_samples, n_channels, n_timesteps) or list of ndarray of shape \
            (n_channels, length_i)
        Views, not copies.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn.sequences import to_aeon
    >>> [x.shape for x in to_aeon([np.zeros((30, 2)), np.zeros((7, 2))])]
    [(2, 30), (2, 7)]
    """
    return _swap(X, "(n_samples, n_timesteps, n_channels)", "(length, n_channels)")


def _swap(X: object, whole: str, single: str) -> object:
    """Swap the last two axes of an array, or of each array in a list."""
    if is_ragged(X):
        arrays = [np.asarray(x) for x in X]
        for i, array in enumerate(arrays):
            if array.ndim != 2:
                raise ValueError(
                    f"X[{i}] has shape {array.shape}; allowed is {single}."
                )
        return [array.T for array in arrays]
    array = np.asarray(X)
    if array.ndim != 3:
        raise ValueError(
            f"X has shape {array.shape}; allowed are {whole} and lists of {single}."
        )
    return array.transpose(0, 2, 1)


def from_tslearn(X: object) -> list[np.ndarray]:
    """Return a data set of tslearn, padded with NaN, as a list of sequences.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_timesteps, n_channels)
        Padded with NaN on the right.

    Returns
    -------
    list of ndarray of shape (length_i, n_channels)
        Without the padding. skattn's estimators take X as it is as well, with
        ``padding_value=np.nan``.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn.sequences import from_tslearn
    >>> from_tslearn(np.array([[[1.0], [2.0]], [[3.0], [np.nan]]]))[1]
    array([[3.]])
    """
    values = np.asarray(X)
    if values.ndim != 3 or values.dtype.kind != "f":
        raise ValueError(
            f"X has shape {values.shape} and type {values.dtype}; allowed are floats "
            "of shape (n_samples, n_timesteps, n_channels)."
        )
    lengths = measure_lengths(values, np.nan, "X")
    return cut_steps(join_steps(Samples(values, lengths)), lengths)


def to_tslearn(X: Iterable[object]) -> np.ndarray:
    """Return sequences in tslearn's form, padded with NaN.

    Parameters
    ----------
    X : list of ndarray of shape (length_i, n_channels), or ndarray of shape \
            (n_samples, n_timesteps, n_channels)
        Sequences.

    Returns
    -------
    ndarray of shape (n_samples, n_timesteps, n_channels)
        Floats, NaN behind the end of shorter sequences.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn.sequences import to_tslearn
    >>> to_tslearn([np.array([[1.0], [2.0]]), np.array([[3.0]])])[:, :, 0]
    array([[ 1.,  2.],
           [ 3., nan]])
    """
    steps, lengths = as_steps([*X], "X")
    values = pad_steps(steps.astype(np.result_type(steps, np.float32)), lengths).values
    values[np.arange(values.shape[1]) >= lengths[:, None]] = np.nan
    return values
