"""Normalisers by their definitions, in float64, and through every network."""

import warnings

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import brentq

import skattn
from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn.nn import Attention, AttentionNetwork
from skattn.nn._normalizers import NORMALIZERS
from skattn.nn._scores import SCORES

SPARSE = ["sparsemax", "entmax15"]
POWER = {"sparsemax": 1, "entmax15": 2}
scores = hnp.arrays(
    np.float64, st.integers(1, 8), elements=st.floats(-50, 50, allow_nan=False)
)


def solve(name, z):
    """Compute the weights from their threshold, found by a bracketing search."""
    power, z = POWER[name], z / POWER[name]

    def excess(threshold):
        return (np.maximum(z - threshold, 0) ** power).sum() - 1

    threshold = brentq(excess, z.max() - 1 - 1e-9, z.max(), xtol=1e-15, rtol=1e-15)
    return np.maximum(z - threshold, 0) ** power


@pytest.mark.parametrize("name", SPARSE)
@given(z=scores)
@settings(deadline=None, max_examples=200)
def test_weights_solve_their_equation(name, z):
    weights = NORMALIZERS[name](torch.from_numpy(z)).numpy()
    np.testing.assert_allclose(weights, solve(name, z), atol=1e-9)
    assert weights.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", SPARSE)
def test_gradients_are_those_of_finite_differences(name):
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(6, 7, dtype=torch.float64, generator=generator).requires_grad_()
    assert torch.autograd.gradcheck(NORMALIZERS[name], (z,), eps=1e-7, atol=1e-5)


@pytest.mark.parametrize("name", [*NORMALIZERS])
def test_masked_steps_have_no_weight_and_no_gradient(name):
    z = torch.tensor([[3.0, -torch.inf, 2.8, -torch.inf], [-90.0, -torch.inf, 0, 1]])
    z.requires_grad_()
    weights = NORMALIZERS[name](z)
    (weights * torch.arange(8.0).reshape(2, 4)).sum().backward()
    assert (weights[z == -torch.inf] == 0).all()
    assert (z.grad[z == -torch.inf] == 0).all()
    assert z.grad.isfinite().all()
    torch.testing.assert_close(weights.sum(1), torch.ones(2))


@pytest.mark.parametrize("name", SPARSE)
def test_steps_far_below_the_best_have_exactly_0(name):
    weights = NORMALIZERS[name](torch.tensor([5.0, 4.9, 1.0, -2.0]))
    assert (weights > 0).tolist() == [True, True, False, False]
    assert NORMALIZERS[name](torch.full((5,), 3.0)).tolist() == pytest.approx([0.2] * 5)


@pytest.mark.parametrize("name", SPARSE)
@pytest.mark.parametrize("score", [*SCORES])
@pytest.mark.parametrize("n_heads", [1, 2])
def test_every_score_trains_with_the_weights_that_it_shows(name, score, n_heads):
    attention = Attention(
        score, query_size=4, key_size=4, n_heads=n_heads, n_steps=6, normalizer=name
    ).double()
    query, key = torch.randn(3, 1, 4).double(), torch.randn(3, 6, 4).double()
    mask = torch.arange(6) < torch.tensor([6, 2, 4])[:, None]
    shown, weights = attention(query, key, key, mask)
    for training in (True, False):
        hidden, _ = attention.train(training)(query, key, key, mask, need_weights=False)
        torch.testing.assert_close(hidden, shown)
    keys = key.unflatten(-1, (n_heads, -1)).transpose(1, 2)
    expected = (weights @ keys).transpose(1, 2).flatten(2)
    torch.testing.assert_close(shown, expected)
    assert (weights.squeeze(2).transpose(1, 2)[~mask] == 0).all()


@pytest.mark.parametrize("name", SPARSE)
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"n_heads": 2, "attention": "general"},
        {"attention": "feature"},
        {"decoder": "lstm"},
        {"values": "inputs"},
        {"query": "learned", "patch_size": 2},
    ],
    ids=str,
)
def test_estimators_predict_as_their_weights_and_graphs_do(name, parameters, tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 6, 2))
    y = X[:, 1:3, 0] if "decoder" in parameters else X[:, 1, 0]
    model = LSTMAttentionRegressor(
        **parameters, normalizer=name, hidden_size=8, max_epochs=3, random_state=0
    ).fit(X, y)
    weights = model.predict_attention(X)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)
    probe = model._probe
    given = probe.predict_with(X, probe.weights(X))
    np.testing.assert_allclose(given, model.predict(X), atol=1e-6)
    skattn.save(model, tmp_path / "model")
    np.testing.assert_array_equal(
        skattn.load(tmp_path / "model").predict(X), model.predict(X)
    )
    skattn.to_onnx(model, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    prediction, attention, _ = session.run(None, {"X": X})
    np.testing.assert_allclose(prediction, model.predict(X), atol=1e-5)
    np.testing.assert_allclose(attention, weights, atol=1e-5)


@pytest.mark.parametrize("name", SPARSE)
def test_sparse_weights_find_the_step_that_counts(name):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in rng.integers(5, 9, size=400)]
    for x in X:
        x[:, 1] = 0
        x[rng.integers(len(x)), 1] = 1  # the marked step holds the answer
    y = np.array([x[x[:, 1].argmax(), 0] > 0 for x in X])
    model = LSTMAttentionClassifier(normalizer=name, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, y)
    assert model.score(X, y) > 0.9
    shares = [np.mean(w == 0) for w in model.predict_attention(X, as_list=True)]
    assert np.mean(shares) > 0.1


def test_an_unknown_normalizer_is_refused_by_name():
    with pytest.raises(ValueError, match=r"normalizer='hardmax'.*'entmax15'"):
        AttentionNetwork(2, n_timesteps=3, horizon=1, n_targets=1, normalizer="hardmax")


@pytest.mark.parametrize("name", SPARSE)
def test_long_and_padded_rows_sum_to_1(name):
    z = torch.from_numpy(np.random.default_rng(0).normal(size=(50, 20_000)))
    z[:25, 50:] = -torch.inf
    weights = NORMALIZERS[name](z.float())
    assert weights.dtype == torch.float32
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
    np.testing.assert_allclose(weights, NORMALIZERS[name](z), atol=1e-5)


@pytest.mark.parametrize("name", SPARSE)
def test_scores_that_are_no_numbers_pass_on(name):
    weights = NORMALIZERS[name](torch.full((2, 3), torch.nan))
    assert weights.isnan().any()
