"""Tables of events as sequences with times."""

import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skattn import LSTMAttentionRegressor
from skattn.sequences import Sequences, from_events

pandas = pytest.importorskip("pandas")

TABLE = {
    "id": ["b", "a", "b", "b", "b", "a", "c"],
    "time": [2.5, 1.0, 0.2, 0.2, 2.9, 4.0, 7.0],
    "variable": ["heat", "pulse", "heat", "pulse", "heat", "pulse", "other"],
    "value": [38.0, 60.0, 37.0, 80.0, 39.0, 66.0, 1.0],
}
NAN = np.nan
MIXED = np.array(["a", 1] + ["b"] * 5, dtype=object)


def as_records(table):
    names = [*table]
    kinds = [(name, np.asarray(table[name]).dtype) for name in names]
    return np.array([*zip(*table.values(), strict=True)], dtype=kinds)


FRAMES = {
    "dict": lambda table: table,
    "records": as_records,
    "pandas": pandas.DataFrame,
    "other index": lambda table: pandas.DataFrame(table, index=[5, 5, 1, 2, 3, 0, 9]),
    "categories": lambda table: pandas.DataFrame(table).astype(
        {"variable": "category"}
    ),
    "polars": lambda table: pytest.importorskip("polars").DataFrame(table),
}


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_each_time_is_a_step_and_what_was_not_measured_is_missing(make):
    X, ids = from_events(make(TABLE))
    assert ids.tolist() == ["b", "a", "c"]
    assert X.names.channels == ["heat", "other", "pulse"]
    np.testing.assert_array_equal(
        X.steps[0], [[37, NAN, 80], [38, NAN, NAN], [39, NAN, NAN]]
    )
    np.testing.assert_array_equal(X.steps[1], [[NAN, NAN, 60], [NAN, NAN, 66]])
    assert [t.tolist() for t in X.times] == [[0.2, 2.5, 2.9], [1.0, 4.0], [7.0]]


@pytest.mark.parametrize(("aggregate", "value"), [("mean", 38.5), ("last", 39.0)])
def test_bins_join_what_falls_into_them(aggregate, value):
    X, _ = from_events(TABLE, bin=1, aggregate=aggregate, variables=["pulse", "heat"])
    np.testing.assert_array_equal(X.steps[0], [[80, 37], [NAN, value]])
    assert [t.tolist() for t in X.times] == [[0, 2], [1, 4], [7]]
    np.testing.assert_array_equal(X.steps[2], [[NAN, NAN]])  # other things were


def test_several_values_at_one_time_are_joined():
    twice = {name: [*column, column[2]] for name, column in TABLE.items()}
    twice["value"][-1] = 39.0
    assert from_events(twice).X.steps[0][0, 0] == 38.0
    assert from_events(twice, aggregate="last").X.steps[0][0, 0] == 39.0


def test_rows_without_a_number_count_for_nothing():
    gone = TABLE | {"value": [38.0, NAN, 37.0, 80.0, 39.0, NAN, 1.0]}
    X, ids = from_events(gone, variables=["pulse", "heat"])
    assert ids.tolist() == ["b", "a", "c"]
    np.testing.assert_array_equal(X.steps[1], [[NAN, NAN]])
    assert [t.tolist() for t in X.times] == [[0.2, 2.5, 2.9], [1.0], [7.0]]


def test_the_last_steps_can_be_kept_alone():
    X, _ = from_events(TABLE, max_steps=2)
    assert [len(x) for x in X.steps] == [2, 2, 1]
    assert X.times[0].tolist() == [2.5, 2.9]


