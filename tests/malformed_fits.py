"""Sequences that can be built, but neither learned from nor predicted.

As in `malformed_sequences`, a damage changes the parts, and returns the words that the
error must hold.
"""

import numpy as np
import pandas as pd

from .malformed_sequences import (
    HORIZON,
    N_SAMPLES,
    choose,
    make_times,
    replaced,
)

# What neither `fit` nor `predict` takes.


def _damage_steps(parts, value):
    i = int(parts.rng.integers(N_SAMPLES))
    steps = parts.given["steps"]
    if parts.form == "tokens":
        parts.given["steps"] = steps = [np.ones((len(row), 2)) for row in steps]
    row = np.array(steps[i], float)
    row[parts.rng.integers(len(row)), parts.rng.integers(2)] = value
    kind = type(steps[i])
    columns = {"columns": ["load", "heat"]} if kind is pd.DataFrame else {}
    new = pd.DataFrame(row, **columns) if columns else row
    changed = replaced(steps, i, new)
    parts.given["steps"] = np.array(changed) if parts.form == "array" else changed


def steps_not_finite(parts):
    _damage_steps(parts, choose(parts.rng, [np.nan, np.inf, -np.inf]))
    return "X"


def steps_of_unknown_type(parts):
    kind = choose(parts.rng, ["c16", "M8[D]", "m8[s]", "V4"])
    lengths = [len(row) for row in parts.given["steps"]]
    rows = [np.zeros((n, 2), "i4").astype(kind) for n in lengths]
    parts.given["steps"] = np.stack(rows) if parts.form == "array" else rows
    return "X"


def steps_of_odd_objects(parts):
    odd = [{}, object(), [1, 2], (), 1j, np.ones(2)]
    lengths = [len(row) for row in parts.given["steps"]]
    rows = [np.zeros((n, 2), object) for n in lengths]
    rows[parts.rng.integers(6)][0, 0] = choose(parts.rng, odd)
    parts.given["steps"] = np.stack(rows) if parts.form == "array" else rows
    return "X"


def a_sequence_of_unknown_type(parts):
    rows = [np.ones((len(row), 2)) for row in parts.given["steps"]]
    i = int(parts.rng.integers(6))
    kind = choose(parts.rng, ["c16", "M8[D]", "m8[s]", "V4"])
    parts.given["steps"] = replaced(rows, i, rows[i].astype("i4").astype(kind))
    return "X"


def tokens_of_odd_objects(parts):
    odd = [{}, ["a"], {"a"}, np.ones(2)]
    tokens = [["a"] * len(row) for row in parts.given["steps"]]
    tokens[parts.rng.integers(6)][-1] = choose(parts.rng, odd)
    parts.given["steps"] = tokens
    return "X"


def a_sequence_of_other_channels(parts):
    arrays = [np.ones((len(row), 2)) for row in parts.given["steps"]]
    i = int(parts.rng.integers(6))
    size = choose(parts.rng, [1, 3])
    parts.given["steps"] = replaced(arrays, i, np.ones((len(arrays[i]), size)))
    return "X"


def a_sequence_without_steps(parts):
    steps, i = [*parts.given["steps"]], int(parts.rng.integers(6))
    parts.given.pop("times", None)
    none = [] if parts.form == "tokens" else steps[i][:0]
    parts.given["steps"] = replaced(steps, i, none)
    return "X"


def tokens_among_numbers(parts):
    lengths = [len(row) for row in parts.given["steps"]]
    rows = [np.ones((n, 1)) for n in lengths]
    i = int(parts.rng.integers(1, 6))
    parts.given["steps"] = replaced(rows, i, ["a"] * lengths[i])
    return "X"


def frames_of_other_columns(parts):
    lengths = [len(row) for row in parts.given["steps"]]
    frames = [pd.DataFrame(np.ones((n, 2)), columns=["load", "heat"]) for n in lengths]
    i = int(parts.rng.integers(1, 6))
    columns = choose(parts.rng, [["heat", "load"], ["load", "cold"]])
    other = pd.DataFrame(np.ones((lengths[i], 2)), columns=columns)
    parts.given["steps"] = replaced(frames, i, other)
    return "X"


def static_not_finite(parts):
    static = parts.rng.normal(size=(6, 2))
    value = choose(parts.rng, [np.nan, np.inf, -np.inf])
    static[parts.rng.integers(6), parts.rng.integers(2)] = value
    framed = parts.rng.random() < 0.5
    parts.given["static"] = (
        pd.DataFrame(static, columns=["p", "q"]) if framed else static
    )
    return "static"


def static_of_odd_objects(parts):
    odd = [{}, object(), [1, 2], 1j, (), np.ones(2)]
    static = np.ones((6, 2), object)
    static[parts.rng.integers(6), 1] = choose(parts.rng, odd)
    framed = parts.rng.random() < 0.5
    parts.given["static"] = (
        pd.DataFrame(static, columns=["p", "q"]) if framed else static
    )
    return "static"


def static_dates(parts):
    days = pd.date_range("2020", periods=6)
    parts.given["static"] = pd.DataFrame({"age": np.ones(6), "day": days})
    return "static"


