"""The encoder against torch's own stacked LSTM on packed sequences."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from skattn.nn import LSTMEncoder, initialize

LENGTHS = torch.tensor([6, 1, 4])


def copy_to_peer(encoder, peer):
    """Give torch's LSTM the encoder's weights."""
    for suffix, lstms in (("", encoder.forwards), ("_reverse", encoder.backwards)):
        for layer, lstm in enumerate(lstms):
            for name, parameter in lstm.named_parameters():
                name = name.replace("_l0", f"_l{layer}{suffix}")
                getattr(peer, name).data.copy_(parameter.data)


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 3])
def test_states_equal_torchs_packed_lstm(num_layers, bidirectional, ragged):
    encoder = LSTMEncoder(3, 5, num_layers, bidirectional)
    initialize(encoder, torch.Generator().manual_seed(0))
    peer = nn.LSTM(3, 5, num_layers, batch_first=True, bidirectional=bidirectional)
    copy_to_peer(encoder, peer)
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(3, 6, 3))).float()
    lengths = LENGTHS if ragged else torch.full((3,), 6)
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    output, (hidden, _) = peer(packed)
    expected = pad_packed_sequence(output, batch_first=True)[0]

    states, last = encoder(x, LENGTHS if ragged else None)

    real = torch.arange(6) < lengths[:, None]
    torch.testing.assert_close(states[real], expected[real])
    n_directions = 2 if bidirectional else 1
    # (n_directions, n, size) of the top layer, side by side
    torch.testing.assert_close(last, torch.cat([*hidden[-n_directions:]], dim=-1))


def test_dropout_acts_between_layers_in_training_only():
    encoder = LSTMEncoder(2, 4, num_layers=2, dropout=0.5)
    x = torch.ones(2, 5, 2)
    encoder.train()
    assert not torch.equal(encoder(x)[0], encoder(x)[0])
    encoder.eval()
    assert torch.equal(encoder(x)[0], encoder(x)[0])
