"""Windows of several series, with names, a known future and static features."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skattn import LSTMAttentionRegressor
from skattn.sequences import Sequences, from_long, make_windows, next_window

pd = pytest.importorskip("pandas")
LIBRARIES = ["pandas", "polars"]
each_library = pytest.mark.parametrize("library", LIBRARIES)


def make_series(n_times, seed=0, library="pandas"):
    """Return load, holiday and heat of one place; values tell which they are."""
    frame = pytest.importorskip(library).DataFrame
    rows = 100.0 * seed + np.arange(n_times)
    return frame({"load": rows, "holiday": rows + 0.25, "heat": rows + 0.5})


def make_long(lengths, library="pandas"):
    tables = []
    for seed, (name, length) in enumerate(lengths.items()):
        table = make_series(length, seed)
        table.insert(0, "day", np.datetime64("2026-01-01") + np.arange(length))
        table.insert(0, "place", name)
        tables.append(table)
    return to_library(pd.concat(tables, ignore_index=True), library)


def to_library(frame, library):
    if library == "pandas":
        return frame
    columns = {name: frame[name].to_numpy() for name in frame.columns}
    columns["place"] = frame["place"].tolist()
    columns["day"] = columns["day"].astype("M8[us]")
    return pytest.importorskip(library).DataFrame(columns)


@given(
    lengths=st.lists(st.integers(1, 15), min_size=1, max_size=5),
    window=st.integers(1, 4),
    horizon=st.integers(1, 3),
    stride=st.integers(1, 4),
    form=st.sampled_from(["list", "dict", "long", "sequences"]),
)
def test_a_panel_is_the_windows_of_each_series_one_after_the_other(
    lengths, window, horizon, stride, form
):
    names = [f"place {i}" for i in range(len(lengths))]
    each = [make_series(length, seed) for seed, length in enumerate(lengths)]
    long = make_long(dict(zip(names, lengths, strict=True)))
    channels = ["load", "holiday", "heat"]
    series, options = {
        "list": (each, {}),
        "dict": (dict(zip(names, each, strict=True)), {}),
        "long": (long, {"id": "place", "time": "day"}),
        "sequences": (from_long(long, id="place", time="day", channels=channels), {}),
    }[form]
    sizes = {"window": window, "horizon": horizon, "stride": stride}
    kept = [i for i, length in enumerate(lengths) if length >= window + horizon]
    if not kept:
        with pytest.raises(ValueError, match="fewer steps than window"):
            make_windows(series, **sizes, **options)
        return
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        X, y, index = make_windows(
            series, **sizes, target_channels=[0], return_index=True, **options
        )
    assert len(caught) == (len(kept) < len(lengths))
    parts = [make_windows(each[i], **sizes, target_channels=[0]) for i in kept]
    np.testing.assert_array_equal(X, np.concatenate([part[0] for part in parts]))
    np.testing.assert_array_equal(y, np.concatenate([part[1] for part in parts]))
    assert len(index) == len(X)
    for i, row in enumerate(index):
        number = int(X[i, 0, 0] // 100)
        assert row["series"] == (number if form == "list" else names[number])
        assert row["start"] == X[i, 0, 0] % 100
    steps = {"first": 0, "target": window, "last": window + horizon - 1}
    for name, step in steps.items():
        expected = index["start"] + step
        if form in ("long", "sequences"):
            expected = np.datetime64("2026-01-01") + expected
        np.testing.assert_array_equal(index[name], expected)


@each_library
def test_channels_go_by_name_or_number(library):
    frame = make_series(20, library=library)
    for named, numbered in [
        ("load", 0),
        (["heat", "load"], [2, 0]),
        ("all", [0, 1, 2]),
        (("heat",), [2]),
        (np.array(["heat", "load"]), [2, 0]),
        (["heat", 0], [2, 0]),
        ("all", None),
        (-1, 2),
        (np.array(1), 1),
    ]:
        one = make_windows(frame, 4, 2, target_channels=named)
        other = make_windows(np.asarray(frame), 4, 2, target_channels=numbered)
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
    message = r"target_channels='cold' must be.*from -3 to 2, or their names \['load'"
    with pytest.raises(ValueError, match=message):
        make_windows(frame, 4, 2, target_channels="cold")


def test_all_of_a_series_of_one_axis_is_itself():
    X, y = make_windows(np.arange(9.0), 3, 2, target_channels="all")
    assert y.shape == (5, 2)
    series = pd.Series(np.arange(9.0), name="load")
    assert make_windows(series, 3, 2, target_channels="load")[1].shape == (5, 2)
    assert X.shape == (5, 3, 1)


@each_library
@pytest.mark.parametrize("channels", ["holiday", ["heat", "holiday"], [2, 1], 1])
def test_the_future_is_that_of_the_horizon(library, channels):
    frame = make_series(20, library=library)
    numbers = {"holiday": [1], 1: [1]}.get(channels if np.isscalar(channels) else 0)
    numbers = numbers or [2, 1]
    X, y = make_windows(frame, 4, 3, 2, "load", future_channels=channels)
    assert isinstance(X, Sequences)
    plain, truth = make_windows(np.asarray(frame), 4, 3, 2)
    np.testing.assert_array_equal(X.steps, plain)
    np.testing.assert_array_equal(X.future, truth[..., numbers])
    np.testing.assert_array_equal(y, truth[..., 0])
    assert X.names.channels == ["load", "holiday", "heat"]
    assert X.names.future == [X.names.channels[i] for i in numbers]
    rest = make_windows(frame, 4, 3, future_channels=channels)[1]
    assert rest.shape[2] == 3 - len(numbers)


@pytest.mark.parametrize("target", ["holiday", "all", ["load", "holiday"]])
def test_what_is_known_ahead_is_not_predicted(target):
    with pytest.raises(ValueError, match="what is known ahead need not be predicted"):
        make_windows(
            make_series(9), 4, 3, target_channels=target, future_channels="holiday"
        )


STATIC = {"size": [1.0, 2.0, 3.0]}
PLACES = {"b": 9, "a": 8, "c": 10}


@pytest.mark.parametrize(
    "static",
    [
        np.array([[1.0], [2.0], [3.0]]),
        [[1.0], [2.0], [3.0]],
        {"c": [3.0], "a": [2.0], "b": [1.0]},
        pd.DataFrame(STATIC),
        pd.DataFrame({"size": [3.0, 1, 2]}, index=["c", "b", "a"]),
        pd.DataFrame({"place": ["c", "a", "b", "x"], "size": [3.0, 2, 1, 9]}),
    ],
    ids=["array", "list", "dict", "frame", "indexed", "column"],
)
@pytest.mark.parametrize("form", ["dict", "long"])
def test_static_features_are_repeated_for_each_window_of_their_series(static, form):
    if form == "long":
        series, options = make_long(PLACES), {"id": "place", "time": "day"}
    else:
        each = [make_series(n, seed) for seed, n in enumerate(PLACES.values())]
        series, options = dict(zip(PLACES, each, strict=True)), {}
        if "place" in getattr(static, "columns", []):
            static = static.set_index("place")
    X, _ = make_windows(series, 4, 3, static=static, **options)
    sizes = np.asarray(X.static)[:, 0]
    np.testing.assert_array_equal(sizes, X.steps[:, 0, 0] // 100 + 1)
    last = next_window(series, 4, static=static, **options)
    np.testing.assert_array_equal(np.asarray(last.static)[:, 0], [1, 2, 3])
    if hasattr(static, "columns"):
        assert X.names.static == last.names.static == ["size"]


@each_library
def test_static_frames_may_be_of_either_library(library):
    frame = pytest.importorskip(library).DataFrame
    static = frame({"place": ["a", "c", "b"], "size": [2.0, 3.0, 1.0]})
    long = make_long(PLACES, library)
    X, _ = make_windows(long, 4, 3, static=static, id="place", time="day")
    np.testing.assert_array_equal(X.static["size"], X.steps[:, 0, 0] // 100 + 1)


def test_static_of_one_series_may_be_a_row():
    X, _ = make_windows(np.arange(9.0), 3, 2, static=[1.0, 2.0])
    np.testing.assert_array_equal(X.static, np.tile([1.0, 2.0], (5, 1)))


@pytest.mark.parametrize(
    ("static", "message"),
    [
        (np.zeros((2, 1)), r"static has shape \(2, 1\).*each of the 3 series"),
        ({"a": [1.0]}, r"no row for the series \['b', 'c'\]; its keys"),
        (pd.DataFrame({"s": [1.0]}, index=["a"]), "no row for .* its index must"),
        (pd.DataFrame({"s": [1.0] * 4}, index=[*"abca"]), "names a series twice"),
    ],
)
def test_static_features_that_fit_no_series_are_refused(static, message):
    each = {name: make_series(n) for name, n in PLACES.items()}
    with pytest.raises(ValueError, match=message):
        make_windows(each, 4, 3, static=static)


def test_short_series_are_reported_with_their_lengths():
    lengths = [9, 2, 9, 1, 2, 3, 2, 1, 3]
    each = {f"s{i}": np.zeros(n) for i, n in enumerate(lengths)}
    message = r"7 of 9 series have fewer steps than window \+ horizon = 5 and are left "
    with pytest.warns(UserWarning, match=message + r"out: 's1' \(2\), .* and 2 more"):
        X, _, index = make_windows(each, 3, 2, return_index=True)
    assert len(X) == 10
    assert {*index["series"]} == {"s0", "s2"}
    with pytest.raises(ValueError, match=r"All 9 series have fewer.*longest has 9"):
        make_windows(each, 9, 2)
    with pytest.warns(UserWarning, match="fewer steps than window = 3"):
        assert next_window(each, 3).shape == (4, 3, 1)
    with pytest.raises(ValueError, match="series has 9 steps, fewer than window = 10"):
        next_window(np.zeros(9), 10)


def test_series_of_other_channels_are_refused():
    with pytest.raises(
        ValueError, match=r"series\[1\] has 2 channels, but series\[0\]"
    ):
        make_windows([np.zeros((9, 1)), np.zeros((9, 2))], 3, 2)
    frames = {"a": make_series(9), "b": make_series(9)[["heat", "load", "holiday"]]}
    with pytest.raises(ValueError, match=r"series\['b'\] has the channels \['heat'"):
        make_windows(frames, 3, 2)
    with pytest.raises(ValueError, match=r"series\[1\] has shape \(2, 2, 2\)"):
        make_windows([np.zeros(9), np.zeros((2, 2, 2))], 3, 2)
    with pytest.raises(ValueError, match="series holds no series"):
        make_windows({}, 3, 2)
    with pytest.raises(ValueError, match="series cannot be read as one series"):
        make_windows([[1, 2, 3], [1, 2]], 1, 1)
    with pytest.raises(ValueError, match="no column of a channel"):
        make_windows(pd.DataFrame({"day": [1, 2, 3]}), 1, 1, time="day")
    text = make_series(9).assign(name="x")
    with pytest.raises(ValueError, match="series names 'name', which does not hold"):
        make_windows(text, 3, 2)


def test_booleans_among_numbers_are_numbers():
    frame = make_series(9).assign(open=[True, False, True] * 3)
    X, _ = make_windows(frame, 3, 2)
    assert X.dtype.kind == "f"
    np.testing.assert_array_equal(X[0, :, 3], [1, 0, 1])


def test_the_index_of_pandas_dates_the_windows():
    days = pd.date_range("2026-03-01", periods=9)
    _, _, index = make_windows(
        make_series(9).set_index(days), 3, 2, stride=2, return_index=True
    )
    assert pd.DataFrame(index)["target"].tolist() == [*days[3::2][:3]]
    unsorted = make_series(9).set_index(days[::-1])
    for cut in (lambda: make_windows(unsorted, 3, 2), lambda: next_window(unsorted, 3)):
        with pytest.raises(ValueError, match=r"index of dates.*backwards.*sort_index"):
            cut()
    with pytest.raises(ValueError, match=r"time='day'.*backwards"):
        make_windows(make_series(9).assign(day=days[::-1]), 3, 2, time="day")


def test_periods_date_the_windows_by_their_start():
    months = pd.period_range("2026-01", periods=9, freq="M")
    X, _ = make_windows(make_series(9).set_index(months), 3, 2, times=True)
    assert X.times[0, 1] == np.datetime64("2026-02-01")


def test_dates_of_some_series_only_are_refused():
    dated = make_series(9).set_index(pd.date_range("2026-03-01", periods=9))
    with pytest.raises(ValueError, match=r"\['a'\] has dates .*\['b'\] has none"):
        make_windows({"a": dated, "b": make_series(9)}, 3, 2)


def test_an_index_with_a_time_zone_dates_windows_as_utc_does():
    days = pd.date_range("2026-03-01", periods=9, tz="Europe/Berlin")
    frame = make_series(9).set_index(days)
    _, _, index = make_windows({"a": frame, "b": frame[3:]}, 3, 2, return_index=True)
    assert index["first"].dtype.kind == "M"
    assert pd.DataFrame(index)["first"][0] == pd.Timestamp("2026-02-28 23:00")


def test_times_with_zones_and_of_mixed_labels():
    days = pd.date_range("2026-03-01", periods=9, tz="Europe/Berlin")
    frame = make_series(9).assign(day=days)
    series = {"a": frame, 3: frame}
    X, _, index = make_windows(series, 3, 2, time="day", return_index=True)
    assert len(X) == 10
    assert pd.Timestamp(index["target"][0]) == days[3].tz_convert(None)  # UTC
    assert index["series"].tolist() == ["a"] * 5 + [3] * 5


@each_library
@pytest.mark.parametrize("form", ["single", "list", "dict", "long", "array"])
def test_the_next_window_is_the_end_of_each_series_and_what_follows(form, library):
    lengths = {"a": 9, "b": 12}
    frames = [make_series(n, i, library) for i, n in enumerate(lengths.values())]
    ahead = [make_series(14, i, library)[n : n + 2] for i, n in enumerate([9, 12])]
    options = {"future_channels": ["heat", "holiday"]}
    if form == "single":
        series, future = frames[1], ahead[1]
    elif form == "list":
        series, future = frames, ahead
    elif form == "dict":
        series = dict(zip(lengths, frames, strict=True))
        future = dict(zip("ba", ahead[::-1], strict=True))
    elif form == "long":
        series, options = make_long(lengths, library), options | {"id": "place"}
        future = make_long({"a": 11, "b": 14})
        future = future[future.groupby("place").cumcount() >= [9] * 11 + [12] * 14]
        future = to_library(future, library)
        options["time"] = "day"
    else:
        series = [np.asarray(frame) for frame in frames]
        future = np.stack([np.asarray(part)[:, [2, 1]] for part in ahead])
        options = {"future_channels": [2, 1]}
    X, index = next_window(series, 4, future=future, return_index=True, **options)
    expected = frames[1:] if form == "single" else frames
    for i, frame in enumerate(expected):
        values = np.asarray(frame)
        np.testing.assert_array_equal(X[i], values[-4:])
        follows = values[-1] + [[1.0], [2.0]]
        np.testing.assert_array_equal(X.future[i], follows[:, [2, 1]])
        assert index["start"][i] == len(values) - 4
    if form != "array":
        assert X.names.future == ["heat", "holiday"]
    windows, _ = make_windows(series, 4, 2, target_channels=0, **options)
    assert windows.names == X.names


def test_a_future_without_names_is_taken_whole():
    X = next_window(np.arange(9.0), 3, future=[[1.0], [0.0]])
    assert X.future.tolist() == [[[1.0], [0.0]]]
    frame = pd.DataFrame({"holiday": [1.0, 0.0]})
    X = next_window(make_series(9), 3, future=frame)
    assert X.names.future == ["holiday"]


@pytest.mark.parametrize(
    ("future", "message"),
    [
        (None, r"future_channels=\[1\] needs future"),
        ({"a": np.zeros((2, 1))}, r"future has 1 series, and lacks \['b'\]"),
        (np.zeros((2, 1)), "future is for one series, but there are 2"),
        ([np.zeros((2, 1))], r"future has 1 series, and lacks \[1\]"),
        ([np.zeros((2, 1)), np.zeros((3, 1))], r"1 columns and \[2, 3\] steps"),
        ([np.zeros((2, 2))] * 2, r"future has 2 columns and \[2\] steps"),
        ([make_series(2)[["load"]]] * 2, r"future\[0\] has no column 'holiday'"),
    ],
)
def test_a_future_that_does_not_fit_is_refused(future, message):
    series = {"a": make_series(9), "b": make_series(9)}
    with pytest.raises(ValueError, match=message):
        next_window(series, 3, future=future, future_channels=[1])


def test_the_future_begins_after_the_end():
    days = pd.date_range("2026-03-01", periods=9)
    frame = make_series(9).set_index(days)
    with pytest.raises(ValueError, match=r"begins at 2026-03-09.*series ends at"):
        next_window(frame, 3, future=frame[-1:], future_channels="holiday")
    later = frame[-2:].set_index(days[-2:] + np.timedelta64(2, "D"))
    assert len(next_window(frame, 3, future=later, future_channels="holiday")) == 1


def test_tomorrow_is_forecast_for_each_series():
    series = {name: np.sin(np.arange(n) / 3 + n) for name, n in PLACES.items()}
    X, y = make_windows(series, 4, 2)
    model = LSTMAttentionRegressor(hidden_size=2, max_epochs=1, target_channels=0)
    forecast = model.fit(X, y).predict(next_window(series, 4))
    assert forecast.shape == (3, 2)


def test_the_callers_series_stay_as_they_were():
    frame, static = make_long(PLACES), pd.DataFrame(STATIC)
    before = frame.copy(), static.copy()
    X, _ = make_windows(
        frame, 4, 2, future_channels="heat", static=static, id="place", time="day"
    )
    X.static.iloc[0] = 99.0
    pd.testing.assert_frame_equal(frame, before[0])
    pd.testing.assert_frame_equal(static, before[1])


def test_columns_of_arrays_and_what_is_no_series_are_refused():
    for name in ("id", "time"):
        message = f"{name}='x' names a column, but series is of type ndarray"
        with pytest.raises(ValueError, match=message):
            make_windows(np.ones((40, 2)), 3, 2, **{name: "x"})
    for wrong, shown in (("load.csv", "'load.csv'"), (None, "None")):
        with pytest.raises(TypeError, match=f"series is {shown}; allowed are arrays"):
            make_windows(wrong, 3, 2)
