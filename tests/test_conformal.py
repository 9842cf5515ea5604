"""Conformal intervals: the share that they promise, and a formula written by hand."""

import pickle
from math import ceil

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin, clone, is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import skattn
from skattn import (
    ConformalIntervals,
    LSTMAttentionClassifier,
    LSTMAttentionPointer,
    LSTMAttentionRegressor,
    SeedEnsemble,
)
from skattn._conformal import CALIBRATED, _find_rank
from skattn.persistence._verify import verify_meta
from skattn.sequences import OverTime

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 6, 2))
NOISE = np.exp(X[:, 5, 1] / 2) * RNG.normal(size=300)
Y = X[:, 2, 0] + NOISE
STEPS = X[:, 2:4, :] + NOISE[:, None, None] * [1.0, 3.0]
TRAIN, ASIDE, TEST = slice(100), slice(100, 200), slice(200, 300)
FAST = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}
point = LSTMAttentionRegressor(**FAST)
quantiles = LSTMAttentionRegressor(
    **FAST, loss="quantile", quantile=[0.05, 0.1, 0.5, 0.9, 0.95]
)


def calibrate(estimator, y=Y, coverage=0.8, X=X):
    model = ConformalIntervals(estimator, coverage=coverage)
    return model.fit(X[TRAIN], y[TRAIN]).conformalize(X[ASIDE], y[ASIDE])


def by_hand(low, high, truth, coverage):
    """The margin of each output, written out with a loop and a sort."""
    margins = np.empty(truth.shape[1:])
    for output in np.ndindex(margins.shape):
        at = (slice(None), *output)
        scores = sorted(
            max(below - t, t - above)
            for below, above, t in zip(low[at], high[at], truth[at], strict=True)
        )
        margins[output] = scores[ceil((len(scores) + 1) * coverage) - 1]
    return margins


