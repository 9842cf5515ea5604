"""Saving and loading estimators: one file of arrays and settings, never code."""

import os
from typing import Any

import numpy as np

from .._base import BaseLSTMAttention
from .._classifier import LSTMAttentionClassifier
from .._conformal import ConformalIntervals
from .._container import read_container, refusing, to_path, write_container
from .._ensemble import SeedEnsemble
from .._inner import MetaEstimator
from .._pointer import LSTMAttentionPointer
from .._regressor import LSTMAttentionRegressor
from .._state import get_state, set_state
from .._upgrade import upgrade
from ._codec import decode, encode
from ._verify import ESTIMATORS, verify, verify_meta

_CLASSES: dict[str, type[BaseLSTMAttention]] = {
    kind.__name__: kind
    for kind in (LSTMAttentionClassifier, LSTMAttentionPointer, LSTMAttentionRegressor)
}
_META: dict[str, type[MetaEstimator]] = {
    kind.__name__: kind for kind in (ConformalIntervals, SeedEnsemble)
}

Saved = BaseLSTMAttention | MetaEstimator


def save(estimator: Saved, path: str | os.PathLike[str]) -> None:
    """Save an estimator to one file that holds no code.

    The file is in the safetensors format: the network's weights and all other arrays,
    with the settings as JSON in its metadata and a checksum over the whole. It is
    written next to ``path`` first and then put in its place, so that an earlier file
    survives a full disk or a crash. Needs the package safetensors. A whole `Pipeline`
    goes through `skops.io.dump`, whose untrusted types are then skattn's alone.

    Parameters
    ----------
    estimator : LSTMAttentionRegressor, LSTMAttentionClassifier, LSTMAttentionPointer, \
            SeedEnsemble or ConformalIntervals
        Fitted or not. What the latter two hold must be one of these too.
    path : str or path-like
        Where to write; a file there is replaced.

    Raises
    ------
    TypeError
        If the estimator is none of skattn's, or a subclass.
    ValueError
        If a parameter is of a kind that only pickle knows, such as a callback.
    OSError
        If the file system refuses.

    See Also
    --------
    skattn.load : The way back.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import skattn
    >>> X = np.random.default_rng(0).normal(size=(50, 6))
    >>> model = skattn.LSTMAttentionRegressor(max_epochs=2).fit(X, X[:, 3])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     skattn.save(model, f"{folder}/model.safetensors")
    ...     copy = skattn.load(f"{folder}/model.safetensors")
    >>> bool((copy.predict(X) == model.predict(X)).all())
    True
    """
    arrays: dict[str, np.ndarray] = {}
    description = _describe(estimator, arrays, type(estimator).__name__)
    write_container(to_path(path), description, arrays)


def _describe(
    estimator: object, arrays: dict[str, np.ndarray], name: str
) -> dict[str, object]:
    """Return class and state for JSON; a meta-estimator's own estimators apart."""
    kind = type(estimator)
    if kind in _CLASSES.values():
        state = encode(get_state(estimator), arrays, name)
        return {"class": kind.__name__, "state": state}
    if kind not in _META.values():
        raise TypeError(
            f"estimator={estimator!r} is a {kind.__name__}; allowed are instances of "
            f"{', '.join([*_CLASSES, *_META])}, not of subclasses. Use skops.io.dump "
            "for a whole Pipeline."
        )
    plain, inner = dict(vars(estimator)), {}
    for key in [key for key in plain if key in ESTIMATORS]:
        value = plain.pop(key)
        several = isinstance(value, list)
        inner[key] = [
            _describe(each, arrays, f"{name}/{key}/{i}")
            for i, each in enumerate(value if several else [value])
        ]
    state = encode(plain, arrays, name)
    return {"class": kind.__name__, "state": state, "estimators": inner}


def _restore(description: dict[str, Any], arrays: dict[str, np.ndarray]) -> Saved:
    """Return the estimator that `_describe` described, if there can be such a one."""
    state = _as_dict(decode(description["state"], arrays))
    if description["class"] in _META:
        meta = _META[description["class"]]
        inner = {
            key: [_restore(_as_dict(each), arrays) for each in several]
            for key, several in _as_dict(description["estimators"]).items()
        }
        verify_meta(meta, state, inner)
        outer = meta.__new__(meta)
        outer.__dict__.update(state)
        for key, several in inner.items():
            outer.__dict__[key] = several if key == "estimators_" else several[0]
        return outer
    kind = _CLASSES[description["class"]]
    state = upgrade(state)
    verify(kind, state)
    estimator = kind.__new__(kind)
    set_state(estimator, state)
    return estimator


def _as_dict(state: object) -> dict[str, Any]:
    if not isinstance(state, dict):
        raise TypeError("its state is no object")
    return state


def load(path: str | os.PathLike[str]) -> object:
    """Load an estimator that `save` wrote.

    Nothing in the file is executed: it names one of skattn's classes and holds
    settings and arrays, whose shapes are checked before memory is taken for a network.

    Parameters
    ----------
    path : str or path-like
        Where the file is.

    Returns
    -------
    LSTMAttentionRegressor, LSTMAttentionClassifier, LSTMAttentionPointer, \
            SeedEnsemble or ConformalIntervals
        As it was saved, but for skorch's callbacks in ``net_``; on the CPU, if this
        machine does not have the device that it was trained on.

    Raises
    ------
    ValueError
        If the file was not written by `save`, was changed since, or was written in a
        format of another version, which the message names.
    OSError
        If the file system refuses.

    See Also
    --------
    skattn.save : Writes the file.

    Examples
    --------
    >>> import tempfile
    >>> import skattn
    >>> model = skattn.LSTMAttentionRegressor(attention="general", hidden_size=32)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     skattn.save(model, f"{folder}/model.safetensors")
    ...     skattn.load(f"{folder}/model.safetensors")
    LSTMAttentionRegressor(attention='general', hidden_size=32)
    """
    path = to_path(path)
    description, arrays = read_container(path)
    with refusing(path):
        return _restore(description, arrays)
