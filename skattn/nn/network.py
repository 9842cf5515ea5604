"""The assembled network: patches, encoder, attention, decoder, and the paths beside."""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ._memory import Memory
from ._skip import LinearSkip
from ._steps import last_step, step_mask, to_patches
from .attention import SelfAttention
from .decoder import DenseDecoder, LSTMDecoder
from .embedding import GatedEmbedding
from .encoder import LSTMEncoder
from .pooling import FeaturePooling, check_choices, make_pooling

_ACTIVATIONS: dict[str, Any] = {"sigmoid": torch.sigmoid, "softplus": softplus}


def _refuse_beside_lstm_decoder(attention: str, query: str) -> None:
    """Refuse what a decoder that brings its own query cannot use."""
    for name, value, refused in (
        ("attention", attention, "feature"),
        ("query", query, "learned"),
    ):
        if value == refused:
            raise ValueError(f"decoder='lstm' does not go with {name}={value!r}.")


class NetworkOutput(NamedTuple):
    """What one pass gives.

    Parameters
    ----------
    prediction : Tensor of shape (n_samples, horizon, n_targets)
        Scaled targets.
    context : Tensor of shape (n_samples, context_size)
        What the attention gathered; decoder steps side by side.
    weights : Tensor of shape (n_samples, n_parts, [horizon,] n_steps) or None
        Attention weights; parts are heads, or hidden units with "feature". Steps are
        patches where ``patch_size`` > 1. None where they were not needed.
    self_weights : Tensor of shape (n_samples, n_heads, n_steps, n_steps) or None
        The map of the self-attention; None without one.
    states : Tensor of shape (n_samples, n_steps, size)
        The states that were attended to.
    mask : Tensor of bool of shape (n_samples, n_steps) or None
        True at real steps; None if all are.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import AttentionNetwork
    >>> network = AttentionNetwork(2, n_timesteps=6, horizon=1, n_targets=1)
    >>> output = network(torch.randn(3, 6, 2), lengths=torch.tensor([6, 4, 1]))
    >>> output.mask.sum(1)
    tensor([6, 4, 1])
    >>> output.weights[2, 0]
    tensor([1., 0., 0., 0., 0., 0.], grad_fn=<SelectBackward0>)
    """

    prediction: Tensor
    context: Tensor
    weights: Tensor | None
    self_weights: Tensor | None
    states: Tensor
    mask: Tensor | None


