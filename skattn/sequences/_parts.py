"""Parts of Sequences: how each is checked, indexed, joined and described."""

from collections.abc import Sequence
from functools import reduce
from importlib import import_module
from typing import Any

import numpy as np
from scipy.sparse import issparse

from ._categories import measure_tokens
from ._moments import KINDS, read_moments
from ._ragged import is_ragged
from ._samples import from_tensor

Part = Any  # an array, frame, tensor or list, with one entry a sample
Rows = slice | np.ndarray  # an array of whole numbers


def count_samples(steps: Part) -> int:
    """Return the number of samples."""
    shape = getattr(steps, "shape", None)
    if shape is not None and len(shape):
        return int(shape[0])
    if isinstance(steps, list | tuple):
        return len(steps)
    raise ValueError(
        f"steps is of type {type(steps).__name__}; allowed are an array or tensor "
        "(n_samples, n_timesteps, n_channels), flat rows, a list of arrays or frames, "
        "and LongSequences."
    )


def _check_count(name: str, number: int, n_samples: int) -> None:
    if number != n_samples:
        raise ValueError(
            f"{name} has {number} samples, but steps has {n_samples}; allowed is one "
            f"entry of {name} a sample."
        )


def _as_array(part: object, name: str, wanted: str) -> np.ndarray:
    try:
        return np.asarray(from_tensor(part, name))
    except ValueError as error:  # entries of different shapes
        raise ValueError(
            f"{name} cannot be read as an array ({error}); allowed is {wanted}."
        ) from error


def read_static(static: Part, n_samples: int) -> Part:
    """Return static features as a frame or an array of two axes."""
    wanted = "an array or frame (n_samples, n_static)"
    if issparse(static):
        raise TypeError(f"static is sparse; allowed is {wanted}: static.toarray().")
    if not hasattr(static, "columns"):
        static = _as_array(static, "static", wanted)
    if len(static.shape) != 2 or not static.shape[1]:
        raise ValueError(
            f"static has shape {static.shape}; allowed is {wanted}, with at least 1 "
            "column. A single feature is static[:, None]."
        )
    _check_count("static", static.shape[0], n_samples)
    if not hasattr(static, "columns") and static.dtype.kind not in "biufOUS":
        raise ValueError(
            f"static is of type {static.dtype}; allowed are numbers, booleans and "
            "strings."
        )
    return static


def read_future(future: Part, n_samples: int) -> np.ndarray:
    """Return what is known ahead as numbers of three axes."""
    wanted = "numbers (n_samples, horizon, n_future)"
    frames = find_frames(future)
    for i, frame in enumerate(frames):
        if [*frame.columns] != [*frames[0].columns]:
            raise ValueError(
                f"future[{i}] has the columns {[*frame.columns]}, but future[0] has "
                f"{[*frames[0].columns]}; all must have the same in the same order."
            )
    array = _as_array(
        [np.asarray(frame) for frame in frames] if frames else future, "future", wanted
    )
    if array.ndim != 3 or 0 in array.shape[1:]:
        raise ValueError(
            f"future has shape {array.shape}; allowed are {wanted}, with at least 1 "
            "step and 1 column."
        )
    _check_count("future", len(array), n_samples)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"future is of type {array.dtype}; allowed are {wanted}.")
    return array


def read_times(times: Part, steps: Part, n_samples: int) -> Part:
    """Return times as an array of two axes or a list of arrays."""
    wanted = "(n_samples, n_timesteps), or a list of arrays (length,)"
    times = from_tensor(times, "times")
    if hasattr(times, "to_numpy"):  # a frame, or a column of arrays
        times = times.to_numpy()
    if isinstance(times, np.ndarray) and times.dtype == object and times.ndim:
        times = [*times]
    if isinstance(times, np.ndarray):
        times = read_moments(times, "times")
    rows = []
    if np.iterable(times):
        rows = [read_moments(row, f"times[{i}]") for i, row in enumerate(times)]
    if not isinstance(times, np.ndarray | list | tuple) or (
        isinstance(times, np.ndarray) and times.ndim != 2
    ):
        shape = getattr(times, "shape", None)
        what = f"shape {shape}" if shape is not None else f"type {type(times).__name__}"
        raise ValueError(f"times has {what}; allowed is {wanted}.")
    _check_count("times", len(rows), n_samples)
    padded = len(getattr(steps, "shape", ())) == 3
    listed = padded and not isinstance(times, np.ndarray)
    _check_rows(rows, _measure_steps(steps), padded, listed)
    return times if isinstance(times, np.ndarray) else rows


