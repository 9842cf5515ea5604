"""What the LSTM reads stands next to its states."""

import numpy as np
import onnxruntime
import pytest
import torch

import skattn
from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn.datasets import make_find_max
from skattn.nn import AttentionNetwork, Inputs, initialize

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 8, 2))  # as rough as noise
Y = X[:, 3, 0] + X[:, 5, 1]
FAST = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}


def choose(kind=LSTMAttentionRegressor, X=X, y=Y, **parameters):
    """Return what "auto" became, and why."""
    return kind(**FAST | parameters).fit(X, y).fit_summary_["passthrough"]


def test_attention_peaks_on_the_maximum_itself():
    X, y, _ = make_find_max(200, 12, random_state=1)
    new, truth, _ = make_find_max(1000, 12, random_state=2)
    model = LSTMAttentionRegressor(random_state=1).fit(X, y)
    peaks = model.predict_attention(new).argmax(-1).ravel()
    assert (peaks == new[:, :, 0].argmax(1)).mean() > 0.9  # without it .09
    assert model.score(new, truth) > 0.98


def test_training_finds_the_maximum_from_a_bad_start_too():
    # With all units remembering at first, this seed carries the maximum to the ends.
    X, y, _ = make_find_max(200, 12, random_state=4)
    new, truth, _ = make_find_max(1000, 12, random_state=5)
    model = LSTMAttentionRegressor(random_state=4).fit(X, y)
    peaks = model.predict_attention(new).argmax(-1).ravel()
    assert (peaks == new[:, :, 0].argmax(1)).mean() > 0.9  # else .13
    assert model.score(new, truth) > 0.95  # else .88


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_fixed_step_of_noise_is_found_by_its_place(seed):
    X = np.random.default_rng(seed).normal(size=(700, 12, 2))
    y = X[:, 4, 0]
    model = LSTMAttentionRegressor(random_state=seed).fit(X[:200], y[:200])
    assert model.positions_ == "scaled_sinusoidal"
    assert model.score(X[200:], y[200:]) > 0.99  # without positions below 0.1 for two
    assert (model.predict_attention(X[200:]).argmax(1) == 4).mean() > 0.99


def test_positions_are_left_to_the_states_elsewhere():
    for kind, y, parameters in [
        (LSTMAttentionRegressor, Y, {"passthrough": False}),
        (LSTMAttentionRegressor, Y, {"conv_layers": 2}),
        (LSTMAttentionRegressor, X[:, 3:5, 0], {"target_channels": 0}),
        (LSTMAttentionClassifier, Y > 0, {}),
    ]:
        assert kind(**FAST | parameters).fit(X, y).positions_ is None
    given = LSTMAttentionRegressor(**FAST, positions=None).fit(X, Y)
    assert given.passthrough_ is True
    assert given.positions_ is None
    assert "positions" not in given.fit_summary_


@pytest.mark.parametrize("lengths", [None, [3, 6, 1, 6, 2]])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_state_is_the_lstms_with_what_it_read(bidirectional, lengths):
    network = AttentionNetwork(
        2,
        n_timesteps=6,
        horizon=1,
        n_targets=1,
        hidden_size=3,
        bidirectional=bidirectional,
        passthrough=True,
    ).double()
    initialize(network, torch.Generator().manual_seed(0))
    x = torch.randn(5, 6, 2, dtype=torch.float64)
    lengths = lengths if lengths is None else torch.tensor(lengths)
    memory = network.encode(Inputs(x, lengths)).memory
    n_states = 6 if bidirectional else 3
    for row in range(5):
        own = x[row] if lengths is None else x[row, : lengths[row]]
        forward, (end, _) = network.encoder.forwards[0](own[None])
        expected, last = [forward[0]], [end[0, 0]]
        if bidirectional:
            turned, (end, _) = network.encoder.backwards[0](own.flip(0)[None])
            expected.append(turned[0].flip(0))
            last.append(end[0, 0])
        zeros = torch.zeros(len(own), 8 - n_states - 2, dtype=torch.float64)
        expected = torch.cat([*expected, own, zeros], dim=-1)
        last = torch.cat([*last, own[-1], zeros[-1]])
        torch.testing.assert_close(memory.values[row, : len(own)], expected)
        torch.testing.assert_close(memory.last[row], last)
    assert network.state_size == 8  # a multiple of 8
    assert network.context_size == n_states + 2


