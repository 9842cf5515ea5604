"""Decoders: from encoded sequences to outputs, all at once or step by step.

Both are called as ``decoder(memory, extra, target, need_weights)`` and return the
prediction ``(n_samples, horizon, n_targets)``, the contexts side by side
``(n_samples, context_size)``, the weights ``(n_samples, n_heads, [horizon,] n_steps)``,
and with several quantiles the gaps between them.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ._dropout import Dropout
from ._inputs import Memory
from ._quantiles import QuantileGaps
from ._segments import ContributionPooling
from ._side import FutureTerm, StaticJoin
from .attention import AttentionPooling
from .pooling import FeaturePooling, FixedPooling, Pooling


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
        self.starts_at_zero = False
        self.static = StaticJoin(self.context_size) if conditioned else None
        read = 0 if summed else width
        self.future = (
            FutureTerm(read, horizon, n_future, n_targets) if n_future else None
        )
        self.gaps = QuantileGaps(width, self.shape, quantiles) if quantiles else None

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Set the outputs around 0, the mean of scaled targets, or to 0.

        Parameters
        ----------
        generator : torch.Generator, default=None
            Ignored: nothing is random.
        """
        nn.init.zeros_(self.output.bias)
        if self.starts_at_zero:
            nn.init.zeros_(self.output.weight)
            for weight in [] if self.future is None else self.future.last_weights:
                nn.init.zeros_(weight)

    @torch.no_grad()
    def start_without(self, n_states: int) -> None:
        """Begin without the first numbers of the context, which training brings in.

        With ``state_bypass`` the output reads a joined state, and nothing changes.

        Parameters
        ----------
        n_states : int
            How many they are.
        """
        if self.join is None:
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


