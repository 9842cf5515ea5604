"""sktime's own checks, and its data; `make test-adapters` runs them."""

import numpy as np
import pandas as pd
import pytest
from sktime.datasets import load_airline
from sktime.forecasting.base import ForecastingHorizon
from sktime.utils.estimator_checks import check_estimator, parametrize_with_checks

from skattn import LSTMAttentionRegressor
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
