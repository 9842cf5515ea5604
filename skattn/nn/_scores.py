"""Score functions: how well a query matches each key, the first of three stages.

Every score is called as ``score(query, keys, mask)`` with keys that ``project`` has
prepared, so that a decoder projects them once and not at every output step.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import init
from torch.nn.functional import linear, normalize

from ._additive import AdditivePooling
from ._registry import Registry
from ._time_axis import from_ends


def split_heads(x: Tensor, n_heads: int) -> Tensor:
    """Return heads of the last axis: ``(n, n_heads, n_steps, size / n_heads)``."""
    if n_heads == 1:  # the same in one quick move
        return x.unsqueeze(1)
    n_samples, n_steps, size = x.shape  # which stay free where a graph is traced
    return x.reshape(n_samples, n_steps, n_heads, size // n_heads).transpose(1, 2)


def join_heads(x: Tensor) -> Tensor:
    """Return heads side by side again: ``(n, n_steps, size)``."""
    return x.squeeze(1) if x.shape[1] == 1 else x.transpose(1, 2).flatten(2)


class Score(nn.Module):
    """Base of all scores: sizes, heads and the shapes of `forward`.

    Parameters
    ----------
    query_size, key_size : int
        Sizes of a query and of a key.
    n_heads : int, default=1
        Heads into which queries and keys are cut, each scored by itself; divides both
        sizes.
    n_steps : int, default=None
        Most steps there are; read by scores of position alone.

    Attributes
    ----------
    max_steps : int or None
        Most steps that can be scored; None for any number.
    """

    max_steps: int | None = None

    def __init__(
        self,
        query_size: int,
        key_size: int,
        n_heads: int = 1,
        n_steps: int | None = None,
    ) -> None:
        super().__init__()
        for name, size in {"query_size": query_size, "key_size": key_size}.items():
            if size % n_heads:
                raise ValueError(f"n_heads={n_heads} does not divide {name}={size}.")
        self.n_heads = n_heads
        self.head_sizes = (query_size // n_heads, key_size // n_heads)

    def project(self, key: Tensor) -> Tensor:
        """Return prepared keys: ``(n_samples, n_heads, n_steps, size / n_heads)``."""
        return split_heads(key, self.n_heads)

    def forward(self, query: Tensor, keys: Tensor, mask: Tensor | None) -> Tensor:
        """Compute the scores of prepared keys against queries.

        Parameters
        ----------
        query : Tensor of shape (n_samples, n_queries, query_size)
            What is looked for.
        keys : Tensor of shape (n_samples, n_heads, n_steps, key_size / n_heads)
            As `project` gives them.
        mask : Tensor of bool of shape (n_samples, n_steps) or None
            True at real steps. Only scores by position read it.

        Returns
        -------
        Tensor of shape (n_samples, n_heads, n_queries, n_steps)
            The scores.
        """
        raise NotImplementedError

    def can_pool(self, query: Tensor | None, key: Tensor) -> bool:
        """Return whether `pool` takes these; most scores have no such path."""
        return False

    def pool(
        self, query: Tensor | None, key: Tensor, value: Tensor, mask: Tensor | None
    ) -> Tensor:
        """Compute score, softmax and weighted sum at once, where `can_pool` is true.

        Parameters
        ----------
        query : Tensor of shape (n_samples, 1, query_size) or None
            What is looked for.
        key, value : Tensor of shape (n_samples, n_steps, ...)
            Keys not yet projected, and what is summed.
        mask : Tensor of bool of shape (n_samples, n_steps) or None
            True at real steps.

        Returns
        -------
        Tensor of shape (n_samples, 1, value_size)
            The weighted sums.
        """
        raise NotImplementedError


class DotScore(Score):
    """Dot product of query and key (Luong et al. 2015); both have one size."""

    def __init__(
        self,
        query_size: int,
        key_size: int,
        n_heads: int = 1,
        n_steps: int | None = None,
    ) -> None:
        super().__init__(query_size, key_size, n_heads)
        if query_size != key_size:
            raise ValueError(
                f"query_size={query_size} and key_size={key_size} must be equal: this "
                "score multiplies a query with a key, unit by unit."
            )

    def forward(self, query: Tensor, keys: Tensor, mask: Tensor | None) -> Tensor:
        return split_heads(query, self.n_heads) @ keys.transpose(-1, -2)


class ScaledDotScore(DotScore):
    """Dot product divided by the square root of its size (Vaswani et al. 2017)."""

    def forward(self, query: Tensor, keys: Tensor, mask: Tensor | None) -> Tensor:
        return super().forward(query, keys, mask) / math.sqrt(self.head_sizes[1])


class CosineScore(DotScore):
    """Cosine of query and key times a learned strength (Graves et al. 2014).

    Without the strength a softmax over cosines, which lie in [-1, 1], could never
    give one step among many most of the weight.
    """

    def __init__(
        self,
        query_size: int,
        key_size: int,
        n_heads: int = 1,
        n_steps: int | None = None,
    ) -> None:
        super().__init__(query_size, key_size, n_heads)
        self.log_strength = nn.Parameter(torch.empty(n_heads, 1, 1))
        self.draw_parameters()

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Start with a strength of 10."""
        init.constant_(self.log_strength, math.log(10.0))

    def project(self, key: Tensor) -> Tensor:
        return normalize(super().project(key), dim=-1)

    def forward(self, query: Tensor, keys: Tensor, mask: Tensor | None) -> Tensor:
        queries = normalize(split_heads(query, self.n_heads), dim=-1)
        return self.log_strength.exp() * (queries @ keys.transpose(-1, -2))