@pytest.mark.parametrize(
    "static",
    [
        pandas.DataFrame({"id": ["a", "b", "c"], "age": [1.0, 2.0, 3.0]}),
        pandas.DataFrame({"age": [3.0, 2.0, 1.0]}, index=["c", "b", "a"]),
        {"a": [1.0], "b": [2.0], "c": [3.0]},
        [[2.0], [1.0], [3.0]],
    ],
)
def test_static_features_are_in_the_order_of_the_ids(static):
    X, _ = from_events(TABLE, static=static)
    np.testing.assert_array_equal(np.asarray(X.static).ravel(), [2, 1, 3])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_times_that_are_multiples_of_the_bin_begin_one(dtype):
    time = (np.arange(1, 500) / 10).astype(dtype)  # 0.6 / 0.1 is less than 6
    table = {"id": [0] * 499, "time": time, "variable": ["x"] * 499}
    X, _ = from_events(table | {"value": np.arange(499.0)}, bin=0.1)
    np.testing.assert_array_equal(X.steps[0][:, 0], np.arange(499.0))
    np.testing.assert_allclose(X.times[0], time, rtol=1e-6)


@pytest.mark.parametrize(
    "hour",
    [np.timedelta64(1, "h"), datetime.timedelta(hours=1), pandas.Timedelta("1h")],
)
def test_dates_and_durations_fall_into_bins(hour):
    durations = pandas.to_timedelta(TABLE["time"], unit="h")
    expected = [[0, 2], [1, 4], [7]]
    X, _ = from_events(TABLE | {"time": durations}, bin=hour)
    assert [(t / np.timedelta64(1, "h")).tolist() for t in X.times] == expected
    dates = pandas.Timestamp("1969-12-31 10:00") + durations
    X, _ = from_events(TABLE | {"time": dates}, bin=hour)
    start = np.datetime64("1969-12-31T10:00")
    assert [((t - start) / np.timedelta64(1, "h")).tolist() for t in X.times] == (
        expected
    )


def test_names_of_columns_can_be_others():
    renamed = pandas.DataFrame(TABLE).rename(columns=str.upper)
    X, _ = from_events(
        renamed, id="ID", time="TIME", variable="VARIABLE", value="VALUE"
    )
    assert len(X) == 3