@pytest.mark.parametrize("y", [Y, np.c_[Y, 5 * Y], STEPS], ids=["1-D", "2-D", "3-D"])
@pytest.mark.parametrize(("coverage", "columns"), [(0.8, (1, 3)), (0.9, (0, 4))])
def test_quantiles_are_moved_as_in_the_formula(y, coverage, columns):
    model = calibrate(quantiles, y, coverage)
    inner = clone(quantiles).fit(X[TRAIN], y[TRAIN])
    # The same rows in one call, as other numbers of rows add up in another order.
    aside, test = (
        np.moveaxis(inner.predict_quantiles(X[rows])[..., columns], -1, 0)
        for rows in (ASIDE, TEST)
    )
    margins = by_hand(*aside, y[ASIDE], coverage)
    np.testing.assert_allclose(model.margins_, margins, rtol=0, atol=1e-12)
    intervals = model.predict_interval(X[TEST])
    assert intervals.shape == (100, *y.shape[1:], 2)
    low, high = test
    middle = (low + high) / 2
    expected = np.minimum(low - margins, middle)
    np.testing.assert_allclose(intervals[..., 0], expected, rtol=0, atol=1e-12)
    expected = np.maximum(high + margins, middle)
    np.testing.assert_allclose(intervals[..., 1], expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(model.predict(X), inner.predict(X))
    np.testing.assert_allclose(model.levels_, inner.quantiles_[[*columns]])
    assert model.n_calibration_samples_ == 100


@pytest.mark.parametrize("y", [Y, np.c_[Y, 5 * Y], STEPS], ids=["1-D", "2-D", "3-D"])
@pytest.mark.parametrize("loss", [{}, {"loss": "quantile", "quantile": 0.5}], ids=str)
def test_without_several_quantiles_residuals_decide(y, loss):
    estimator = clone(point).set_params(**loss)
    model = calibrate(estimator, y)
    inner = clone(estimator).fit(X[TRAIN], y[TRAIN])
    residuals = np.sort(np.abs(y[ASIDE] - inner.predict(X[ASIDE])), axis=0)
    margins = residuals[ceil(101 * 0.8) - 1]
    np.testing.assert_allclose(model.margins_, margins, rtol=0, atol=1e-12)
    assert model.levels_ is None
    intervals = model.predict_interval(X[TEST])
    width = np.broadcast_to(2 * margins, intervals.shape[:-1])
    np.testing.assert_allclose(np.ptp(intervals, axis=-1), width, rtol=0, atol=1e-12)
    middle = intervals.mean(-1)
    np.testing.assert_allclose(middle, inner.predict(X[TEST]), rtol=0, atol=1e-12)


# Coverage


@pytest.mark.parametrize(("n_samples", "coverage"), [(19, 0.9), (24, 0.6), (9, 0.9)])
def test_the_mean_coverage_is_the_one_of_theory(n_samples, coverage):
    # One rank among n + 1 exchangeable scores: the mean over calibration sets is
    # rank / (n + 1), exactly. A share has a deviation of at most 0.5 in each round.
    rng, n_rounds = np.random.default_rng(0), 2000
    model = ConformalIntervals(FrozenEstimator(Zero().fit()), coverage=coverage)
    model.fit(None, None)
    inside = []
    for _ in range(n_rounds):
        y = rng.normal(size=n_samples + 1)
        model.conformalize(np.zeros((n_samples, 1)), y[:-1])
        low, high = model.predict_interval(np.zeros((1, 1)))[0]
        inside.append(low <= y[-1] <= high)
    expected = ceil((n_samples + 1) * coverage - 1e-9) / (n_samples + 1)
    error = np.sqrt(expected * (1 - expected) / n_rounds)
    assert abs(np.mean(inside) - expected) < 4 * error


@pytest.mark.parametrize(
    "estimator", [point, quantiles], ids=["residuals", "quantiles"]
)
def test_new_samples_are_covered_step_by_step(estimator):
    rng = np.random.default_rng(1)
    X_ = rng.normal(size=(3000, 6, 2))
    noise = np.exp(X_[:, 5, 1] / 2)[:, None, None] * rng.normal(size=(3000, 2, 2))
    y = X_[:, 2:4] + noise * [1.0, 3.0]
    model = ConformalIntervals(estimator).fit(X_[:300], y[:300])
    model.conformalize(X_[300:1300], y[300:1300])
    intervals = model.predict_interval(X_[1300:])
    inside = (intervals[..., 0] <= y[1300:]) & (y[1300:] <= intervals[..., 1])
    # Four deviations of a Beta(rank, n + 1 - rank), and of a share of 1700 samples.
    error = np.sqrt(0.9 * 0.1 * (1 / 1000 + 1 / 1700))
    assert inside.shape == (1700, 2, 2)
    np.testing.assert_allclose(inside.mean(0), 0.9, atol=4 * error)


def test_quantiles_make_intervals_wide_where_y_is_uncertain():
    rng = np.random.default_rng(2)
    X_ = rng.normal(size=(2500, 6, 2))
    scale = np.exp(X_[:, 5, 1])
    y = X_[:, 2, 0] + scale * rng.normal(size=2500)
    estimator = clone(quantiles).set_params(hidden_size=16, max_epochs=15)
    model = ConformalIntervals(estimator).fit(X_[:1500], y[:1500])
    intervals = model.conformalize(X_[1500:2000], y[1500:2000]).predict_interval(
        X_[2000:]
    )
    widths = np.ptp(intervals, axis=1)
    assert np.corrcoef(widths, scale[2000:])[0, 1] > 0.8


def test_narrowed_intervals_do_not_turn_inside_out():
    y = np.full(300, 0.5)
    wide = Edges()
    model = calibrate(wide, y)  # the truth lies at the middle of [0, 1] everywhere
    np.testing.assert_array_equal(model.margins_, -0.5)
    np.testing.assert_array_equal(model.predict_interval(X[TEST]), 0.5)
    model.margins_ = -0.7
    np.testing.assert_array_equal(model.predict_interval(X[TEST]), 0.5)


class Zero(RegressorMixin, BaseEstimator):
    def fit(self, X=None, y=None):
        self.fitted_ = True
        return self

    def predict(self, X):
        return np.zeros(len(X))


class Edges(Zero):
    quantiles_ = np.array([0.1, 0.5, 0.9])

    def predict_quantiles(self, X):
        return np.tile([0.0, 0.5, 1.0], (len(X), 1))


# What comes true later


def follow_by_hand(scores, new, margin, coverage, rate):
    """Adaptive conformal inference for one output, with lists and a sort."""
    kept, level, threshold = [*scores], coverage, margin
    for score in new:
        level += rate * coverage if score > threshold else -rate * (1 - coverage)
        kept = [*kept[1:], score]
        rank = ceil((len(kept) + 1) * level - 1e-9)
        margin = sorted(kept)[min(max(rank, 1), len(kept)) - 1]
        threshold = np.inf if rank > len(kept) else -np.inf if rank < 1 else margin
    return margin, level


@pytest.mark.parametrize("y", [Y, np.c_[Y, 5 * Y], STEPS], ids=["1-D", "2-D", "3-D"])
@pytest.mark.parametrize("rate", [0.005, 0.3])
def test_updates_follow_the_formula_and_may_come_in_parts(y, rate):
    model = calibrate(quantiles, y)
    before, start = model.scores_, model.margins_
    whole, parts = (pickle.loads(pickle.dumps(model)) for _ in range(2))
    shifted = y + 1.5  # the series has moved
    whole.update(X[TEST], shifted[TEST], rate=rate)
    for rows in (slice(200, 230), slice(230, 231), slice(231, 300)):
        parts.update(X[rows], shifted[rows], rate=rate)
    low, high = np.moveaxis(
        whole.estimator_.predict_quantiles(X[TEST])[..., [1, 3]], -1, 0
    )
    new = np.maximum(low - shifted[TEST], shifted[TEST] - high).astype(np.float64)
    for output in np.ndindex(np.shape(start)):
        at = (slice(None), *output)
        margin, level = follow_by_hand(before[at], new[at], start[output], 0.8, rate)
        assert np.asarray(whole.margins_)[output] == pytest.approx(margin, abs=1e-6)
        assert np.asarray(whole.coverage_levels_)[output] == pytest.approx(level)
    np.testing.assert_allclose(parts.margins_, whole.margins_, rtol=0, atol=1e-6)
    np.testing.assert_allclose(whole.scores_, new, rtol=0, atol=1e-6)
    assert (whole.margins_ > start).all()
    assert whole.n_calibration_samples_ == 100


@pytest.mark.parametrize("coverage", [0.8, 0.95])
def test_a_series_that_drifts_is_covered_after_updates_and_not_without(coverage):
    rng = np.random.default_rng(3)
    y = rng.normal(size=6000) * np.linspace(1, 4, 6000)  # the noise grows fourfold
    X_ = np.zeros((6000, 1))
    model = ConformalIntervals(FrozenEstimator(Zero().fit()), coverage=coverage)
    model.fit(X_, y).conformalize(X_[:500], y[:500])
    inside, at_first = [], model.predict_interval(X_[:1])[0]
    for rows in (slice(i, i + 50) for i in range(500, 6000, 50)):
        low, high = model.predict_interval(X_[rows]).T
        inside.append((low <= y[rows]) & (y[rows] <= high))
        model.update(X_[rows], y[rows])
    low, high = at_first
    assert np.mean((low <= y[500:]) & (y[500:] <= high)) < coverage - 0.1
    assert np.mean(inside) == pytest.approx(coverage, abs=0.01)


def test_a_series_that_stood_still_is_covered_again_soon():
    rng = np.random.default_rng(4)
    y = np.concatenate([rng.normal(size=100), np.zeros(2000), rng.normal(size=1000)])
    X_ = np.zeros((len(y), 1))
    model = ConformalIntervals(FrozenEstimator(Zero().fit())).fit(X_, y)
    model.conformalize(X_[:100], y[:100])
    inside = []
    for i in range(100, len(y)):
        low, high = model.predict_interval(X_[i : i + 1])[0]
        inside.append(low <= y[i] <= high)
        model.update(X_[i : i + 1], y[i : i + 1], rate=0.05)
    assert np.mean(inside[-900:]) > 0.85


def test_updates_with_rate_0_only_replace_scores():
    model = calibrate(point)
    model.update(X[TEST], Y[TEST], rate=0)
    again = calibrate(point).conformalize(X[TEST], Y[TEST])
    np.testing.assert_allclose(model.margins_, again.margins_, rtol=0, atol=1e-6)
    assert model.coverage_levels_ == 0.8


def test_levels_beyond_the_ranks_read_the_outermost_scores():
    model = calibrate(point)
    rising = X[TEST], 100.0 * np.arange(1, 101)
    model.update(*rising, rate=0.3)
    levels = [model.coverage_levels_]
    for i in range(100):  # each of them is a miss, but for endless intervals
        model.update(rising[0][i : i + 1], 1e6 + rising[1][i : i + 1], rate=0.3)
        levels.append(model.coverage_levels_)
        if model.coverage_levels_ > 1:
            assert model.margins_ == model.scores_.max()
    assert 1 < max(levels) < 1.3
    for i in range(100):  # one by one, as rounding may differ among others
        one = X[TEST][i : i + 1]
        model.update(one, model.predict(one), rate=0.3)
        levels.append(model.coverage_levels_)
        if model.coverage_levels_ < 0:
            assert model.margins_ == model.scores_.min()
    assert -0.3 < min(levels) < 0


def test_updates_go_by_the_coverage_that_was_calibrated():
    model = calibrate(quantiles)
    model.set_params(coverage=0.3).update(X[TEST], Y[TEST], rate=0.1)
    expected = calibrate(quantiles).update(X[TEST], Y[TEST], rate=0.1)
    np.testing.assert_array_equal(model.margins_, expected.margins_)


def test_wrong_updates_are_refused_and_change_nothing():
    early = ConformalIntervals(point).fit(X, Y)
    with pytest.raises(NotFittedError, match="'conformalize' on samples that 'fit'"):
        early.update(X, Y)
    model = calibrate(point)
    expected = model.predict_interval(X)
    for rate in (-0.1, 1.5, np.nan, True, "fast", None):
        with pytest.raises(ValueError, match=f"rate={rate!r}; allowed is a number"):
            model.update(X, Y, rate=rate)
    with pytest.raises(ValueError, match=r"y has shape"):
        model.update(X, np.c_[Y, Y])
    with pytest.raises(ValueError, match=r"NaN"):
        model.update(X, np.where(np.arange(300) == 7, np.nan, Y))
    np.testing.assert_array_equal(model.predict_interval(X), expected)


# How many samples it takes


@given(st.integers(1, 400), st.integers(1, 999))
@settings(deadline=None, max_examples=300)
def test_ranks_are_those_of_whole_numbers(n_samples, thousandths):
    coverage = thousandths / 1000
    rank = -(-(n_samples + 1) * thousandths // 1000)
    if rank <= n_samples:
        assert _find_rank(n_samples, coverage) == rank
        return
    with pytest.raises(ValueError, match="too few") as error:
        _find_rank(n_samples, coverage)
    least = int(str(error.value).split("at least ")[1].split()[0])
    assert -(-(least + 1) * thousandths // 1000) <= least
    assert -(-least * thousandths // 1000) > least - 1


def test_too_few_samples_are_refused_with_the_number():
    model = ConformalIntervals(point).fit(X, Y)
    message = r"8 calibration samples are too few for coverage=0.9: at least 9 are"
    with pytest.raises(ValueError, match=message):
        model.conformalize(X[:8], Y[:8])
    assert not hasattr(model, "margins_")
    model.conformalize(X[:9], Y[:9])


# What may stand inside


def test_levels_must_be_those_of_the_coverage():
    model = ConformalIntervals(quantiles, coverage=0.7).fit(X, Y)
    message = r"coverage=0.7 needs the quantiles 0.15 and 0.85, .*\[0.05, 0.1, 0.5, 0.9"
    with pytest.raises(ValueError, match=message):
        model.conformalize(X, Y)
    estimator = model.set_params(coverage=0.8).estimator_
    model.conformalize(X, Y)
    assert model.estimator_ is estimator
    expected = model.predict_interval(X)
    model.set_params(coverage=0.9)
    np.testing.assert_array_equal(model.predict_interval(X), expected)


@pytest.mark.parametrize(
    "estimator", [point, quantiles], ids=["residuals", "quantiles"]
)
def test_pipelines_searches_ensembles_and_frozen_ones_stand_inside(estimator):
    scaled = OverTime(StandardScaler()).fit(X[TRAIN]).transform(X)
    expected = calibrate(estimator, X=scaled).predict_interval(scaled)
    pipeline = make_pipeline(OverTime(StandardScaler()), estimator)
    found = calibrate(pipeline)
    np.testing.assert_array_equal(found.predict_interval(X), expected)
    assert found.n_timesteps_in_ == 6
    frozen = FrozenEstimator(clone(pipeline).fit(X[TRAIN], Y[TRAIN]))
    np.testing.assert_array_equal(calibrate(frozen).predict_interval(X), expected)
    search = GridSearchCV(
        pipeline, {f"{estimator.__class__.__name__.lower()}__tol": [0]}
    )
    np.testing.assert_array_equal(calibrate(search).predict_interval(X), expected)
    ensemble = SeedEnsemble(pipeline, 2, random_state=0)
    assert calibrate(ensemble).predict_interval(X).shape == (300, 2)


def test_other_regressors_stand_inside():
    flat = X[:, :, 0]
    model = calibrate(Ridge(), np.c_[Y, Y], X=flat)
    intervals = model.predict_interval(flat)
    assert intervals.shape == (300, 2, 2)
    whole = calibrate(DummyRegressor(strategy="median"), np.arange(300), X=flat)
    assert whole.predict_interval(flat).dtype == np.float64


def test_pointers_are_refused():
    with pytest.raises(ValueError, match="predicts numbers of steps; intervals need"):
        ConformalIntervals(LSTMAttentionPointer()).fit(X, np.zeros(len(X), int))


def test_classifiers_are_refused():
    with pytest.raises(ValueError, match="is a classifier; intervals need a regressor"):
        ConformalIntervals(LSTMAttentionClassifier()).fit(X, Y > 0)


# The contract


def test_before_fit_and_before_calibration():
    model = ConformalIntervals(point)
    for call in (
        lambda: model.predict(X),
        lambda: model.predict_interval(X),
        lambda: model.conformalize(X, Y),
        lambda: model.score(X, Y),
    ):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            call()
    assert not hasattr(model, "n_features_in_")
    model.fit(X, Y)
    assert model.score(X, Y) == pytest.approx(r2_score(Y, model.predict(X)))
    with pytest.raises(NotFittedError, match="'conformalize' on samples that 'fit'"):
        model.predict_interval(X)


def test_another_fit_forgets_the_calibration_and_a_failed_one_does_not():
    model = calibrate(point)
    expected = model.predict_interval(X)
    with pytest.raises(ValueError, match="y"):
        model.fit(X, Y[:5])
    for wrong in (Y[:50], np.c_[Y, Y]):
        with pytest.raises(ValueError, match=r"y has shape|y has 50|inconsistent"):
            model.conformalize(X, wrong)
    np.testing.assert_array_equal(model.predict_interval(X), expected)
    assert not hasattr(model.fit(X, Y), "margins_")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"coverage": 1.0}, "'coverage' parameter"),
        ({"coverage": 0}, "'coverage' parameter"),
        ({"estimator": StandardScaler()}, "'estimator' parameter"),
    ],
)
def test_other_parameters_are_refused(parameters, message):
    model = ConformalIntervals(point).set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y)
    fitted = ConformalIntervals(point).fit(X, Y)
    if "coverage" in parameters:
        with pytest.raises(ValueError, match=message):
            fitted.set_params(**parameters).conformalize(X, Y)


