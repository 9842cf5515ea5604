"""The one mechanism: score, normalise, weighted sum over query, key and value."""

import torch
from torch import Tensor, nn
from torch.nn import init
from torch.nn.functional import scaled_dot_product_attention

from ._inputs import Memory
from ._normalizers import NORMALIZERS, softmax
from ._registry import refuse_choice
from ._scores import SCORES, join_heads, split_heads
from ._side import SIDE_SIZE
from ._time import AgeBias


def masked_softmax(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Compute a softmax over the last axis, with weight exactly 0 where masked out.

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
    """Compute weighted sums of values, each head of its own share of them.

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
    """Soft addressing in three stages: score, normalise, weighted sum.

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
        Heads into which query, key and value are cut, each with weights of its own;
        divides all three sizes.
    n_steps : int, default=None
        Most steps there are; for "location" alone, which needs it.
    normalizer : str, default="softmax"
        How scores become weights, as in `skattn.LSTMAttentionRegressor`.

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
        normalizer: str = "softmax",
    ) -> None:
        super().__init__()
        self.score = SCORES[score](query_size, key_size, n_heads, n_steps)
        self.normalizer = NORMALIZERS[normalizer]
        # Both quick paths have the softmax inside.
        self.quick = self.normalizer is softmax
        self.fused = self.quick and score == "scaled_dot"

    def forward(
        self,
        query: Tensor | None,
        key: Tensor,
        value: Tensor,
        mask: Tensor | None = None,
        need_weights: bool = True,
        bias: Tensor | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Compute contexts, and the weights behind them.

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
            Without the need, and with the softmax, "scaled_dot" runs on torch's fused
            attention, and "additive" trains with its first derivatives written out
            where it has one head and one query; both without a bias.
        bias : Tensor of shape (n_samples, n_heads, 1, n_steps), default=None
            Added to the scores.

        Returns
        -------
        context : Tensor of shape (n_samples, n_queries, value_size)
            The weighted sums of the values, heads side by side.
        weights : Tensor of shape (n_samples, n_heads, n_queries, n_steps) or None
            The weights; rows sum to 1, masked steps have exactly 0. None if they were
            not needed and not computed.
        """
        score = self.score
        quick = self.quick and self.training and not need_weights and bias is None
        if quick and score.can_pool(query, key):
            return score.pool(query, key, value, mask), None
        keys = score.project(key)
        return self.attend(query, keys, value, mask, need_weights, bias)

    def attend(
        self,
        query: Tensor | None,
        keys: Tensor,
        value: Tensor,
        mask: Tensor | None = None,
        need_weights: bool = True,
        bias: Tensor | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Compute the same with keys that were projected before, by `Attention.score`.

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
        bias : Tensor, default=None
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
        fused = self.fused and not need_weights and bias is None
        if fused and query is not None:
            queries, values = split_heads(query, n_heads), split_heads(value, n_heads)
            context = scaled_dot_product_attention(queries, keys, values, wide_mask)
            return join_heads(context), None
        scores = self.score(query, keys, mask)
        if bias is not None:
            scores = scores + bias
        if wide_mask is not None:
            scores = scores.masked_fill(~wide_mask, -torch.inf)
        weights = self.normalizer(scores)
        return weigh(weights, value), weights


class AttentionPooling(nn.Module):
    """Attention of one query over all encoder states.

    Parameters
    ----------
    size : int
        Size of a state.
    score : str, default="additive"
        See `Attention`.
    query : {"last", "learned"}, default="last"
        The last state, or a vector learned in training.
    n_heads : int, default=1
        See `Attention`.
    n_steps : int, default=None
        See `Attention`.
    normalizer : str, default="softmax"
        See `Attention`.
    conditioned : bool, default=False
        Whether static features of the memory shift the query, so that they decide too
        which steps matter.
    timed : bool, default=False
        Whether scores depend on the ages of the steps as well.

    Attributes
    ----------
    max_steps : int or None
        Most steps of a sequence; None for any number.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import AttentionPooling, Memory
    >>> states = torch.randn(2, 5, 4)  # samples, steps, size
    >>> memory = Memory(states, states[:, -1], None, states)
    >>> context, weights = AttentionPooling(4, "additive", n_heads=2)(memory)
    >>> context.shape, weights.shape
    (torch.Size([2, 4]), torch.Size([2, 2, 5]))
    """

    def __init__(
        self,
        size: int,
        score: str = "additive",
        query: str = "last",
        n_heads: int = 1,
        n_steps: int | None = None,
        normalizer: str = "softmax",
        conditioned: bool = False,
        timed: bool = False,
    ) -> None:
        super().__init__()
        if query not in ("last", "learned"):
            refuse_choice("query", query, ("last", "learned"))
        self.context_size = size
        # The additive score holds its learned query itself, unless it is shifted.
        inside = query == "learned" and score == "additive" and not conditioned
        self.attention = Attention(
            score,
            query_size=0 if inside else size,
            key_size=size,
            n_heads=n_heads,
            n_steps=n_steps,
            normalizer=normalizer,
        )
        self.max_steps = self.attention.score.max_steps
        self.condition = nn.Linear(SIDE_SIZE, size) if conditioned else None
        self.age = AgeBias(n_heads) if timed else None
        self.learned = query == "learned"
        self.query = (
            nn.Parameter(torch.empty(1, 1, size))
            if self.learned and not inside
            else None
        )
        if self.query is not None:
            self.draw_parameters()

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw a learned query from a normal distribution.

        Parameters
        ----------
        generator : torch.Generator, default=None
            None: torch's global stream.
        """
        if self.query is not None:
            init.normal_(self.query, generator=generator)

    def forward(
        self, memory: Memory, need_weights: bool = True
    ) -> tuple[Tensor, Tensor | None]:
        """Compute the context of each sequence.

        Parameters
        ----------
        memory : Memory
            Encoded sequences.
        need_weights : bool, default=True
            See `Attention`.

        Returns
        -------
        context : Tensor of shape (n_samples, size)
            The weighted sum of the values.
        weights : Tensor of shape (n_samples, n_heads, n_steps) or None
            Rows sum to 1; masked steps have exactly 0.
        """
        states, last, mask, values, given = memory[:5]
        if given is not None:
            return weigh(given[:, :, None], values).squeeze(1), given
        query: Tensor | None = last[:, None]
        if self.learned:
            n_samples = last.shape[0]
            query = None if self.query is None else self.query.expand(n_samples, 1, -1)
        if query is not None:
            query = self.shift(query, memory.static)
        bias = self.judge(memory.ages)
        context, weights = self.attention(
            query, states, values, mask, need_weights, bias
        )
        return context.squeeze(1), None if weights is None else weights.squeeze(2)

    def shift(self, query: Tensor, static: Tensor | None) -> Tensor:
        """Return queries as static features shift them, if there are any.

        Parameters
        ----------
        query : Tensor of shape (n_samples, n_queries, size)
            What is looked for.
        static : Tensor of shape (n_samples, n_features) or None
            Of the memory.

        Returns
        -------
        Tensor of shape (n_samples, n_queries, size)
            The same for all queries of a sample.
        """
        if self.condition is None or static is None:
            return query
        return query + self.condition(static)[:, None]

    def judge(self, ages: Tensor | None) -> Tensor | None:
        """Return what the ages of steps add to their scores, if they do.

        Parameters
        ----------
        ages : Tensor of shape (n_samples, n_steps) or None
            Of the memory.

        Returns
        -------
        Tensor of shape (n_samples, n_heads, 1, n_steps) or None
            The same for all queries of a sample.
        """
        return None if self.age is None or ages is None else self.age(ages)
