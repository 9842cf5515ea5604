"""Occlusion, permutation and gradients against formulas of linear models."""

import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, LogisticRegression

from skattn import LSTMAttentionRegressor
from skattn.datasets import make_marked_step
from skattn.inspection import (
    attention_faithfulness,
    channel_permutation_importance,
    conicity,
    gradient_importance,
    occlusion_importance,
    timestep_permutation_importance,
)

from .conftest import Linear

RNG = np.random.default_rng(0)


@given(st.integers(1, 40), st.integers(2, 7), st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_occlusion_of_a_linear_model_is_weight_times_distance(n, n_steps, seed):
    random = np.random.default_rng(seed)
    X, w = random.normal(size=(n, n_steps, 1)), random.normal(size=n_steps)
    before = X.copy()
    found = occlusion_importance(Linear(w), X)
    np.testing.assert_allclose(found, w * (X[:, :, 0] - X.mean()), atol=1e-12)
    np.testing.assert_array_equal(X, before)
    x = X[:, :, 0]
    line = np.empty_like(x)
    line[:, 1:-1] = (x[:, :-2] + x[:, 2:]) / 2
    line[:, 0], line[:, -1] = x[:, 1], x[:, -2]
    found = occlusion_importance(Linear(w), X, replacement="interpolate")
    np.testing.assert_allclose(found, w * (x - line), atol=1e-12)


def test_occlusion_in_patches_from_the_end():
    X, w = RNG.normal(size=(5, 7, 1)), RNG.normal(size=7)
    effect = w * (X[:, :, 0] - X.mean())
    expected = np.stack(
        [effect[:, :1].sum(1), effect[:, 1:4].sum(1), effect[:, 4:].sum(1)], axis=1
    )
    found = occlusion_importance(Linear(w), X, patch_size=3)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    x, way = X[:, :, 0], np.array([1, 2, 3]) / 4
    line = x[:, :1] + way * (x[:, 4:5] - x[:, :1])
    found = occlusion_importance(Linear(w), X, patch_size=3, replacement="interpolate")
    np.testing.assert_allclose(found[:, 1], (w[1:4] * (x[:, 1:4] - line)).sum(1))
    alone = occlusion_importance(Linear(w), X, patch_size=9, replacement="interpolate")
    np.testing.assert_allclose(alone[:, 0], effect.sum(1))  # no neighbour: the mean


@pytest.mark.parametrize("wrap", [list, tuple])
def test_occlusion_of_ragged_sequences(wrap):
    X = wrap(RNG.normal(size=(n, 2)) for n in (3, 5, 1))
    w = RNG.normal(size=5)
    found = occlusion_importance(Linear(w), X)
    mean = np.concatenate(X)[:, 0].mean()
    for row, x in zip(found, X, strict=True):
        expected = np.zeros(5)
        expected[: len(x)] = w[: len(x)] * (x[:, 0] - mean)
        np.testing.assert_allclose(row, expected, atol=1e-12)


@pytest.mark.parametrize("frame", [np.asarray, pd.DataFrame, pl.DataFrame])
def test_flat_rows_go_out_as_they_came(frame):
    X = frame(RNG.normal(size=(20, 4)))
    values = np.asarray(X)
    model = LinearRegression().fit(X, values @ [1.0, 2.0, 0.0, -1.0])
    found = occlusion_importance(model, X)
    expected = (values - values.mean()) * [1, 2, 0, -1]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_classifiers_are_asked_for_probabilities():
    X = RNG.normal(size=(50, 4))
    model = LogisticRegression().fit(X, X[:, 2] > 0)
    found = occlusion_importance(model, X)
    assert found.shape == (50, 2, 4)
    np.testing.assert_allclose(found[:, 0], -found[:, 1], atol=1e-12)
    assert np.abs(found[:, 1]).mean(0).argmax() == 2


def test_occlusion_knows_the_training_mean():
    X = RNG.normal(size=(60, 5, 2)) + 3
    model = LSTMAttentionRegressor(max_epochs=1, early_stopping=False, random_state=0)
    model.fit(X, RNG.normal(size=60))
    one = X[:1].copy()
    one[:, 2] = X.mean((0, 1))
    expected = model.predict(X[:1]) - model.predict(one)
    found = occlusion_importance(model, X[:1])
    np.testing.assert_allclose(found[:, 2], expected, atol=1e-6)


def test_occlusion_shows_its_progress(capsys):
    X = RNG.normal(size=(4, 3, 1))
    occlusion_importance(Linear(np.ones(3)), X)
    assert capsys.readouterr().err == ""
    occlusion_importance(Linear(np.ones(3)), X, verbose=1)
    assert "12/12" in capsys.readouterr().err


def test_occlusion_asks_for_few_large_predictions():
    calls = []

    class Counting(Linear):
        def predict(self, X):
            calls.append(len(X))
            return super().predict(X)

    occlusion_importance(Counting(np.ones(50)), RNG.normal(size=(100, 50, 1)))
    assert calls == [100, 5000]


def test_permutation_of_steps_finds_the_one_that_matters():
    X = RNG.normal(size=(80, 5))
    y = 3 * X[:, 1]
    model = LinearRegression().fit(X, y)
    result = timestep_permutation_importance(model, X, y, n_repeats=30, random_state=0)
    assert result.importances.shape == (5, 30)
    # R2 falls to 1 - E(x - x')**2 / var = -1, up to the draw: by 2
    assert result.importances_mean[1] == pytest.approx(2.0, abs=0.15)
    np.testing.assert_allclose(np.delete(result.importances_mean, 1), 0, atol=1e-9)
    again = timestep_permutation_importance(model, X, y, n_repeats=30, random_state=0)
    np.testing.assert_array_equal(result.importances, again.importances)
    several = timestep_permutation_importance(
        model, X, y, scoring=["r2", "neg_mean_squared_error"], random_state=0
    )
    assert set(several) == {"r2", "neg_mean_squared_error"}


def test_permutation_moves_channels_together_and_keeps_lengths():
    lengths = RNG.integers(1, 5, size=30)
    X = [np.repeat(RNG.normal(size=(n, 1)), 2, axis=1) for n in lengths]
    seen = []

    class Watching(Linear):
        def score(self, X, y):
            seen.append([x.copy() for x in X])
            return 0.0

        def fit(self, X, y):
            return self

    timestep_permutation_importance(Watching(np.ones(4)), X, np.zeros(30))
    for sequences in seen:
        assert [len(x) for x in sequences] == list(lengths)
        assert all((x[:, 0] == x[:, 1]).all() for x in sequences)
        together = np.concatenate(sequences)[:, 0]
        np.testing.assert_array_equal(
            np.sort(together), np.sort(np.concatenate(X)[:, 0])
        )


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"values": "inputs", "patch_size": 2},
        {"decoder": "lstm"},
        {"channel_independent": True, "target_channels": [0, 2], "linear_skip": True},
    ],
)
def test_gradients_add_up_to_the_difference_from_the_mean(settings):
    X = RNG.normal(size=(30, 5, 3)) * [1, 10, 2]
    y = RNG.normal(size=(30, 3, 2)) * 5
    model = LSTMAttentionRegressor(hidden_size=8, max_epochs=3, random_state=0)
    model.set_params(early_stopping=False, **settings).fit(X, y)
    parts = gradient_importance(model, X[:6], n_steps=100)
    assert parts.shape == (6, 3, 2, 5, 3)
    mean = np.broadcast_to(X.mean((0, 1)), X[:6].shape)
    expected = model.predict(X[:6]) - model.predict(mean)
    np.testing.assert_allclose(parts.sum((-1, -2)), expected, atol=1e-3 * y.std())


