"""Tables of events, one row a measurement, as sequences."""

from collections.abc import Iterable
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np

from ._long import _number_ids, _take, _take_numbers
from ._moments import drop_zone, find_missing
from ._panel import Panel
from ._parts import Part
from ._per_series import read_rows
from ._sequences import Sequences

_AGGREGATES = ("mean", "last")


class EventSequences(NamedTuple):
    """Sequences read from a table of events.

    Parameters
    ----------
    X : Sequences
        With times, and a channel for each variable.
    ids : ndarray of shape (n_samples,)
        The id of each sample, in the order in which they first come.

    Examples
    --------
    >>> import pandas as pd
    >>> from skattn.sequences import from_events
    >>> events = pd.DataFrame(
    ...     {"id": [7, 7, 3], "time": [0.5, 2.0, 1.0], "variable": "heat", "value": 1.0}
    ... )
    >>> from_events(events).ids.tolist()
    [7, 3]
    """

    X: Sequences
    ids: np.ndarray


def from_events(
    events: object,
    *,
    id: str = "id",  # noqa: A002  (the word for it in long tables)
    time: str = "time",
    variable: str = "variable",
    value: str = "value",
    variables: Iterable[object] | None = None,
    static: object = None,
    bin: object = None,  # noqa: A002  (the word for it)
    aggregate: str = "mean",
    max_steps: int | None = None,
) -> EventSequences:
    """Read sequences from a table of events, one row a measurement.

    Each sample has a step for each time at which something was measured, and NaN where
    a variable was not: `fit` takes them with ``missing``.

    Parameters
    ----------
    events : DataFrame or structured array
        Of pandas or polars, a structured array of NumPy, or a dict of columns. Rows may
        come in any order.
    id, time, variable, value : str, default="id", "time", "variable", "value"
        Columns: which sample an event belongs to; when it was, as numbers, dates or
        durations; what was measured; and the number that was found. Rows without a
        number are left out.
    variables : list, default=None
        The variables to read, in the order of the channels; others are left out. None:
        all, sorted. Name them where several tables must have the same channels.
    static : frame, dict or array-like, default=None
        What does not change within a sample: a frame with a column ``id`` (or an index
        of ids), a dict from id to row, or rows in the order of the ids.
    bin : float or timedelta, default=None
        Join what falls into spans of time of this width, which begin at multiples of
        it (of dates, counted from 1970). A step is a span in which something was
        measured, and its time is where the span begins. None: a step for each time.
    aggregate : {"mean", "last"}, default="mean"
        What becomes of several values of one variable in one step; "last" is the one
        of the latest time, and in the latest row at that time.
    max_steps : int, default=None
        Keep only so many last steps of each sample.

    Returns
    -------
    EventSequences
        ``X``, `Sequences` with times; and ``ids``. An id of which no variable was
        measured has one step, at its first time, in which all is NaN.

    Raises
    ------
    ValueError
        If a column does not exist, ids, times or variables are missing, values are no
        numbers, or none of the variables comes.

    Examples
    --------
    >>> import pandas as pd
    >>> from skattn.sequences import from_events
    >>> events = pd.DataFrame(
    ...     [
    ...         ("b", 0.2, "pulse", 80.0),
    ...         ("b", 0.2, "heat", 37.5),
    ...         ("b", 0.9, "pulse", 90.0),
    ...         ("b", 3.1, "heat", 38.0),
    ...         ("a", 1.0, "pulse", 60.0),
    ...     ],
    ...     columns=["id", "time", "variable", "value"],
    ... )
    >>> X, ids = from_events(events)
    >>> X
    Sequences of 2 samples
      steps   list of arrays, 1 to 3 steps, 2 channels (heat, pulse)
      times   of each step, from 0.2 to 3.1
    >>> from_events(events, bin=1.0).X.steps[0]
    array([[37.5, 85. ],
           [38. ,  nan]])
    """
    if aggregate not in _AGGREGATES:
        raise ValueError(f"aggregate={aggregate!r} must be one of {[*_AGGREGATES]}.")
    _check_most(max_steps)
    ids, number = _number_ids(_take(events, id, "id"), id)
    if not len(ids):
        raise ValueError("events has no rows; at least 1 is needed.")
    values = _take_numbers(events, value, "value").astype(np.float64)
    names, codes = _code_variables(_take(events, variable, "variable"), variables)
    moments = _read_moments(_take(events, time, "time"), time)
    order = np.lexsort((moments, number))
    number, values, codes = number[order], values[order], codes[order]
    moments = _cut_bins(moments[order], bin)

    held = (codes >= 0) & ~np.isnan(values)
    empty = np.bincount(number[held], minlength=len(ids)) == 0
    used = held.copy()
    used[np.searchsorted(number, np.flatnonzero(empty))] = True  # their first rows
    number, moments, held = number[used], moments[used], held[used]
    begins = np.append(True, number[1:] != number[:-1])
    begins[1:] |= moments[1:] != moments[:-1]
    cells = (np.cumsum(begins) - 1) * len(names) + codes[used]
    size = int(begins.sum()) * len(names)
    table = _join(cells[held], values[used][held], size, aggregate)

    lengths = np.bincount(number[begins])
    stops = np.cumsum(lengths)[:-1]
    last = slice(None if max_steps is None else -max_steps, None)
    steps = [x[last] for x in np.split(table.reshape(-1, len(names)), stops)]
    times = [t[last] for t in np.split(moments[begins], stops)]
    if static is not None:
        panel = Panel(ids, steps, times, names, single=False, named=True, flat=False)
        static = read_rows(static, panel, id)
    X = Sequences(steps, static=static, times=times)
    return EventSequences(X.with_steps(steps, names), ids)


