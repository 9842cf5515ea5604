"""Pooling over time: many encoder states to one context, with weights to show.

All poolings are called as ``pooling(memory, need_weights)`` and give the context
``(n_samples, context_size)`` with the weights ``(n_samples, n_parts, n_steps)``, where
parts are heads, or hidden units for `FeaturePooling`.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import init
from torch.nn.functional import one_hot

from ._memory import Memory
from ._scores import SCORES
from ._steps import align_ends, from_ends
from .attention import Attention, weigh

Pooled = tuple[Tensor, Tensor | None]

FIXED_POOLINGS = ("last", "mean", "max")


def check_choices(**choices: tuple[Any, Iterable[Any]]) -> None:
    """Refuse a value that is none of those allowed.

    Parameters
    ----------
    **choices : tuple
        For each argument what came, and what is allowed.

    Raises
    ------
    ValueError
        Naming the argument, what came and what is allowed.
    """
    for name, (value, allowed) in choices.items():
        if not any(value is known or value == known for known in allowed):
            listed = ", ".join(map(repr, allowed))
            raise ValueError(f"{name}={value!r} is not known; allowed are {listed}.")


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
    n_heads : int, default=1
        See `Attention`.
    n_steps : int, default=None
        See `Attention`.

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
    ) -> None:
        super().__init__()
        check_choices(query=(query, ("last", "learned")))
        self.context_size = size
        # The additive score holds its learned query itself.
        inside = query == "learned" and score == "additive"
        self.attention = Attention(
            score,
            query_size=0 if inside else size,
            key_size=size,
            n_heads=n_heads,
            n_steps=n_steps,
        )
        self.learned = query == "learned"
        self.query = (
            nn.Parameter(torch.empty(1, 1, size))
            if self.learned and not inside
            else None
        )
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

    def forward(self, memory: Memory, need_weights: bool = True) -> Pooled:
        """Pool states over time.

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
        states, last, mask, values, given = memory
        if given is not None:
            return weigh(given[:, :, None], values).squeeze(1), given
        query: Tensor | None = last[:, None]
        if self.learned:
            n_samples = last.shape[0]
            query = None if self.query is None else self.query.expand(n_samples, 1, -1)
        context, weights = self.attention(query, states, values, mask, need_weights)
        return context.squeeze(1), None if weights is None else weights.squeeze(2)


class FixedPooling(nn.Module):
    """Pooling without attention, whose weights are known beforehand or read off.

    Parameters
    ----------
    kind : {"last", "mean", "max"}
        The last state, with one-hot weights; the mean of the real states, with
        uniform weights; or each unit's maximum, where a step's weight is the share of
        units that take it.
    size : int
        Size of a state.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import FixedPooling, Memory
    >>> states = torch.randn(2, 5, 4)  # samples, steps, size
    >>> memory = Memory(states, states[:, -1], None, states)
    >>> context, weights = FixedPooling("mean", 4)(memory)
    >>> weights[0]
    tensor([[0.2000, 0.2000, 0.2000, 0.2000, 0.2000]])
    """

    def __init__(self, kind: str, size: int) -> None:
        super().__init__()
        check_choices(kind=(kind, FIXED_POOLINGS))
        self.kind = kind
        self.context_size = size

    def forward(self, memory: Memory, need_weights: bool = True) -> Pooled:
        """Pool states over time.

        Parameters
        ----------
        memory : Memory
            Encoded sequences.
        need_weights : bool, default=True
            Ignored: the weights cost nothing.

        Returns
        -------
        context : Tensor of shape (n_samples, size)
            The pooled values.
        weights : Tensor of shape (n_samples, 1, n_steps)
            Rows sum to 1; masked steps have exactly 0.
        """
        states, last, mask, values, given = memory
        if given is not None:
            return self._weigh(given, values), given
        if mask is None:
            mask = states.new_ones(states.shape[:2], dtype=torch.bool)
        if self.kind == "max":
            return _pool_max(values, mask)
        if self.kind == "mean":
            weights = mask.to(states.dtype) / mask.sum(1, keepdim=True)
        else:
            weights = one_hot(mask.sum(1) - 1, states.shape[1]).to(states.dtype)
            if values is states:
                return last, weights[:, None]
        weights = weights[:, None]
        return (weights @ values).squeeze(1), weights

    def _weigh(self, weights: Tensor, values: Tensor) -> Tensor:
        if self.kind == "max":
            raise NotImplementedError(
                "attention='max' cannot predict with other weights: its weights count "
                "which steps hold the maxima, and do not make the context."
            )
        return (weights @ values).squeeze(1)


