"""Predictions as sums: what each step, input value and path contributed."""

import torch
from torch import Tensor

from ._channel_independent import ChannelIndependent, Network
from ._inputs import Encoded, Inputs, Steps
from ._skip import LinearSkip
from ._time_axis import align_ends, from_ends, spread_patches, step_mask
from .decoder import DenseDecoder
from .embedding import GatedEmbedding
from .network import AttentionNetwork


def bypass(network: Network, inputs: Inputs) -> Tensor:
    """Compute the share of a prediction that ``anchor`` and ``linear_skip`` make.

    Before the output activation a prediction is the sum of this share and of what went
    through the decoder.

    Parameters
    ----------
    network : AttentionNetwork or ChannelIndependent
        In evaluation mode.
    inputs : Inputs
        Scaled sequences.

    Returns
    -------
    Tensor of shape (n_samples, horizon or 1, n_targets)
        On the scale of the network's prediction; 0 without such paths.
    """
    if isinstance(network, ChannelIndependent):
        # (n * n_targets, horizon, 1) -> (n, n_targets, horizon) -> transposed
        share = bypass(network.network, network.fold(inputs)).squeeze(-1)
        return share.unflatten(0, (len(inputs), -1)).transpose(1, 2)
    base, unit, extra = network.lead_past(network.input(inputs))
    total = inputs.x.new_zeros(len(inputs), 1, 1)
    if extra is not None:
        total = extra if unit is None else extra * unit
    return total if base is None else total + base


def split_paths(network: Network, inputs: Inputs) -> tuple[Tensor, Tensor]:
    """Compute what comes through the decoder, and what bypasses it.

    Their sum is the prediction before the output activation; where windows have units
    of their own, it is the prediction relative to the level, in these units.

    Parameters
    ----------
    network : AttentionNetwork or ChannelIndependent
        In evaluation mode.
    inputs : Inputs
        Scaled sequences.

    Returns
    -------
    through, past : Tensor of shape (n_samples, horizon, n_targets)
        On the scale of the network's prediction.
    """
    if isinstance(network, ChannelIndependent):
        parts = split_paths(network.network, network.fold(inputs))
        shape = (len(inputs), len(network.channels))
        through, past = (
            part.squeeze(-1).unflatten(0, shape).transpose(1, 2) for part in parts
        )
        return through, past
    prediction = network(inputs, need_weights=False).prediction
    past = bypass(network, inputs).expand_as(prediction)
    through = prediction - past
    if network.has_own_units:
        _, unit, extra = network.lead_past(network.input(inputs))
        assert unit is not None
        through = through / unit
        past = torch.zeros_like(through) if extra is None else extra
    return through, past


def contributions(network: Network, inputs: Inputs) -> Tensor:
    """Compute what each input value contributed, where predictions are sums.

    With ``values="inputs"`` a prediction is linear in the inputs once the LSTM has
    decided weights and gates: output weight times attention weight times gate times
    embedding times input. Linear skip and anchor take from each input value with any
    values. What is left is a constant, the prediction without any input; where windows
    have units of their own, their level and bias, which are spread evenly over the
    steps instead.

    Parameters
    ----------
    network : AttentionNetwork or ChannelIndependent
        One whose predictions are sums; in evaluation mode.
    inputs : Inputs
        Scaled sequences.

    Returns
    -------
    Tensor of shape (n_samples, horizon, n_targets, n_timesteps, n_channels)
        On the scale of the network's prediction; 0 on padded steps. Without what comes
        through the attention where that has no channels: see `attended_contributions`.
    """
    if isinstance(network, ChannelIndependent):
        return _contributions_by_target(network, inputs)
    steps, n_timesteps = network.input(inputs), inputs.x.shape[1]
    if network.embedding is None or network.adds_nothing:
        shape = (len(inputs), *network.decoder.shape, *inputs.x.shape[1:])
        total = inputs.x.new_zeros(shape)
    else:
        total = _attended(network, network.encode(inputs), n_timesteps)
    if network.skip is not None:
        total = total + _skipped(network, network.skip, steps, total)
    if steps.unit is not None:  # (n or 1, 1, n_targets)
        total = total * network.take_targets(steps.unit)[..., None, None]
    if steps.level is not None and network.input.anchored:
        _add_level(network, steps, total)
    if network.has_own_units:
        _spread_rest(network, steps, total)
    if inputs.lengths is not None:
        real = step_mask(inputs.lengths, n_timesteps)
        total = total * real[:, None, None, :, None]
    return total


