"""A name for all that determines a fit, in one hash over data and parameters."""

import hashlib
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from torch import Tensor

_BLOCK_BYTES = 1 << 24


def digest(*parts: Any) -> str:
    """Name what determines a fit: 40 characters that differ if anything differs.

    Arrays count with type, shape and every value; they are read once, in blocks of 16
    MB, so that a memmap is never in memory as a whole.

    Parameters
    ----------
    *parts : object
        Arrays, tensors, numbers, text, None, and lists, tuples, dicts and dataclasses
        of these.

    Returns
    -------
    str
        Hexadecimal digits.
    """
    state = hashlib.sha256()
    for part in _leaves(parts):
        if isinstance(part, np.ndarray):
            state.update(f"{part.dtype}{part.shape}".encode())
            for block in _blocks(part):
                state.update(block)
        elif part is None or isinstance(part, bool | int | float | str):
            state.update(f"{part!r};".encode())
        else:
            raise TypeError(
                f"checkpoint cannot tell fits apart by {part!r}: allowed are numbers, "
                "text, arrays, and lists and dicts of these."
            )
    return state.hexdigest()[:40]


def _leaves(part: Any) -> Iterable[Any]:
    """Walk through nested parts; each container tells its kind and size first."""
    if is_dataclass(part) and not isinstance(part, type):
        part = {field.name: getattr(part, field.name) for field in fields(part)}
    if isinstance(part, dict):
        part = list(part.items())
    if isinstance(part, Tensor):
        part = part.detach().cpu().numpy()
    if isinstance(part, np.generic):
        part = part.item()
    if isinstance(part, np.ndarray) and part.dtype == object:
        part = part.tolist()
    if isinstance(part, list | tuple):
        yield f"{len(part)} entries"
        for entry in part:
            yield from _leaves(entry)
    else:
        yield part


def _blocks(array: np.ndarray) -> Iterable[bytes]:
    rows = array.reshape(1) if array.ndim == 0 else array
    n_bytes = max(1, rows[:1].nbytes)
    step = max(1, _BLOCK_BYTES // n_bytes)
    for start in range(0, len(rows), step):
        yield rows[start : start + step].tobytes()
