"""Random `Sequences` with one thing wrong, and what must come of each.

A case is a sound set of parts and one damage. A damage changes the parts, and says
which words the error must hold: the name of the argument that is wrong.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from skattn.sequences import Sequences

N_SAMPLES, HORIZON = 6, 3
FORMS = ("array", "list", "frames", "tokens")


@dataclass
class Parts:
    """What `Sequences` are made of, with the answers beside them.

    Parameters
    ----------
    form : str
        Of the steps.
    rng : Generator
        Source of all numbers.
    given : dict
        Arguments of `Sequences`.
    y : ndarray
        One answer a sample, or a horizon of them where there is a future.
    """

    form: str
    rng: np.random.Generator
    given: dict = field(default_factory=dict)
    y: object = None

    def build(self):
        return Sequences(**self.given)


def make_parts(form, beside, seed):
    """Return sound parts: steps in one form, and some of what may stand beside."""
    rng = np.random.default_rng(seed)
    parts = Parts(form, rng)
    lengths = rng.integers(2, 6, N_SAMPLES)
    if form == "array":
        lengths[:] = 4
        parts.given["steps"] = rng.normal(size=(N_SAMPLES, 4, 2))
    else:
        arrays = [rng.normal(size=(n, 2)) for n in lengths]
        frames = [pd.DataFrame(a, columns=["load", "heat"]) for a in arrays]
        tokens = [[*rng.choice(["a", "b", "c"], n)] for n in lengths]
        tokens = [[str(token) for token in row] for row in tokens]
        parts.given["steps"] = {"list": arrays, "frames": frames}.get(form, tokens)
    parts.y = rng.normal(size=N_SAMPLES)
    if "static" in beside:
        ages, wards = rng.normal(size=N_SAMPLES), rng.choice(["n", "s"], N_SAMPLES)
        frame = pd.DataFrame({"age": ages, "ward": wards.astype(object)})
        parts.given["static"] = frame if rng.random() < 0.5 else rng.normal(size=(6, 2))
    if "future" in beside:
        parts.given["future"] = rng.normal(size=(N_SAMPLES, HORIZON, 2))
        parts.y = rng.normal(size=(N_SAMPLES, HORIZON))
    if "times" in beside:
        times = [rng.exponential(size=n).cumsum() for n in lengths]
        parts.given["times"] = np.array(times) if form == "array" else times
    return parts


def replaced(sequence, i, value):
    """Return a list with one entry replaced; arrays as lists of their rows."""
    changed = [*sequence]
    changed[i % len(changed)] = value
    return changed


def choose(rng, options):
    return options[rng.integers(len(options))]


# What cannot be built. Each function takes parts, and returns the words of the error.


def wrong_steps(parts):
    odd = [None, 3, 1.5, "text", {"a": 1}, {1, 2}, iter([1]), np.array(3.0), Sequences]
    parts.given["steps"] = choose(parts.rng, odd)
    return "steps"


def nested(parts):
    parts.given["steps"] = parts.build()
    return "steps"


def static_of_other_length(parts):
    n = choose(parts.rng, [0, 1, 5, 7, 12])
    parts.given["static"] = parts.rng.normal(size=(n, 2))
    return "static"


def static_of_other_axes(parts):
    shape = choose(parts.rng, [(6,), (6, 2, 1), (6, 0), ()])
    parts.given["static"] = np.ones(shape)
    return "static"


def static_of_unknown_type(parts):
    kind = choose(parts.rng, ["c16", "M8[D]", "m8[s]", "V4"])
    parts.given["static"] = np.zeros((6, 2), "i4").astype(kind)
    return "static"


def static_uneven(parts):
    parts.given["static"] = [[1.0], [2.0, 3.0], [4.0], [5.0], [6.0], [7.0]]
    return "static"


def future_of_other_length(parts):
    parts.given["future"] = np.ones((choose(parts.rng, [0, 1, 5, 7]), 3, 2))
    return "future"


def future_of_other_axes(parts):
    shapes = [(6,), (6, 3), (6, 0, 2), (6, 3, 0), (6, 3, 2, 1), ()]
    parts.given["future"] = np.ones(choose(parts.rng, shapes))
    return "future"


def future_of_unknown_type(parts):
    kind = choose(parts.rng, ["c16", "M8[D]", "U3", "S2", "O", "V4"])
    parts.given["future"] = np.ones((6, 3, 2), "i4").astype(kind)
    return "future"


def future_uneven(parts):
    rows = [np.ones((3, 2))] * 6
    wrong = choose(parts.rng, [np.ones((2, 2)), np.ones((3, 1)), np.ones(3), None, "x"])
    parts.given["future"] = replaced(rows, parts.rng.integers(6), wrong)
    return "future"


def future_frames_of_other_columns(parts):
    frames = [pd.DataFrame(np.ones((3, 2)), columns=["a", "b"])] * 6
    columns = choose(parts.rng, [["b", "a"], ["a", "c"]])
    other = pd.DataFrame(np.ones((3, 2)), columns=columns)
    parts.given["future"] = replaced(frames, parts.rng.integers(6), other)
    return "future"


def _times(parts):
    steps = parts.given["steps"]
    return [np.arange(float(len(row))) for row in steps]


def times_of_other_length(parts):
    rows = _times(parts)
    more = parts.rng.random() < 0.5
    parts.given["times"] = [*rows, rows[0]] if more else rows[:-1]
    return "times"


def times_too_many_or_few(parts):
    rows, i = _times(parts), int(parts.rng.integers(6))
    n = len(rows[i]) + choose(parts.rng, [-1, 1, 5])
    parts.given["times"] = replaced(rows, i, np.arange(float(n)))
    return "times"


def times_backwards(parts):
    rows, i = _times(parts), int(parts.rng.integers(6))
    kinds = ["f8", "i8", "M8[s]", "m8[h]"]
    row = rows[i][::-1].astype(choose(parts.rng, kinds))
    parts.given["times"] = replaced(rows, i, row)
    return "times"


def times_missing(parts):
    rows, i = _times(parts), int(parts.rng.integers(6))
    row = rows[i].astype(choose(parts.rng, ["f8", "M8[s]", "m8[s]"]))
    row[parts.rng.integers(len(row))] = np.nan if row.dtype.kind == "f" else "NaT"
    parts.given["times"] = replaced(rows, i, row)
    return "times"


def times_of_unknown_type(parts):
    kind = choose(parts.rng, ["U3", "S2", "c16", "O", "b1"])
    rows = [np.arange(len(row)).astype(kind) for row in parts.given["steps"]]
    parts.given["times"] = rows
    return "times"


def times_of_other_axes(parts):
    odd = [3, 2.5, np.ones(6), np.ones((6, 4, 1)), "noon", {"a": 1}, [None] * 6]
    parts.given["times"] = choose(parts.rng, odd)
    return "times"


# What can be built, but neither learned from nor predicted.


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
    rows, i = _times(parts), int(parts.rng.integers(6))
    rows[i][-1] = np.inf
    parts.given["times"] = rows
    return "times"


def times_of_two_kinds(parts):
    rows, i = _times(parts), int(parts.rng.integers(6))
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
        "times": _times(parts),
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
    parts.given["times"] = [row.astype(kind) for row in _times(parts)]
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


CONSTRUCTION = (
    wrong_steps,
    nested,
    static_of_other_length,
    static_of_other_axes,
    static_of_unknown_type,
    static_uneven,
    future_of_other_length,
    future_of_other_axes,
    future_of_unknown_type,
    future_uneven,
    future_frames_of_other_columns,
    times_of_other_length,
    times_too_many_or_few,
    times_backwards,
    times_missing,
    times_of_unknown_type,
    times_of_other_axes,
)
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
forms = st.sampled_from(FORMS)
besides = st.sets(st.sampled_from(["static", "future", "times"]))
seeds = st.integers(0, 2**32 - 1)