def attended_contributions(network: Network, inputs: Inputs) -> Tensor:
    """Compute what each step contributed through the attention, all channels together.

    A prediction is the sum of these and of `contributions` over steps and channels, of
    `static_contributions`, `future_contributions` and of `base_value`. What a patch
    or a segment contributed is spread evenly over its steps.

    Parameters
    ----------
    network : AttentionNetwork or ChannelIndependent
        With states or segments as values, and a decoder that `DenseDecoder.sums`.
    inputs : Inputs
        Scaled sequences.

    Returns
    -------
    Tensor of shape (n_samples, horizon, n_targets, n_timesteps)
        On the scale of the network's prediction; 0 on padded steps.
    """
    if isinstance(network, ChannelIndependent):
        each = attended_contributions(network.network, network.fold(inputs))
        # (n * n_targets, horizon, 1, time) -> (n, horizon, n_targets, time)
        return each.squeeze(2).unflatten(0, (len(inputs), -1)).transpose(1, 2)
    decoder, n_timesteps = network.decoder, inputs.x.shape[1]
    assert isinstance(decoder, DenseDecoder)
    encoded = network.encode(inputs)
    memory = encoded.memory._replace(readout=decoder.read_out(encoded.memory))
    _, weights = decoder.pooling(memory)
    terms = decoder.find_terms(memory, weights, centred=False)
    lengths = inputs.lengths
    if lengths is None:
        lengths = torch.full((len(inputs),), n_timesteps, device=terms.device)
    total = spread_patches(
        terms.transpose(1, 2), lengths, n_timesteps, network.patch_size, divide=True
    ).unflatten(1, decoder.shape)
    unit = encoded.steps.unit
    return total if unit is None else total * network.take_targets(unit)[..., None]


def static_contributions(network: Network, inputs: Inputs) -> Tensor:
    """Compute what static features added to each output, beside what they scale.

    Parameters
    ----------
    network : AttentionNetwork or ChannelIndependent
        As for `attended_contributions`, or with a decoder that adds nothing.
    inputs : Inputs
        Scaled sequences with static features.

    Returns
    -------
    Tensor of shape (n_samples, horizon, n_targets)
        On the scale of the network's prediction, from what a sample of mean features
        gets.
    """
    if isinstance(network, ChannelIndependent):
        each = static_contributions(network.network, network.fold(inputs))
        return each.squeeze(2).unflatten(0, (len(inputs), -1)).transpose(1, 2)
    decoder = network.decoder
    assert inputs.static is not None
    if network.adds_nothing:
        return inputs.static.new_zeros(len(inputs), *decoder.shape)
    shift = _shift(network, inputs.static) - _shift(network, 0 * inputs.static[:1])
    total = (shift @ decoder.output.weight.t()).unflatten(-1, decoder.shape)
    unit = network.input.relate(inputs)[1]
    return total if unit is None else total * network.take_targets(unit)


def _shift(network: AttentionNetwork, static: Tensor) -> Tensor:
    """Return what static features add to the context: ``(n_samples, size)``."""
    decoder = network.decoder
    assert isinstance(decoder, DenseDecoder)
    assert network.static is not None
    assert decoder.static is not None
    return decoder.static.read(network.static(static))[1]


