"""One estimator from several seeds: the mean, in every form."""

import pickle
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import skops.io
from scipy.stats import kendalltau
from sklearn import config_context
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import skattn
from skattn import (
    LSTMAttentionClassifier,
    LSTMAttentionPointer,
    LSTMAttentionRegressor,
    SeedEnsemble,
)
from skattn.inspection import AttentionDisplay, attention_faithfulness
from skattn.persistence._verify import verify_meta
from skattn.sequences import OverTime

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 6, 2))
Y = X[:, 3, 0]
LABELS = np.array(["low", "mid", "high"])[np.digitize(Y, [-0.5, 0.5])]
STEPS = X[:, 2:4, :]
RAGGED = [x[: 2 + i % 5] for i, x in enumerate(X)]
FAST = {"hidden_size": 4, "max_epochs": 2}
regressor = LSTMAttentionRegressor(**FAST)
classifier = LSTMAttentionClassifier(**FAST)
quantiles = LSTMAttentionRegressor(**FAST, loss="quantile", quantile=[0.1, 0.5, 0.9])
contributions = LSTMAttentionRegressor(**FAST, values="inputs")


def make(estimator=regressor, n_estimators=3, **parameters):
    return SeedEnsemble(estimator, n_estimators, random_state=0, **parameters)


@pytest.mark.parametrize("y", [Y, np.c_[Y, -Y], STEPS], ids=["1-D", "2-D", "3-D"])
def test_numbers_are_the_mean_of_the_members(y):
    model = make().fit(X, y.astype(np.float32))
    each = np.array([member.predict(X) for member in model.estimators_], np.float64)
    assert len(each) == 3
    assert not np.allclose(each[0], each[1])
    prediction = model.predict(X)
    assert prediction.dtype == np.float32
    np.testing.assert_allclose(prediction, each.mean(0), rtol=0, atol=1e-6)
    expected = r2_score(y.reshape(120, -1), prediction.reshape(120, -1))
    assert model.score(X, y) == pytest.approx(expected)
    assert is_regressor(model)
    assert not is_classifier(model)


