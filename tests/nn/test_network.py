"""The assembled network: its paths by formula, its weights by seed."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skattn.nn import (
    AttentionNetwork,
    AttentionPooling,
    DenseDecoder,
    FixedPooling,
    Inputs,
    LSTMDecoder,
)
from skattn.nn._build import Architecture, build_network
from skattn.nn._time_axis import align_ends, last_step, reverse_steps, to_patches


def make(**settings):
    defaults = {
        "n_channels": 3,
        "n_timesteps": 7,
        "horizon": 2,
        "n_targets": 1,
        "hidden_size": 4,
    }
    generator = torch.Generator().manual_seed(0)
    return build_network(generator, Architecture(**defaults | settings)).eval()


def sequences(n_samples=5, n_timesteps=7, n_channels=3):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(n_samples, n_timesteps, n_channels))
    return torch.from_numpy(values).float()


ragged = st.lists(st.integers(1, 9), min_size=1, max_size=5)


@given(ragged, st.integers(1, 10))
@settings(deadline=None, max_examples=50)
def test_patches_end_where_each_sequence_ends(lengths, patch_size):
    n_steps = max(lengths)
    x = sequences(len(lengths), n_steps, 2)
    patches, n_patches = to_patches(x, torch.tensor(lengths), patch_size)
    for row, length in enumerate(lengths):
        real = x[row, :length].numpy()
        filled = np.pad(real, ((-length % patch_size, 0), (0, 0)))
        expected = filled.reshape(-1, patch_size * 2)
        count = len(expected) if n_patches is None else int(n_patches[row])
        assert count == len(expected)
        np.testing.assert_array_equal(patches[row, :count], expected)


@given(ragged)
@settings(deadline=None, max_examples=50)
def test_moves_in_time_agree_with_slices(lengths):
    n_steps = max(lengths)
    x = sequences(len(lengths), n_steps, 2)
    tensor = torch.tensor(lengths)
    aligned = align_ends(x, tensor, n_steps + 2)
    turned = reverse_steps(x, tensor)
    last = last_step(x, tensor)
    for row, length in enumerate(lengths):
        real = x[row, :length]
        assert torch.equal(aligned[row, n_steps + 2 - length :], real)
        assert (aligned[row, : n_steps + 2 - length] == 0).all()
        assert torch.equal(turned[row, :length], real.flip(0))
        assert torch.equal(last[row], real[-1])


def test_full_lengths_equal_no_lengths():
    network = make(patch_size=2, bidirectional=True, linear_skip=True)
    x = sequences()
    full = torch.full((5,), 7)
    for name in ("prediction", "context", "weights", "states"):
        one, other = getattr(network(x), name), getattr(network(Inputs(x, full)), name)
        torch.testing.assert_close(one, other)


def test_the_anchor_makes_target_channels_relative_to_their_last_values():
    settings = {"n_targets": 2, "target_channels": (2, 0)}
    x = sequences()
    relative = x.clone()
    relative[:, :, [2, 0]] -= x[:, -1:, [2, 0]]
    plain = make(**settings)(relative).prediction
    anchored = make(**settings, anchor=True)(x).prediction
    expected = plain + x[:, -1:, [2, 0]]  # (n, 1, n_targets) against the horizon
    torch.testing.assert_close(anchored, expected)
    raised = x + torch.tensor([3.0, 0.0, 7.0])
    torch.testing.assert_close(
        make(**settings, anchor=True)(raised).prediction,
        anchored + torch.tensor([7.0, 3.0]),
    )


def test_the_linear_skip_starts_at_nothing():
    network = make(linear_skip=True)
    assert (network.skip.linear.weight == 0).all()
    assert (network.skip.linear.bias == 0).all()


def test_the_skip_reads_each_target_from_its_own_history_with_shared_weights():
    network = make(n_targets=2, target_channels=(2, 0), anchor=True, linear_skip=True)
    x = sequences()
    before = network(x).prediction
    weight = torch.arange(14.0).reshape(2, 7)
    network.skip.linear.weight.data.copy_(weight)
    history = x[:, :, [2, 0]] - x[:, -1:, [2, 0]]
    expected = before + torch.einsum("ht,ntk->nhk", weight, history)
    torch.testing.assert_close(network(x).prediction, expected)


def test_the_skip_reads_all_channels_where_targets_are_no_channels():
    network = make(linear_skip=True)
    x = sequences()
    before = network(x).prediction
    weight = torch.arange(42.0).reshape(2, 21)
    network.skip.linear.weight.data.copy_(weight)
    expected = before + (x.flatten(1) @ weight.T)[:, :, None]
    torch.testing.assert_close(network(x).prediction, expected)


def test_the_skip_aligns_shorter_sequences_at_their_end_and_refuses_longer_ones():
    network = make(linear_skip=True)
    short = sequences(n_timesteps=4)
    plain = network(short).prediction
    network.skip.linear.weight.data.fill_(1.0)
    expected = plain + short.sum((1, 2))[:, None, None]
    torch.testing.assert_close(network(short).prediction, expected)
    with pytest.raises(ValueError, match=r"9 time steps.*at most 7"):
        network(sequences(n_timesteps=9))


def test_channel_independence_is_the_same_network_on_each_target_channel():
    shared = make(
        n_targets=2, target_channels=(2, 0), channel_independent=True, anchor=True
    )
    x = sequences()
    output = shared(x)
    assert output.prediction.shape == (5, 2, 2)
    assert output.context.shape == (5, 2 * 4)
    assert shared.context_size == 2 * 4
    assert output.weights.shape == (5, 2, 1, 7)
    for place, channel in enumerate((2, 0)):
        alone = shared.network(x[:, :, [channel, 1]])  # channel 1 is no target
        torch.testing.assert_close(
            output.prediction[..., place], alone.prediction[..., 0]
        )
        torch.testing.assert_close(output.weights[:, place], alone.weights)


@pytest.mark.parametrize("attention", ["additive", "dot", "feature", "last", "max"])
def test_without_bypass_the_context_is_the_only_way_through(attention):
    network = make(attention=attention)
    x = sequences()
    output = network(x)
    dense = network.decoder.output
    expected = (output.context @ dense.weight.T + dense.bias)[:, :, None]
    torch.testing.assert_close(output.prediction, expected)


def test_state_bypass_is_luongs_attentional_vector():
    network = make(state_bypass=True)
    x = sequences()
    output = network(x)
    _, last = network.encoder(x)
    joined = torch.cat([output.context, last], dim=-1)
    vector = torch.tanh(joined @ network.decoder.join.weight.T)
    dense = network.decoder.output
    expected = (vector @ dense.weight.T + dense.bias)[:, :, None]
    torch.testing.assert_close(output.prediction, expected)


def test_weights_come_from_the_generator_and_leave_the_global_stream_alone():
    before = torch.random.get_rng_state()
    one, other = (
        make(num_layers=2, bidirectional=True),
        make(num_layers=2, bidirectional=True),
    )
    assert torch.equal(before, torch.random.get_rng_state())
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
        assert a.isfinite().all()


def test_the_network_stands_alone_for_torch_users():
    network = AttentionNetwork(3, n_timesteps=7, horizon=2, n_targets=1, dropout=0.5)
    network.train()
    loss = network(sequences()).prediction.square().mean()
    loss.backward()
    assert all(p.grad is not None for p in network.parameters())


SIZES = {"n_timesteps": 6, "horizon": 2, "n_targets": 1}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"decoder": "bogus"}, r"decoder='bogus'.*'dense', 'lstm'"),
        ({"values": "bogus"}, r"values='bogus'.*'states', 'inputs'"),
        ({"query": "bogus"}, r"query='bogus'.*'last', 'learned'"),
        ({"query": "bogus", "attention": "mean"}, r"query='bogus'"),
        ({"attention": "bogus"}, r"attention='bogus'.*'additive'.*'feature'"),
        ({"linear_skip": "rigde"}, r"linear_skip='rigde'.*'ridge'"),
        ({"output_activation": "relu"}, r"output_activation='relu'.*'softplus'"),
        ({"decoder": "lstm", "attention": "feature"}, r"decoder='lstm'.*'feature'"),
        ({"decoder": "lstm", "query": "learned"}, r"decoder='lstm'.*query='learned'"),
        ({"dropout": 1.5}, r"between 0 and 1, but got 1\.5"),
    ],
    ids=str,
)
def test_an_unknown_choice_is_refused_by_name(wrong, message):
    with pytest.raises(ValueError, match=message):
        AttentionNetwork(2, **SIZES, **wrong)


def test_an_unknown_pooling_is_refused_by_name():
    with pytest.raises(ValueError, match=r"kind='median'.*'last', 'mean', 'max'"):
        FixedPooling("median", 4)
    with pytest.raises(ValueError, match="query='first'"):
        AttentionPooling(4, query="first")


def test_dropping_everything_gives_zeros():
    dropout = AttentionNetwork(2, **SIZES, decoder="lstm").decoder.forcing
    dropout.train()
    assert dropout.p == 1.0
    torch.testing.assert_close(dropout(torch.ones(3, 4)), torch.zeros(3, 4))


@pytest.mark.parametrize("anchor", [False, True])
def test_the_center_uncentres_inputs_but_not_those_relative_to_their_last_value(anchor):
    settings = {"n_targets": 2, "target_channels": (2, 0), "values": "inputs"}
    network = make(**settings, anchor=anchor)
    network.set_center(torch.tensor([[5.0, -3.0, 0.5]]))
    x = sequences()
    relative = x.clone()
    center = torch.tensor([5.0, -3.0, 0.5])
    if anchor:
        relative[:, :, [2, 0]] -= x[:, -1:, [2, 0]]
        center[[2, 0]] = 0.0
    states, _ = network.encoder(relative)
    embedding = network.embedding
    inputs = (relative + center) @ embedding.embed.weight.T
    values = inputs * torch.tanh(states @ embedding.gate.weight.T + embedding.gate.bias)
    output = network(x)
    context = (output.weights @ values).squeeze(1)
    torch.testing.assert_close(output.context, context)


def test_centers_repeat_over_the_samples():
    network = make(values="inputs")
    centers = torch.tensor([[5.0, -3.0, 0.5], [0.0, 1.0, 2.0]])
    x = sequences(4)
    network.set_center(centers)
    both = network(x).prediction
    for row, center in enumerate(centers):
        network.set_center(center[None])
        torch.testing.assert_close(network(x).prediction[row::2], both[row::2])


@pytest.mark.parametrize("attention", ["additive", "last"])
def test_the_decoder_is_the_one_that_was_asked_for(attention):
    network = make(decoder="lstm", attention=attention)
    output = network(sequences())
    assert isinstance(network.decoder, LSTMDecoder)
    assert output.weights.shape == (5, 1, 2, 7)
    assert isinstance(make(attention=attention).decoder, DenseDecoder)
    assert output.context.shape == (5, network.context_size)


def test_the_states_of_a_sample_are_counted():
    x = sequences(1, 7)
    for case in ({}, {"patch_size": 2}, {"patch_size": 7, "bidirectional": True}):
        network = make(**case)
        assert network.count_states(7) == network(x).states.numel()
    shared = make(n_targets=2, target_channels=(2, 0), channel_independent=True)
    assert shared.count_states(7) == shared(x).states.numel() == 2 * 7 * 4
    beside = make(patch_size=2, passthrough=True)  # 4 + 6, filled up
    assert beside.count_states(7) == beside(x).states.numel() == 4 * 16
    stem = make(patch_size=2, conv_layers=2, passthrough=True)
    size = stem.input.stem.output_size
    assert stem.count_states(7) == 4 * (4 + size) + 7 * size


def test_indicators_double_the_channels_and_go_with_their_own():
    settings = {"n_targets": 2, "target_channels": (2, 0), "indicators": True}
    assert make(**settings)(sequences(n_channels=6)).prediction.shape == (5, 2, 2)
    shared = make(**settings, channel_independent=True)
    x = sequences(n_channels=6)
    found = shared(x).prediction
    for place, channel in enumerate((2, 0)):
        own = x[:, :, [channel, 3 + channel, 1, 4]]
        expected = shared.network(own).prediction[..., 0]
        torch.testing.assert_close(found[..., place], expected)


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("channel_independent", [False, True])
def test_the_linear_path_is_posed_relative_to_the_last_value(
    channel_independent, ragged
):
    settings = {"n_targets": 2, "target_channels": (2, 0), "linear_skip": "ridge"}
    network = make(**settings, anchor=True, channel_independent=channel_independent)
    x, y = sequences(), torch.randn(5, 2, 2)
    lengths = torch.tensor([7, 1, 3, 6, 2]) if ragged else None
    inputs, outputs = network.pose_linear(Inputs(x, lengths), y)
    assert inputs.shape == (10, 7)
    assert outputs.shape == (10, 2)
    assert not network.skip.linear.weight.requires_grad
    for row in range(5):
        n = int(lengths[row]) if ragged else 7
        for place, channel in enumerate((2, 0)):
            level = x[row, n - 1, channel]
            expected = torch.zeros(7)
            expected[7 - n :] = x[row, :n, channel] - level
            torch.testing.assert_close(inputs[2 * row + place], expected)
            torch.testing.assert_close(
                outputs[2 * row + place], y[row, :, place] - level
            )


def test_padded_steps_attend_to_nothing_in_the_self_attention():
    network = make(self_attention_heads=2)
    lengths = torch.tensor([7, 1, 3, 6, 2])
    maps = network(Inputs(sequences(), lengths)).self_weights
    real = torch.arange(7) < lengths[:, None]
    assert maps.shape == (5, 2, 7, 7)
    sums = maps.sum(-1)
    torch.testing.assert_close(sums, real[:, None].expand(-1, 2, -1).float())
    assert network(sequences(), need_weights=False).self_weights is None
    full = network(sequences()).self_weights.sum(-1)
    torch.testing.assert_close(full, torch.ones_like(full))


@pytest.mark.parametrize(
    ("activation", "function"),
    [("sigmoid", torch.sigmoid), ("softplus", torch.nn.functional.softplus)],
)
def test_the_activation_stands_after_all_paths(activation, function):
    settings = {"n_targets": 1, "target_channels": (1,), "anchor": True}
    plain = make(**settings)(sequences()).prediction
    bent = make(**settings, output_activation=activation)(sequences()).prediction
    torch.testing.assert_close(bent, function(plain))


def test_the_truth_is_read_relative_to_the_last_value():
    settings = {"n_targets": 1, "target_channels": (1,), "decoder": "lstm"}
    settings |= {"teacher_forcing": 1.0}
    x, y = sequences(), torch.randn(5, 2, 1)
    level = x[:, -1:, 1:2]
    relative = x.clone()
    relative[:, :, 1:2] -= level
    anchored = make(**settings, anchor=True).train()(x, target=y).prediction
    plain = make(**settings).train()(relative, target=y - level).prediction
    torch.testing.assert_close(anchored, plain + level)
    assert not torch.allclose(anchored, make(**settings, anchor=True)(x).prediction)
