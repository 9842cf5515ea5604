"""What belongs to whole series: static features, and what follows their end."""

from collections.abc import Mapping

import numpy as np

from ._moments import is_hole, measure_step, tell
from ._panel import Panel, read_panel, show
from ._parts import Part, take_rows


def read_rows(static: Part, panel: Panel, id_: str | None) -> Part:
    """Return static features with one row a series, in their order."""
    labels = panel.labels.tolist()
    if isinstance(static, Mapping):
        return np.array([static[key] for key in _order([*static], labels, "its keys")])
    if hasattr(static, "columns"):
        columns = [*static.columns]
        if id_ is not None and id_ in columns:
            order = _order_rows([*static[id_]], labels, f"its column {id_!r}")
            return take_rows(static[[c for c in columns if c != id_]], order)
        index = [*static.index] if hasattr(static, "iloc") and panel.named else []
        if index and index != [*range(len(index))]:
            return take_rows(static, _order_rows(index, labels, "its index"))
        if index and set(index) == set(labels):
            return take_rows(static, _order_rows(index, labels, "its index"))
    else:
        static = np.asarray(static)
        if panel.single and static.ndim == 1:
            static = static[None]
    if len(static.shape) != 2 or static.shape[0] != len(labels):
        raise ValueError(
            f"static has shape {static.shape}; allowed is one row for each of the "
            f"{len(labels)} series."
        )
    return static


def _order(keys: list[Part], labels: list[Part], where: str) -> list[Part]:
    """Return the labels, once each is among the keys."""
    known = {*keys}
    missing = [label for label in labels if label not in known]
    if missing:
        raise ValueError(
            f"static has no row for the series {missing[:5]}; {where} must name each "
            "series."
        )
    return labels


def _order_rows(keys: list[Part], labels: list[Part], where: str) -> np.ndarray:
    """Return the row of each label."""
    if len(set(keys)) < len(keys):
        raise ValueError(f"static names a series twice; {where} must hold each once.")
    rows = {key: row for row, key in enumerate(keys)}
    return np.array([rows[label] for label in _order(keys, labels, where)])


def read_future(
    future: Part,
    panel: Panel,
    ahead: list[int] | None,
    id_: str | None,
    time: str | None,
) -> tuple[np.ndarray, list[str] | None]:
    """Return what is known of the steps after each series, and names of its columns."""
    columns = None
    if ahead is not None and panel.channels is not None:
        columns = [panel.channels[c] for c in ahead]
    cubic = len(getattr(future, "shape", ())) == 3
    known_columns = future if isinstance(future, Mapping) else _list_columns(future)
    given = read_panel(
        [*np.asarray(future)] if cubic else future,
        id=id_ if id_ in known_columns else None,
        time=time if _has_column(future, time) else None,
        columns=columns,
        name="future",
    )
    if given.single and not panel.single:
        raise ValueError(
            f"future is for one series, but there are {len(panel.labels)}; allowed is "
            "the form in which series came."
        )
    wanted = range(len(panel.labels)) if not given.named else panel.labels.tolist()
    known = [*range(len(given.labels))] if not given.named else given.labels.tolist()
    places = {label: place for place, label in enumerate(known)}
    missing = [label for label in wanted if label not in places]
    if missing or (not given.named and len(known) != len(wanted)):
        raise ValueError(
            f"future has {len(known)} series, and lacks {missing[:5]}; allowed is one "
            "entry for each series."
        )
    order = [places[label] for label in wanted]
    tables = [given.tables[i] for i in order]
    n_future = given.n_channels if ahead is None else len(ahead)
    lengths = sorted({len(table) for table in tables})
    if given.n_channels != n_future or len(lengths) > 1:
        raise ValueError(
            f"future has {given.n_channels} columns and {lengths} steps; allowed are "
            f"the {n_future} columns of future_channels, and as many steps for each "
            "series."
        )
    _check_order(panel, given, order)
    return np.stack(tables), given.channels if columns is None else columns


def _has_column(future: Part, time: str | None) -> bool:
    """Return whether frames of the future have the column of times."""
    entries = [future]
    if isinstance(future, Mapping):
        entries = [*future.values()]
    elif isinstance(future, list | tuple):
        entries = [*future]
    return any(time in _list_columns(entry) for entry in entries)


def _list_columns(entry: Part) -> list[Part]:
    return [*getattr(entry, "columns", [])]


def _check_order(panel: Panel, given: Panel, order: list[int]) -> None:
    """Refuse a future that does not begin right after its series."""
    if panel.times is None or given.times is None:
        return
    for label, past, i in zip(panel.labels, panel.times, order, strict=True):
        if not len(given.times[i]):
            continue
        begin, step = given.times[i][0], measure_step(past)
        late = step is not None and is_hole(np.array([begin - past[-1]]), step).any()
        if late or not begin > past[-1]:
            told = "" if step is None else f" with steps of {tell(step)}"
            raise ValueError(
                f"future of series {show(label)} begins at {tell(begin)}, but the "
                f"series ends at {tell(past[-1])}{told}; allowed are the steps right "
                "after its end."
            )
