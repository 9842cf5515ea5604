"""Answers that are steps: learned, read, refused, saved and exported."""

import re
import warnings

import numpy as np
import onnxruntime
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

import skattn
from skattn import LSTMAttentionPointer
from skattn.inspection import AttentionDisplay, gradient_importance
from skattn.sequences import OverTime, Sequences

FAST = {"hidden_size": 8, "max_epochs": 2, "random_state": 0}


def make_ragged(n_samples=400, seed=0):
    """Return sequences of 3 to 9 steps and where each has its largest value."""
    random = np.random.default_rng(seed)
    X = [random.normal(size=(n, 2)) for n in random.integers(3, 10, n_samples)]
    return X, np.array([x[:, 0].argmax() for x in X])


@pytest.fixture(scope="module")
def fitted():
    X, y = make_ragged(1000)
    return LSTMAttentionPointer(hidden_size=16, random_state=0).fit(X, y)


def test_a_step_is_found(fitted):
    X, y = make_ragged(seed=1)
    assert fitted.score(X, y) > 0.95
    assert fitted.predict(X).dtype.kind == "i"


def test_an_onset_is_found_sooner_than_by_a_cumulative_sum():
    random = np.random.default_rng(0)
    onsets = random.integers(3, 21, 1500)
    X = random.normal(size=(1500, 24)) + 4.5 * (np.arange(24) >= onsets[:, None])
    model = LSTMAttentionPointer(hidden_size=16, random_state=0)
    model.fit(X[:1000], onsets[:1000])
    x = X[1000:] - X[1000:].mean(1, keepdims=True)
    summed = np.abs(np.cumsum(x, axis=1)).argmax(1) + 1  # Page 1954
    own = model.score(X[1000:], onsets[1000:])
    assert own > 0.9
    assert own > np.mean(summed == onsets[1000:])
    assert model.set_params(tolerance=2).score(X[1000:], onsets[1000:]) > 0.99


def test_steps_come_in_turn():
    X = np.random.default_rng(0).normal(size=(2000, 3))
    y = X.argsort(1)
    model = LSTMAttentionPointer(hidden_size=16, random_state=0).fit(X[:1500], y[:1500])
    assert model.predict(X).shape == (2000, 3)
    assert model.predict_proba(X).shape == (2000, 3, 3)
    assert model.score(X[1500:], y[1500:]) > 0.9


def test_padding_has_no_weight(fitted):
    X, _ = make_ragged(50)
    proba = fitted.predict_proba(X)
    lengths = np.array([len(x) for x in X])
    beyond = np.arange(proba.shape[1]) >= lengths[:, None]
    assert (proba[beyond] == 0).all()
    np.testing.assert_allclose(proba.sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(proba, fitted.predict_attention(X)[:, 0], rtol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of probabilities that do not sum to 1
        log_loss(np.arange(50) % 3, proba, labels=range(proba.shape[1]))


def test_a_sequence_alone_has_the_answer_that_it_has_among_others(fitted):
    X, _ = make_ragged(30)
    proba = fitted.predict_proba(X)
    for x, row in zip(X, proba, strict=True):
        alone = fitted.predict_proba([x])[0]
        np.testing.assert_allclose(alone, row[: len(x)], atol=1e-5 * proba.std())


def test_the_best_constant_is_the_share_of_each_step():
    X = np.random.default_rng(0).normal(size=(90, 4))
    y = np.repeat([0, 1, 3], [30, 45, 15])
    model = LSTMAttentionPointer(**FAST).fit(X, y)
    target = model._target
    encoded = torch.from_numpy(target.encode(y))
    constant = target.best_constant(encoded, None).exp()[0, 0]
    np.testing.assert_allclose(constant, [1 / 3, 1 / 2, 0, 1 / 6], atol=1e-9)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0, 1, 2, 9], "y names step 9 of sample 3, which has 4 steps; allowed are"),
        ([0, 1, -1, 2], "y holds -1; allowed are the numbers of steps"),
        ([0, 0.5, 1, 1], "y holds 0.5; allowed are the numbers of steps"),
        (["a", "b", "c", "d"], "y holds 'a'; allowed are the numbers of steps"),
        ([None] * 4, "y holds None; allowed are the numbers of steps"),
        (np.eye(4, 5, dtype=bool), "y holds True; allowed are the numbers of steps"),
        ([[0, 1], [1], [2, 0], [1, 1]], "y has entries of different lengths"),
        ([0, 1], "X has 4, y has 2"),
        (np.zeros((4, 1, 1)), "y has shape (4, 1, 1); allowed are (n_samples,)"),
        (None, "LSTMAttentionPointer requires y to be passed"),
    ],
)
def test_what_names_no_step_is_refused(y, message):
    X = np.random.default_rng(0).normal(size=(4, 4))
    with pytest.raises(ValueError, match=re.escape(message)):
        LSTMAttentionPointer(**FAST).fit(X, y)


