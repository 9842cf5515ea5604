"""Score, softmax and weighted sum against formulas in NumPy float64."""

import numpy as np
import pytest
import torch

from skattn.nn import AdditiveScore, Attention, initialize, masked_softmax


def softmax(scores):
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def array(parameter):
    return parameter.detach().numpy()


@pytest.fixture
def qkv():
    rng = np.random.default_rng(0)
    return (
        rng.normal(size=(3, 2, 5)),
        rng.normal(size=(3, 7, 4)),
        rng.normal(size=(3, 7, 6)),
    )


def additive(score, query, key):
    """v . tanh(Wq q + Wk k + b), one pair of query and key at a time."""
    w_k, b = array(score.key_projection.weight), array(score.key_projection.bias)
    v = array(score.score_projection.weight)[0]
    w_q = None if query is None else array(score.query_projection.weight)
    n_queries = 1 if query is None else query.shape[1]
    out = np.empty((len(key), n_queries, key.shape[1]))
    for n, i, t in np.ndindex(out.shape):
        hidden = w_k @ key[n, t] + b
        if query is not None:
            hidden = hidden + w_q @ query[n, i]
        out[n, i, t] = v @ np.tanh(hidden)
    return out


def test_additive_score_is_bahdanaus_formula(qkv):
    query, key, _ = qkv
    score = AdditiveScore(5, 4, attention_size=8).double()
    result = score(torch.from_numpy(query), torch.from_numpy(key))
    np.testing.assert_allclose(array(result), additive(score, query, key), atol=1e-6)


def test_additive_score_without_query_is_yangs_formula(qkv):
    _, key, _ = qkv
    score = AdditiveScore(None, 4).double()
    result = score(None, torch.from_numpy(key))
    np.testing.assert_allclose(array(result), additive(score, None, key), atol=1e-6)


@pytest.mark.parametrize("masked", [False, True])
def test_attention_is_the_weighted_sum_of_the_values(qkv, masked):
    query, key, value = qkv
    attention = Attention("additive", query_size=5, key_size=4).double()
    mask = np.arange(7) < np.array([[7], [3], [1]])
    scores = additive(attention.score, query, key)
    if masked:
        scores = np.where(mask[:, None], scores, -np.inf)
    expected = softmax(scores)

    context, weights = attention(
        torch.from_numpy(query),
        torch.from_numpy(key),
        torch.from_numpy(value),
        torch.from_numpy(mask) if masked else None,
    )
    np.testing.assert_allclose(array(weights), expected, atol=1e-6)
    np.testing.assert_allclose(array(context), expected @ value, atol=1e-6)
    np.testing.assert_allclose(array(weights).sum(-1), 1.0, atol=1e-6)
    if masked:
        assert (array(weights)[~mask[:, None].repeat(2, 1)] == 0).all()


@pytest.mark.parametrize("masked", [False, True])
def test_attention_passes_gradcheck(qkv, masked):
    attention = Attention("additive", query_size=5, key_size=4).double()
    inputs = [torch.from_numpy(x).requires_grad_() for x in qkv]
    mask = torch.arange(7) < torch.tensor([[7], [3], [1]]) if masked else None
    parameters = [*attention.parameters()]

    def run(query, key, value, *_):
        return attention(query, key, value, mask)

    assert torch.autograd.gradcheck(run, (*inputs, *parameters))


def test_masked_softmax_takes_large_scores():
    scores = torch.tensor([[1e4, -1e4, 1e4]])
    weights = masked_softmax(scores, torch.tensor([[True, True, False]]))
    assert weights.tolist() == [[1.0, 0.0, 0.0]]


def test_an_unknown_score_is_named():
    with pytest.raises(ValueError, match=r"score='nearest'.*'additive'"):
        Attention("nearest", query_size=2, key_size=2)


def test_initialize_uses_the_global_stream_without_a_generator():
    attention = Attention("additive", query_size=2, key_size=2)
    torch.manual_seed(0)
    initialize(attention)
    first = attention.score.key_projection.weight.clone()
    torch.manual_seed(0)
    initialize(attention)
    assert torch.equal(first, attention.score.key_projection.weight)