def test_gradients_leave_no_gradient_and_random_state_behind():
    X = RNG.normal(size=(30, 5))
    model = LSTMAttentionRegressor(max_epochs=1, random_state=0).fit(X, X[:, 0])
    state = np.random.get_state()[1].copy()
    plain = model.predict(X)
    left = [p.grad for p in model.module_.parameters()]
    assert gradient_importance(model, X).shape == (30, 5, 1)
    for parameter, grad in zip(model.module_.parameters(), left, strict=True):
        assert parameter.grad is grad
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    np.testing.assert_array_equal(model.predict(X), plain)


def test_gradients_without_captum_or_network_say_so(monkeypatch):
    X = RNG.normal(size=(30, 5))
    with pytest.raises(TypeError, match=r"which LinearRegression does not provide"):
        gradient_importance(LinearRegression().fit(X, X[:, 0]), X)
    with pytest.raises(TypeError, match="conicity needs the fitted network, which"):
        conicity(LinearRegression().fit(X, X[:, 0]), X)
    model = LSTMAttentionRegressor(max_epochs=1, random_state=0).fit(X, X[:, 0])
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(ImportError, match=r"skattn\[inspection\]"):
        gradient_importance(model, X)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"replacement": "zero"}, "replacement='zero' must be 'mean'"),
        ({"patch_size": 0}, "patch_size=0 must be at least 1"),
        ({"patch_size": 1.5}, "patch_size=1.5 must be an integer"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        occlusion_importance(Linear(np.ones(3)), np.ones((2, 3, 1)), **arguments)


def test_wrong_forms_are_named():
    with pytest.raises(ValueError, match=r"X has shape \(3,\); allowed are"):
        occlusion_importance(Linear(np.ones(3)), np.ones(3))
    with pytest.raises(TypeError, match=r"predict_proba.* and object has none"):
        occlusion_importance(object(), np.ones((2, 3, 1)))


def test_the_global_random_state_stays_as_it_was_without_a_random_state():
    X, y, _ = make_marked_step(40, 6)
    model = LSTMAttentionRegressor(hidden_size=4, max_epochs=1).fit(X, y)
    before = np.random.get_state()[1:3]
    make_marked_step(40, 6)
    channel_permutation_importance(model, X, y, n_repeats=1)
    timestep_permutation_importance(model, X, y, n_repeats=1)
    attention_faithfulness(model, X, max_samples=3)
    np.testing.assert_array_equal(before[0], np.random.get_state()[1])
    assert before[1] == np.random.get_state()[2]
