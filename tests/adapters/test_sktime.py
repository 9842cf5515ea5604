"""sktime's own checks, and its data; `make test-adapters` runs them."""

import re

import numpy as np
import pandas as pd
import pytest
from sktime.datasets import load_airline
from sktime.forecasting.base import ForecastingHorizon
from sktime.split import ExpandingWindowSplitter, SlidingWindowSplitter
from sktime.utils.estimator_checks import check_estimator, parametrize_with_checks

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn.adapters.sktime import (
    SktimeClassifier,
    SktimeForecaster,
    SktimeRegressor,
)


@parametrize_with_checks([SktimeClassifier, SktimeRegressor, SktimeForecaster])
def test_sktimes_checks(obj, test_name, count):
    passed = check_estimator(
        obj, raise_exceptions=True, tests_to_run=test_name, verbose=False
    )
    assert set(passed.values()) <= {"PASSED"}
    count(obj, len(passed))


QUICK = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}


def test_each_step_of_the_horizon_is_forecast_by_its_own_output():
    y = pd.Series(np.arange(60.0), index=pd.period_range("2000-01", periods=60))
    inner = LSTMAttentionRegressor(target_channels=0, random_state=0)
    forecaster = SktimeForecaster(inner, window_length=6).fit(y, fh=[1, 4])
    np.testing.assert_allclose(forecaster.predict(), [60, 63], atol=0.5)
    assert forecaster.estimator_.predict(np.arange(54.0, 60)[None, :, None]).shape == (
        1,
        2,
    )


def test_what_is_known_ahead_is_read():
    rng = np.random.default_rng(0)
    known = pd.DataFrame({"holiday": rng.integers(0, 2, 300).astype(float)})
    y = pd.Series(known["holiday"].to_numpy() * 5 + rng.normal(0, 0.1, 300))
    inner = LSTMAttentionRegressor(target_channels=0, random_state=0)
    forecaster = SktimeForecaster(inner, window_length=6)
    forecaster.fit(y[:290], X=known[:290], fh=range(1, 11))
    forecast = forecaster.predict(X=known[290:])
    assert np.abs(forecast - y[290:]).mean() < 0.5


def test_forecasts_go_on_from_the_end_of_new_data():
    y = load_airline()
    forecaster = SktimeForecaster(LSTMAttentionRegressor(**QUICK), window_length=12)
    forecaster.fit(y[:120], fh=[1, 2])
    first = forecaster.predict()
    forecaster.update(y[120:126], update_params=False)
    second = forecaster.predict()
    assert first.index[0] == y.index[120]
    assert second.index[0] == y.index[126]
    assert not np.allclose(first, second)


def test_dates_that_came_nearer_are_refused():
    y = load_airline()
    dates = ForecastingHorizon(y.index[121:123], is_relative=False)
    inner = LSTMAttentionRegressor(target_channels=0, max_epochs=2, random_state=0)
    forecaster = SktimeForecaster(inner, window_length=24).fit(y[:120], fh=dates)
    assert [*forecaster.predict().index] == [*y.index[121:123]]
    forecaster.update(y[120:121], update_params=False)
    with pytest.raises(ValueError, match=r"asks for the steps \[1, 2\] .* \[2, 3\]"):
        forecaster.predict()


def test_a_missing_row_of_the_future_is_named():
    known = pd.DataFrame({"a": np.arange(40.0)})
    y = pd.Series(np.arange(40.0))
    forecaster = SktimeForecaster(LSTMAttentionRegressor(**QUICK), window_length=4)
    forecaster.fit(y[:30], X=known[:30], fh=[1, 2])
    with pytest.raises(ValueError, match="Missing: 31"):
        forecaster.predict(X=known[30:31])


def test_short_series_have_shorter_windows():
    y = pd.Series(np.arange(10.0))
    forecaster = SktimeForecaster(LSTMAttentionRegressor(**QUICK), window_length=24)
    with pytest.warns(UserWarning, match="windows have 8 steps"):
        forecaster.fit(y, fh=[1])
    assert forecaster.window_length_ == 8


MONTHS = pd.period_range("2000-01", periods=80, freq="M")
INDEXES = {
    "periods": MONTHS,
    "months": pd.date_range("2000-01", periods=80, freq="MS"),
    "days of work, without freq": pd.DatetimeIndex(
        pd.date_range("2000-01-03", periods=80, freq="B").to_numpy()
    ),
    "hours where clocks change": pd.date_range(
        "2000-03-25", periods=80, freq="h", tz="Europe/Berlin"
    ),
    "numbers": pd.RangeIndex(80),
    "every second number": pd.Index(np.arange(0, 160, 2)),
}


@pytest.fixture
def y():
    rng = np.random.default_rng(0)
    return pd.Series(rng.normal(size=80), index=MONTHS)


@pytest.fixture
def wide(y):
    rng = np.random.default_rng(1)
    values = rng.normal(size=(80, 2)) * [1, 5]
    return pd.DataFrame(values, index=y.index, columns=["a", "b"])


