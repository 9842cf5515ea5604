"""Convolutions over time before the LSTM."""

import torch
from torch import Tensor, nn
from torch.nn import init
from torch.nn.functional import conv1d, pad

from ._pass import current_pass
from ._time_axis import step_mask, to_patches

# Widths of the convolutions, after the fully convolutional network of Wang et al.
# (2017); further layers have the last one.
_WIDTHS = (8, 5, 3)

# Samples whose real steps share their batch statistics. A batch of any size is cut into
# groups of at least so many, if it has them, so that the statistics do not depend on
# its size.
_GROUP_SIZE = 16

_LEAST_MOMENTUM = 0.1
_EPSILON = 1e-5  # added to variances
_LEAST_VARIANCE = 1e-8


class MaskedBatchNorm(nn.Module):
    """Batch normalisation of channels over the real steps of groups of samples.

    In training each group of samples is normalised by its own statistics; in evaluation
    all samples by the running ones, so that no sample depends on the others.

    Parameters
    ----------
    size : int
        Channels.

    References
    ----------
    S. Ioffe and C. Szegedy (2015). Batch normalization: accelerating deep network
    training by reducing internal covariate shift. ICML.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import MaskedBatchNorm
    >>> norm = MaskedBatchNorm(4)
    >>> x = 3 + torch.randn(8, 4, 100)  # samples, channels, steps
    >>> norm(x, None).mean().abs() < 1e-6
    tensor(True)
    """

    running_mean: Tensor
    running_variance: Tensor
    n_updates: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(size))
        self.bias = nn.Parameter(torch.empty(size))
        self.register_buffer("running_mean", torch.zeros(size))
        self.register_buffer("running_variance", torch.ones(size))
        self.register_buffer("n_updates", torch.zeros(()))
        self.draw_parameters()

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Set scale 1, shift 0 and statistics of nothing seen.

        Parameters
        ----------
        generator : torch.Generator, default=None
            Ignored: nothing is random.
        """
        init.ones_(self.weight)
        init.zeros_(self.bias)
        init.zeros_(self.running_mean)
        init.ones_(self.running_variance)
        init.zeros_(self.n_updates)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Normalise each channel.

        Parameters
        ----------
        x : Tensor of shape (n_samples, size, n_timesteps)
            Of any scale; 0 at padded steps.
        mask : Tensor of shape (n_samples, 1, n_timesteps) or None
            1 at real steps, 0 at padded ones; None if all are real.

        Returns
        -------
        Tensor of shape (n_samples, size, n_timesteps)
            Without meaning at padded steps.
        """
        if not self.training:
            return self._apply_running(x)
        number = max(x.shape[0] // _GROUP_SIZE, 1)
        groups = x.tensor_split(number)
        masks = [None] * number if mask is None else mask.tensor_split(number)
        normed = [self._normalise(*pair) for pair in zip(groups, masks, strict=True)]
        return normed[0] if number == 1 else torch.cat(normed)

    def _apply_running(self, x: Tensor) -> Tensor:
        """Normalise by the running statistics."""
        scale = self.weight * (self.running_variance + _EPSILON).rsqrt()
        shift = self.bias - self.running_mean * scale
        return x * scale[:, None] + shift[:, None]

    def _normalise(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Normalise a group by its own statistics, and remember them."""
        n_values = x.shape[0] * x.shape[2] if mask is None else int(mask.sum())
        if n_values < 2:  # one value has no spread
            return self._apply_running(x)
        if mask is None:  # in one pass, a fifth of the time
            normed, mean, inverse = torch.native_batch_norm(
                x, self.weight, self.bias, None, None, True, 0.0, _EPSILON
            )
            variance = inverse.square().reciprocal() - _EPSILON
        else:
            count = mask.sum()
            mean = (x * mask).sum((0, 2)) / count
            centred = (x - mean[:, None]) * mask
            variance = centred.square().sum((0, 2)) / count
            scale = self.weight * (variance + _EPSILON).rsqrt()
            normed = x * scale[:, None] + (self.bias - mean * scale)[:, None]
        found = (mean.detach(), variance.detach())
        own = current_pass()
        if own is None:
            self.remember(*found)
        else:
            own.statistics.append((self, found))
        return normed

    @torch.no_grad()
    def remember(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics towards those of a group.

        Parameters
        ----------
        mean, variance : Tensor of shape (size,)
            Over the real steps of the group.
        """
        self.n_updates += 1
        momentum = (1 / self.n_updates).clamp(min=_LEAST_MOMENTUM)
        self.running_mean.lerp_(mean, momentum)
        # What did not vary has no scale: in evaluation it would be blown up.
        varied = torch.where(variance > _LEAST_VARIANCE, variance, 1.0)
        self.running_variance.lerp_(varied, momentum)


class ConvStem(nn.Module):
    """Convolutions over time, averaged over patches, as the input of an LSTM.

    Each convolution is followed by batch normalisation over real steps and a ReLU, and
    keeps the length of a sequence; what it reads beyond a sequence's ends is 0. The
    last one is averaged over the real steps of each patch.

    Parameters
    ----------
    input_size : int
        Channels of the input.
    n_layers : int
        Convolutions.
    size : int, default=64
        Channels of each convolution.
    patch_size : int, default=1
        Consecutive steps that are averaged; patches end where the sequence ends.
    differences : bool, default=False
        Read the differences of consecutive steps as well, each channel over
        ``difference_scale``.

    References
    ----------
    F. Ordonez and D. Roggen (2016). Deep convolutional and LSTM recurrent neural
    networks for multimodal wearable activity recognition. Sensors 16(1).

    Z. Wang, W. Yan and T. Oates (2017). Time series classification from scratch with
    deep neural networks: a strong baseline. IJCNN.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import ConvStem
    >>> stem = ConvStem(input_size=3, n_layers=3, size=8, patch_size=4)
    >>> stem(torch.randn(2, 10, 3), lengths=torch.tensor([10, 6])).shape  # 3 patches
    torch.Size([2, 3, 8])
    """

    difference_scale: Tensor

    def __init__(
        self,
        input_size: int,
        n_layers: int,
        size: int = 64,
        patch_size: int = 1,
        differences: bool = False,
    ) -> None:
        super().__init__()
        self.patch_size = patch_size
        self.output_size = size
        self.differences = differences
        self.register_buffer("difference_scale", torch.ones(input_size))
        widths = [_WIDTHS[min(i, len(_WIDTHS) - 1)] for i in range(n_layers)]
        first = 2 * input_size if differences else input_size
        sizes = [first] + [size] * (n_layers - 1)
        self.kernels = nn.ParameterList(
            torch.empty(size, before, width)
            for before, width in zip(sizes, widths, strict=True)
        )
        self.norms = nn.ModuleList(MaskedBatchNorm(size) for _ in widths)
        self.draw_parameters()

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw kernels as He et al. (2015) do for ReLUs.

        Parameters
        ----------
        generator : torch.Generator, default=None
            None: torch's global stream.
        """
        init.ones_(self.difference_scale)
        for kernel in self.kernels:
            init.kaiming_normal_(kernel, nonlinearity="relu", generator=generator)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Compute the features of each patch.

        Parameters
        ----------
        x : Tensor of shape (n_samples, n_timesteps, input_size)
            Scaled sequences, padded on the right with any finite number.
        lengths : Tensor of int of shape (n_samples,), default=None
            Real steps in each sequence; None if all are real.

        Returns
        -------
        Tensor of shape (n_samples, n_patches, size)
            At least 0; at padded patches without meaning.
        """
        mask = None
        if lengths is not None:
            mask = step_mask(lengths, x.shape[1])[:, None].to(x.dtype)
        if self.differences:
            change = pad(x[:, 1:] - x[:, :-1], (0, 0, 1, 0)) / self.difference_scale
            x = torch.cat([x, change], dim=2)
        features = x.transpose(1, 2)  # (n, channels, n_timesteps)
        for kernel, norm in zip(self.kernels, self.norms, strict=True):
            if mask is not None:
                features = features * mask
            width = kernel.shape[2]
            framed = pad(features, ((width - 1) // 2, width // 2))
            features = norm(conv1d(framed, kernel), mask).relu()
        return self._average(features.transpose(1, 2), lengths)

    def _average(self, features: Tensor, lengths: Tensor | None) -> Tensor:
        """Return the mean over the real steps of each patch."""
        size, n_timesteps = self.patch_size, features.shape[1]
        if size == 1:
            return features
        # Only the first patch may be incomplete: its left is filled with 0.
        if lengths is None:
            missing = (size - n_timesteps % size) % size
            framed = pad(features, (0, 0, missing, 0))
            total = framed.unflatten(1, (-1, size)).sum(2)
            fill = features.new_full((1, 1, 1), missing)
        else:
            patches, _ = to_patches(features, lengths, size)
            shape = (patches.shape[0], patches.shape[1], size, features.shape[2])
            total = patches.reshape(shape).sum(2)
            fill = ((size - lengths % size) % size)[:, None, None]
        first = torch.arange(total.shape[1], device=features.device) == 0
        return total / (size - fill * first.to(features.dtype)[:, None])

    def decaying_parameters(self) -> list[Tensor]:
        """Return what the weight decay shrinks: the kernels.

        Returns
        -------
        list of Tensor
            One for each convolution.
        """
        return [*self.kernels]
