"""Positions: their formula, what they tell, and where they end."""

import math
import re

import numpy as np
import pytest
import torch
from torch import nn

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor, load, save
from skattn.nn import (
    AttentionNetwork,
    Inputs,
    LearnedPositions,
    ScaledSinusoidalPositions,
    SelfAttention,
    SinusoidalPositions,
    initialize,
)

KINDS = ["sinusoidal", "scaled_sinusoidal", "learned"]


@pytest.mark.parametrize("size", [6, 7])
def test_waves_follow_the_formula(size):
    found = SinusoidalPositions(size, 5)(torch.zeros(1, 5, size))[0]
    for step in range(5):
        for unit in range(size):
            angle = step / 10000 ** ((unit - unit % 2) / size)
            wave = math.cos(angle) if unit % 2 else math.sin(angle)
            assert float(found[step, unit]) == pytest.approx(wave, abs=1e-6)


def test_scaled_waves_begin_small_and_are_learned():
    positions = ScaledSinusoidalPositions(16, 5)
    initialize(positions, torch.Generator().manual_seed(0))
    states = torch.randn(2, 5, 16)
    waves = SinusoidalPositions(16, 5)(torch.zeros(1, 5, 16))
    torch.testing.assert_close(positions(states), states + waves / 4)
    positions(states).square().sum().backward()
    expected = 2 * ((states + waves / 4) * waves).sum()
    assert float(positions.scale.grad) == pytest.approx(float(expected), rel=1e-5)


def train(positions):
    """Return the accuracy of a self-attention without an LSTM on the order of two."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(400, 6, 1, generator=generator)
    first = x[:, :, 0].argmax(1) < x[:, :, 0].argmin(1)  # which comes first?
    embed, read, output = nn.Linear(1, 16), SelfAttention(16, 2), nn.Linear(16, 1)
    modules = nn.ModuleList([embed, read, output])
    place = SinusoidalPositions(16, 6) if positions else nn.Identity()
    initialize(modules, generator)
    optimizer = torch.optim.Adam(modules.parameters(), lr=0.01)
    for _ in range(300):
        optimizer.zero_grad()
        logit = output(read(place(embed(x)))[0].mean(1))[:, 0]
        loss = nn.functional.binary_cross_entropy_with_logits(logit, first.float())
        loss.backward()
        optimizer.step()
    return float(((logit > 0) == first).float().mean())


def test_self_attention_alone_tells_order_with_positions_only():
    assert train(positions=False) < 0.65
    assert train(positions=True) > 0.9


def test_keys_are_placed_and_values_are_not():
    network = AttentionNetwork(
        2, n_timesteps=5, horizon=1, n_targets=1, positions="sinusoidal"
    )
    memory = network.encode(torch.randn(3, 5, 2)).memory
    waves = SinusoidalPositions(64, 5)(torch.zeros_like(memory.values))
    torch.testing.assert_close(memory.states, memory.values + waves)


@pytest.mark.parametrize("positions", KINDS)
def test_padding_changes_no_answer(positions):
    network = AttentionNetwork(
        2,
        n_timesteps=6,
        horizon=1,
        n_targets=1,
        positions=positions,
        self_attention_heads=2,
    ).eval()
    initialize(network, torch.Generator().manual_seed(0))
    x = torch.randn(1, 4, 2)
    padded = torch.cat([x, torch.randn(1, 2, 2)], dim=1)
    alone = network(x).prediction
    torch.testing.assert_close(
        network(Inputs(padded, torch.tensor([4]))).prediction, alone
    )


def test_learned_positions_end():
    positions = LearnedPositions(4, 3)
    initialize(positions)
    message = "vectors for 3 steps, but a sequence has 4; at most 3 are allowed"
    with pytest.raises(ValueError, match=re.escape(message)):
        positions(torch.zeros(1, 4, 4))


@pytest.mark.parametrize("positions", KINDS)
@pytest.mark.parametrize("kind", [LSTMAttentionRegressor, LSTMAttentionClassifier])
def test_estimators_take_positions(kind, positions, tmp_path):
    random = np.random.default_rng(0)
    X = [random.normal(size=(n, 2)) for n in random.integers(3, 8, 40)]
    y = np.array([x[0, 0] > 0 for x in X])
    model = kind(
        positions=positions,
        self_attention_heads=2,
        hidden_size=8,
        max_epochs=2,
        random_state=0,
    ).fit(X, y.astype(float) if kind is LSTMAttentionRegressor else y)
    save(model, tmp_path / "model.safetensors")
    copy = load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))
    together = model.transform(X)
    alone = np.concatenate([model.transform([x]) for x in X])
    np.testing.assert_allclose(alone, together, atol=1e-5 * together.std())


def test_an_unknown_position_is_refused():
    with pytest.raises(ValueError, match="positions"):
        LSTMAttentionRegressor(positions="rotary").fit(np.zeros((4, 3)), np.arange(4.0))
    with pytest.raises(ValueError, match="positions='rotary' is not known"):
        AttentionNetwork(2, n_timesteps=5, horizon=1, n_targets=1, positions="rotary")
