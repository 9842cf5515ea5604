"""The assembled network: inputs, encoder, attention, decoder, and the bypasses."""

from collections.abc import Callable
from typing import NoReturn

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ._categories import Categories, CategoryEmbedding, make_embeddings
from ._decoders import DECODERS
from ._input_layer import InputLayer
from ._inputs import Encoded, Inputs, Memory, NetworkOutput, Steps
from ._own_units import count_told
from ._positions import POSITIONS
from ._quantiles import place_quantiles
from ._registry import Registry, refuse_choice
from ._scores import SCORES
from ._segments import SegmentValues, check_segments
from ._side import StaticFeatures, check_side
from ._skip import LINEAR_PATHS, LinearSkip, pose, relate
from ._time import InputDecay, find_ages
from ._time_axis import last_step
from .decoder import DenseDecoder
from .embedding import GatedEmbedding, check_sums
from .encoder import ENCODERS, Passthrough
from .pooling import POOLINGS, SEGMENT_POOLINGS, FixedPooling
from .self_attention import SelfAttention
from .stem import ConvStem

ACTIVATIONS: Registry[Callable[[Tensor], Tensor] | None] = Registry(
    "output_activation",
    {"identity": None, "sigmoid": torch.sigmoid, "softplus": softplus},
)


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
    patch_size : int, default=1
        As in `skattn.LSTMAttentionRegressor`, like all that follow.
    conv_layers, conv_channels : int, default=0, 64
        Convolutions before the encoder, and their channels; 0 for none. Patches are
        then means of their outputs.
    differences : bool, default=False
        Whether the convolutions read differences of consecutive steps as well.
    encoder : {"lstm"}, default="lstm"
        What reads the steps.
    hidden_size, num_layers : int, default=64, 1
        Units of the encoder, and its layers.
    bidirectional : bool, default=False
        Whether a second LSTM reads the sequence from its end.
    passthrough : bool, default=False
        Whether what the encoder reads stands next to its states.
    dropout : float, default=0.0
        Share of units dropped in training, between layers and on the context.
    attention : str, default="additive"
        How states become a context.
    query : {"last", "learned"}, default="last"
        What the states are scored against, with the dense decoder.
    n_heads : int, default=1
        Heads of the attention.
    normalizer : str, default="softmax"
        How scores become weights, as in `skattn.LSTMAttentionRegressor`.
    self_attention_heads : int, default=0
        Heads of a self-attention between encoder and pooling; 0 for none.
    positions : {None, "sinusoidal", "scaled_sinusoidal", "learned"}, default=None
        What is added to the states that self-attention and scores read, and tells where
        a step stands.
    values : {"states", "inputs", "segments"}, default="states"
        What is summed up: states, gated embeddings of the inputs, or values of segments
        that the encoder reads one by one.
    segment_size : int, default=0
        Steps of a segment, a multiple of ``patch_size``; only with "segments".
    state_bypass : bool, default=False
        Let the last state reach the output past the context.
    decoder : {"dense", "lstm"}, default="dense"
        All outputs at once, or step by step.
    teacher_forcing : float, default=0.0
        Share of true previous outputs that the LSTM decoder reads in training.
    output_activation : {"identity", "sigmoid", "softplus"}, default="identity"
        Applied to the prediction.
    anchor : bool or "changes", default=False
        Read and predict the target channels relative to their last values; with
        "changes" in units that are to be set.
    linear_skip : {False, True, "ridge", "ar", "arx"}, default=False
        Add a linear path from history to output, which with "arx" reads all channels.
        Only with True its weights are trained; otherwise they are to be set, and with
        "ar" and "arx" the rest of the network starts with an output of 0.
    scale_windows : {False, "mean", "standard"}, default=False
        Read and predict the target channels of each window in units of its own. Without
        them all channels of numbers are read so, and beside them what they lose: levels
        and log sizes of the windows.
    quantiles : tuple of float, default=None
        Levels of the quantiles to predict, ascending, with 0.5 among them; None
        predicts one value.
    n_static, n_future : int, default=0
        Static features of a sample, and numbers known before for each output step.
    categories, static_categories : tuple of pairs of int, default=()
        Channels, and static features, that hold codes of categories, each with the
        number of categories. Their codes start at 1; code 0 is for what is unknown.
    embedding_size : int or tuple of int, default=0
        Numbers in the vectors of categories: of all, or of each channel and then of
        each static feature.
    n_times : int, default=0
        Times of a step: since the one before, and since the last value of each channel.
    decay : tuple of pairs of int, default=()
        Channels whose missing values decay, each with the channel of its indicator; in
        the order of the times since their last values.
    classes : bool, default=False
        Whether the outputs are logits of classes.

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

    def __init__(
        self,
        n_channels: int,
        *,
        n_timesteps: int,
        horizon: int,
        n_targets: int,
        target_channels: tuple[int, ...] | None = None,
        patch_size: int = 1,
        conv_layers: int = 0,
        conv_channels: int = 64,
        differences: bool = False,
        encoder: str = "lstm",
        hidden_size: int = 64,
        num_layers: int = 1,
        bidirectional: bool = False,
        passthrough: bool = False,
        dropout: float = 0.0,
        attention: str = "additive",
        query: str = "last",
        n_heads: int = 1,
        normalizer: str = "softmax",
        self_attention_heads: int = 0,
        positions: str | None = None,
        values: str = "states",
        segment_size: int = 0,
        state_bypass: bool = False,
        decoder: str = "dense",
        teacher_forcing: float = 0.0,
        output_activation: str = "identity",
        anchor: bool | str = False,
        linear_skip: bool | str = False,
        scale_windows: bool | str = False,
        quantiles: tuple[float, ...] | None = None,
        n_static: int = 0,
        n_future: int = 0,
        categories: Categories = (),
        static_categories: Categories = (),
        embedding_size: int | tuple[int, ...] = 0,
        n_times: int = 0,
        decay: tuple[tuple[int, int], ...] = (),
        classes: bool = False,
    ) -> None:
        super().__init__()
        _check_choices(
            values=values,
            query=query,
            anchor=anchor,
            linear_skip=linear_skip,
            scale_windows=scale_windows,
        )
        _check_attention(attention, values)
        weighed_size = segment_size if values == "segments" else patch_size
        if values == "inputs":
            beside = n_static or n_future or n_times
            check_sums(scale_windows, conv_layers, beside, categories)
        elif values == "segments":
            check_segments(
                segment_size,
                patch_size,
                scale_windows,
                conv_layers,
                n_times,
                passthrough,
            )
        own = target_channels is not None and linear_skip != "arx"
        if categories and linear_skip and not own:
            _refuse_categories(linear_skip)
        self.target_channels = [*target_channels] if target_channels else None
        n_steps = -(-n_timesteps // weighed_size)
        options = {
            "query": query,
            "n_heads": n_heads,
            "n_steps": n_steps,
            "normalizer": normalizer,
            "conditioned": n_static > 0,
            "timed": n_times > 0,
        }
        recipe = POOLINGS[attention]
        taken = {name: options[name] for name in recipe.options}
        embedded, static = None, None
        if categories or static_categories:
            embedded, static = make_embeddings(
                (n_channels, categories),
                (n_static, static_categories),
                embedding_size,
                dropout,
            )
        n_read = n_channels if embedded is None else embedded.output_size
        if scale_windows and not target_channels:
            n_read += count_told(scale_windows, linear_skip, n_channels, categories)
        n_read += n_times
        stem = None
        if conv_layers:
            stem = ConvStem(n_read, conv_layers, conv_channels, patch_size, differences)
        self.activation = ACTIVATIONS[output_activation]
        input_size = patch_size * n_read if stem is None else stem.output_size
        self.encoder = ENCODERS[encoder](
            input_size, hidden_size, num_layers, bidirectional, dropout
        )
        size = self.encoder.output_size
        # Weighted sums of the states themselves keep zeros as they are; heads, which
        # convolutions alone allow here, would cut them into parts of other sizes.
        summed = attention in SCORES and values == "states"
        filled = summed and not self_attention_heads and stem is None
        self.passthrough = (
            Passthrough(size, input_size, filled) if passthrough else None
        )
        size = self.passthrough.size if self.passthrough is not None else size
        self.state_size = size
        self.input = InputLayer(
            n_channels,
            weighed_size,
            self.target_channels or [],
            anchor,
            scale_windows,
            stem,
            embedded,
            InputDecay(decay) if decay else None,
            fill_mean=values == "segments",
        )
        self.segments = SegmentValues(size, n_steps) if values == "segments" else None
        self.n_inner = weighed_size // patch_size  # steps of the encoder for one weight
        self.positions = POSITIONS[positions](size, n_steps) if positions else None
        self.self_attention = (
            SelfAttention(size, self_attention_heads, dropout)
            if self_attention_heads
            else None
        )
        self.embedding = (
            GatedEmbedding(input_size, size) if values == "inputs" else None
        )
        self.decoder = DECODERS[decoder](
            recipe.make(size=size, **taken),
            size,
            horizon,
            n_targets,
            state_bypass=state_bypass,
            dropout=dropout,
            teacher_forcing=teacher_forcing,
            quantiles=quantiles,
            conditioned=n_static > 0,
            n_future=n_future,
            summed=self.segments is not None,
            classes=classes,
        )
        self.n_below = quantiles.index(0.5) if quantiles else 0
        self.n_static, self.n_future, self.n_times = n_static, n_future, n_times
        self.static = StaticFeatures(n_static, static) if n_static else None
        # What the network adds to such a path has to earn its place.
        from_nothing = linear_skip in ("ar", "arx")
        self.skip = None
        if linear_skip:
            self.skip = LinearSkip(
                n_timesteps,
                n_channels,
                horizon,
                n_targets,
                own,
                horizon * n_future,
                fixed=linear_skip in LINEAR_PATHS,
                from_nothing=from_nothing,
                relative=from_nothing and bool(anchor),
            )

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Begin at 0 next to a linear path, and with what steps are next to states.

        Without the latter the LSTM often learns to carry an answer to a later step
        before the attention has found the step that it is from. After convolutions,
        what stands next to states has seen its neighbours already.

        Parameters
        ----------
        generator : torch.Generator, default=None
            Ignored: nothing is random.
        """
        if self.starts_at_zero:
            self.decoder.start_without()
        if self.passthrough is not None and self.input.stem is None:
            self.encoder.shorten_memory()
            self.decoder.start_without(self.encoder.output_size)

    def forward(
        self,
        inputs: Inputs | Tensor,
        target: Tensor | None = None,
        need_weights: bool = True,
        weights: Tensor | None = None,
    ) -> NetworkOutput:
        """Compute predictions, and the weights behind them.

        Parameters
        ----------
        inputs : Inputs or Tensor of shape (n_samples, n_timesteps, n_channels)
            Scaled sequences; a tensor where all steps are real.
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
            Prediction, context, weights, what the attention read, and quantiles.
        """
        encoded = self.encode(inputs, need_weights)
        memory = encoded.memory
        if weights is not None:
            memory = memory._replace(weights=weights)
        base, unit, extra = self.lead_past(encoded.steps)
        if target is not None:
            target = relate(target, base, unit)
        terms, segments = None, self.training and self.segments is not None
        prediction, context, weights, gaps = self.decoder(
            memory, extra, target, need_weights or segments
        )
        if self.passthrough is not None:
            context = self.passthrough.cut(context)
        if segments and isinstance(self.decoder, DenseDecoder):
            terms = self.decoder.find_terms(memory, weights)
        if unit is not None:
            prediction = prediction * unit
            gaps = None if gaps is None else gaps * unit[..., None]
        if base is not None:
            prediction = prediction + base
        answer = prediction
        if gaps is not None:  # around all that the median is made of
            answer = place_quantiles(prediction, gaps, self.n_below)
        if self.activation is not None:
            answer = self.activation(answer)
        quantiles = None if gaps is None else answer
        prediction = answer if quantiles is None else quantiles[..., self.n_below]
        return NetworkOutput(
            prediction,
            context,
            weights,
            encoded.self_weights,
            memory.states,
            memory.mask,
            unit if self.has_own_units else None,
            quantiles,
            terms,
        )

    def encode(self, inputs: Inputs | Tensor, need_weights: bool = True) -> Encoded:
        """Compute what the decoder reads, and what leads past it.

        Parameters
        ----------
        inputs : Inputs or Tensor
            As in `forward`.
        need_weights : bool, default=True
            As in `forward`.

        Returns
        -------
        Encoded
            What the decoder and the paths that lead past it read.
        """
        if isinstance(inputs, Tensor):
            inputs = Inputs(inputs)
        beside = (inputs.static, inputs.future, inputs.times) != (None, None, None)
        if beside or self.n_static or self.n_future or self.n_times:
            check_side(inputs, self.n_static, self.n_future, self.n_times)
        steps, parts = self.input(inputs), None
        if self.segments is None:
            states, last = self._read_steps(steps)
        else:
            states, parts = self._read_segments(steps)
            last = last_step(states, steps.lengths)
        mask, self_weights, keys = steps.mask, None, self._place(states)
        if self.self_attention is not None:
            keys, self_weights = self.self_attention(keys, mask, need_weights)
            states = keys
            if self_weights is not None and mask is not None:
                # (n, n_heads, n_steps, n_steps): padded steps attend to nothing
                self_weights = self_weights * mask[:, None, :, None]
        values, embedded = states if parts is None else parts, steps.patches
        if self.embedding is not None:
            embedded = self.input.uncentre(steps)
            values = self.embedding(embedded, states)
        memory = Memory(keys, last, mask, values, future=inputs.future)
        if self.static is not None:
            memory = memory._replace(static=self.static(inputs.static))
        if inputs.times is not None:
            ages = find_ages(inputs.times[..., 0], self.patch_size, inputs.lengths)
            memory = memory._replace(ages=ages)
        return Encoded(memory, self_weights, steps, embedded, states)

    def _place(self, states: Tensor) -> Tensor:
        """Return states with their positions, if anything asks where they stand."""
        fixed = isinstance(self.decoder.pooling, FixedPooling)
        if self.positions is None or (fixed and self.self_attention is None):
            return states
        placed: Tensor = self.positions(states)
        return placed

    def _read_steps(self, steps: Steps) -> tuple[Tensor, Tensor]:
        """Return the states, with what was read next to them, and the last one."""
        states, last = self.encoder(steps.patches, steps.lengths)
        if self.passthrough is None:
            return states, last
        return self.passthrough.join(states, last, steps)

    def _read_segments(self, steps: Steps) -> tuple[Tensor, Tensor]:
        """Return keys and values of segments, which the encoder reads in one batch."""
        assert self.segments is not None
        assert steps.mean is not None
        n_samples, n_segments, size = steps.patches.shape
        n_rows = n_samples * n_segments
        rows = torch.cat([steps.patches.reshape(n_rows, size), steps.mean])
        # (n_rows, segment_size * n_read) -> (n_rows, n_patches, input_size)
        rows = rows.reshape(rows.shape[0], self.n_inner, -1)
        ends = self.encoder(rows)[1]
        states = ends[:n_rows].reshape(n_samples, n_segments, -1)
        return self.segments(states, ends[n_rows:], steps.lengths)

    def lead_past(
        self, steps: Steps
    ) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        """Compute what reaches the output past the attention, without ``state_bypass``.

        A prediction is ``base + unit * (extra + what comes through the decoder)``.

        Parameters
        ----------
        steps : Steps
            From the input layer.

        Returns
        -------
        base : Tensor of shape (n_samples, 1, n_targets) or None
            The last values, with ``anchor``; the means of the windows.
        unit : Tensor of shape (n_samples or 1, 1, n_targets) or None
            With ``anchor="changes"`` and ``scale_windows``.
        extra : Tensor of shape (n_samples, horizon, n_targets) or None
            What the linear path adds; with ``linear_skip``.
        """
        base = None if steps.level is None else self.take_targets(steps.level)
        unit = None if steps.unit is None else self.take_targets(steps.unit)
        if self.skip is None:
            return base, unit, None
        history = self._take_read(steps.history)
        return base, unit, self.skip(history, steps.times, steps.future)

    def _take_read(self, history: Tensor) -> Tensor:
        """Return the channels that the linear path reads."""
        assert self.skip is not None
        return self.take_targets(history) if self.skip.own_history else history

    def take_targets(self, x: Tensor) -> Tensor:
        """Return the target channels, or all if the targets are no channels.

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

    def pose_linear(self, inputs: Inputs, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the linear path alone is fitted to.

        Parameters
        ----------
        inputs : Inputs
            As in `forward`.
        target : Tensor of shape (n_samples, horizon, n_targets)
            The truth.

        Returns
        -------
        rows : Tensor of shape (n_samples * n_targets, n_inputs) or \
                (n_samples, n_inputs)
            The history of each target, relative to the level; with "arx", or targets
            that are no channels, that of all channels. After it what is known
            of the future.
        outputs : Tensor of shape (n_samples * n_targets, horizon) or \
                (n_samples, horizon * n_targets)
            What followed it, relative to the same.
        """
        assert self.skip is not None
        return pose(
            self.input,
            self.skip.own_history,
            self.target_channels,
            self.skip.n_timesteps,
            inputs,
            target,
        )

    def set_center(self, center: Tensor) -> None:
        """Set where 0 lies in each channel.

        Parameters
        ----------
        center : Tensor of shape (n_patterns, n_channels)
            Mean over scale of each channel; the patterns repeat over the samples.
        """
        self.input.set_center(center)

    def set_change_scale(self, scale: Tensor) -> None:
        """Set the unit of each channel's changes, for ``anchor="changes"``.

        Parameters
        ----------
        scale : Tensor of shape (n_patterns, n_channels)
            Positive; the patterns repeat over the samples.
        """
        self.input.change_scale = scale[:, None]

    def set_difference_scale(self, scale: Tensor) -> None:
        """Set the deviation of each channel's differences, which the stem reads.

        Parameters
        ----------
        scale : Tensor of shape (n_channels,)
            Positive. What is read beside the channels has the unit 1.
        """
        assert self.input.stem is not None
        self.input.stem.difference_scale[: len(scale)] = scale

    def count_states(self, n_timesteps: int) -> int:
        """Return how many numbers the states of one sample hold.

        Parameters
        ----------
        n_timesteps : int
            Steps of the sample.

        Returns
        -------
        int
            Encoder steps times units; with convolutions, their channels at each step
            as well.
        """
        n_read = self.n_inner * -(-n_timesteps // self.input.patch_size)
        states = n_read * self.state_size
        if self.input.stem is not None:
            states += n_timesteps * self.input.stem.output_size
        return states

    def decaying_parameters(self) -> list[Tensor]:
        """Return what the weight decay shrinks.

        Returns
        -------
        list of Tensor
            As encoder and decoder name it.
        """
        own = self.encoder.decaying_parameters()
        if self.input.stem is not None:
            own += self.input.stem.decaying_parameters()
        return [*own, *self.decoder.decaying_parameters()]

    @property
    def context_size(self) -> int:
        """Numbers in a context."""
        size = self.decoder.context_size
        return size if self.passthrough is None else self.passthrough.count(size)

    @property
    def embeddings(self) -> list[CategoryEmbedding]:
        """What puts vectors in the place of codes: of channels, then of static ones."""
        beside = None if self.static is None else self.static.categories
        return [e for e in (self.input.categories, beside) if e is not None]

    @property
    def has_own_units(self) -> bool:
        """Whether each window is predicted, and judged, in units of its own."""
        return bool(self.input.own_units) and self.input.sizes is None

    @property
    def starts_at_zero(self) -> bool:
        """Whether the decoder adds nothing before it is trained."""
        return self.skip is not None and self.skip.from_nothing

    @property
    def adds_nothing(self) -> bool:
        """Whether the decoder adds exactly 0 to what leads past it."""
        return self.skip is not None and self.decoder.adds_nothing

    @property
    def sums(self) -> bool:
        """Whether predictions are sums over the steps, before the activation."""
        dense = isinstance(self.decoder, DenseDecoder) and self.decoder.sums
        return dense or self.adds_nothing

    @property
    def patch_size(self) -> int:
        """Time steps with one weight."""
        return self.input.patch_size

    @property
    def max_steps(self) -> int | None:
        """Most steps of a sequence; None for any number."""
        if self.skip is not None:
            return self.skip.max_steps
        if self.segments is not None:
            return self.segments.max_steps
        placed = None if self.positions is None else self.positions.max_steps
        return placed or self.decoder.pooling.max_steps


def _check_choices(**given: object) -> None:
    """Refuse values that there are not."""
    choices: dict[str, tuple[object, ...]] = {
        "values": ("states", "inputs", "segments"),
        "query": ("last", "learned"),
        "anchor": (False, True, "changes"),
        "linear_skip": (False, True, *LINEAR_PATHS),
        "scale_windows": (False, "mean", "standard"),
    }
    for name, allowed in choices.items():
        if given[name] not in allowed:
            refuse_choice(name, given[name], allowed)


def _refuse_categories(linear_skip: bool | str) -> NoReturn:
    """Refuse a linear path over codes of categories."""
    raise ValueError(
        f"linear_skip={linear_skip!r} does not go with categories in X, as it reads "
        "all channels as numbers; allowed is False, and with target_channels 'ar', "
        "which reads these alone."
    )


def _check_attention(attention: str, values: str) -> None:
    """Refuse a pooling of what segments contribute where there are none."""
    if values != "segments" and attention in SEGMENT_POOLINGS:
        raise ValueError(
            f"attention={attention!r} needs values='segments'; got {values!r}."
        )
