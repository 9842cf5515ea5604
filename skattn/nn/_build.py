"""Building networks from settings and one random stream."""

from typing import Any

import torch
from torch import Tensor, nn

from ._skip import LinearSkip
from .initialization import initialize
from .network import AttentionNetwork, NetworkOutput


class ChannelIndependent(nn.Module):
    """One network shared by all target channels, each a sample of its own.

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
        Numbers in one step: the channels, and behind them the indicators if any.
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
        others = [c for c in range(n_inputs) if c % n_channels not in target_channels]
        self.channels = [
            [*range(target, n_inputs, n_channels), *others]
            for target in target_channels
        ]

    def forward(
        self,
        x: Tensor,
        lengths: Tensor | None = None,
        target: Tensor | None = None,
        need_weights: bool = True,
        weights: Tensor | None = None,
    ) -> NetworkOutput:
        """Predict; weights and states have a target axis after the first."""
        n_targets = len(self.channels)
        folded, lengths = self.fold(x, lengths)
        if target is not None:
            target = _fold_target(target)
        if weights is not None:
            weights = weights.flatten(0, 1)
        output: Any = self.network(folded, lengths, target, need_weights, weights)
        parts: list[Any] = [
            None if part is None else part.unflatten(0, (-1, n_targets))
            for part in output
        ]
        prediction, context, *others = parts
        # (n, n_targets, horizon, 1) -> (n, horizon, n_targets)
        prediction = prediction.squeeze(-1).transpose(1, 2)
        return NetworkOutput(prediction, context.flatten(1), *others)

    def count_states(self, n_timesteps: int) -> int:
        """Count the numbers in the states of all targets of one sample."""
        return len(self.channels) * self.network.count_states(n_timesteps)

    def set_center(self, center: Tensor) -> None:
        """Say where 0 lies in each channel ``(1, n_channels)``, target by target."""
        self.network.set_center(center[0, self.channels])

    @property
    def skip(self) -> LinearSkip | None:
        """The linear path that all target channels share."""
        return self.network.skip

    def pose_linear(
        self, x: Tensor, lengths: Tensor | None, target: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Give what the linear path is fitted to; see `AttentionNetwork`."""
        folded, lengths = self.fold(x, lengths)
        return self.network.pose_linear(folded, lengths, _fold_target(target))

    def fold(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Make each target channel, with what belongs to no target, a sample."""
        # (n, n_steps, n_targets, n_own) -> (n * n_targets, n_steps, n_own)
        folded = x[:, :, self.channels].transpose(1, 2).flatten(0, 1)
        if lengths is not None:
            lengths = lengths.repeat_interleave(len(self.channels))
        return folded, lengths


def _fold_target(target: Tensor) -> Tensor:
    """Make each target a sample: ``(n * n_targets, horizon, 1)``."""
    return target.transpose(1, 2).flatten(0, 1)[:, :, None]


def build_network(
    generator: torch.Generator, **settings: Any
) -> AttentionNetwork | ChannelIndependent:
    """Build a network and draw its weights from ``generator`` alone.

    The parts are built without memory and filled afterwards, because torch's own
    constructors draw from its global stream.

    Parameters
    ----------
    generator : torch.Generator
        Source of the initial weights, on the CPU.
    **settings
        As in `assemble`.

    Returns
    -------
    AttentionNetwork or ChannelIndependent
        On the CPU.
    """
    network = assemble(**settings)
    network.to_empty(device="cpu").float()  # whatever the caller's default type is
    initialize(network, generator)
    n_inputs = settings["n_channels"] * (2 if settings.get("indicators") else 1)
    network.set_center(torch.zeros(1, n_inputs))
    return network


def assemble(
    *,
    n_channels: int,
    n_targets: int,
    target_channels: tuple[int, ...] | None = None,
    channel_independent: bool = False,
    indicators: bool = False,
    **settings: Any,
) -> AttentionNetwork | ChannelIndependent:
    """Put the parts of a network together, without memory for its weights.

    Parameters
    ----------
    n_channels, n_targets, target_channels, **settings
        As in `AttentionNetwork`.
    channel_independent : bool, default=False
        Whether all target channels share one network for a single one.
    indicators : bool, default=False
        Whether the input holds an indicator of gaps for each channel, behind them all.

    Returns
    -------
    AttentionNetwork or ChannelIndependent
        On torch's meta device, where tensors have shapes alone.
    """
    n_inputs = 2 * n_channels if indicators else n_channels
    with torch.device("meta"):
        network: AttentionNetwork | ChannelIndependent
        if channel_independent and target_channels is not None:
            n_taken = (len(target_channels) - 1) * n_inputs // n_channels
            one = AttentionNetwork(
                n_inputs - n_taken, n_targets=1, target_channels=(0,), **settings
            )
            network = ChannelIndependent(one, target_channels, n_channels, n_inputs)
        else:
            network = AttentionNetwork(
                n_inputs,
                n_targets=n_targets,
                target_channels=target_channels,
                **settings,
            )
        network.set_center(torch.zeros(1, n_inputs))
    return network
