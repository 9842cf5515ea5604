"""Checks of a state that came from a file, before anything is made from it."""

from typing import Any

import numpy as np

from .._conformal import CALIBRATED
from .._upgrade import FORMAT

State = dict[str, Any]  # what JSON and arrays hold

# What meta-estimators hold estimators under.
ESTIMATORS = ("estimator", "estimator_", "estimators_")


def verify(kind: type, state: State) -> None:
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


def verify_meta(kind: type, state: State, inner: dict[str, list[Any]]) -> None:
    """Check that a meta-estimator could hold these settings and estimators.

    Parameters
    ----------
    kind : type
        Its class.
    state : dict
        What it holds but for estimators.
    inner : dict of list
        The estimators, each verified for itself.

    Raises
    ------
    ValueError
        For the first entry that does not fit.
    """
    names = {*kind._parameter_constraints} - {"estimator"}  # type: ignore[attr-defined]
    learned = {*state} - names
    known = learned in (set(), {*CALIBRATED}) and {*state} >= names
    if not known or not {"estimator"} <= {*inner} <= {*ESTIMATORS}:
        raise ValueError(f"it holds {[*state, *inner]}")
    several = inner.get("estimators_", [])
    for name, held in inner.items():
        if name != "estimators_" and len(held) != 1:
            raise ValueError(f"it holds {len(held)} of one {name}")
    shapes = {(type(member), _measure_outputs(member)) for member in several}
    if "estimators_" in inner and len(shapes) != 1:
        raise ValueError(f"its members have the shapes {shapes}")
    if learned:
        _verify_margins(state, inner["estimator_"][0])


def _verify_margins(state: State, inner: Any) -> None:
    """Check what intervals learned against the outputs that they stand around."""
    levels, coverage = state["levels_"], state["coverage_"]
    if not isinstance(coverage, float) or not 0 < coverage < 1:
        raise ValueError(f"coverage_ is {coverage!r}")
    target = _find_network(inner)._target
    for name in ("margins_", "coverage_levels_"):
        values = state[name]
        if np.shape(values) != target.shape or not np.isfinite(values).all():
            raise ValueError(f"{name} holds {values!r}")
    scores, n_samples = state["scores_"], state["n_calibration_samples_"]
    if np.shape(scores) != (n_samples, *target.shape) or not np.isfinite(scores).all():
        raise ValueError(f"scores_ is of shape {np.shape(scores)}, or not finite")
    pair = isinstance(levels, tuple) and len(levels) == 2 and target.levels is not None
    if levels is not None and not pair:
        raise ValueError(f"levels_ is {levels!r}")


def _measure_outputs(member: Any) -> tuple[object, ...]:
    """Return what members of an ensemble have in common."""
    made = _find_network(member)._architecture
    common = (made.n_channels, made.n_timesteps, made.horizon, made.n_targets)
    return (*common, made.quantiles)


def _find_network(estimator: Any) -> Any:
    """Return the first estimator with a network in a meta-estimator."""
    while hasattr(estimator, "estimator"):
        held = vars(estimator)
        estimator = (
            held["estimators_"][0] if "estimators_" in held else held["estimator_"]
        )
    return estimator


def _verify_sizes(attributes: State, records: State) -> None:
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


def _verify_schema(attributes: State, records: State) -> None:
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
    _verify_times(records)
    indicators = records["_architecture"]["indicators"]
    allowed = {"error": False, "mask": True, "forward": True, "decay": True}
    if allowed.get(missing) != indicators:
        raise ValueError(f"missing is {missing!r}, and indicators {indicators!r}")


def _verify_beside(records: State) -> None:
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
    _verify_categories(schema, architecture)
    horizon = schema.get("horizon", 0)
    if schema.get("n_future", 0) and horizon != architecture["horizon"]:
        raise ValueError(f"the horizon is {horizon!r}")


def _verify_times(records: State) -> None:
    """Check what is known of times; older files lack it."""
    schema, architecture = records["_schema"], records["_architecture"]
    kind, unit = schema.get("times"), records["_input_scaler"].get("time_unit")
    if kind not in (None, "numbers", "dates", "durations", "steps"):
        raise ValueError(f"times is {kind!r}")
    since = schema["n_channels"] if architecture["indicators"] else 0
    n_times, decay = architecture.get("n_times", 0), architecture.get("decay", False)
    if type(n_times) is not int or n_times != (0 if kind is None else 1 + since):
        raise ValueError(f"n_times is {n_times!r}, and times {kind!r}")
    if decay is not (schema["missing"] == "decay") or (decay and kind is None):
        raise ValueError(f"decay is {decay!r}, and missing {schema['missing']!r}")
    known = type(unit) is float and np.isfinite(unit) and unit > 0
    if known != (kind is not None) or (not known and unit is not None):
        raise ValueError(f"time_unit is {unit!r}, and times {kind!r}")


def _verify_categories(schema: State, architecture: State) -> None:
    """Check vocabularies against the channels and columns that hold their codes."""
    number = 0
    for name, n_columns in (
        ("categories", schema["n_channels"]),
        ("static_categories", schema.get("n_static", 0)),
    ):
        held = schema.get(name, {})
        counts = tuple(architecture.get(name, ()))
        if not isinstance(held, dict) or counts != tuple(
            (column, len(entries)) for column, entries in held.items()
        ):
            raise ValueError(f"{name} are {held!r} and {counts!r}")
        for column, entries in held.items():
            inside = type(column) is int and 0 <= column < n_columns
            if not inside or not entries or not isinstance(entries, tuple):
                raise ValueError(f"{name} hold {column!r}: {entries!r}")
        number += len(held)
    size = architecture.get("embedding_size", 0)
    sizes = size if isinstance(size, tuple) else (size,)
    least = 1 if number else 0
    if isinstance(size, tuple) and len(size) != number:
        raise ValueError(f"embedding_size is {size!r} for {number} vocabularies")
    if not all(type(s) is int and s >= least for s in sizes):
        raise ValueError(f"embedding_size is {size!r}")


def _verify_target(records: State) -> None:
    target, architecture = records["_target"], records["_architecture"]
    outputs = (architecture["horizon"], architecture["n_targets"])
    if target["record"] == "Classes":
        classes = target["classes"]
        if not isinstance(classes, np.ndarray) or outputs != (1, len(classes)):
            raise ValueError(f"there are {outputs} outputs for classes {classes!r}")
        return
    if (
        target["record"] == "Steps"
        and target["n_timesteps"] != (architecture["n_timesteps"])
    ):
        raise ValueError(f"n_timesteps is {target['n_timesteps']!r}")
    levels = target.get("levels")
    if architecture.get("quantiles") != levels or not _are_levels(levels):
        raise ValueError(f"levels are {levels!r}, {architecture.get('quantiles')!r}")
    form = target["shape"]
    if not isinstance(form, tuple) or (*form, 1, 1)[:2] != outputs:
        raise ValueError(f"y has the form {form!r}")


def _are_levels(levels: object) -> bool:
    """Return whether levels are what `read_levels` returns."""
    if levels is None:
        return True
    if not isinstance(levels, tuple) or not all(type(q) is float for q in levels):
        return False
    inside = len(levels) > 1 and all(0 < level < 1 for level in levels)
    return inside and 0.5 in levels and [*levels] == sorted({*levels})


def _verify_scalers(records: State) -> None:
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
