"""Contributions add up to the network's prediction."""

import numpy as np
import pytest
import torch

from skattn.nn import Inputs, conicity
from skattn.nn._build import Architecture, build_network
from skattn.nn.contributions import (
    attended_contributions,
    base_value,
    contributions,
    future_contributions,
    static_contributions,
)

RNG = np.random.default_rng(0)
X = torch.from_numpy(RNG.normal(size=(6, 9, 3))).float()
LENGTHS = torch.tensor([9, 1, 4, 2, 8, 5])

CASES = [
    {},
    {"attention": "mean", "bidirectional": True},
    {"attention": "scaled_dot", "n_heads": 2, "query": "learned"},
    {"patch_size": 4, "linear_skip": True},
    {"self_attention_heads": 2, "attention": "last"},
    {"positions": "sinusoidal"},
    {"positions": "learned", "self_attention_heads": 2, "patch_size": 2},
    {"target_channels": (2, 0), "n_targets": 2, "linear_skip": True, "patch_size": 2},
    {"target_channels": (2, 0), "n_targets": 2, "anchor": True, "linear_skip": True},
    {
        "target_channels": (2, 0),
        "n_targets": 2,
        "anchor": True,
        "linear_skip": True,
        "channel_independent": True,
        "patch_size": 2,
    },
]


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_base_value_and_contributions_add_up(case, ragged):
    defaults = {"n_channels": 3, "n_timesteps": 9, "horizon": 2, "n_targets": 1}
    network = build_network(
        torch.Generator().manual_seed(0),
        Architecture(**defaults | {"hidden_size": 8, "values": "inputs"} | case),
    ).eval()
    network.set_center(torch.tensor([[5.0, -3.0, 0.5]]))
    for parameter in network.parameters():  # the linear skip starts at 0
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    inputs = Inputs(X, LENGTHS if ragged else None)
    with torch.no_grad():
        parts = contributions(network, inputs)
        expected = network(inputs).prediction
    assert parts.shape == (*expected.shape, 9, 3)
    total = base_value(network) + parts.sum((3, 4))
    torch.testing.assert_close(total, expected, atol=2e-5, rtol=0)
    if ragged:
        padding = torch.arange(9) >= LENGTHS[:, None]
        assert (parts.movedim(3, 1)[padding] == 0).all()


MIXED = [
    {"attention": "last", "bidirectional": True, "num_layers": 2},
    {"attention": "last", "self_attention_heads": 2},
    {"attention": "last", "bidirectional": True, "positions": "sinusoidal"},
    {"attention": "last", "values": "segments", "segment_size": 3},
    {"positions": "learned", "n_heads": 2, "patch_size": 2},
]


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("case", MIXED, ids=str)
def test_contributions_of_states_add_up(case, ragged):
    defaults = {"n_channels": 3, "n_timesteps": 9, "horizon": 2, "n_targets": 1}
    network = build_network(
        torch.Generator().manual_seed(0),
        Architecture(**defaults | {"hidden_size": 8} | case),
    ).eval()
    inputs = Inputs(X, LENGTHS if ragged else None)
    with torch.no_grad():
        each = attended_contributions(network, inputs)
        expected = network(inputs).prediction
    total = base_value(network) + each.sum(3)
    torch.testing.assert_close(total, expected, atol=2e-5, rtol=0)


IDLE = [
    {"linear_skip": "ar"},
    {"linear_skip": "arx", "anchor": "changes"},
    {"linear_skip": "ar", "anchor": "changes", "n_future": 2},
    {"linear_skip": "arx", "n_future": 2, "decoder": "lstm"},
    {"linear_skip": "ar", "scale_windows": "standard"},
    {"linear_skip": "ar", "scale_windows": "mean", "n_future": 2},
    {"linear_skip": "ar", "scale_windows": "standard", "anchor": "changes"},
    {"linear_skip": "ar", "channel_independent": True, "n_future": 2},
    {"linear_skip": "ar", "n_static": 2, "attention": "feature", "state_bypass": True},
    {"linear_skip": "ar", "n_static": 2, "decoder": "lstm"},
]


@pytest.mark.parametrize("case", IDLE, ids=str)
def test_what_a_linear_path_takes_adds_up_where_the_decoder_adds_nothing(case):
    defaults = {"n_channels": 3, "n_timesteps": 9, "horizon": 2, "n_targets": 2}
    defaults |= {"target_channels": (2, 0), "hidden_size": 8}
    network = build_network(
        torch.Generator().manual_seed(0), Architecture(**defaults | case)
    ).eval()
    independent = case.get("channel_independent", False)
    if case.get("anchor") == "changes":
        network.set_change_scale(torch.tensor([[0.5, 1.0, 2.0]]))
    skip = network.skip
    weight = 0.1 * torch.randn_like(skip.linear.weight)
    skip.set_weights(weight, torch.randn_like(skip.linear.bias) * (not skip.relative))
    n_future = case.get("n_future", 0)
    future = torch.randn(6, 2, n_future) if n_future else None
    static = torch.randn(6, 2) if "n_static" in case else None
    inputs = Inputs(X, static=static, future=future)
    with torch.no_grad():
        assert network.adds_nothing
        total = base_value(network) + contributions(network, inputs).sum((3, 4))
        if n_future:
            total = total + future_contributions(network, inputs).sum((3, 4))
        if static is not None:
            total = total + static_contributions(network, inputs)
        torch.testing.assert_close(total, network(inputs).prediction, atol=2e-5, rtol=0)
        one = network.network if independent else network
        one.decoder.output.bias.fill_(0.1)
    assert not network.adds_nothing


def test_an_input_of_zero_contributes_nothing_through_the_attention():
    network = build_network(
        torch.Generator().manual_seed(0),
        Architecture(3, n_timesteps=9, horizon=1, n_targets=1, values="inputs"),
    ).eval()
    center = torch.tensor([[5.0, -3.0, 0.5]])
    network.set_center(center)
    x = X.clone()
    x[:, 4] = -center  # 0 before it was centred
    parts = contributions(network, Inputs(x))
    assert (parts[:, 0, 0, 4].abs() < 1e-6).all()
    assert (parts[:, 0, 0, 3].abs() > 1e-6).any()


@pytest.mark.parametrize("masked", [False, True])
def test_conicity_is_the_mean_cosine_with_the_mean(masked):
    states = RNG.normal(size=(6, 9, 3))
    lengths = LENGTHS.numpy() if masked else np.full(6, 9)
    mask = torch.arange(9) < LENGTHS[:, None] if masked else None
    result = conicity(torch.from_numpy(states), mask)
    for n, length in enumerate(lengths):
        real = states[n, :length]
        mean = real.mean(0)
        norms = np.linalg.norm(real, axis=1) * np.linalg.norm(mean)
        assert result[n] == pytest.approx((real @ mean / norms).mean(), abs=1e-6)


@pytest.mark.parametrize("axes", [(), (2,), (2, 3)])
def test_conicity_takes_any_axes_before_the_steps(axes):
    states = torch.from_numpy(RNG.normal(size=(*axes, 5, 4)))
    mask = torch.ones(*axes, 5, dtype=torch.bool)
    mask[..., 3:] = False
    found = conicity(states, mask)
    assert found.shape == axes
    flat = states.reshape(-1, 5, 4)
    for row, value in zip(flat, found.reshape(-1), strict=True):
        real = row[:3].numpy()
        mean = real.mean(0)
        cosines = real @ mean / np.linalg.norm(real, axis=1) / np.linalg.norm(mean)
        assert value.item() == pytest.approx(cosines.mean(), rel=1e-9)
    assert conicity(states).shape == axes