@pytest.fixture
def forecaster():
    inner = LSTMAttentionRegressor(target_channels=0, **QUICK)
    return SktimeForecaster(inner, window_length=10)


def forecast_after(forecaster, y, end):
    """Return what the fitted network says after the first rows of a series."""
    window = y.to_numpy()[end - 10 : end].reshape(1, 10, -1)
    return forecaster.estimator_.predict(window).ravel()


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_rows_that_are_known_already_are_replaced(forecaster, y, index):
    y = y.set_axis(index)
    forecaster.fit(y[:60], fh=[1])
    forecaster.update(y[60:65] + 1, update_params=False)
    forecaster.update(y[60:68], update_params=False)
    expected = forecast_after(forecaster, y, 68)
    np.testing.assert_array_equal(forecaster.predict(), expected)


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_a_gap_is_refused_and_changes_nothing(forecaster, y, index):
    y = y.set_axis(index)
    forecaster.fit(y[:60], fh=[1])
    before = forecaster.predict()
    with pytest.raises(ValueError, match=f"must be by {re.escape(str(index[60]))}"):
        forecaster.update(y[61:65])
    with pytest.raises(ValueError, match=f"must be by {re.escape(str(index[62]))}"):
        forecaster.update(y.drop(index[62])[60:70])
    assert [*forecaster.cutoff] == [index[59]]
    pd.testing.assert_series_equal(forecaster.predict(), before)


def test_rows_may_stand_apart_where_they_did_in_fit(forecaster, y):
    days = np.cumsum(np.random.default_rng(0).integers(1, 4, size=80))
    y = y.set_axis(pd.Index(days))
    forecaster.fit(y[:60], fh=[1]).update(y[61:65], update_params=False)
    assert forecaster.cutoff[0] == days[64]


def test_another_kind_of_index_is_refused(forecaster, y):
    forecaster.set_config(remember_data=False)  # or sktime fails before
    forecaster.fit(y[:60], fh=[1])
    with pytest.raises(ValueError, match="kind 'integer', but in fit it was 'period'"):
        forecaster.update(y[60:65].reset_index(drop=True))


@pytest.mark.parametrize("remember", [True, False])
@pytest.mark.parametrize(
    "cv",
    [
        ExpandingWindowSplitter(fh=[1], initial_window=5, step_length=1),
        SlidingWindowSplitter(fh=[1], window_length=5, step_length=1),
    ],
    ids=["expanding", "sliding"],
)
def test_update_predict_reads_the_rows_before_each_cutoff(forecaster, y, cv, remember):
    forecaster.set_config(remember_data=remember).fit(y[:60], fh=[1])
    forecasts = forecaster.update_predict(y[60:], cv=cv, update_params=False)
    expected = [forecast_after(forecaster, y, end)[0] for end in range(65, 80)]
    np.testing.assert_allclose(forecasts, expected, rtol=1e-5)


def test_the_end_can_move_back(forecaster, y):
    forecaster.fit(y[:70], fh=[1]).update(y[60:65], update_params=False)
    expected = forecast_after(forecaster, y, 65)
    np.testing.assert_array_equal(forecaster.predict(), expected)
    with pytest.raises(ValueError, match="y ends at 2000-05, and 5 rows up to there"):
        forecaster.update(y[:5])
    assert forecaster.cutoff[0] == MONTHS[64]


def test_rows_of_arrays_are_all_new(forecaster, y):
    values = y.to_numpy()
    forecaster.fit(values[:60], fh=[1])
    forecaster.update(values[60:65], update_params=False)
    forecaster.update(values[65:68], update_params=False)
    expected = forecast_after(forecaster, y, 68)
    np.testing.assert_array_equal(forecaster.predict().ravel(), expected)


@pytest.fixture
def learned(monkeypatch):
    """Return the samples that networks go on to learn from."""
    calls = []
    go_on = LSTMAttentionRegressor.partial_fit

    def record(self, X, y):
        calls.append((X[..., 0].tolist(), np.asarray(y).tolist()))
        return go_on(self, X, y)

    monkeypatch.setattr(LSTMAttentionRegressor, "partial_fit", record)
    return calls


def test_each_row_is_learned_once(forecaster, learned):
    y = pd.Series(np.arange(80.0), index=MONTHS)
    forecaster.fit(y[:60], fh=[1])
    cv = ExpandingWindowSplitter(fh=[1], initial_window=5, step_length=1)
    forecaster.update_predict(y[60:], cv=cv)
    targets = [target for _, ys in learned for target in np.ravel(ys)]
    assert targets == [*range(60, 79)]
    for Xs, ys in learned:
        assert Xs == [[*range(int(y) - 10, int(y))] for y in np.ravel(ys)]


def test_rows_are_learned_once_they_fill_a_horizon(forecaster, learned):
    y = pd.Series(np.arange(80.0), index=MONTHS)
    forecaster.fit(y[:60], fh=[1, 3])
    for end in range(61, 68):
        forecaster.update(y[:end])
    assert [ys for _, ys in learned] == [[[60, 62]], [[63, 65]]]