def future_contributions(network: Network, inputs: Inputs) -> Tensor:
    """Compute what each number known ahead contributed, to the output of its own step.

    Parameters
    ----------
    network : AttentionNetwork or ChannelIndependent
        With a decoder that adds nothing, or whose term of the future is linear.
    inputs : Inputs
        Scaled sequences with a future.

    Returns
    -------
    Tensor of shape (n_samples, horizon, n_targets, horizon, n_future)
        On the scale of the network's prediction.
    """
    assert inputs.future is not None
    if isinstance(network, ChannelIndependent):
        each = future_contributions(network.network, network.fold(inputs))
        return each.squeeze(2).unflatten(0, (len(inputs), -1)).transpose(1, 2)
    horizon, n_targets = network.decoder.shape
    shape = inputs.future.shape[1:]
    total = inputs.future.new_zeros(len(inputs), horizon, n_targets, *shape)
    if network.skip is not None:
        weight = network.skip.linear.weight[:, -shape[0] * shape[1] :]
        if network.skip.own_history:  # the same for all targets
            weight = weight[:, None].expand(-1, n_targets, -1)
        weight = weight.reshape(horizon, n_targets, *shape)
        total = total + weight * inputs.future[:, None, None]
    decoder = network.decoder
    if isinstance(decoder, DenseDecoder) and decoder.future is not None:
        # Each output step reads its own part of the future.
        own = decoder.future.direct.weight * inputs.future[:, :, None]
        for step in range(horizon):
            total[:, step, :, step] += own[:, step]
    unit = network.input.relate(inputs)[1]
    if unit is not None:
        total = total * network.take_targets(unit)[..., None, None]
    return total


