"""Dropout: what is dropped, what is kept, and when."""

import pytest
import torch

from skattn.nn import LSTMEncoder
from skattn.nn._dropout import Dropout, set_dropout_generator


def draw(p, n=10_000):
    dropout = Dropout(p)
    set_dropout_generator(dropout, torch.Generator().manual_seed(0))
    return dropout, dropout(torch.ones(n, dtype=torch.float64))


@pytest.mark.parametrize("p", [0.2, 0.75])
def test_what_is_kept_grows_so_that_the_mean_stays(p):
    _, y = draw(p)
    kept = y[y != 0]
    torch.testing.assert_close(kept, torch.full_like(kept, 1 / (1 - p)))
    assert len(kept) / len(y) == pytest.approx(1 - p, abs=0.02)
    assert float(y.mean()) == pytest.approx(1.0, abs=0.05)


def test_nothing_is_dropped_in_evaluation_or_without_a_share():
    dropout, _ = draw(0.5)
    x = torch.ones(100)
    assert dropout.eval()(x) is x
    assert Dropout(0.0)(x) is x


def test_layers_drop_in_training_alone():
    encoder = LSTMEncoder(3, 8, num_layers=2, dropout=0.5)
    x = torch.ones(4, 5, 3)
    assert not torch.equal(encoder(x)[0], encoder(x)[0])
    encoder.eval()
    assert torch.equal(encoder(x)[0], encoder(x)[0])


def test_masks_come_from_the_generator_and_leave_the_global_stream_alone():
    before = torch.random.get_rng_state()
    assert torch.equal(draw(0.5)[1], draw(0.5)[1])
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_stream_reaches_every_dropout_of_a_network_and_leaves_it_again():
    encoder = LSTMEncoder(3, 8, num_layers=2, dropout=0.5)
    x, found = torch.ones(4, 5, 3), []
    for _ in range(2):
        set_dropout_generator(encoder, torch.Generator().manual_seed(0))
        found.append(encoder(x)[0])
    assert torch.equal(*found)
    set_dropout_generator(encoder, None)
    torch.manual_seed(1)
    one = encoder(x)[0]
    torch.manual_seed(1)
    assert torch.equal(one, encoder(x)[0])


def test_what_the_first_layer_reads_is_not_dropped():
    encoder = LSTMEncoder(3, 8, num_layers=1, dropout=0.5)
    x = torch.ones(4, 5, 3)
    assert torch.equal(encoder(x)[0], encoder(x)[0])
    assert torch.equal(encoder(x)[0], encoder.eval()(x)[0])
