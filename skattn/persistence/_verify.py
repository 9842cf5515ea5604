"""Checks of a state that came from a file, before anything is made from it."""

from typing import Any

import numpy as np

from .._state import FORMAT


def verify(kind: type, state: dict[str, Any]) -> None:
    """Refuse a state that no estimator of this class could have had.

    Weights are checked against the network's settings where it is built.

    Parameters
    ----------
    kind : type
        The estimator's class.
    state : dict
        As `get_state` gives it; one of another format is left to `set_state`.

    Raises
    ------
    ValueError
        For the first part that does not fit.
    """
    if state.get("format") != FORMAT:
        return
    for name in [*state["attributes"], *state["records"]]:
        learned = name.endswith("_") != name.startswith("_")
        if not learned or not name.isidentifier() or hasattr(kind, name):
            raise ValueError(f"it sets the attribute {name!r}")
    if state["net"] is not None:
        attributes, records = state["attributes"], state["records"]
        _verify_sizes(attributes)
        _verify_scalers(attributes, records)
        _verify_gaps(attributes, records)
        _verify_schema(attributes, records)


def _verify_sizes(attributes: dict[str, Any]) -> None:
    settings = attributes["_settings"]
    pairs = {
        "n_channels": attributes["n_channels_in_"],
        "n_timesteps": attributes["n_timesteps_in_"],
    }
    for name, size in pairs.items():
        if type(size) is not int or size < 1 or settings[name] != size:
            raise ValueError(f"{name} is {settings[name]!r} and {size!r}")
    if attributes["n_features_in_"] not in (
        pairs["n_channels"],
        pairs["n_channels"] * pairs["n_timesteps"],
    ):
        raise ValueError(f"n_features_in_ is {attributes['n_features_in_']!r}")


def _verify_scalers(attributes: dict[str, Any], records: dict[str, Any]) -> None:
    settings = attributes["_settings"]
    horizon, n_targets = settings["horizon"], settings["n_targets"]
    form = records["_target_form"]["shape"]
    if not isinstance(form, tuple) or (*form, 1, 1)[:2] != (horizon, n_targets):
        raise ValueError(f"y has the form {form!r}")
    shapes = {
        "_input_scaler": [(settings["n_channels"],)],
        "_target_scaler": [(1,), (n_targets,), (horizon, 1)],
    }
    for name, allowed in shapes.items():
        for part in ("mean", "scale"):
            values = records[name][part]
            fits = isinstance(values, np.ndarray) and values.shape in allowed
            if not fits or not np.isfinite(values).all():
                raise ValueError(f"{name} holds {values!r}")
        if not (records[name]["scale"] > 0).all():
            raise ValueError(f"{name} has the scale {records[name]['scale']!r}")


def _verify_gaps(attributes: dict[str, Any], records: dict[str, Any]) -> None:
    missing = records["_input_scaler"]["missing"]
    indicators = attributes["_settings"]["indicators"]
    allowed = {"error": False, "mask": True, "forward": True}
    if allowed.get(missing) != indicators:
        raise ValueError(f"missing is {missing!r}, and indicators {indicators!r}")


def _verify_schema(attributes: dict[str, Any], records: dict[str, Any]) -> None:
    schema = records["_schema"]
    expected = {
        "n_timesteps": attributes["n_timesteps_in_"],
        "n_channels": attributes["n_channels_in_"],
        "missing": records["_input_scaler"]["missing"],
    }
    for name, value in expected.items():
        if schema[name] != value:
            raise ValueError(f"{name} is {value!r} and {schema[name]!r}")
    for name, kinds in (
        ("flat", bool),
        ("row_timesteps", int | None),
        ("padding_value", int | float | None),
    ):
        if not isinstance(schema[name], kinds):
            raise ValueError(f"{name} is {schema[name]!r}")
