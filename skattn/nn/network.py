"""The assembled network: patches, encoder, pooling, head, and the paths beside them."""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ._dropout import Dropout
from ._steps import align_ends, last_step, step_mask, to_patches
from .encoder import LSTMEncoder
from .initialization import initialize
from .pooling import make_pooling


class NetworkOutput(NamedTuple):
    """What one pass gives."""

    prediction: Tensor  # (n_samples, horizon, n_targets)
    context: Tensor  # (n_samples, context_size)
    weights: Tensor  # (n_samples, n_steps)


class DenseDecoder(nn.Module):
    """All outputs at once from the context, after Luong's attentional vector on demand.

    Parameters
    ----------
    size : int
        Size of the context and of the last state.
    horizon, n_targets : int
        Output steps, and values at each.
    state_bypass : bool, default=False
        Join context and last state through a tanh layer, ``tanh(W [context; last])``
        (Luong et al. 2015, equation 5).

    References
    ----------
    T. Luong, H. Pham and C. Manning (2015). Effective approaches to attention-based
    neural machine translation. EMNLP.
    """

    def __init__(
        self, size: int, horizon: int, n_targets: int, state_bypass: bool = False
    ) -> None:
        super().__init__()
        self.shape = (horizon, n_targets)
        self.join = nn.Linear(2 * size, size, bias=False) if state_bypass else None
        self.output = nn.Linear(size, horizon * n_targets)

    def forward(self, context: Tensor, last: Tensor) -> Tensor:
        """Predict ``(n_samples, horizon, n_targets)`` from context and last state."""
        if self.join is not None:
            context = torch.tanh(self.join(torch.cat([context, last], dim=-1)))
        # (n, horizon * n_targets) -> (n, horizon, n_targets)
        return self.output(context).unflatten(-1, self.shape)


