"""Sequences of very different sizes, read in units of their own."""

import pickle

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skattn
from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor

KINDS = pytest.mark.parametrize(
    "kind", [LSTMAttentionClassifier, LSTMAttentionRegressor]
)
FAST = {"hidden_size": 8, "max_epochs": 2, "random_state": 0}


def draw(n_samples=160, spread=3.0, seed=0):
    """Return waves of two shapes, of very different sizes, and which shape it is."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * np.pi, (n_samples, 1)) + np.linspace(0, 12, 40)
    y = rng.integers(0, 2, n_samples)
    waves = np.where(y[:, None] == 1, np.sin(phase), np.sign(np.sin(phase)))
    waves = waves + 0.1 * rng.normal(size=waves.shape)
    size = np.exp(spread * rng.normal(size=(n_samples, 1)))
    return (size * waves)[:, :, None], y


def cut(X):
    return [x[i % 5 :] for i, x in enumerate(X)]


def test_shapes_of_all_sizes_are_told_apart_by_default():
    X, y = draw()
    X_test, y_test = draw(seed=1)
    model = LSTMAttentionClassifier(random_state=0).fit(X, y)
    assert model.scale_windows_ == "standard"
    assert "typical sequences have 0.0" in repr(model.fit_summary_)
    assert model.score(X_test, y_test) > 0.95


@pytest.mark.parametrize("scale_windows", ["mean", "standard"])
def test_nothing_is_lost_of_levels_and_sizes(scale_windows):
    rng = np.random.default_rng(0)
    level, size = rng.normal(size=(2, 400, 1, 1))
    X = (level + np.exp(size) * rng.normal(size=(400, 12, 1))).astype(np.float32)
    y = (level + size)[:, 0, 0]
    if scale_windows == "mean":
        y = np.log(np.abs(X).mean((1, 2)))
    model = LSTMAttentionRegressor(scale_windows=scale_windows, random_state=0)
    assert model.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.85


@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_sequences_of_like_sizes_are_read_in_the_units_of_their_channel(spread):
    X, y = draw(spread=spread)
    model = LSTMAttentionClassifier(**FAST).fit(X, y)
    assert model.scale_windows_ is False
    assert model.module_.input.sizes is None


def test_rare_events_have_no_size_to_be_lost():
    """Samples in which nothing happens do not make a typical one small."""
    rng = np.random.default_rng(0)
    X = rng.poisson(0.01, (200, 20, 2)).astype(float)
    y = X.sum((1, 2))
    assert LSTMAttentionRegressor(**FAST).fit(X, y).scale_windows_ is False


def test_levels_count_for_numbers_without_convolutions():
    """These read differences as well."""
    X, y = draw(spread=0.0)
    X = X + 20 * np.random.default_rng(0).normal(size=(len(X), 1, 1))
    plain = LSTMAttentionRegressor(**FAST, conv_layers=0).fit(X, y)
    assert plain.scale_windows_ == "standard"
    for kind in (LSTMAttentionRegressor, LSTMAttentionClassifier):
        model = kind(**FAST).fit(X, y)
        assert (model.conv_layers_, model.scale_windows_) == (3, False)


@pytest.mark.parametrize(
    "change",
    [{"values": "inputs"}, {"values": "segments"}, {"linear_skip": True}]
    + [{"missing": how} for how in ("mask", "forward", "decay")],
    ids=str,
)
@KINDS
@pytest.mark.filterwarnings("ignore:values='inputs' does not centre:UserWarning")
def test_what_does_not_go_with_it_leaves_it_off_or_is_refused(kind, change):
    X, y = draw()
    assert kind(**FAST, **change).fit(X, y).scale_windows_ is False
    (name,) = change
    message = f"scale_windows='standard' does not go with {name}="
    with pytest.raises(ValueError, match=message):
        kind(**FAST, scale_windows="standard", **change).fit(X, y)


@KINDS
def test_true_is_refused(kind):
    with pytest.raises(ValueError, match="scale_windows=True must be 'mean' or"):
        kind(scale_windows=True).fit(*draw(20))


@pytest.mark.parametrize("scale_windows", ["mean", "standard"])
@pytest.mark.parametrize("ragged", [False, True])
@KINDS
def test_fits_are_saved_exported_and_alone_as_among_others(
    kind, ragged, scale_windows, tmp_path
):
    X, y = draw(60)
    X[3] = 0.0  # a sensor that is off
    X = cut(X) if ragged else X
    model = kind(**FAST, scale_windows=scale_windows).fit(X, y)
    answer = getattr(model, "predict_proba", model.predict)
    expected, contexts = answer(X), model.transform(X)
    tolerance = 1e-5 * expected.std()
    one = np.concatenate([answer(X[i : i + 1]) for i in range(20)])
    np.testing.assert_allclose(one, expected[:20], rtol=0, atol=tolerance)
    skattn.save(model, tmp_path / "model")
    for copy in (skattn.load(tmp_path / "model"), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(copy.transform(X), contexts)
    skattn.to_onnx(model, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    filled = np.full((60, 40, 1), np.nan)
    for row, x in enumerate(X):
        filled[row, : len(x)] = x
    prediction, _, context = session.run(None, {"X": filled})
    np.testing.assert_allclose(prediction, expected, rtol=0, atol=tolerance)
    np.testing.assert_allclose(context, contexts, atol=1e-4)


@pytest.mark.parametrize("power", [-310, 200, 303])
@pytest.mark.filterwarnings("error::RuntimeWarning")
@KINDS
def test_numbers_of_any_magnitude_are_measured(kind, power):
    X, y = draw(40)
    model = kind(**FAST).fit(X / np.abs(X).max() * 10.0**power, y)
    assert model.scale_windows_ == "standard"
    assert np.isfinite(model.transform(X)).all()


def test_levels_alone_are_no_sizes():
    X = np.arange(40.0)[:, None, None] * np.full((1, 7, 1), 0.1)
    assert LSTMAttentionRegressor(**FAST).fit(X, X[:, 0, 0]).scale_windows_ is False


@settings(max_examples=10, deadline=None)
@given(power=st.integers(-8, 8))
def test_units_of_x_change_nothing(power):
    X, y = draw(40)
    model = LSTMAttentionClassifier(**FAST, scale_windows="standard")
    expected = model.fit(X, y).transform(X)
    found = model.fit(10.0**power * X, y).transform(10.0**power * X)
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_training_goes_on_with_what_was_measured():
    X, y = draw()
    model = LSTMAttentionClassifier(**FAST).partial_fit(X, y, classes=[0, 1])
    sizes = model.module_.input.sizes
    model.partial_fit(X[:50] / 1000, y[:50])
    assert model.scale_windows_ == "standard"
    np.testing.assert_array_equal(model.module_.input.sizes.mean, sizes.mean)
    with pytest.raises(ValueError, match="scale_windows"):
        model.set_params(scale_windows=False).partial_fit(X, y)


def test_small_signals_on_a_large_offset_keep_their_sizes():
    X, y = draw(240)
    X = 1e5 + X
    model = LSTMAttentionClassifier(hidden_size=16, max_epochs=15, random_state=0)
    model.fit(X[:160], y[:160])
    assert model.scale_windows_ == "standard"
    assert model.score(X[160:], y[160:]) > 0.95


def test_categories_do_not_decide_about_units():
    rng = np.random.default_rng(0)
    names = np.array([f"m{i:02d}" for i in range(30)])
    rows = []
    for near in rng.integers(0, 29, 60):
        coded = pd.Categorical(names[near + rng.integers(0, 2, 20)], categories=names)
        rows.append(pd.DataFrame({"a": rng.normal(size=20), "b": coded, "c": coded}))
    y = np.array([row["a"].iloc[3] for row in rows])
    model = LSTMAttentionRegressor(**FAST)
    both = [model.fit(X, y).fit_summary_["scale_windows"] for X in (
        rows, [row[["a"]] for row in rows]
    )]  # fmt: skip
    assert both[0] == both[1]
    coded = [row[["b", "c"]] for row in rows]
    reason = model.fit(coded, y).fit_summary_["scale_windows"].reason
    assert reason == "no channel of numbers varies within sequences"
    with pytest.raises(ValueError, match="'standard' needs a channel of numbers"):
        model.set_params(scale_windows="standard").fit(coded, y)


def test_sizes_far_beyond_those_of_training_have_finite_answers():
    X, y = draw(60)
    model = LSTMAttentionClassifier(**FAST, scale_windows="standard").fit(X, y)
    assert np.isfinite(model.predict_proba(1e19 * X)).all()
