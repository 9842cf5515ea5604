"""Long tables as lists of sequences."""

import numpy as np
import pytest

from skattn import LSTMAttentionRegressor
from skattn.sequences import from_long

pandas = pytest.importorskip("pandas")

TABLE = {
    "engine": ["b", "a", "b", "a", "b", "c"],
    "cycle": [1, 1, 2, 5, 3, 1],
    "heat": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    "load": [1, 2, 3, 4, 5, 6],
}


FRAMES = {
    "dict": lambda: TABLE,
    "pandas": lambda: pandas.DataFrame(TABLE),
    "other index": lambda: pandas.DataFrame(TABLE, index=[5, 5, 1, 2, 3, 0]),
    "polars": lambda: pytest.importorskip("polars").DataFrame(TABLE),
}


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_ids_keep_their_order_and_rows_stay_together(make):
    X, ids, times = from_long(
        make(), id="engine", time="cycle", channels=["load", "heat"]
    )
    assert ids.tolist() == ["b", "a", "c"]
    assert [x.tolist() for x in X] == [
        [[1, 1], [3, 3], [5, 5]],
        [[2, 2], [4, 4]],
        [[6, 6]],
    ]
    assert [t.tolist() for t in times] == [[1, 2, 3], [1, 5], [1]]


def test_dates_are_times():
    frame = pandas.DataFrame(TABLE)
    frame["cycle"] = pandas.to_datetime("2024-01-01") + pandas.to_timedelta(
        frame["cycle"], "h"
    )
    times = from_long(frame, id="engine", time="cycle", channels=["heat"]).times
    assert times[1][1] - times[1][0] == np.timedelta64(4, "h")


def test_time_may_be_left_out():
    frame = TABLE | {"cycle": [3, 2, 1, 1, 1, 1]}
    assert from_long(frame, id="engine", time=None, channels=["heat"]).times is None


def test_missing_values_stay_missing():
    frame = TABLE | {"heat": [1.0, None, 3.0, 4.0, 5.0, 6.0]}
    X = from_long(frame, id="engine", time="cycle", channels=["heat"]).X
    assert np.isnan(X[1][0, 0])


def test_float32_stays_float32():
    frame = TABLE | {"heat": np.arange(6, dtype=np.float32)}
    X = from_long(frame, id="engine", time="cycle", channels=["heat"]).X
    assert X[0].dtype == np.float32


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cycle": [1, 1, 1, 5, 3, 1]}, "time='cycle' repeats 1 in row 1 of 'b'"),
        (
            {"cycle": [3, 2, 2, 1, 1, 1]},
            r"backwards to 2 in row 1 of 'b'.* within \['b', 'a'\]",
        ),
        # A step back to a time that is later than the first.
        ({"cycle": [1, 1, 3, 5, 2, 1]}, "runs backwards to 2 in row 2 of 'b'"),
        ({"cycle": [1, np.nan, 2, 5, 3, 1]}, "missing in row 0 of 'a'"),
        ({"engine": ["b", None, "b", "a", "b", "c"]}, "missing in row 1"),
        ({"engine": np.array(["b", 1, "b", "a", "b", "c"], object)}, "different types"),
        (
            {"heat": np.array(["x", 1, 2, 3, 4, 5], object)},
            "'heat', which does not hold numbers",
        ),
        ({"heat": np.arange(6).astype("M8[D]")}, "'heat', which does not hold numbers"),
    ],
)
def test_broken_tables_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        from_long(TABLE | change, id="engine", time="cycle", channels=["heat"])


def test_many_broken_ids_are_counted():
    frame = {"id": np.repeat(range(9), 2), "t": [1, 1] * 9, "x": range(18)}
    with pytest.raises(ValueError, match=r"\[0, 1, 2, 3, 4\] and 4 more"):
        from_long(frame, id="id", time="t", channels="x")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"id": "motor"}, "id='motor' is no column of frame; there are"),
        ({"time": "hour"}, "time='hour' is no column"),
        ({"channels": ["cold"]}, "channels='cold' is no column"),
        ({"channels": []}, "channels is empty"),
    ],
)
def test_unknown_columns_are_named(arguments, message):
    whole = {"id": "engine", "time": "cycle", "channels": ["heat"]} | arguments
    with pytest.raises(ValueError, match=message):
        from_long(pandas.DataFrame(TABLE), **whole)


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_columns_of_text_are_categories_beside_numbers(make):
    table = make()
    words = ["x", "y", None, "x", "y", "x"]
    if isinstance(table, dict):
        table = table | {"kind": words}
    elif hasattr(table, "iloc"):
        table = table.assign(kind=words)
    else:
        table = table.with_columns(kind=pytest.importorskip("polars").Series(words))
    X, _, _ = from_long(table, id="engine", time="cycle", channels=["kind", "heat"])
    assert X[0][:2, 0].tolist()[0] == "x"
    assert X[0][:, 1].tolist() == [1.0, 3.0, 5.0]
    model = LSTMAttentionRegressor(max_epochs=1, hidden_size=2).fit(X, [1.0, 2.0, 3.0])
    assert model.categories_[0].tolist() == ["x", "y", None]


def test_an_empty_table_is_refused():
    with pytest.raises(ValueError, match="frame has no rows"):
        from_long(
            pandas.DataFrame(TABLE)[:0], id="engine", time="cycle", channels=["heat"]
        )