class LinearSkip(nn.Module):
    """A linear path from history to output beside the LSTM.

    Targets that continue input channels are read each from its own history, with
    shared weights (LSTNet's highway, DLinear); other targets from all of it.

    Parameters
    ----------
    n_timesteps : int
        Steps of history; shorter ones are aligned at their last step.
    n_channels : int
        Channels of the history; ignored if ``own_history``.
    horizon, n_targets : int
        Output steps, and values at each.
    own_history : bool
        Whether the history has one channel for each target.

    References
    ----------
    G. Lai, W. Chang, Y. Yang and H. Liu (2018). Modeling long- and short-term
    temporal patterns with deep neural networks. SIGIR.

    A. Zeng, M. Chen, L. Zhang and Q. Xu (2023). Are transformers effective for time
    series forecasting? AAAI.
    """

    def __init__(
        self,
        n_timesteps: int,
        n_channels: int,
        horizon: int,
        n_targets: int,
        own_history: bool,
    ) -> None:
        super().__init__()
        self.n_timesteps = n_timesteps
        self.own_history = own_history
        self.shape = (horizon, n_targets)
        if own_history:
            self.linear = nn.Linear(n_timesteps, horizon)
        else:
            self.linear = nn.Linear(n_timesteps * n_channels, horizon * n_targets)

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Start at 0, so that the path adds only what it has learned."""
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, history: Tensor, lengths: Tensor | None) -> Tensor:
        """Predict ``(n_samples, horizon, n_targets)`` from the history."""
        if history.shape[1] > self.n_timesteps:
            raise ValueError(
                f"X has {history.shape[1]} time steps, but linear_skip was fitted on "
                f"{self.n_timesteps}; at most {self.n_timesteps} are allowed."
            )
        history = align_ends(history, lengths, self.n_timesteps)
        if self.own_history:
            # (n, n_timesteps, n_targets) -> (n, n_targets, horizon) -> transposed
            return self.linear(history.transpose(1, 2)).transpose(1, 2)
        return self.linear(history.flatten(1)).unflatten(-1, self.shape)


class AttentionNetwork(nn.Module):
    """An LSTM with attention, from scaled sequences to scaled targets.

    Parameters
    ----------
    n_channels, n_timesteps : int
        Channels of the input, and its longest length in training.
    horizon, n_targets : int
        Output steps, and values at each.
    target_channels : sequence of int or None, default=None
        The input channels that the targets continue.
    patch_size, hidden_size, num_layers, bidirectional, dropout, attention, query, \
    state_bypass, anchor, linear_skip
        As in `skattn.LSTMAttentionRegressor`.
    """

    context_size: int

    def __init__(
        self,
        n_channels: int,
        *,
        n_timesteps: int,
        horizon: int,
        n_targets: int,
        target_channels: tuple[int, ...] | None = None,
        patch_size: int = 1,
        hidden_size: int = 64,
        num_layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        attention: str = "additive",
        query: str = "last",
        state_bypass: bool = False,
        anchor: bool = False,
        linear_skip: bool = False,
    ) -> None:
        super().__init__()
        self.patch_size = patch_size
        self.anchor = anchor
        self.target_channels = None if target_channels is None else [*target_channels]
        self.encoder = LSTMEncoder(
            patch_size * n_channels, hidden_size, num_layers, bidirectional, dropout
        )
        size = self.context_size = self.encoder.output_size
        self.pooling = make_pooling(attention, size, query)
        self.dropout = Dropout(dropout)
        self.decoder = DenseDecoder(size, horizon, n_targets, state_bypass)
        self.skip = (
            LinearSkip(
                n_timesteps, n_channels, horizon, n_targets, target_channels is not None
            )
            if linear_skip
            else None
        )

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> NetworkOutput:
        """Predict.

        Parameters
        ----------
        x : Tensor of shape (n_samples, n_timesteps, n_channels)
            Scaled sequences, padded on the right with any finite number.
        lengths : Tensor of int of shape (n_samples,), default=None
            Real steps in each sequence, at least 1; None if all are real.

        Returns
        -------
        NetworkOutput
            Prediction ``(n_samples, horizon, n_targets)``, context
            ``(n_samples, context_size)`` and weights ``(n_samples, n_steps)``.
        """
        patches, n_patches = to_patches(x, lengths, self.patch_size)
        states, last = self.encoder(patches, n_patches)
        mask = None if n_patches is None else step_mask(n_patches, states.shape[1])
        context, weights = self.pooling(states, last, mask)
        prediction = self.decoder(self.dropout(context), last)
        return NetworkOutput(prediction + self._beside(x, lengths), context, weights)

    def _beside(self, x: Tensor, lengths: Tensor | None) -> Tensor | float:
        """Sum up what reaches the output beside the context: anchor and linear skip."""
        history = x if self.target_channels is None else x[:, :, self.target_channels]
        total: Tensor | float = 0.0
        if self.anchor:
            total = last_step(history, lengths)[:, None]  # (n, 1, n_targets)
            history = history - total
        if self.skip is not None:
            total = total + self.skip(history, lengths)
        return total


class ChannelIndependent(nn.Module):
    """One network shared by all target channels, each a sample of its own.

    A target channel is joined by the channels that are no targets; the results of the
    target channels stand side by side.

    Parameters
    ----------
    network : AttentionNetwork
        For one target, which is channel 0 of its input.
    target_channels : sequence of int
        The channels to fold into the samples.
    n_channels : int
        Channels of the input.
    """

    context_size: int

    def __init__(
        self,
        network: AttentionNetwork,
        target_channels: tuple[int, ...],
        n_channels: int,
    ) -> None:
        super().__init__()
        self.network = network
        self.context_size = network.context_size
        others = [c for c in range(n_channels) if c not in target_channels]
        self.channels = [[target, *others] for target in target_channels]

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> NetworkOutput:
        """Predict; contexts and weights have a target axis before their last."""
        n_targets = len(self.channels)
        # (n, n_steps, n_targets, 1 + others) -> (n * n_targets, n_steps, 1 + others)
        folded = x[:, :, self.channels].transpose(1, 2).flatten(0, 1)
        if lengths is not None:
            lengths = lengths.repeat_interleave(n_targets)
        output = self.network(folded, lengths)
        prediction, context, weights = (
            field.unflatten(0, (-1, n_targets)) for field in output
        )
        # (n, n_targets, horizon, 1) -> (n, horizon, n_targets)
        return NetworkOutput(prediction.squeeze(-1).transpose(1, 2), context, weights)


def build_network(
    generator: torch.Generator,
    *,
    n_channels: int,
    n_targets: int,
    target_channels: tuple[int, ...] | None = None,
    channel_independent: bool = False,
    **settings: Any,
) -> AttentionNetwork | ChannelIndependent:
    """Build a network and draw its weights from ``generator`` alone.

    The parts are built without memory and filled afterwards, because torch's own
    constructors draw from its global stream.

    Parameters
    ----------
    generator : torch.Generator
        Source of the initial weights, on the CPU.
    n_channels, n_targets, target_channels, **settings
        As in `AttentionNetwork`.
    channel_independent : bool, default=False
        Whether all target channels share one network for a single one.

    Returns
    -------
    AttentionNetwork or ChannelIndependent
        On the CPU.
    """
    with torch.device("meta"):
        network: AttentionNetwork | ChannelIndependent
        if channel_independent and target_channels is not None:
            n_others = n_channels - len(target_channels)
            one = AttentionNetwork(
                1 + n_others, n_targets=1, target_channels=(0,), **settings
            )
            network = ChannelIndependent(one, target_channels, n_channels)
        else:
            network = AttentionNetwork(
                n_channels,
                n_targets=n_targets,
                target_channels=target_channels,
                **settings,
            )
    network.to_empty(device="cpu")
    initialize(network, generator)
    return network
