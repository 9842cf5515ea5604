"""Other tools beside skattn, each as its guide page shows it; `make test-adapters`."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skattn import ConformalIntervals, LSTMAttentionClassifier, LSTMAttentionRegressor

QUICK = {"hidden_size": 8, "max_epochs": 2, "random_state": 0}


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(120, 10, 2))


@pytest.fixture
def y(X):
    return X[:, 4, 0] + 0.5 * X[:, 7, 1]


@pytest.fixture
def flat(X):
    return X.reshape(len(X), -1)  # 10 steps of 2 channels


def test_mlflow(X, y, tmp_path, monkeypatch):
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.chdir(tmp_path)
    model = LSTMAttentionRegressor(**QUICK).fit(X, y)
    with mlflow.start_run():
        mlflow.log_params(model.get_params())
        mlflow.log_metric("r2", model.score(X, y))
        saved = mlflow.sklearn.log_model(
            model,
            name="attention",
            serialization_format="skops",
            skops_trusted_types=["skattn.LSTMAttentionRegressor"],
        )
    loaded = mlflow.sklearn.load_model(saved.model_uri)
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_optuna():
    import optuna
    from skorch.callbacks import Callback

    class Report(Callback):
        def __init__(self, trial):
            self.trial = trial

        def on_epoch_end(self, net, **kwargs):
            epoch = len(net.history)
            self.trial.report(net.history[-1, "valid_loss"], epoch)
            if self.trial.should_prune():
                raise optuna.TrialPruned

    X = np.random.default_rng(0).normal(size=(400, 10, 2))
    y = X[:, -1, 0]

    def objective(trial):
        rate = [0.03, 0.03, 1e-6, 1e-6, 1e-6][trial.number]
        model = LSTMAttentionRegressor(
            hidden_size=8,
            learning_rate=rate,
            max_epochs=15,
            early_stopping=True,
            callbacks=[Report(trial)],
            random_state=0,
        ).fit(X, y)
        return min(model.history_["validation_loss"])

    study = optuna.create_study(
        pruner=optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=8)
    )
    study.optimize(objective, n_trials=5)
    pruned = [trial.number for trial in study.trials if trial.state.name == "PRUNED"]
    assert pruned == [2, 3, 4]


def test_mapie(flat, y):
    from mapie.regression import SplitConformalRegressor

    model = LSTMAttentionRegressor(n_timesteps=10, **QUICK).fit(flat[:60], y[:60])
    intervals = SplitConformalRegressor(model, confidence_level=0.8, prefit=True)
    intervals.conformalize(flat[60:], y[60:])
    points, bounds = intervals.predict_interval(flat)
    assert points.shape == (120,)
    assert (bounds[:, 0, 0] <= bounds[:, 1, 0]).all()


def test_mapie_asks_for_flat_rows(X, y):
    # MAPIE tries a model out on an array of shape (1, n_features_in_).
    from mapie.regression import SplitConformalRegressor

    model = LSTMAttentionRegressor(**QUICK).fit(X[:60], y[:60])
    intervals = SplitConformalRegressor(model, confidence_level=0.8, prefit=True)
    with pytest.raises(UserWarning, match="minimal prediction test"):
        intervals.conformalize(X[60:], y[60:])
    ours = ConformalIntervals(LSTMAttentionRegressor(**QUICK), coverage=0.8)
    ours.fit(X[:60], y[:60]).conformalize(X[60:], y[60:])
    assert ours.predict_interval(X).shape == (120, 2)


def test_shap(flat, y):
    import shap

    model = LSTMAttentionRegressor(n_timesteps=10, **QUICK).fit(flat, y)
    explainer = shap.PermutationExplainer(model.predict, flat[:20])
    found = explainer(flat[:3], max_evals=50)
    total = found.base_values + found.values.sum(axis=1)
    np.testing.assert_allclose(total, model.predict(flat[:3]), atol=1e-4)


def test_skrub(flat, y):
    import pandas as pd
    from skrub import tabular_pipeline

    frame = pd.DataFrame(flat, columns=[f"lag_{i}" for i in range(20)])
    pipeline = tabular_pipeline(LSTMAttentionRegressor(n_timesteps=10, **QUICK))
    assert pipeline.fit(frame, y).predict(frame).shape == (120,)


def test_imbalanced_learn(flat, y):
    from imblearn.over_sampling import SMOTE
    from imblearn.pipeline import make_pipeline as make_resampling_pipeline

    rare = y > np.quantile(y, 0.85)
    pipeline = make_resampling_pipeline(
        SMOTE(random_state=0),
        StandardScaler(),
        LSTMAttentionClassifier(n_timesteps=10, **QUICK),
    )
    assert pipeline.fit(flat, rare).predict_proba(flat).shape == (120, 2)


def test_lags_that_stand_newest_first(flat, y):
    from sklearn.preprocessing import FunctionTransformer

    newest_first = flat[:, ::-1]  # as reductions of forecasters hand over lags
    model = LSTMAttentionRegressor(n_timesteps=20, **QUICK)
    turned = make_pipeline(FunctionTransformer(lambda rows: rows[:, ::-1]), model)
    as_they_are = model.fit(flat, y).predict(flat)
    np.testing.assert_array_equal(
        turned.fit(newest_first, y).predict(newest_first), as_they_are
    )
