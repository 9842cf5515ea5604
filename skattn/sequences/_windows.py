"""Cutting long series into windows of history and horizon."""

from numbers import Integral

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def make_windows(
    series: object,
    window: int,
    horizon: int,
    stride: int = 1,
    target_channels: int | list[int] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Cut a series into windows of history X and the values y that follow each.

    Parameters
    ----------
    series : array-like of shape (n_times,) or (n_times, n_channels)
        One long series; rows are equally spaced in time.
    window : int
        Steps of history in each sample.
    horizon : int
        Steps to predict after each window.
    stride : int, default=1
        Steps from the start of one window to the start of the next.
    target_channels : int or list of int, default=None
        Channels that y holds; None for all.

    Returns
    -------
    X : ndarray of shape (n_windows, window, n_channels)
        A read-only view of ``series``, not a copy.
    y : ndarray of shape (n_windows, horizon) or (n_windows, horizon, n_targets)
        2-D for a 1-D series or a single int in ``target_channels``; a view too, but
        for a list of channels.

    Raises
    ------
    ValueError
        If the series is shorter than ``window + horizon``, or an argument is no
        positive whole number.

    Examples
    --------
    >>> from skattn.sequences import make_windows
    >>> X, y = make_windows([0, 1, 2, 3, 4, 5], window=3, horizon=2)
    >>> X[:, :, 0]
    array([[0, 1, 2],
           [1, 2, 3]])
    >>> y
    array([[3, 4],
           [4, 5]])
    """
    series = np.asarray(series)
    if series.ndim not in (1, 2):
        raise ValueError(
            f"series has shape {series.shape}; allowed are (n_times,) and "
            "(n_times, n_channels)."
        )
    sizes: dict[str, object] = {"window": window, "horizon": horizon, "stride": stride}
    for name, size in sizes.items():
        if not isinstance(size, Integral) or size < 1:
            raise ValueError(f"{name}={size!r} must be a whole number of at least 1.")
    if len(series) < window + horizon:
        raise ValueError(
            f"series has {len(series)} steps, fewer than window + horizon = "
            f"{window + horizon}."
        )
    if series.ndim == 1 and target_channels is None:
        target_channels = 0
    table = series[:, None] if series.ndim == 1 else series
    if target_channels is not None:
        _check_channels(target_channels, table.shape[1])
    # (n_windows, n_channels, window + horizon) -> (n_windows, time, n_channels)
    both = sliding_window_view(table, window + horizon, axis=0)[::stride]
    both = both.transpose(0, 2, 1)
    y = both[:, window:]
    return both[:, :window], y if target_channels is None else y[..., target_channels]


def _check_channels(target_channels: object, n_channels: int) -> None:
    channels = np.atleast_1d(np.asarray(target_channels))
    if (
        channels.size == 0
        or not np.issubdtype(channels.dtype, np.integer)
        or not (np.abs(channels + 0.5) < n_channels).all()
    ):
        raise ValueError(
            f"target_channels={target_channels!r} must be None, a channel or a list of "
            f"channels from {-n_channels} to {n_channels - 1}."
        )
