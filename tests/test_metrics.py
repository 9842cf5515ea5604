"""Scores and transformed targets of y with three axes, and forecasts in logs."""

import pickle

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import VotingRegressor
from sklearn.metrics import make_scorer, mean_absolute_error, mean_squared_error
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skattn import ConformalIntervals, LSTMAttentionRegressor, SeedEnsemble
from skattn.metrics import flat_scorer
from skattn.sequences import OverTime, WindowSplit, make_windows

RNG = np.random.default_rng(0)
SERIES = np.exp(0.1 * RNG.normal(size=(160, 3)).cumsum(0))
X, Y = make_windows(SERIES, 8, 4, target_channels=[2, 0])
FAST = {"hidden_size": 4, "max_epochs": 2, "random_state": 0, "early_stopping": False}
MODEL = LSTMAttentionRegressor(**FAST, target_channels=[2, 0])
SPLIT = WindowSplit(2, window=8, horizon=4)


def test_each_output_step_of_each_target_counts_alike():
    model = clone(MODEL).fit(X, Y)
    predicted = model.predict(X)
    error = flat_scorer("neg_mean_absolute_error")(model, X, Y)
    assert error == pytest.approx(-np.abs(predicted - Y).mean())
    assert flat_scorer("r2")(model, X, Y) == pytest.approx(model.score(X, Y))
    weights = RNG.uniform(size=len(Y))
    error = flat_scorer("neg_mean_squared_error")(model, X, Y, sample_weight=weights)
    expected = np.average(((predicted - Y) ** 2).mean((1, 2)), weights=weights)
    assert error == pytest.approx(-expected)
    own = make_scorer(mean_squared_error, greater_is_better=False)
    assert flat_scorer(own)(model, X, Y) == pytest.approx(
        -((predicted - Y) ** 2).mean()
    )


@pytest.mark.parametrize("y", [Y[:, 0, 0], Y[:, :, 0], Y[:, :1]])
def test_other_forms_of_y_are_scored_too(y):
    model = LSTMAttentionRegressor(**FAST).fit(X, y)
    error = flat_scorer("neg_mean_absolute_error")(model, X, y)
    assert error == pytest.approx(-np.abs(model.predict(X) - y).mean())


def test_it_goes_where_a_scorer_goes():
    options = {"cv": SPLIT, "error_score": "raise"}
    with pytest.raises(ValueError, match="dim 3"):
        cross_val_score(MODEL, X, Y, scoring="neg_mean_absolute_error", **options)
    scoring = flat_scorer("neg_mean_absolute_error")
    scoring = pickle.loads(pickle.dumps(scoring))  # as joblib does
    scores = cross_val_score(MODEL, X, Y, scoring=scoring, **options)
    assert (scores < 0).all()
    both = {"error": scoring, "r2": flat_scorer("r2")}
    results = cross_validate(MODEL, X, Y, scoring=both, **options)
    np.testing.assert_allclose(results["test_error"], scores, rtol=1e-5)
    search = GridSearchCV(MODEL, {"hidden_size": [2, 4]}, scoring=scoring, **options)
    assert search.fit(X, Y).best_score_ < 0
    assert "mean_absolute_error" in repr(scoring)
    ensemble = SeedEnsemble(MODEL, n_estimators=2).fit(X, Y)
    assert scoring(ConformalIntervals(ensemble).fit(X, Y), X, Y) < 0


def test_weights_are_routed_to_it():
    weights = RNG.uniform(size=len(Y))
    with config_context(enable_metadata_routing=True):
        scoring = flat_scorer("neg_mean_absolute_error")
        scoring = scoring.set_score_request(sample_weight=True)
        model = LSTMAttentionRegressor(**FAST).set_fit_request(sample_weight=False)
        options = {"cv": SPLIT, "params": {"sample_weight": weights}}
        routed = cross_validate(
            model, X, Y, scoring=scoring, return_estimator=True, **options
        )
        plain = flat_scorer(lambda model, X, y: 0.0)
        assert cross_val_score(model, X, Y, cv=SPLIT, scoring=plain).sum() == 0
    for (_, test), fitted, score in zip(
        SPLIT.split(X), routed["estimator"], routed["test_score"], strict=True
    ):
        error = np.abs(fitted.predict(X[test]) - Y[test]).mean((1, 2))
        assert score == pytest.approx(-np.average(error, weights=weights[test]))


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="'nonsense' is not a valid scoring"):
        flat_scorer("nonsense")


LOGS = FunctionTransformer(np.log1p, np.expm1)


@pytest.mark.parametrize("y", [Y, Y[..., 0]])
@pytest.mark.parametrize("linear_skip", ["auto", False])
def test_logs_of_history_and_target_are_a_fit_in_logs(y, linear_skip):
    channels = [2, 0] if y.ndim == 3 else 2
    model = LSTMAttentionRegressor(
        **FAST, target_channels=channels, linear_skip=linear_skip, anchor=True
    )
    in_logs = TransformedTargetRegressor(
        make_pipeline(OverTime(LOGS), model), transformer=LOGS
    ).fit(X, y)
    by_hand = model.fit(np.log1p(X), np.log1p(y))
    np.testing.assert_allclose(
        in_logs.predict(X), np.expm1(by_hand.predict(np.log1p(X))), rtol=1e-6
    )


def test_anchors_in_logs_are_factors():
    plain = FunctionTransformer(np.log, np.exp)
    model = TransformedTargetRegressor(
        make_pipeline(
            OverTime(plain),
            LSTMAttentionRegressor(**FAST, target_channels=[2, 0], anchor=True),
        ),
        transformer=plain,
    ).fit(X, Y)
    larger = X * [10.0, 1.0, 1000.0]
    np.testing.assert_allclose(
        model.predict(larger), model.predict(X) * [1000.0, 10.0], rtol=1e-3
    )


@pytest.mark.parametrize(
    "transformer", [LOGS, OverTime(LOGS), OverTime(StandardScaler())]
)
def test_targets_of_three_axes_are_transformed(transformer):
    inner = LSTMAttentionRegressor(**FAST)
    model = TransformedTargetRegressor(inner, transformer=transformer).fit(X, Y)
    assert model.predict(X).shape == Y.shape
    changed = transformer.fit_transform(Y)
    expected = transformer.inverse_transform(inner.fit(X, changed).predict(X))
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-6)


def test_voting_takes_one_number_a_sample_and_an_ensemble_of_seeds_any():
    voting = VotingRegressor([("ours", LSTMAttentionRegressor(**FAST))])
    with pytest.raises(ValueError, match="1d array"):
        voting.fit(X, Y[..., 0])
    ensemble = SeedEnsemble(LSTMAttentionRegressor(**FAST), n_estimators=2)
    assert ensemble.fit(X, Y).predict(X).shape == Y.shape
    assert mean_absolute_error(Y[..., 0], ensemble.predict(X)[..., 0]) > 0