def test_parameters_are_nested_and_the_estimator_left_alone():
    inner = clone(point)
    model = ConformalIntervals(inner).set_params(estimator__hidden_size=2)
    assert model.get_params()["estimator__hidden_size"] == 2
    model.fit(X, Y)
    assert not hasattr(inner, "net_")
    assert is_regressor(model)
    assert cross_val_score(model, X, Y, cv=2).shape == (2,)


def test_float_type_and_columns_are_kept():
    frame = pd.DataFrame(X[:, :, 0], columns=[f"t{i}" for i in range(6)])
    y = Y.astype(np.float32)
    model = ConformalIntervals(point).fit(frame, y).conformalize(frame, y)
    assert model.predict_interval(frame).dtype == np.float32
    assert model.feature_names_in_.tolist() == frame.columns.tolist()
    assert model.n_features_in_ == 6


def test_fit_parameters_are_passed_and_routed():
    weights = np.repeat([0.0, 1.0], 150)
    plain = ConformalIntervals(point).fit(X, Y, sample_weight=weights).predict(X)
    assert not np.allclose(plain, ConformalIntervals(point).fit(X, Y).predict(X))
    with config_context(enable_metadata_routing=True):
        inner = clone(point).set_fit_request(sample_weight=True)
        model = ConformalIntervals(make_pipeline(FunctionTransformer(), inner))
        model.fit(X, Y, sample_weight=weights)
    np.testing.assert_array_equal(model.predict(X), plain)