def base_value(network: Network) -> Tensor:
    """Compute the prediction without any input.

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
        # One row for each target where their units differ.
        each = base_value(network.network)
        return each[..., 0].T[None].expand(-1, -1, len(network.channels))
    decoder = network.decoder
    if network.has_own_units:
        return decoder.output.bias.new_zeros(1, *decoder.shape)
    total = decoder.output.bias.new_zeros(decoder.shape)
    if not network.adds_nothing:
        total = total + _constant(network).unflatten(0, decoder.shape)
    if network.skip is not None:
        bias = network.skip.linear.bias
        own = network.skip.own_history
        total = total + (bias[:, None] if own else bias.unflatten(0, decoder.shape))
    units = network.input.change_scale
    total = total[None] if units is None else total * network.take_targets(units)
    return total.detach()


def _constant(network: AttentionNetwork) -> Tensor:
    """Return what the decoder adds for a sample of mean static features."""
    output = network.decoder.output
    if network.static is None:
        return output.bias
    nothing = output.bias.new_zeros(1, network.n_static)
    return output.bias + (_shift(network, nothing) @ output.weight.t())[0]


def _attended(network: AttentionNetwork, encoded: Encoded, n_timesteps: int) -> Tensor:
    """Return what went through the attention, patches undone."""
    memory, steps, decoder = encoded.memory, encoded.steps, network.decoder
    embedding, patch_size = network.embedding, network.input.patch_size
    assert isinstance(decoder, DenseDecoder)
    assert isinstance(embedding, GatedEmbedding)
    _, weights = decoder.pooling(memory)  # (n, n_heads, n_patches)
    size = encoded.states.shape[2]
    by_unit = weights.repeat_interleave(size // weights.shape[1], dim=1)
    gated = by_unit.transpose(1, 2) * torch.tanh(embedding.gate(encoded.states))
    # (n, n_patches, n_outputs, size) @ (size, input_size), times the inputs
    effect = (gated[:, :, None] * decoder.output.weight) @ embedding.embed.weight
    each = (effect * encoded.embedded[:, :, None]).unflatten(-1, (patch_size, -1))
    # (n, n_patches, n_outputs, patch, n_channels) -> (n, n_outputs, n_channels, time)
    framed = each.permute(0, 2, 4, 1, 3).flatten(3)
    if steps.times is None:
        placed = from_ends(framed, None, n_timesteps)
    else:
        # Patches stand at the left of their frame, each sequence after its fill.
        placed = _shift_left(framed, -steps.times % patch_size, n_timesteps)
    return placed.transpose(2, 3).unflatten(1, decoder.shape)


def _skipped(
    network: AttentionNetwork, skip: LinearSkip, steps: Steps, like: Tensor
) -> Tensor:
    """Return what the linear path took from each input value."""
    n_timesteps, n_channels = like.shape[3:]
    history, times = steps.history, steps.times
    # (n, n_frame, n_channels), aligned at its end as the skip reads it
    aligned = align_ends(history, times, skip.n_timesteps)
    n_read = skip.n_timesteps * (1 if skip.own_history else n_channels)
    weight = skip.linear.weight[:, :n_read]  # without what is known ahead
    if not skip.own_history:
        weight = weight.unflatten(0, like.shape[1:3])
        weight = weight.unflatten(-1, (skip.n_timesteps, n_channels))
        each = weight * aligned[:, None, None]
    else:
        assert network.target_channels is not None
        each = aligned.new_zeros(len(like), *like.shape[1:3], *aligned.shape[1:])
        for target, channel in enumerate(network.target_channels):
            each[:, :, target, :, channel] = weight * aligned[:, None, :, channel]
    return from_ends(each.transpose(3, 4), times, n_timesteps).transpose(3, 4)


def _add_level(network: AttentionNetwork, steps: Steps, total: Tensor) -> None:
    """Add the level to the last step of its channel, in place."""
    channels = network.target_channels
    assert steps.level is not None
    assert channels is not None
    rows = torch.arange(len(total), device=total.device)
    last = total.shape[3] - 1 if steps.times is None else steps.times - 1
    for target, channel in enumerate(channels):
        # (n, 1), the same for all the horizon
        total[rows, :, target, last, channel] += steps.level[:, :, channel]


def _spread_rest(network: AttentionNetwork, steps: Steps, total: Tensor) -> None:
    """Add what a window's own units make of bias and level to its steps, in place."""
    channels = network.target_channels
    assert channels is not None
    assert steps.unit is not None
    unit = network.take_targets(steps.unit)
    rest = unit.new_zeros(len(total), *total.shape[1:3])  # (n, horizon, n_targets)
    if not network.adds_nothing:
        rest = rest + _constant(network).unflatten(0, rest.shape[1:]) * unit
    if network.skip is not None:
        bias = network.skip.linear.bias
        own = network.skip.own_history
        rest = (
            rest + (bias[:, None] if own else bias.unflatten(0, rest.shape[1:])) * unit
        )
    if steps.level is not None and not network.input.anchored:
        rest = rest + network.take_targets(steps.level)
    count = total.shape[3] if steps.times is None else steps.times[:, None, None]
    for target, channel in enumerate(channels):
        total[:, :, target, :, channel] += (rest / count)[:, :, target, None]


def _shift_left(x: Tensor, shift: Tensor, n_steps: int) -> Tensor:
    """Return the last axis without its first ``shift`` steps, sample by sample."""
    step = torch.arange(n_steps, device=x.device)
    source = (shift[:, None] + step).clamp(max=x.shape[-1] - 1)
    return x.gather(-1, source[:, None, None].expand(*x.shape[:-1], n_steps))


def _contributions_by_target(network: ChannelIndependent, inputs: Inputs) -> Tensor:
    each = contributions(network.network, network.fold(inputs))
    # (n * n_targets, horizon, 1, time, own channels) -> (n, n_targets, horizon, ...)
    each = each.squeeze(2).unflatten(0, (len(inputs), -1))
    total = each.new_zeros(len(each), *each.shape[2:0:-1], *inputs.x.shape[1:])
    for target, channels in enumerate(network.channels):
        total[:, :, target][..., channels] = each[:, target]
    return total
