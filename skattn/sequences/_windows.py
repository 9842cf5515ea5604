"""Cutting long series into windows of history and horizon."""

import warnings
from numbers import Integral

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ._moments import is_hole, measure_step, tell
from ._panel import Panel, read_panel, show, show_some
from ._parts import Part, plural, take_rows
from ._per_series import read_future, read_rows
from ._sequences import Names, Sequences


def make_windows(
    series: object,
    window: int,
    horizon: int,
    stride: int = 1,
    target_channels: object = None,
    *,
    future_channels: object = None,
    static: object = None,
    id: str | None = None,  # noqa: A002  (the word for it in long tables)
    time: str | None = None,
    times: bool = False,
    as_sequences: bool = False,
    return_index: bool = False,
) -> tuple[Part, ...]:
    """Cut series into windows of history X and the values y that follow each.

    Parameters
    ----------
    series : array-like, frame, list or dict of these, or LongSequences
        One long series of shape ``(n_times,)`` or ``(n_times, n_channels)``, or
        several: a list of arrays or frames, a dict of them by name, what `from_long`
        returns, or with ``id`` a long table. Rows are equally spaced in time.
        Series that are too short for a window are left out, with a warning.
    window : int
        Steps of history in each sample.
    horizon : int
        Steps to predict after each window.
    stride : int, default=1
        Steps from the start of one window to the start of the next.
    target_channels : int, str or list of these, default=None
        Channels that y holds, by number or name. "all" for all; None for all but
        ``future_channels``.
    future_channels : int, str or list of these, default=None
        Channels whose values in the horizon are known before, such as a calendar. X is
        then `Sequences`, with these values as ``future`` of shape ``(n_windows,
        horizon, n_future)``; their past stays among the steps.
    static : array-like or frame of shape (n_series, n_static), or dict, default=None
        What does not change within a series, one row a series in their order. Rows of
        a dict are found by the names of the series, those of a frame by its column
        ``id`` or, where series have names, its index. X is then `Sequences`, with the
        row of its series for each window.
    id : str, default=None
        Column of a long table that says which series a row belongs to; all others are
        channels.
    time : str, default=None
        Column of frames that holds numbers or dates; it is no channel. None: the index
        of pandas, if it holds dates or periods. They must rise. Dates with a time zone
        become those of UTC.
    times : bool, default=False
        Whether X holds the time of each step, which the network then reads: of the
        column ``time``, or of the index if it holds dates. X is then `Sequences`.
    as_sequences : bool, default=False
        Whether X is `Sequences` in any case, with the names of the channels.
    return_index : bool, default=False
        Whether to return where each window is from.

    Returns
    -------
    X : ndarray of shape (n_windows, window, n_channels) or Sequences
        Of one series a read-only view, not a copy. The windows of several series stand
        one series after the other. An array has no names of channels; `Sequences`
        have them.
    y : ndarray of shape (n_windows, horizon) or (n_windows, horizon, n_targets)
        2-D for series of one axis or a single channel in ``target_channels``; of one
        series a view too, but for a list of channels.
    index : structured ndarray of shape (n_windows,)
        With ``return_index``: of each window the ``series`` (its name, or number), the
        row ``start`` at which it starts, and the times of its ``first`` step, of the
        first ``target`` and of the ``last`` target. Without times these are numbers of
        rows, as if all series began together. `WindowSplit` and `fit` take it as
        ``groups``; ``pandas.DataFrame(index)`` makes a frame of it.

    Raises
    ------
    ValueError
        If all series are shorter than ``window + horizon``, there is no such channel,
        series have different channels, an argument is no positive whole number, times
        repeat or run backwards, or ``times`` are wanted where none are known.

    Warns
    -----
    UserWarning
        If some series are too short, naming them, or if times that are known say that
        rows are missing, unless the network reads them.

    See Also
    --------
    next_window : What a forecast beyond the end of the data reads.

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

    Two series with names, and a channel that is known ahead:

    >>> import pandas as pd
    >>> a = pd.DataFrame({"load": [5.0, 7, 6, 8, 9], "holiday": [0, 0, 1, 0, 1]})
    >>> X, y, index = make_windows(
    ...     {"north": a, "south": a[:4]}, window=2, horizon=1,
    ...     target_channels="load", future_channels="holiday", return_index=True,
    ... )
    >>> X
    Sequences of 5 samples
      steps   array, 2 steps, 2 channels (load, holiday)
      future  1 step, 1 column (holiday)
    >>> pd.DataFrame(index)[["series", "start"]].values.tolist()
    [['north', 0], ['north', 1], ['north', 2], ['south', 0], ['south', 1]]
    """
    _check_sizes(window=window, horizon=horizon, stride=stride)
    panel = read_panel(series, id=id, time=time)
    ahead, targets = _choose_channels(panel, target_channels, future_channels)
    rows = None if static is None else read_rows(static, panel, id)
    kept = _find_long_enough(panel, window + horizon, "window + horizon")
    if not times:
        _warn_of_holes(panel, kept)
    # (n_windows, n_channels, window + horizon) -> (n_windows, time, n_channels)
    both = [
        sliding_window_view(panel.tables[i], window + horizon, axis=0)[
            ::stride
        ].transpose(0, 2, 1)
        for i in kept
    ]
    number = np.repeat(kept, [len(windows) for windows in both])
    X = _join([windows[:, :window] for windows in both])
    y = _join([windows[:, window:] for windows in both])
    future = None if ahead is None else y[..., ahead]
    y = y[..., targets]
    whole: Part = X
    if future is not None or rows is not None or times or as_sequences:
        stamps = None
        if times:
            each = _take_times(panel, kept, time)
            cut = [sliding_window_view(row, window + horizon)[::stride] for row in each]
            stamps = _join([windows[:, :window] for windows in cut])
        whole = _collect(X, panel, number, future, ahead, rows, stamps)
    if not return_index:
        return whole, y
    starts = np.concatenate([np.arange(len(windows)) * stride for windows in both])
    ends = {"first": 0, "target": window, "last": window + horizon - 1}
    return whole, y, _make_index(panel, kept, number, starts, ends)


