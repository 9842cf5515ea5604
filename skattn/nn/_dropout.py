"""Dropout that draws from a generator of its own, not from torch's global one."""

import torch
from torch import Tensor, nn


class Dropout(nn.Dropout):
    """Inverted dropout with its own random stream.

    ``torch.nn.functional.dropout`` takes no generator, so that two fits in two threads
    would mix their streams, and every fit would move the caller's.
    """

    # None: torch's global stream, as a plain torch user expects.
    generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` with a share ``p`` of it set to 0 in training.

        Parameters
        ----------
        x : Tensor
            Of any shape.

        Returns
        -------
        Tensor
            Of the shape of ``x``; what is kept is divided by ``1 - p``.
        """
        if not self.training or self.p == 0.0:
            return x
        if self.p == 1.0:  # nothing is kept, and nothing can be scaled up
            return torch.zeros_like(x)
        keep = torch.empty_like(x).bernoulli_(1.0 - self.p, generator=self.generator)
        return x * keep / (1.0 - self.p)


def set_dropout_generator(module: nn.Module, generator: torch.Generator | None) -> None:
    """Set the stream that every dropout in ``module`` draws its masks from."""
    for child in module.modules():
        if isinstance(child, Dropout):
            child.generator = generator
