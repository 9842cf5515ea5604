"""The attentional decoder, written down step by step in NumPy."""

import numpy as np
import pytest
import torch

from skattn.nn import (
    AttentionPooling,
    DenseDecoder,
    FixedPooling,
    LSTMDecoder,
    Memory,
    initialize,
)
from skattn.nn._pass import TrainingPass, computing

RNG = np.random.default_rng(0)
SIZE, N_STEPS, HORIZON, N_TARGETS = 4, 5, 3, 2
STATES, LAST = RNG.normal(size=(3, N_STEPS, SIZE)), RNG.normal(size=(3, SIZE))
BESIDE, TARGET = RNG.normal(size=(2, 3, HORIZON, N_TARGETS))
LENGTHS = np.array([5, 2, 4])


def make(pooling=None, **settings):
    pooling = pooling or AttentionPooling(SIZE, "general")
    decoder = LSTMDecoder(pooling, SIZE, HORIZON, N_TARGETS, **settings)
    initialize(decoder, torch.Generator().manual_seed(0))
    return decoder.double().eval()


def memory(masked=False):
    states, last = torch.from_numpy(STATES), torch.from_numpy(LAST)
    mask = torch.arange(N_STEPS) < torch.from_numpy(LENGTHS)[:, None]
    return Memory(states, last, mask if masked else None, states)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def decode(decoder, n, length, forced):
    """Luong's decoder with input feeding, for one sample."""
    p = {name: q.detach().numpy() for name, q in decoder.named_parameters()}
    states = STATES[n, :length]
    state, cell = np.zeros(SIZE), np.zeros(SIZE)
    if "bridge.weight" in p:
        state = np.tanh(p["bridge.weight"] @ LAST[n] + p["bridge.bias"])
    output, fed = np.zeros(N_TARGETS), np.zeros(SIZE)
    outputs, contexts, alignment = [], [], []
    for step in range(HORIZON):
        inputs = np.concatenate([output, fed])
        gates = p["cell.weight_ih"] @ inputs + p["cell.bias_ih"]
        gates = gates + p["cell.weight_hh"] @ state + p["cell.bias_hh"]
        i, f, g, o = np.split(gates, 4)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        state = sigmoid(o) * np.tanh(cell)
        scores = states @ (p["pooling.attention.score.weight"][0].T @ state)
        weights = np.exp(scores) / np.exp(scores).sum()
        context = weights @ states
        fed = np.tanh(p["join.weight"] @ np.concatenate([context, state]))
        output = p["output.weight"] @ fed + p["output.bias"] + BESIDE[n, step]
        outputs.append(output)
        contexts.append(context)
        alignment.append(np.pad(weights, (0, N_STEPS - length)))
        if forced:
            output = TARGET[n, step]
    return np.array(outputs), np.concatenate(contexts), np.array(alignment)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("state_bypass", [False, True])
@pytest.mark.parametrize("forced", [False, True])
def test_decoding_is_luongs_with_input_feeding(state_bypass, masked, forced):
    decoder = make(state_bypass=state_bypass, teacher_forcing=float(forced))
    decoder.train(forced)  # the truth is read in training alone
    with torch.no_grad():
        result = decoder(
            memory(masked), torch.from_numpy(BESIDE), torch.from_numpy(TARGET)
        )
    for n in range(3):
        expected = decode(decoder, n, LENGTHS[n] if masked else N_STEPS, forced)
        np.testing.assert_allclose(result.prediction[n], expected[0], atol=1e-6)
        np.testing.assert_allclose(result.context[n], expected[1], atol=1e-6)
        np.testing.assert_allclose(result.weights[n, 0], expected[2], atol=1e-6)


def test_without_bypass_the_last_state_does_not_reach_the_output():
    decoder = make()
    blind = memory()._replace(last=torch.full((3, SIZE), 7.0).double())
    assert torch.equal(decoder(memory()).prediction, decoder(blind).prediction)


