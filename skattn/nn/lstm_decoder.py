"""The decoder of one output step after the other."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ._dropout import Dropout
from ._inputs import Memory
from ._quantiles import QuantileGaps
from ._segments import ContributionPooling
from ._side import StaticJoin
from .attention import AttentionPooling
from .decoder import Decoded
from .pooling import FeaturePooling, FixedPooling, Pooling


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
        self.static = StaticJoin(size) if conditioned else None
        self.gaps = QuantileGaps(size, (n_targets,), quantiles) if quantiles else None
        # A truth is kept where dropout would keep a unit.
        self.forcing = Dropout(1.0 - teacher_forcing)

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Set the outputs around 0, the mean of scaled targets.

        Parameters
        ----------
        generator : torch.Generator, default=None
            Ignored: nothing is random.
        """
        nn.init.zeros_(self.output.bias)

    def start_without(self, n_states: int | None = None) -> None:
        """Begin with outputs of 0.

        Parameters
        ----------
        n_states : int, default=None
            With a number nothing changes: outputs read a joined state.
        """
        if n_states is None:
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
