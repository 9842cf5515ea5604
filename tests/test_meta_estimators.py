"""scikit-learn's estimators around ours: who passes 3-D X on, who wants flat rows."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import TunedThresholdClassifierCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_union
from sklearn.semi_supervised import SelfTrainingClassifier

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 5, 2))
FLAT = X.reshape(60, 10)
Y = X[:, 2, 0]
LABELS = np.digitize(Y, [-0.5, 0.5])
SMALL = {"n_timesteps": 5, "hidden_size": 4, "max_epochs": 2, "random_state": 0}
ours = LSTMAttentionRegressor(**SMALL)
classifier = LSTMAttentionClassifier(**SMALL)

PASS_ON = {
    "ada boost": (AdaBoostRegressor(ours, n_estimators=2, random_state=0), Y),
    "calibration": (CalibratedClassifierCV(classifier, cv=2), LABELS),
    "multi-output": (MultiOutputRegressor(ours), np.stack([Y, -Y], axis=1)),
    "one versus rest": (OneVsRestClassifier(classifier), LABELS),
    "stacking": (StackingRegressor([("ours", ours)], Ridge(), cv=2), Y),
    "stacking classes": (
        StackingClassifier([("ours", classifier)], LogisticRegression(), cv=2),
        LABELS,
    ),
    "threshold": (TunedThresholdClassifierCV(classifier, cv=2), LABELS > 0),
    "transformed target": (TransformedTargetRegressor(ours), Y),
    "voting": (VotingRegressor([("ours", ours)]), Y),
    "voting classes": (VotingClassifier([("ours", classifier)], voting="soft"), LABELS),
}
FLAT_ONLY = {
    "bagging": (BaggingRegressor(ours, n_estimators=2, random_state=0), Y),
    "one versus one": (OneVsOneClassifier(classifier), LABELS),
    "self-training": (
        SelfTrainingClassifier(classifier, max_iter=1),
        np.where(np.arange(60) % 2, LABELS, -1),
    ),
}


@pytest.mark.parametrize("name", PASS_ON)
def test_sequences_and_flat_rows_give_the_same(name):
    estimator, y = PASS_ON[name]
    np.testing.assert_array_equal(
        estimator.fit(X, y).predict(X), estimator.fit(FLAT, y).predict(FLAT)
    )


@pytest.mark.parametrize("name", FLAT_ONLY)
def test_what_checks_x_itself_takes_flat_rows(name):
    estimator, y = FLAT_ONLY[name]
    assert estimator.fit(FLAT, y).predict(FLAT).shape == (60,)
    with pytest.raises(ValueError, match="dim"):
        estimator.fit(X, y)


def test_a_union_lays_the_contexts_side_by_side():
    union = make_union(ours, LSTMAttentionRegressor(**SMALL, attention="mean"))
    assert union.fit(X, Y).transform(X).shape == (60, 8 + 2)  # states, and the inputs
