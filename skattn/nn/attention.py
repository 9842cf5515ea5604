"""The one mechanism: score, softmax, weighted sum over query, key and value."""

import torch
from torch import Tensor, nn

from .scores import AdditiveScore


def masked_softmax(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Normalise scores over the last axis, with weight exactly 0 where masked out.

    Parameters
    ----------
    scores : Tensor of shape (..., n_steps)
        Any finite numbers.
    mask : Tensor of bool, broadcastable to the scores, or None
        True at real steps; every row needs at least one.

    Returns
    -------
    Tensor of shape (..., n_steps)
        Weights whose rows sum to 1.
    """
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return torch.softmax(scores, dim=-1)


class Attention(nn.Module):
    """Soft addressing in three stages: score, softmax, weighted sum.

    Parameters
    ----------
    score : {"additive"}, default="additive"
        How a query is matched against a key.
    query_size : int or None
        Size of a query; None for a score that holds its own learned query.
    key_size : int
        Size of a key.
    """

    def __init__(
        self, score: str = "additive", *, query_size: int | None, key_size: int
    ) -> None:
        super().__init__()
        if score != "additive":
            raise ValueError(f"score={score!r} is not known; allowed is 'additive'.")
        self.score = AdditiveScore(query_size, key_size)

    def forward(
        self,
        query: Tensor | None,
        key: Tensor,
        value: Tensor,
        mask: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Attend.

        Parameters
        ----------
        query : Tensor of shape (n_samples, n_queries, query_size) or None
            What is looked for.
        key : Tensor of shape (n_samples, n_steps, key_size)
            What each step offers to be found by.
        value : Tensor of shape (n_samples, n_steps, value_size)
            What each step gives.
        mask : Tensor of bool of shape (n_samples, n_steps), default=None
            True at real steps; None if all are.

        Returns
        -------
        context : Tensor of shape (n_samples, n_queries, value_size)
            The weighted sums of the values.
        weights : Tensor of shape (n_samples, n_queries, n_steps)
            The weights; rows sum to 1, masked steps have exactly 0.
        """
        scores = self.score(query, key)
        weights = masked_softmax(scores, None if mask is None else mask[:, None])
        return weights @ value, weights
