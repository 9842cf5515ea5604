"""Poolings against NumPy, with and without padded steps."""

import numpy as np
import pytest
import torch

from skattn.nn import AttentionPooling, FixedPooling

LENGTHS = [5, 1, 3]
RNG = np.random.default_rng(0)
STATES = RNG.normal(size=(3, 5, 4))


def pool(pooling, masked):
    lengths = LENGTHS if masked else [5, 5, 5]
    last = np.stack([s[n - 1] for s, n in zip(STATES, lengths, strict=True)])
    mask = torch.arange(5) < torch.tensor(lengths)[:, None] if masked else None
    with torch.no_grad():
        context, weights = pooling(
            torch.from_numpy(STATES), torch.from_numpy(last), mask
        )
    return context.numpy(), weights.numpy(), lengths


@pytest.mark.parametrize("masked", [False, True])
def test_last_takes_the_last_real_state(masked):
    context, weights, lengths = pool(FixedPooling("last"), masked)
    for row, n in enumerate(lengths):
        np.testing.assert_array_equal(context[row], STATES[row, n - 1])
        np.testing.assert_array_equal(weights[row], np.eye(5)[n - 1])


@pytest.mark.parametrize("masked", [False, True])
def test_mean_is_over_real_states(masked):
    context, weights, lengths = pool(FixedPooling("mean"), masked)
    for row, n in enumerate(lengths):
        np.testing.assert_allclose(context[row], STATES[row, :n].mean(0), atol=1e-6)
        np.testing.assert_allclose(weights[row], (np.arange(5) < n) / n, atol=1e-6)


@pytest.mark.parametrize("masked", [False, True])
def test_max_weighs_steps_by_the_units_that_take_them(masked):
    context, weights, lengths = pool(FixedPooling("max"), masked)
    for row, n in enumerate(lengths):
        real = STATES[row, :n]
        share = np.bincount(real.argmax(0), minlength=5) / 4
        np.testing.assert_array_equal(context[row], real.max(0))
        np.testing.assert_allclose(weights[row], share, atol=1e-6)


@pytest.mark.parametrize("query", ["last", "learned"])
def test_attention_weights_are_zero_on_padding_and_sum_to_one(query):
    pooling = AttentionPooling(4, query=query).double()
    context, weights, lengths = pool(pooling, masked=True)
    for row, n in enumerate(lengths):
        assert (weights[row, n:] == 0).all()
        assert weights[row].sum() == pytest.approx(1.0, abs=1e-6)
        np.testing.assert_allclose(context[row], weights[row] @ STATES[row], atol=1e-6)


def test_a_learned_query_does_not_look_at_the_last_state():
    pooling = AttentionPooling(4, query="learned").double()
    states = torch.from_numpy(STATES)
    one = pooling(states, states[:, -1], None)[1]
    other = pooling(states, torch.zeros(3, 4).double(), None)[1]
    assert torch.equal(one, other)
