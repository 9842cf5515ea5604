"""What does not depend on the kind of target: parameters, data, network, state."""

import warnings
from copy import deepcopy
from dataclasses import fields, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from ._all_or_nothing import all_or_nothing
from ._explain import AttentionMixin
from ._history import HistoryMixin
from ._inputs import check_groups, check_weights
from ._parameters import check_combinations, to_python
from ._resume import make_checkpoint
from ._state import PlainState
from .nn._build import ChannelIndependent, build_network
from .nn.network import AttentionNetwork
from .sequences._check import check_X
from .sequences._forms import Sequences, TargetForm
from .sequences._scaling import InputScaler, Scaler, fit_scaler
from .training import (
    AttentionNet,
    SequenceDataset,
    Stream,
    TrainingPlan,
    choose_device,
    draw_seed,
    fit_linear_path,
    make_generator,
    mind_fork,
    run_network,
    split_validation,
    train,
    widen,
)

_NETWORK_PARAMETERS = (
    "patch_size",
    "hidden_size",
    "num_layers",
    "bidirectional",
    "dropout",
    "attention",
    "query",
    "n_heads",
    "self_attention_heads",
    "values",
    "state_bypass",
    "linear_skip",
)


class _Samples(NamedTuple):
    """Checked samples, y still in its own units."""

    sequences: Sequences
    y: np.ndarray  # (n_samples, horizon, n_targets)
    weights: np.ndarray | None
    suffix: str = ""  # "_val" where X_val and y_val were given


class _Part(NamedTuple):
    """The rows of some samples that one side of the split holds."""

    samples: _Samples
    rows: np.ndarray