def test_events_are_learned_from():
    rng = np.random.default_rng(0)
    n = 4000
    table = pandas.DataFrame(
        {
            "id": rng.integers(0, 200, n),
            "time": rng.exponential(size=n).cumsum(),
            "variable": rng.choice(["a", "b"], n),
            "value": rng.normal(size=n),
        }
    )
    before = table.copy()
    X, ids = from_events(table)
    last = table[table.variable == "a"].groupby("id")["value"].last()
    y = last.loc[ids].to_numpy()
    model = LSTMAttentionRegressor(missing="decay", max_epochs=60, random_state=0)
    assert model.fit(X, y).score(X, y) > 0.9
    assert model.feature_names_in_.tolist() == ["a", "b"]
    pandas.testing.assert_frame_equal(table, before)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 3), st.integers(0, 9), st.sampled_from("xy"), st.integers()
        ),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from([None, 3]),
    st.sampled_from(["mean", "last"]),
)
def test_every_cell_is_that_of_a_plain_loop(rows, width, aggregate):
    rows = [(i, t, v, float(x % 100)) for i, t, v, x in rows]
    names = ("id", "time", "variable", "value")
    table = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    options = {"bin": width, "aggregate": aggregate, "variables": ["x", "y"]}
    X, ids = from_events(table | {"id": [*table["id"]]}, **options)
    assert ids.tolist() == [*dict.fromkeys(table["id"])]
    for i, label in enumerate(ids):
        cells = {}
        for _, t, v, x in sorted(
            (r for r in rows if r[0] == label), key=lambda r: r[1]
        ):
            moment = t if width is None else t // width * width
            cells.setdefault(moment, {}).setdefault(v, []).append(x)
        assert X.times[i].tolist() == sorted(cells)
        for row, moment in zip(X.steps[i], sorted(cells), strict=True):
            for value, name in zip(row, "xy", strict=True):
                held = cells[moment].get(name, [NAN])
                expected = np.mean(held) if aggregate == "mean" else held[-1]
                np.testing.assert_allclose(value, expected)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({}, {"id": "name"}, "id='name' is no column of frame; there are"),
        ({}, {"value": "number"}, "value='number' is no column"),
        ({"id": [None] + ["a"] * 6}, {}, "id='id' is missing in row 0"),
        ({"time": [NAN] + [1.0] * 6}, {}, "time='time' is missing in row 0"),
        ({"time": ["00:07"] * 7}, {}, "time='time' is of type <U5; allowed are num"),
        ({"value": ["high"] * 7}, {}, "value names 'value', which does not hold num"),
        ({"variable": [None] * 7}, {}, "variable is missing in row 0"),
        ({"variable": MIXED}, {}, "variable mixes names of types"),
        ({}, {"variables": ["cold"]}, r"variables=\['cold'\] must name at least one"),
        ({}, {"variables": ["heat", "heat"]}, "and each only once; there are"),
        ({}, {"variables": []}, "must name at least one"),
        ({}, {"bin": 0}, "bin=0 must be a positive number"),
        ({}, {"bin": -1.5}, "bin=-1.5 must be a positive number"),
        ({}, {"bin": "1h"}, "bin='1h' must be a positive number"),
        ({}, {"bin": True}, "bin=True must be a positive number"),
        ({"time": np.arange(7).astype("m8[s]")}, {"bin": 3}, "bin=3 must be a posit"),
        ({}, {"aggregate": "sum"}, "aggregate='sum' must be one of"),
        ({}, {"max_steps": 0}, "max_steps=0 must be None or a number"),
        ({}, {"max_steps": True}, "max_steps=True must be None or a number"),
        (
            {},
            {"static": {"a": [1.0]}},
            r"static has no row for the series \['b', 'c'\]",
        ),
        ({name: [] for name in TABLE}, {}, "events has no rows"),
    ],
)
def test_wrong_tables_are_refused_by_name(change, options, message):
    with pytest.raises(ValueError, match=message):
        from_events(TABLE | change, **options)


@pytest.mark.parametrize("events", [None, 3, np.ones((3, 4)), "table"])
def test_what_is_no_table_is_refused(events):
    with pytest.raises(ValueError, match="id='id' is no column of frame"):
        from_events(events)


def test_dates_of_a_zone_become_those_of_utc():
    pandas = pytest.importorskip("pandas")
    dates = pandas.date_range("2024", periods=2, freq="h", tz="Europe/Berlin")
    table = {"id": [1, 1], "time": dates, "variable": "a", "value": [1.0, 2.0]}
    times = from_events(pandas.DataFrame(table)).X.times[0]
    np.testing.assert_array_equal(
        times, np.array(["2023-12-31T23", "2024-01-01T00"], "M8")
    )


def test_bins_of_pandas_keep_their_nanoseconds():
    pandas = pytest.importorskip("pandas")
    times = np.datetime64("2024", "ns") + np.arange(4) * np.timedelta64(1500, "ns")
    table = {"id": [1] * 4, "time": times, "variable": ["a"] * 4, "value": [1.0] * 4}
    bins = [pandas.Timedelta(3000, "ns"), np.timedelta64(3000, "ns")]
    ours, numpys = (from_events(table, bin=bin_).X.times[0] for bin_ in bins)
    np.testing.assert_array_equal(ours, numpys)
    with pytest.raises(ValueError, match="must be a positive timedelta of one length"):
        from_events(table, bin=np.timedelta64(1, "M"))


def test_what_from_events_returns_is_not_x():
    events = from_events({"id": [1], "time": [0.0], "variable": ["a"], "value": [1.0]})
    with pytest.raises(ValueError, match=r"steps is EventSequences, .* its X alone"):
        Sequences(events)
    with pytest.raises(ValueError, match=r"X is EventSequences, .* its X alone"):
        LSTMAttentionRegressor().fit(events, [1.0])
