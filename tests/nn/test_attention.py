"""Scores, softmax and weighted sum against formulas in NumPy float64 and torch."""

import numpy as np
import pytest
import torch
from torch import nn

from skattn.nn import Attention, SelfAttention, initialize, masked_softmax

RNG = np.random.default_rng(0)
SIZE, N_STEPS = 6, 7
QUERY, KEY, VALUE = (RNG.normal(size=(3, n, SIZE)) for n in (2, N_STEPS, N_STEPS))
LENGTHS = np.array([7, 3, 1])
MASK = np.arange(N_STEPS) < LENGTHS[:, None]
SCORES = ["additive", "cosine", "dot", "general", "location", "scaled_dot"]


def make(score, n_heads=1, query_size=SIZE):
    attention = Attention(
        score, query_size=query_size, key_size=SIZE, n_heads=n_heads, n_steps=N_STEPS
    )
    initialize(attention, torch.Generator().manual_seed(0))
    return attention.double()


def formula(score, weights, q, k, head):
    """One score, written down from the paper; q and k are the head's own parts."""
    if score == "dot":
        return q @ k
    if score == "scaled_dot":
        return q @ k / np.sqrt(len(k))
    if score == "cosine":
        strength = np.exp(weights["log_strength"][head, 0, 0])
        return strength * (q @ k) / np.linalg.norm(q) / np.linalg.norm(k)
    return q @ weights["weight"][head] @ k  # general


def expected_scores(score, module, query, key, lengths):
    n_heads = module.n_heads
    weights = {name: p.detach().numpy() for name, p in module.named_parameters()}
    n_queries = 1 if query is None else query.shape[1]
    out = np.zeros((len(key), n_heads, n_queries, N_STEPS))
    part = SIZE // n_heads
    for n, h, i, t in np.ndindex(out.shape):
        own = slice(h * part, (h + 1) * part)
        if score == "additive":
            hidden = weights["key_projection.weight"] @ key[n, t]
            hidden = hidden + weights["key_projection.bias"]
            if query is not None:
                hidden = hidden + weights["query_projection.weight"] @ query[n, i]
            out[n, h, i, t] = weights["weight"][h, 0, :, 0] @ np.tanh(hidden[own])
        elif score == "location":
            projected = weights["position_projection.weight"] @ query[n, i]
            projected = projected + weights["position_projection.bias"]
            position = min(N_STEPS - lengths[n] + t, N_STEPS - 1)
            out[n, h, i, t] = projected[h * N_STEPS + position]
        else:
            q, k = query[n, i, own], key[n, t, own]
            out[n, h, i, t] = formula(score, weights, q, k, h)
    return out


