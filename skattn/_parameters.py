"""Parameters checked together."""

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions
from skorch.callbacks import Callback

from .nn._skip import LINEAR_PATHS
from .nn.pooling import SEGMENT_POOLINGS

# Parameters with values that need segments.
_FOR_SEGMENTS = ("attention", "cancellation_penalty")

Estimator = Any  # one of ours, fitted or not


def check_parameters(estimator: Estimator) -> dict[str, Any]:
    """Return the parameters, and those that are fixed, checked for a meaning together.

    Numbers of NumPy come as Python's: grids made by `numpy.arange` hold them.

    Raises
    ------
    ValueError
        For the first such pair.
    """
    _check_booleans(estimator)
    values = getattr(estimator, "values", "states")
    heads = estimator.self_attention_heads
    if (estimator.attention, values) == ("last", "states") and heads:
        raise ValueError(
            "attention='last' takes the last state of the LSTM, which self-attention "
            f"does not reach: self_attention_heads={heads!r} must be 0."
        )
    if values == "inputs":
        _refuse(estimator, "values", attention="feature", missing="decay")
        _refuse(estimator, "values", attention="max", state_bypass=True)
        if estimator.conv_layers not in ("auto", 0):
            raise ValueError(
                f"values='inputs' does not go with conv_layers="
                f"{estimator.conv_layers!r}: its sums are over inputs that no "
                "convolution has mixed."
            )
    _check_values(estimator)
    if hasattr(estimator, "scale_windows"):
        _check_own_units(estimator)
    _check_training(estimator)
    _check_checkpoint(estimator)
    if hasattr(estimator, "decoder"):  # what regressors alone have
        _check_outputs(estimator)
    return estimator._fixed | {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in estimator.get_params(deep=False).items()
    }


def _check_values(estimator: Estimator) -> None:
    """Refuse what does not go with segments, and what needs them."""
    values = getattr(estimator, "values", "states")
    if values == "segments":
        _refuse(estimator, "values", attention="feature", missing="decay")
        _refuse(estimator, "values", attention="max", state_bypass=True)
        # What is filled in would come from earlier segments.
        _refuse(estimator, "values", missing="forward")
        _refuse(estimator, "values", passthrough=True)
        if estimator.conv_layers not in ("auto", 0):
            raise ValueError(
                f"values='segments' does not go with conv_layers="
                f"{estimator.conv_layers!r}: convolutions would mix the segments."
            )
        return
    given = {name: getattr(estimator, name, 0.0) for name in _FOR_SEGMENTS}
    for name, value in given.items():
        if value in SEGMENT_POOLINGS or (name != "attention" and value):
            raise ValueError(
                f"{name}={value!r} needs values='segments'; got values={values!r}."
            )


def _check_own_units(estimator: Estimator) -> None:
    """Refuse what does not go with windows in units of their own."""
    scale = estimator.scale_windows
    if isinstance(scale, bool | np.bool_) and scale:
        raise ValueError(
            "scale_windows=True must be 'mean' or 'standard', or False, or 'auto'."
        )
    if scale in ("auto", False):
        return
    # A masked value would be taken for the mean.
    _refuse(estimator, "scale_windows", missing="mask")
    _refuse(estimator, "scale_windows", values="inputs")
    _refuse(estimator, "scale_windows", values="segments")
    if getattr(estimator, "target_channels", None) is None:
        # Whose levels and sizes are read beside: of values alone, and by states.
        _refuse(estimator, "scale_windows", missing="forward")
        _refuse(estimator, "scale_windows", missing="decay")
        _refuse(estimator, "scale_windows", linear_skip=True)
        _refuse(estimator, "scale_windows", linear_skip="ridge")


def _check_outputs(estimator: Estimator) -> None:
    if estimator.decoder == "lstm":
        _refuse(estimator, "decoder", attention="feature", values="inputs")
        _refuse(estimator, "decoder", values="segments")
    _check_loss(estimator)
    _check_forecast(estimator)


def _refuse(estimator: Estimator, name: str, **others: object) -> None:
    """Refuse each of ``others`` together with the present value of ``name``."""
    for other, value in others.items():
        if getattr(estimator, other) == value:
            raise ValueError(
                f"{name}={getattr(estimator, name)!r} does not go with "
                f"{other}={value!r}."
            )


def _check_booleans(estimator: Estimator) -> None:
    """Refuse True and False where a number is asked for, which Python takes for 1."""
    for name, allowed in estimator._parameter_constraints.items():
        value = getattr(estimator, name)
        numeric = any(isinstance(kind, Interval) for kind in allowed)
        if isinstance(value, bool) and numeric and "boolean" not in allowed:
            raise ValueError(
                f"{name}={value!r} must be a number, not a boolean; the documentation "
                "of the parameter says which numbers are allowed."
            )