def test_auto_is_off_where_steps_are_alike_or_inputs_have_a_path():
    smooth = np.cumsum(X, axis=1).repeat(6, axis=1)
    many = RNG.integers(300, size=(60, 8)).astype(str).tolist()
    assert choose().value is True
    assert choose(LSTMAttentionClassifier, y=Y > 0).value is True  # convolutions
    assert choose(LSTMAttentionClassifier, y=Y > 0, conv_layers=0).value is True
    for parameters, reason in [
        ({"X": smooth, "conv_layers": 0}, "like the one before"),
        ({"X": np.concatenate([X, np.cumsum(X, axis=1)], axis=2)}, "one before"),
        ({"X": many}, "many words come seldom"),
        ({"X": np.sign(X), "categorical_features": [0, 1]}, "vectors of categories"),
        ({"y": X[:, 3:5, 0], "target_channels": 0}, "linear path"),
        ({"values": "inputs"}, "values='states'"),
        ({"values": "segments"}, "values='states'"),
        ({"n_heads": 2}, "one head with a score"),
        ({"self_attention_heads": 1}, "one head with a score"),
        ({"attention": "mean"}, "one head with a score"),
        ({"query": "last"}, "a state as the query"),
        ({"query": "learned", "decoder": "lstm"}, "a state as the query"),
        ({"scale_inputs": False}, "units of their own"),
    ]:
        value, why = choose(**parameters)
        assert value is False, parameters
        assert reason in why


@pytest.mark.parametrize("decoder", ["dense", "lstm"])
def test_zeros_that_fill_a_state_are_not_in_the_context(decoder):
    Y = X[:, 3:6, 0]
    model = LSTMAttentionRegressor(**FAST, passthrough=True, decoder=decoder).fit(X, Y)
    network = model.module_
    assert network.state_size == 8  # 4 of the LSTM, 2 channels, 2 zeros
    context = model.transform(X)
    n_blocks = 3 if decoder == "lstm" else 1
    assert context.shape == (60, 6 * n_blocks)
    assert len(model.get_feature_names_out()) == 6 * n_blocks
    assert (context.std(axis=0) > 0).all()
    # The last two of a block are the mean of what was read, by the weights.
    weights = model.attention_weights_.reshape(60, n_blocks, 8)
    read = weights @ (X - X.mean((0, 1))) / X.std((0, 1))
    np.testing.assert_allclose(
        context.reshape(60, n_blocks, 6)[..., 4:], read, atol=1e-5
    )


def test_heads_and_segments_are_refused():
    with pytest.raises(ValueError, match="n_heads=2 does not go with passthrough=True"):
        LSTMAttentionRegressor(passthrough=True, n_heads=2).fit(X, Y)
    with pytest.raises(ValueError, match="'segments' does not go with passthrough"):
        LSTMAttentionRegressor(passthrough=True, values="segments").fit(X, Y)
    with pytest.raises(ValueError, match="passthrough=True does not go with"):
        AttentionNetwork(
            2,
            n_timesteps=6,
            horizon=1,
            n_targets=1,
            values="segments",
            segment_size=2,
            passthrough=True,
        )


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"bidirectional": True, "patch_size": 3},
        {"attention": "dot", "query": "last", "state_bypass": True},
        {"attention": "location"},
        {"attention": "last"},
        {"attention": "feature", "self_attention_heads": 1},
        {"missing": "mask", "attention": "general"},
        {"values": "inputs"},
        {"conv_layers": 2, "passthrough": False, "n_heads": 2},
    ],
    ids=str,
)
def test_a_sample_alone_padded_and_listed_has_one_answer(parameters, tmp_path):
    lengths = RNG.integers(2, 9, size=60)
    ragged = [x[:n] for x, n in zip(X, lengths, strict=True)]
    padded = np.where(np.arange(8)[:, None] < lengths[:, None, None], X, np.nan)
    options = {"passthrough": True, "padding_value": np.nan} | FAST | parameters
    model = LSTMAttentionRegressor(**options).fit(ragged, Y)
    answer = model.predict(ragged)
    tolerance = 1e-5 * Y.std()
    alone = np.concatenate([model.predict([x]) for x in ragged])
    for other in (alone, model.predict(padded)):
        np.testing.assert_allclose(other, answer, rtol=0, atol=tolerance)
    skattn.save(model, tmp_path / "model")
    np.testing.assert_array_equal(
        skattn.load(tmp_path / "model").predict(ragged), answer
    )
    if "missing" not in parameters:
        skattn.to_onnx(model, tmp_path / "model.onnx")
        session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
        run = session.run(None, {"X": padded})[0]
        np.testing.assert_allclose(run.ravel(), answer, atol=tolerance)


def test_contributions_add_up():
    model = LSTMAttentionRegressor(**FAST, passthrough=True, bidirectional=True)
    model.fit(X, Y)
    total = model.base_value_ + model.predict_contributions(X).sum(axis=1)
    np.testing.assert_allclose(
        total.ravel(), model.predict(X), rtol=0, atol=1e-5 * Y.std()
    )
