"""States of earlier formats in the present one, so that old files load."""

from dataclasses import fields
from typing import Any

import numpy as np

from .nn._build import Architecture

FORMAT = 2

_NAMES = {field.name for field in fields(Architecture)}


def upgrade(state: dict[str, Any]) -> dict[str, Any]:
    """Return a state of an earlier format in the present one.

    Format 1 (skattn 0.1) kept the network's settings as a dictionary, form and scale of
    y apart, and no record of how X is read: the parameters decided it, and the input
    scaler knew what happens to gaps.

    Parameters
    ----------
    state : dict
        As `get_state` of some version described an estimator.

    Returns
    -------
    dict
        The same, if it is of the present format or of an unknown one.
    """
    if state.get("format") != 1:
        return _add_positions(state)
    # What is new is off, whatever its default has become.
    new = {"conv_layers": 0, "passthrough": False, "scale_windows": False}
    parameters = state["parameters"] | new
    state = {**state, "format": FORMAT, "parameters": parameters}
    if state["net"] is None:
        return state
    attributes, records = dict(state["attributes"]), dict(state["records"])
    settings = attributes.pop("_settings")
    records["_schema"] = {
        "record": "Schema",
        "n_timesteps": attributes["n_timesteps_in_"],
        "n_channels": attributes["n_channels_in_"],
        "flat": attributes.pop("_flat"),
        "row_timesteps": parameters.get("n_timesteps"),
        "padding_value": parameters.get("padding_value"),
        "missing": records["_input_scaler"]["missing"],
    }
    if settings.get("decoder") == "lstm":  # it never read its query
        settings = {**settings, "query": "last"}
    architecture = {name: value for name, value in settings.items() if name in _NAMES}
    attributes |= {"_choices": {}, **_find_values(parameters, settings, state["net"])}
    records["_architecture"] = {"record": "Architecture", **architecture}
    form, scaler = records.pop("_target_form"), records.pop("_target_scaler")
    class_weights = attributes.pop("_class_weights", None)
    if "classes_" in attributes:
        records["_target"] = {
            "record": "Classes",
            "classes": attributes["classes_"],
            "class_weight": parameters.get("class_weight"),
            "of_class": class_weights if parameters.get("class_weight") else None,
            "scaler": scaler,
        }
    else:
        records["_target"] = {
            "record": "Regression",
            "shape": form["shape"],
            "dtype": form["dtype"],
            "scaler": scaler,
            "channels": settings.get("target_channels"),
            "output_activation": settings.get("output_activation", "identity"),
            "loss": parameters.get("loss", "squared_error"),
            "quantile": parameters.get("quantile"),
        }
    attributes["attention_share_"] = 1.0  # not measured then
    attributes |= _keep_attention(
        attributes.pop("attention_weights_", None), attributes
    )
    net = dict(state["net"])
    net["weights"] = {
        _rename(name): weights for name, weights in net["weights"].items()
    }
    return {**state, "attributes": attributes, "records": records, "net": net}


def _add_positions(state: dict[str, Any]) -> dict[str, Any]:
    """Return a fitted state with ``positions_``, which was the parameter at first."""
    attributes = state.get("attributes")
    if not state.get("net") or not isinstance(attributes, dict):
        return state
    known = {"positions_": state["parameters"].get("positions")} | attributes
    return {**state, "attributes": known}


def _find_values(
    parameters: dict[str, Any], settings: dict[str, Any], net: dict[str, Any]
) -> dict[str, Any]:
    """Return the values of the last call, which are fitted attributes now."""
    decay = parameters["weight_decay"]
    if decay == "auto":
        falls = parameters["lr_schedule"] in ("cosine", "one_cycle")
        decay = 1.0 if falls and parameters["optimizer"] == "adamw" else 0.0
    names = ("patch_size", "query", "bidirectional", "dropout")
    given = {name: settings[name] for name in names}
    given["early_stopping"] = parameters["early_stopping"]
    if "class_weight" in parameters:  # a classifier
        given["label_smoothing"] = 0.0
    if "anchor" in parameters:  # a regressor
        given["anchor"] = parameters["anchor"]
        given["linear_skip"] = parameters["linear_skip"]
    return {f"{name}_": value for name, value in given.items()} | {
        "conv_layers_": 0,
        "passthrough_": False,
        "positions_": parameters.get("positions"),
        "scale_windows_": False,
        "learning_rate_": net["settings"]["lr"],
        "weight_decay_": decay,
        "batch_size_": net["settings"]["batch_size"],
        "max_epochs_": net["settings"]["max_epochs"],
    }


def _keep_attention(
    weights: np.ndarray | None, attributes: dict[str, Any]
) -> dict[str, Any]:
    """Return the weights of the training samples as they are kept now, by patch.

    Lengths were not recorded. Where there are patches, a sequence of several lengths
    is taken for the longest with its number of patches.
    """
    if weights is None:
        return {"_attention_weights": None, "_attention_lengths": None}
    longest, size = attributes["n_timesteps_in_"], attributes["patch_size_"]
    n_patches = (weights > 0).any(axis=tuple(range(1, weights.ndim - 1))).sum(-1)
    lengths = np.minimum(np.maximum(n_patches, 1) * size, longest)
    return {
        "_attention_weights": weights,
        "_attention_lengths": None if (lengths == longest).all() else lengths,
        "_attention_timesteps": longest,
    }


def _rename(name: str) -> str:
    """Return the present name of an array of weights."""
    start, _, last = name.rpartition(".")
    if last != "center":
        return name
    return f"{start}.input.center" if start else "input.center"