def test_teacher_forcing_mixes_truth_and_output_sample_by_sample():
    decoder = make(teacher_forcing=0.5).train()
    states, last, _, _ = (None if x is None else x[:1] for x in memory()[:4])
    states = states.expand(400, -1, -1)
    many = Memory(states, last.expand(400, -1), None, states)
    target = torch.full((400, HORIZON, N_TARGETS), 5.0).double()
    with computing(TrainingPass(torch.Generator().manual_seed(0))):
        second = decoder(many, None, target).prediction[:, 1, 0]
    kinds, counts = second.detach().unique(return_counts=True)
    assert len(kinds) == 2  # forced or not
    assert 150 < counts[0] < 250


def test_a_fixed_pooling_gives_every_step_the_same_context():
    result = make(FixedPooling("mean", SIZE))(memory(masked=True))
    contexts = result.context.reshape(3, HORIZON, SIZE)
    for n, length in enumerate(LENGTHS):
        for step in range(HORIZON):
            np.testing.assert_allclose(
                contexts[n, step].detach(), STATES[n, :length].mean(0), atol=1e-6
            )
    assert result.weights.shape == (3, 1, HORIZON, N_STEPS)


def test_weights_are_left_out_where_they_are_not_needed():
    pooling = AttentionPooling(SIZE, "scaled_dot", n_heads=2)
    decoder = make(pooling)
    plain = decoder(memory())
    fused = decoder(memory(), need_weights=False)
    assert fused.weights is None
    assert plain.weights.shape == (3, 2, HORIZON, N_STEPS)
    torch.testing.assert_close(plain.prediction, fused.prediction)


def test_a_dense_decoder_joins_the_last_state_where_it_may_pass():
    for bypass in (False, True):
        pooling = FixedPooling("mean", SIZE)
        decoder = DenseDecoder(pooling, SIZE, HORIZON, N_TARGETS, bypass)
        initialize(decoder, torch.Generator().manual_seed(0))
        decoder = decoder.double().eval()
        assert (decoder.output.bias == 0).all()
        result = decoder(memory(), torch.from_numpy(BESIDE))
        used = STATES.mean(1)
        if bypass:
            joined = np.concatenate([used, LAST], 1)
            used = np.tanh(joined @ decoder.join.weight.detach().numpy().T)
        expected = used @ decoder.output.weight.detach().numpy().T
        expected = expected.reshape(3, HORIZON, N_TARGETS) + BESIDE
        np.testing.assert_allclose(result.prediction.detach(), expected, atol=1e-12)


@pytest.mark.parametrize("n_heads", [1, 2])
def test_a_decoder_takes_the_weights_of_each_step_from_outside(n_heads):
    decoder = make(AttentionPooling(SIZE, "dot", n_heads=n_heads))
    own = decoder(memory())
    given = decoder(memory()._replace(weights=own.weights))
    torch.testing.assert_close(given.prediction, own.prediction)
    torch.testing.assert_close(given.weights, own.weights)
    other = own.weights.flip(2)  # each output step has those of another
    assert torch.equal(decoder(memory()._replace(weights=other)).weights, other)


def test_dropout_acts_on_what_the_output_reads():
    decoder = make(dropout=0.5)
    assert torch.equal(decoder(memory()).prediction, decoder(memory()).prediction)
    decoder.train()
    assert not torch.equal(decoder(memory()).prediction, decoder(memory()).prediction)
    assert torch.equal(
        decoder(memory()).weights[:, :, 0], make()(memory()).weights[:, :, 0]
    )


def test_decoders_show_their_weights_unless_told_otherwise():
    pooling = AttentionPooling(SIZE, "scaled_dot")
    for decoder in (LSTMDecoder, DenseDecoder):
        decoder = decoder(pooling, SIZE, HORIZON, N_TARGETS).double()
        assert decoder(memory()).weights is not None
        assert decoder(memory(), need_weights=False).weights is None
