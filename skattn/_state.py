"""Estimators as plain arrays and settings: what pickles and files hold."""

import warnings
from dataclasses import fields
from importlib.metadata import version
from typing import Any

import numpy as np

from .sequences._forms import Schema, TargetForm
from .sequences._scaling import InputScaler, Scaler
from .training import pack_net, unpack_net

FORMAT = 2
_VERSION = version("skattn")

# Small records that estimators hold, written down field by field.
_RECORDS = {
    record.__name__: record for record in (InputScaler, Scaler, Schema, TargetForm)
}


class UnpickledVersionWarning(UserWarning):
    """A pickle was written by another version of skattn."""


class PlainState:
    """Pickles and copies of estimators hold plain arrays, not torch's objects."""

    def __getstate__(self) -> dict[str, Any]:
        """Describe the estimator by plain arrays and settings, for pickle and copy.

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
        """Take over what `__getstate__` described, or say which version wrote it."""
        written = state.get("version")
        if written != _VERSION:
            warnings.warn(
                f"This {type(self).__name__} was pickled by skattn {written} and is "
                f"read by skattn {_VERSION}. Pickles are tied to a version: the result "
                "may be wrong. Use skattn.save, whose files later versions read, or "
                f"install skattn {written}.",
                UnpickledVersionWarning,
                stacklevel=2,
            )
        set_state(self, upgrade(state))


def get_state(estimator: Any) -> dict[str, Any]:
    """Describe an estimator, fitted or not.

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
        "version": _VERSION,
        "parameters": parameters,
        "attributes": {name: state[name] for name in state if name not in records},
        "records": records,
        "net": None if net is None else pack_net(net),
    }


def set_state(estimator: Any, state: dict[str, Any]) -> None:
    """Give an empty estimator what `get_state` described.

    Parameters
    ----------
    estimator : BaseLSTMAttention
        Fresh from ``__new__``.
    state : dict
        From `get_state`.

    Raises
    ------
    ValueError
        If another format was written, naming the version that did, or if the parts do
        not fit together.
    """
    parameters = type(estimator)().get_params(deep=False)  # later ones have defaults
    if state.get("format") != FORMAT or state["parameters"].keys() - parameters.keys():
        raise ValueError(
            f"This {type(estimator).__name__} was written by skattn "
            f"{state.get('version', 'of an unknown version')} in format "
            f"{state.get('format')!r}; skattn {_VERSION} reads format {FORMAT}. "
            "Load it with the version that wrote it, or fit it again."
        )
    learned = state["attributes"] | {
        name: _unpack_record(record) for name, record in state["records"].items()
    }
    if state["net"] is not None:
        learned["net_"] = unpack_net(state["net"], learned["_settings"])
    vars(estimator).update(parameters | state["parameters"] | learned)


def upgrade(state: dict[str, Any]) -> dict[str, Any]:
    """Return a state of an earlier format in the present one.

    Format 1 (skattn 0.1) had no record of how X is read: the parameters decided it,
    and the input scaler knew what happens to gaps.
    """
    if state.get("format") != 1:
        return state
    attributes, records = dict(state["attributes"]), dict(state["records"])
    flat = attributes.pop("_flat", None)
    if flat is not None:
        parameters = state["parameters"]
        records["_schema"] = {
            "record": "Schema",
            "n_timesteps": attributes["n_timesteps_in_"],
            "n_channels": attributes["n_channels_in_"],
            "flat": flat,
            "row_timesteps": parameters.get("n_timesteps"),
            "padding_value": parameters.get("padding_value"),
            "missing": records["_input_scaler"]["missing"],
        }
    settings = attributes.get("_settings")
    if settings and settings.get("decoder") == "lstm":  # it never read its query
        attributes["_settings"] = settings | {"query": "last"}
    changed = {"format": FORMAT, "attributes": attributes, "records": records}
    return state | changed


def _pack_record(record: Any) -> dict[str, Any]:
    parts = {field.name: getattr(record, field.name) for field in fields(record)}
    packed = {
        name: str(part) if isinstance(part, np.dtype) else part
        for name, part in parts.items()
    }
    return {"record": type(record).__name__, **packed}


def _unpack_record(packed: dict[str, Any]) -> Any:
    parts = dict(packed)
    record = _RECORDS[parts.pop("record")]
    if "dtype" in parts:
        parts["dtype"] = np.dtype(parts["dtype"])
    return record(**parts)
