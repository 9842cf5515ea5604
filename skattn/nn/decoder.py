"""What decoders return, and the decoder of all outputs at once.

All are called as ``decoder(memory, extra, target, need_weights)`` and return the
prediction ``(n_samples, horizon, n_targets)``, the contexts side by side
``(n_samples, context_size)``, the weights ``(n_samples, n_heads, [horizon,] n_steps)``,
and with several quantiles the gaps between them.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ._dropout import Dropout
from ._inputs import Memory
from ._quantiles import QuantileGaps
from ._segments import ContributionPooling
from ._side import FutureTerm, StaticJoin
from .attention import AttentionPooling
from .pooling import FixedPooling, Pooling


class Decoded(NamedTuple):
    """What a decoder returns.

    Parameters
    ----------
    prediction : Tensor of shape (n_samples, horizon, n_targets)
        The outputs.
    context : Tensor of shape (n_samples, context_size)
        What the attention gathered; decoder steps side by side.
    weights : Tensor of shape (n_samples, n_heads, [horizon,] n_steps) or None
        Attention weights; None where they were not needed.
    gaps : Tensor of shape (n_samples, horizon, n_targets, n_quantiles - 1) or None
        Distances between neighbouring quantiles, of which the prediction is the median;
        None where one value is predicted.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import DenseDecoder, FixedPooling, Memory
    >>> states = torch.randn(2, 5, 4)  # samples, steps, size
    >>> memory = Memory(states, states[:, -1], None, states)
    >>> decoder = DenseDecoder(FixedPooling("last", 4), 4, horizon=3, n_targets=1)
    >>> prediction, context, weights, gaps = decoder(memory)
    >>> prediction.shape, context.shape, weights.shape
    (torch.Size([2, 3, 1]), torch.Size([2, 4]), torch.Size([2, 1, 5]))
    """

    prediction: Tensor
    context: Tensor
    weights: Tensor | None
    gaps: Tensor | None = None


class DenseDecoder(nn.Module):
    """All outputs at once from one context.

    Parameters
    ----------
    pooling : AttentionPooling, FixedPooling or FeaturePooling
        Makes the context.
    size : int
        Size of a state.
    horizon, n_targets : int
        Output steps, and values at each.
    state_bypass : bool, default=False
        Join context and last state through a tanh layer, ``tanh(W [context; last])``
        (Luong et al. 2015, equation 5).
    dropout : float, default=0.0
        Share of the context dropped in training.
    teacher_forcing : float, default=0.0
        Ignored; for `LSTMDecoder`.
    quantiles : tuple of float, default=None
        Levels of the quantiles to predict, ascending, with 0.5 among them.
    conditioned : bool, default=False
        Whether static features of the memory scale and shift the context.
    n_future : int, default=0
        Numbers known before for each output step; its own are read by each, in the
        light of the context.
    summed : bool, default=False
        Whether outputs are to be sums: what is known before then adds a linear term.
    classes : bool, default=False
        Whether the outputs are logits, of which only differences count.

    References
    ----------
    T. Luong, H. Pham and C. Manning (2015). Effective approaches to attention-based
    neural machine translation. EMNLP.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import AttentionPooling, DenseDecoder, Memory
    >>> states = torch.randn(2, 5, 4)  # samples, steps, size
    >>> memory = Memory(states, states[:, -1], None, states)
    >>> decoder = DenseDecoder(AttentionPooling(4), 4, horizon=3, n_targets=1)
    >>> decoder(memory).prediction.shape
    torch.Size([2, 3, 1])
    """

    def __init__(
        self,
        pooling: Pooling,
        size: int,
        horizon: int,
        n_targets: int,
        state_bypass: bool = False,
        dropout: float = 0.0,
        teacher_forcing: float = 0.0,
        quantiles: tuple[float, ...] | None = None,
        conditioned: bool = False,
        n_future: int = 0,
        summed: bool = False,
        classes: bool = False,
    ) -> None:
        super().__init__()
        self.pooling = pooling
        self.classes = classes
        self.context_size = pooling.context_size
        self.shape = (horizon, n_targets)
        self.dropout = Dropout(dropout) if dropout else nn.Identity()
        width = self.context_size
        self.join = nn.Linear(width + size, size, bias=False) if state_bypass else None
        width = size if state_bypass else width
        self.output = nn.Linear(width, horizon * n_targets)
        self.static = StaticJoin(self.context_size) if conditioned else None
        read = 0 if summed else width
        self.future = (
            FutureTerm(read, horizon, n_future, n_targets) if n_future else None
        )
        self.gaps = QuantileGaps(width, self.shape, quantiles) if quantiles else None

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Set the outputs around 0, the mean of scaled targets.

        Parameters
        ----------
        generator : torch.Generator, default=None
            Ignored: nothing is random.
        """
        nn.init.zeros_(self.output.bias)

    @torch.no_grad()
    def start_without(self, n_states: int | None = None) -> None:
        """Begin without the first numbers of the context, which training brings in.

        Parameters
        ----------
        n_states : int, default=None
            How many they are. With None outputs begin at 0, whatever they read. With a
            number and ``state_bypass``, where outputs read a joined state, nothing
            changes.
        """
        if n_states is None:
            future = [] if self.future is None else self.future.last_weights
            for weight in [self.output.weight, *future]:
                nn.init.zeros_(weight)
        elif self.join is None:
            self.output.weight[:, :n_states] = 0

    def forward(
        self,
        memory: Memory,
        extra: Tensor | None = None,
        target: Tensor | None = None,
        need_weights: bool = True,
    ) -> Decoded:
        """Compute all outputs from one context.

        Parameters
        ----------
        memory : Memory
            Encoded sequences.
        extra : Tensor of shape (n_samples, horizon, n_targets), default=None
            What other paths add to the prediction.
        target : Tensor, default=None
            Ignored; for `LSTMDecoder`.
        need_weights : bool, default=True
            See `Attention`.

        Returns
        -------
        Decoded
            Prediction, context, weights ``(n_samples, n_heads, n_steps)``, and gaps
            where there are several quantiles.
        """
        if isinstance(self.pooling, ContributionPooling):
            memory = memory._replace(readout=self.read_out(memory))
        context, weights = self.pooling(memory, need_weights)
        used = self.dropout(context) if self.training else context
        if self.static is not None:
            used = self.static(used, memory.static)
        if self.join is not None:
            used = torch.tanh(self.join(torch.cat([used, memory.last], dim=-1)))
        # (n, horizon * n_targets) -> (n, horizon, n_targets)
        prediction = self.output(used).unflatten(-1, self.shape)
        if self.future is not None:
            prediction = prediction + self.future(used, memory.future)
        if extra is not None:
            prediction = prediction + extra
        gaps = None if self.gaps is None else self.gaps(used)
        return Decoded(prediction, context, weights, gaps)

    @property
    def adds_nothing(self) -> bool:
        """Whether all that leads to the outputs is 0."""
        last = [self.output.weight, self.output.bias]
        if self.future is not None:
            last += self.future.last_weights
        return not any(part.any() for part in last)

    @property
    def sums(self) -> bool:
        """Whether outputs are sums over the steps: none other bends or joins them."""
        pooling = self.pooling
        whole = isinstance(pooling, AttentionPooling | ContributionPooling)
        if isinstance(pooling, FixedPooling):
            whole = pooling.kind != "max"
        linear = self.future is None or self.future.linear
        return whole and linear and self.join is None

    def read_out(self, memory: Memory, centred: bool = True) -> Tensor:
        """Return what the outputs make of a value.

        Parameters
        ----------
        memory : Memory
            Encoded sequences.
        centred : bool, default=True
            Whether logits are relative to their mean.

        Returns
        -------
        Tensor of shape ([n_samples,] n_outputs, size)
            One matrix for each sample if static features scale the context.
        """
        weight = self.output.weight
        if self.classes and centred:
            weight = weight - weight.mean(0)
        if self.static is None or memory.static is None:
            return weight
        return weight * self.static.read(memory.static)[0][:, None]

    def find_terms(
        self, memory: Memory, weights: Tensor, centred: bool = True
    ) -> Tensor:
        """Compute what each step adds to the outputs, where they are `sums`.

        Parameters
        ----------
        memory : Memory
            Encoded sequences.
        weights : Tensor of shape (n_samples, n_heads, n_steps)
            From `forward`.
        centred : bool, default=True
            Whether logits are relative to their mean.

        Returns
        -------
        Tensor of shape (n_samples, n_steps, n_outputs)
            Their sum over the steps, with the bias and what static features and the
            future add, is the prediction without other paths.
        """
        values, pooling = memory.values, self.pooling
        if isinstance(pooling, FixedPooling) and pooling.takes_last(memory):
            values = memory.last[:, None].expand_as(values)
        if not (isinstance(pooling, ContributionPooling) and pooling.summed):
            size = values.shape[2] // weights.shape[1]
            values = values * weights.repeat_interleave(size, dim=1).transpose(1, 2)
        elif memory.mask is not None:
            values = values * memory.mask[:, :, None]
        return values @ self.read_out(memory, centred).transpose(-1, -2)

    def decaying_parameters(self) -> list[Tensor]:
        """Return what the weight decay shrinks: nothing.

        Returns
        -------
        list of Tensor
            Empty: outputs need large weights to reach their targets.
        """
        return []
