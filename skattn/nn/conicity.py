"""Conicity: how much the states of a sequence point the same way."""

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity


def conicity(states: Tensor, mask: Tensor | None = None) -> Tensor:
    """Compute the mean cosine of a sequence's states with their mean.

    Near 1 the states hardly differ, so that any weights give nearly the same context,
    and the weights say little (Mohankumar et al. 2020).

    Parameters
    ----------
    states : Tensor of shape (..., n_steps, size)
        One state a step.
    mask : Tensor of bool of shape (..., n_steps), default=None
        True at real steps; None if all are.

    Returns
    -------
    Tensor of shape (...,)
        Between -1 and 1.

    References
    ----------
    A. Mohankumar, P. Nema, S. Narasimhan, M. Khapra, B. Srinivasan and B. Ravindran
    (2020). Towards transparent and explainable attention models. ACL.
    """
    if mask is None:
        mask = torch.ones_like(states[..., 0], dtype=torch.bool)
    share = mask.to(states.dtype) / mask.sum(-1, keepdim=True)
    mean = (share[..., None] * states).sum(-2, keepdim=True)
    return (share * cosine_similarity(states, mean, dim=-1)).sum(-1)
