"""The assembled network: patches, encoder, pooling, decoder, and the paths beside."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ._dropout import Dropout
from ._skip import LinearSkip
from ._steps import last_step, step_mask, to_patches
from .decoder import DenseDecoder
from .encoder import LSTMEncoder
from .pooling import make_pooling


class NetworkOutput(NamedTuple):
    """What one pass gives.

    Parameters
    ----------
    prediction : Tensor of shape (n_samples, horizon, n_targets)
        Scaled targets.
    context : Tensor of shape (n_samples, context_size)
        What the attention gathered.
    weights : Tensor of shape (n_samples, n_steps)
        Weights of the steps (patches where ``patch_size`` > 1).
    """

    prediction: Tensor
    context: Tensor
    weights: Tensor


class AttentionNetwork(nn.Module):
    """An LSTM with attention, from scaled sequences to scaled targets.

    Parameters
    ----------
    n_channels : int
        Channels of the input.
    n_timesteps : int
        Longest length in training.
    horizon, n_targets : int
        Output steps, and values at each.
    target_channels : sequence of int or None, default=None
        The input channels that the targets continue.
    patch_size, hidden_size, num_layers : int
        As in `skattn.LSTMAttentionRegressor`, like all that follow.
    bidirectional : bool, default=False
        Whether a second LSTM reads the sequence from its end.
    dropout : float, default=0.0
        Share of units dropped in training, between layers and on the context.
    attention : str, default="additive"
        How states become one context.
    query : {"last", "learned"}, default="last"
        What the states are scored against.
    state_bypass : bool, default=False
        Join the last state to the context.
    anchor : bool, default=False
        Read and predict the target channels relative to their last values.
    linear_skip : bool, default=False
        Add a linear path from history to output.
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
        level = self._find_level(x, lengths) if self.anchor else None
        if level is not None:
            x = x - level
        patches, n_patches = to_patches(x, lengths, self.patch_size)
        states, last = self.encoder(patches, n_patches)
        mask = None if n_patches is None else step_mask(n_patches, states.shape[1])
        context, weights = self.pooling(states, last, mask)
        prediction = self.decoder(self.dropout(context), last)
        if self.skip is not None:
            prediction = prediction + self.skip(self._take_targets(x), lengths)
        if level is not None:
            prediction = prediction + self._take_targets(level)
        return NetworkOutput(prediction, context, weights)

    def _take_targets(self, x: Tensor) -> Tensor:
        """Keep the target channels, or all if the targets are no channels."""
        return x if self.target_channels is None else x[:, :, self.target_channels]

    def _find_level(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        """Give the last real value of the target channels, 0 for the other channels.

        The shape is ``(n_samples, 1, n_channels)``.
        """
        last = last_step(x, lengths)[:, None]
        level = torch.zeros_like(last)
        level[:, :, self.target_channels] = last[:, :, self.target_channels]
        return level
