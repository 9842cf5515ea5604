"""Attention weights as a tidy table."""

import importlib
from typing import Any

import numpy as np

from ._labels import label_steps
from ._series import find_patches, read_series
from ._steps import check_patches, name_axes


def attention_frame(
    estimator: Any,
    X: Any,
    ids: Any = None,
    times: Any = None,
    *,
    library: str = "pandas",
) -> Any:
    """Give attention weights as a table with one row for each weight.

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
        Labels of the steps, the same for all samples or each sample's own, such as
        dates. Where steps are patches, labels of the time steps will do: a patch has
        that of its first one.
    library : {"pandas", "polars"}, default="pandas"
        Which data frame to make.

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
    ValueError
        If ``ids`` or ``times`` have other lengths than X.

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
    weights = np.asarray(estimator.predict_attention(X))
    patches = find_patches(series, check_patches(estimator, series, weights))
    ids = np.arange(len(series)) if ids is None else np.asarray(ids)
    if ids.shape != (len(series),):
        raise ValueError(
            f"ids has shape {ids.shape}, but X has {len(series)} samples; it must have "
            "one entry a sample."
        )
    n_steps = weights.shape[-1]
    real = np.arange(n_steps) <= patches.max(axis=1)[:, None]
    shown = np.broadcast_to(
        real.reshape(len(series), *[1] * (weights.ndim - 2), n_steps), weights.shape
    )
    index = np.nonzero(shown)
    columns = {"id": ids[index[0]]}
    middle = name_axes(estimator, weights.ndim - 2)
    columns |= dict(zip([*middle, "step"], index[1:], strict=True))
    if times is not None:
        labels = label_steps(times, series.lengths, patches, n_steps)
        columns["time"] = labels[index[0], index[-1]]
    return make(columns | {"weight": weights[shown]})


def import_frame(library: str) -> Any:
    """Give the data frame class of a library."""
    if library not in ("pandas", "polars"):
        raise ValueError(f"library={library!r} must be 'pandas' or 'polars'.")
    try:
        return importlib.import_module(library).DataFrame
    except ImportError as error:
        raise ImportError(
            f"library={library!r} needs {library}, which is not installed; "
            f"'pip install {library}' adds it."
        ) from error
