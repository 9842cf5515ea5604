"""Time in a network: values that fade while they are missing, and ages of steps."""

import torch
from torch import Tensor, nn
from torch.nn import init

from ._time_axis import to_patches

# Share of a value that one median gap takes at first: e to the minus this is left.
_FIRST_RATE = 0.1


class InputDecay(nn.Module):
    """Let the last value of a channel decay to its mean while no other comes.

    Of a value that is missing, ``exp(-max(0, w * delta + b))`` of the last one is left,
    where delta is the time since it, and each channel learns its own w and b.

    Parameters
    ----------
    places : tuple of pairs of int
        For each channel, where its value stands in the input, and where its indicator.

    References
    ----------
    Z. Che, S. Purushotham, K. Cho, D. Sontag and Y. Liu (2018). Recurrent neural
    networks for multivariate time series with missing values. Scientific Reports 8.
    """

    def __init__(self, places: tuple[tuple[int, int], ...]) -> None:
        super().__init__()
        self.values = [value for value, _ in places]
        self.indicators = [indicator for _, indicator in places]
        self.rate = nn.Parameter(torch.empty(len(places)))
        self.offset = nn.Parameter(torch.empty(len(places)))
        self.draw_parameters()

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Set a slow decay, whose rate has a gradient.

        Parameters
        ----------
        generator : torch.Generator, default=None
            Ignored: nothing is random.
        """
        init.constant_(self.rate, _FIRST_RATE)
        init.zeros_(self.offset)

    def forward(self, x: Tensor, since: Tensor) -> Tensor:
        """Return inputs in which missing values have decayed to 0, the mean.

        Parameters
        ----------
        x : Tensor of shape (n_samples, n_timesteps, n_channels)
            Last values in the place of missing ones, and indicators of these.
        since : Tensor of shape (n_samples, n_timesteps, n_values)
            Time since each channel's last value.

        Returns
        -------
        Tensor
            Like ``x``.
        """
        left = torch.exp(-torch.relu(self.rate * since + self.offset))
        missing = x[..., self.indicators]
        decayed = x[..., self.values] * (1 - missing * (1 - left))
        places = torch.tensor(self.values, device=x.device)
        return x.index_copy(-1, places, decayed)


class AgeBias(nn.Module):
    """Let scores fall, or rise, with the time before the last step.

    A score gets ``-w * log(1 + age)``: weights fall as a power of the age, of the order
    w, which each head learns from 0 on.

    Parameters
    ----------
    n_heads : int
        Heads of the attention.
    """

    def __init__(self, n_heads: int) -> None:
        super().__init__()
        self.order = nn.Parameter(torch.empty(n_heads))
        self.draw_parameters()

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Set all orders to 0, with which age does not count.

        Parameters
        ----------
        generator : torch.Generator, default=None
            Ignored: nothing is random.
        """
        init.zeros_(self.order)

    def forward(self, ages: Tensor) -> Tensor:
        """Return what to add to scores: ``(n_samples, n_heads, 1, n_steps)``."""
        return -self.order[:, None, None] * torch.log1p(ages)[:, None, None]


def find_ages(gaps: Tensor, patch_size: int, lengths: Tensor | None) -> Tensor:
    """Return how long before the last step of its sequence each patch ends.

    Parameters
    ----------
    gaps : Tensor of shape (n_samples, n_timesteps)
        Time since the step before; 0 on padding.
    patch_size : int
        Time steps in a patch.
    lengths : Tensor of int of shape (n_samples,) or None
        Real steps in each sequence.

    Returns
    -------
    Tensor of shape (n_samples, n_patches)
        0 for the last patch.
    """
    # What comes after a step: sums of gaps from the end, moved by one step.
    after = gaps.flip(1).cumsum(1).flip(1)
    ages = torch.cat([after[:, 1:], torch.zeros_like(after[:, :1])], dim=1)
    return to_patches(ages[:, :, None], lengths, patch_size)[0][:, :, -1]