class Encoded(NamedTuple):
    """One batch on its way to the decoder."""

    memory: Memory
    self_weights: Tensor | None
    history: Tensor  # relative to the level, (n, n_timesteps, n_channels)
    level: Tensor | None  # (n, 1, n_channels)
    inputs: Tensor  # of the gated embedding, (n, n_steps, input_size)


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
        How states become a context.
    query : {"last", "learned"}, default="last"
        What the states are scored against, with the dense decoder.
    n_heads : int, default=1
        Heads of the attention.
    self_attention_heads : int, default=0
        Heads of a self-attention between encoder and pooling; 0 for none.
    values : {"states", "inputs"}, default="states"
        What is summed up: states, or gated embeddings of the inputs.
    state_bypass : bool, default=False
        Let the last state reach the output beside the context.
    decoder : {"dense", "lstm"}, default="dense"
        All outputs at once, or step by step.
    teacher_forcing : float, default=0.0
        Share of true previous outputs that the LSTM decoder reads in training.
    output_activation : {"identity", "sigmoid", "softplus"}, default="identity"
        Applied to the prediction.
    anchor : bool, default=False
        Read and predict the target channels relative to their last values.
    linear_skip : bool or "ridge", default=False
        Add a linear path from history to output; with "ridge" its weights are not
        trained, but to be set.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import AttentionNetwork
    >>> network = AttentionNetwork(
    ...     2, n_timesteps=6, horizon=3, n_targets=1, hidden_size=8, patch_size=2
    ... )
    >>> output = network(torch.randn(4, 6, 2))
    >>> output.prediction.shape, output.weights.shape  # 6 steps are 3 patches
    (torch.Size([4, 3, 1]), torch.Size([4, 1, 3]))
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
        n_heads: int = 1,
        self_attention_heads: int = 0,
        values: str = "states",
        state_bypass: bool = False,
        decoder: str = "dense",
        teacher_forcing: float = 0.0,
        output_activation: str = "identity",
        anchor: bool = False,
        linear_skip: bool | str = False,
    ) -> None:
        super().__init__()
        check_choices(
            values=(values, ("states", "inputs")),
            decoder=(decoder, ("dense", "lstm")),
            output_activation=(output_activation, ("identity", *_ACTIVATIONS)),
            linear_skip=(linear_skip, (False, True, "ridge")),
        )
        if decoder == "lstm":
            _refuse_beside_lstm_decoder(attention=attention, query=query)
        self.patch_size = patch_size
        self.anchor = anchor
        self.target_channels = None if target_channels is None else [*target_channels]
        self.activation = output_activation
        input_size = patch_size * n_channels
        self.encoder = LSTMEncoder(
            input_size, hidden_size, num_layers, bidirectional, dropout
        )
        size = self.encoder.output_size
        self.self_attention = (
            SelfAttention(size, self_attention_heads, dropout)
            if self_attention_heads
            else None
        )
        self.embedding = (
            GatedEmbedding(input_size, size) if values == "inputs" else None
        )
        # Mean over scale of each channel: added to centred inputs, it uncentres them.
        # One row for all samples, or one for each sample of a repeating pattern.
        self.center: Tensor
        self.register_buffer("center", torch.zeros(1, 1, n_channels))
        n_steps = -(-n_timesteps // patch_size)
        pooling = make_pooling(attention, size, query, n_heads, n_steps)
        shape = (size, horizon, n_targets)
        self.decoder: DenseDecoder | LSTMDecoder
        if decoder == "lstm":
            assert not isinstance(pooling, FeaturePooling)  # refused above
            self.decoder = LSTMDecoder(
                pooling, *shape, state_bypass, teacher_forcing, dropout
            )
        else:
            self.decoder = DenseDecoder(pooling, *shape, state_bypass, dropout)
        self.context_size = self.decoder.context_size
        own, fixed = target_channels is not None, linear_skip == "ridge"
        self.skip = (
            LinearSkip(n_timesteps, n_channels, horizon, n_targets, own, fixed)
            if linear_skip
            else None
        )

    def forward(
        self,
        x: Tensor,
        lengths: Tensor | None = None,
        target: Tensor | None = None,
        need_weights: bool = True,
        weights: Tensor | None = None,
    ) -> NetworkOutput:
        """Predict.

        Parameters
        ----------
        x : Tensor of shape (n_samples, n_timesteps, n_channels)
            Scaled sequences, padded on the right with any finite number.
        lengths : Tensor of int of shape (n_samples,), default=None
            Real steps in each sequence, at least 1; None if all are real.
        target : Tensor of shape (n_samples, horizon, n_targets), default=None
            The truth, for teacher forcing in training.
        need_weights : bool, default=True
            Whether weights are to be returned.
        weights : Tensor, default=None
            Attention weights to use instead of the network's own, in the shape that
            they have in `NetworkOutput`.

        Returns
        -------
        NetworkOutput
            Prediction, context, weights, and what the attention read.
        """
        encoded = self.encode(x, lengths, need_weights)
        memory = encoded.memory._replace(weights=weights)
        base, beside = self.go_beside(encoded, lengths)
        if target is not None and base is not None:
            target = target - base
        prediction, context, weights = self.decoder(
            memory, beside, target, need_weights
        )
        if base is not None:
            prediction = prediction + base
        if self.activation != "identity":
            prediction = _ACTIVATIONS[self.activation](prediction)
        return NetworkOutput(
            prediction,
            context,
            weights,
            encoded.self_weights,
            memory.states,
            memory.mask,
        )

    def go_beside(
        self, encoded: Encoded, lengths: Tensor | None
    ) -> tuple[Tensor | None, Tensor | None]:
        """Give what reaches the output beside the attention, without ``state_bypass``.

        Parameters
        ----------
        encoded : Encoded
            From `encode`.
        lengths : Tensor of int of shape (n_samples,) or None
            As in `forward`.

        Returns
        -------
        base : Tensor of shape (n_samples, 1, n_targets) or None
            The last values; with ``anchor``.
        beside : Tensor of shape (n_samples, horizon, n_targets) or None
            What the linear path adds; with ``linear_skip``.
        """
        level, history = encoded.level, encoded.history
        base = None if level is None else self.take_targets(level)
        if self.skip is None:
            return base, None
        return base, self.skip(self.take_targets(history), lengths)

    def encode(
        self, x: Tensor, lengths: Tensor | None, need_weights: bool = True
    ) -> Encoded:
        """Run the encoder and what stands before and after it.

        Parameters
        ----------
        x : Tensor of shape (n_samples, n_timesteps, n_channels)
            As in `forward`.
        lengths : Tensor of int of shape (n_samples,) or None
            As in `forward`.
        need_weights : bool, default=True
            As in `forward`.

        Returns
        -------
        Encoded
            What the decoder and the paths beside it read.
        """
        level, history = self._relate(x, lengths)
        patches, n_patches = to_patches(history, lengths, self.patch_size)
        states, last = self.encoder(patches, n_patches)
        mask = None if n_patches is None else step_mask(n_patches, states.shape[1])
        self_weights = None
        if self.self_attention is not None:
            states, self_weights = self.self_attention(states, mask, need_weights)
            if self_weights is not None and mask is not None:
                # (n, n_heads, n_steps, n_steps): padded steps attend to nothing
                self_weights = self_weights * mask[:, None, :, None]
        values, inputs = states, patches
        if self.embedding is not None:
            center = self.center.repeat(x.shape[0] // self.center.shape[0], 1, 1)
            inputs = to_patches(history + center, lengths, self.patch_size)[0]
            values = self.embedding(inputs, states)
        memory = Memory(states, last, mask, values)
        return Encoded(memory, self_weights, history, level, inputs)

    def count_states(self, n_timesteps: int) -> int:
        """Count the numbers in the states of one sample.

        Parameters
        ----------
        n_timesteps : int
            Steps of the sample.

        Returns
        -------
        int
            Encoder steps times units.
        """
        return -(-n_timesteps // self.patch_size) * self.encoder.output_size

    def set_center(self, center: Tensor) -> None:
        """Say where 0 lies in each channel, for ``values="inputs"``.

        Parameters
        ----------
        center : Tensor of shape (n_patterns, n_channels)
            Mean over scale of each channel; the patterns repeat over the samples.
        """
        center = center.clone()
        if self.anchor:  # what is relative to a level has no center
            center[:, self.target_channels] = 0.0
        self.center = center[:, None]

    def take_targets(self, x: Tensor) -> Tensor:
        """Keep the target channels, or all if the targets are no channels.

        Parameters
        ----------
        x : Tensor of shape (n_samples, n_steps, n_channels)
            Channels of the input.

        Returns
        -------
        Tensor of shape (n_samples, n_steps, n_targets)
            In the order of the targets.
        """
        return x if self.target_channels is None else x[:, :, self.target_channels]

    def pose_linear(
        self, x: Tensor, lengths: Tensor | None, target: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Give what the linear path alone would be fitted to, with target channels.

        Parameters
        ----------
        x, lengths, target : Tensor
            As in `forward`.

        Returns
        -------
        inputs : Tensor of shape (n_samples * n_targets, n_timesteps)
            The history of each target, relative to the level.
        outputs : Tensor of shape (n_samples * n_targets, horizon)
            What followed it, relative to the same.
        """
        assert self.skip is not None
        level, history = self._relate(x, lengths)
        if level is not None:
            target = target - self.take_targets(level)
        inputs = self.skip.lay_out(self.take_targets(history), lengths)
        return inputs.flatten(0, 1), target.transpose(1, 2).flatten(0, 1)

    def _relate(
        self, x: Tensor, lengths: Tensor | None
    ) -> tuple[Tensor | None, Tensor]:
        """Give the level, with ``anchor``, and the inputs relative to it."""
        if not self.anchor:
            return None, x
        level = self._find_level(x, lengths)
        return level, x - level

    def _find_level(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        """Give the last real value of the target channels, 0 for the other channels.

        The shape is ``(n_samples, 1, n_channels)``.
        """
        last = last_step(x, lengths)[:, None]
        level = torch.zeros_like(last)
        level[:, :, self.target_channels] = last[:, :, self.target_channels]
        return level
