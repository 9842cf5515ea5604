"""Times in the forms of Python, pandas and NumPy."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from skattn import LSTMAttentionRegressor
from skattn.sequences import Sequences

ZONE = pd.date_range("2020", periods=4, tz="Asia/Tokyo")
DAYS = np.arange("2020-01-01", "2020-01-05", dtype="M8[D]")
MONTHS = np.arange("2020-01", "2020-05", dtype="M8[M]")


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([DAYS.tolist()], DAYS),
        ([[*pd.DatetimeIndex(DAYS)]], DAYS),
        ([pd.PeriodIndex(DAYS, freq="D")], DAYS),
        ([ZONE], np.asarray(ZONE.tz_convert(None))),
        (np.array([[*ZONE]], dtype=object), np.asarray(ZONE.tz_convert(None))),
        (MONTHS[None], MONTHS.astype("M8[D]")),
        ([[timedelta(hours=h) for h in range(4)]], np.arange(4).astype("m8[h]")),
    ],
)
def test_dates_of_other_libraries_are_taken(times, expected):
    sequences = Sequences(np.zeros((1, 4, 1)), times=times)
    np.testing.assert_array_equal(np.asarray(sequences.times[0]), expected)
    assert "times" in repr(sequences)
    X = Sequences(np.zeros((6, 4, 1)), times=[*times] * 6)
    LSTMAttentionRegressor(hidden_size=2, max_epochs=1).fit(X, np.arange(6.0))


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([np.arange(4), DAYS], "times mixes dates and numbers; allowed is one kind"),
        ([np.arange(4).astype("m8[M]")] * 2, r"times\[0\] holds durations in months"),
        (
            np.array([[1, "a"] * 2] * 2, dtype=object),
            "type object; allowed are",
        ),
    ],
)
def test_times_that_cannot_be_compared_are_refused(times, message):
    with pytest.raises(ValueError, match=message):
        Sequences(np.zeros((2, 4, 1)), times=times)
