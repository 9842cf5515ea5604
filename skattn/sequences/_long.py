"""Long tables, one row a time step, as lists of sequences."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from ._moments import drop_zone, find_missing, tell


class LongSequences(NamedTuple):
    """Sequences read from a long table.

    Parameters
    ----------
    X : list of ndarray of shape (length_i, n_channels)
        The sequences, in the order in which their ids first come.
    ids : ndarray of shape (n_samples,)
        The id of each sequence.
    times : list of ndarray of shape (length_i,) or None
        The time stamps of each sequence; None if none were named.

    Examples
    --------
    >>> import pandas as pd
    >>> from skattn.sequences import from_long
    >>> table = pd.DataFrame({"id": ["a", "a", "b"], "t": [1, 2, 1], "x": [3.0, 4, 5]})
    >>> sequences = from_long(table, id="id", time="t", channels=["x"])
    >>> [x.shape for x in sequences.X]
    [(2, 1), (1, 1)]
    """

    X: list[np.ndarray]
    ids: np.ndarray
    times: list[np.ndarray] | None


def from_long(
    frame: object,
    *,
    id: str,  # noqa: A002  (the word for it in long tables)
    time: str | None,
    channels: Iterable[str],
) -> LongSequences:
    """Read sequences from a long table, one row a time step.

    Parameters
    ----------
    frame : DataFrame
        Of pandas or polars, or a dict of columns. Rows of one id need not stand
        together, but must be in the order of time.
    id : str
        Column that says which sequence a row belongs to.
    time : str or None
        Column of time stamps, numbers or dates, which must rise within a sequence;
        None takes the rows as they come.
    channels : list of str
        Columns of numbers or text, in the order of the channels to come. NaN stays
        NaN. With text among them, sequences are arrays of objects, and skattn's
        estimators read the channels of text as categories.

    Returns
    -------
    LongSequences
        ``X``, the list of sequences; ``ids``, in order of their first rows; and
        ``times``.

    Raises
    ------
    ValueError
        If a column does not exist or holds neither numbers nor text, an id is missing,
        or times are missing, repeat or run backwards: the message names the ids.

    Examples
    --------
    >>> import pandas as pd
    >>> from skattn.sequences import from_long
    >>> frame = pd.DataFrame(
    ...     {"engine": ["b", "b", "a"], "cycle": [1, 2, 1], "heat": [5.0, 6.0, 7.0]}
    ... )
    >>> X, ids, times = from_long(
    ...     frame, id="engine", time="cycle", channels=["heat"]
    ... )
    >>> [x.tolist() for x in X]
    [[[5.0], [6.0]], [[7.0]]]
    >>> ids.tolist()
    ['b', 'a']
    """
    return read_long(frame, id, time, channels, _take_channel)


def read_long(
    frame: object,
    id_: str,
    time: str | None,
    channels: Iterable[str],
    take: Callable[[object, str], np.ndarray],
) -> LongSequences:
    """Read a long table as `from_long` does; ``take`` reads the column of a channel."""
    labels = _take(frame, id_, "id")
    channels = [channels] if isinstance(channels, str) else [*channels]
    if not channels:
        raise ValueError("channels is empty; name at least one column.")
    table = np.column_stack([take(frame, name) for name in channels])
    if not len(table):
        raise ValueError("frame has no rows; at least 1 is needed.")
    ids, number = _number_ids(labels, id_)
    order = np.argsort(number, kind="stable")
    stops = np.cumsum(np.bincount(number))[:-1]
    times = None
    if time is not None:
        times = np.split(take_moments(frame, time)[order], stops)
        _check_times(times, ids, time)
    return LongSequences(np.split(table[order], stops), ids, times)


def _take(frame: Any, column: str, argument: str) -> np.ndarray:
    try:
        return np.asarray(frame[column])
    except Exception as error:  # pandas, polars and dict each have their own
        fields = getattr(getattr(frame, "dtype", None), "names", None) or frame
        columns = getattr(frame, "columns", fields)
        if not np.iterable(columns) or getattr(columns, "ndim", 1) != 1:
            columns = []  # no table at all
        raise ValueError(
            f"{argument}={column!r} is no column of frame; there are {[*columns]}."
        ) from error


def take_moments(frame: object, column: str) -> np.ndarray:
    """Return a column of times; dates with a time zone as those of UTC."""
    return drop_zone(_take(frame, column, "time"))


def _take_channel(frame: object, column: str) -> np.ndarray:
    """Return a column as it is if it holds text, and else as numbers."""
    values = _take(frame, column, "channels")
    if values.dtype.kind in "OSU":
        told = values[~find_missing(values)]
        if told.size and all(isinstance(value, str) for value in told.tolist()):
            return values.astype(object)
    return _take_numbers(frame, column)


def _take_numbers(frame: object, column: str, argument: str = "channels") -> np.ndarray:
    values = _take(frame, column, argument)
    if values.dtype.kind in "biuf":
        return values.astype(np.result_type(values.dtype, np.float32), copy=False)
    try:
        if values.dtype.kind != "O":  # None among numbers makes objects
            raise TypeError(f"its type is {values.dtype}")
        return values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{argument} names {column!r}, which does not hold numbers ({error})."
        ) from error


def _number_ids(labels: np.ndarray, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a number for each id, in the order of their first rows."""
    missing = find_missing(labels)
    if missing.any():
        raise ValueError(
            f"id={column!r} is missing in row {int(missing.argmax())}; each row must "
            "say which sequence it belongs to."
        )
    try:
        ids, first, number = np.unique(labels, return_index=True, return_inverse=True)
    except TypeError as error:
        raise ValueError(f"id={column!r} mixes labels of different types.") from error
    rank = np.argsort(np.argsort(first))
    return ids[np.argsort(first)], rank[number]


def _check_times(
    times: list[np.ndarray],
    ids: np.ndarray,
    column: str | None,
    *,
    single: bool = False,
) -> None:
    """Refuse times that do not rise, and say where the first one is."""
    faults = [*map(_find_fault, times)]
    broken = [
        label.item() if isinstance(label, np.generic) else label
        for label, fault in zip(ids, faults, strict=True)
        if fault
    ]
    if not broken:
        return
    told = "The index of dates" if column is None else f"time={column!r}"
    where = "" if single else f" of {broken[0]!r}"
    if len(broken) > 1:
        more = f" and {len(broken) - 5} more" if len(broken) > 5 else ""
        where += f"; times are wrong within {broken[:5]}{more}"
    way_out = f" sort_values({column!r}) sorts rows by time."
    if column is None:
        way_out = (
            " sort_index() sorts them; where clocks are set back, dates of UTC do "
            "not repeat; reset_index(drop=True) keeps the order of the rows."
        )
    raise ValueError(
        f"{told} {next(filter(None, faults))}{where}. The rows of each sequence must "
        f"be in the order of time, with one row a time.{way_out}"
    )


def _find_fault(stamps: np.ndarray) -> str | None:
    """Return what is wrong with the times of a sequence, None if they rise."""
    missing = find_missing(stamps)
    if missing.any():
        return f"is missing in row {int(missing.argmax())}"
    rises = stamps[1:] > stamps[:-1]
    if rises.all():
        return None
    row = int(rises.argmin()) + 1
    what = "repeats" if stamps[row] == stamps[row - 1] else "runs backwards to"
    return f"{what} {tell(stamps[row])} in row {row}"
