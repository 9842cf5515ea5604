"""The LSTM encoder: right-padded sequences in, one state per step out."""

import torch
from torch import Tensor, nn

from ._dropout import Dropout
from ._registry import Registry
from ._time_axis import last_step, reverse_steps


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
                turned = self.backwards[layer](reverse_steps(inputs, lengths))[0]
                x = torch.cat([x, reverse_steps(turned, lengths)], dim=-1)
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


ENCODERS: Registry[type[LSTMEncoder]] = Registry("encoder", {"lstm": LSTMEncoder})
