"""Decoders: from context to outputs."""

import torch
from torch import Tensor, nn


class DenseDecoder(nn.Module):
    """All outputs at once from the context, after Luong's attentional vector on demand.

    Parameters
    ----------
    size : int
        Size of the context and of the last state.
    horizon, n_targets : int
        Output steps, and values at each.
    state_bypass : bool, default=False
        Join context and last state through a tanh layer, ``tanh(W [context; last])``
        (Luong et al. 2015, equation 5).

    References
    ----------
    T. Luong, H. Pham and C. Manning (2015). Effective approaches to attention-based
    neural machine translation. EMNLP.
    """

    def __init__(
        self, size: int, horizon: int, n_targets: int, state_bypass: bool = False
    ) -> None:
        super().__init__()
        self.shape = (horizon, n_targets)
        self.join = nn.Linear(2 * size, size, bias=False) if state_bypass else None
        self.output = nn.Linear(size, horizon * n_targets)

    def forward(self, context: Tensor, last: Tensor) -> Tensor:
        """Predict ``(n_samples, horizon, n_targets)`` from context and last state."""
        if self.join is not None:
            context = torch.tanh(self.join(torch.cat([context, last], dim=-1)))
        # (n, horizon * n_targets) -> (n, horizon, n_targets)
        return self.output(context).unflatten(-1, self.shape)
