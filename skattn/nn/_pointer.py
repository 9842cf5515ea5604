"""The decoder whose answers are steps of the input."""

import torch
from torch import Tensor

from ._inputs import Memory
from .decoder import Decoded
from .lstm_decoder import LSTMDecoder

# Weights below it have no gradient, instead of one without bounds.
_LEAST = 1e-30


class PointerDecoder(LSTMDecoder):
    """Point to one step of the input after the other (Vinyals et al. 2015).

    It is an `LSTMDecoder` whose attention is the answer: each output step reads what
    the one before it pointed to.

    Parameters
    ----------
    pooling : AttentionPooling
        Its weights are the answer.
    size : int
        Size of a state.
    horizon : int
        Steps to point to.
    n_targets : int
        1: the number of a step.
    state_bypass : bool, default=False
        As in `LSTMDecoder`, like all that follow.
    teacher_forcing, dropout : float, default=0.0
        Shares.
    quantiles : tuple of float, default=None
        A step has none.
    conditioned : bool, default=False
        Whether static features scale and shift each context.
    n_future : int, default=0
        Numbers known before for each output step.
    summed : bool, default=False
        Refused: an answer that is a step is no sum.
    classes : bool, default=False
        Ignored; for `DenseDecoder`.

    References
    ----------
    O. Vinyals, M. Fortunato and N. Jaitly (2015). Pointer networks. NeurIPS.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import AttentionPooling, Memory, PointerDecoder
    >>> states = torch.randn(2, 5, 4)  # samples, steps, size
    >>> memory = Memory(states, states[:, -1], None, states)
    >>> decoder = PointerDecoder(AttentionPooling(4), 4, horizon=3, n_targets=1)
    >>> decoder(memory).prediction.exp().sum(-1).round(decimals=4)[0]
    tensor([1., 1., 1.], grad_fn=<SelectBackward0>)
    """

    def forward(
        self,
        memory: Memory,
        extra: Tensor | None = None,
        target: Tensor | None = None,
        need_weights: bool = True,
    ) -> Decoded:
        """Compute the logarithm of the weight of each step.

        Parameters
        ----------
        memory : Memory
            Encoded sequences.
        extra : Tensor, default=None
            Ignored: nothing leads past the attention.
        target : Tensor of shape (n_samples, horizon, 1), default=None
            The truth, as in `LSTMDecoder`.
        need_weights : bool, default=True
            Ignored: the weights are the answer.

        Returns
        -------
        Decoded
            The prediction is ``(n_samples, horizon, n_steps)``.
        """
        decoded = super().forward(memory, None, target)
        assert decoded.weights is not None
        weights = decoded.weights.mean(1)  # of all heads
        return decoded._replace(prediction=torch.log(weights.clamp(min=_LEAST)))
