"""Building networks: an architecture, memory, and initial weights from one stream."""

import math
from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import init

from ._categories import Categories
from ._channel_independent import ChannelIndependent, Network, fold_channels
from .network import AttentionNetwork


@dataclass(frozen=True)
class Architecture:
    """All that decides the shape of a network.

    Parameters
    ----------
    n_channels : int
        Channels of the input, indicators not counted.
    indicators : bool, default=False
        Whether the input holds an indicator of gaps for each channel, after them all.
    channel_independent : bool, default=False
        Whether all target channels share one network for a single one.
    decay : bool, default=False
        Whether missing values decay.
    n_timesteps, horizon, n_targets, target_channels, patch_size, conv_layers, \
    conv_channels, differences, encoder, \
    hidden_size, num_layers, bidirectional, passthrough, dropout, attention, query, \
    n_heads, \
    normalizer, self_attention_heads, positions, values, segment_size, state_bypass, \
    decoder, teacher_forcing, \
    output_activation, anchor, linear_skip, scale_windows, quantiles, n_static, \
    n_future, categories, static_categories, embedding_size, n_times, classes
        As in `AttentionNetwork`.
    """

    n_channels: int
    n_timesteps: int
    horizon: int
    n_targets: int
    target_channels: tuple[int, ...] | None = None
    indicators: bool = False
    channel_independent: bool = False
    patch_size: int = 1
    conv_layers: int = 0
    conv_channels: int = 64
    differences: bool = False
    encoder: str = "lstm"
    hidden_size: int = 64
    num_layers: int = 1
    bidirectional: bool = False
    passthrough: bool = False
    dropout: float = 0.0
    attention: str = "additive"
    query: str = "last"
    n_heads: int = 1
    normalizer: str = "softmax"
    self_attention_heads: int = 0
    positions: str | None = None
    values: str = "states"
    segment_size: int = 0
    state_bypass: bool = False
    decoder: str = "dense"
    teacher_forcing: float = 0.0
    output_activation: str = "identity"
    anchor: bool | str = False
    linear_skip: bool | str = False
    scale_windows: bool | str = False
    quantiles: tuple[float, ...] | None = None
    n_static: int = 0
    n_future: int = 0
    categories: Categories = ()
    static_categories: Categories = ()
    embedding_size: int | tuple[int, ...] = 0
    n_times: int = 0
    decay: bool = False
    classes: bool = False

    @property
    def weighed_size(self) -> int:
        """Time steps with one weight: those of a segment, or else of a patch."""
        return self.segment_size or self.patch_size


def build_network(generator: torch.Generator, architecture: Architecture) -> Network:
    """Build a network and draw its weights from ``generator`` alone.

    It is built without memory and filled afterwards, because torch's own constructors
    draw from its global stream.

    Parameters
    ----------
    generator : torch.Generator
        Source of the initial weights, on the CPU.
    architecture : Architecture
        What to build.

    Returns
    -------
    AttentionNetwork or ChannelIndependent
        On the CPU, its centre 0 and its units 1.
    """
    network = assemble(architecture)
    network.to_empty(device="cpu").float()  # whatever the caller's default type is
    initialize(network, generator)
    for name, buffer in network.named_buffers():
        if name.endswith("center"):
            buffer.zero_()
        elif name.endswith("change_scale"):
            buffer.fill_(1.0)
    return network


def assemble(architecture: Architecture) -> Network:
    """Return a network without memory for its weights.

    Parameters
    ----------
    architecture : Architecture
        What to assemble.

    Returns
    -------
    AttentionNetwork or ChannelIndependent
        On torch's meta device, where tensors have shapes alone.
    """
    settings = asdict(architecture)
    n_channels, targets = settings.pop("n_channels"), architecture.target_channels
    n_inputs = 2 * n_channels if settings.pop("indicators") else n_channels
    decays = settings.pop("decay")
    if decays:
        settings["decay"] = tuple((c, c + n_channels) for c in range(n_channels))
    with torch.device("meta"):
        if not settings.pop("channel_independent") or targets is None:
            return AttentionNetwork(n_inputs, **settings)
        settings |= {"n_targets": 1, "target_channels": (0,)}
        n_taken = (len(targets) - 1) * n_inputs // n_channels
        order = fold_channels(targets, n_channels, n_inputs)[0]
        if decays:
            settings["decay"] = tuple(
                (place, order.index(channel + n_channels))
                for place, channel in enumerate(order)
                if channel < n_channels
            )
        if settings["n_times"] > 1:
            settings["n_times"] -= len(targets) - 1
        settings["categories"] = tuple(
            (order.index(channel), number) for channel, number in settings["categories"]
        )
        one = AttentionNetwork(n_inputs - n_taken, **settings)
        network = ChannelIndependent(one, targets, n_channels, n_inputs)
        network.set_center(torch.zeros(1, n_inputs))  # one pattern for each target
        if architecture.anchor == "changes":
            network.set_change_scale(torch.ones(1, n_inputs))
        return network


def initialize(module: nn.Module, generator: torch.Generator | None = None) -> None:
    """Draw all initial weights of ``module``, inner modules first.

    LSTMs get orthogonal recurrent weights, Glorot input weights and a forget bias of
    1, less where what they read stands next to their states; linear layers torch's own
    distribution; modules with a method ``draw_parameters(generator)`` have the last
    word on their own.

    Parameters
    ----------
    module : nn.Module
        Changed in place.
    generator : torch.Generator, default=None
        None: torch's global stream.

    References
    ----------
    R. Jozefowicz, W. Zaremba and I. Sutskever (2015). An empirical exploration of
    recurrent network architectures. ICML. (The forget bias.)

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import LSTMEncoder, initialize
    >>> one, two = LSTMEncoder(3, 4), LSTMEncoder(3, 4)
    >>> for encoder in (one, two):
    ...     initialize(encoder, torch.Generator().manual_seed(0))
    >>> x = torch.randn(2, 5, 3)
    >>> torch.equal(one(x)[0], two(x)[0])
    True
    """
    for child in reversed([*module.modules()]):
        if isinstance(child, nn.LSTM | nn.LSTMCell):
            _initialize_lstm(child, generator)
        elif isinstance(child, nn.Linear):
            _initialize_linear(child, generator)
        elif isinstance(child, nn.LayerNorm):
            child.reset_parameters()
        else:
            draw = getattr(child, "draw_parameters", None)
            if draw is not None:
                draw(generator)


@torch.no_grad()
def _initialize_lstm(
    lstm: nn.LSTM | nn.LSTMCell, generator: torch.Generator | None
) -> None:
    size = lstm.hidden_size
    for name, parameter in lstm.named_parameters():
        if name.startswith("weight_hh"):
            for gate in parameter.split(size):
                init.orthogonal_(gate, generator=generator)
        elif name.startswith("weight_ih"):
            for gate in parameter.split(size):
                init.xavier_uniform_(gate, generator=generator)
        else:
            parameter.zero_()
    # torch adds two biases and orders the gates input, forget, cell, output.
    name = "bias_ih" if isinstance(lstm, nn.LSTMCell) else "bias_ih_l0"
    init.ones_(lstm.get_parameter(name)[size : 2 * size])


def _initialize_linear(linear: nn.Linear, generator: torch.Generator | None) -> None:
    bound = 1 / math.sqrt(linear.in_features)
    init.uniform_(linear.weight, -bound, bound, generator=generator)
    if linear.bias is not None:
        init.uniform_(linear.bias, -bound, bound, generator=generator)