@pytest.mark.parametrize(
    ("estimator", "y"),
    [(point, Y), (quantiles, STEPS), (SeedEnsemble(quantiles, 2, random_state=0), Y)],
    ids=["residuals", "quantiles", "ensemble"],
)
def test_files_and_pickles_answer_alike(estimator, y, tmp_path):
    model = calibrate(estimator, y).update(X[TEST], y[TEST])
    skattn.save(model, tmp_path / "model")
    for other in (skattn.load(tmp_path / "model"), pickle.loads(pickle.dumps(model))):
        assert repr(other) == repr(model)
        np.testing.assert_array_equal(
            other.predict_interval(X), model.predict_interval(X)
        )
        assert other.n_calibration_samples_ == 100
        other.update(X[TRAIN], y[TRAIN])
        again = pickle.loads(pickle.dumps(model)).update(X[TRAIN], y[TRAIN])
        np.testing.assert_array_equal(other.margins_, again.margins_)
    for early in (ConformalIntervals(estimator), clone(model).fit(X[TRAIN], y[TRAIN])):
        skattn.save(early, tmp_path / "model")
        assert not hasattr(skattn.load(tmp_path / "model"), "margins_")


def test_a_pipeline_inside_goes_through_skops(tmp_path):
    flat = X[:, :, 0]
    model = calibrate(make_pipeline(StandardScaler(), quantiles), X=flat)
    with pytest.raises(TypeError, match="is a Pipeline; allowed"):
        skattn.save(model, tmp_path / "model")
    content = skops.io.dumps(model)
    trusted = skops.io.get_untrusted_types(data=content)
    other = skops.io.loads(content, trusted=trusted)
    np.testing.assert_array_equal(
        other.predict_interval(flat), model.predict_interval(flat)
    )


