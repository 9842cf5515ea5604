"""Windows in units of their own: measured, and what they lose told beside them."""

import torch
from torch import Tensor, nn
from torch.nn import init

from ._categories import Categories
from ._inputs import Inputs
from ._time_axis import step_mask

# A window that deviates by less, relative to its values, or to what they are scaled to,
# is constant but for rounding in float32.
_ROUNDING, _SCALED_ROUNDING = 1e-7, 1e-6

# Share of the largest size below which windows are alike in being nothing.
_FLOOR = 1e-6

# Levels and sizes that differ by less, relative to the sizes, tell rounding alone.
_LEAST_SPREAD = 0.05


def measure_windows(
    inputs: Inputs, channels: list[int], center: Tensor, mean: bool
) -> tuple[Tensor, Tensor]:
    """Return level and size of some channels of each window.

    Parameters
    ----------
    inputs : Inputs
        Padded steps do not count.
    channels : list of int
        Which are measured.
    center : Tensor of shape (n_samples or 1, 1, n_channels)
        Mean over scale of each channel: added, it uncentres them.
    mean : bool
        Whether levels are 0, uncentred, and sizes mean magnitudes, instead of means and
        standard deviations.

    Returns
    -------
    level, size : Tensor of shape (n_samples, 1, len(channels))
        A window that does not vary has the size 0.
    """
    x, lengths = inputs.x[:, :, channels], inputs.lengths
    center = center[:, :, channels].to(x.dtype)
    real = None if lengths is None else step_mask(lengths, x.shape[1])[:, :, None]
    count = x.shape[1] if lengths is None else lengths[:, None, None]

    def keep(values: Tensor) -> Tensor:
        return values if real is None else torch.where(real, values, 0.0)

    def average(values: Tensor) -> Tensor:
        return keep(values).sum(1, keepdim=True) / count

    if mean:
        size = average((x + center).abs())
        level = -center.expand_as(size)
    else:
        level = average(x)
        away = keep(x - level)
        most = away.abs().amax(1, keepdim=True)
        most = torch.where(most > 0, most, 1.0)  # divided by it, squares stay finite
        square = average((away / most).square())
        # The root has no slope at 0, which a decay of missing values would ask for.
        varies = square > 0
        size = most * torch.where(varies, square, 1.0).sqrt() * varies
    # Rounding alone gives a constant window a tiny deviation.
    least = _ROUNDING * keep((x + center).abs()).amax(1, keepdim=True)
    scaled = _SCALED_ROUNDING * keep(x.abs()).amax(1, keepdim=True)
    least = torch.maximum(least, scaled)
    return level, torch.where(size > least, size, 0.0)


def count_told(
    scale_windows: bool | str,
    linear_skip: bool | str,
    n_channels: int,
    categories: Categories,
) -> int:
    """Return how many levels and sizes are read beside a step.

    Raises
    ------
    ValueError
        If a linear path would not read them, or all channels hold categories.
    """
    if n_channels == len(categories):
        raise ValueError(
            f"scale_windows={scale_windows!r} needs a channel of numbers, but all "
            "channels hold categories."
        )
    if linear_skip:
        raise ValueError(
            f"scale_windows={scale_windows!r} without target_channels does not go "
            f"with linear_skip={linear_skip!r}, which reads no levels and sizes."
        )
    return 2 * (n_channels - len(categories))


class WindowSizes(nn.Module):
    """Levels and log sizes of windows, standardised over those of the training part.

    What a window loses when it is read in units of its own.

    Parameters
    ----------
    n_channels : int
        Channels in units of their own.
    """

    mean: Tensor
    scale: Tensor
    floor: Tensor

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.output_size = 2 * n_channels
        self.register_buffer("mean", torch.zeros(self.output_size))
        self.register_buffer("scale", torch.ones(self.output_size))
        self.register_buffer("floor", torch.ones(n_channels))
        self.draw_parameters()

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Set statistics of nothing seen.

        Parameters
        ----------
        generator : torch.Generator, default=None
            Ignored: nothing is random.
        """
        init.zeros_(self.mean)
        init.ones_(self.scale)
        init.ones_(self.floor)

    def fit(self, level: Tensor, size: Tensor) -> None:
        """Measure the windows of the training part.

        Parameters
        ----------
        level, size : Tensor of shape (n_samples, 1, n_channels)
            From `measure_windows`.
        """
        level, size = level[:, 0].double(), size[:, 0].double()
        largest = size.amax(0)
        self.floor.copy_(torch.where(largest > 0, _FLOOR * largest, 1.0))
        told = self._tell(level, size)
        typical = size.square().mean(0).sqrt()
        least = torch.cat(
            [_LEAST_SPREAD * typical, torch.full_like(typical, _LEAST_SPREAD)]
        )
        spread = torch.maximum(told.std(0, correction=0), least)
        self.mean.copy_(told.mean(0))
        self.scale.copy_(torch.where(spread > 0, spread, 1.0))

    def forward(self, level: Tensor, size: Tensor) -> Tensor:
        """Return levels and log sizes, standardised.

        Parameters
        ----------
        level, size : Tensor of shape (n_samples, 1, n_channels)
            From `measure_windows`.

        Returns
        -------
        Tensor of shape (n_samples, 1, 2 * n_channels)
            All levels, and then all log sizes.
        """
        return (self._tell(level, size) - self.mean) / self.scale

    def _tell(self, level: Tensor, size: Tensor) -> Tensor:
        """Return levels and log sizes side by side."""
        return torch.cat([level, (size + self.floor).log()], dim=-1)