def next_window(
    series: object,
    window: int,
    *,
    future: object = None,
    future_channels: object = None,
    static: object = None,
    id: str | None = None,  # noqa: A002  (the word for it in long tables)
    time: str | None = None,
    times: bool = False,
    as_sequences: bool = False,
    return_index: bool = False,
) -> Part:
    """Return X for a forecast beyond the end of the data: the last window of each.

    Parameters
    ----------
    series : array-like, frame, list or dict of these, or LongSequences
        Series as `make_windows` takes them.
    window : int
        Steps of history, as given to `make_windows`.
    future : array-like, frame, list or dict of these, default=None
        What is known of the steps after the end of each series, in the form of
        ``series``: ``(horizon, n_future)`` for one, a list, a dict or a long table for
        several, or ``(n_series, horizon, n_future)``. Frames have a column for each of
        ``future_channels``; the columns of arrays are in their order.
    future_channels : int, str or list of these, default=None
        As given to `make_windows`; None for all columns of ``future``.
    static : array-like, frame or dict, default=None
        As given to `make_windows`.
    id, time : str, default=None
        Columns of frames, as given to `make_windows`.
    times, as_sequences : bool, default=False
        As given to `make_windows`.
    return_index : bool, default=False
        Whether to return where each window is from.

    Returns
    -------
    X : ndarray of shape (n_series, window, n_channels) or Sequences
        A copy; `Sequences` where `make_windows` gives them. Series of fewer steps than
        ``window`` are left out, with a warning.
    index : structured ndarray of shape (n_series,)
        With ``return_index``: the ``series``, the row ``start`` at which the window
        starts, and the times of its ``first`` and ``last`` step.

    Raises
    ------
    ValueError
        If all series are shorter than ``window``, or ``future`` does not fit them.

    Warns
    -----
    UserWarning
        If some series are too short, naming them, or if rows are missing in a window.

    See Also
    --------
    make_windows : Windows to learn from.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn.sequences import next_window
    >>> next_window(np.arange(10.0), window=3)[:, :, 0]
    array([[7., 8., 9.]])
    >>> series = {"north": np.ones((10, 2)), "south": np.zeros((8, 2))}
    >>> holidays = {"north": [[0.0], [1.0]], "south": [[0.0], [0.0]]}
    >>> next_window(series, window=3, future=holidays, future_channels=1)
    Sequences of 2 samples
      steps   array, 3 steps, 2 channels
      future  2 steps, 1 column
    """
    _check_sizes(window=window)
    panel = read_panel(series, id=id, time=time)
    rows = None if static is None else read_rows(static, panel, id)
    ahead = None
    if future_channels is not None:
        ahead = panel.find_channels(future_channels, "future_channels")
    known, names = None, None
    if future is not None:
        known, names = read_future(future, panel, ahead, id, time)
    elif ahead is not None:
        raise ValueError(
            f"future_channels={future_channels!r} needs future, their values after "
            "the end of the series; got future=None."
        )
    kept = _find_long_enough(panel, window, "window")
    if not times:
        _warn_of_holes(panel, kept, window)
    X: Part = np.stack([panel.tables[i][-window:] for i in kept])
    if known is not None or rows is not None or times or as_sequences:
        taken = None if known is None else known[kept]
        stamps = None
        if times:
            stamps = np.stack([row[-window:] for row in _take_times(panel, kept, time)])
        X = _collect(X, panel, kept, taken, ahead, rows, stamps)
        X.names = X.names._replace(future=names)
    if not return_index:
        return X
    starts = np.array([len(panel.tables[i]) - window for i in kept])
    return X, _make_index(panel, kept, kept, starts, {"first": 0, "last": window - 1})


def _check_sizes(**sizes: object) -> None:
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, Integral) or size < 1:
            raise ValueError(f"{name}={size!r} must be a whole number of at least 1.")