def test_classes_are_those_of_the_mean_probability():
    model = make(classifier).fit(X, LABELS)
    each = np.array([member.predict_proba(X) for member in model.estimators_])
    np.testing.assert_allclose(model.predict_proba(X), each.mean(0), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(model.classes_, ["high", "low", "mid"])
    expected = model.classes_[each.mean(0).argmax(1)]
    np.testing.assert_array_equal(model.predict(X), expected)
    assert model.score(X, LABELS) == np.mean(expected == LABELS)
    assert is_classifier(model)
    assert not hasattr(model, "predict_quantiles")


def test_quantiles_attention_and_contributions_are_means():
    model = make(quantiles).fit(X, STEPS)
    each = [member.predict_quantiles(X) for member in model.estimators_]
    found = model.predict_quantiles(X)
    np.testing.assert_allclose(found, np.mean(each, axis=0), rtol=0, atol=1e-12)
    assert (np.diff(found) >= 0).all()
    np.testing.assert_array_equal(found[..., 1], model.predict(X))
    np.testing.assert_array_equal(model.quantiles_, [0.1, 0.5, 0.9])
    weights = np.mean([m.predict_attention(X) for m in model.estimators_], axis=0)
    np.testing.assert_allclose(model.predict_attention(X), weights, rtol=0, atol=1e-12)
    np.testing.assert_allclose(weights.sum(1), 1, rtol=0, atol=1e-6)


@pytest.mark.filterwarnings("ignore:values='inputs' does not centre:UserWarning")
def test_contributions_add_up_to_the_mean():
    model = make(contributions).fit(X, Y)
    total = model.base_value_ + model.predict_contributions(X).sum((1, 2))
    np.testing.assert_allclose(total, model.predict(X), rtol=0, atol=1e-6)


def test_lists_have_weights_cut_to_each_sequence():
    inner = LSTMAttentionRegressor(**FAST, self_attention_heads=2)
    model = make(inner).fit(RAGGED, Y)
    whole = model.predict_attention(RAGGED)
    for x, w, row in zip(
        RAGGED, model.predict_attention(RAGGED, as_list=True), whole, strict=True
    ):
        np.testing.assert_array_equal(w, row[: len(x)])
    assert model.predict_attention(RAGGED, layer="self").shape == (120, 6, 6)
    with pytest.raises(ValueError, match="average=False: heads of different seeds"):
        model.predict_attention(RAGGED, average=False)


@pytest.mark.parametrize(
    ("estimator", "y"),
    [(regressor, Y), (classifier, LABELS), (quantiles, Y)],
    ids=["numbers", "classes", "quantiles"],
)
def test_the_last_step_of_a_pipeline_is_asked(estimator, y):
    scaler = OverTime(StandardScaler())
    model = make(make_pipeline(scaler, "passthrough", estimator)).fit(X, y)
    scaled = OverTime(StandardScaler()).fit(X).transform(X)
    bare = make(estimator).fit(scaled, y)
    for method in ("predict", "predict_attention", "predict_quantiles"):
        assert hasattr(model, method) == hasattr(bare, method)
        if hasattr(model, method):
            found, expected = getattr(model, method)(X), getattr(bare, method)(scaled)
            np.testing.assert_array_equal(found, expected)
    assert model.seed_agreement_ == bare.seed_agreement_
    assert model.score(X, y) == bare.score(scaled, y)
    assert model.n_timesteps_in_ == 6


def test_searches_are_asked_for_their_best():
    search = GridSearchCV(quantiles, {"hidden_size": [2, 4]}, cv=2)
    model = make(search, 2).fit(X, Y)
    best = [member.best_estimator_ for member in model.estimators_]
    assert model.predict_quantiles(X).shape == (120, 3)
    expected = np.mean([m.predict_attention(X) for m in best], axis=0)
    np.testing.assert_array_equal(model.predict_attention(X), expected)


# Seeds


def answers(model):
    return [member.predict(X) for member in model.estimators_]


def test_the_same_seed_gives_the_same_bits_whatever_runs_beside():
    expected = answers(make().fit(X, Y))
    for other in (make(), make(n_jobs=2), clone(make()), make(clone(regressor))):
        np.testing.assert_array_equal(answers(other.fit(X, Y)), expected)
    inner = clone(regressor).set_params(random_state=3)
    np.testing.assert_array_equal(answers(make(inner).fit(X, Y)), expected)
    others = answers(make().set_params(random_state=1).fit(X, Y))
    assert not np.allclose(others, expected)


def test_global_random_states_stay_as_they_were():
    before = np.random.get_state()[1].copy()
    one, two = (SeedEnsemble(regressor, 2).fit(X, Y) for _ in range(2))
    assert not np.allclose(answers(one), answers(two))
    generator = np.random.RandomState(0)
    SeedEnsemble(regressor, 2, random_state=generator).fit(X, Y)
    np.testing.assert_array_equal(before, np.random.get_state()[1])


def test_the_estimator_is_cloned_and_left_alone():
    inner = clone(regressor)
    model = make(inner).fit(X, Y)
    assert not hasattr(inner, "net_")
    assert inner.random_state is None
    assert len({member.random_state for member in model.estimators_}) == 3
    assert model.get_params()["estimator__hidden_size"] == 4
    model.set_params(estimator__hidden_size=2).fit(X, Y)
    assert model.estimators_[0].hidden_size == 2


def test_nested_seeds_are_all_set():
    noise = LSTMAttentionRegressor(**FAST)
    inner = make_pipeline(GridSearchCV(noise, {"hidden_size": [2]}, cv=2))
    model = make(inner, 2).fit(X, Y)
    seeds = [m.steps[0][1].best_estimator_.random_state for m in model.estimators_]
    assert None not in seeds
    assert seeds[0] != seeds[1]


def test_seed_agreement_is_the_mean_tau_of_all_pairs():
    model = make().fit(X, Y)
    rows = np.linspace(0, 119, 100).astype(int)
    weights = [member.predict_attention(X)[rows] for member in model.estimators_]
    taus = [
        kendalltau(one[i], other[i]).statistic
        for one, other in combinations(weights, 2)
        for i in range(100)
    ]
    assert model.seed_agreement_ == pytest.approx(np.mean(taus), abs=1e-12)


def test_seed_agreement_of_lists_leaves_padding_out():
    model = make().fit(RAGGED, Y)
    cut = [
        member.predict_attention(RAGGED, as_list=True) for member in model.estimators_
    ]
    rows = np.linspace(0, 119, 100).astype(int)
    taus = [
        kendalltau(one[i], other[i]).statistic
        for one, other in combinations(cut, 2)
        for i in rows
    ]
    assert model.seed_agreement_ == pytest.approx(np.mean(taus), abs=1e-12)


@pytest.mark.parametrize(
    ("inner", "n_estimators", "low", "high"),
    [
        ({"decoder": "lstm"}, 2, -1, 1),
        ({"attention": "last"}, 2, 1, 1),
        ({"attention": "mean"}, 2, np.nan, np.nan),
        ({}, 1, np.nan, np.nan),
    ],
    ids=str,
)
def test_seed_agreement_where_weights_have_other_forms(inner, n_estimators, low, high):
    estimator = clone(regressor).set_params(**inner)
    found = make(estimator, n_estimators).fit(X, STEPS).seed_agreement_
    assert np.isnan(found) if np.isnan(low) else low <= found <= high


def test_seed_agreement_needs_stored_weights():
    model = make(clone(regressor).set_params(store_attention=False)).fit(X, Y)
    assert not hasattr(model, "seed_agreement_")


# The contract


def test_fit_parameters_reach_every_member():
    weights = np.repeat([0.0, 1.0], 60)
    model = make().fit(X, Y, sample_weight=weights)
    expected = answers(make().fit(X[60:], Y[60:]))
    for found, other in zip(answers(model), expected, strict=True):
        np.testing.assert_allclose(found, other, rtol=0, atol=0.3)
    assert not np.array_equal(answers(model), answers(make().fit(X, Y)))
    with pytest.raises(ValueError, match="sample_weight"):
        make().fit(X, Y, sample_weight=weights[:5])


def test_metadata_are_routed():
    weights = np.repeat([0.0, 1.0], 60)
    plain = answers(make().fit(X, Y, sample_weight=weights))
    with config_context(enable_metadata_routing=True):
        inner = clone(regressor).set_fit_request(sample_weight=True)
        model = make(make_pipeline(FunctionTransformer(), inner))
        found = answers(model.fit(X, Y, sample_weight=weights))
    np.testing.assert_array_equal(found, plain)


def test_it_stands_in_searches_and_pipelines():
    assert cross_val_score(make(n_estimators=2), X, Y, cv=2).shape == (2,)
    pipeline = make_pipeline(OverTime(StandardScaler()), make(classifier, 2))
    grid = {"seedensemble__estimator__hidden_size": [2, 4]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, LABELS)
    assert search.predict(X).shape == (120,)


def test_names_of_columns_are_known():
    frame = pd.DataFrame(X[:, :, 0], columns=[f"t{i}" for i in range(6)])
    model = make().fit(frame, Y)
    assert model.feature_names_in_.tolist() == frame.columns.tolist()
    assert model.n_features_in_ == model.n_timesteps_in_ == 6
    assert not hasattr(make().fit(X, Y), "feature_names_in_")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (SeedEnsemble(Ridge(), 0), "'n_estimators' parameter"),
        (SeedEnsemble(StandardScaler()), "'estimator' parameter"),
        (SeedEnsemble(make_pipeline(FunctionTransformer())), "'estimator' parameter"),
    ],
    ids=str,
)
def test_other_parameters_are_refused(model, message):
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y)


