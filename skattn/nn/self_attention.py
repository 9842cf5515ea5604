"""Self-attention between the encoder and the attention that leads to the output."""

from torch import Tensor, nn

from ._dropout import Dropout
from .attention import Attention


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
        self.dropout = Dropout(dropout) if dropout else nn.Identity()
        self.norm = nn.LayerNorm(size)

    def forward(
        self, states: Tensor, mask: Tensor | None = None, need_weights: bool = True
    ) -> tuple[Tensor, Tensor | None]:
        """Compute states that have read each other.

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
