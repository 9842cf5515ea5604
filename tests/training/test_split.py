"""Validation parts: disjoint, as large as asked, and in whole groups."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import KFold, TimeSeriesSplit

from skattn import LSTMAttentionRegressor
from skattn.sequences import WindowSplit, make_windows
from skattn.training import split_validation
from skattn.training._split import find_stride


def split(n_samples, groups=None, how="random", fraction=0.1, gap=0, seed=0):
    return split_validation(
        np.zeros((n_samples, 1)),
        np.zeros(n_samples),
        groups,
        validation_split=how,
        validation_fraction=fraction,
        gap=gap,
        seed=seed,
    )


@given(st.integers(2, 60), st.floats(0.01, 0.99), st.integers(0, 99))
def test_a_random_split_covers_all_samples_once(n_samples, fraction, seed):
    train, valid = split(n_samples, fraction=fraction, seed=seed)
    assert sorted([*train, *valid]) == list(range(n_samples))
    assert len(train) >= 1
    assert abs(len(valid) - fraction * n_samples) <= 1


@given(st.integers(5, 60), st.integers(0, 3))
def test_a_tail_split_leaves_a_gap(n_samples, gap):
    train, valid = split(n_samples, how="tail", fraction=0.2, gap=gap)
    assert valid[-1] == n_samples - 1
    assert valid[0] - train[-1] == gap + 1
    assert train[0] == 0


@given(st.lists(st.integers(0, 5), min_size=8, max_size=40), st.floats(0.05, 0.95))
def test_groups_stay_together(labels, fraction):
    labels = np.array([*labels, 0, 1])
    train, valid = split(len(labels), groups=labels, fraction=fraction)
    assert sorted([*train, *valid]) == list(range(len(labels)))
    assert not set(labels[train]) & set(labels[valid])
    assert len(valid)


def test_a_splitters_last_split_counts():
    splitter = TimeSeriesSplit(3)
    train, valid = split(20, how=splitter)
    expected = [*splitter.split(np.zeros(20))][-1]
    np.testing.assert_array_equal(train, expected[0])
    np.testing.assert_array_equal(valid, expected[1])


def test_the_split_depends_on_the_seed_alone():
    one, same, other = split(50, seed=1), split(50, seed=1), split(50, seed=2)
    np.testing.assert_array_equal(one[1], same[1])
    assert set(one[1]) != set(other[1])


class Overlapping:
    def split(self, X, y=None, groups=None):
        yield np.arange(len(X)), np.arange(2)


class Given:
    def __init__(self, train, valid):
        self.parts = np.array(train), np.array(valid)

    def split(self, X, y=None, groups=None):
        yield self.parts


class Empty:
    def split(self, X, y=None, groups=None):
        yield from ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_samples": 1}, r"early_stopping=True.*n_samples=1"),
        ({"n_samples": 9, "how": "tail", "gap": 9}, "validation_split='tail' leaves"),
        ({"n_samples": 3, "groups": np.zeros(3)}, "groups holds 1 group"),
        ({"n_samples": 3, "groups": np.arange(3), "how": "tail"}, "groups cannot"),
        ({"n_samples": 5, "how": Overlapping()}, "5 training and 2 validation"),
        ({"n_samples": 5, "how": Empty()}, "0 training and 0 validation"),
        ({"n_samples": 5, "how": Given([0, 1], [7])}, "indices from 7 to 7; X has 5"),
        ({"n_samples": 5, "how": Given([0, 0], [1])}, "different whole numbers"),
        ({"n_samples": 5, "how": Given([0.5], [1])}, "different whole numbers"),
        ({"n_samples": 5, "how": Given([True] * 4, [1])}, "pairs of masks"),
    ],
)
def test_impossible_splits_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        split(**arguments)


def test_a_splitter_gets_the_groups():
    class ByGroup(KFold):
        def split(self, X, y=None, groups=None):
            yield np.flatnonzero(groups == 0), np.flatnonzero(groups == 1)

    train, valid = split(4, groups=np.array([0, 1, 0, 1]), how=ByGroup())
    assert train.tolist() == [0, 2]
    assert valid.tolist() == [1, 3]


@given(st.lists(st.integers(0, 3), min_size=2, max_size=40), st.floats(0.05, 0.95))
def test_classes_have_like_shares_and_one_sample_to_train_on(labels, fraction):
    labels = np.array([*labels, 0, 0])
    n = len(labels)
    train, valid = split_validation(
        np.zeros((n, 1)),
        labels,
        None,
        validation_split="random",
        validation_fraction=fraction,
        gap=0,
        seed=0,
        strata=labels,
    )
    assert sorted([*train, *valid]) == list(range(n))
    assert set(labels[train]) == set(labels)
    spare = n - len(set(labels))
    wanted = min(max(1, round(fraction * n)), n - 1, spare)
    assert len(valid) == wanted
    for label in set(labels):
        share = wanted * ((labels == label).sum() - 1) / spare
        assert abs((labels[valid] == label).sum() - share) <= 1


def test_classes_that_occur_once_cannot_be_split():
    with pytest.raises(ValueError, match="y holds no class twice"):
        split_validation(
            np.zeros((3, 1)),
            np.arange(3),
            None,
            validation_split="random",
            validation_fraction=0.1,
            gap=0,
            seed=0,
            strata=np.arange(3),
        )


@pytest.mark.parametrize("how", ["random", "tail"])
def test_two_samples_are_enough(how):
    train, valid = split(2, how=how, fraction=0.99)
    assert len(train) == len(valid) == 1


@pytest.mark.parametrize("form", ["masks", "indices", "unsigned"])
def test_sides_of_a_split_may_be_masks_or_whole_numbers(form):
    train, valid = np.array([4, 0, 2]), np.array([1])
    given = {
        "masks": (np.isin(np.arange(5), train), np.isin(np.arange(5), valid)),
        "indices": (train, valid),
        "unsigned": (train.astype(np.uint8), valid.astype(np.uint8)),
    }[form]
    found = split(5, how=Given(*given))
    assert sorted(found[0].tolist()) == [0, 2, 4]
    assert found[1].tolist() == [1]
    with pytest.raises(ValueError, match="indices from -1 to 2; X has 5"):
        split(5, how=Given([-1, 2], [1]))
    with pytest.raises(ValueError, match="3 training and 0 validation"):
        split(5, how=Given([0, 1, 2], []))


def tail(X, reach, groups=None, fraction=0.2, how="tail"):
    return split_validation(
        X,
        np.zeros(len(X)),
        groups,
        validation_split=how,
        validation_fraction=fraction,
        gap=reach - 1,
        seed=0,
    )


@given(
    st.integers(2, 8),
    st.integers(1, 4),
    st.integers(1, 12),
    st.integers(1, 3),
    st.booleans(),
)
def test_a_tail_split_leaves_out_what_shares_a_step(
    window, horizon, stride, n_series, gaps
):
    rng = np.random.default_rng(0)
    length = window + horizon + 30 * stride
    each = [rng.normal(size=(length, 2)) for _ in range(n_series)]
    if gaps:
        for series in each:
            series[rng.random(series.shape) < 0.3] = np.nan
    X = np.concatenate([make_windows(x, window, horizon, stride)[0] for x in each])
    X = X.copy()
    found = find_stride(X)
    assert found == (stride if stride < window else None)
    if found is None or n_series > 1:
        return
    numbers = np.arange(float(length))
    rows, after = make_windows(numbers, window, horizon, stride)
    whole = np.concatenate([rows[:, :, 0], after], axis=1)
    train, valid = tail(X, window + horizon)
    assert not np.intersect1d(whole[train], whole[valid]).size
    assert np.intersect1d(whole[train[-1] + 1], whole[valid]).size or (
        train[-1] + 1 == valid[0]
    )


@pytest.mark.parametrize("stride", [24, 48, 96, 150])
def test_windows_far_apart_leave_samples_to_train_on(stride):
    series = np.random.default_rng(0).normal(size=(96 + 24 + 30 * stride, 1))
    X, y = make_windows(series, 96, 24, stride, 0)
    train, valid = tail(X, 120)
    assert valid[0] - train[-1] == max(-(-120 // min(stride, 96)), 1)
    model = LSTMAttentionRegressor(
        hidden_size=2,
        max_epochs=1,
        early_stopping=True,
        validation_split="tail",
        patch_size=24,
        target_channels=0,
    )
    assert model.fit(X, y).n_iter_ == 1


def test_neighbours_that_share_nothing_are_taken_for_windows_one_step_apart():
    X = np.random.default_rng(0).normal(size=(100, 8, 1))
    train, valid = tail(X, 8)
    assert valid[0] - train[-1] == 8
    train, valid = tail(X[:8], 8)  # unless nothing would be left
    assert valid[0] - train[-1] == 1


def make_index(starts, window, horizon, length=40):
    pandas = pytest.importorskip("pandas")
    each = [pandas.DataFrame({"x": s + np.arange(length * 1.0)}) for s in starts]
    for frame in each:
        frame["day"] = frame["x"]
    return make_windows(each, window, horizon, time="day", return_index=True)


@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=6),
    st.integers(1, 5),
    st.integers(1, 4),
)
def test_with_an_index_the_tail_is_the_last_times_of_all_series(
    starts, window, horizon
):
    X, y, index = make_index(starts, window, horizon)
    train, valid = tail(X, window + horizon, index)
    days = np.concatenate([X[:, :, 0], y[:, :, 0]], axis=1)
    assert days[train].max() < days[valid].min()
    ends = max(starts) + 39
    assert days[valid].max() == ends
    moments = np.unique(index["target"])
    assert len(np.unique(index["target"][valid])) == max(1, round(0.2 * len(moments)))
    kept = np.flatnonzero(days[:, -1] < days[valid].min())
    np.testing.assert_array_equal(train, kept)
    split = WindowSplit(1, window=window, horizon=horizon)
    by_splitter = tail(X, 0, index, how=split)
    expected = next(split.split(X, groups=index))
    np.testing.assert_array_equal(by_splitter[0], expected[0])


@pytest.mark.parametrize("stride", [1, 3, 9])
@pytest.mark.parametrize("shape", ["array", "frame"])
def test_the_tail_of_stacked_series_goes_by_dates_whatever_the_stride(stride, shape):
    pandas = pytest.importorskip("pandas")
    each = [
        pandas.DataFrame(
            {"x": np.arange(float(n))}, index=pandas.date_range(begin, periods=n)
        )
        for begin, n in [("2026-01-01", 60), ("2026-02-01", 40), ("2025-12-01", 50)]
    ]
    X, _, index = make_windows(each, 5, 2, stride, return_index=True)
    groups = index if shape == "array" else pandas.DataFrame(index)
    train, valid = tail(X, 7, index)
    assert index["last"][train].max() < index["first"][valid].min()
    assert (index["target"][valid] > np.datetime64("2026-02-15")).all()
    assert {*index["series"][valid]} == {0, 1}  # the third ends before
    model = LSTMAttentionRegressor(
        hidden_size=2, max_epochs=1, early_stopping=True, validation_split="tail"
    )
    assert model.fit(X, X[:, -1], groups=groups).n_iter_ == 1


def test_with_an_index_a_random_split_keeps_series_together():
    X, _, index = make_index([0, 5, 9, 2], 4, 2)
    train, valid = tail(X, 6, index, fraction=0.25, how="random")
    assert len(np.unique(index["series"][valid])) == 1
    assert not {*index["series"][train]} & {*index["series"][valid]}


def test_fit_takes_the_index_as_groups():
    X, y, index = make_index([0, 5], 4, 2)
    model = LSTMAttentionRegressor(
        hidden_size=2, max_epochs=1, early_stopping=True, validation_split="tail"
    )
    model.fit(X, y, groups=index)
    model.fit(X, y, groups=pytest.importorskip("pandas").DataFrame(index))
    with pytest.raises(ValueError, match=r"X has 70, groups has 69"):
        model.fit(X, y, groups=index[1:])
    X, y, index = make_index([0], 16, 16)
    with pytest.raises(ValueError, match="leaves no window to train on: of 9 times"):
        model.fit(X, y, groups=index)


def test_an_index_of_one_time_is_refused():
    _, _, index = make_windows(
        {name: np.arange(6.0) for name in "abc"}, 4, 2, return_index=True
    )
    X = np.zeros((3, 4, 1))
    with pytest.raises(ValueError, match="of 1 times the last 1 are for validation"):
        split_validation(
            X,
            np.zeros(3),
            index,
            validation_split="tail",
            validation_fraction=0.3,
            gap=0,
            seed=0,
        )
