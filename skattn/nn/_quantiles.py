"""Several quantiles of one output, in an order that no weights can change."""

from collections.abc import Iterable
from itertools import accumulate, pairwise
from math import expm1, log, prod
from operator import add, sub
from statistics import NormalDist

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus


class QuantileGaps(nn.Module):
    """Gaps between neighbouring quantiles, each positive.

    At first they are those of a normal distribution of deviation 1, about as scaled
    targets have it.

    Parameters
    ----------
    size : int
        Size of what the outputs are made from.
    shape : tuple of int
        Axes of the outputs: output steps and targets, or targets alone.
    levels : sequence of float
        Levels of the quantiles, ascending.
    """

    def __init__(
        self, size: int, shape: tuple[int, ...], levels: tuple[float, ...]
    ) -> None:
        super().__init__()
        self.levels = levels
        self.shape = (*shape, len(levels) - 1)
        self.linear = nn.Linear(size, prod(self.shape))

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Set the biases to the gaps of a normal distribution; nothing is random."""
        ends = [NormalDist().inv_cdf(level) for level in self.levels]
        gaps = [high - low for low, high in pairwise(ends)]
        # The inverse of the softplus.
        start = torch.tensor([log(expm1(gap)) for gap in gaps])
        self.linear.bias.copy_(start.expand(self.shape).flatten())

    def forward(self, hidden: Tensor) -> Tensor:
        """Compute the gaps ``(n_samples, [horizon,] n_targets, n_quantiles - 1)``."""
        return softplus(self.linear(hidden)).unflatten(-1, self.shape)


def place_quantiles(median: Tensor, gaps: Tensor, n_below: int) -> Tensor:
    """Add up gaps on both sides of the median.

    They are added one by one: a sum that grows by what is not negative never falls, in
    floating point either, so that the quantiles are in order to the last bit.

    Parameters
    ----------
    median : Tensor of shape (...)
        The middle.
    gaps : Tensor of shape (..., n_quantiles - 1)
        At least 0, in ascending order of the levels.
    n_below : int
        Quantiles below the median.

    Returns
    -------
    Tensor of shape (..., n_quantiles)
        In ascending order of the levels.
    """
    each = gaps.unbind(-1)
    downwards: Iterable[Tensor] = reversed(each[:n_below])
    _, *below = accumulate(downwards, sub, initial=median)
    above = accumulate(each[n_below:], add, initial=median)
    return torch.stack([*reversed(below), *above], dim=-1)
