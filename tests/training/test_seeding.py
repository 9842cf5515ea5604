"""Random streams: separate, repeatable and away from global state."""

import numpy as np
import torch

from skattn.training import Stream, draw_seed, make_generator
from skattn.training._environment import derive


def test_streams_and_epochs_differ():
    seeds = {derive(0, stream, epoch) for stream in Stream for epoch in range(50)}
    assert len(seeds) == len(Stream) * 50


def test_an_int_is_its_own_seed_and_a_random_state_is_drawn_from():
    assert draw_seed(7) == 7
    state = np.random.RandomState(0)
    expected = np.random.RandomState(0).randint(2**31 - 1, size=2)
    assert [draw_seed(state), draw_seed(state)] == expected.tolist()


def test_none_takes_fresh_entropy_and_leaves_numpys_state():
    before = np.random.get_state()[1].copy()
    assert draw_seed(None) != draw_seed(None)
    np.testing.assert_array_equal(before, np.random.get_state()[1])


def test_generators_repeat():
    one, other = (make_generator(3, Stream.WEIGHTS) for _ in range(2))
    assert torch.equal(torch.rand(4, generator=one), torch.rand(4, generator=other))
