"""Values of segments, and attention by the size of contributions, against formulas."""

import numpy as np
import pytest
import torch

from skattn.nn import ContributionPooling, Inputs, Memory, SegmentValues
from skattn.nn._build import Architecture, build_network
from skattn.nn.contributions import (
    attended_contributions,
    base_value,
    contributions,
    future_contributions,
    static_contributions,
)

RNG = np.random.default_rng(0)
X = torch.from_numpy(RNG.normal(size=(6, 10, 3))).float()
LENGTHS = torch.tensor([10, 1, 4, 2, 8, 5])
STATIC = torch.from_numpy(RNG.normal(size=(6, 2))).float()
FUTURE = torch.from_numpy(RNG.normal(size=(6, 2, 1))).float()


def build(**changes):
    settings = {"n_channels": 3, "n_timesteps": 10, "horizon": 2, "n_targets": 1}
    settings |= {"values": "segments", "segment_size": 4, "attention": "contribution"}
    network = build_network(
        torch.Generator().manual_seed(0),
        Architecture(**settings | {"hidden_size": 8} | changes),
    ).eval()
    torch.manual_seed(0)
    for parameter in network.parameters():  # what starts at 0 and 1 is something else
        parameter.data.add_(0.2 * torch.randn_like(parameter))
    return network


def find_terms(network, inputs):
    memory = network.encode(inputs).memory
    decoder = network.decoder
    memory = memory._replace(readout=decoder.read_out(memory))
    weights = decoder.pooling(memory)[1]
    return memory, weights, decoder.find_terms(memory, weights)


@torch.no_grad()
def test_keys_values_and_weights_are_those_of_the_formula():
    network = build().double()
    x = X.double()
    memory, weights, terms = find_terms(network, Inputs(x))
    segments, lstm = network.segments, network.encoder
    padded = torch.cat([torch.zeros(6, 2, 3, dtype=x.dtype), x], 1)  # 2 + 10 = 3 * 4
    zero = lstm(torch.zeros(1, 4, 3, dtype=x.dtype))[1][0]
    W, p, g = segments.project.weight, segments.position, segments.gate
    values = []
    for i in range(3):
        h = lstm(padded[:, 4 * i : 4 * i + 4])[1]
        difference = torch.tanh(h @ W.T + p[i]) - torch.tanh(W @ zero + p[i])
        values.append(g[i] * difference)
    values = torch.stack(values, 1)
    torch.testing.assert_close(memory.values, values)
    u = values @ network.decoder.output.weight.T
    b = torch.nn.functional.softplus(network.decoder.pooling.sharpness)
    a = torch.softmax(b * u.square().mean(-1).sqrt(), dim=1)
    torch.testing.assert_close(weights[:, 0], a)
    torch.testing.assert_close(terms, a[:, :, None] * u)
    total = terms.sum(1) + network.decoder.output.bias
    torch.testing.assert_close(network(Inputs(x)).prediction[:, :, 0], total)


@torch.no_grad()
@pytest.mark.parametrize("anchored", [False, True])
def test_a_segment_of_means_adds_nothing_and_no_other_one_matters(anchored):
    more = {"target_channels": (1,), "anchor": True} if anchored else {}
    network = build(**more)
    x = X.clone()
    x[:, 2:6] = 0.0  # the second of three segments, 2 + 4 + 4 steps
    x[:, :2, 0] = 0.0
    values = network.encode(Inputs(x)).memory.values
    assert values[:, 1].abs().max() < 1e-6
    x[:, :2] = 5.0
    other = network.encode(Inputs(x)).memory.values
    torch.testing.assert_close(other[:, 1:], values[:, 1:])
    assert (other[:, 0] - values[:, 0]).abs().max() > 0.01
    x[:, :6] = 0.0  # the incomplete first one is filled with means
    assert network.encode(Inputs(x)).memory.values[:, :2].abs().max() < 1e-6


CASES = [
    {},
    {"attention": "sum", "bidirectional": True},
    {"attention": "additive", "query": "learned", "n_heads": 2, "positions": "learned"},
    {"attention": "mean", "num_layers": 2},
    {"attention": "last", "self_attention_heads": 2},
    {"patch_size": 2, "linear_skip": True, "attention": "scaled_dot"},
    {"n_static": 2, "n_future": 1, "attention": "sum"},
    {"n_static": 2, "n_future": 1},
    {"n_targets": 3, "horizon": 1, "classes": True},
    {"quantiles": (0.1, 0.5, 0.9)},
    {"target_channels": (2, 0), "n_targets": 2, "anchor": "changes"},
    {
        "target_channels": (2, 0),
        "n_targets": 2,
        "anchor": True,
        "linear_skip": True,
        "channel_independent": True,
        "n_static": 2,
        "n_future": 1,
    },
    {"values": "states", "segment_size": 0, "attention": "general", "n_static": 2},
    {
        "values": "states",
        "segment_size": 0,
        "attention": "additive",
        "patch_size": 3,
        "target_channels": (2, 0),
        "n_targets": 2,
        "scale_windows": "standard",
        "linear_skip": True,
    },
]


