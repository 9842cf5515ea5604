"""What belongs to one pass through a network in training, and not to the network.

Chunks of a batch go through one network at the same time, each in a thread of its own.
Each draws dropout masks from its own stream, and the statistics of batches that it
takes are kept until all chunks are through, to be applied in the order of the chunks.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

# A module with a method ``remember``, and what that takes.
Statistics = tuple[nn.Module, tuple[Tensor, ...]]


@dataclass
class TrainingPass:
    """One pass of some samples through a network.

    Parameters
    ----------
    generator : torch.Generator, default=None
        The source of dropout masks; None for torch's global stream.
    statistics : list of tuple
        What modules are to remember of the samples: each module, and the tensors for
        its method ``remember``, which is called afterwards.
    """

    generator: torch.Generator | None = None
    statistics: list[Statistics] = field(default_factory=list)


class _Local(threading.local):
    current: TrainingPass | None = None


_LOCAL = _Local()


def current_pass() -> TrainingPass | None:
    """Return the pass that this thread computes; None outside of training."""
    return _LOCAL.current


@contextmanager
def computing(training_pass: TrainingPass) -> Iterator[None]:
    """Let modules that are called in this thread belong to a pass."""
    before, _LOCAL.current = _LOCAL.current, training_pass
    try:
        yield
    finally:
        _LOCAL.current = before
