"""Gated input embeddings, values that make a prediction a sum over the inputs."""

import torch
from torch import Tensor, nn

from ._categories import Categories


class GatedEmbedding(nn.Module):
    """A linear embedding of each step's inputs, gated by the states (RETAIN).

    ``tanh(W_gate state) * (W_embed input)``: linear in the input once the state is
    known. The inputs are scaled, but not centred, so that an input of 0 gives nothing.

    Parameters
    ----------
    input_size : int
        Size of one step's inputs.
    state_size : int
        Size of a state and of an embedding.

    References
    ----------
    E. Choi, M. Bahadori, J. Kulas, A. Schuetz, W. Stewart and J. Sun (2016). RETAIN:
    an interpretable predictive model for healthcare using reverse time attention
    mechanism. NeurIPS.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import GatedEmbedding
    >>> embedding = GatedEmbedding(input_size=3, state_size=4)
    >>> inputs, states = torch.randn(2, 5, 3), torch.randn(2, 5, 4)
    >>> values = embedding(inputs, states)
    >>> values.shape
    torch.Size([2, 5, 4])
    >>> torch.allclose(embedding(2 * inputs, states), 2 * values)  # linear
    True
    """

    def __init__(self, input_size: int, state_size: int) -> None:
        super().__init__()
        self.embed = nn.Linear(input_size, state_size, bias=False)
        self.gate = nn.Linear(state_size, state_size)

    def forward(self, inputs: Tensor, states: Tensor) -> Tensor:
        """Compute the embeddings of the inputs.

        Parameters
        ----------
        inputs : Tensor of shape (n_samples, n_steps, input_size)
            Scaled, not centred.
        states : Tensor of shape (n_samples, n_steps, state_size)
            What decides the gates.

        Returns
        -------
        Tensor of shape (n_samples, n_steps, state_size)
            The values that the attention sums up.
        """
        return torch.tanh(self.gate(states)) * self.embed(inputs)


def check_sums(
    scale_windows: bool | str, conv_layers: int, beside: int, categories: Categories
) -> None:
    """Refuse what does not go with sums over the inputs."""
    if scale_windows:
        raise ValueError(
            f"scale_windows={scale_windows!r} does not go with values='inputs'."
        )
    if conv_layers:
        raise ValueError(
            f"conv_layers={conv_layers} does not go with values='inputs', whose sums "
            "are over inputs that no convolution has mixed."
        )
    if beside:
        raise ValueError(
            "values='inputs' does not go with static features, a known future or "
            "times, whose effect is no sum over the steps."
        )
    if categories:
        raise ValueError(
            "values='inputs' does not go with categories in X, which are no numbers "
            "to sum up; allowed are values='states', and one-hot channels."
        )
