"""The one mechanism: score, softmax, weighted sum over query, key and value."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from ._dropout import Dropout
from ._scores import SCORES, AdditiveScore, join_heads, split_heads


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

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import masked_softmax
    >>> mask = torch.tensor([[True, True, False]])
    >>> masked_softmax(torch.zeros(1, 3), mask)
    tensor([[0.5000, 0.5000, 0.0000]])
    """
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return torch.softmax(scores, dim=-1)


def weigh(weights: Tensor, value: Tensor) -> Tensor:
    """Take weighted sums of values, each head of its own part.

    Parameters
    ----------
    weights : Tensor of shape (n_samples, n_heads, n_queries, n_steps)
        Rows sum to 1.
    value : Tensor of shape (n_samples, n_steps, value_size)
        What each step gives.

    Returns
    -------
    Tensor of shape (n_samples, n_queries, value_size)
        The sums, heads side by side.
    """
    values = split_heads(value, weights.shape[1])
    if weights.shape[2] == 1:  # thin products are slow one by one, backwards above all
        context = (weights.transpose(2, 3) * values).sum(2, keepdim=True)
    else:
        context = weights @ values
    return join_heads(context)


class Attention(nn.Module):
    """Soft addressing in three stages: score, softmax, weighted sum.

    Parameters
    ----------
    score : {"additive", "cosine", "dot", "general", "location", "scaled_dot"}, \
            default="additive"
        How a query is matched against a key: additive [1]_, by cosine and learned
        strength [2]_, by dot product, bilinear form or position alone [3]_, or by dot
        product over the root of its size [4]_.
    query_size : int
        Size of a query. 0 with the additive score: it then holds its own learned
        query [5]_, and ``query`` is None.
    key_size : int
        Size of a key; equal to ``query_size`` for "cosine", "dot" and "scaled_dot".
    n_heads : int, default=1
        Parts into which query, key and value are cut, each with weights of its own;
        divides all three sizes.
    n_steps : int, default=None
        Most steps there are; for "location" alone, which needs it.

    References
    ----------
    .. [1] D. Bahdanau, K. Cho and Y. Bengio (2015). Neural machine translation by
           jointly learning to align and translate. ICLR.

    .. [2] A. Graves, G. Wayne and I. Danihelka (2014). Neural Turing machines.
           arXiv:1410.5401.

    .. [3] T. Luong, H. Pham and C. Manning (2015). Effective approaches to
           attention-based neural machine translation. EMNLP.

    .. [4] A. Vaswani et al. (2017). Attention is all you need. NeurIPS.

    .. [5] Z. Yang et al. (2016). Hierarchical attention networks for document
           classification. NAACL.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import Attention
    >>> attention = Attention("general", query_size=4, key_size=6)
    >>> query, key = torch.zeros(2, 3, 4), torch.zeros(2, 5, 6)
    >>> context, weights = attention(query, key, value=key)
    >>> context.shape, weights.shape
    (torch.Size([2, 3, 6]), torch.Size([2, 1, 3, 5]))
    """

    def __init__(
        self,
        score: str = "additive",
        *,
        query_size: int,
        key_size: int,
        n_heads: int = 1,
        n_steps: int | None = None,
    ) -> None:
        super().__init__()
        if score not in SCORES:
            raise ValueError(
                f"score={score!r} is not known; allowed are {', '.join(SCORES)}."
            )
        position: dict[str, Any] = {"n_steps": n_steps} if score == "location" else {}
        self.score = SCORES[score](query_size, key_size, n_heads, **position)
        self.fused = score == "scaled_dot"

    def forward(
        self,
        query: Tensor | None,
        key: Tensor,
        value: Tensor,
        mask: Tensor | None = None,
        need_weights: bool = True,
    ) -> tuple[Tensor, Tensor | None]:
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
        need_weights : bool, default=True
            Without the need, "scaled_dot" runs on torch's fused attention, and
            "additive" trains with its first derivatives written out where it has one
            head and one query.

        Returns
        -------
        context : Tensor of shape (n_samples, n_queries, value_size)
            The weighted sums of the values, heads side by side.
        weights : Tensor of shape (n_samples, n_heads, n_queries, n_steps) or None
            The weights; rows sum to 1, masked steps have exactly 0. None if they were
            not needed and not computed.
        """
        score, quick = self.score, self.training and not need_weights
        if quick and isinstance(score, AdditiveScore) and score.can_pool(query, key):
            return score.pool(query, key, value, mask), None
        return self.attend(query, self.score.project(key), value, mask, need_weights)

    def attend(
        self,
        query: Tensor | None,
        keys: Tensor,
        value: Tensor,
        mask: Tensor | None = None,
        need_weights: bool = True,
    ) -> tuple[Tensor, Tensor | None]:
        """Attend to keys that were projected before, as `Attention.score` does.

        Parameters
        ----------
        query : Tensor of shape (n_samples, n_queries, query_size) or None
            What is looked for.
        keys : Tensor of shape (n_samples, n_heads, n_steps, key_size / n_heads)
            Keys after ``score.project``.
        value : Tensor of shape (n_samples, n_steps, value_size)
            What each step gives.
        mask : Tensor of bool of shape (n_samples, n_steps), default=None
            True at real steps; None if all are.
        need_weights : bool, default=True
            As in `forward`.

        Returns
        -------
        context : Tensor of shape (n_samples, n_queries, value_size)
            As in `forward`.
        weights : Tensor of shape (n_samples, n_heads, n_queries, n_steps) or None
            As in `forward`.
        """
        n_heads = self.score.n_heads
        wide_mask = None if mask is None else mask[:, None, None]
        if self.fused and not need_weights and query is not None:
            queries, values = (split_heads(part, n_heads) for part in (query, value))
            context = scaled_dot_product_attention(queries, keys, values, wide_mask)
            return join_heads(context), None
        weights = masked_softmax(self.score(query, keys, mask), wide_mask)
        return weigh(weights, value), weights


class SelfAttention(nn.Module):
    """Every step attends to every step, with residual and layer norm.

    Queries, keys and values come from the states through weight matrices of their own,
    the heads go through one more, and the result is added to the states (the attention
    sublayer of Vaswani et al. 2017).

    Parameters
    ----------
    size : int
        Size of a state.
    n_heads : int
        Heads; divides ``size``.
    dropout : float, default=0.0
        Share of the attended units dropped in training.

    References
    ----------
    A. Vaswani et al. (2017). Attention is all you need. NeurIPS.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import SelfAttention
    >>> states, weights = SelfAttention(size=4, n_heads=2)(torch.randn(3, 5, 4))
    >>> states.shape, weights.shape
    (torch.Size([3, 5, 4]), torch.Size([3, 2, 5, 5]))
    """

    def __init__(self, size: int, n_heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.query = nn.Linear(size, size)
        self.key = nn.Linear(size, size)
        self.value = nn.Linear(size, size)
        self.attention = Attention(
            "scaled_dot", query_size=size, key_size=size, n_heads=n_heads
        )
        self.output = nn.Linear(size, size)
        self.dropout = Dropout(dropout)
        self.norm = nn.LayerNorm(size)

    def forward(
        self, states: Tensor, mask: Tensor | None = None, need_weights: bool = True
    ) -> tuple[Tensor, Tensor | None]:
        """Attend from every state to every state.

        Parameters
        ----------
        states : Tensor of shape (n_samples, n_steps, size)
            One state a step.
        mask : Tensor of bool of shape (n_samples, n_steps), default=None
            True at real steps; None if all are.
        need_weights : bool, default=True
            Whether the map is to be returned.

        Returns
        -------
        states : Tensor of shape (n_samples, n_steps, size)
            States that know of each other.
        weights : Tensor of shape (n_samples, n_heads, n_steps, n_steps) or None
            The map, a row for each attending step.
        """
        attended, weights = self.attention(
            self.query(states), self.key(states), self.value(states), mask, need_weights
        )
        return self.norm(states + self.dropout(self.output(attended))), weights
