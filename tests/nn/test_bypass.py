"""What leads past the attention to a prediction."""

import numpy as np
import pytest
import torch

from skattn.nn import Inputs
from skattn.nn._build import Architecture, build_network
from skattn.nn.contributions import bypass

RNG = np.random.default_rng(0)
X = torch.from_numpy(RNG.normal(size=(6, 9, 3))).float()
LENGTHS = torch.tensor([9, 1, 4, 2, 8, 5])


def make(**settings):
    network = build_network(
        torch.Generator().manual_seed(0),
        Architecture(
            n_channels=3,
            n_timesteps=9,
            horizon=2,
            hidden_size=4,
            **{"n_targets": 2, "target_channels": (2, 0)} | settings,
        ),
    ).eval()
    if network.skip is not None:  # it starts at 0
        torch.nn.init.normal_(
            network.skip.linear.weight, generator=torch.Generator().manual_seed(0)
        )
        network.skip.linear.bias.data.copy_(torch.tensor([0.5, -2.0]))
    return network


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("channel_independent", [False, True])
@pytest.mark.parametrize("linear_skip", [False, True])
@pytest.mark.parametrize("anchor", [False, True])
def test_the_bypass_is_the_last_value_and_the_linear_path(
    anchor, linear_skip, channel_independent, ragged
):
    network = make(
        anchor=anchor, linear_skip=linear_skip, channel_independent=channel_independent
    )
    with torch.no_grad():
        found = bypass(network, Inputs(X, LENGTHS if ragged else None)).numpy()
    for row, length in enumerate(LENGTHS.tolist() if ragged else [9] * 6):
        own = X[row, :length, [2, 0]].numpy()
        level = own[-1] if anchor else np.zeros(2)
        history = np.zeros((9, 2))
        history[9 - length :] = own - level
        expected = np.zeros((2, 2)) + level
        if linear_skip:
            linear = network.skip.linear
            expected = expected + linear.weight.detach().numpy() @ history
            expected += linear.bias.detach().numpy()[:, None]
        wide = np.broadcast_to(found[row], (2, 2))
        np.testing.assert_allclose(wide, expected, atol=1e-5)


@pytest.mark.parametrize("channel_independent", [False, True])
def test_the_rest_of_a_prediction_went_through_the_decoder(channel_independent):
    network = make(
        anchor=True, linear_skip=True, channel_independent=channel_independent
    )
    with torch.no_grad():
        before = network(X).prediction - bypass(network, Inputs(X))
        inner = getattr(network, "network", network)
        inner.decoder.output.weight.zero_()
        inner.decoder.output.bias.zero_()
        rest = network(X).prediction - bypass(network, Inputs(X))
    assert before.abs().max() > 1e-3
    torch.testing.assert_close(rest, torch.zeros_like(rest), atol=1e-5, rtol=0)
