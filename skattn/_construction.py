"""Scales of the training samples, and the network that is built for them."""

import warnings
from dataclasses import fields, replace
from typing import Any, ClassVar

import numpy as np
import torch

from ._embeddings import spare_codes, start_vectors
from ._rules import CONV_CHANNELS, FIRST_RULES, RULES, SMOOTH
from .nn._build import Architecture, build_network
from .nn._channel_independent import Network
from .nn.network import AttentionNetwork
from .sequences._scaling import (
    IDENTITY,
    InputScaler,
    Scaler,
    find_middle,
    fit_beside,
    fit_scaler,
    measure_changes,
    measure_levels,
)
from .sequences._schema import Schema
from .sequences._times import measure_gap
from .targets import Target
from .training import (
    SequenceDataset,
    Stream,
    TrainingSamples,
    fit_sizes,
    make_generator,
    mean_weight,
    scale_values,
)

Settings = dict[str, Any]  # values of parameters by their names

# Entries of the architecture, some of which are parameters.
_BUILT = [field.name for field in fields(Architecture)]


class ConstructionMixin:
    """The parts of a fit that measure scales and make the network."""

    # Scales that were measured stay, so that these parameters must stay too.
    _scaling_names: ClassVar[tuple[str, ...]] = ("scale_inputs",)

    _architecture: Architecture
    _changes: np.ndarray | None
    _choices: dict[str, tuple[object, str]]
    _input_scaler: InputScaler
    _scaling: dict[str, bool | str]
    _schema: Schema
    _seed: int
    _target: Target
    _weight_unit: float
    n_channels_in_: int
    n_timesteps_in_: int
    scale_inputs: bool

    def _fit_scales(
        self, given: Settings, samples: TrainingSamples, target: Target
    ) -> Target:
        """Measure the scales on the training samples; return the settled target."""
        used, rows = np.zeros(len(samples.y)), samples.rows
        self._weight_unit = 1.0
        if samples.weights is None:
            used[rows] = 1.0
        else:
            self._weight_unit = mean_weight(samples.weights[rows])
            used[rows] = samples.weights[rows] / self._weight_unit
        self._scaling = {name: getattr(self, name) for name in self._scaling_names}
        coded, coded_static = self._schema.categories, self._schema.static_categories
        stem = given["conv_layers"] and not given.get("channel_independent")
        differs = bool(stem) and not coded  # differences are for numbers alone
        known = self.scale_inputs or differs
        measured = fit_scaler(samples.X, used) if known else IDENTITY
        channels = measured if self.scale_inputs else IDENTITY
        own_units = given["scale_windows"] if target.channels is None else False
        if own_units == "standard" and self.scale_inputs:
            channels = replace(channels, mean=find_middle(samples.X, rows, measured))
        mean, scale = np.broadcast_arrays(
            channels.mean, channels.scale, np.empty(self.n_channels_in_)
        )[:2]
        self._changes = None
        if differs:
            changes = measure_changes(samples.X, used, measured, own_units)
            own = changes if own_units else changes * measured.scale / scale
            self._changes = _choose_changes(changes, own)
        if coded:
            spared = spare_codes(Scaler(mean, scale), [*coded])
            mean, scale = spared.mean, spared.scale
        static, future = fit_beside(samples.X, used, standardise=self.scale_inputs)
        if coded_static and static is not None:
            static = spare_codes(static, [*coded_static])
        missing = self._schema.missing
        unit = None if samples.X.times is None else measure_gap(samples.X, used)
        self._input_scaler = InputScaler(mean, scale, missing, static, future, unit)
        return target.settle(samples.y, used, self._input_scaler, given)

    def _build(self, given: dict[str, object], samples: TrainingSamples) -> Network:
        """Return a new network, its weights drawn."""
        architecture = self._make_architecture(given, samples)
        differences = self._changes is not None
        architecture = replace(architecture, differences=differences)
        self._architecture = architecture
        generator = make_generator(self._seed, Stream.WEIGHTS)
        network = build_network(generator, architecture)
        if architecture.values == "inputs" or architecture.scale_windows:
            center = self._input_scaler.center
            network.set_center(torch.from_numpy(center).float()[None])
            if architecture.values == "inputs":
                _warn_of_offsets(center, architecture)
        if isinstance(network, AttentionNetwork):
            if self._changes is not None:
                scale = torch.from_numpy(self._changes).float()
                network.set_difference_scale(scale)
            fit_sizes(network.input, self._input_scaler, samples)
        if architecture.embedding_size:
            start_vectors(self, network, samples)
        if architecture.anchor == "changes":
            network.set_change_scale(self._measure_units(samples, architecture))
        return network

    def _measure_units(
        self, samples: TrainingSamples, architecture: Architecture
    ) -> torch.Tensor:
        """Return the unit of each channel's changes against its last value."""
        units = torch.ones(1, self.n_channels_in_ * (1 + architecture.indicators))
        scaled = measure_levels(samples.X, samples.rows, self._input_scaler)
        for channel in architecture.target_channels or ():
            units[0, channel] = scaled[channel]
        return units

    def _make_architecture(
        self, given: dict[str, object], samples: TrainingSamples
    ) -> Architecture:
        """Return what the network is made from: parameters, and what the data are."""
        _, horizon, n_targets = samples.y.shape
        if self._schema.n_future:
            _check_horizon(self._schema.horizon, horizon)
        settings: Settings = {name: given[name] for name in _BUILT if name in given} | {
            "n_channels": self.n_channels_in_,
            "n_timesteps": self.n_timesteps_in_,
            "horizon": horizon,
            "n_targets": n_targets,
            "target_channels": self._target.channels,
            "quantiles": self._target.levels,
            "indicators": self._schema.missing != "error",
            "n_static": self._schema.n_static,
            "n_future": self._schema.n_future,
            "conv_channels": CONV_CHANNELS,
            "classes": self._target.stratified,
        }
        if self._schema.categories or self._schema.static_categories:
            settings |= self._schema.count_categories()
        if samples.X.times is not None:
            settings["n_times"] = 1 + self.n_channels_in_ * settings["indicators"]
            settings["decay"] = self._schema.missing == "decay"
        if settings.get("decoder") == "lstm":  # which brings its own query
            settings["query"] = "last"
        return Architecture(**settings)

    def _make_dataset(
        self, samples: TrainingSamples, unit: float | None = None
    ) -> SequenceDataset:
        """Scale samples; their weights count in ``unit``, by default their mean."""
        rows, suffix, weights = samples.rows, samples.suffix, samples.weights
        if weights is not None:
            weights = weights[rows]
            weights = weights / (mean_weight(weights) if unit is None else unit)
        y = scale_values(self._target.scaler, samples.y[rows], f"y{suffix}")
        return SequenceDataset(
            samples.X, self._input_scaler, y, weights, rows, f"X{suffix}"
        )

    def _recall(self, given: Settings) -> dict[str, tuple[object, str]]:
        """Return what "auto" means where training continues: what it was before.

        Parameters that would read X in another way than before are refused.
        """
        for name, fitted in self._schema.parameters.items():
            refuse_change(name, given[name], fitted)
        others = ("label_smoothing", "learning_rate", "loss")
        kept = [n for n in FIRST_RULES | RULES if n in _BUILT or n in others]
        as_before = "as when training began"
        # Files that are older than a parameter know it from the network alone.
        used = {n: getattr(self._architecture, n) for n in kept if n in _BUILT}
        used |= {n: getattr(self, f"{n}_") for n in kept if hasattr(self, f"{n}_")}
        return {
            name: self._choices.get(name, (value, as_before))
            for name, value in used.items()
        }

    def _check_unchanged(
        self, given: dict[str, object], samples: TrainingSamples
    ) -> None:
        """Refuse to train a network further that the parameters no longer describe."""
        fitted, present = self._architecture, self._make_architecture(given, samples)
        for name in _BUILT:
            if name in ("differences", "classes"):  # not given, and not in old files
                continue
            refuse_change(name, getattr(present, name), getattr(fitted, name))
        for name, value in self._scaling.items():
            refuse_change(name, given[name], value)


