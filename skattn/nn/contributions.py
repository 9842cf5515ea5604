"""Predictions as exact sums over steps and channels, for ``values="inputs"``."""

from typing import Any

import torch
from torch import Tensor

from ._build import ChannelIndependent
from ._steps import align_ends, from_ends, step_mask
from .network import AttentionNetwork, Encoded


def contributions(
    network: AttentionNetwork | ChannelIndependent, x: Tensor, lengths: Tensor | None
) -> Tensor:
    """Split predictions into what each input value contributed.

    Once the LSTM has decided weights and gates, a prediction is linear in the inputs:
    output weight times attention weight times gate times embedding times input, added
    to what linear skip and anchor take from it. What is left is a constant, the
    prediction without any input.

    Parameters
    ----------
    network : AttentionNetwork or ChannelIndependent
        With gated embeddings as values and the dense decoder, in evaluation mode.
    x : Tensor of shape (n_samples, n_timesteps, n_channels)
        Scaled sequences, padded on the right.
    lengths : Tensor of int of shape (n_samples,) or None
        Real steps in each sequence; None if all are real.

    Returns
    -------
    Tensor of shape (n_samples, horizon, n_targets, n_timesteps, n_channels)
        On the scale of the network's prediction; 0 on padded steps.
    """
    if isinstance(network, ChannelIndependent):
        return _contributions_by_target(network, x, lengths)
    encoded = network.encode(x, lengths)
    total = _attended(network, encoded, lengths, x.shape[1])
    total = total + _beside(network, encoded, lengths, total)
    if lengths is not None:
        total = total * step_mask(lengths, x.shape[1])[:, None, None, :, None]
    return total


def base_value(network: AttentionNetwork | ChannelIndependent) -> Tensor:
    """Give the prediction without any input, ``(1, horizon, n_targets)``.

    Parameters
    ----------
    network : AttentionNetwork or ChannelIndependent
        As for `contributions`.

    Returns
    -------
    Tensor of shape (1, horizon, n_targets)
        On the scale of the network's prediction.
    """
    if isinstance(network, ChannelIndependent):
        return base_value(network.network).expand(-1, -1, len(network.channels))
    decoder: Any = network.decoder
    total = decoder.output.bias.unflatten(0, decoder.shape)
    if network.skip is not None:
        bias = network.skip.linear.bias
        own = network.target_channels is not None
        total = total + (bias[:, None] if own else bias.unflatten(0, decoder.shape))
    return total[None].detach()


def _attended(
    network: AttentionNetwork, encoded: Encoded, lengths: Tensor | None, n_steps: int
) -> Tensor:
    """Give what went through the attention, patches undone."""
    memory, inputs = encoded.memory, encoded.inputs
    decoder: Any = network.decoder
    embedding: Any = network.embedding
    _, weights = decoder.pooling(memory)  # (n, n_parts, n_patches)
    size = memory.states.shape[2]
    by_unit = weights.repeat_interleave(size // weights.shape[1], dim=1)
    gated = by_unit.transpose(1, 2) * torch.tanh(embedding.gate(memory.states))
    # (n, n_patches, n_outputs, size) @ (size, input_size), times the inputs
    effect = (gated[:, :, None] * decoder.output.weight) @ embedding.embed.weight
    parts = (effect * inputs[:, :, None]).unflatten(-1, (network.patch_size, -1))
    # (n, n_patches, n_outputs, patch, n_channels) -> (n, n_outputs, n_channels, time)
    framed = parts.permute(0, 2, 4, 1, 3).flatten(3)
    if lengths is None:
        placed = from_ends(framed, None, n_steps)
    else:
        # Patches stand at the left of their frame, each sequence after its fill.
        placed = _shift_left(framed, -lengths % network.patch_size, n_steps)
    return placed.transpose(2, 3).unflatten(1, decoder.shape)


def _beside(
    network: AttentionNetwork, encoded: Encoded, lengths: Tensor | None, like: Tensor
) -> Tensor:
    """Give what came by linear skip and anchor, in the shape of ``like``."""
    total = torch.zeros_like(like)
    n_timesteps, n_channels = like.shape[3:]
    own: Any = network.target_channels
    if network.skip is not None:
        n_frame = network.skip.n_timesteps
        # (n, n_frame, n_channels), aligned at its end as the skip reads it
        aligned = align_ends(encoded.history, lengths, n_frame)
        weight = network.skip.linear.weight
        if own is None:
            weight = weight.unflatten(0, like.shape[1:3])
            weight = weight.unflatten(-1, (n_frame, n_channels))
            parts = weight * aligned[:, None, None]
        else:
            parts = aligned.new_zeros(len(like), *like.shape[1:3], *aligned.shape[1:])
            for target, channel in enumerate(own):
                parts[:, :, target, :, channel] = weight * aligned[:, None, :, channel]
        placed = from_ends(parts.transpose(3, 4), lengths, n_timesteps)
        total = total + placed.transpose(3, 4)
    if encoded.level is not None:
        rows = torch.arange(len(like), device=like.device)
        last = n_timesteps - 1 if lengths is None else lengths - 1
        for target, channel in enumerate(own):
            level = encoded.level[:, :, channel]  # (n, 1), for all the horizon
            total[rows, :, target, last, channel] += level
    return total


def _shift_left(x: Tensor, shift: Tensor, n_steps: int) -> Tensor:
    """Drop the first ``shift`` steps of the last axis, sample by sample."""
    step = torch.arange(n_steps, device=x.device)
    source = (shift[:, None] + step).clamp(max=x.shape[-1] - 1)
    return x.gather(-1, source[:, None, None].expand(*x.shape[:-1], n_steps))


def _contributions_by_target(
    network: ChannelIndependent, x: Tensor, lengths: Tensor | None
) -> Tensor:
    folded, folded_lengths = network.fold(x, lengths)
    each = contributions(network.network, folded, folded_lengths)
    # (n * n_targets, horizon, 1, time, own channels) -> (n, n_targets, horizon, ...)
    each = each.squeeze(2).unflatten(0, (len(x), -1))
    total = each.new_zeros(len(x), each.shape[2], each.shape[1], *x.shape[1:])
    for target, channels in enumerate(network.channels):
        total[:, :, target][..., channels] = each[:, target]
    return total