def _pool_max(values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    context, step = values.masked_fill(~mask[:, :, None], -torch.inf).max(dim=1)
    weights = torch.zeros_like(values[:, :, 0])
    share = torch.full_like(context, 1 / values.shape[2])
    return context, weights.scatter_add(1, step, share)[:, None]


class FeaturePooling(nn.Module):
    """A dense layer over time with a softmax for each hidden unit (Keras style).

    The states are multiplied by their weights and laid side by side, without a sum;
    it is the ``attention_3d_block`` that many Keras models use, after an LSTM that
    returns all states. Steps are counted from the end; shorter sequences have weight
    on their own steps alone.

    Parameters
    ----------
    size : int
        Size of a state.
    n_steps : int
        Most steps there are.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import FeaturePooling, Memory
    >>> states = torch.randn(2, 5, 4)  # samples, steps, size
    >>> memory = Memory(states, states[:, -1], None, states)
    >>> context, weights = FeaturePooling(4, n_steps=5)(memory)
    >>> context.shape, weights.shape  # steps times units; one row a unit
    (torch.Size([2, 20]), torch.Size([2, 4, 5]))
    """

    def __init__(self, size: int, n_steps: int) -> None:
        super().__init__()
        self.n_steps = n_steps
        self.context_size = n_steps * size
        self.dense = nn.Linear(n_steps, n_steps)

    def forward(self, memory: Memory, need_weights: bool = True) -> Pooled:
        """Weigh states over time.

        Parameters
        ----------
        memory : Memory
            Encoded sequences of at most ``n_steps`` steps.
        need_weights : bool, default=True
            Ignored: the weights are needed in any case.

        Returns
        -------
        context : Tensor of shape (n_samples, n_steps * size)
            The weighted values, step by step.
        weights : Tensor of shape (n_samples, size, n_steps)
            One row a hidden unit, which sums to 1.
        """
        states, _, mask, values, given = memory
        n_given = states.shape[1]
        if n_given > self.n_steps:
            raise ValueError(
                f"X has {n_given} steps, but attention='feature' was made for "
                f"{self.n_steps}; at most {self.n_steps} are allowed."
            )
        lengths = None if mask is None else mask.sum(1)
        aligned = align_ends(values, lengths, self.n_steps)
        if given is not None:
            placed = align_ends(given.transpose(1, 2), lengths, self.n_steps)
            return (aligned * placed).flatten(1), given
        # (n, n_steps, size) -> (n, size, n_steps): the dense layer runs over time
        scores = self.dense(align_ends(states, lengths, self.n_steps).transpose(1, 2))
        if mask is not None or n_given < self.n_steps:
            real = states.new_ones(states.shape[:2]) if mask is None else mask
            real = align_ends(real[:, :, None].to(states.dtype), lengths, self.n_steps)
            scores = scores.masked_fill(real.transpose(1, 2) == 0, -torch.inf)
        weights = torch.softmax(scores, dim=-1)
        context = (aligned * weights.transpose(1, 2)).flatten(1)
        shown = from_ends(weights, lengths, n_given)
        if mask is not None:
            shown = shown.masked_fill(~mask[:, None], 0.0)
        return context, shown


def make_pooling(
    attention: str, size: int, query: str, n_heads: int, n_steps: int
) -> AttentionPooling | FixedPooling | FeaturePooling:
    """Build the pooling that the estimators' parameters name."""
    check_choices(
        attention=(attention, (*SCORES, *FIXED_POOLINGS, "feature")),
        query=(query, ("last", "learned")),
    )
    if attention in FIXED_POOLINGS:
        return FixedPooling(attention, size)
    if attention == "feature":
        return FeaturePooling(size, n_steps)
    return AttentionPooling(size, attention, query, n_heads, n_steps)
