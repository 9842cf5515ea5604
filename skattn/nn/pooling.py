"""Pooling over time: many encoder states to one context, with weights to show.

All poolings are called as ``pooling(memory, need_weights)`` and return the context
``(n_samples, context_size)`` with the weights ``(n_samples, n_heads, n_steps)``; for
`FeaturePooling` hidden units stand in the place of heads.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ._inputs import Memory
from ._normalizers import NORMALIZERS
from ._registry import Registry, refuse_choice
from ._scores import SCORES
from ._segments import ContributionPooling
from ._time_axis import align_ends, from_ends
from .attention import AttentionPooling

_KINDS = ("last", "mean", "max")


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

    max_steps: int | None = None  # any number of steps

    def __init__(self, kind: str, size: int) -> None:
        super().__init__()
        if kind not in _KINDS:
            refuse_choice("kind", kind, _KINDS)
        self.kind = kind
        self.context_size = size

    def forward(
        self, memory: Memory, need_weights: bool = True
    ) -> tuple[Tensor, Tensor]:
        """Compute the context of each sequence.

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
        states, last, mask, values, given = memory[:5]
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
            if self.takes_last(memory):
                return last, weights[:, None]
        weights = weights[:, None]
        return (weights @ values).squeeze(1), weights

    def takes_last(self, memory: Memory) -> bool:
        """Return whether the context is `Memory.last` and no sum of the values.

        The two differ where the encoder reads in both directions, as the last state
        holds the backward start, and after a self-attention, which it does not read.

        Parameters
        ----------
        memory : Memory
            Encoded sequences.

        Returns
        -------
        bool
            True for "last" where the values are states.
        """
        return self.kind == "last" and memory.values is memory.states

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
    """A dense layer over time, normalised for each hidden unit (Keras style).

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
    normalizer : str, default="softmax"
        See `Attention`.

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

    def __init__(self, size: int, n_steps: int, normalizer: str = "softmax") -> None:
        super().__init__()
        self.max_steps = n_steps
        self.normalizer = NORMALIZERS[normalizer]
        self.context_size = n_steps * size
        self.dense = nn.Linear(n_steps, n_steps)

    def forward(
        self, memory: Memory, need_weights: bool = True
    ) -> tuple[Tensor, Tensor]:
        """Compute the weighted states of each sequence.

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
        states, _, mask, values, given = memory[:5]
        n_given = states.shape[1]
        if n_given > self.max_steps:
            raise ValueError(
                f"X has {n_given} steps, but attention='feature' was made for "
                f"{self.max_steps}; at most {self.max_steps} are allowed."
            )
        lengths = None if mask is None else mask.sum(1)
        aligned = align_ends(values, lengths, self.max_steps)
        if given is not None:
            placed = align_ends(given.transpose(1, 2), lengths, self.max_steps)
            return (aligned * placed).flatten(1), given
        # (n, n_steps, size) -> (n, size, n_steps): the dense layer runs over time
        scores = self.dense(align_ends(states, lengths, self.max_steps).transpose(1, 2))
        if mask is not None or n_given < self.max_steps:
            real = states.new_ones(states.shape[:2]) if mask is None else mask
            real = align_ends(
                real[:, :, None].to(states.dtype), lengths, self.max_steps
            )
            scores = scores.masked_fill(real.transpose(1, 2) == 0, -torch.inf)
        weights = self.normalizer(scores)
        context = (aligned * weights.transpose(1, 2)).flatten(1)
        shown = from_ends(weights, lengths, n_given)
        if mask is not None:
            shown = shown.masked_fill(~mask[:, None], 0.0)
        return context, shown


Pooling = AttentionPooling | FixedPooling | FeaturePooling | ContributionPooling


class Recipe(NamedTuple):
    """How a pooling is made: called with ``size`` and the options that it takes."""

    make: Callable[..., Pooling]
    options: tuple[str, ...]


# Those that read what segments contribute to the outputs.
SEGMENT_POOLINGS = ("contribution", "sum")

# What estimators call ``attention``: a score, or a pooling without one.
POOLINGS: Registry[Recipe] = Registry(
    "attention",
    {
        **{
            score: Recipe(
                partial(AttentionPooling, score=score),
                ("query", "n_heads", "n_steps", "normalizer", "conditioned", "timed"),
            )
            for score in SCORES
        },
        **{kind: Recipe(partial(FixedPooling, kind), ()) for kind in _KINDS},
        "feature": Recipe(FeaturePooling, ("n_steps", "normalizer")),
        "contribution": Recipe(ContributionPooling, ()),
        "sum": Recipe(partial(ContributionPooling, summed=True), ()),
    },
)