def test_a_step_beyond_its_own_sequence_is_refused():
    X = [np.zeros((5, 1)), np.ones((3, 1)), np.ones((4, 1))]
    with pytest.raises(ValueError, match="step 3 of sample 1, which has 3 steps"):
        LSTMAttentionPointer(**FAST).fit(X, [4, 3, 0])
    with pytest.raises(ValueError, match="y_val names step 3 of sample 0"):
        LSTMAttentionPointer(**FAST).fit(X, [4, 2, 0], X_val=X[1:], y_val=[3, 0])


def test_a_score_of_another_form_is_refused(fitted):
    X, y = make_ragged(20)
    with pytest.raises(ValueError, match="y has shape"):
        fitted.score(X, np.stack([y, y], axis=1))


def test_a_parameter_out_of_range_is_refused():
    X = np.zeros((4, 3))
    for wrong in ({"attention": "mean"}, {"tolerance": -1}, {"bidirectional": "auto"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            LSTMAttentionPointer(**FAST | wrong).fit(X, [0, 1, 2, 0])


def test_weights_of_samples_count():
    X, y = make_ragged(60)
    weights = np.r_[np.ones(30), np.zeros(30)]
    part = LSTMAttentionPointer(**FAST).fit(X[:30], y[:30])
    whole = LSTMAttentionPointer(**FAST).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(
        part.predict_proba(X[:5]), whole.predict_proba(X[:5])[:, :9], atol=1e-6
    )
    assert whole.score(X, y, sample_weight=weights) == whole.score(X[:30], y[:30])


def test_training_continues():
    X, y = make_ragged(64)
    model = LSTMAttentionPointer(**FAST).partial_fit(X, y).partial_fit(X, y)
    assert model.n_iter_ == 2
    with pytest.raises(ValueError, match=r"1 step\(s\) of each sequence"):
        model.partial_fit(X, np.stack([y, y], axis=1))
    model = LSTMAttentionPointer(**FAST, warm_start=True).fit(X, y).fit(X, y)
    assert model.n_iter_ == 4
    held = LSTMAttentionPointer(**FAST, early_stopping=True).fit(X, y)
    assert held.best_validation_loss_ > 0


def test_a_saved_pointer_answers_alike(fitted, tmp_path):
    X, _ = make_ragged(20)
    skattn.save(fitted, tmp_path / "model.safetensors")
    copy = skattn.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(copy.predict_proba(X), fitted.predict_proba(X))


def test_a_graph_answers_alike(fitted, tmp_path):
    X, _ = make_ragged(20)
    skattn.to_onnx(fitted, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    padded = np.full((20, 9, 2), np.nan)
    for row, x in zip(padded, X, strict=True):
        row[: len(x)] = x
    proba = session.run(["prediction"], {"X": padded})[0]
    assert max(map(len, X)) == 9
    np.testing.assert_allclose(proba, fitted.predict_proba(X), atol=1e-5)


def test_it_goes_through_pipelines_and_searches():
    X, y = make_ragged(60)
    X = Sequences(X, static=np.arange(60.0)[:, None])
    pipeline = make_pipeline(OverTime(StandardScaler()), LSTMAttentionPointer(**FAST))
    name = "lstmattentionpointer__hidden_size"
    search = GridSearchCV(pipeline, {name: [4, 8]}, cv=2).fit(X, y)
    assert search.predict(X[:3]).shape == (3,)
    assert cross_val_predict(clone(pipeline), X, y, cv=2).shape == (60,)


def test_the_weights_can_be_drawn(fitted):
    X, _ = make_ragged(20)
    display = AttentionDisplay.from_estimator(fitted, X, kind="alignment")
    assert display.weights.shape[:2] == (20, 1)


# Checks whose y holds numbers that are no steps of their X.
OTHER_TARGETS = [
    "check_dtype_object",
    "check_estimators_fit_returns_self",
    "check_estimators_overwrite_params",
    "check_fit2d_1feature",
    "check_readonly_memmap_input",
    "check_sample_weights_not_an_array",
    "check_sample_weights_not_overwritten",
    "check_sample_weights_pandas_series",
    "check_sample_weights_shape",
]
EXPECTED = dict.fromkeys(OTHER_TARGETS, "y holds numbers that are no steps of X") | {
    "check_sample_weight_equivalence_on_dense_data": "mini-batches"
}


@parametrize_with_checks(
    [LSTMAttentionPointer(hidden_size=8, max_epochs=1)],
    expected_failed_checks=lambda _: EXPECTED,
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def test_a_word_is_found():
    random = np.random.default_rng(0)
    words = np.array([*"abcdefgh"])
    X = [[*random.choice(words, n)] for n in random.integers(3, 8, 300)]
    y = random.integers([len(x) for x in X])
    for x, place in zip(X, y, strict=True):
        x[place] = "odd"
    model = LSTMAttentionPointer(hidden_size=8, random_state=0).fit(X[:200], y[:200])
    assert model.score(X[200:], y[200:]) > 0.95


@pytest.mark.parametrize("horizon", [1, 2])
def test_inspection_of_many_sequences_of_other_lengths_asks_the_right_outputs(horizon):
    # More than are read at a time, the shorter ones first.
    random = np.random.default_rng(0)
    X = [random.normal(size=(n, 2)) for n in (6, 8) for _ in range(256)]
    y = np.array([np.argsort(x[:, 0])[::-1][:horizon] for x in X])
    model = LSTMAttentionPointer(**FAST).fit(X, y)
    weights = model._probe.weights(X)
    proba = model._probe.predict_with(X, weights)
    np.testing.assert_allclose(
        proba, model.predict_proba(X).reshape(proba.shape), atol=1e-6
    )
    few = [0, 1, 2, *range(256, 259)]
    alone = gradient_importance(model, [X[i] for i in few])
    among = gradient_importance(model, X)
    np.testing.assert_allclose(among[few], alone, atol=1e-5 * np.abs(alone).max())


def test_a_warm_start_takes_longer_sequences():
    X = np.random.default_rng(0).normal(size=(60, 6, 1))
    model = LSTMAttentionPointer(**FAST, warm_start=True).fit(X, X[:, :, 0].argmax(1))
    X = np.random.default_rng(1).normal(size=(60, 12, 1))
    model.fit(X, X[:, :, 0].argmax(1))
    assert model.n_iter_ == 4


def test_weights_of_another_number_are_refused(fitted):
    X, y = make_ragged(5)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fitted.score(X, y, sample_weight=[1.0, 2.0])


def test_tags_tell_what_is_taken():
    tags = get_tags(LSTMAttentionPointer(padding_value=np.nan))
    assert tags.target_tags.multi_output
    assert tags.input_tags.allow_nan
    assert not get_tags(LSTMAttentionPointer(padding_value=-1.0)).input_tags.allow_nan
    # What is no number is refused in fit, and not where tags are asked.
    assert not get_tags(LSTMAttentionPointer(padding_value="x")).input_tags.allow_nan


def test_a_mask_of_steps_is_doubted():
    X, steps = np.random.default_rng(0).normal(size=(20, 6, 2)), np.arange(20) % 6
    mask = np.eye(6, dtype=int)[steps]
    with pytest.warns(UserWarning, match=r"single 1 and zeros.*y\.argmax\(axis=1\)"):
        LSTMAttentionPointer(**FAST).fit(X, mask)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        LSTMAttentionPointer(**FAST).fit(X, mask.argmax(axis=1))
        LSTMAttentionPointer(**FAST).fit(X, np.c_[steps, steps, 5 - steps])
