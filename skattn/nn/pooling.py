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
        """Pool.

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


class LastPooling(nn.Module):
    """The last state; its weights are one-hot."""

    def forward(
        self, states: Tensor, last: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Pool, as `AttentionPooling` describes it."""
        n_samples, n_steps, _ = states.shape
        if mask is None:
            weights = states.new_zeros(n_samples, n_steps)
            weights[:, -1] = 1.0
        else:
            weights = one_hot(mask.sum(1) - 1, n_steps).to(states.dtype)
        return last, weights


class MeanPooling(nn.Module):
    """The mean of the real states; its weights are uniform over them."""

    def forward(
        self, states: Tensor, last: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Pool, as `AttentionPooling` describes it."""
        n_samples, n_steps, _ = states.shape
        if mask is None:
            return states.mean(1), states.new_full((n_samples, n_steps), 1 / n_steps)
        weights = mask.to(states.dtype) / mask.sum(1, keepdim=True)
        return (weights[:, None] @ states).squeeze(1), weights


class MaxPooling(nn.Module):
    """Each unit's maximum; a step's weight is the share of units that take it."""

    def forward(
        self, states: Tensor, last: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Pool, as `AttentionPooling` describes it."""
        if mask is not None:
            states = states.masked_fill(~mask[:, :, None], -torch.inf)
        context, step = states.max(dim=1)  # both (n, size)
        weights = torch.zeros_like(states[:, :, 0])
        share = torch.full_like(context, 1 / states.shape[2])
        return context, weights.scatter_add(1, step, share)


def make_pooling(attention: str, size: int, query: str) -> nn.Module:
    """Build the pooling that the estimators' ``attention`` and ``query`` name."""
    fixed = {"last": LastPooling, "mean": MeanPooling, "max": MaxPooling}
    if attention in fixed:
        return fixed[attention]()
    return AttentionPooling(size, attention, query)