def _choose_channels(
    panel: Panel, target_channels: object, future_channels: object
) -> tuple[list[int] | None, int | list[int] | slice]:
    """Return the channels that are known ahead, and those to predict."""
    ahead = None
    if future_channels is not None:
        ahead = panel.find_channels(future_channels, "future_channels")
    every = [*range(panel.n_channels)]
    named = isinstance(target_channels, str)
    everything = named and target_channels == "all"
    if target_channels is None:
        targets = [channel for channel in every if channel not in (ahead or [])]
    elif everything:
        targets = every
    else:
        targets = panel.find_channels(target_channels, "target_channels")
    if not targets or set(targets) & set(ahead or []):
        raise ValueError(
            f"target_channels={target_channels!r} and future_channels="
            f"{future_channels!r} leave nothing to predict, or name a channel twice; "
            "what is known ahead need not be predicted."
        )
    if target_channels is None or everything:
        if panel.flat:
            return ahead, 0
        return ahead, slice(None) if targets == every else targets
    single = named or not np.iterable(target_channels)
    return ahead, targets[0] if single else targets


def _find_long_enough(panel: Panel, least: int, what: str) -> np.ndarray:
    """Return the numbers of the series that have a window; warn of the others."""
    lengths = np.array([len(table) for table in panel.tables])
    short = np.flatnonzero(lengths < least)
    if len(short) == len(lengths):
        if panel.single:
            raise ValueError(
                f"series has {lengths[0]} steps, fewer than {what} = {least}."
            )
        raise ValueError(
            f"All {len(lengths)} series have fewer steps than {what} = {least}; the "
            f"longest has {lengths.max()}."
        )
    if len(short):
        shown = show_some([*panel.labels[short]], [*lengths[short]])
        warnings.warn(
            f"{len(short)} of {len(lengths)} series have fewer steps than {what} = "
            f"{least} and are left out: {shown}.",
            UserWarning,
            stacklevel=3,
        )
    return np.flatnonzero(lengths >= least)


def _warn_of_holes(panel: Panel, kept: np.ndarray, last: int = 0) -> None:
    """Warn of series in which rows are missing, as steps are taken for equal."""
    found = []
    for i in kept if panel.times is not None else []:
        stamps = panel.time_rows(i)
        step, stamps = measure_step(stamps), stamps[-last:]
        gaps = np.diff(stamps)
        if step is not None and (holes := is_hole(gaps, step)).any():
            row = int(gaps.argmax())
            ends = stamps[row], stamps[row + 1]
            found.append((panel.labels[i], int(holes.sum()), *ends, step))
    if not found:
        return
    label, number, begin, end, step = found[0]
    where = "" if panel.single else f" {show(label)}"
    more = f", like {len(found) - 1} other series" if len(found) > 1 else ""
    warnings.warn(
        f"Series{where} has {plural(number, 'hole')}{more}: rows are usually "
        f"{tell(step)} apart, but none is between {tell(begin)} and {tell(end)}. "
        "Windows go across as if rows were equally spaced. Cut the series there into "
        "several, fill in the rows, or let the network read the times with "
        "times=True.",
        UserWarning,
        stacklevel=3,
    )


def _join(parts: list[np.ndarray]) -> np.ndarray:
    """Return windows of all series; of a single one as a view."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _take_times(panel: Panel, kept: np.ndarray, time: str | None) -> list[np.ndarray]:
    """Return the times of some series."""
    if panel.times is None:
        raise ValueError(
            "times=True needs times: a column of frames that time names, a pandas "
            f"index of dates, or LongSequences with times; got time={time!r} and none "
            "of these for each series."
        )
    return [panel.times[i] for i in kept]


def _collect(
    X: np.ndarray,
    panel: Panel,
    number: np.ndarray,
    future: np.ndarray | None,
    ahead: list[int] | None,
    rows: Part,
    times: np.ndarray | None,
) -> Sequences:
    """Return windows with what else is known of them; ``number`` is their series."""
    static = None if rows is None else take_rows(rows, number)
    whole = Sequences(X, static=static, future=future, times=times)
    names = panel.channels
    ahead_names = None
    if names is not None and ahead is not None:
        ahead_names = [names[c] for c in ahead]
    whole.names = Names(names, whole.names.static, ahead_names)
    return whole


def _make_index(
    panel: Panel,
    kept: np.ndarray,
    number: np.ndarray,
    starts: np.ndarray,
    ends: dict[str, int],
) -> np.ndarray:
    """Return where windows are from, with the times of some of their steps."""
    times = [panel.time_rows(i) for i in kept]
    kind = np.result_type(*times) if all(t.dtype != object for t in times) else object
    fields = [("series", panel.labels.dtype), ("start", np.intp)]
    index = np.empty(len(number), [*fields, *((name, kind) for name in ends)])
    index["series"], index["start"] = panel.labels[number], starts
    ends_of = np.searchsorted(number, kept, side="right")  # one series after the other
    begins = np.append(0, ends_of[:-1])
    for begin, end, stamps in zip(begins, ends_of, times, strict=True):
        for name, step in ends.items():
            index[name][begin:end] = stamps[starts[begin:end] + step]
    return index
