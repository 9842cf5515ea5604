"""Cross-validation of windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
)
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

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


SIZES = ["window", "horizon", "stride", "n_splits", "test_size", "max_train_size"]


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("size", [0.5, 0])
def test_sizes_must_be_whole(name, size):
    arguments = {"window": 3, "horizon": 1, "stride": 1} | {name: size}
    with pytest.raises(ValueError, match=f"{name}={size} must be a whole number"):
        [*WindowSplit(**arguments).split(np.zeros(50))]


def test_too_few_windows_are_refused():
    with pytest.raises(ValueError, match="Too many splits"):
        [*WindowSplit(3, window=30).split(np.zeros(40))]


@given(
    window=st.integers(1, 12),
    horizon=st.integers(1, 6),
    stride=st.integers(1, 15),
    n_splits=st.integers(2, 4),
    test_size=st.none() | st.integers(1, 30),
    max_train_size=st.none() | st.integers(1, 30),
)
def test_of_one_series_it_is_a_time_series_split_with_a_gap(
    window, horizon, stride, n_splits, test_size, max_train_size
):
    sizes = {"test_size": test_size, "max_train_size": max_train_size}
    gap = -(-(window + horizon) // stride) - 1
    split = WindowSplit(
        n_splits, window=window, horizon=horizon, stride=stride, **sizes
    )
    rows = np.zeros(120)
    try:
        expected = [*TimeSeriesSplit(n_splits, gap=gap, **sizes).split(rows)]
    except ValueError:
        with pytest.raises(ValueError, match="Too many splits"):
            [*split.split(rows)]
        return
    for ours, theirs in zip(split.split(rows), expected, strict=True):
        np.testing.assert_array_equal(ours[0], theirs[0])
        np.testing.assert_array_equal(ours[1], theirs[1])


def test_a_single_split_trains_on_the_first_half():
    ((train, test),) = WindowSplit(1, window=3, horizon=2).split(np.zeros(40))
    assert train.tolist() == [*range(16)]
    assert test.tolist() == [*range(20, 40)]
    assert WindowSplit(1, window=3).get_n_splits() == 1


def make_panel(n_series=30, n_times=60, seed=0):
    """Return series whose shocks are those of the day, the same for all of them."""
    rng = np.random.default_rng(seed)
    shock = rng.normal(size=n_times + 40)
    starts = rng.integers(0, 40, n_series)
    # Channels: what is to be predicted, and the number of the day.
    return [
        np.stack([shock[start : start + n_times], start + np.arange(n_times)], 1)
        for start in starts
    ], starts


@given(
    lengths=st.lists(st.tuples(st.integers(0, 30), st.integers(8, 60)), min_size=1),
    window=st.integers(1, 4),
    horizon=st.integers(1, 3),
    stride=st.integers(1, 4),
    n_splits=st.integers(1, 3),
    as_dates=st.booleans(),
)
def test_no_series_trains_on_what_others_are_tested_on(
    lengths, window, horizon, stride, n_splits, as_dates
):
    pandas = pytest.importorskip("pandas")
    each = []
    for start, length in lengths:
        days = start + np.arange(length)
        if as_dates:
            days = np.datetime64("2026-01-01", "s") + days * np.timedelta64(1, "D")
        each.append(pandas.DataFrame({"x": start + np.arange(length), "day": days}))
    X, y, index = make_windows(
        each, window, horizon, stride, time="day", return_index=True
    )
    days = np.concatenate([X[:, :, 0], y[:, :, 0]], axis=1)
    split = WindowSplit(n_splits, window=window, horizon=horizon, stride=stride)
    for groups in (index, pandas.DataFrame(index)):
        try:
            parts = [*split.split(X, groups=groups)]
        except ValueError:
            with pytest.raises(ValueError, match="Too many splits"):
                [*split.split(X, groups=groups)]
            return
        assert len(parts) == n_splits
        for train, test in parts:
            assert days[train].max() < days[test].min()
            left_out = np.setdiff1d(
                np.flatnonzero(days[:, -1] < days[test].min()), train
            )
            assert not left_out.size  # nothing is wasted
        assert parts[-1][1].max() <= len(X)
        assert index["target"][parts[-1][1]].max() == index["target"].max()


def test_the_future_in_the_wrong_place_is_of_no_use():
    series, starts = make_panel()
    sizes = {"window": 4, "horizon": 1}
    days = [start + np.arange(60) for start in starts]
    frames = pytest.importorskip("pandas").DataFrame
    each = [
        frames({"x": x[:, 0], "day": x[:, 1], "when": t})
        for x, t in zip(series, days, strict=True)
    ]
    X, y, index = make_windows(
        each, **sizes, target_channels="x", time="when", return_index=True
    )
    # Whoever has seen the day of another series knows the answer.
    day = make_pipeline(
        FunctionTransformer(lambda X: X[:, -1, 1:]), KNeighborsRegressor(1)
    )
    stacked = WindowSplit(1, test_size=500, **sizes)  # the last series
    for leaking in (KFold(3, shuffle=True, random_state=0), stacked):
        assert cross_val_score(day, X, y, cv=leaking).mean() > 0.9
    by_time = WindowSplit(3, **sizes)
    options = {"error_score": "raise"}
    assert cross_val_score(day, X, y, cv=by_time, groups=index, **options).max() < 0.1
    search = GridSearchCV(
        day, {"kneighborsregressor__n_neighbors": [1, 2]}, cv=by_time, **options
    )
    assert search.fit(X, y, groups=index).best_score_ < 0.1


def test_routing_hands_the_index_to_splitter_and_fit():
    X, y, index = make_windows(make_panel(4)[0], 4, 1, return_index=True)
    with config_context(enable_metadata_routing=True):
        model = LSTMAttentionRegressor(
            hidden_size=2, max_epochs=1, early_stopping=True, validation_split="tail"
        ).set_fit_request(groups=True)
        results = cross_validate(
            model, X, y[:, 0, 0], cv=WindowSplit(2, window=4), params={"groups": index}
        )
    assert np.isfinite(results["test_score"]).all()


@pytest.mark.parametrize(
    "groups",
    [np.array(["a"] * 40), np.arange(40), np.zeros((40, 2)), [0] * 40, "series"],
)
def test_groups_that_tell_no_time_are_refused(groups):
    with pytest.raises(ValueError, match="holds no times; allowed is the index of"):
        [*WindowSplit(2, window=3).split(np.zeros(40), groups=groups)]


def test_an_index_has_a_row_for_each_window():
    X, _, index = make_windows(np.arange(60.0), 3, 2, return_index=True)
    with pytest.raises(ValueError, match="X has 56, groups has 55"):
        [*WindowSplit(2, window=3).split(X, groups=index[1:])]
