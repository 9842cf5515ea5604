"""Estimators as plain arrays and settings: what pickles and files hold."""

import warnings
from dataclasses import fields
from importlib.metadata import version
from typing import Any

import numpy as np

from ._upgrade import FORMAT, upgrade
from .nn._build import Architecture
from .sequences._scaling import InputScaler, Scaler
from .sequences._schema import Schema
from .targets import Classes, Regression, Steps
from .training import pack_net, unpack_net

VERSION = version("skattn")

# Small records that estimators hold, written down field by field.
_RECORDS: dict[str, type] = {
    record.__name__: record
    for record in (
        Architecture,
        Classes,
        InputScaler,
        Regression,
        Scaler,
        Schema,
        Steps,
    )
}


class UnpickledVersionWarning(UserWarning):
    """A pickle was written by another version of skattn."""


class PlainState:
    """Pickles and copies of estimators hold plain arrays, not torch's objects."""

    def __getstate__(self) -> dict[str, Any]:
        """Return the estimator as plain arrays and settings, for pickle and copy.

        Saved are the parameters as given; scales, forms and, if stored, the attention
        weights of the training data; the network as its settings and one NumPy array
        for each tensor; the optimiser's moments and the history, so that training can
        go on. Not saved: the training data, skorch's callbacks and torch's own
        objects, whose insides change from version to version. So the size depends on
        the network, not on the training data (but for ``attention_weights_``), and
        what an accelerator trained loads without one.
        """
        return get_state(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore what `__getstate__` described, or say which version wrote it."""
        set_state(self, upgrade(state))
        written = state["version"]
        if written != VERSION:
            warnings.warn(
                f"This {type(self).__name__} was pickled by skattn {written} and is "
                f"read by skattn {VERSION}. Pickles are tied to a version: the result "
                "may be wrong. Use skattn.save, whose files later versions read, or "
                f"install skattn {written}.",
                UnpickledVersionWarning,
                stacklevel=2,
            )


def get_state(estimator: Any) -> dict[str, Any]:
    """Return a description of an estimator, fitted or not.

    Parameters
    ----------
    estimator : BaseLSTMAttention
        Left as it is.

    Returns
    -------
    dict
        ``format`` and ``version`` of what wrote it, the constructor's ``parameters``
        as given, what `fit` learned as ``attributes`` and ``records``, and the
        network's ``net``, None before `fit`.
    """
    names = estimator.get_params(deep=False)
    state = dict(vars(estimator))
    parameters = {name: state.pop(name) for name in names}
    net = state.pop("net_", None)
    records = {
        name: _pack_record(value)
        for name, value in state.items()
        if type(value) in _RECORDS.values()
    }
    return {
        "format": FORMAT,
        "version": VERSION,
        "parameters": parameters,
        "attributes": {name: state[name] for name in state if name not in records},
        "records": records,
        "net": None if net is None else pack_net(net),
    }


def set_state(estimator: Any, state: dict[str, Any]) -> None:
    """Restore in an empty estimator what `get_state` described.

    Parameters
    ----------
    estimator : BaseLSTMAttention
        Fresh from ``__new__``.
    state : dict
        From `get_state`.

    Raises
    ------
    ValueError
        If another format was written, naming the version that did, or if its contents
        do not fit together.
    """
    parameters = type(estimator)().get_params(deep=False)  # later ones have defaults
    if state.get("format") != FORMAT or state["parameters"].keys() - parameters.keys():
        raise ValueError(
            f"This {type(estimator).__name__} was written by skattn "
            f"{state.get('version', 'of an unknown version')} in format "
            f"{state.get('format')!r}; skattn {VERSION} reads format {FORMAT}. "
            "Load it with the version that wrote it, or fit it again."
        )
    learned = state["attributes"] | {
        name: _unpack_record(record) for name, record in state["records"].items()
    }
    if state["net"] is not None:
        learned["net_"] = unpack_net(state["net"], learned["_architecture"])
    vars(estimator).update(parameters | state["parameters"] | learned)


def _pack_record(record: Any) -> dict[str, Any]:
    packed: dict[str, Any] = {"record": type(record).__name__}
    for field in fields(record):
        value = getattr(record, field.name)
        if type(value) in _RECORDS.values():
            value = _pack_record(value)
        elif isinstance(value, np.dtype):
            value = str(value)
        packed[field.name] = value
    return packed


def _unpack_record(packed: dict[str, Any]) -> Any:
    values = {
        name: _unpack_record(value)
        if isinstance(value, dict) and "record" in value
        else value
        for name, value in packed.items()
    }
    record = _RECORDS[values.pop("record")]
    if "dtype" in values:
        values["dtype"] = np.dtype(values["dtype"])
    return record(**values)
