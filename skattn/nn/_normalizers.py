"""Normalisers: from scores to weights, the second of three stages.

A normaliser takes scores ``(..., n_steps)`` of which masked ones are -inf, and returns
weights of the same shape whose rows sum to 1, exactly 0 where masked.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from ._registry import Registry

Normalizer = Callable[[Tensor], Tensor]

softmax: Normalizer = partial(torch.softmax, dim=-1)


def sparsemax(scores: Tensor) -> Tensor:
    r"""Compute the point of the simplex nearest to the scores.

    With a threshold :math:`\tau` the weights are :math:`\max(z_t - \tau, 0)`: steps
    whose scores lie more than 1 below the best have exactly 0 (Martins and Astudillo
    2016, algorithm 1).

    Parameters
    ----------
    scores : Tensor of shape (..., n_steps)
        Masked ones are -inf; at least one is finite.

    Returns
    -------
    Tensor of shape (..., n_steps)
        Weights whose rows sum to 1.

    References
    ----------
    A. Martins and R. Astudillo (2016). From softmax to sparsemax: a sparse model of
    attention and multi-label classification. ICML.
    """
    z = _below_largest(scores)
    descending, count = _sort(z)
    total = descending.cumsum(-1)
    size = _count(1 + count * descending > total)
    threshold = (total.gather(-1, size - 1) - 1) / size
    return _weigh(z, threshold)


def entmax15(scores: Tensor) -> Tensor:
    r"""Compute the weights of the 1.5-entmax, between softmax and sparsemax.

    With a threshold :math:`\tau` the weights are :math:`\max(z_t / 2 - \tau, 0)^2`
    (Peters, Niculae and Martins 2019, algorithm 2).

    Parameters
    ----------
    scores : Tensor of shape (..., n_steps)
        Masked ones are -inf; at least one is finite.

    Returns
    -------
    Tensor of shape (..., n_steps)
        Weights whose rows sum to 1.

    References
    ----------
    B. Peters, V. Niculae and A. Martins (2019). Sparse sequence-to-sequence models.
    ACL.
    """
    z = _below_largest(scores / 2)
    descending, count = _sort(z)
    if z.device.type != "mps":  # which has no float64, as sums over long rows need it
        descending, count = descending.double(), count.double()
    mean = descending.cumsum(-1) / count
    spread = descending.square().cumsum(-1) - count * mean.square()
    with torch.no_grad():  # beyond the support there is no root, and no gradient
        root = ((1 - spread) / count).clamp(min=0).sqrt()
        size = _count(mean - root <= descending)
    mean, spread = mean.gather(-1, size - 1), spread.gather(-1, size - 1)
    threshold = (mean - ((1 - spread) / size).sqrt()).to(z)
    return _weigh(z, threshold).square()


def _below_largest(scores: Tensor) -> Tensor:
    """Return scores relative to the largest; those 1 below it have no weight."""
    return (scores - scores.amax(-1, keepdim=True)).clamp(min=-1)


def _count(inside: Tensor) -> Tensor:
    """Return how many steps have a weight: 1 at least, so that NaN passes on."""
    return inside.sum(-1, keepdim=True).clamp(min=1)


def _weigh(z: Tensor, threshold: Tensor) -> Tensor:
    """Return what lies above the threshold, exactly 0 where nothing can."""
    return (z - threshold).clamp(min=0).masked_fill(z == -1, 0)


def _sort(z: Tensor) -> tuple[Tensor, Tensor]:
    """Return scores in descending order, and how many there are up to each."""
    descending = z.sort(-1, descending=True).values
    return descending, torch.arange(1, z.shape[-1] + 1, device=z.device).to(z)


NORMALIZERS: Registry[Normalizer] = Registry(
    "normalizer",
    {"softmax": softmax, "sparsemax": sparsemax, "entmax15": entmax15},
)