def _check_most(number: Part) -> None:
    whole = isinstance(number, Integral) and not isinstance(number, bool)
    if number is not None and (not whole or number < 1):
        raise ValueError(f"max_steps={number!r} must be None or a number from 1 on.")


def _code_variables(
    labels: np.ndarray, variables: Iterable[object] | None
) -> tuple[list[str], np.ndarray]:
    """Return names of the channels, and the channel of each row, -1 for none."""
    missing = find_missing(labels)
    if missing.any():
        raise ValueError(
            f"variable is missing in row {int(missing.argmax())}; each row must say "
            "what was measured."
        )
    found = labels.tolist()
    if variables is None:
        try:
            chosen = sorted({*found})
        except TypeError as error:
            raise ValueError(f"variable mixes names of types: {error}.") from error
    else:
        chosen = [variables] if isinstance(variables, str) else [*variables]
    places = {name: place for place, name in enumerate(chosen)}
    codes = np.array([places.get(name, -1) for name in found], dtype=np.intp)
    if not chosen or len(places) < len(chosen) or (codes < 0).all():
        raise ValueError(
            f"variables={chosen!r} must name at least one variable that comes, and "
            f"each only once; there are {[*dict.fromkeys(found)][:50]}."
        )
    return [str(name) for name in chosen], codes


def _read_moments(moments: np.ndarray, column: str) -> np.ndarray:
    """Return times as numbers, dates or durations, none missing."""
    moments = drop_zone(moments)
    if moments.dtype.kind not in "iufmM":
        raise ValueError(
            f"time={column!r} is of type {moments.dtype}; allowed are numbers, dates "
            "and durations. pandas.to_datetime and to_timedelta "
            "read text."
        )
    missing = find_missing(moments)
    if missing.any():
        raise ValueError(
            f"time={column!r} is missing in row {int(missing.argmax())}; each event "
            "must have a time."
        )
    return moments


def _cut_bins(moments: np.ndarray, width: Part) -> np.ndarray:
    """Return the begin of the span into which each moment falls."""
    if width is None:
        return moments
    counted = moments.dtype.kind in "iuf"
    number = isinstance(width, Real) and not isinstance(width, bool | np.timedelta64)
    if counted and number and 0 < width < np.inf:
        place = moments / width
        # 0.6 / 0.1 is a little less than 6, but 0.6 begins a span.
        nearest = np.round(place)
        rounding = 4 * np.finfo(place.dtype).eps * np.abs(place)
        rounded = np.abs(place - nearest) <= rounding
        return np.where(rounded, nearest, np.floor(place)) * width
    try:  # pandas' counts nanoseconds, which its base class would cut off
        whole = getattr(width, "to_timedelta64", lambda: width)()
        span = np.timedelta64(whole) if not number else None
        positive = span is not None and bool(span > np.timedelta64(0, "ns"))
    except (TypeError, ValueError):  # months have no length
        span, positive = None, False
    if counted or span is None or not positive:
        kind = "a positive number"
        if not counted:
            kind = "a positive timedelta of one length"
        raise ValueError(f"bin={width!r} must be {kind}, as the times are.")
    zero = np.timedelta64(0) if moments.dtype.kind == "m" else np.datetime64(0, "s")
    return zero + (moments - zero) // span * span


def _join(
    cells: np.ndarray, values: np.ndarray, size: int, aggregate: str
) -> np.ndarray:
    """Return one value a cell, NaN where there is none."""
    if aggregate == "last":
        table = np.full(size, np.nan)
        table[cells] = values  # in the order of time
        return table
    count = np.bincount(cells, minlength=size)
    total = np.bincount(cells, weights=values, minlength=size)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
