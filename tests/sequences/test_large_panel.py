"""A panel of 500 series, split by time: nothing of the future is of any use."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, cross_val_predict

from skattn import LSTMAttentionRegressor
from skattn.sequences import WindowSplit, make_windows, next_window

pd = pytest.importorskip("pandas")
N_SERIES, N_DAYS, WINDOW, HORIZON = 500, 160, 8, 2
SIZES = {"window": WINDOW, "horizon": HORIZON}
CHANNELS = {"target_channels": "x", "future_channels": "holiday", "time": "date"}


def make_panel(peek=0):
    """Return series of many lengths and starts, statics, and what can be known of y.

    All series have the shock of the day, which nobody can know before. Channel "peek"
    holds x of ``peek`` days later.
    """
    rng = np.random.default_rng(0)
    days = np.datetime64("2026-01-01") + np.arange(N_DAYS)
    shock, holiday = rng.normal(size=N_DAYS + 50), rng.random(N_DAYS) < 0.3
    size = rng.uniform(0, 2, N_SERIES)
    series = {}
    for number in range(N_SERIES):
        start = rng.integers(0, N_DAYS - 40)
        rows = np.arange(start, rng.integers(start + 30, N_DAYS))
        known = 2 * holiday[rows] * size[number]
        x = known + shock[rows]
        ahead = np.roll(x, -peek)
        if peek > 0:
            ahead[-peek:] = 0.0
        series[f"shop {number}"] = pd.DataFrame(
            {"x": x, "holiday": holiday[rows], "day": rows, "peek": ahead}
        ).assign(date=days[rows])
    return series, pd.DataFrame({"size": size}, index=[*series]), holiday


def lay_flat(X):
    """Return all that X holds of a window, in one row."""
    flat = [X.steps.reshape(len(X), -1), X.future.reshape(len(X), -1)]
    return np.hstack([*flat, np.asarray(X.static)])


def read_panel(peek=0, stride=3):
    series, static, holiday = make_panel(peek)
    X, y, index = make_windows(
        series, **SIZES, stride=stride, static=static, **CHANNELS, return_index=True
    )
    best = 2 * X.future[..., 0] * np.asarray(X.static)  # what can be known of y
    return X, y, index, best, holiday


def predict_later(X, y, index, n_splits=1):
    """Return where it was tested, and the predictions of one split by time."""
    split = WindowSplit(n_splits, **SIZES, test_size=60)
    *_, (train, test) = split.split(X, groups=index)
    model = HistGradientBoostingRegressor(max_iter=60, random_state=0)
    flat = lay_flat(X)
    return test, model.fit(flat[train], y[train, 0]).predict(flat[test])


def test_each_window_has_the_past_calendar_and_statics_of_its_own_series():
    series, static, holiday = make_panel()
    X, y, index = make_windows(
        series, **SIZES, stride=3, static=static, **CHANNELS, return_index=True
    )
    assert len({*index["series"]}) == N_SERIES
    first = (index["target"] - np.datetime64("2026-01-01")).astype("m8[D]").astype(int)
    for step in range(HORIZON):
        np.testing.assert_array_equal(X.future[:, step, 0], holiday[first + step])
    names = X.names.channels
    np.testing.assert_array_equal(X.steps[:, -1, names.index("day")], first - 1)
    sizes = static.loc[index["series"], "size"].to_numpy()
    np.testing.assert_array_equal(np.asarray(X.static)[:, 0], sizes)
    for number in range(0, len(X), 997):
        whole, start = series[index["series"][number]], index["start"][number]
        end = start + WINDOW
        np.testing.assert_array_equal(X.steps[number, :, 0], whole["x"][start:end])
        np.testing.assert_array_equal(y[number], whole["x"][end : end + HORIZON])
    split = WindowSplit(2, **SIZES, test_size=20)
    for train, test in split.split(X, groups=index):
        assert index["last"][train].max() < index["first"][test].min()
        assert len({*index["series"][train]}) > 100


def test_what_others_saw_of_a_day_is_of_use_only_where_it_leaks():
    X, y, index, best, _ = read_panel()
    test, predicted = predict_later(X, y, index)
    possible = r2_score(y[test, 0], best[test, 0])
    assert 0.4 < possible < 0.8
    # The shocks of the training days are learned by heart, and cost a part of it.
    assert 0.2 < r2_score(y[test, 0], predicted) < possible + 0.02
    model = HistGradientBoostingRegressor(max_iter=60, random_state=0)
    folds = KFold(3, shuffle=True, random_state=0)
    leaking = cross_val_predict(model, lay_flat(X), y[:, 0], cv=folds)
    assert r2_score(y[:, 0], leaking) > r2_score(y[:, 0], best[:, 0]) + 0.15


@pytest.mark.parametrize(
    ("peek", "inside"),
    [(-1, False), (0, False), (HORIZON, True)],
    ids=["after the horizon", "in the horizon", "in the window"],
)
def test_a_planted_future_is_of_use_only_inside_of_the_window(peek, inside):
    # y stands in "peek" too: at its own rows, a row later, or within the history.
    X, y, index, best, _ = read_panel(peek)
    test, predicted = predict_later(X, y, index)
    possible = r2_score(y[test, 0], best[test, 0])
    score = r2_score(y[test, 0], predicted)
    assert (score > 0.9) == inside
    assert inside or score < possible + 0.02


def test_our_model_learns_the_calendar_and_no_more():
    X, y, index, best, _ = read_panel(stride=5)
    ((train, test),) = WindowSplit(1, **SIZES, test_size=60).split(X, groups=index)
    model = LSTMAttentionRegressor(
        hidden_size=8,
        target_channels="x",
        linear_skip=False,
        anchor=False,
        max_epochs=8,
        early_stopping=True,
        validation_split="tail",
        random_state=0,
    ).fit(X[train], y[train], groups=index[train])
    possible = r2_score(y[test], best[test])
    assert 0.2 < model.score(X[test], y[test]) < possible + 0.02
    series, static, _ = make_panel()
    coming = {name: np.zeros((HORIZON, 1)) for name in series}
    tomorrow = next_window(
        series,
        WINDOW,
        future=coming,
        future_channels="holiday",
        static=static,
        time="date",
    )
    assert model.predict(tomorrow).shape == (N_SERIES, HORIZON)
