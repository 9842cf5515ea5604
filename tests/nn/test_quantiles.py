"""Quantiles around a median: where they lie, and that they never cross."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from skattn.nn import AttentionNetwork, Inputs
from skattn.nn._build import Architecture, build_network
from skattn.nn._quantiles import QuantileGaps, place_quantiles

LEVELS = (0.05, 0.3, 0.5, 0.6, 0.99)
RNG = np.random.default_rng(0)
X = torch.from_numpy(RNG.normal(size=(6, 9, 3))).float()
LENGTHS = torch.tensor([9, 1, 4, 2, 8, 5])
CASES = [
    {},
    {"output_activation": "softplus", "state_bypass": True},
    {"decoder": "lstm", "output_activation": "sigmoid"},
    {"values": "inputs", "linear_skip": True},
    {"target_channels": (2, 0), "n_targets": 2, "anchor": True, "linear_skip": True},
    {
        "target_channels": (2, 0),
        "n_targets": 2,
        "anchor": True,
        "decoder": "lstm",
        "channel_independent": True,
    },
]


def make(levels=LEVELS, **settings):
    defaults = {"n_channels": 3, "n_timesteps": 9, "horizon": 2, "n_targets": 1}
    generator = torch.Generator().manual_seed(0)
    settings = defaults | {"hidden_size": 4, "quantiles": levels} | settings
    return build_network(generator, Architecture(**settings)).eval()


def test_quantiles_are_the_median_and_sums_of_gaps():
    median = RNG.normal(size=(7, 2, 3))
    gaps = RNG.uniform(size=(7, 2, 3, 4))
    below = median[..., None] - np.cumsum(gaps[..., 1::-1], -1)[..., ::-1]
    above = median[..., None] + np.cumsum(gaps[..., 2:], -1)
    expected = np.concatenate([below, median[..., None], above], axis=-1)
    found = place_quantiles(torch.from_numpy(median), torch.from_numpy(gaps), 2)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_gaps_are_a_softplus_of_the_hidden_vector():
    layer = QuantileGaps(4, (2, 3), LEVELS)
    layer.draw_parameters()
    hidden = RNG.normal(size=(7, 4))
    raw = hidden @ layer.linear.weight.detach().double().numpy().T
    raw = raw + layer.linear.bias.detach().double().numpy()
    expected = np.log1p(np.exp(raw)).reshape(7, 2, 3, 4)
    found = layer.double()(torch.from_numpy(hidden)).detach()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_training_starts_from_a_normal_distribution():
    layer = QuantileGaps(4, (2, 3), LEVELS)
    layer.draw_parameters()
    quantiles = place_quantiles(torch.zeros(1, 2, 3), layer(torch.zeros(1, 4)), 2)
    expected = np.broadcast_to(norm.ppf(LEVELS), (1, 2, 3, 5))
    np.testing.assert_allclose(quantiles.detach(), expected, rtol=0, atol=1e-6)


@given(
    st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=1, max_size=4),
    st.lists(st.floats(0, 2.0**99, width=32), min_size=1, max_size=9),
    st.data(),
)
@settings(deadline=None, max_examples=200)
def test_no_rounding_makes_quantiles_cross(medians, gaps, data):
    n_below = data.draw(st.integers(0, len(gaps)))
    median = torch.tensor(medians)
    every = torch.tensor(gaps).expand(len(medians), len(gaps))
    quantiles = place_quantiles(median, every, n_below)
    assert (quantiles.diff(dim=-1) >= 0).all()
    assert torch.equal(quantiles[:, n_below], median)


@pytest.mark.parametrize("case", CASES, ids=str)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([0.1, 3.0, 100.0]))
@settings(deadline=None, max_examples=15)
def test_quantiles_never_cross_whatever_the_weights_are(case, seed, scale):
    network = make(**case)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weights in network.parameters():
            weights.normal_(0.0, scale, generator=generator)
        x = torch.randn(6, 9, 3, generator=generator) * scale
        output = network(Inputs(x, LENGTHS))
    shape = (6, 2, case.get("n_targets", 1), len(LEVELS))
    assert output.quantiles.shape == shape
    # An activation may round neighbours the other way by one bit.
    gaps = output.quantiles.diff(dim=-1)
    assert (gaps >= -1e-6 * output.quantiles[..., 1:].abs().clamp(max=1)).all()
    if "output_activation" not in case:
        assert (gaps >= 0).all()
    assert torch.equal(output.quantiles[..., 2], output.prediction)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_median_is_what_a_network_without_quantiles_predicts(case):
    several, one = make(**case), make(None, **case)
    state = {name: w for name, w in several.state_dict().items() if "gaps" not in name}
    one.load_state_dict(state)
    with torch.no_grad():
        expected = one(Inputs(X, LENGTHS)).prediction
        found = several(Inputs(X, LENGTHS)).prediction
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("independent", [False, True])
def test_anchor_and_linear_path_shift_all_quantiles_alike(independent):
    targets = {"target_channels": (2, 0), "n_targets": 2, "linear_skip": True}
    network = make(**targets, anchor=True, channel_independent=independent)
    inner = getattr(network, "network", network)
    with torch.no_grad():
        before = network(X).quantiles
        inner.skip.linear.bias += torch.tensor([1.0, 2.0])
        after = network(X).quantiles
    shift = torch.tensor([1.0, 2.0])[:, None, None].expand(before.shape)
    torch.testing.assert_close(after - before, shift, atol=1e-5, rtol=0)


def test_one_value_has_no_quantiles():
    network = AttentionNetwork(3, n_timesteps=9, horizon=2, n_targets=1)
    assert network(X).quantiles is None
    assert network.decoder(network.encode(X).memory).gaps is None
