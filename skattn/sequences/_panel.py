"""Long series in the forms in which users have them, read into tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

import numpy as np

from ._frames import check_names
from ._long import (
    LongSequences,
    _check_times,
    _take_numbers,
    read_long,
    take_moments,
)
from ._moments import drop_zone
from ._parts import Part, name_columns
from ._ragged import is_ragged
from ._samples import from_tensor, refuse_others


@dataclass(frozen=True)
class Panel:
    """One or several series.

    Parameters
    ----------
    labels : ndarray of shape (n_series,)
        Names of the series, or their numbers.
    tables : list of ndarray of shape (n_times, n_channels)
        The series.
    times : list of ndarray of shape (n_times,) or None
        When each row was, if it is known.
    channels : list of str or None
        Names of the channels, if they have names.
    single : bool
        Whether one series came, and no collection of them.
    named : bool
        Whether labels are names that were given.
    flat : bool
        Whether the series had no axis of channels.
    """

    labels: np.ndarray
    tables: list[np.ndarray]
    times: list[np.ndarray] | None
    channels: list[str] | None
    single: bool
    named: bool
    flat: bool

    @property
    def n_channels(self) -> int:
        """Channels of each series."""
        return int(self.tables[0].shape[1])

    def time_rows(self, number: int) -> np.ndarray:
        """Return the time of each row of a series; their numbers if none is known."""
        if self.times is None:
            return np.arange(len(self.tables[number]))
        return self.times[number]

    def find_channels(self, asked: object, argument: str) -> list[int]:
        """Return channels, which may be names or numbers, as numbers from 0.

        Raises
        ------
        ValueError
            If there is no such channel, or none is named.
        """
        n_channels = self.n_channels
        names = {name: number for number, name in enumerate(self.channels or [])}
        each = [names.get(c, c) if isinstance(c, str) else c for c in _list(asked)]
        if not each or not all(
            isinstance(c, int | np.integer)
            and not isinstance(c, bool)
            and -n_channels <= c < n_channels
            for c in each
        ):
            known = f", or their names {[*names]}" if names else ""
            allowed = "None, 'all', " if argument == "target_channels" else "None, "
            raise ValueError(
                f"{argument}={asked!r} must be {allowed}a channel or a list of "
                f"channels: numbers from {-n_channels} to {n_channels - 1}{known}."
            )
        found = [int(c) % n_channels for c in each]
        if len(set(found)) < len(found):
            raise ValueError(f"{argument}={asked!r} names a channel twice.")
        return found


def _list(asked: Part) -> list[Part]:
    """Return a name, a number, or several of them as a list."""
    if isinstance(asked, np.ndarray):
        asked = asked.tolist()
    if isinstance(asked, str) or not np.iterable(asked):
        return [asked]
    return [*asked]


def read_panel(
    series: Part,
    *,
    id: str | None,  # noqa: A002  (the word for it in long tables)
    time: str | None,
    columns: list[str] | None = None,
    name: str = "series",
) -> Panel:
    """Read series in any form.

    Parameters
    ----------
    series : array-like, frame, list or dict of these, LongSequences, or long frame
        One series or several.
    id, time : str or None
        Columns of frames; with ``id`` the frame is a long one.
    columns : list of str, default=None
        The columns of frames that are channels; None for all others.
    name : str, default="series"
        The argument's name in messages.

    Returns
    -------
    Panel
        With at least one series.

    Raises
    ------
    ValueError
        If a form is not known, series have different channels, or times do not rise.
    """
    if id is not None:
        return _read_long(series, id, time, columns, name)
    entries: list[Part]
    if isinstance(series, LongSequences):
        labels, entries = series.ids, [*series.X]
    elif isinstance(series, Mapping):
        labels, entries = _label([*series]), [*series.values()]
    elif is_ragged(series):
        labels, entries = np.arange(len(series)), [*series]
    else:
        one = _read_one(series, time, columns, name)
        panel = _join([one], np.zeros(1, int), name, single=True, named=False)
        return _check_order(panel, time)
    if not len(entries):
        raise ValueError(f"{name} holds no series; at least 1 is needed.")
    named = isinstance(series, Mapping | LongSequences)
    each = [
        _read_one(entry, time, columns, f"{name}[{show(label)}]")
        for label, entry in zip(labels, entries, strict=True)
    ]
    panel = _join(each, labels, name, single=False, named=named)
    if isinstance(series, LongSequences):
        panel = Panel(**vars(panel) | {"times": series.times})
    return _check_order(panel, time)


class _One(NamedTuple):
    """One series."""

    table: np.ndarray  # (n_times, n_channels)
    times: np.ndarray | None
    channels: list[str] | None
    flat: bool


def _read_long(
    frame: Part, id_: str, time: str | None, columns: list[str] | None, name: str
) -> Panel:
    known = frame.columns if hasattr(frame, "columns") else frame
    if hasattr(frame, "columns"):
        check_names(frame, name)
    elif not isinstance(frame, Mapping):
        _refuse_columns("id", id_, frame, name)
    channels = columns or [c for c in known if c not in (id_, time)]
    long = read_long(frame, id_, time, channels, _take_numbers)
    return Panel(
        labels=long.ids,
        tables=long.X,
        times=long.times,
        channels=channels if all(isinstance(c, str) for c in channels) else None,
        single=False,
        named=True,
        flat=False,
    )


def _read_one(
    entry: Part, time: str | None, columns: list[str] | None, name: str
) -> _One:
    if hasattr(entry, "columns"):
        return _read_frame(entry, time, columns, name)
    if time is not None:
        _refuse_columns("time", time, entry, name)
    refuse_others(entry, name)
    try:
        array = np.asarray(from_tensor(entry, name))
    except ValueError as error:
        raise ValueError(
            f"{name} cannot be read as one series ({error}); several series are a list "
            "of arrays or frames, or a dict of them."
        ) from error
    if array.dtype.kind == "c":
        raise ValueError(f"{name} holds complex numbers; allowed are real ones.")
    if array.ndim not in (1, 2):
        raise ValueError(
            f"{name} has shape {array.shape}; allowed are (n_times,) and "
            "(n_times, n_channels)."
        )
    flat = array.ndim == 1
    label = getattr(entry, "name", None)
    channels = [label] if flat and isinstance(label, str) else None
    return _One(array[:, None] if flat else array, _dates(entry), channels, flat)


def _refuse_columns(argument: str, value: object, entry: Part, name: str) -> NoReturn:
    """Raise the error for a column of what has none."""
    raise ValueError(
        f"{argument}={value!r} names a column, but {name} is of type "
        f"{type(entry).__name__}, which has none; allowed are frames."
    )


def _read_frame(
    frame: Part, time: str | None, columns: list[str] | None, name: str
) -> _One:
    check_names(frame, name)
    kept = columns or [column for column in frame.columns if column != time]
    if not kept:
        raise ValueError(f"{name} has no column of a channel; at least 1 is needed.")
    times = _dates(frame) if time is None else take_moments(frame, time)
    missing = [column for column in kept if column not in [*frame.columns]]
    if missing:
        raise ValueError(
            f"{name} has no column {missing[0]!r}; there are {[*frame.columns]}."
        )
    table = np.asarray(frame if [*frame.columns] == kept else frame[kept])
    if table.dtype.kind not in "biuf":  # booleans among numbers make objects
        table = np.column_stack([_take_numbers(frame, c, name) for c in kept])
    return _One(table, times, name_columns([frame[kept]]), False)


def _dates(entry: Part) -> np.ndarray | None:
    """Return the dates of a pandas index, periods by their start; None without."""
    if not hasattr(entry, "iloc"):
        return None
    index = entry.index
    if hasattr(index, "to_timestamp"):
        index = index.to_timestamp()
    index = drop_zone(np.asarray(index))
    return index if index.dtype.kind in "mM" else None


def _join(
    each: list[_One], labels: np.ndarray, name: str, *, single: bool, named: bool
) -> Panel:
    """Return series as a panel, once their channels agree."""
    first = each[0]
    for label, one in zip(labels, each, strict=True):
        if one.channels != first.channels:
            raise ValueError(
                f"{name}[{show(label)}] has the channels {one.channels}, but "
                f"{name}[{show(labels[0])}] has {first.channels}; all series must "
                "have the same in the same order."
            )
        if one.table.shape[1] != first.table.shape[1]:
            raise ValueError(
                f"{name}[{show(label)}] has {one.table.shape[1]} channels, but "
                f"{name}[{show(labels[0])}] has {first.table.shape[1]}; all series "
                "must have the same channels."
            )
    times = [one.times for one in each if one.times is not None]
    if times and len(times) < len(each):
        dated = [one.times is not None for one in each]
        raise ValueError(
            f"{name}[{show(labels[dated.index(True)])}] has dates as its index, but "
            f"{name}[{show(labels[dated.index(False)])}] has none; allowed are dates "
            "for all series, or for none."
        )
    return Panel(
        labels=labels,
        tables=[one.table for one in each],
        times=times or None,
        channels=first.channels,
        single=single,
        named=named,
        flat=all(one.flat for one in each),
    )


def _check_order(panel: Panel, time: str | None) -> Panel:
    """Refuse times that do not rise, and name the series."""
    if panel.times is not None:
        _check_times(panel.times, panel.labels, time, single=panel.single)
    return panel


def _label(keys: list[object]) -> np.ndarray:
    """Return labels as an array: of one type if they are, else of objects."""
    array = np.array(keys) if len({type(key) for key in keys}) == 1 else np.empty(0)
    if array.shape == (len(keys),):
        return array
    labels = np.empty(len(keys), object)
    for i, key in enumerate(keys):
        labels[i] = key
    return labels


def show(label: Part) -> str:
    """Return a label as it would be written."""
    return repr(label.item() if isinstance(label, np.generic) else label)


def show_some(labels: Sequence[Part], lengths: Sequence[int]) -> str:
    """Return names of series with their lengths, the first five of them."""
    pairs = [*zip(labels, lengths, strict=True)]
    shown = ", ".join(f"{show(label)} ({length})" for label, length in pairs[:5])
    return shown + (f" and {len(pairs) - 5} more" if len(pairs) > 5 else "")
