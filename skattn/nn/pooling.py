"""Pooling over time: many encoder states to one context, with weights to show."""

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from .attention import Attention


class AttentionPooling(nn.Module):
    """Attention with one query over all encoder states.

    Parameters
    ----------
    size : int
        Size of a state.
    score : str, default="additive"
        See `Attention`.
    query : {"last", "learned"}, default="last"
        The last state, or a vector learned in training.
    """

    def __init__(self, size: int, score: str = "additive", query: str = "last") -> None:
        super().__init__()
        self.query = query
        query_size = size if query == "last" else None
        self.attention = Attention(score, query_size=query_size, key_size=size)

    def forward(
        self, states: Tensor, last: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Pool states over time.

        Parameters
        ----------
        states : Tensor of shape (n_samples, n_steps, size)
            One state a step.
        last : Tensor of shape (n_samples, size)
            The last state.
        mask : Tensor of bool of shape (n_samples, n_steps) or None
            True at real steps; None if all are.

        Returns
        -------
        context : Tensor of shape (n_samples, size)
            The pooled states.
        weights : Tensor of shape (n_samples, n_steps)
            Rows sum to 1; masked steps have exactly 0.
        """
        query = last[:, None] if self.query == "last" else None
        context, weights = self.attention(query, states, states, mask)
        return context.squeeze(1), weights.squeeze(1)


class FixedPooling(nn.Module):
    """Pooling without attention, whose weights are known beforehand or read off.

    Parameters
    ----------
    kind : {"last", "mean", "max"}
        The last state, with one-hot weights; the mean of the real states, with
        uniform weights; or each unit's maximum, where a step's weight is the share of
        units that take it.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(
        self, states: Tensor, last: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Pool states over time.

        Parameters
        ----------
        states : Tensor of shape (n_samples, n_steps, size)
            One state a step.
        last : Tensor of shape (n_samples, size)
            The last state.
        mask : Tensor of bool of shape (n_samples, n_steps) or None
            True at real steps; None if all are.

        Returns
        -------
        context : Tensor of shape (n_samples, size)
            The pooled states.
        weights : Tensor of shape (n_samples, n_steps)
            Rows sum to 1; masked steps have exactly 0.
        """
        if mask is None:
            mask = states.new_ones(states.shape[:2], dtype=torch.bool)
        if self.kind == "last":
            weights = one_hot(mask.sum(1) - 1, states.shape[1]).to(states.dtype)
            return last, weights
        if self.kind == "mean":
            weights = mask.to(states.dtype) / mask.sum(1, keepdim=True)
            return (weights[:, None] @ states).squeeze(1), weights
        return _pool_max(states, mask)


def _pool_max(states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    context, step = states.masked_fill(~mask[:, :, None], -torch.inf).max(dim=1)
    weights = torch.zeros_like(states[:, :, 0])
    share = torch.full_like(context, 1 / states.shape[2])
    return context, weights.scatter_add(1, step, share)


def make_pooling(attention: str, size: int, query: str) -> nn.Module:
    """Build the pooling that the estimators' ``attention`` and ``query`` name."""
    if attention in ("last", "mean", "max"):
        return FixedPooling(attention)
    return AttentionPooling(size, attention, query)
