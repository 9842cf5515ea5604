"""Cross-validation of windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import cross_val_score

from skattn import LSTMAttentionRegressor
from skattn.sequences import WindowSplit, make_windows


@given(
    window=st.integers(1, 12),
    horizon=st.integers(1, 6),
    stride=st.integers(1, 15),
    n_splits=st.integers(2, 4),
)
def test_no_observation_is_on_both_sides_and_no_window_is_wasted(
    window, horizon, stride, n_splits
):
    series = np.arange(window + horizon + 120 * stride)
    X, y = make_windows(series, window, horizon, stride)
    whole = np.concatenate([X[:, :, 0], y], axis=1)
    split = WindowSplit(n_splits, window=window, horizon=horizon, stride=stride)
    for train, test in split.split(X):
        assert not np.intersect1d(whole[train], whole[test]).size
        nearest = whole[train.max() + 1]  # the first that was left out
        if train.max() + 1 < test.min():
            assert np.intersect1d(nearest, whole[test]).size


def test_goes_where_a_splitter_goes():
    X, y = make_windows(np.sin(np.arange(200.0)), window=6, horizon=2)
    split = WindowSplit(3, window=6, horizon=2)
    model = LSTMAttentionRegressor(max_epochs=1, validation_split=split)
    scores = cross_val_score(model, X, y, cv=split, error_score="raise")
    assert np.isfinite(scores).all()
    assert split.get_n_splits() == 3


@pytest.mark.parametrize("name", ["window", "horizon", "stride"])
def test_sizes_must_be_whole(name):
    arguments = {"window": 3, "horizon": 1, "stride": 1} | {name: 0.5}
    with pytest.raises(ValueError, match=f"{name}=0.5 must be a whole number"):
        [*WindowSplit(2, **arguments).split(np.zeros(50))]


def test_too_few_windows_are_refused():
    with pytest.raises(ValueError, match="Too many splits"):
        [*WindowSplit(3, window=30).split(np.zeros(40))]
