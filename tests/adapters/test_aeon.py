"""aeon's own checks, and its data; `make test-adapters` runs them."""

import numpy as np
from aeon.testing.estimator_checking import parametrize_with_checks

from skattn import LSTMAttentionClassifier
from skattn.adapters.aeon import AeonClassifier, AeonRegressor


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
