"""Reading inputs: relative to their level, in patches, with a mask."""

from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor, nn

from ._categories import CategoryEmbedding
from ._inputs import Inputs, Steps
from ._own_units import WindowSizes, measure_windows
from ._time import InputDecay
from ._time_axis import last_step, step_mask, to_patches
from .stem import ConvStem


class InputLayer(nn.Module):
    """Read inputs: relative to their level, in patches, with a mask.

    Parameters
    ----------
    n_channels : int
        Channels of the input.
    patch_size : int
        Consecutive steps joined into one.
    targets : sequence of int
        Channels that the targets continue.
    anchor : bool or "changes"
        Whether these are read relative to their last value.
    scale_windows : {False, "mean", "standard"}
        Statistics of its own by which each window of these is scaled. Without targets
        all channels of numbers are, and their levels and log sizes are read beside.
    stem : ConvStem or None
        What makes patches instead of joining steps.
    categories : CategoryEmbedding or None, default=None
        What puts vectors in the place of codes.
    decay : InputDecay or None, default=None
        What lets missing values decay.
    fill_mean : bool, default=False
        Whether what a patch lacks on its left is filled with means, and a patch of
        means is returned too, instead of filling with 0.
    """

    def __init__(
        self,
        n_channels: int,
        patch_size: int,
        targets: list[int],
        anchor: bool | str,
        scale_windows: bool | str,
        stem: ConvStem | None,
        categories: CategoryEmbedding | None = None,
        decay: InputDecay | None = None,
        fill_mean: bool = False,
    ) -> None:
        super().__init__()
        self.fill_mean = fill_mean
        self.patch_size = patch_size
        self.anchored = targets if anchor else []
        self.own_units: list[int] = []
        self.sizes: WindowSizes | None = None
        if scale_windows and targets:
            self.own_units = targets
        elif scale_windows:
            real = range(n_channels) if categories is None else categories.real
            self.own_units = [*real]
            self.sizes = WindowSizes(len(self.own_units))
        self.window_scale = scale_windows
        # Mean over scale of each channel: added to centred inputs, it uncentres them.
        # One row for all samples, or one for each sample of a repeating pattern.
        self.center: Tensor
        self.register_buffer("center", torch.zeros(1, 1, n_channels))
        # The unit of each channel's changes; as many rows as the centre has.
        self.change_scale: Tensor | None
        units = torch.ones(1, 1, n_channels) if anchor == "changes" else None
        self.register_buffer("change_scale", units)
        self.stem = stem
        self.categories = categories
        self.decay = decay

    def forward(self, inputs: Inputs) -> Steps:
        """Return the steps that the encoder reads."""
        level, unit, history, told = self._relate(inputs)
        lengths = inputs.lengths
        patches, n_patches, size = history, lengths, self.patch_size
        mean = self._relate_mean(level, unit, history) if self.fill_mean else None
        if self.categories is not None:
            patches = self.categories(history)
            mean = None if mean is None else self.categories(mean)
        if told is not None:
            told = told.expand(-1, patches.shape[1], -1)
            patches = torch.cat([patches, told], dim=-1)
        if inputs.times is not None:
            patches = torch.cat([patches, torch.log1p(inputs.times)], dim=-1)
        if self.stem is not None:
            patches = self.stem(patches, lengths)
            if lengths is not None:
                n_patches = (lengths + size - 1) // size
        elif mean is not None:
            patches, n_patches = to_patches(patches - mean, lengths, size)
            mean = mean.repeat(1, 1, size)  # (n or 1, 1, input_size)
            patches = patches + mean
        elif size > 1:
            patches, n_patches = to_patches(patches, lengths, size)
        mask = None if n_patches is None else step_mask(n_patches, patches.shape[1])
        return Steps(
            patches,
            n_patches,
            mask,
            history,
            lengths,
            level,
            unit,
            inputs.future,
            None if mean is None else mean[:, 0],
        )

    @staticmethod
    def _relate_mean(
        level: Tensor | None, unit: Tensor | None, history: Tensor
    ) -> Tensor:
        """Return a step of means, which are 0, relative to the level."""
        mean = torch.zeros_like(history[:1, :1]) if level is None else -level
        return mean if unit is None else mean / unit

    def relate(self, inputs: Inputs) -> tuple[Tensor | None, Tensor | None, Tensor]:
        """Return level and unit of each window, and the inputs relative to them.

        The level is 0 and the unit 1 for channels that are read as they are; both are
        None where no target depends on them.
        """
        return self._relate(inputs)[:3]

    def _relate(
        self, inputs: Inputs
    ) -> tuple[Tensor | None, Tensor | None, Tensor, Tensor | None]:
        """Return what `relate` does, and levels and sizes that are read beside."""
        if self.decay is not None and inputs.times is not None:
            x = self.decay(inputs.x, inputs.times[..., 1:])
            inputs = replace(inputs, x=x)
        if not self.anchored and not self.own_units:
            return None, None, inputs.x, None
        level, unit = None, None
        if self.own_units:
            own_level, size = self._measure(inputs)
            level, unit = self._place(inputs.x, own_level, size)
            if self.sizes is not None:
                told = self.sizes(own_level, size)
                return None, None, (inputs.x - level) / unit, told
        if self.anchored:
            # The last real value of anchored channels, 0 for the others.
            last = last_step(inputs.x, inputs.lengths)[:, None]
            level = torch.zeros_like(last)
            level[:, :, self.anchored] = last[:, :, self.anchored]
        if self.change_scale is not None:
            changes = _repeat(self.change_scale, inputs.x)
            unit = changes if unit is None else unit * changes
        history = inputs.x if level is None else inputs.x - level
        return level, unit, history if unit is None else history / unit, None

    def _measure(self, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """Return level and size of the channels in units of their own."""
        center = _repeat(self.center, inputs.x)
        mean = self.window_scale == "mean"
        return measure_windows(inputs, self.own_units, center, mean)

    def _place(self, x: Tensor, level: Tensor, size: Tensor) -> tuple[Tensor, Tensor]:
        """Return level and unit of all channels: ``(n, 1, n_channels)``.

        0 and 1 for channels that are read as they are, and the unit 1 for a window that
        does not vary.
        """
        levels, units = torch.zeros_like(x[:, :1]), torch.ones_like(x[:, :1])
        levels[:, :, self.own_units] = level
        units[:, :, self.own_units] = torch.where(size > 0, size, 1.0)
        return levels, units

    def fit_sizes(self, batches: Iterable[Inputs]) -> None:
        """Measure levels and sizes of the training windows.

        Parameters
        ----------
        batches : iterable of Inputs
            All of them.
        """
        assert self.sizes is not None
        measured = zip(*(self._measure(inputs) for inputs in batches), strict=True)
        self.sizes.fit(*(torch.cat(parts) for parts in measured))

    def uncentre(self, steps: Steps) -> Tensor:
        """Return the patches with the centre of each channel added, not centred."""
        center, n_samples = self.center, steps.history.shape[0]
        center = center.repeat(n_samples // center.shape[0], 1, 1)
        return to_patches(steps.history + center, steps.times, self.patch_size)[0]

    def set_center(self, center: Tensor) -> None:
        """Set where 0 lies in each channel: ``(n_patterns, n_channels)``."""
        center = center.clone()
        if self.anchored and not self.own_units:  # relative to a level: no centre
            center[:, self.anchored] = 0.0
        self.center = center[:, None]


def _repeat(pattern: Tensor, x: Tensor) -> Tensor:
    """Return rows that repeat over the samples; one row serves all as it is."""
    n_rows = pattern.shape[0]
    return pattern if n_rows == 1 else pattern.repeat(x.shape[0] // n_rows, 1, 1)
