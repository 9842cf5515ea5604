"""Data frames, and how many axes an argument has."""

from collections.abc import Iterable
from typing import Any, Protocol, TypeGuard

import numpy as np


class Frame(Protocol):
    """What a data frame is known by."""

    columns: Iterable[str]


def is_frame(X: object) -> TypeGuard[Frame]:
    return hasattr(X, "columns")


def find_frame(X: object) -> Frame | None:
    """Return the first data frame among the sequences, which names the channels."""
    if (isinstance(X, np.ndarray) and X.dtype != object) or not isinstance(X, Iterable):
        return None
    return next((entry for entry in X if is_frame(entry)), None)


def split_columns(frame: Any) -> list[Any]:
    """Return the columns of a frame in order, also where a name is there twice."""
    if hasattr(frame, "iloc"):
        return [frame.iloc[:, i] for i in range(len(frame.columns))]
    return [frame[column] for column in frame.columns]


def n_axes(X: object) -> int:
    if hasattr(X, "shape"):
        return len(X.shape)
    try:
        return np.asarray(X).ndim
    except (TypeError, ValueError):  # uneven or foreign: check_array says what is wrong
        return 2
