"""Where a step stands, added to what the attention compares."""

import math

import torch
from torch import Tensor, nn

from ._registry import Registry


class SinusoidalPositions(nn.Module):
    """Sines and cosines of the number of a step, at many frequencies.

    Parameters
    ----------
    size : int
        Size of a state.
    n_steps : int
        Ignored: any number of steps has positions.

    References
    ----------
    A. Vaswani et al. (2017). Attention is all you need. NeurIPS.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import SinusoidalPositions
    >>> SinusoidalPositions(4, 10)(torch.zeros(1, 3, 4))[0, 0]
    tensor([0., 1., 0., 1.])
    """

    max_steps: int | None = None  # any number of steps

    def __init__(self, size: int, n_steps: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, states: Tensor) -> Tensor:
        """Return states that know where they stand.

        Parameters
        ----------
        states : Tensor of shape (n_samples, n_steps, size)
            One state a step.

        Returns
        -------
        Tensor of shape (n_samples, n_steps, size)
            With the positions added.
        """
        return states + self._make_waves(states)

    def _make_waves(self, states: Tensor) -> Tensor:
        """Return the positions alone, ``(n_steps, size)``, of the states' type."""
        step = torch.arange(states.shape[1], device=states.device)
        # Not of torch's default type, which the caller may have changed.
        pair = torch.arange(
            0.0, self.size, 2, dtype=torch.float32, device=states.device
        )
        rate = torch.exp(pair * (-math.log(10000.0) / self.size))
        angle = step[:, None] * rate  # (n_steps, size / 2)
        waves = torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)
        return waves[:, : self.size].to(states.dtype)


class ScaledSinusoidalPositions(SinusoidalPositions):
    """Sines and cosines whose size is learned, so that they drown no state.

    Parameters
    ----------
    size : int
        Size of a state; they begin at ``1 / sqrt(size)``, a length of 0.7 in all.
    n_steps : int
        Ignored: any number of steps has positions.

    References
    ----------
    N. Li, S. Liu, Y. Liu, S. Zhao and M. Liu (2019). Neural speech synthesis with
    transformer network. AAAI.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import ScaledSinusoidalPositions, initialize
    >>> positions = ScaledSinusoidalPositions(4, 10)
    >>> initialize(positions, torch.Generator().manual_seed(0))
    >>> positions(torch.zeros(1, 3, 4))[0, 0]
    tensor([0.0000, 0.5000, 0.0000, 0.5000], grad_fn=<SelectBackward0>)
    """

    def __init__(self, size: int, n_steps: int) -> None:
        super().__init__(size, n_steps)
        self.scale = nn.Parameter(torch.empty(1))

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Set the size at which the waves begin; nothing is random.

        Parameters
        ----------
        generator : torch.Generator, default=None
            Ignored.
        """
        nn.init.constant_(self.scale, 1 / math.sqrt(self.size))

    def _make_waves(self, states: Tensor) -> Tensor:
        """Return the positions alone, at their learned size."""
        return self.scale * super()._make_waves(states)


class LearnedPositions(nn.Module):
    """A vector for each step, learned in training.

    Parameters
    ----------
    size : int
        Size of a state.
    n_steps : int
        Steps that have a vector.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import LearnedPositions, initialize
    >>> positions = LearnedPositions(4, 10)
    >>> initialize(positions, torch.Generator().manual_seed(0))
    >>> positions(torch.zeros(1, 3, 4)).shape
    torch.Size([1, 3, 4])
    """

    def __init__(self, size: int, n_steps: int) -> None:
        super().__init__()
        self.max_steps = n_steps
        self.vectors = nn.Parameter(torch.empty(n_steps, size))

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw the vectors, as those of a linear layer are drawn.

        Parameters
        ----------
        generator : torch.Generator, default=None
            None: torch's global stream.
        """
        bound = 1 / math.sqrt(self.vectors.shape[1])
        nn.init.uniform_(self.vectors, -bound, bound, generator=generator)

    def forward(self, states: Tensor) -> Tensor:
        """Return states that know where they stand.

        Parameters
        ----------
        states : Tensor of shape (n_samples, n_steps, size)
            One state a step.

        Returns
        -------
        Tensor of shape (n_samples, n_steps, size)
            With the positions added.
        """
        if states.shape[1] > self.max_steps:
            raise ValueError(
                f"positions='learned' has vectors for {self.max_steps} steps, but a "
                f"sequence has {states.shape[1]}; at most {self.max_steps} are "
                "allowed. Use positions='sinusoidal' for longer ones."
            )
        return states + self.vectors[: states.shape[1]]


POSITIONS: Registry[type[SinusoidalPositions] | type[LearnedPositions]] = Registry(
    "positions",
    {
        "sinusoidal": SinusoidalPositions,
        "scaled_sinusoidal": ScaledSinusoidalPositions,
        "learned": LearnedPositions,
    },
)