def _check_loss(estimator: Estimator) -> None:
    if estimator.loss == "quantile" and estimator.quantile is None:
        raise ValueError(
            "loss='quantile' needs quantile, a number between 0 and 1 or a list of "
            "such numbers; got quantile=None."
        )
    if estimator.output_activation != "identity":
        outer = {"scale_targets": (True,), "anchor": (True, "changes")}
        outer |= {"linear_skip": LINEAR_PATHS}
        for name, values in outer.items():
            for value in values:
                _refuse(estimator, "output_activation", **{name: value})
        if estimator.target_channels is not None:
            _refuse(estimator, "output_activation", scale_inputs=True)
            for value in ("mean", "standard"):
                _refuse(estimator, "output_activation", scale_windows=value)


def _check_training(estimator: Estimator) -> None:
    split = estimator.validation_split
    kinds = estimator._parameter_constraints["validation_split"]
    named = next(kind for kind in kinds if isinstance(kind, StrOptions)).options
    if isinstance(split, type) or (isinstance(split, str) and split not in named):
        # A string has a method "split", so the constraint alone would let it pass.
        raise ValueError(
            f"validation_split={split!r} must be {', '.join(map(repr, sorted(named)))} "
            "or an instance of a CV splitter."
        )
    for item in estimator.callbacks or []:
        pair = isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)
        callback = item[1] if pair else item
        kind = callback if isinstance(callback, type) else type(callback)
        if not issubclass(kind, Callback):
            raise ValueError(
                f"callbacks holds {item!r}; allowed are skorch callbacks and pairs of "
                "a name and a skorch callback."
            )


def _check_checkpoint(estimator: Estimator) -> None:
    """Refuse what a checkpoint could not restore."""
    if estimator.checkpoint is None:
        return
    if estimator.checkpoint == "":
        raise ValueError("checkpoint='' must name a folder, '.' for the current one.")
    if estimator.callbacks:
        raise ValueError(
            f"checkpoint={estimator.checkpoint!r} does not go with callbacks, whose "
            "own state could not be brought back; use callbacks=None."
        )
    if estimator.random_state is None:
        raise ValueError(
            f"checkpoint={estimator.checkpoint!r} needs random_state, a whole number, "
            "to know an interrupted fit again; got random_state=None."
        )


def _check_forecast(estimator: Estimator) -> None:
    if estimator.anchor not in ("auto", False):
        _refuse(estimator, "anchor", missing="mask")
    target_channels = estimator.target_channels
    for name, values in (
        ("anchor", (True, "changes")),
        ("channel_independent", (True,)),
        ("linear_skip", ("ar", "arx")),
    ):
        value = getattr(estimator, name)
        if value in values and target_channels is None:
            raise ValueError(
                f"{name}={value!r} needs target_channels, the input channels that y "
                "continues; got target_channels=None. Allowed are 'all', a channel "
                "or a list of channels."
            )
    scales = {"auto", estimator.scale_inputs}
    if target_channels is not None and estimator.scale_targets not in scales:
        raise ValueError(
            f"scale_targets={estimator.scale_targets} does not go with "
            f"target_channels and scale_inputs={estimator.scale_inputs}: y is scaled "
            "as the input channels that it continues. Use scale_targets='auto'."
        )


def resolve_channels(
    target_channels: Any, n_channels: int, names: Any = None
) -> tuple[int, ...] | None:
    """Return ``target_channels`` as channel numbers from 0.

    Raises
    ------
    ValueError
        If a channel does not exist, comes twice, or none is named.
    """
    if target_channels is None:
        return None
    if isinstance(target_channels, str) and target_channels == "all":
        return tuple(range(n_channels))
    known = [] if names is None or len(names) != n_channels else names
    numbers = {name: number for number, name in enumerate(known)}
    single = np.ndim(target_channels) == 0
    asked = [target_channels] if single else [*target_channels]
    asked = [c.item() if isinstance(c, np.ndarray) else c for c in asked]
    asked = [numbers.get(c, c) if isinstance(c, str) else c for c in asked]
    for channel in asked:
        integer = isinstance(channel, Integral) and not isinstance(channel, bool)
        if not integer or not -n_channels <= channel < n_channels:
            also = f", the names {[*numbers]}" if numbers else ""
            if isinstance(channel, str) and not numbers:
                also = (
                    " (channels of X have no names: lists of frames and Sequences give "
                    "some, such as make_windows with as_sequences=True, which cuts a "
                    "table of rows over time into samples)"
                )
            raise ValueError(
                f"target_channels={target_channels!r} names the channel {channel!r}, "
                f"but X has {n_channels} channels; allowed are 'all'{also}, and whole "
                f"numbers from {-n_channels} to {n_channels - 1}."
            )
    channels = tuple(int(channel) % n_channels for channel in asked)
    if not channels or len(set(channels)) < len(channels):
        raise ValueError(
            f"target_channels={target_channels!r} must name at least one channel, "
            "and each only once."
        )
    return channels
