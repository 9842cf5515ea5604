"""Dropout: what is dropped, what is kept, and when."""

import threading

import pytest
import torch
from torch import nn

from skattn.nn import LSTMEncoder
from skattn.nn._dropout import Dropout, draws_masks
from skattn.nn._pass import TrainingPass, computing, current_pass


def draw(p, n=10_000):
    dropout = Dropout(p)
    with computing(TrainingPass(torch.Generator().manual_seed(0))):
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


def test_a_pass_has_a_stream_of_its_own_and_ends():
    encoder = LSTMEncoder(3, 8, num_layers=2, dropout=0.5)
    x, found = torch.ones(4, 5, 3), []
    for _ in range(2):
        with computing(TrainingPass(torch.Generator().manual_seed(0))):
            found.append(encoder(x)[0])
    assert torch.equal(*found)
    assert current_pass() is None
    torch.manual_seed(1)
    one = encoder(x)[0]
    torch.manual_seed(1)
    assert torch.equal(one, encoder(x)[0])


def test_passes_in_two_threads_do_not_mix():
    dropout, first, second = Dropout(0.5), threading.Event(), threading.Event()
    found = {}

    def draw_between():
        first.wait(10)
        with computing(TrainingPass(torch.Generator().manual_seed(1))):
            found["other"] = dropout(torch.ones(100))
            second.set()

    thread = threading.Thread(target=draw_between)
    thread.start()
    with computing(TrainingPass(torch.Generator().manual_seed(0))):
        first.set()
        second.wait(10)
        found["own"] = dropout(torch.ones(100))
    thread.join()
    for seed, name in enumerate(("own", "other")):
        with computing(TrainingPass(torch.Generator().manual_seed(seed))):
            assert torch.equal(dropout(torch.ones(100)), found[name])


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_only_shares_between_nothing_and_all_draw_masks(p):
    assert draws_masks(nn.Sequential(nn.Linear(2, 2), Dropout(p))) == (p == 0.5)


def test_what_the_first_layer_reads_is_not_dropped():
    encoder = LSTMEncoder(3, 8, num_layers=1, dropout=0.5)
    x = torch.ones(4, 5, 3)
    assert torch.equal(encoder(x)[0], encoder(x)[0])
    assert torch.equal(encoder(x)[0], encoder.eval()(x)[0])
