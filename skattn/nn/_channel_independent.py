"""One network shared by all target channels, each a sample of its own."""

from dataclasses import replace

from torch import Tensor, nn

from ._categories import CategoryEmbedding
from ._inputs import Inputs, NetworkOutput
from ._skip import LinearSkip
from .embedding import GatedEmbedding
from .network import AttentionNetwork


class ChannelIndependent(nn.Module):
    """Fold target channels into the samples of one network.

    A target channel is joined by its indicator, if there are indicators, and by all
    that belongs to no target; the results of the target channels stand side by side.

    Parameters
    ----------
    network : AttentionNetwork
        For one target, which is channel 0 of its input.
    target_channels : sequence of int
        The channels to fold into the samples.
    n_channels : int
        Channels of the input, indicators not counted.
    n_inputs : int
        Numbers in one step: the channels, and after them the indicators if any.
    """

    context_size: int

    def __init__(
        self,
        network: AttentionNetwork,
        target_channels: tuple[int, ...],
        n_channels: int,
        n_inputs: int,
    ) -> None:
        super().__init__()
        self.network = network
        self.context_size = len(target_channels) * network.context_size
        self.channels = fold_channels(target_channels, n_channels, n_inputs)
        # Times since the last values of the channels, in the order of their values.
        self.times = [
            [0, *(1 + c for c in order if c < n_channels)] for order in self.channels
        ]

    def forward(
        self,
        inputs: Inputs | Tensor,
        target: Tensor | None = None,
        need_weights: bool = True,
        weights: Tensor | None = None,
    ) -> NetworkOutput:
        """Compute predictions; weights and states have a second axis, of targets."""
        n_targets = len(self.channels)
        if target is not None:
            target = _fold_target(target)
        if weights is not None:
            weights = weights.flatten(0, 1)
        output = self.network(self.fold(inputs), target, need_weights, weights)

        def unfold(field: Tensor) -> Tensor:
            return field.reshape(-1, n_targets, *field.shape[1:])

        return NetworkOutput(
            # (n, n_targets, horizon, 1) -> (n, horizon, n_targets)
            unfold(output.prediction).squeeze(-1).transpose(1, 2),
            unfold(output.context).flatten(1),
            None if output.weights is None else unfold(output.weights),
            None if output.self_weights is None else unfold(output.self_weights),
            unfold(output.states),
            None if output.mask is None else unfold(output.mask),
            None
            if output.unit is None
            else unfold(output.unit).squeeze(-1).transpose(1, 2),
            # (n, n_targets, horizon, 1, n_quantiles) -> (n, horizon, n_targets, ...)
            None
            if output.quantiles is None
            else unfold(output.quantiles).squeeze(3).transpose(1, 2),
            None if output.terms is None else unfold(output.terms),
        )

    def fold(self, inputs: Inputs | Tensor) -> Inputs:
        """Return each target channel, with what belongs to no target, as a sample."""
        if isinstance(inputs, Tensor):
            inputs = Inputs(inputs)
        # (n, n_steps, n_targets, n_own) -> (n * n_targets, n_steps, n_own)
        folded = inputs.x[:, :, self.channels].transpose(1, 2).flatten(0, 1)
        n_targets = len(self.channels)
        rest = inputs.map(lambda part: part.repeat_interleave(n_targets, 0), but_x=True)
        if inputs.times is not None and inputs.times.shape[-1] > 1:
            times = inputs.times[:, :, self.times].transpose(1, 2).flatten(0, 1)
            rest = replace(rest, times=times)
        return replace(rest, x=folded)

    def set_center(self, center: Tensor) -> None:
        """Set where 0 lies in each channel ``(1, n_channels)``, target by target."""
        self.network.set_center(center[0, self.channels])

    def count_states(self, n_timesteps: int) -> int:
        """Return how many numbers the states of all targets of one sample hold."""
        return len(self.channels) * self.network.count_states(n_timesteps)

    def decaying_parameters(self) -> list[Tensor]:
        """Return what the weight decay shrinks."""
        return self.network.decaying_parameters()

    def set_change_scale(self, scale: Tensor) -> None:
        """Set the unit of each channel's changes ``(1, n_channels)``."""
        self.network.set_change_scale(scale[0, self.channels])

    @property
    def embeddings(self) -> list[CategoryEmbedding]:
        """What puts vectors in the place of codes: of channels, then of static ones."""
        return self.network.embeddings

    @property
    def has_own_units(self) -> bool:
        """Whether each window is predicted, and judged, in units of its own."""
        return self.network.has_own_units

    @property
    def starts_at_zero(self) -> bool:
        """Whether the decoder adds nothing before it is trained."""
        return self.network.starts_at_zero

    @property
    def adds_nothing(self) -> bool:
        """Whether the decoder adds exactly 0 to what leads past it."""
        return self.network.adds_nothing

    @property
    def sums(self) -> bool:
        """Whether predictions are sums over the steps, before the activation."""
        return self.network.sums

    @property
    def embedding(self) -> GatedEmbedding | None:
        """What makes values of inputs, if these are summed up."""
        return self.network.embedding

    @property
    def patch_size(self) -> int:
        """Time steps with one weight."""
        return self.network.patch_size

    @property
    def max_steps(self) -> int | None:
        """Most steps of a sequence; None for any number."""
        return self.network.max_steps

    @property
    def skip(self) -> LinearSkip | None:
        """The linear path that all target channels share."""
        return self.network.skip

    def pose_linear(self, inputs: Inputs, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the linear path is fitted to; see `AttentionNetwork`."""
        return self.network.pose_linear(self.fold(inputs), _fold_target(target))


def fold_channels(
    target_channels: tuple[int, ...], n_channels: int, n_inputs: int
) -> list[list[int]]:
    """Return what each target channel is read from: itself first, then the others."""
    others = [c for c in range(n_inputs) if c % n_channels not in target_channels]
    return [
        [*range(target, n_inputs, n_channels), *others] for target in target_channels
    ]


def _fold_target(target: Tensor) -> Tensor:
    """Return each target as a sample: ``(n * n_targets, horizon, 1)``."""
    return target.transpose(1, 2).flatten(0, 1)[:, :, None]


Network = AttentionNetwork | ChannelIndependent