class BaseLSTMAttention(
    PlainState,
    AttentionMixin,
    HistoryMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseEstimator,
):
    """Common part of the estimators; subclasses name their targets and their loss.

    A subclass gives ``_check_targets(y, n_samples, reset, name)``,
    ``_fit_target_scaler(y, weights)`` and ``_make_loss()``, and may add to the rest.
    """

    _network_parameters: ClassVar[tuple[str, ...]] = _NETWORK_PARAMETERS
    _stratified: ClassVar[bool] = False

    net_: AttentionNet
    n_timesteps_in_: int
    n_channels_in_: int
    _target_form: TargetForm
    _target_scaler: Scaler

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        groups: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        *,
        goes_on: bool,
        **changes: Any,
    ) -> None:
        """Check, split, scale, train; ``changes`` replace entries of the plan."""
        mind_fork()
        with all_or_nothing(self), torch.inference_mode(False), torch.enable_grad():
            self._check_parameters()
            if goes_on:
                self._check_reading()
            plan = replace(self._make_plan(), **changes)
            samples = self._check_samples(X, y, sample_weight, reset=not goes_on)
            groups = check_groups(groups, len(samples.y))
            given = self._check_validation(X_val, y_val)
            if goes_on:
                self._check_unchanged()
            else:
                self._seed = draw_seed(self.random_state)
            part, valid = self._set_aside(samples, groups, given, plan)
            module, previous = self._start(part, self.net_ if goes_on else None)
            parts = [part] if valid is None else [part, valid]
            checkpoint = make_checkpoint(self, plan, parts, previous)
            self.net_ = train(
                module,
                self._make_loss(),
                plan,
                self._make_training_data(part, None if goes_on else module),
                None if valid is None else self._make_validation_data(valid),
                seed=self._seed,
                previous=previous,
                checkpoint=checkpoint,
            )
            self.resumed_from_epoch_ = getattr(checkpoint, "resumed_from_epoch_", 0)
            self.__dict__.pop("attention_weights_", None)
            if self.store_attention:
                self.attention_weights_ = self._attend(samples.sequences)
            if checkpoint is not None:
                checkpoint.finish()

    def _fit_on(self, X: Any, y: Any, sample_weight: Any) -> None:
        """Train for one epoch at a constant rate, without anything set aside."""
        self._fit(
            X,
            y,
            sample_weight,
            goes_on=hasattr(self, "net_"),
            max_epochs=1,
            early_stopping=False,
            lr_schedule=None,
            checkpoint=None,
        )

    def _make_plan(self) -> TrainingPlan:
        names = {field.name for field in fields(TrainingPlan)} - {"device"}
        settings = {name: to_python(getattr(self, name)) for name in names}
        return TrainingPlan(device=choose_device(self.device), **settings)

    def _check_samples(
        self, X: Any, y: Any, sample_weight: Any, *, reset: bool
    ) -> _Samples:
        sequences = check_X(self, X, reset=reset)
        targets = self._check_targets(y, len(sequences), reset=reset, name="y")
        weights = check_weights(self, sample_weight, sequences)
        return _Samples(sequences, targets, self._weigh(targets, weights, reset))

    def _check_validation(self, X_val: Any, y_val: Any) -> _Samples | None:
        if (X_val is None) != (y_val is None):
            missing = "X_val" if X_val is None else "y_val"
            raise ValueError(f"{missing} is missing: X_val and y_val go together.")
        if X_val is None:
            return None
        sequences = check_X(self, X_val, reset=False, name="X_val")
        targets = self._check_targets(y_val, len(sequences), reset=False, name="y_val")
        return _Samples(sequences, targets, self._weigh(targets, None, False), "_val")

    def _weigh(
        self, y: np.ndarray, weights: np.ndarray | None, reset: bool
    ) -> np.ndarray | None:
        """Add to the sample weights what the targets themselves weigh."""
        return weights

    def _set_aside(
        self,
        samples: _Samples,
        groups: np.ndarray | None,
        given: _Samples | None,
        plan: TrainingPlan,
    ) -> tuple[_Part, _Part | None]:
        """Choose what to train on and what to validate on.

        Samples of weight 0 are left out, as if they were not there.
        """
        rows = _find_weighted(samples)
        if given is not None:
            return _Part(samples, rows), _Part(given, _find_weighted(given))
        if not plan.early_stopping:
            return _Part(samples, rows), None
        everything = len(rows) == len(samples.y)
        X = samples.sequences.values
        y = self._describe_targets(samples.y if everything else samples.y[rows])
        train_rows, valid_rows = split_validation(
            X if everything else X[rows],
            y,
            None if groups is None else groups[rows],
            validation_split=self.validation_split,
            validation_fraction=self.validation_fraction,
            gap=self._tail_gap(X.shape[1]),
            seed=self._seed,
            strata=y if self._stratified else None,
        )
        return _Part(samples, rows[train_rows]), _Part(samples, rows[valid_rows])

    def _describe_targets(self, y: np.ndarray) -> np.ndarray:
        """Give y as a splitter knows it."""
        return self._target_form.outward(y)

    def _tail_gap(self, n_timesteps: int) -> int:
        """Count the samples between training and tail part that share values with both.

        Windows at stride 1 overlap as long as their starts are less than a window
        (and, if y continues X, the horizon less one) apart.
        """
        horizon = 1 if self._channels() is None else self._target_form.horizon
        return n_timesteps + horizon - 1

    def _start(
        self, part: _Part, previous: AttentionNet | None
    ) -> tuple[nn.Module, AttentionNet | None]:
        """Give the network to train: a new one, or a copy of the one that goes on.

        A new one comes with new scales, measured on the training rows.
        """
        if previous is not None:
            return deepcopy(previous.module_), previous
        (sequences, y, weights, _), rows = part
        used = np.zeros(len(y))
        used[rows] = 1.0 if weights is None else weights[rows]
        self._weight_unit = 1.0
        if weights is not None:
            self._weight_unit = _mean_weight(used[rows])
            used = used / self._weight_unit
        self._settings = self._network_settings()
        self._scaling = self._scaling_settings()
        scaler = (
            fit_scaler(sequences, used)
            if self.scale_inputs
            else Scaler.identity(self.n_channels_in_)
        )
        self._input_scaler = InputScaler(
            scaler.mean, scaler.scale, self._schema.missing
        )
        self._target_scaler = self._fit_target_scaler(y, used)
        generator = make_generator(self._seed, Stream.WEIGHTS)
        network = build_network(generator, **self._settings)
        center = self._input_scaler.center
        if self.values == "inputs":
            _warn_of_offsets(center)
        network.set_center(torch.from_numpy(center).float()[None])
        return network, None

    def _network_settings(self) -> dict[str, Any]:
        """Collect what the network is made from, NumPy's numbers as Python's."""
        settings = {name: getattr(self, name) for name in self._network_parameters} | {
            "n_channels": self.n_channels_in_,
            "n_timesteps": self.n_timesteps_in_,
            "horizon": self._target_form.horizon,
            "n_targets": self._target_form.n_targets,
            "target_channels": self._channels(),
            "indicators": self._schema.missing != "error",
        }
        if settings.get("decoder") == "lstm":  # which brings its own query
            settings["query"] = "last"
        return {name: to_python(value) for name, value in settings.items()}

    def _scaling_settings(self) -> dict[str, Any]:
        names = ("scale_inputs", "scale_targets")
        return {name: getattr(self, name) for name in names if hasattr(self, name)}

    def _check_unchanged(self) -> None:
        """Refuse to go on with a network that the parameters no longer describe."""
        fixed = self._settings | self._scaling
        for name, present in (
            self._network_settings() | self._scaling_settings()
        ).items():
            _refuse_change(name, present, fixed[name])

    def _check_reading(self) -> None:
        """Refuse parameters that would read X in another way than before."""
        for name, fitted in self._schema.parameters.items():
            _refuse_change(name, to_python(getattr(self, name)), fitted)

    def _channels(self) -> tuple[int, ...] | None:
        """Give the input channels that y continues, if it does."""
        return None

    def _check_parameters(self) -> None:
        check_combinations(self)

    def _make_dataset(self, part: _Part, unit: float) -> SequenceDataset:
        """Scale a part; its weights count in ``unit``."""
        samples, rows = part
        y = self._target_scaler.forward(samples.y[rows], f"y{samples.suffix}")
        weights = samples.weights
        if weights is not None:
            weights = weights[rows] / unit
        return SequenceDataset(
            samples.sequences,
            self._input_scaler,
            rows,
            y,
            weights,
            forced=self._settings.get("teacher_forcing", 0) > 0,
            name=f"X{samples.suffix}",
        )

    def _make_training_data(
        self, part: _Part, network: nn.Module | None
    ) -> SequenceDataset:
        """Scale the training part, and fit to it what a new network does not train."""
        dataset = self._make_dataset(part, self._weight_unit)
        if network is not None and self.linear_skip == "ridge":
            fit_linear_path(network, dataset)
        return dataset

    def _make_validation_data(self, part: _Part) -> SequenceDataset:
        """Scale the validation part, whose loss is the mean by its own weights."""
        weights = part.samples.weights
        unit = 1.0 if weights is None else _mean_weight(weights[part.rows])
        return self._make_dataset(part, unit)

    def _check_fitted(self) -> None:
        if "net_" not in vars(self):  # asking scikit-learn takes as long as a row
            check_is_fitted(self)

    def _run(self, sequences: Sequences, name: str) -> np.ndarray:
        """Run the trained network and collect one field of its output."""
        need_weights = name in ("weights", "self_weights")
        time_axes = {"weights": (-1,), "self_weights": (-2, -1)}.get(name, ())
        n_steps = -(-sequences.values.shape[1] // self._settings["patch_size"])
        module = self.module_

        def run(x: Tensor, lengths: Tensor | None) -> Tensor:
            output = module(x, lengths, need_weights=need_weights)
            return widen(getattr(output, name), time_axes, n_steps)

        return run_network(run, sequences, self._input_scaler, self.net_.device)

    def transform(self, X: Any) -> np.ndarray:
        """Give the context vectors as features.

        Parameters
        ----------
        X : array-like or Tensor
            Sequences in any form that `fit` takes.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            What the attention gathered from each sequence, in X's float type; one
            vector a target channel, side by side, with ``channel_independent``.
        """
        check_is_fitted(self)
        sequences = check_X(self, X, reset=False)
        context = self._run(sequences, "context")
        return context.reshape(len(sequences), -1).astype(sequences.values.dtype)

    @property
    def module_(self) -> AttentionNetwork | ChannelIndependent:
        """The trained network, in evaluation mode."""
        self._check_fitted()
        return self.net_.module_

    @property
    def _n_features_out(self) -> int:
        return self.module_.context_size

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self.missing != "error"
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _find_weighted(samples: _Samples) -> np.ndarray:
    """Return the samples that have a weight above 0."""
    if samples.weights is None:
        return np.arange(len(samples.y))
    rows = np.flatnonzero(samples.weights)
    if not len(rows):
        name = f"y{samples.suffix}"
        raise ValueError(
            f"The samples of {name} have a total weight of 0 (sample_weight times "
            "class_weight); at least one weight must be positive."
        )
    return rows


def _mean_weight(weights: np.ndarray) -> float:
    """Return the mean, without an overflow in the sum."""
    largest = weights.max()
    return float(largest * (weights / largest).mean())


def _refuse_change(name: str, present: Any, fitted: Any) -> None:
    both_nan = present != present and fitted != fitted
    if present != fitted and not both_nan:
        raise ValueError(
            f"{name}={present!r} cannot change where training goes on: the model was "
            f"made with {name}={fitted!r}. Use a new estimator, or fit with "
            "warm_start=False."
        )


def _warn_of_offsets(center: np.ndarray) -> None:
    """Warn of channels that are never near 0, which train badly without centring."""
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