def test_a_graph_holds_no_intervals(tmp_path):
    with pytest.raises(TypeError, match=r"estimator is a ConformalIntervals, .* alone"):
        skattn.to_onnx(calibrate(quantiles), tmp_path / "model.onnx")


def test_files_with_other_contents_are_refused():
    model = calibrate(quantiles, STEPS)
    learned = {name: getattr(model, name) for name in CALIBRATED}
    state = {"coverage": 0.8} | learned
    inner = {"estimator": [quantiles], "estimator_": [model.estimator_]}
    verify_meta(ConformalIntervals, state, inner)
    bare = calibrate(point, STEPS).estimator_
    for wrong, held in (
        ({"coverage": 0.8, "margins_": model.margins_}, inner),
        (state | {"predict": 1}, inner),
        (state | {"margins_": model.margins_[:1]}, inner),
        (state | {"margins_": model.margins_ * np.nan}, inner),
        (state | {"coverage_": 1.0}, inner),
        (state | {"coverage_levels_": model.margins_[0]}, inner),
        (state | {"scores_": model.scores_[:50]}, inner),
        (state | {"scores_": model.scores_ * np.inf}, inner),
        (state | {"levels_": (0.1,)}, inner),
        (state | {"levels_": "0.1"}, inner),
        (state, inner | {"estimator_": [bare]}),
        (state, inner | {"estimator_": []}),
    ):
        with pytest.raises(ValueError, match=r"it holds|s_ holds|s_ is|coverage_ is"):
            verify_meta(ConformalIntervals, wrong, held)


def test_linear_regression_is_calibrated_as_by_hand():
    flat = X.reshape(300, -1)
    model = calibrate(LinearRegression(), X=flat)
    fitted = LinearRegression().fit(flat[TRAIN], Y[TRAIN]).predict(flat)
    margin = by_hand(fitted[ASIDE], fitted[ASIDE], Y[ASIDE], 0.8)
    expected = np.stack([fitted - margin, fitted + margin], axis=1)
    np.testing.assert_allclose(model.predict_interval(flat), expected, atol=1e-12)


def test_a_column_of_targets_is_one_output():
    flat = X[:, :, 0]
    column = calibrate(Ridge(), Y[:, None], X=flat)
    np.testing.assert_array_equal(
        column.margins_, calibrate(Ridge(), Y, X=flat).margins_
    )


def test_quantiles_under_a_transformed_target_are_told_to_be_lost():
    inner = LSTMAttentionRegressor(**FAST, loss="quantile", quantile=[0.1, 0.5, 0.9])
    outer = TransformedTargetRegressor(inner, transformer=StandardScaler())
    with pytest.warns(UserWarning, match="quantiles of the regressor .* are not used"):
        calibrate(outer)