class GeneralScore(Score):
    r"""Bilinear form :math:`q^\top W k` (Luong et al. 2015)."""

    def __init__(
        self,
        query_size: int,
        key_size: int,
        n_heads: int = 1,
        n_steps: int | None = None,
    ) -> None:
        super().__init__(query_size, key_size, n_heads)
        self.weight = nn.Parameter(torch.empty(n_heads, *self.head_sizes))
        self.draw_parameters()

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw as a linear layer from keys does."""
        bound = 1 / math.sqrt(self.head_sizes[1])
        init.uniform_(self.weight, -bound, bound, generator=generator)

    def forward(self, query: Tensor, keys: Tensor, mask: Tensor | None) -> Tensor:
        queries = split_heads(query, self.n_heads) @ self.weight
        return queries @ keys.transpose(-1, -2)


class AdditiveScore(Score):
    r"""Additive score :math:`v^\top \tanh(W_q q + W_k k + b)` (Bahdanau et al. 2015).

    With ``query_size=0`` there is no query: :math:`v` is then itself the learned query,
    the "context vector" of Yang et al. (2016), and the score
    :math:`v^\top \tanh(W_k k + b)`.
    """

    def __init__(
        self,
        query_size: int,
        key_size: int,
        n_heads: int = 1,
        n_steps: int | None = None,
    ) -> None:
        super().__init__(query_size, key_size, n_heads)
        self.key_projection = nn.Linear(key_size, key_size)
        self.query_projection = (
            nn.Linear(query_size, key_size, bias=False) if query_size else None
        )
        self.weight = nn.Parameter(torch.empty(n_heads, 1, self.head_sizes[1], 1))
        self.draw_parameters()

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw v as a linear layer does."""
        bound = 1 / math.sqrt(self.head_sizes[1])
        init.uniform_(self.weight, -bound, bound, generator=generator)

    def project(self, key: Tensor) -> Tensor:
        return super().project(self.key_projection(key))

    def forward(
        self, query: Tensor | None, keys: Tensor, mask: Tensor | None
    ) -> Tensor:
        hidden = keys[:, :, None]  # (n, n_heads, 1, n_steps, size)
        if self.query_projection is not None:
            queries = split_heads(self.query_projection(query), self.n_heads)
            hidden = hidden + queries[:, :, :, None]
        # v tanh(h) = 2 v sigmoid(2 h) - sum(v): on CPUs torch's sigmoid takes a seventh
        # of the time of its tanh.
        gates, weight = torch.sigmoid(2 * hidden), 2 * self.weight
        if self.n_heads == 1:  # one product for all samples, far faster than many
            scores = linear(gates, weight.view(1, -1)).squeeze(-1)
        else:
            scores = (gates @ weight).squeeze(-1)
        return scores - self.weight.sum(2)

    def can_pool(self, query: Tensor | None, key: Tensor) -> bool:
        """Return whether there is one head, and one query for each sample.

        Autocast changes types in the middle, which the written-out gradient does not
        follow.
        """
        if self.n_heads > 1 or torch.is_autocast_enabled(key.device.type):
            return False
        if query is None or self.query_projection is None:
            return query is None and self.query_projection is None
        return query.shape[:2] == (key.shape[0], 1)

    def pool(
        self, query: Tensor | None, key: Tensor, value: Tensor, mask: Tensor | None
    ) -> Tensor:
        # The gradient is written out: see `AdditivePooling`.
        context: Tensor = AdditivePooling.apply(
            None if query is None else query.squeeze(1),
            key,
            None if value is key else value,
            mask,
            None if self.query_projection is None else self.query_projection.weight,
            self.key_projection.weight,
            self.key_projection.bias,
            self.weight.flatten(),
        )
        return context[:, None]


class LocationScore(Score):
    """A linear function of the query alone, one score a position (Luong et al. 2015).

    Positions are counted from the end; shorter sequences use the last ones.

    Parameters
    ----------
    query_size, key_size : int
        Sizes of a query and of a key; the key is not read.
    n_heads : int, default=1
        Scores for each position.
    n_steps : int
        Positions there are.
    """

    def __init__(
        self,
        query_size: int,
        key_size: int,
        n_heads: int = 1,
        n_steps: int | None = None,
    ) -> None:
        super().__init__(query_size, key_size, n_heads)
        if n_steps is None:
            raise ValueError(
                "score='location' needs n_steps, the most steps there are."
            )
        self.max_steps = n_steps
        self.position_projection = nn.Linear(query_size, n_heads * n_steps)

    def forward(self, query: Tensor, keys: Tensor, mask: Tensor | None) -> Tensor:
        if self.max_steps is not None and keys.shape[2] > self.max_steps:
            raise ValueError(
                f"X has {keys.shape[2]} steps, but attention='location' was made for "
                f"{self.max_steps}; at most {self.max_steps} are allowed."
            )
        scores = self.position_projection(query).unflatten(-1, (self.n_heads, -1))
        lengths = None if mask is None else mask.sum(1)
        return from_ends(scores.transpose(1, 2), lengths, keys.shape[2])


SCORES: Registry[type[Score]] = Registry(
    "score",
    {
        "additive": AdditiveScore,
        "cosine": CosineScore,
        "dot": DotScore,
        "general": GeneralScore,
        "location": LocationScore,
        "scaled_dot": ScaledDotScore,
    },
)
