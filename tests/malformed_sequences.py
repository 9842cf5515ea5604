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


def make_times(parts):
    steps = parts.given["steps"]
    return [np.arange(float(len(row))) for row in steps]


def times_of_other_length(parts):
    rows = make_times(parts)
    more = parts.rng.random() < 0.5
    parts.given["times"] = [*rows, rows[0]] if more else rows[:-1]
    return "times"


def times_too_many_or_few(parts):
    rows, i = make_times(parts), int(parts.rng.integers(6))
    # In an array, times of fewer steps may belong to a sequence that is padded.
    array = getattr(parts.given["steps"], "ndim", 0) == 3
    n = len(rows[i]) + choose(parts.rng, [1, 5] if array else [-1, 1, 5])
    parts.given["times"] = replaced(rows, i, np.arange(float(n)))
    return "times"


def times_backwards(parts):
    rows, i = make_times(parts), int(parts.rng.integers(6))
    kinds = ["f8", "i8", "M8[s]", "m8[h]"]
    row = rows[i][::-1].astype(choose(parts.rng, kinds))
    parts.given["times"] = replaced(rows, i, row)
    return "times"


def times_missing(parts):
    rows, i = make_times(parts), int(parts.rng.integers(6))
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
forms = st.sampled_from(FORMS)
besides = st.sets(st.sampled_from(["static", "future", "times"]))
seeds = st.integers(0, 2**32 - 1)
