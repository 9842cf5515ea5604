"""Poolings against NumPy, with and without padded steps."""

import numpy as np
import pytest
import torch

from skattn.nn import AttentionPooling, FeaturePooling, FixedPooling, Memory
from skattn.nn._build import Architecture, build_network

LENGTHS = [5, 1, 3]
RNG = np.random.default_rng(0)
STATES = RNG.normal(size=(3, 5, 4))


def pool(pooling, masked):
    lengths = LENGTHS if masked else [5, 5, 5]
    last = np.stack([s[n - 1] for s, n in zip(STATES, lengths, strict=True)])
    mask = torch.arange(5) < torch.tensor(lengths)[:, None] if masked else None
    with torch.no_grad():
        states = torch.from_numpy(STATES)
        memory = Memory(states, torch.from_numpy(last), mask, states)
        context, weights = pooling(memory)
    assert context.shape[1] == pooling.context_size
    if weights.shape[1] == 1:
        weights = weights.squeeze(1)
    return context.numpy(), weights.numpy(), lengths


@pytest.mark.parametrize("masked", [False, True])
def test_last_takes_the_last_real_state(masked):
    context, weights, lengths = pool(FixedPooling("last", 4), masked)
    for row, n in enumerate(lengths):
        np.testing.assert_array_equal(context[row], STATES[row, n - 1])
        np.testing.assert_array_equal(weights[row], np.eye(5)[n - 1])


@pytest.mark.parametrize("masked", [False, True])
def test_mean_is_over_real_states(masked):
    context, weights, lengths = pool(FixedPooling("mean", 4), masked)
    for row, n in enumerate(lengths):
        np.testing.assert_allclose(context[row], STATES[row, :n].mean(0), atol=1e-6)
        np.testing.assert_allclose(weights[row], (np.arange(5) < n) / n, atol=1e-6)


@pytest.mark.parametrize("masked", [False, True])
def test_max_weighs_steps_by_the_units_that_take_them(masked):
    context, weights, lengths = pool(FixedPooling("max", 4), masked)
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


@pytest.mark.parametrize("score", ["additive", "general"])
def test_a_learned_query_does_not_look_at_the_last_state(score):
    pooling = AttentionPooling(4, score, query="learned").double()
    states = torch.from_numpy(STATES)
    one = pooling(Memory(states, states[:, -1], None, states))[1]
    other = pooling(Memory(states, torch.zeros(3, 4).double(), None, states))[1]
    assert torch.equal(one, other)


@pytest.mark.parametrize("masked", [False, True])
def test_feature_pooling_is_a_dense_softmax_over_time_for_each_unit(masked):
    pooling = FeaturePooling(4, n_steps=6).double()  # one step more than there are
    context, weights, lengths = pool(pooling, masked)
    weight = pooling.dense.weight.detach().numpy()
    bias = pooling.dense.bias.detach().numpy()
    for row, n in enumerate(lengths):
        aligned = np.zeros((6, 4))
        aligned[6 - n :] = STATES[row, :n]
        scores = (weight @ aligned + bias[:, None])[6 - n :]
        expected = np.exp(scores) / np.exp(scores).sum(0)  # (n, size)
        np.testing.assert_allclose(weights[row, :, :n], expected.T, atol=1e-6)
        assert (weights[row, :, n:] == 0).all()
        aligned[6 - n :] *= expected
        np.testing.assert_allclose(context[row], aligned.ravel(), atol=1e-6)


def test_feature_pooling_refuses_more_steps_than_it_has():
    states = torch.zeros(1, 5, 4)
    with pytest.raises(ValueError, match=r"X has 5 steps.*at most 3"):
        FeaturePooling(4, n_steps=3)(Memory(states, states[:, 0], None, states))


GIVEN = RNG.dirichlet(np.ones(5), size=(3, 2))  # samples, heads, steps


def pool_given(pooling, weights):
    states = torch.from_numpy(STATES)
    memory = Memory(states, states[:, -1], None, states, torch.from_numpy(weights))
    context, shown = pooling(memory)
    np.testing.assert_array_equal(shown, weights)
    return context.detach().numpy()


@pytest.mark.parametrize("kind", ["last", "mean"])
def test_a_fixed_pooling_sums_by_the_weights_that_it_is_given(kind):
    context = pool_given(FixedPooling(kind, 4), GIVEN[:, :1])
    expected = np.einsum("nt,ntk->nk", GIVEN[:, 0], STATES)
    np.testing.assert_allclose(context, expected, atol=1e-12)


def test_the_maximum_takes_no_other_weights():
    with pytest.raises(NotImplementedError, match="attention='max' cannot predict"):
        pool_given(FixedPooling("max", 4), GIVEN[:, :1])


def test_each_head_sums_its_units_by_the_weights_that_it_is_given():
    context = pool_given(AttentionPooling(4, "dot", n_heads=2), GIVEN)
    halves = [
        np.einsum("nt,ntk->nk", GIVEN[:, head], STATES[:, :, 2 * head : 2 * head + 2])
        for head in range(2)
    ]
    np.testing.assert_allclose(context, np.concatenate(halves, 1), atol=1e-12)


def test_feature_pooling_places_the_weights_that_it_is_given_at_the_end():
    weights = RNG.dirichlet(np.ones(5), size=(3, 4))  # one row a unit
    context = pool_given(FeaturePooling(4, n_steps=6), weights).reshape(3, 6, 4)
    assert (context[:, 0] == 0).all()
    expected = STATES * weights.transpose(0, 2, 1)
    np.testing.assert_allclose(context[:, 1:], expected, atol=1e-12)


@pytest.mark.parametrize("kind", ["last", "mean", "max"])
def test_fixed_poolings_sum_values_that_are_no_states(kind):
    states, values = torch.from_numpy(STATES), torch.from_numpy(STATES[::-1].copy())
    mask = torch.arange(5) < torch.tensor(LENGTHS)[:, None]
    memory = Memory(states, torch.zeros(3, 4).double(), mask, values)
    context, _ = FixedPooling(kind, 4)(memory)
    for row, n in enumerate(LENGTHS):
        real = STATES[::-1][row, :n]
        expected = {"last": real[-1], "mean": real.mean(0), "max": real.max(0)}
        np.testing.assert_allclose(context[row], expected[kind], atol=1e-12)


@pytest.mark.parametrize("kind", ["last", "mean", "max"])
def test_positions_change_nothing_where_no_score_asks(kind):
    x = torch.randn(5, 7, 2, generator=torch.Generator().manual_seed(0))
    outputs = []
    for positions in (None, "sinusoidal"):
        generator = torch.Generator().manual_seed(0)
        architecture = Architecture(
            n_channels=2,
            n_timesteps=7,
            horizon=1,
            n_targets=1,
            attention=kind,
            bidirectional=True,
            positions=positions,
        )
        network = build_network(generator, architecture).eval()
        outputs.append(network(x).prediction)
    torch.testing.assert_close(*outputs, rtol=0, atol=0)
