"""What reads the steps: the LSTM, and what it read next to its states."""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from ._dropout import Dropout
from ._inputs import Steps
from ._registry import Registry
from ._time_axis import last_step, reverse_steps

# Numbers that a processor works on at once.
_MULTIPLE = 8

# Forget biases of short memories, over the units: a state keeps 2 to 73 % of a step.
_SHORT = (-4.0, 1.0)


class LSTMEncoder(nn.Module):
    """Stacked, optionally bidirectional LSTM over right-padded sequences.

    Padded steps change nothing: at the end of a sequence they never reach earlier
    states, and the backward direction reads each sequence reversed within its own
    length. So no packing is needed, which keeps the fast kernels of oneDNN.

    Parameters
    ----------
    input_size : int
        Size of one step.
    hidden_size : int
        Units in each direction.
    num_layers : int, default=1
        Layers on top of each other.
    bidirectional : bool, default=False
        Whether a second LSTM reads the sequence from its end.
    dropout : float, default=0.0
        Share of units dropped between layers in training.

    References
    ----------
    S. Hochreiter and J. Schmidhuber (1997). Long short-term memory. Neural
    Computation 9(8).

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import LSTMEncoder
    >>> encoder = LSTMEncoder(input_size=3, hidden_size=4, bidirectional=True)
    >>> states, last = encoder(torch.randn(2, 5, 3), lengths=torch.tensor([5, 2]))
    >>> states.shape, last.shape
    (torch.Size([2, 5, 8]), torch.Size([2, 8]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        n_directions = 2 if bidirectional else 1
        self.output_size = n_directions * hidden_size
        sizes = [input_size] + [self.output_size] * (num_layers - 1)
        self.forwards = nn.ModuleList(
            nn.LSTM(size, hidden_size, batch_first=True) for size in sizes
        )
        self.backwards = nn.ModuleList(
            nn.LSTM(size, hidden_size, batch_first=True)
            for size in (sizes if bidirectional else [])
        )
        self.dropout = Dropout(dropout) if dropout else nn.Identity()

    def forward(
        self, x: Tensor, lengths: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Compute the states of each sequence.

        Parameters
        ----------
        x : Tensor of shape (n_samples, n_steps, input_size)
            Padded on the right where ``lengths`` says so.
        lengths : Tensor of int of shape (n_samples,), default=None
            Real steps in each sequence, at least 1; None if all are real.

        Returns
        -------
        states : Tensor of shape (n_samples, n_steps, output_size)
            Both directions side by side; at padded steps without meaning.
        last : Tensor of shape (n_samples, output_size)
            The forward state at the last real step, joined with the backward state
            at the first.
        """
        for layer, forward in enumerate(self.forwards):
            inputs = self.dropout(x) if layer else x
            x, (end, _) = forward(inputs)
            if self.backwards:
                backward = self.backwards[layer]
                if lengths is None:
                    turned = backward(inputs.flip(1))[0].flip(1)
                else:
                    turned = backward(reverse_steps(inputs, lengths))[0]
                    turned = reverse_steps(turned, lengths)
                x = torch.cat([x, turned], dim=-1)
        # The LSTM's own last state costs no gradient as large as all the states.
        last = end[0] if lengths is None else last_step(x, lengths)
        if self.backwards:
            half = self.output_size // 2
            last = torch.cat([last[:, :half], x[:, 0, half:]], dim=-1)
        return x, last

    def decaying_parameters(self) -> list[Tensor]:
        """Return what the weight decay shrinks: the matrices, not the biases.

        Returns
        -------
        list of Tensor
            What the LSTMs take in and remember, where they learn noise by heart.
        """
        return [weight for weight in self.parameters() if weight.ndim == 2]

    @torch.no_grad()
    def shorten_memory(self) -> None:
        """Let units begin with memories of several lengths, all of them short.

        With the usual forget bias of 1 all of them remember, and states are alike.

        References
        ----------
        C. Tallec and Y. Ollivier (2018). Can recurrent neural networks warp time?
        ICLR. (Forget biases that are spread over the units.)
        """
        for lstm in [*self.forwards, *self.backwards]:
            size = lstm.hidden_size
            forget = lstm.get_parameter("bias_ih_l0")[size : 2 * size]
            forget.copy_(torch.linspace(*_SHORT, size, dtype=forget.dtype))


class Passthrough:
    """Put what the encoder reads next to its states, and zeros up to a full size.

    A step is then also found by what it is itself, not only by what the LSTM makes of
    it, which may be ready one step later. The zeros are there for the last bits: the
    sigmoid of torch takes numbers 8 at a time and rounds a rest otherwise, so that with
    rows of another size a prediction would depend on its place among others.

    Parameters
    ----------
    state_size, input_size : int
        Numbers in a state of the encoder, and in what it reads at a step.
    filled : bool
        Whether zeros are added, which have to come out of the attention as zeros.

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


ENCODERS: Registry[type[LSTMEncoder]] = Registry("encoder", {"lstm": LSTMEncoder})
