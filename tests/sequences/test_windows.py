"""Windows against plain slices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skattn.sequences import make_windows


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