def _check_rows(
    rows: list[np.ndarray],
    lengths: Sequence[int] | None,
    padded: bool,
    listed: bool,
) -> None:
    """Check the times of each sequence, and that all are of one kind.

    In padded arrays a sequence may end sooner: its times then are missing, or in a list
    end too.
    """
    for i, row in enumerate(rows):
        if row.ndim != 1 or row.dtype.kind not in "iufmM":
            raise ValueError(
                f"times[{i}] has shape {row.shape} and type {row.dtype}; allowed are "
                "numbers, dates or durations, one for each step."
            )
        n_steps = len(row) if lengths is None else lengths[i]
        if len(row) != n_steps and not (listed and 0 < len(row) < n_steps):
            raise ValueError(
                f"times[{i}] has {len(row)} entries, but steps[{i}] has "
                f"{n_steps} steps; allowed is one for each step."
            )
        gaps = np.zeros(len(row), bool) if row.dtype.kind in "iu" else np.isnan(row)
        if padded and not gaps.all():
            row = row[: len(row) - np.argmin(gaps[::-1])]
        if gaps[: len(row)].any() or (row[1:] < row[:-1]).any():
            raise ValueError(
                f"times[{i}] is missing at a step or runs backwards; the steps of a "
                "sequence must be in the order of time."
            )
    kinds = {KINDS.get(row.dtype.kind, "numbers") for row in rows}
    if len(kinds) > 1:
        raise ValueError(
            f"times mixes {' and '.join(sorted(kinds))}; allowed is one kind of times "
            "for all sequences."
        )


def _measure_steps(steps: Part) -> Sequence[int] | None:
    """Return the steps of each sequence, None where parameters decide them."""
    if is_ragged(steps):
        return [len(entry) for entry in steps]  # type: ignore[arg-type]
    if len(getattr(steps, "shape", ())) == 3:
        return [steps.shape[1]] * steps.shape[0]
    return measure_tokens(steps)


def read_index(key: Part, n_samples: int) -> Rows:
    """Return an index as a slice or as whole numbers."""
    if key is Ellipsis:
        return slice(None)
    if isinstance(key, slice):
        return key
    index = np.asarray(key)
    if index.dtype == bool and index.ndim == 1:
        if len(index) != n_samples:
            raise IndexError(
                f"a mask of {len(index)} entries does not fit {n_samples} samples."
            )
        return np.flatnonzero(index)
    if index.ndim == 1 and (not index.size or index.dtype.kind in "iu"):
        index = index.astype(np.intp)
        if index.size and not -n_samples <= index.min() <= index.max() < n_samples:
            raise IndexError(
                f"indices from {index.min()} to {index.max()} are out of range for "
                f"{n_samples} samples."
            )
        return np.where(index < 0, index + n_samples, index)
    raise IndexError(
        f"{key!r} is no index of samples; allowed are whole numbers, slices, masks, "
        "and lists or arrays (one axis) of whole numbers."
    )


def take_rows(part: Part, rows: Rows) -> Part:
    """Return some rows of a part, in its own form."""
    if hasattr(part, "iloc"):
        return part.iloc[rows]
    if isinstance(part, list | tuple):
        numbers = range(len(part))[rows] if isinstance(rows, slice) else rows
        return [part[i] for i in numbers]
    return part[rows]


def join_parts(parts: list[Part], lengths_differ: bool = False) -> Part:
    """Return one part after the other, as a list where rows may differ in length."""
    first = parts[0]
    if first is None:
        return None
    if hasattr(first, "columns"):
        if hasattr(first, "iloc"):
            # The frames are of pandas, so that it is there.
            return import_module("pandas").concat(parts, ignore_index=True)
        return reduce(lambda one, other: one.vstack(other), parts)
    arrays: list[Part] = [from_tensor(part, "parts") for part in parts]
    if all(isinstance(part, np.ndarray) for part in arrays):
        if len({part.shape[1:] for part in arrays}) == 1:
            return np.concatenate(arrays)
        if not lengths_differ and any(part.ndim == 2 for part in arrays):
            shapes = [part.shape for part in arrays]
            raise ValueError(f"parts have shapes {shapes}, which do not fit together.")
    return [entry for part in arrays for entry in part]


def find_frames(part: object) -> list[Part]:
    """Return the frames in a list."""
    if not isinstance(part, list | tuple):
        return []
    return [entry for entry in part if hasattr(entry, "columns")]


def name_columns(frames: list[Part]) -> list[str] | None:
    """Return the columns' names, if they are names and no numbers."""
    columns = [*frames[0].columns] if frames else []
    return columns if columns and all(isinstance(c, str) for c in columns) else None


def describe_steps(steps: Part, names: list[str] | None) -> str:
    lengths = _measure_steps(steps)
    if lengths is None:
        shape = np.shape(steps)
        return f"flat rows, {plural(shape[1] if len(shape) > 1 else 1, 'column')}"
    if is_ragged(steps) or isinstance(steps, list | tuple):
        span = f"{min(lengths)} to {max(lengths)} steps"
        if min(lengths) == max(lengths):
            span = plural(lengths[0], "step")
        shape = getattr(steps[0], "shape", ())
        size = shape[1] if len(shape) > 1 else 1
        framed = hasattr(steps[0], "columns")
        kind = "frames" if framed else "arrays" if shape else "tokens"
        shown = f"list of {kind}, {span}"
    else:
        size, shown = steps.shape[2], f"array, {plural(steps.shape[1], 'step')}"
    return f"{shown}, {plural(size, 'channel')}{in_brackets(names)}"


def plural(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def in_brackets(names: list[str] | None) -> str:
    if not names:
        return ""
    more = f", and {len(names) - 8} more" if len(names) > 8 else ""
    return f" ({', '.join(map(str, names[:8]))}{more})"