def expected_attention(score, module, query, masked):
    lengths = LENGTHS if masked else np.full(3, N_STEPS)
    scores = expected_scores(score, module, query, KEY, lengths)
    if masked:
        scores = np.where(MASK[:, None, None], scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    heads = VALUE.reshape(3, N_STEPS, module.n_heads, -1).transpose(0, 2, 1, 3)
    context = (weights @ heads).transpose(0, 2, 1, 3).reshape(3, -1, SIZE)
    return context, weights


def attend(attention, query, masked, **options):
    inputs = [None if x is None else torch.from_numpy(x) for x in (query, KEY, VALUE)]
    mask = torch.from_numpy(MASK) if masked else None
    with torch.no_grad():
        return attention(*inputs, mask, **options)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("n_heads", [1, 3])
@pytest.mark.parametrize("score", SCORES)
def test_attention_is_its_formula(score, n_heads, masked):
    attention = make(score, n_heads)
    context, weights = attend(attention, QUERY, masked)
    expected = expected_attention(score, attention.score, QUERY, masked)
    np.testing.assert_allclose(context, expected[0], atol=1e-6)
    np.testing.assert_allclose(weights, expected[1], atol=1e-6)
    np.testing.assert_allclose(weights.sum(-1), 1.0, atol=1e-6)
    if masked:
        assert (weights.movedim(-1, 1)[~torch.from_numpy(MASK)] == 0).all()


@pytest.mark.parametrize("n_heads", [1, 3])
def test_additive_without_a_query_is_yangs_formula(n_heads):
    attention = make("additive", n_heads, query_size=0)
    context, weights = attend(attention, None, masked=True)
    expected = expected_attention("additive", attention.score, None, masked=True)
    np.testing.assert_allclose(context, expected[0], atol=1e-6)
    np.testing.assert_allclose(weights, expected[1], atol=1e-6)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("score", SCORES)
def test_attention_passes_gradcheck(score, masked):
    attention = make(score, n_heads=2)
    inputs = [torch.from_numpy(x).requires_grad_() for x in (QUERY, KEY, VALUE)]
    mask = torch.from_numpy(MASK) if masked else None

    def run(query, key, value, *_):
        return attention(query, key, value, mask)

    assert torch.autograd.gradcheck(run, (*inputs, *attention.parameters()))


@pytest.mark.parametrize("masked", [False, True])
def test_the_fused_kernel_gives_the_same_context(masked):
    attention = make("scaled_dot", n_heads=2)
    context, weights = attend(attention, QUERY, masked, need_weights=False)
    assert weights is None
    expected = expected_attention("scaled_dot", attention.score, QUERY, masked)
    np.testing.assert_allclose(context, expected[0], atol=1e-6)


@pytest.mark.parametrize("masked", [False, True])
def test_self_attention_is_torchs_multihead_attention(masked):
    ours = SelfAttention(SIZE, n_heads=3)
    initialize(ours, torch.Generator().manual_seed(0))
    ours = ours.double().eval()
    peer = nn.MultiheadAttention(SIZE, 3, batch_first=True).double().eval()
    parts = (ours.query, ours.key, ours.value)
    peer.in_proj_weight.data.copy_(torch.cat([part.weight for part in parts]))
    peer.in_proj_bias.data.copy_(torch.cat([part.bias for part in parts]))
    peer.out_proj.load_state_dict(ours.output.state_dict())
    states = torch.from_numpy(KEY)
    mask = torch.from_numpy(MASK) if masked else None
    with torch.no_grad():
        attended, expected = peer(
            states,
            states,
            states,
            key_padding_mask=None if mask is None else ~mask,
            average_attn_weights=False,
        )
        result, weights = ours(states, mask)
    torch.testing.assert_close(weights, expected, atol=1e-6, rtol=0)
    normed = nn.functional.layer_norm(states + attended, (SIZE,))
    torch.testing.assert_close(result, normed, atol=1e-6, rtol=0)


def test_location_refuses_more_steps_than_it_has():
    attention = Attention("location", query_size=2, key_size=2, n_steps=3)
    x = torch.zeros(1, 4, 2)
    with pytest.raises(ValueError, match=r"X has 4 steps.*at most 3"):
        attention(x[:, :1], x, x)


def test_masked_softmax_takes_large_scores():
    scores = torch.tensor([[1e4, -1e4, 1e4]])
    weights = masked_softmax(scores, torch.tensor([[True, True, False]]))
    assert weights.tolist() == [[1.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"score": "nearest"}, r"score='nearest'.*additive"),
        ({"score": "dot", "key_size": 4}, r"query_size=2 and key_size=4"),
        ({"score": "general", "n_heads": 3}, r"n_heads=3 does not divide query_size=2"),
    ],
)
def test_impossible_attention_is_explained(arguments, message):
    with pytest.raises(ValueError, match=message):
        Attention(**{"query_size": 2, "key_size": 2} | arguments)


def test_initialize_uses_the_global_stream_without_a_generator():
    attention = Attention("additive", query_size=2, key_size=2)
    torch.manual_seed(0)
    initialize(attention)
    first = attention.score.key_projection.weight.clone()
    torch.manual_seed(0)
    initialize(attention)
    assert torch.equal(first, attention.score.key_projection.weight)


@pytest.mark.parametrize("score", SCORES)
def test_scores_have_one_head_unless_told_otherwise(score):
    kind = type(make(score).score)
    position = {"n_steps": N_STEPS} if score == "location" else {}
    assert kind(SIZE, SIZE, **position).n_heads == 1
    attention = Attention(score, query_size=SIZE, key_size=SIZE, n_steps=N_STEPS)
    assert attention.score.n_heads == 1
