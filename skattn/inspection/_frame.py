"""Attention weights as a tidy data frame."""

import importlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ._estimators import find_patch_size, name_axes, predict_weights
from ._series import find_patches, find_real_patches, read_series


class Labels(Protocol):
    """Labels of steps, or one sequence of labels per sample."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Any]: ...

    def __getitem__(self, index: int, /) -> Any: ...


def attention_frame(
    estimator: object,
    X: object,
    ids: npt.ArrayLike | None = None,
    times: Labels | None = None,
    *,
    library: str = "pandas",
) -> Any:
    """Return attention weights as a data frame with one row per weight.

    Parameters
    ----------
    estimator : object
        Fitted, with ``predict_attention``.
    X : array-like, Tensor, data frame, or list of arrays (length, n_channels)
        Sequences in any form that the estimator takes.
    ids : array-like of shape (n_samples,), default=None
        Names of the samples; None numbers them.
    times : array-like of shape (n_steps,) or (n_samples, n_steps), or list of \
            array-like, default=None
        Labels of the steps, such as dates: the same for all samples, or separate for
        each sample. Where steps are patches, labels of the time steps are allowed, too;
        a patch then has the label of its first time step.
    library : {"pandas", "polars"}, default="pandas"
        The library of the data frame.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        With the columns ``id``, ``output_step`` and ``target`` where weights have these
        axes, ``step``, ``time`` if ``times`` is given, and ``weight``. Rows are in the
        order of X, then of the other columns. Padding has no rows.

    Raises
    ------
    ImportError
        If the library is not installed.
    TypeError
        If the estimator has no ``predict_attention``.
    ValueError
        If the length of ``ids`` or ``times`` does not match X.

    Examples
    --------
    >>> from skattn import LSTMAttentionRegressor
    >>> from skattn.datasets import make_find_max
    >>> from skattn.inspection import attention_frame
    >>> X, y, _ = make_find_max(200, 5, random_state=0)
    >>> model = LSTMAttentionRegressor(max_epochs=2, random_state=0).fit(X, y)
    >>> frame = attention_frame(model, X, times=["-4 h", "-3 h", "-2 h", "-1 h", "0 h"])
    >>> list(frame.columns), len(frame)
    (['id', 'step', 'time', 'weight'], 1000)
    """
    make = import_frame(library)
    series = read_series(estimator, X)
    weights = predict_weights(estimator, X)
    patch_size = find_patch_size(estimator, weights, *series.values.shape[:2])
    patches = find_patches(series, patch_size)
    ids = np.arange(len(series)) if ids is None else np.asarray(ids)
    if ids.shape != (len(series),):
        raise ValueError(
            f"ids has shape {ids.shape}, but X has {len(series)} samples; it must have "
            "one entry per sample."
        )
    n_steps = weights.shape[-1]
    real = find_real_patches(patches, n_steps)
    shown = np.broadcast_to(
        real.reshape(len(series), *[1] * (weights.ndim - 2), n_steps), weights.shape
    )
    index = np.nonzero(shown)
    columns = {"id": ids[index[0]]}
    middle = name_axes(estimator, weights.ndim - 2)
    columns |= dict(zip([*middle, "step"], index[1:], strict=True))
    if times is not None:
        labels = _label_steps(times, series.lengths, patches, n_steps)
        columns["time"] = labels[index[0], index[-1]]
    return make(columns | {"weight": weights[shown]})


def import_frame(library: str) -> Callable[..., Any]:
    """Return the data frame class of a library."""
    if library not in ("pandas", "polars"):
        raise ValueError(f"library={library!r} must be 'pandas' or 'polars'.")
    try:
        return importlib.import_module(library).DataFrame
    except ImportError as error:
        raise ImportError(
            f"library={library!r} needs {library}, which is not installed; "
            f"'pip install {library}' installs it."
        ) from error


def _label_steps(
    times: Labels, lengths: np.ndarray, patches: np.ndarray, n_steps: int
) -> np.ndarray:
    """Return the label of each step of each sample.

    Parameters
    ----------
    times : array-like or list of array-like
        Labels of steps or of time steps, for all samples or for each sample.
    lengths : ndarray of shape (n_samples,)
        Time steps of each sample.
    patches : ndarray of shape (n_samples, n_timesteps)
        The step that each time step belongs to.
    n_steps : int
        Number of steps, which are patches of time steps.

    Returns
    -------
    ndarray of shape (n_samples, n_steps)
        Of the type of the labels.
    """
    rows = _read_labels(times, len(lengths))
    counts = patches.max(axis=1) + 1
    kind = np.result_type(*rows) if rows[0].dtype.kind != "O" else object
    labels = np.empty((len(lengths), n_steps), kind)
    for sample, row in enumerate(rows):
        chosen = _choose_labels(row, patches[sample], lengths[sample], counts[sample])
        labels[sample, : len(chosen)] = chosen[:n_steps]
    return labels


def _read_labels(times: Labels, n_samples: int) -> list[np.ndarray]:
    """Return the labels of each sample."""
    shared = np.ndim(times[0]) == 0 if len(times) else True
    if shared:
        return [np.asarray(times)] * n_samples
    if len(times) != n_samples:
        raise ValueError(
            f"times has labels of {len(times)} samples, but X has {n_samples}."
        )
    return [np.asarray(row) for row in times]


def _choose_labels(
    labels: np.ndarray, patches: np.ndarray, length: int, count: int
) -> np.ndarray:
    """Return the labels of the steps of one sample.

    Labels of time steps are reduced to the first time step of each step.
    """
    n_timesteps = len(patches)
    if len(labels) in (length, n_timesteps):
        first = np.flatnonzero(np.diff(patches[:length], prepend=-1))
        return labels[first]
    if len(labels) >= count and len(labels) == patches.max() + 1:
        return labels
    raise ValueError(
        f"times has {len(labels)} labels where X has {length} time steps in {count} "
        "steps; it must have one label per time step or one per step."
    )
