"""What networks say of themselves to those that train them."""

import pytest
from torch import nn

from skattn.nn import LSTMEncoder


@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_matrices_of_an_lstm_decay_and_its_biases_do_not(bidirectional):
    encoder = LSTMEncoder(3, 4, num_layers=2, bidirectional=bidirectional)
    decaying = {id(weight) for weight in encoder.decaying_parameters()}
    for module in encoder.modules():
        if isinstance(module, nn.LSTM):
            for name, weight in module.named_parameters():
                assert (id(weight) in decaying) == name.startswith("weight")
    assert decaying
