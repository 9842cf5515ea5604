"""aeon's own checks, and its data; `make test-adapters` runs them."""

import numpy as np
import pytest
from aeon.testing.estimator_checking import parametrize_with_checks
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn.adapters.aeon import AeonClassifier, AeonRegressor
from skattn.sequences import OverTime


@parametrize_with_checks([AeonClassifier, AeonRegressor])
def test_aeons_checks(check, count):
    check()
    asked = check.keywords
    count(asked.get("estimator_class") or asked["estimator"], 1)


def test_channels_stand_first():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 2, 7))  # 2 channels, 7 steps
    y = np.arange(30) % 2
    inner = LSTMAttentionClassifier(hidden_size=4, max_epochs=2, random_state=0)
    outer = AeonClassifier(inner).fit(X, y)
    assert outer.estimator_.n_features_in_ == 2
    turned = inner.fit(X.transpose(0, 2, 1), y)
    np.testing.assert_array_equal(
        outer.predict_proba(X), turned.predict_proba(X.transpose(0, 2, 1))
    )


def test_series_of_different_lengths():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(1, 5 + i % 3)) for i in range(30)]
    inner = LSTMAttentionClassifier(hidden_size=4, max_epochs=2, random_state=0)
    outer = AeonClassifier(inner).fit(X, np.arange(30) % 2)
    assert outer.estimator_.predict_attention([X[0].T]).shape == (1, 5)


def test_the_estimator_given_stays_as_it_was():
    inner = LSTMAttentionClassifier(hidden_size=4, max_epochs=2)
    X = np.random.default_rng(0).normal(size=(12, 1, 5))
    AeonClassifier(inner).fit(X, np.arange(12) % 2)
    assert not hasattr(inner, "classes_")


ADAPTERS = {
    AeonClassifier: LSTMAttentionClassifier,
    AeonRegressor: LSTMAttentionRegressor,
}


@pytest.fixture
def X():
    X = np.random.default_rng(0).normal(size=(12, 2, 5))
    X[0, 1, 2] = np.nan
    return X


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_missing_values_are_for_the_estimator_to_allow(adapter, X):
    y = np.arange(12) % 3
    outer = adapter(ADAPTERS[adapter](missing="mask", hidden_size=4, max_epochs=2))
    assert np.isfinite(outer.fit(X, y).predict(X)).all()
    assert np.isfinite(outer.fit([*X], y).predict([*X])).all()
    outer.set_params(estimator__missing="error")
    with pytest.raises(ValueError, match="missing values"):
        outer.fit(X, y)
    outer.set_params(estimator__missing="mask").fit(X, y)


def test_missing_values_are_for_the_first_step_of_a_pipeline_to_allow(X):
    inner = LSTMAttentionClassifier(hidden_size=4, max_epochs=2)
    y = np.arange(12) % 2
    filled = AeonClassifier(make_pipeline(OverTime(SimpleImputer()), inner))
    assert filled.fit(X, y).predict(X).shape == (12,)
    with pytest.raises(ValueError, match="missing values"):
        AeonClassifier(make_pipeline("passthrough", inner)).fit(X, y)


def test_the_constructor_leaves_it_to_fit_to_refuse_an_estimator(X):
    outer = AeonClassifier("LSTM")
    with pytest.raises(TypeError, match="'LSTM'"):
        outer.fit(np.nan_to_num(X), np.arange(12) % 2)