@torch.no_grad()
@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_base_value_and_all_contributions_are_the_prediction(case, ragged):
    network = build(**case)
    inputs = Inputs(
        X,
        LENGTHS if ragged else None,
        static=STATIC if case.get("n_static") else None,
        future=FUTURE if case.get("n_future") else None,
    )
    expected = network(inputs).prediction
    attended = attended_contributions(network, inputs)
    assert attended.shape == (*expected.shape, 10)
    steps = contributions(network, inputs).sum(-1) + attended
    total = base_value(network) + steps.sum(-1)
    if inputs.static is not None:
        total = total + static_contributions(network, inputs)
    if inputs.future is not None:
        total = total + future_contributions(network, inputs).sum((3, 4))
    torch.testing.assert_close(total, expected, atol=1e-5, rtol=1e-5)
    if ragged:
        padding = torch.arange(10) >= LENGTHS[:, None]
        assert (steps.movedim(3, 1)[padding] == 0).all()
    assert network.sums


@torch.no_grad()
@pytest.mark.parametrize("attention", ["contribution", "sum"])
def test_a_sample_alone_among_others_and_padded_is_the_same(attention):
    network = build(attention=attention, target_channels=(0,), anchor=True)
    together = network(Inputs(X, LENGTHS))
    for n, length in enumerate(LENGTHS):
        alone = network(Inputs(X[n : n + 1, :length]))
        torch.testing.assert_close(
            together.prediction[n], alone.prediction[0], atol=1e-5, rtol=0
        )
        weights = alone.weights[0, 0]
        shown = together.weights[n, 0]
        torch.testing.assert_close(shown[: len(weights)], weights, atol=1e-5, rtol=0)
        assert (shown[len(weights) :] == 0).all()


def test_for_one_output_weights_have_the_order_of_contributions():
    values = torch.from_numpy(RNG.normal(size=(5, 7, 4))).float()
    memory = Memory(values, values[:, -1], None, values, readout=torch.randn(1, 4))
    weights = ContributionPooling(4)(memory)[1][:, 0]
    sizes = (weights[:, :, None] * values @ memory.readout.T)[..., 0].abs()
    assert (weights.argsort(1) == sizes.argsort(1)).all()


def test_sizes_have_a_slope_where_nothing_contributes():
    values = torch.zeros(2, 3, 4, requires_grad=True)
    memory = Memory(values, values[:, -1], None, values, readout=torch.ones(1, 4))
    context, weights = ContributionPooling(4)(memory)
    (context.sum() + weights.square().sum()).backward()
    assert values.grad.isfinite().all()


def test_wrong_segments_are_refused():
    with pytest.raises(ValueError, match="segment_size=4 must be a multiple of"):
        build(patch_size=3)
    with pytest.raises(ValueError, match="attention='sum' needs values='segments'"):
        build(values="states", attention="sum")
    with pytest.raises(ValueError, match="decoder='lstm' does not go with"):
        build(decoder="lstm")
    with pytest.raises(ValueError, match="scale_windows='mean' does not go with"):
        build(target_channels=(0,), scale_windows="mean")
    with pytest.raises(ValueError, match="conv_layers=2 does not go with"):
        build(conv_layers=2)
    with pytest.raises(ValueError, match="does not go with times"):
        build(n_times=1)
    with pytest.raises(ValueError, match="X has 4 segments, but values='segments'"):
        build()(torch.randn(2, 13, 3))
    values = torch.randn(2, 3, 4)
    memory = Memory(values, values[:, -1], None, values)
    with pytest.raises(ValueError, match=r"Memory\.readout is None"):
        ContributionPooling(4)(memory)
    given = memory._replace(weights=torch.full((2, 1, 3), 1 / 3))
    with pytest.raises(NotImplementedError, match="attention='sum' cannot predict"):
        ContributionPooling(4, summed=True)(given)
    assert torch.allclose(ContributionPooling(4)(given)[0], values.mean(1))
    assert SegmentValues(4, 3).max_steps == 3
