"""Outputs equal to those of Keras, with copied weights.

``benchmarks/make_keras_fixture.py`` made the arrays.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from skattn.nn import Attention, AttentionNetwork

KERAS = np.load(Path(__file__).parent / "data" / "keras.npz")


def tensor(name):
    return torch.from_numpy(KERAS[name])


@pytest.mark.parametrize("score", ["dot", "additive"])
def test_attention_is_that_of_the_keras_layer(score):
    attention = Attention(score, query_size=4, key_size=4)
    if score == "additive":  # Keras' layer has no projections
        attention.score.query_projection.weight.data = torch.eye(4)
        attention.score.key_projection.weight.data = torch.eye(4)
        attention.score.key_projection.bias.data.zero_()
        attention.score.weight.data = tensor("additive_scale").reshape(1, 1, 4, 1)
    with torch.no_grad():
        context, weights = attention(
            tensor("query"), tensor("key"), tensor("value"), tensor("mask")
        )
    np.testing.assert_allclose(context, KERAS[f"{score}_context"], atol=1e-5)
    np.testing.assert_allclose(weights[:, 0], KERAS[f"{score}_weights"], atol=1e-5)


def test_feature_attention_is_the_attention_3d_block():
    network = AttentionNetwork(
        4,
        n_timesteps=5,
        horizon=1,
        n_targets=1,
        hidden_size=6,
        attention="feature",
        output_activation="sigmoid",
    ).eval()
    (lstm,) = network.encoder.forwards
    # Keras and torch both order the gates input, forget, cell, output.
    lstm.weight_ih_l0.data = tensor("block_kernel").T
    lstm.weight_hh_l0.data = tensor("block_recurrent").T
    lstm.bias_ih_l0.data = tensor("block_bias")
    lstm.bias_hh_l0.data.zero_()
    dense = network.decoder.pooling.dense
    dense.weight.data = tensor("block_time").T
    dense.bias.data = tensor("block_time_bias")
    network.decoder.output.weight.data = tensor("block_dense").T
    network.decoder.output.bias.data = tensor("block_dense_bias")
    with torch.no_grad():
        output = network(tensor("block_x"))
    np.testing.assert_allclose(
        output.prediction[:, 0], KERAS["block_output"], atol=1e-5
    )
    weights = output.weights.transpose(1, 2)  # (n, n_steps, hidden), as in Keras
    np.testing.assert_allclose(weights, KERAS["block_weights"], atol=1e-5)