def test_an_estimator_without_a_seed_is_refused():
    class Steady(LSTMAttentionRegressor):
        def get_params(self, deep=True):
            return {}

    with pytest.raises(ValueError, match="has no parameter random_state"):
        SeedEnsemble(Steady()).fit(X, Y)


def test_a_failed_fit_leaves_the_ensemble_as_it_was():
    model = make().fit(X, Y)
    expected = model.predict(X)
    with pytest.raises(ValueError, match="y"):
        model.fit(X, Y[:5])
    np.testing.assert_array_equal(model.predict(X), expected)


def test_nothing_is_fitted_before_fit():
    model = make(quantiles)
    for method in ("predict", "predict_quantiles", "predict_attention", "score"):
        with pytest.raises(NotFittedError):
            getattr(model, method)(*([X, Y] if method == "score" else [X]))
    with pytest.raises(NotFittedError):
        model.predict_attention(X, as_list=True)
    for name in ("classes_", "n_features_in_", "quantiles_", "seed_agreement_"):
        assert not hasattr(model, name)
    assert not hasattr(model, "transform")


def test_what_was_fitted_decides_which_methods_there_are():
    model = make(quantiles).fit(X, Y)
    model.set_params(estimator=regressor)
    assert hasattr(model, "predict_quantiles")
    assert not hasattr(make(), "predict_quantiles")
    with pytest.raises(AttributeError) as error:
        make().predict_quantiles(X)
    assert "no attribute 'predict_quantiles'" in str(error.value)


# Looking inside, and keeping


def test_weights_are_drawn_and_judged():
    model = make().fit(X, Y)
    AttentionDisplay.from_estimator(model, X)
    report = attention_faithfulness(model, X, max_samples=10, random_state=0)
    assert np.isfinite(report.deletion_score)


