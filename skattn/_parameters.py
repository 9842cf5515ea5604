"""What the constructor parameters may be, alone and together."""

import os
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from skorch.callbacks import Callback

from .nn._normalizers import NORMALIZERS
from .nn._scores import SCORES
from .nn.decoder import DECODERS
from .nn.network import ACTIVATIONS
from .nn.pooling import POOLINGS
from .targets._losses import LOSSES

SHARED_CONSTRAINTS: dict[str, list[Any]] = {
    "n_timesteps": [Interval(Integral, 1, None, closed="left"), None],
    "padding_value": [Real, None],
    "missing": [StrOptions({"error", "mask", "forward"})],
    "patch_size": [Interval(Integral, 1, None, closed="left")],
    "scale_inputs": ["boolean"],
    "hidden_size": [Interval(Integral, 1, None, closed="left")],
    "num_layers": [Interval(Integral, 1, None, closed="left")],
    "bidirectional": ["boolean"],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "attention": [StrOptions({*POOLINGS})],
    "query": [StrOptions({"last", "learned"})],
    "normalizer": [StrOptions({*NORMALIZERS})],
    "n_heads": [Interval(Integral, 1, None, closed="left")],
    "self_attention_heads": [Interval(Integral, 0, None, closed="left")],
    "values": [StrOptions({"states", "inputs"})],
    "state_bypass": ["boolean"],
    "linear_skip": ["boolean"],
    "conicity_penalty": [Interval(Real, 0, None, closed="left")],
    "optimizer": [StrOptions({"adam", "adamw", "rmsprop", "sgd"})],
    "learning_rate": [Interval(Real, 0, None, closed="neither")],
    "lr_schedule": [StrOptions({"cosine", "one_cycle", "plateau"}), None],
    "weight_decay": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
    "gradient_clip": [Interval(Real, 0, None, closed="neither"), None],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "max_epochs": [Interval(Integral, 1, None, closed="left")],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "validation_split": [StrOptions({"random", "tail"}), HasMethods("split")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
    "tol": [Interval(Real, 0, 1, closed="left")],
    "callbacks": [list, None],
    "checkpoint": [str, os.PathLike, None],
    "warm_start": ["boolean"],
    "device": [str, torch.device],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
    "store_attention": ["boolean"],
}

REGRESSOR_CONSTRAINTS: dict[str, list[Any]] = {
    "decoder": [StrOptions({*DECODERS})],
    "teacher_forcing": [Interval(Real, 0, 1, closed="both")],
    "output_activation": [StrOptions({*ACTIVATIONS})],
    "scale_targets": [StrOptions({"auto"}), "boolean"],
    "target_channels": [str, Integral, "array-like", None],
    "anchor": ["boolean"],
    "linear_skip": ["boolean", StrOptions({"ridge"})],
    "channel_independent": ["boolean"],
    "loss": [StrOptions({*LOSSES, "quantile"})],
    "quantile": [Interval(Real, 0, 1, closed="neither"), None],
}

CLASSIFIER_CONSTRAINTS: dict[str, list[Any]] = {
    "class_weight": [dict, StrOptions({"balanced"}), None],
}


def check_parameters(estimator: Any) -> dict[str, Any]:
    """Return the parameters, checked for what has a meaning together.

    Numbers of NumPy come as Python's: grids made by `numpy.arange` hold them.

    Raises
    ------
    ValueError
        For the first such pair.
    """
    _check_booleans(estimator)
    if estimator.values == "inputs":
        _refuse(estimator, "values", attention="feature")
        _refuse(estimator, "values", attention="max", state_bypass=True)
    _check_heads(estimator)
    _check_training(estimator)
    _check_checkpoint(estimator)
    if hasattr(estimator, "decoder"):  # what regressors alone have
        _check_outputs(estimator)
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in estimator.get_params(deep=False).items()
    }


def _check_outputs(estimator: Any) -> None:
    if estimator.decoder == "lstm":
        _refuse(estimator, "decoder", attention="feature", values="inputs")
    _check_loss(estimator)
    _check_forecast(estimator)


def _refuse(estimator: Any, name: str, **others: Any) -> None:
    """Refuse each of ``others`` together with the present value of ``name``."""
    for other, value in others.items():
        if getattr(estimator, other) == value:
            raise ValueError(
                f"{name}={getattr(estimator, name)!r} does not go with "
                f"{other}={value!r}."
            )


def _check_booleans(estimator: Any) -> None:
    """Refuse True and False where a number is asked for, which Python takes for 1."""
    for name, allowed in estimator._parameter_constraints.items():
        value = getattr(estimator, name)
        numeric = any(isinstance(kind, Interval) for kind in allowed)
        if isinstance(value, bool) and numeric and "boolean" not in allowed:
            raise ValueError(
                f"{name}={value!r} must be a number, not a boolean; the documentation "
                "of the parameter says which numbers are allowed."
            )


def _check_heads(estimator: Any) -> None:
    n_directions = 2 if estimator.bidirectional else 1
    size = n_directions * estimator.hidden_size
    names = ["self_attention_heads"]
    if estimator.attention in SCORES:
        names.append("n_heads")
    for name in names:
        heads = getattr(estimator, name)
        if heads and size % heads:
            raise ValueError(
                f"{name}={heads} does not divide the states' size of {size} "
                f"(hidden_size={estimator.hidden_size}, in {n_directions} "
                "direction(s))."
            )


def _check_loss(estimator: Any) -> None:
    if estimator.loss == "quantile" and estimator.quantile is None:
        raise ValueError(
            "loss='quantile' needs quantile, a number between 0 and 1; got "
            "quantile=None."
        )
    if estimator.output_activation != "identity":
        outer = {"scale_targets": True, "anchor": True, "linear_skip": "ridge"}
        _refuse(estimator, "output_activation", **outer)
        if estimator.target_channels is not None:
            _refuse(estimator, "output_activation", scale_inputs=True)


def _check_training(estimator: Any) -> None:
    split = estimator.validation_split
    if isinstance(split, type) or (
        isinstance(split, str) and split not in ("random", "tail")
    ):
        # A string has a method "split", so the constraint alone would let it pass.
        raise ValueError(
            f"validation_split={split!r} must be 'random', 'tail' or an instance of a "
            "CV splitter."
        )
    rate, decay = estimator.learning_rate, estimator.weight_decay
    shrinks = estimator.optimizer in ("adamw", "sgd") and not isinstance(decay, str)
    if shrinks and rate * decay > 1:
        raise ValueError(
            f"weight_decay={decay!r} with learning_rate={rate!r} takes more than the "
            "whole of each weight in a step; their product must be at most 1."
        )
    for item in estimator.callbacks or []:
        named = isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)
        callback = item[1] if named else item
        kind = callback if isinstance(callback, type) else type(callback)
        if not issubclass(kind, Callback):
            raise ValueError(
                f"callbacks holds {item!r}; allowed are skorch callbacks and pairs of "
                "a name and a skorch callback."
            )


def _check_checkpoint(estimator: Any) -> None:
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


def _check_forecast(estimator: Any) -> None:
    if estimator.anchor:  # a masked last value would be taken for the mean
        _refuse(estimator, "anchor", missing="mask")
    target_channels = estimator.target_channels
    for name, value in (
        ("anchor", True),
        ("channel_independent", True),
        ("linear_skip", "ridge"),
    ):
        if getattr(estimator, name) == value and target_channels is None:
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