def test_columns_of_X_are_taken_by_name(forecaster, y, wide):
    forecaster.fit(y[:60], X=wide[:60], fh=[1, 2])
    forecaster.update(y[60:65], X=wide[60:65], update_params=False)
    expected = forecaster.predict(X=wide[65:])
    turned = wide[["b", "a"]]
    forecaster.update(y[60:65], X=turned[60:65], update_params=False)
    pd.testing.assert_series_equal(forecaster.predict(X=turned[65:]), expected)


def test_columns_of_y_are_taken_by_name(wide):
    inner = LSTMAttentionRegressor(target_channels=[0, 1], **QUICK)
    forecaster = SktimeForecaster(inner, window_length=10).fit(wide[:60], fh=[1])
    forecaster.update(wide.loc[wide.index[60:65], ["b", "a"]], update_params=False)
    expected = forecast_after(forecaster, wide, 65)
    np.testing.assert_array_equal(forecaster.predict().to_numpy().ravel(), expected)
    assert [*forecaster.predict().columns] == ["a", "b"]


def test_other_columns_are_refused_by_name(forecaster, y, wide):
    forecaster.fit(y[:60], X=wide[:60], fh=[1])
    with pytest.raises(ValueError, match=r"X has .* missing are \['b'\]"):
        forecaster.predict(X=wide[["a"]][60:])
    with pytest.raises(ValueError, match=r"\[\], and not known are \['c'\]"):
        forecaster.update(y[60:65], X=wide.assign(c=0.0)[60:65])
    renamed = wide.rename(columns={"a": "c"})
    with pytest.raises(ValueError, match=r"are \['a'\], and not known are \['c'\]"):
        forecaster.predict(X=renamed[60:])


def test_columns_without_names_are_taken_by_position(forecaster, y, wide):
    forecaster.fit(y[:60], X=wide[:60], fh=[1])
    unnamed = wide.set_axis([0, 1], axis=1)
    pd.testing.assert_series_equal(
        forecaster.predict(X=unnamed[60:]), forecaster.predict(X=wide[60:])
    )


def test_what_is_known_ahead_must_come_where_fit_had_it(forecaster, y, wide):
    forecaster.fit(y[:60], X=wide[:60], fh=[1])
    before = forecaster.predict(X=wide[60:])
    with pytest.raises(ValueError, match=r"X is None, but fit had X .* \['a', 'b'\]"):
        forecaster.update(y[60:65])
    with pytest.raises(ValueError, match="X is None, but fit had X"):
        forecaster.predict()
    pd.testing.assert_series_equal(forecaster.predict(X=wide[60:]), before)
    forecaster.fit(y[:60], fh=[1])
    with pytest.raises(ValueError, match="but fit had no X; allowed is X=None"):
        forecaster.update(y[60:65], X=wide[60:65])


def make_panel():
    """Return series of two channels, and a class for each."""
    rng = np.random.default_rng(0)
    frames = [
        pd.DataFrame(rng.normal(size=(7, 2)) * [1, 5], columns=["a", "b"])
        for _ in range(12)
    ]
    return frames, np.arange(12) % 2


def join_frames(frames):
    return pd.concat(dict(enumerate(frames)), names=["series", "time"])


ADAPTERS = {
    SktimeClassifier: LSTMAttentionClassifier,
    SktimeRegressor: LSTMAttentionRegressor,
}


@pytest.mark.parametrize("form", [list, join_frames])
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_channels_of_panels_are_taken_by_name(adapter, form):
    frames, y = make_panel()
    model = adapter(ADAPTERS[adapter](**QUICK)).fit(form(frames), y * 1.0)
    ask = getattr(model, "predict_proba", model.predict)
    turned = [frame[["b", "a"]] for frame in frames]
    np.testing.assert_array_equal(ask(form(turned)), ask(form(frames)))
    arrays = np.stack([frame.to_numpy().T for frame in frames])
    np.testing.assert_array_equal(ask(arrays), ask(form(frames)))
    renamed = [frame.rename(columns={"a": "c"}) for frame in frames]
    with pytest.raises(ValueError, match=r"X\[0\] .*missing are \['a'\].* \['c'\]"):
        ask(form(renamed))


@pytest.mark.parametrize("form", [list, join_frames])
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_missing_values_are_for_the_estimator_to_allow(adapter, form):
    frames, y = make_panel()
    frames[0].iloc[2, 1] = np.nan
    X, y = form(frames), y * 1.0
    masking = adapter(ADAPTERS[adapter](missing="mask", **QUICK))
    assert np.isfinite(masking.fit(X, y).predict(X)).all()
    with pytest.raises(ValueError, match="missing values"):
        adapter(ADAPTERS[adapter](**QUICK)).fit(X, y)


def test_series_that_are_too_short_are_refused(forecaster, y):
    with pytest.raises(ValueError, match="y has 2 steps; a horizon of 1 needs"):
        forecaster.fit(y[:2].to_timestamp(), fh=[1])