def _choose_changes(changes: np.ndarray, own: np.ndarray) -> np.ndarray | None:
    """Return the deviation of each channel's differences, as the network reads them.

    ``changes`` are in units of the channels' deviations, ``own`` in the network's. None
    where the channels are not smooth; 1 for a channel that never changes.
    """
    moving = changes > 0
    if not moving.any() or np.median(changes[moving] ** 2) >= SMOOTH:
        return None
    return np.where(moving, own, 1.0)


def refuse_change(name: str, present: object, fitted: object) -> None:
    """Refuse a parameter that is not what it was when training began."""
    both_nan = present != present and fitted != fitted
    if present != fitted and not both_nan:
        raise ValueError(
            f"{name}={present!r} cannot change where training continues: the model was "
            f"made with {name}={fitted!r}. Use a new estimator, or fit with "
            "warm_start=False."
        )


def _check_horizon(known: int, horizon: int) -> None:
    """Refuse a future of other steps than those that are predicted."""
    if known != horizon:
        raise ValueError(
            f"X.future has {known} steps, but y has {horizon}; allowed is one step of "
            "future for each output step."
        )


def _warn_of_offsets(center: np.ndarray, architecture: Architecture) -> None:
    """Warn of channels that are never near 0, which train badly without centring."""
    if architecture.anchor:  # relative to their last values
        center = center.copy()
        center[[*(architecture.target_channels or ())]] = 0.0
    channel = int(np.abs(center).argmax())
    if abs(center[channel]) > 3:
        warnings.warn(
            f"values='inputs' does not centre its inputs, and the mean of channel "
            f"{channel} is {center[channel]:.3g} standard deviations away from 0: "
            "training may fail. Subtract a natural zero point first, or, for target "
            "channels, use anchor=True.",
            UserWarning,
            stacklevel=2,
        )
