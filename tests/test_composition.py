"""The regressor inside scikit-learn's tools, with 3-D and with flat X."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn import config_context
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingRegressor, StackingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    TimeSeriesSplit,
    cross_validate,
    learning_curve,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skattn import LSTMAttentionRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 6, 2))
Y = X[:, 4, 0] + 0.1 * RNG.normal(size=120)
FLAT = X.reshape(120, 12)


def fast(**parameters):
    defaults = {"hidden_size": 8, "max_epochs": 3, "learning_rate": 0.03}
    return LSTMAttentionRegressor(random_state=0, **defaults | parameters)


def same(array):
    return array


def test_pipeline_after_standard_scaler_with_flat_rows():
    pipeline = make_pipeline(StandardScaler(), fast(n_timesteps=6)).fit(FLAT, Y)
    assert pipeline.predict(FLAT).shape == (120,)
    assert pipeline[-1].attention_weights_.shape == (120, 6)


def test_pipeline_before_ridge_turns_sequences_into_features():
    pipeline = make_pipeline(fast(max_epochs=60, early_stopping=False), Ridge())
    assert pipeline.fit(X, Y).score(X, Y) > 0.5
    assert pipeline[-1].n_features_in_ == 8 + 2  # states, and the inputs


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_grid_search_through_a_pipeline(n_jobs):
    pipeline = make_pipeline(FunctionTransformer(same), fast(max_epochs=1))
    name = "lstmattentionregressor"
    grid = {f"{name}__hidden_size": [4, 8], f"{name}__attention": ["additive", "mean"]}
    search = GridSearchCV(pipeline, grid, cv=TimeSeriesSplit(2), n_jobs=n_jobs)
    search.fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_[-1].attention_weights_.shape == (120, 6)


def test_randomized_search():
    search = RandomizedSearchCV(
        fast(max_epochs=1),
        {"learning_rate": [1e-3, 1e-2], "query": ["last", "learned"]},
        n_iter=3,
        cv=2,
        random_state=0,
    )
    assert search.fit(X, Y).predict(X).shape == (120,)


def test_halving_search_with_epochs_as_the_resource():
    search = HalvingGridSearchCV(
        fast(),
        {"hidden_size": [4, 8]},
        resource="max_epochs",
        cv=2,
        min_resources=1,
        max_resources=4,
        factor=2,
        random_state=0,
    )
    assert search.fit(X, Y).n_resources_ == [1, 2]
    assert search.best_estimator_.n_iter_ == 2


def test_cross_validate_and_learning_curve_with_time_series_split():
    cv = TimeSeriesSplit(3)
    results = cross_validate(fast(), X, Y, cv=cv, return_estimator=True)
    assert np.isfinite(results["test_score"]).all()
    assert [len(e.attention_weights_) for e in results["estimator"]] == [30, 60, 90]
    sizes, _, scores = learning_curve(fast(), X, Y, cv=cv, train_sizes=[0.5, 1.0])
    assert np.isfinite(scores).all()
    assert len(sizes) == 2


@pytest.mark.skipif(
    sklearn.__version__.startswith("1.6."),
    reason="scikit-learn 1.6 routes no weights into Pipeline.score",
)
def test_metadata_routing_of_weights_and_groups():
    groups = np.repeat(np.arange(12), 10)
    weights = RNG.uniform(size=120)
    with config_context(enable_metadata_routing=True):
        model = fast().set_fit_request(sample_weight=True, groups=True)
        model.set_score_request(sample_weight=True)
        pipeline = make_pipeline(FunctionTransformer(same), model)
        results = cross_validate(
            pipeline,
            X,
            Y,
            cv=GroupKFold(3),
            error_score="raise",
            params={"sample_weight": weights, "groups": groups},
        )
    assert np.isfinite(results["test_score"]).all()


def test_transformed_target_regressor():
    model = TransformedTargetRegressor(
        fast(max_epochs=20), func=np.log1p, inverse_func=np.expm1
    ).fit(FLAT, np.exp(Y))
    assert (model.predict(FLAT) > -1).all()


def test_stacking_bagging_and_permutation_importance():
    lstm = fast(n_timesteps=6)
    stack = StackingRegressor([("lstm", lstm), ("ridge", Ridge())], cv=2).fit(FLAT, Y)
    assert stack.score(FLAT, Y) > 0.5
    bag = BaggingRegressor(lstm, n_estimators=2, random_state=0).fit(FLAT, Y)
    assert bag.predict(FLAT).shape == (120,)
    lstm.set_params(max_epochs=90, early_stopping=False).fit(FLAT, Y)
    importance = permutation_importance(lstm, FLAT, Y, n_repeats=2, random_state=0)
    assert importance.importances_mean.argmax() == 8  # step 4, channel 0


def test_set_output_gives_named_frames():
    model = fast().set_output(transform="pandas").fit(X, Y)
    frame = model.transform(X)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns[0] == "lstmattentionregressor0"
    assert list(frame.columns) == list(model.get_feature_names_out())


def test_a_frozen_estimator_is_not_trained_again():
    model = fast().fit(X, Y)
    frozen = make_pipeline(FrozenEstimator(model), Ridge()).fit(X[:50], -Y[:50])
    assert frozen[0].estimator is model
    assert model.n_iter_ == 3
    assert frozen.predict(X).shape == (120,)
