"""State as JSON and arrays: a closed list of kinds, and no way to name others."""

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import torch
from sklearn import model_selection

from ..sequences import WindowSplit

_TAG = "$"  # the key that marks what JSON has no form for

_SPLITTERS = {
    name: getattr(model_selection, name)
    for name in (
        "GroupKFold",
        "GroupShuffleSplit",
        "KFold",
        "LeaveOneGroupOut",
        "PredefinedSplit",
        "ShuffleSplit",
        "StratifiedGroupKFold",
        "StratifiedKFold",
        "StratifiedShuffleSplit",
        "TimeSeriesSplit",
    )
} | {"WindowSplit": WindowSplit}


def encode(value: object, arrays: dict[str, np.ndarray], name: str) -> object:
    """Return a value as what JSON knows, its arrays put aside.

    Parameters
    ----------
    value : object
        None, a number, text, a path, an array, a random state, a device, a splitter of
        scikit-learn or skattn, or lists, tuples and dicts of these.
    arrays : dict of ndarray
        Filled, under ``name``.
    name : str
        What the value is called, in messages too.

    Returns
    -------
    object
        For `json.dumps`.

    Raises
    ------
    ValueError
        If the value is of another kind.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value, arrays, name)
    if type(value) in _SPLITTERS.values():
        return _write_splitter(value, arrays, name)
    raise ValueError(
        f"{name.replace('/', '.')}={value!r} cannot be saved: allowed are "
        "numbers, text, paths, None, arrays, random states, splitters of scikit-learn "
        "and skattn, and lists, tuples and dicts of these. Set it to None first, or "
        "use pickle."
    )


def decode(value: object, arrays: dict[str, np.ndarray]) -> object:
    """Undo `encode`.

    Parameters
    ----------
    value : object
        From `json.loads`.
    arrays : dict of ndarray
        All that were put aside.

    Returns
    -------
    object
        Only of the kinds that `encode` takes.
    """
    if isinstance(value, list):
        return [decode(entry, arrays) for entry in value]
    if not isinstance(value, dict):
        return value
    if _TAG not in value:
        return {key: decode(entry, arrays) for key, entry in value.items()}
    content = value["content"]
    if value[_TAG] == "array":
        return arrays[content]
    return _READERS[value[_TAG]](decode(content, arrays))


def _tagged(kind: str, content: object) -> dict[str, object]:
    return {_TAG: kind, "content": content}


def _write_dict(value: dict, arrays: dict[str, np.ndarray], name: str) -> object:
    plain = all(isinstance(key, str) and key != _TAG for key in value)
    if plain:
        return {
            key: encode(entry, arrays, f"{name}/{key}") for key, entry in value.items()
        }
    return _tagged("dict", _write_list([*value.items()], arrays, name))


def _write_list(
    value: Iterable[object], arrays: dict[str, np.ndarray], name: str
) -> list[object]:
    return [encode(entry, arrays, f"{name}/{i}") for i, entry in enumerate(value)]


def _write_array(value: np.ndarray, arrays: dict[str, np.ndarray], name: str) -> object:
    if value.dtype.kind in "biuf":
        arrays[name] = value
        return _tagged("array", name)
    if value.dtype.kind in "OU" and value.ndim == 1:  # names of columns, classes
        entries = _write_list(value.tolist(), arrays, name)
        return _tagged("strings", [value.dtype.str, entries])
    raise ValueError(
        f"{name.replace('/', '.')} is an array of {value.dtype}, which cannot be "
        "saved: allowed are numbers, booleans and one axis of text."
    )


def _write_random_state(
    value: np.random.RandomState, arrays: dict[str, np.ndarray], name: str
) -> object:
    return _tagged("random_state", _write_list(value.get_state(), arrays, name))


def _read_random_state(state: list[Any]) -> np.random.RandomState:
    generator = np.random.RandomState()
    generator.set_state(tuple(state))
    return generator


def _write_splitter(value: object, arrays: dict[str, np.ndarray], name: str) -> object:
    names = inspect.signature(type(value)).parameters
    settings = {key: getattr(value, key) for key in names if hasattr(value, key)}
    content = [type(value).__name__, encode(settings, arrays, name)]
    return _tagged("splitter", content)


def _read_array_of_text(content: list[Any]) -> np.ndarray:
    kind, entries = content
    if np.dtype(kind).kind not in "OU":
        raise ValueError(f"an array of text has the type {kind!r}")
    return np.array(entries, dtype=object).astype(kind)


_WRITERS: list[tuple[Any, Any]] = [
    (dict, _write_dict),
    (list, _write_list),
    (tuple, lambda *value: _tagged("tuple", _write_list(*value))),
    (np.ndarray, _write_array),
    (np.random.RandomState, _write_random_state),
    (PurePath, lambda value, *_: _tagged("path", str(value))),
    (torch.device, lambda value, *_: _tagged("device", str(value))),
]

_READERS: dict[str, Callable[[Any], object]] = {
    "dict": dict,
    "tuple": tuple,
    "strings": _read_array_of_text,
    "random_state": _read_random_state,
    "device": torch.device,
    "path": Path,
    "splitter": lambda content: _SPLITTERS[content[0]](**content[1]),
}
