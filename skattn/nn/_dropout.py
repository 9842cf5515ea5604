"""Dropout that draws from a generator of its own, not from torch's global one."""

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Inverted dropout with its own random stream.

    ``torch.nn.functional.dropout`` takes no generator, so two fits in two threads
    would mix their streams, and every fit would move the caller's.

    Parameters
    ----------
    p : float
        Share of elements set to 0 in training.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"p={p!r} must be a share between 0 and 1.")
        self.p = p
        # None: torch's global stream, as a plain torch user expects.
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0.0:
            return x
        if self.p == 1.0:  # nothing is kept, and nothing can be scaled up
            return torch.zeros_like(x)
        keep = torch.empty_like(x).bernoulli_(1.0 - self.p, generator=self.generator)
        return x * keep / (1.0 - self.p)


def set_dropout_generator(module: nn.Module, generator: torch.Generator | None) -> None:
    """Give every dropout in ``module`` the stream to draw its masks from."""
    for part in module.modules():
        if isinstance(part, Dropout):
            part.generator = generator