@pytest.mark.parametrize(
    ("estimator", "y"), [(regressor, Y), (classifier, LABELS), (quantiles, STEPS)]
)
def test_files_and_pickles_answer_alike(estimator, y, tmp_path):
    model = make(estimator, n_jobs=1).fit(X, y)
    skattn.save(model, tmp_path / "model")
    for other in (skattn.load(tmp_path / "model"), pickle.loads(pickle.dumps(model))):
        assert repr(other) == repr(model)
        np.testing.assert_array_equal(other.predict(X), model.predict(X))
        assert other.seed_agreement_ == model.seed_agreement_
        other.fit(X, y)
    skattn.save(make(estimator), tmp_path / "model")
    assert not hasattr(skattn.load(tmp_path / "model"), "estimators_")


def test_ensembles_of_ensembles_are_kept(tmp_path):
    model = make(make(n_estimators=2), 2).fit(X, Y)
    skattn.save(model, tmp_path / "model")
    other = skattn.load(tmp_path / "model")
    np.testing.assert_array_equal(other.predict(X), model.predict(X))


def test_a_pipeline_inside_goes_through_skops(tmp_path):
    model = make(make_pipeline(StandardScaler(), regressor)).fit(X[:, :, 0], Y)
    with pytest.raises(TypeError, match=r"is a Pipeline; allowed .* SeedEnsemble"):
        skattn.save(model, tmp_path / "model")
    assert not (tmp_path / "model").exists()
    content = skops.io.dumps(model)
    trusted = skops.io.get_untrusted_types(data=content)
    assert all(name.startswith("skattn.") for name in trusted)
    other = skops.io.loads(content, trusted=trusted)
    np.testing.assert_array_equal(other.predict(X[:, :, 0]), model.predict(X[:, :, 0]))


def test_a_graph_holds_one_network(tmp_path):
    model = make().fit(X, Y)
    with pytest.raises(TypeError, match="export each of estimators_"):
        skattn.to_onnx(model, tmp_path / "model.onnx")
    skattn.to_onnx(model.estimators_[0], tmp_path / "model.onnx")


def test_files_with_other_contents_are_refused():
    model, other = make().fit(X, Y), make().fit(X, STEPS)
    state = {"n_estimators": 3, "n_jobs": None, "random_state": 0}
    inner = {"estimator": [regressor], "estimators_": model.estimators_}
    verify_meta(SeedEnsemble, state, inner)
    mixed = [model.estimators_[0], other.estimators_[0]]
    for wrong_state, wrong_inner in (
        (state | {"predict": 1}, inner),
        ({}, inner),
        (state, {"estimators_": model.estimators_}),
        (state, inner | {"estimator": []}),
        (state, inner | {"estimators_": []}),
        (state, inner | {"estimators_": mixed}),
        (state, inner | {"fit": [regressor]}),
    ):
        with pytest.raises(ValueError, match=r"it holds|its members"):
            verify_meta(SeedEnsemble, wrong_state, wrong_inner)


def test_the_report_knows_segments_and_means_of_the_members():
    inner = LSTMAttentionRegressor(
        **FAST, values="segments", attention="sum", segment_size=2
    )
    model = make(inner, 2).fit(X + 3.0, Y)  # X[:40] has another mean
    assert model.predict_attention(X, unit="patch").shape == (120, 3)
    report = attention_faithfulness(model, X[:40] + 3.0, ranking="size", random_state=0)
    # Exact sums, if whole segments are replaced by what adds nothing.
    assert report["additivity"].value == pytest.approx(1.0, abs=1e-6)


def test_patches_of_different_sizes_have_no_mean():
    segments = LSTMAttentionRegressor(**FAST, values="segments", segment_size=2)
    model = make(segments, 2).fit(X, Y)
    assert model.predict_contributions(X, unit="patch").shape == (120, 3)
    model.estimators_[1] = clone(segments).set_params(segment_size=3).fit(X, Y)
    with pytest.raises(ValueError, match=r"unit='patch'.*allowed is unit='step'"):
        model.predict_contributions(X, unit="patch")
    assert model.predict_contributions(X).shape == (120, 6)


@pytest.mark.parametrize("wrap", [lambda inner: inner, make_pipeline])
def test_steps_have_no_mean(wrap):
    with pytest.raises(ValueError, match="predicts numbers of steps"):
        make(wrap(LSTMAttentionPointer())).fit(X, np.zeros(120, int))
