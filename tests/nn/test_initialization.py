"""First weights: how they are spread, against the formulas of their papers."""

import math

import pytest
import torch
from torch import nn

from skattn.nn import (
    Attention,
    AttentionNetwork,
    AttentionPooling,
    LSTMEncoder,
    initialize,
)


def assert_uniform(weights, bound):
    """Check that weights fill the interval around 0 evenly."""
    weights = weights.detach()
    assert weights.numel() > 500
    assert 0.98 * bound < float(weights.abs().max()) <= bound
    assert float(weights.std()) == pytest.approx(bound / math.sqrt(3), rel=0.06)
    assert abs(float(weights.mean())) < 0.1 * bound


@pytest.mark.parametrize("n_heads", [1, 2, 4])
@pytest.mark.parametrize("drawn_again", [False, True])
def test_general_scores_start_as_a_linear_layer_from_keys(n_heads, drawn_again):
    score = Attention("general", query_size=64, key_size=64, n_heads=n_heads).score
    assert score.weight.shape == (n_heads, 64 // n_heads, 64 // n_heads)
    if drawn_again:
        initialize(score, torch.Generator().manual_seed(0))
    assert_uniform(score.weight, 1 / math.sqrt(64 / n_heads))


def test_additive_scores_start_as_linear_layers():
    score = Attention("additive", query_size=512, key_size=1024, n_heads=2).score
    initialize(score, torch.Generator().manual_seed(0))
    assert_uniform(score.weight, 1 / math.sqrt(512))
    assert_uniform(score.key_projection.weight, 1 / math.sqrt(1024))
    assert_uniform(score.key_projection.bias, 1 / math.sqrt(1024))
    assert_uniform(score.query_projection.weight, 1 / math.sqrt(512))


def test_cosine_scores_start_with_a_strength_of_ten():
    score = Attention("cosine", query_size=4, key_size=4, n_heads=2).score
    initialize(score)
    torch.testing.assert_close(score.log_strength.exp(), torch.full((2, 1, 1), 10.0))


def test_learned_queries_start_normal():
    pooling = AttentionPooling(2000, "dot", query="learned")
    initialize(pooling, torch.Generator().manual_seed(0))
    query = pooling.query.detach()
    assert float(query.std()) == pytest.approx(1.0, abs=0.05)
    assert float(query.mean()) == pytest.approx(0.0, abs=0.08)


def test_lstms_start_orthogonal_glorot_and_remembering():
    encoder = LSTMEncoder(40, 24, num_layers=2, bidirectional=True)
    initialize(encoder, torch.Generator().manual_seed(0))
    lstms = [part for part in encoder.modules() if isinstance(part, nn.LSTM)]
    assert len(lstms) == 4
    for lstm in [*lstms, made_cell()]:
        parameters = dict(lstm.named_parameters())
        assert len(parameters) == 4
        for name, weights in parameters.items():
            gates = weights.detach().double().chunk(4)
            if "weight_hh" in name:
                for gate in gates:
                    torch.testing.assert_close(
                        gate @ gate.T, torch.eye(24).double(), atol=1e-5, rtol=0.0
                    )
            elif "weight_ih" in name:
                for gate in gates:
                    assert_uniform(gate, math.sqrt(6 / (24 + gate.shape[1])))
            else:
                forget = 1.0 if "bias_ih" in name else 0.0
                for gate, value in zip(gates, (0.0, forget, 0.0, 0.0), strict=True):
                    assert (gate == value).all()


def build(**settings):
    """Return a network with first weights."""
    sizes = {"n_timesteps": 6, "horizon": 1, "n_targets": 1, "hidden_size": 8}
    network = AttentionNetwork(3, **sizes, num_layers=2, bidirectional=True, **settings)
    initialize(network, torch.Generator().manual_seed(0))
    return network


def read_forget_biases(network):
    """Return those of each LSTM, side by side."""
    biases = dict(network.encoder.named_parameters())
    found = [b[8:16] for name, b in biases.items() if "bias_ih" in name]
    assert len(found) == 4
    return torch.stack(found).detach()


def test_memories_start_short_where_inputs_stand_next_to_states():
    network = build(passthrough=True)
    spread = torch.linspace(-4, 1, 8).expand(4, 8)
    torch.testing.assert_close(read_forget_biases(network), spread)
    states, inputs = network.decoder.output.weight.split([16, 8], dim=1)
    assert not states.any()
    assert inputs[:, :3].all()


@pytest.mark.parametrize("settings", [{}, {"passthrough": True, "conv_layers": 1}])
def test_memories_start_long_without_inputs_of_one_step(settings):
    network = build(**settings)
    assert (read_forget_biases(network) == 1).all()
    assert network.decoder.output.weight.all()


def test_what_comes_after_a_joined_state_starts_as_ever():
    network = build(passthrough=True, state_bypass=True)
    assert network.decoder.output.weight.all()


def made_cell():
    cell = nn.LSTMCell(40, 24)
    initialize(cell, torch.Generator().manual_seed(0))
    return cell


def test_layers_without_bias_and_norms_start_too():
    whole = nn.Sequential(nn.Linear(100, 50, bias=False), nn.LayerNorm(50))
    whole[1].weight.data.fill_(7.0)
    initialize(whole, torch.Generator().manual_seed(0))
    assert_uniform(whole[0].weight, 0.1)
    assert (whole[1].weight == 1).all()
