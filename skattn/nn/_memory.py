"""What the encoder hands to the poolings and decoders."""

from typing import NamedTuple

from torch import Tensor


class Memory(NamedTuple):
    """Encoded sequences.

    Parameters
    ----------
    states : Tensor of shape (n_samples, n_steps, size)
        The keys, one a step.
    last : Tensor of shape (n_samples, size)
        The last state.
    mask : Tensor of bool of shape (n_samples, n_steps) or None
        True at real steps; None if all are.
    values : Tensor of shape (n_samples, n_steps, size)
        What is summed up: the states, or gated embeddings of the inputs.
    weights : Tensor of shape (n_samples, n_parts, [horizon,] n_steps), default=None
        Weights to use instead of those that the attention would find, for questions
        about what they do. None: its own.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import LSTMEncoder, Memory
    >>> states, last = LSTMEncoder(input_size=3, hidden_size=4)(torch.randn(2, 5, 3))
    >>> memory = Memory(states, last, mask=None, values=states)
    >>> memory.states.shape, memory.last.shape
    (torch.Size([2, 5, 4]), torch.Size([2, 4]))
    """

    states: Tensor
    last: Tensor
    mask: Tensor | None
    values: Tensor
    weights: Tensor | None = None
