"""What the encoder reads, next to its states."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from ._inputs import Steps
from ._scores import SCORES
from ._time_axis import last_step

_MULTIPLE = 8


class Passthrough:
    """Put what the encoder reads next to its states, and zeros up to a full size.

    A step is then also found by what it is itself, not only by what the LSTM makes of
    it, which may be ready one step later. The zeros are there for the last bits: with a
    multiple of 8 numbers in a row, a matrix product adds them up in one order, wherever
    the row stands among others.

    Parameters
    ----------
    state_size, input_size : int
        Numbers in a state of the encoder, and in what it reads at a step.
    filled : bool
        Whether zeros are added; see `keeps_zeros`.

    Attributes
    ----------
    size : int
        Numbers in a joined state.
    """

    def __init__(self, state_size: int, input_size: int, filled: bool) -> None:
        size = state_size + input_size
        self.n_filled = -size % _MULTIPLE if filled else 0
        self.size = size + self.n_filled

    def join(self, states: Tensor, last: Tensor, steps: Steps) -> tuple[Tensor, Tensor]:
        """Return all states and the last one with what was read there.

        Parameters
        ----------
        states : Tensor of shape (n_samples, n_steps, state_size)
            From the encoder.
        last : Tensor of shape (n_samples, state_size)
            Its last state.
        steps : Steps
            What it read.

        Returns
        -------
        states : Tensor of shape (n_samples, n_steps, size)
            Joined.
        last : Tensor of shape (n_samples, size)
            Joined.
        """
        read = steps.patches
        own = read[:, -1] if steps.lengths is None else last_step(read, steps.lengths)
        zeros = (0, self.n_filled)
        states = pad(torch.cat([states, read], dim=-1), zeros)
        return states, pad(torch.cat([last, own], dim=-1), zeros)

    def count(self, context_size: int) -> int:
        """Return how many numbers `cut` leaves of a context.

        Parameters
        ----------
        context_size : int
            A multiple of ``size``, if there are zeros.

        Returns
        -------
        int
            Without the zeros.
        """
        return context_size - context_size // self.size * self.n_filled

    def cut(self, context: Tensor) -> Tensor:
        """Return a context without the zeros.

        Parameters
        ----------
        context : Tensor of shape (n_samples, context_size)
            Weighted sums of joined states, side by side.

        Returns
        -------
        Tensor of shape (n_samples, n_numbers)
            As `count` counts them.
        """
        if not self.n_filled:
            return context
        return context.unflatten(-1, (-1, self.size))[..., : -self.n_filled].flatten(1)


def keeps_zeros(values: str, attention: str, self_attention_heads: int) -> bool:
    """Return whether zeros after the states come out of the attention as zeros.

    Parameters
    ----------
    values, attention : str
        As in `skattn.LSTMAttentionRegressor`.
    self_attention_heads : int
        As in `skattn.LSTMAttentionRegressor`.

    Returns
    -------
    bool
        True for weighted sums of the states themselves.
    """
    scored = attention in SCORES and not self_attention_heads
    return scored and values == "states"
