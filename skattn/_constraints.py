"""What each constructor parameter may be, for scikit-learn's own checks."""

import os
from collections.abc import Mapping
from numbers import Integral, Real

import torch
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    RealNotInt,
    StrOptions,
)

from .nn._normalizers import NORMALIZERS
from .nn._positions import POSITIONS
from .nn._scores import SCORES
from .nn.network import ACTIVATIONS
from .nn.pooling import POOLINGS
from .targets._losses import LOSSES

Constraints = dict[str, list[object]]
_AUTO = StrOptions({"auto"})

SHARED_CONSTRAINTS: Constraints = {
    "n_timesteps": [Interval(Integral, 1, None, closed="left"), None],
    "padding_value": [Real, None],
    "missing": [StrOptions({"error", "mask", "forward", "decay"})],
    "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
    "min_frequency": [
        Interval(Integral, 1, None, closed="left"),
        Interval(RealNotInt, 0, 1, closed="neither"),
        None,
    ],
    "embedding_size": [_AUTO, Interval(Integral, 1, None, closed="left")],
    "embeddings": [Mapping, None],
    "conv_layers": [_AUTO, Interval(Integral, 0, None, closed="left")],
    "patch_size": [_AUTO, Interval(Integral, 1, None, closed="left")],
    "scale_inputs": ["boolean"],
    "scale_windows": ["boolean", StrOptions({"auto", "mean", "standard"})],
    "hidden_size": [Interval(Integral, 1, None, closed="left")],
    "num_layers": [Interval(Integral, 1, None, closed="left")],
    "bidirectional": [_AUTO, "boolean"],
    "passthrough": [_AUTO, "boolean"],
    "dropout": [_AUTO, Interval(Real, 0, 1, closed="left")],
    "attention": [StrOptions({*POOLINGS})],
    "query": [StrOptions({"auto", "last", "learned"})],
    "normalizer": [StrOptions({*NORMALIZERS})],
    "n_heads": [Interval(Integral, 1, None, closed="left")],
    "self_attention_heads": [Interval(Integral, 0, None, closed="left")],
    "positions": [StrOptions({"auto", *POSITIONS}), None],
    "values": [StrOptions({"states", "inputs", "segments"})],
    "segment_size": [_AUTO, Interval(Integral, 1, None, closed="left")],
    "state_bypass": ["boolean"],
    "linear_skip": ["boolean"],
    "conicity_penalty": [Interval(Real, 0, None, closed="left")],
    "cancellation_penalty": [Interval(Real, 0, None, closed="left")],
    "optimizer": [StrOptions({"adam", "adamw", "rmsprop", "sgd"})],
    "learning_rate": [_AUTO, Interval(Real, 0, None, closed="neither")],
    "lr_schedule": [StrOptions({"cosine", "one_cycle", "plateau"}), None],
    "weight_decay": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
    "gradient_clip": [Interval(Real, 0, None, closed="neither"), None],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "max_epochs": [_AUTO, Interval(Integral, 1, None, closed="left")],
    "early_stopping": [_AUTO, "boolean"],
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

REGRESSOR_CONSTRAINTS: Constraints = {
    "decoder": [StrOptions({"dense", "lstm"})],
    "teacher_forcing": [Interval(Real, 0, 1, closed="both")],
    "output_activation": [StrOptions({*ACTIVATIONS})],
    "scale_targets": [StrOptions({"auto"}), "boolean"],
    "target_channels": [str, Integral, "array-like", None],
    "anchor": ["boolean", StrOptions({"auto", "changes"})],
    "linear_skip": ["boolean", StrOptions({"ar", "arx", "auto", "ridge"})],
    "validation_split": [
        StrOptions({"auto", "random", "tail"}),
        HasMethods("split"),
    ],
    "channel_independent": ["boolean"],
    "loss": [StrOptions({"auto", *LOSSES, "quantile"})],
    "quantile": [Interval(Real, 0, 1, closed="neither"), "array-like", None],
}

CLASSIFIER_CONSTRAINTS: Constraints = {
    "class_weight": [dict, StrOptions({"balanced"}), None],
    "label_smoothing": [_AUTO, Interval(Real, 0, 1, closed="left")],
}

# What the pointer's network has in one form only.
_SETTLED = {
    "cancellation_penalty",
    "conicity_penalty",
    "conv_layers",
    "linear_skip",
    "normalizer",
    "passthrough",
    "patch_size",
    "query",
    "scale_windows",
    "segment_size",
    "state_bypass",
    "values",
}
POINTER_CONSTRAINTS: Constraints = {
    name: kinds for name, kinds in SHARED_CONSTRAINTS.items() if name not in _SETTLED
} | {
    "attention": [StrOptions({*SCORES})],
    "bidirectional": ["boolean"],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "positions": [StrOptions({*POSITIONS}), None],
    "tolerance": [Interval(Integral, 0, None, closed="left")],
}
