"""Random streams derived from one seed, so that no global state is read or moved."""

from enum import IntEnum
from numbers import Integral

import numpy as np
import torch
from sklearn.utils import check_random_state


class Stream(IntEnum):
    """What a stream of random numbers is for."""

    WEIGHTS = 0
    SPLIT = 1
    ORDER = 2
    DROPOUT = 3


def draw_seed(random_state: int | np.random.RandomState | None) -> int:
    """Turn ``random_state`` into the seed of one fit.

    None takes fresh entropy from the operating system rather than NumPy's global
    state, which stays as the caller left it.
    """
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def derive(seed: int, stream: Stream, epoch: int = 0) -> int:
    """Derive the seed of one stream in one epoch.

    A stream starts anew each epoch, so training can go on from any epoch with the
    same numbers as if it had never stopped.
    """
    state = np.random.SeedSequence([seed, stream, epoch]).generate_state(1)
    return int(state[0])


def make_generator(seed: int, stream: Stream) -> torch.Generator:
    """Make torch's generator for one stream, on the CPU."""
    return torch.Generator().manual_seed(derive(seed, stream))
