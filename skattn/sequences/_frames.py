"""Data frames: what they are known by, and what their columns must be."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeGuard

import numpy as np

from ._moments import read_moments


class Frame(Protocol):
    """What a data frame is known by."""

    columns: Iterable[str]

    def __getitem__(self, column: str) -> object: ...


def is_frame(X: object) -> TypeGuard[Frame]:
    return hasattr(X, "columns")


def find_frame(X: object) -> Frame | None:
    """Return the first data frame among the sequences, which names the channels."""
    if (isinstance(X, np.ndarray) and X.dtype != object) or not isinstance(X, Iterable):
        return None
    return next((entry for entry in X if is_frame(entry)), None)


def check_names(frame: Frame, name: str) -> None:
    """Refuse a frame that has a column's name twice, and so no way to tell them."""
    names = [*frame.columns]
    if len({*names}) < len(names):
        twice = next(column for column in names if names.count(column) > 1)
        raise ValueError(
            f"{name} has the column {twice!r} more than once; names must differ."
        )


def check_dtypes(frame: Any, name: str) -> None:
    """Refuse columns that hold no numbers, and name the first one."""
    check_names(frame, name)
    for column in frame.columns:
        if getattr(frame[column].dtype, "kind", "O") in "biuf":
            continue
        try:
            as_numbers(frame[column])
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{name} has a column {column!r} of type {frame[column].dtype}, which "
                f"does not hold numbers ({error}); allowed are columns of numbers. "
                "Encode categories, and turn times into numbers, before."
            ) from error


def as_numbers(column: object) -> np.ndarray:
    """Return a column in float64.

    Raises
    ------
    TypeError, ValueError
        If it holds something else, such as dates, which NumPy would count from 1970.
    """
    values = read_moments(column, "a column")
    if values.dtype.kind in "mM":
        raise TypeError("dates and durations are no numbers")
    return values.astype(np.float64)


def check_columns(X: Sequence[object], name: str) -> None:
    """Refuse frames whose columns differ, which would mix up channels."""
    for i, frame in enumerate(X):
        if is_frame(frame):
            check_dtypes(frame, f"{name}[{i}]")
    check_same_columns(X, name)


def check_same_columns(X: Sequence[object], name: str) -> None:
    """Refuse frames whose columns differ in name or order."""
    frames = [(i, entry) for i, entry in enumerate(X) if is_frame(entry)]
    for i, frame in frames:
        if [*frame.columns] != [*frames[0][1].columns]:
            raise ValueError(
                f"{name}[{i}] has the columns {[*frame.columns]}, but "
                f"{name}[{frames[0][0]}] has {[*frames[0][1].columns]}; all frames "
                "must have the same columns in the same order."
            )


def n_axes(X: object) -> int:
    if hasattr(X, "shape"):
        return len(X.shape)
    try:
        return np.asarray(X).ndim
    except (TypeError, ValueError):  # uneven or foreign: check_array says what is wrong
        return 2
