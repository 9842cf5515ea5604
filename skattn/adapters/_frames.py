"""Frames of pandas: columns by their names, and rows that go on without a gap."""

import numpy as np
import pandas as pd


def take_columns(frame: pd.DataFrame, columns: pd.Index, name: str) -> pd.DataFrame:
    """Return the columns that ``fit`` had, in the order that it had them in.

    Parameters
    ----------
    frame : DataFrame
        What came after ``fit``. Columns that are only counted, as those made of an
        array, are taken by their position.
    columns : Index
        Those of ``fit``.
    name : str
        Of the frame, for the error.

    Returns
    -------
    DataFrame
        With as many columns as ``fit`` had.

    Raises
    ------
    ValueError
        If a column is missing, or one is there that ``fit`` did not have.
    """
    given = frame.columns
    if given.equals(columns):
        return frame
    missing = columns.difference(given, sort=False)
    extra = given.difference(columns, sort=False)
    if len(given) == len(columns):
        if not len(missing):
            return frame[columns]
        if _are_counted(given) or _are_counted(columns):
            return frame
    raise ValueError(
        f"{name} has the columns {[*given]}, but fit had {[*columns]}; missing are "
        f"{[*missing]}, and not known are {[*extra]}. Allowed are the columns of fit, "
        "in any order."
    )


def _are_counted(columns: pd.Index) -> bool:
    """Return whether columns have no names but their numbers."""
    return columns.equals(pd.RangeIndex(len(columns)))


def take_rows(X: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """Return the rows of X at some times.

    Parameters
    ----------
    X : DataFrame
        What is known ahead.
    index : Index
        The times.

    Returns
    -------
    DataFrame
        A row for each time.

    Raises
    ------
    ValueError
        If X lacks some of them.
    """
    missing = index.difference(X.index)
    if len(missing):
        raise ValueError(
            "X must have a row for each row of y in fit and update, and in predict for "
            "each step of the forecasting horizon. Missing: "
            f"{', '.join(map(str, missing))}."
        )
    return X.loc[index]


def find_step(index: pd.Index) -> object:
    """Return what leads from one row's time to the next, or None if that varies.

    Parameters
    ----------
    index : Index of at least 3 rows
        Periods, dates or whole numbers.

    Returns
    -------
    int, offset or None
        Can be added to times.
    """
    if isinstance(index, pd.PeriodIndex):
        return 1
    if isinstance(index, pd.DatetimeIndex):
        return pd.tseries.frequencies.to_offset(index.freq or pd.infer_freq(index))
    steps = np.unique(np.diff(index))
    return int(steps[0]) if len(steps) == 1 else None


def merge_rows(known: pd.DataFrame, new: pd.DataFrame, step: object) -> pd.DataFrame:
    """Return all rows in the order of their times; new ones replace those they repeat.

    Parameters
    ----------
    known, new : DataFrame
        With the same columns.
    step : int, offset or None
        What `find_step` found; None where gaps cannot be told.

    Returns
    -------
    DataFrame
        A row for each time of either.

    Raises
    ------
    ValueError
        If the new rows leave a gap, or their times are of another kind.
    """
    kinds = known.index.inferred_type, new.index.inferred_type
    if kinds[0] != kinds[1]:
        raise ValueError(
            f"y has an index of kind {kinds[1]!r}, but in fit it was {kinds[0]!r}; "
            "allowed is the same kind."
        )
    repeated = known.index.isin(new.index)
    merged = pd.concat([known[~repeated], new]).sort_index()
    if step is not None:
        first, last = merged.index.get_indexer([new.index[0], new.index[-1]])
        _check_no_gap(merged.index[max(first - 1, 0) : last + 2], new.index, step)
    return merged


def _check_no_gap(index: pd.Index, new: pd.Index, step: object) -> None:
    """Refuse new rows with a gap among them or beside them; the index has both."""
    gaps = np.flatnonzero(index[:-1] + step != index[1:])
    if len(gaps):
        before, after = index[gaps[0]], index[gaps[0] + 1]
        raise ValueError(
            f"y has the rows {new[0]} to {new[-1]}: {before} would be followed by "
            f"{after}, but must be by {before + step}. Allowed are rows that go on "
            "from the known ones without a gap; they may repeat some of them."
        )
