"""Checks of a state that came from a file, before anything is made from it."""

from typing import Any

import numpy as np

from .._upgrade import FORMAT


def verify(kind: type, state: dict[str, Any]) -> None:
    """Check that an estimator of this class could have had a state.

    Weights are checked against the architecture where the network is built.

    Parameters
    ----------
    kind : type
        The estimator's class.
    state : dict
        As `get_state` gives it; one of another format is left to `set_state`.

    Raises
    ------
    ValueError
        For the first entry that does not fit.
    """
    if state.get("format") != FORMAT:
        return
    for name in [*state["attributes"], *state["records"]]:
        learned = name.endswith("_") != name.startswith("_")
        if not learned or not name.isidentifier() or hasattr(kind, name):
            raise ValueError(f"it sets the attribute {name!r}")
    if state["net"] is not None:
        _verify_sizes(state["attributes"], state["records"])
        _verify_schema(state["attributes"], state["records"])
        _verify_target(state["records"])
        _verify_scalers(state["records"])


def _verify_sizes(attributes: dict[str, Any], records: dict[str, Any]) -> None:
    architecture = records["_architecture"]
    pairs = {
        "n_channels": attributes["n_channels_in_"],
        "n_timesteps": attributes["n_timesteps_in_"],
    }
    for name, size in pairs.items():
        if type(size) is not int or size < 1 or architecture[name] != size:
            raise ValueError(f"{name} is {architecture[name]!r} and {size!r}")
    if attributes["n_features_in_"] not in (
        pairs["n_channels"],
        pairs["n_channels"] * pairs["n_timesteps"],
    ):
        raise ValueError(f"n_features_in_ is {attributes['n_features_in_']!r}")


def _verify_schema(attributes: dict[str, Any], records: dict[str, Any]) -> None:
    schema, missing = records["_schema"], records["_input_scaler"]["missing"]
    expected = {
        "n_timesteps": attributes["n_timesteps_in_"],
        "n_channels": attributes["n_channels_in_"],
        "missing": missing,
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
    _verify_beside(records)
    indicators = records["_architecture"]["indicators"]
    allowed = {"error": False, "mask": True, "forward": True}
    if allowed.get(missing) != indicators:
        raise ValueError(f"missing is {missing!r}, and indicators {indicators!r}")


def _verify_beside(records: dict[str, Any]) -> None:
    """Check what is known of static features and of the future; older files lack it."""
    schema, architecture = records["_schema"], records["_architecture"]
    for part in ("static", "future"):
        size = schema.get(f"n_{part}", 0)
        if type(size) is not int or architecture.get(f"n_{part}", 0) != size:
            raise ValueError(f"n_{part} is {size!r}")
        scaler = records["_input_scaler"].get(part)
        if (scaler is None) != (size == 0):
            raise ValueError(f"n_{part} is {size!r}, and its scaler {scaler!r}")
        names = schema.get(f"{part}_names")
        if names is not None and (not isinstance(names, tuple) or len(names) != size):
            raise ValueError(f"{part}_names is {names!r}")
    horizon = schema.get("horizon", 0)
    if schema.get("n_future", 0) and horizon != architecture["horizon"]:
        raise ValueError(f"the horizon is {horizon!r}")


def _verify_target(records: dict[str, Any]) -> None:
    target, architecture = records["_target"], records["_architecture"]
    outputs = (architecture["horizon"], architecture["n_targets"])
    if target["record"] == "Classes":
        classes = target["classes"]
        if not isinstance(classes, np.ndarray) or outputs != (1, len(classes)):
            raise ValueError(f"there are {outputs} outputs for classes {classes!r}")
        return
    form = target["shape"]
    if not isinstance(form, tuple) or (*form, 1, 1)[:2] != outputs:
        raise ValueError(f"y has the form {form!r}")


def _verify_scalers(records: dict[str, Any]) -> None:
    architecture = records["_architecture"]
    horizon, n_targets = architecture["horizon"], architecture["n_targets"]
    inputs = records["_input_scaler"]
    beside = [
        (f"the scaler of {part}", inputs[part], [(1,), (architecture[f"n_{part}"],)])
        for part in ("static", "future")
        if inputs.get(part) is not None
    ]
    for name, scaler, allowed in (
        *beside,
        ("_input_scaler", inputs, [(architecture["n_channels"],)]),
        ("scaler", records["_target"]["scaler"], [(1,), (n_targets,), (horizon, 1)]),
    ):
        for key in ("mean", "scale"):
            values = scaler[key]
            fits = isinstance(values, np.ndarray) and values.shape in allowed
            if not fits or not np.isfinite(values).all():
                raise ValueError(f"{name} holds {values!r}")
        if not (scaler["scale"] > 0).all():
            raise ValueError(f"{name} has the scale {scaler['scale']!r}")
