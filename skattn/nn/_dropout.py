"""Dropout that draws from a generator of its own, not from torch's global one."""

import torch
from torch import Tensor, nn

from ._pass import current_pass


class Dropout(nn.Dropout):
    """Inverted dropout with its own random stream.

    ``torch.nn.functional.dropout`` takes no generator, so that two fits in two threads
    would mix their streams, and every fit would move the caller's. In a `TrainingPass`
    masks come from its stream, else from torch's global one, as plain torch users
    expect.
    """

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
        keep = torch.empty_like(x).bernoulli_(1.0 - self.p, generator=find_stream())
        return x * keep / (1.0 - self.p)

    @property
    def draws(self) -> bool:
        """Whether random numbers are drawn in training."""
        return 0.0 < self.p < 1.0


def find_stream() -> torch.Generator | None:
    """Return the random stream of this thread's pass; None for torch's global one."""
    own = current_pass()
    return None if own is None else own.generator


def draws_masks(module: nn.Module) -> bool:
    """Return whether any dropout in ``module`` draws random numbers in training."""
    return any(isinstance(m, Dropout) and m.draws for m in module.modules())