def future_not_finite(parts):
    parts.given["future"] = parts.rng.normal(size=(6, HORIZON, 2))
    parts.y = parts.rng.normal(size=(6, HORIZON))
    value = choose(parts.rng, [np.nan, np.inf, -np.inf])
    parts.given["future"][parts.rng.integers(6), 1, 0] = value
    return "future"


def times_infinite(parts):
    rows, i = make_times(parts), int(parts.rng.integers(6))
    rows[i][-1] = np.inf
    parts.given["times"] = rows
    return "times"


def times_of_two_kinds(parts):
    rows, i = make_times(parts), int(parts.rng.integers(6))
    kind = choose(parts.rng, ["M8[s]", "m8[s]"])
    parts.given["times"] = replaced(rows, i, rows[i].astype(kind))
    return "times"


# What learning alone refuses.


def future_of_another_horizon_than_y(parts):
    parts.given["future"] = parts.rng.normal(size=(6, HORIZON, 2))
    parts.y = parts.rng.normal(size=(6, choose(parts.rng, [1, 2, 4])))
    return "future"


def y_of_other_length(parts):
    parts.y = parts.rng.normal(size=choose(parts.rng, [0, 1, 5, 7]))
    return "y"


def y_of_unknown_type(parts):
    kind = choose(parts.rng, ["c16", "M8[D]", "m8[s]", "V4", "U2"])
    parts.y = np.zeros(parts.y.shape, "i4").astype(kind)
    if kind == "U2":
        parts.y = np.full(parts.y.shape, "a")
    return "y"


def y_not_finite(parts):
    parts.y[parts.rng.integers(6)] = choose(parts.rng, [np.nan, np.inf, -np.inf])
    return "y"


def no_samples(parts):
    parts.given = {name: part[:0] for name, part in parts.given.items()}
    parts.y = parts.y[:0]
    return "sample"


# What a fitted schema refuses. ``parts`` were sound and are fitted on before.


def without_a_part(parts):
    beside = [name for name in ("static", "future", "times") if name in parts.given]
    if not beside:
        return with_another_part(parts)
    name = choose(parts.rng, beside)
    del parts.given[name]
    return name


def with_another_part(parts):
    others = {
        "static": np.ones((6, 1)),
        "future": np.ones((6, 2, 1)),
        "times": make_times(parts),
    }
    absent = [name for name in others if name not in parts.given]
    if not absent:
        return without_a_part(parts)
    name = choose(parts.rng, absent)
    parts.given[name] = others[name]
    return name


def static_of_other_size(parts):
    parts.given["static"] = np.ones((6, choose(parts.rng, [1, 3])))
    return "static"


def static_of_other_names(parts):
    parts.given["static"] = choose(
        parts.rng,
        [
            pd.DataFrame({"ward": ["n"] * 6, "age": np.ones(6)}),
            pd.DataFrame({"age": np.ones(6), "site": ["n"] * 6}),
        ],
    )
    return "static"


def static_text_for_numbers(parts):
    parts.given["static"] = pd.DataFrame({"age": ["old"] * 6, "ward": ["n"] * 6})
    return "static"


def static_numbers_for_text(parts):
    if isinstance(parts.given.get("static"), np.ndarray):  # numbers in fit, too
        return static_of_other_size(parts)
    parts.given["static"] = pd.DataFrame({"age": np.ones(6), "ward": np.ones(6) / 3})
    return "static"


def future_of_another_horizon(parts):
    steps, size = choose(parts.rng, [(2, 2), (4, 2), (3, 1), (3, 3)])
    parts.given["future"] = np.ones((6, steps, size))
    return "future"


def times_of_another_kind(parts):
    kind = choose(parts.rng, ["M8[s]", "m8[s]"])
    parts.given["times"] = [row.astype(kind) for row in make_times(parts)]
    return "times"


def steps_of_other_channels(parts):
    size = choose(parts.rng, [1, 3])
    rows = [np.ones((len(row), size)) for row in parts.given["steps"]]
    parts.given["steps"] = np.stack(rows) if parts.form == "array" else rows
    return "X"


def text_for_numbers(parts):
    rows = [np.full((len(row), 2), "a", object) for row in parts.given["steps"]]
    parts.given["steps"] = rows
    return "X"


def numbers_for_text(parts):
    if parts.form != "tokens":
        return text_for_numbers(parts)
    parts.given["steps"] = [np.ones((len(row), 1)) for row in parts.given["steps"]]
    return "X"


BOTH = (
    steps_not_finite,
    steps_of_unknown_type,
    steps_of_odd_objects,
    a_sequence_of_unknown_type,
    tokens_of_odd_objects,
    a_sequence_of_other_channels,
    a_sequence_without_steps,
    tokens_among_numbers,
    frames_of_other_columns,
    static_not_finite,
    static_of_odd_objects,
    static_dates,
    future_not_finite,
    times_infinite,
    times_of_two_kinds,
)
FITTING = (
    future_of_another_horizon_than_y,
    y_of_other_length,
    y_of_unknown_type,
    y_not_finite,
    no_samples,
    *BOTH,
)
PREDICTING = (
    without_a_part,
    with_another_part,
    static_of_other_size,
    static_of_other_names,
    static_text_for_numbers,
    static_numbers_for_text,
    future_of_another_horizon,
    times_of_another_kind,
    steps_of_other_channels,
    text_for_numbers,
    numbers_for_text,
    *BOTH,
)