class LSTMDecoder(nn.Module):
    """One output step after the other, each with its own attention.

    At each step an LSTM reads the previous output and the previous attentional vector
    (input feeding), its state is the query, and ``tanh(W [context; state])`` gives the
    output (Luong et al. 2015). It starts from zeros, so that all it knows came through
    the attention; with ``state_bypass`` from the encoder's last state through a tanh
    layer (Bahdanau et al. 2015), and then the attention may idle.

    Parameters
    ----------
    pooling : AttentionPooling or FixedPooling
        Makes the context of each step; a fixed pooling makes the same for all.
    size : int
        Size of a state.
    horizon, n_targets : int
        Output steps, and values at each.
    state_bypass : bool, default=False
        Start from the encoder's last state.
    teacher_forcing : float, default=0.0
        Probability in training that a step reads the true previous output instead of
        the predicted one (Williams and Zipser 1989).
    dropout : float, default=0.0
        Share of the attentional vector dropped in training before the output.
    quantiles : tuple of float, default=None
        Levels of the quantiles to predict, ascending, with 0.5 among them: the median
        is what the next step reads.
    conditioned : bool, default=False
        Whether static features of the memory scale and shift each context.
    n_future : int, default=0
        Numbers known before for each output step, which the LSTM reads there.
    summed : bool, default=False
        Refused: outputs that depend on each other are no sums.
    classes : bool, default=False
        Ignored; for `DenseDecoder`.

    References
    ----------
    D. Bahdanau, K. Cho and Y. Bengio (2015). Neural machine translation by jointly
    learning to align and translate. ICLR.

    T. Luong, H. Pham and C. Manning (2015). Effective approaches to attention-based
    neural machine translation. EMNLP.

    R. Williams and D. Zipser (1989). A learning algorithm for continually running
    fully recurrent neural networks. Neural Computation 1(2).

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import AttentionPooling, LSTMDecoder, Memory
    >>> states = torch.randn(2, 5, 4)  # samples, steps, size
    >>> memory = Memory(states, states[:, -1], None, states)
    >>> decoder = LSTMDecoder(AttentionPooling(4), 4, horizon=3, n_targets=1)
    >>> decoder(memory).weights.shape  # samples, heads, output steps, input steps
    torch.Size([2, 1, 3, 5])
    """

    def __init__(
        self,
        pooling: Pooling,
        size: int,
        horizon: int,
        n_targets: int,
        state_bypass: bool = False,
        teacher_forcing: float = 0.0,
        dropout: float = 0.0,
        quantiles: tuple[float, ...] | None = None,
        conditioned: bool = False,
        n_future: int = 0,
        summed: bool = False,
        classes: bool = False,
    ) -> None:
        super().__init__()
        if isinstance(pooling, FeaturePooling):
            raise ValueError("decoder='lstm' does not go with attention='feature'.")
        if isinstance(pooling, ContributionPooling) or summed:
            raise ValueError("decoder='lstm' does not go with values='segments'.")
        if isinstance(pooling, AttentionPooling) and pooling.learned:
            raise ValueError("decoder='lstm' does not go with query='learned'.")
        self.pooling = pooling
        self.size = size
        self.horizon = horizon
        self.shape = (horizon, n_targets)
        self.context_size = horizon * size
        self.bridge = nn.Linear(size, size) if state_bypass else None
        self.cell = nn.LSTMCell(n_targets + size + n_future, size)
        self.join = nn.Linear(2 * size, size, bias=False)
        self.dropout = Dropout(dropout) if dropout else nn.Identity()
        self.output = nn.Linear(size, n_targets)
        self.starts_at_zero = False
        self.static = StaticJoin(size) if conditioned else None
        self.gaps = QuantileGaps(size, (n_targets,), quantiles) if quantiles else None
        # A truth is kept where dropout would keep a unit.
        self.forcing = Dropout(1.0 - teacher_forcing)

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Set the outputs around 0, the mean of scaled targets, or to 0.

        Parameters
        ----------
        generator : torch.Generator, default=None
            Ignored: nothing is random.
        """
        nn.init.zeros_(self.output.bias)
        if self.starts_at_zero:
            nn.init.zeros_(self.output.weight)

    def forward(
        self,
        memory: Memory,
        extra: Tensor | None = None,
        target: Tensor | None = None,
        need_weights: bool = True,
    ) -> Decoded:
        """Compute one output after the other.

        Parameters
        ----------
        memory : Memory
            Encoded sequences.
        extra : Tensor of shape (n_samples, horizon, n_targets), default=None
            What other paths add to the prediction.
        target : Tensor of shape (n_samples, horizon, n_targets), default=None
            The truth, for teacher forcing; read in training alone.
        need_weights : bool, default=True
            See `Attention`.

        Returns
        -------
        Decoded
            Prediction, contexts, weights ``(n_samples, n_heads, horizon, n_steps)``,
            the alignment, and gaps where there are several quantiles.
        """
        attend = self._prepare(memory, need_weights)
        n_samples = memory.last.shape[0]
        fed = memory.last.new_zeros(n_samples, self.size)
        cell = torch.zeros_like(fed)
        state = cell if self.bridge is None else torch.tanh(self.bridge(memory.last))
        output = memory.last.new_zeros(n_samples, self.output.out_features)
        outputs, contexts, weights, gaps = [], [], [], []
        for step in range(self.horizon):
            read = [output, fed]
            if memory.future is not None:
                read.append(memory.future[:, step])
            state, cell = self.cell(torch.cat(read, dim=-1), (state, cell))
            context, weight = attend(state)
            used = context
            if self.static is not None:
                used = self.static(context, memory.static)
            fed = torch.tanh(self.join(torch.cat([used, state], dim=-1)))
            used = self.dropout(fed) if self.training else fed
            output = self.output(used)
            if self.gaps is not None:
                gaps.append(self.gaps(used))
            if extra is not None:
                output = output + extra[:, step]
            outputs.append(output)
            contexts.append(context)
            weights.append(weight)
            output = self._force(output, target, step)
        return Decoded(
            torch.stack(outputs, dim=1),
            torch.cat(contexts, dim=1),
            _stack(weights) if need_weights else None,
            torch.stack(gaps, dim=1) if gaps else None,
        )

    @property
    def adds_nothing(self) -> bool:
        """Whether all that leads to the outputs is 0."""
        return not (self.output.weight.any() or self.output.bias.any())

    def decaying_parameters(self) -> list[Tensor]:
        """Return what the weight decay shrinks: the matrices of the cell.

        Returns
        -------
        list of Tensor
            As `LSTMEncoder.decaying_parameters`.
        """
        return [weight for weight in self.cell.parameters() if weight.ndim == 2]

    def _prepare(
        self, memory: Memory, need_weights: bool
    ) -> Callable[[Tensor], tuple[Tensor, Tensor | None]]:
        """Return a function from a state to its context and weights."""
        pooling = self.pooling
        if memory.weights is not None:
            # (n, n_heads, horizon, n_steps) -> one output step after the other
            steps = iter(memory.weights.unbind(2))
            return lambda state: pooling(memory._replace(weights=next(steps)))
        if isinstance(pooling, FixedPooling):
            fixed = pooling(memory, need_weights)
            return lambda state: fixed
        assert isinstance(pooling, AttentionPooling)
        attention = pooling.attention
        keys = attention.score.project(memory.states)
        bias = pooling.judge(memory.ages)

        def attend(state: Tensor) -> tuple[Tensor, Tensor | None]:
            context, weights = attention.attend(
                pooling.shift(state[:, None], memory.static),
                keys,
                memory.values,
                memory.mask,
                need_weights,
                bias,
            )
            return context[:, 0], None if weights is None else weights[:, :, 0]

        return attend

    def _force(self, output: Tensor, target: Tensor | None, step: int) -> Tensor:
        """Return outputs, for a random share of the samples replaced by the truth."""
        if target is None or not self.training:
            return output
        forced = self.forcing(torch.ones_like(output[:, :1])) > 0
        return torch.where(forced, target[:, step], output)


def _stack(weights: list[Tensor | None]) -> Tensor:
    """Return the alignment: ``(n_samples, n_heads, horizon, n_steps)``."""
    return torch.stack([weight for weight in weights if weight is not None], dim=2)
