"""Windows against plain slices."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skattn.sequences import make_windows, next_window


@given(
    st.integers(1, 6),
    st.integers(1, 4),
    st.integers(1, 5),
    st.integers(0, 20),
    st.data(),
)
def test_windows_are_slices(window, horizon, stride, extra, data):
    n_times = window + horizon + extra
    series = np.arange(n_times * 3.0).reshape(n_times, 3)
    channels = data.draw(st.sampled_from([None, 1, [2, 0]]))
    X, y = make_windows(series, window, horizon, stride, channels)
    starts = range(0, n_times - window - horizon + 1, stride)
    assert len(X) == len(y) == len(starts)
    for row, start in enumerate(starts):
        middle = start + window
        truth = series[middle : middle + horizon]
        np.testing.assert_array_equal(X[row], series[start:middle])
        np.testing.assert_array_equal(
            y[row], truth if channels is None else truth[:, channels]
        )


def test_windows_are_views():
    series = np.arange(100.0)
    X, y = make_windows(series, 10, 2)
    assert np.shares_memory(X, series)
    assert np.shares_memory(y, series)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"window": 8, "horizon": 3}, "10 steps, fewer than window \\+ horizon = 11"),
        ({"window": 0, "horizon": 1}, "window=0 must be"),
        ({"window": 2, "horizon": 1.5}, "horizon=1.5 must be"),
        ({"window": 2, "horizon": 1, "stride": -1}, "stride=-1 must be"),
        ({"window": 2.0, "horizon": 1}, "window=2.0 must be"),
        ({"window": "a", "horizon": 1}, "window='a' must be"),
        ({"window": 2, "horizon": 1, "target_channels": []}, "target_channels=\\[\\]"),
        ({"window": 2, "horizon": 1, "target_channels": 1}, "from -1 to 0"),
        ({"window": 2, "horizon": 1, "target_channels": "load"}, "='load' must be"),
        ({"window": 2, "horizon": 1, "target_channels": True}, "=True must be"),
        ({"window": 2, "horizon": 1, "future_channels": 3}, "future_channels=3 must"),
        ({"window": 2, "horizon": 1, "future_channels": 0}, "nothing to predict"),
        ({"window": 2, "horizon": 1, "time": "day"}, "time='day' names a column"),
    ],
)
def test_wrong_sizes_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_windows(np.arange(10.0), **arguments)


def test_a_series_has_one_or_two_axes():
    with pytest.raises(ValueError, match=r"series has shape \(2, 2, 2\)"):
        make_windows(np.zeros((2, 2, 2)), 1, 1)


HOURS = np.datetime64("2024-05-01T00", "h") + np.array([0, 1, 2, 4, 8, 9, 10, 11])


def test_times_and_names_come_only_when_asked_for():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"load": np.arange(8.0), "heat": 1.0}, index=HOURS)
    with pytest.warns(UserWarning, match="Series has 1 hole: .* 1:00:00 apart"):
        plain, y = make_windows(frame, 3, 2, target_channels="load")
    with pytest.warns(UserWarning, match="Series has 1 hole"):
        named, _ = make_windows(frame, 3, 2, target_channels="load", as_sequences=True)
    assert type(plain) is np.ndarray
    assert named.names.channels == ["load", "heat"]
    assert named.times is None
    for form, column in ((frame, None), (frame.reset_index(), "index")):
        X, same = make_windows(
            form, 3, 2, stride=2, target_channels="load", time=column, times=True
        )
        np.testing.assert_array_equal(same, y[::2])
        np.testing.assert_array_equal(X.steps, plain[::2])
        np.testing.assert_array_equal(X.times, [HOURS[:3], HOURS[2:5]])
        last = next_window(form, 3, time=column, times=True)
        np.testing.assert_array_equal(last.times, HOURS[None, -3:])
    assert next_window(frame, 3, as_sequences=True).names.channels == ["load", "heat"]


def test_times_of_several_series_stand_beside_their_windows():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(
        {"id": ["a"] * 4 + ["b"] * 5, "day": [1, 2, 3, 9, 5, 6, 7, 8, 9], "x": 1.0}
    )
    X, _ = make_windows(table, 2, 1, id="id", time="day", times=True)
    np.testing.assert_array_equal(X.times, [[1, 2], [2, 3], [5, 6], [6, 7], [7, 8]])


def test_booleans_are_no_sizes_and_channels_come_once():
    with pytest.raises(ValueError, match="horizon=True must be a whole number"):
        make_windows(np.arange(9.0), 3, True)
    with pytest.raises(ValueError, match=r"target_channels=\[0, 0\].*twice"):
        make_windows(np.ones((9, 2)), 3, 2, target_channels=[0, 0])


def test_times_that_are_not_there_or_run_backwards_are_refused():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(ValueError, match=r"times=True needs times.*time=None"):
        make_windows(np.arange(9.0), 3, 2, times=True)
    with pytest.raises(ValueError, match=r"times=True needs times"):
        next_window([np.arange(9.0)], 3, times=True)
    frame = pandas.DataFrame({"load": np.arange(8.0)}, index=HOURS[::-1])
    with pytest.raises(ValueError, match=r"runs backwards"):
        make_windows(frame, 3, 2, times=True)


def test_complex_numbers_are_refused():
    with pytest.raises(ValueError, match="series holds complex numbers"):
        make_windows(np.arange(20) + 0j, 4, 2)


def _date(freq, n=60):
    pandas = pytest.importorskip("pandas")
    return pandas.Series(np.arange(n), pandas.date_range("2024", periods=n, freq=freq))


@pytest.mark.parametrize("freq", ["min", "h", "D", "B", "W", "MS", "QS", "YS"])
def test_equal_steps_of_a_calendar_are_no_holes(freq):
    series = _date(freq)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_windows(series, 5, 2)
        make_windows(series.drop(series.index[20]), 5, 2)  # a single row is missing


def test_holes_in_series_are_told():
    series = _date("h")
    broken = series.drop(series.index[20:30])
    with pytest.warns(UserWarning, match=r"Series has 1 hole: .*between 2024-01-01 19"):
        make_windows(broken, 5, 2)
    panel = {"a": series, "b": broken, "c": broken}
    with pytest.warns(UserWarning, match="Series 'b' has 1 hole, like 1 other series"):
        make_windows(panel, 5, 2)
    with pytest.warns(UserWarning, match="has 1 hole"):
        next_window(broken, 35)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        next_window(broken, 20)  # the hole lies before the window
        make_windows(broken, 5, 2, times=True)


def test_a_future_that_begins_later_is_refused():
    series = _date("D").to_frame("load").assign(holiday=0.0)
    future = series[["holiday"]][:2]
    late = future.set_index(series.index[-2:] + np.timedelta64(30, "D"))
    with pytest.raises(ValueError, match=r"begins at 2024-03-29.*steps of 1 day"):
        next_window(series, 5, future=late, future_channels="holiday")
