"""What all estimators share: a fit that reads down from X and y to fitted state."""

import warnings
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import fields, replace
from operator import itemgetter
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from ._embeddings import CategoriesMixin, find_size, spare_codes, start_vectors
from ._explain import AttentionMixin, warn_if_idle
from ._history import HistoryMixin
from ._parameters import check_parameters
from ._resolve import resolve_auto
from ._rules import CONV_CHANNELS, FIRST_RULES, RULES, SMOOTH
from ._seen import Seen
from ._state import PlainState
from .nn._build import Architecture, build_network
from .nn._channel_independent import Network
from .nn._skip import LINEAR_PATHS
from .nn.network import AttentionNetwork
from .sequences._per_sample import read_groups, read_weights
from .sequences._reader import read_X
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
from .sequences._times import measure_gap
from .targets import Target
from .training import (
    Aside,
    AttentionNet,
    Checkpoint,
    Outlook,
    SequenceDataset,
    Stream,
    TrainingPlan,
    TrainingSamples,
    choose_device,
    count_judges,
    digest,
    draw_seed,
    find_some,
    find_stride,
    find_weighted,
    fit_linear_path,
    fit_sizes,
    make_generator,
    mean_weight,
    measure_yardstick,
    pack_net,
    predict_some,
    scale_values,
    split_validation,
    train,
    use_one_thread,
)

Settings = dict[str, Any]  # values of parameters by their names

# Parameters that training reads, those that may be "auto", and entries of the
# architecture.
_PLANNED = itemgetter(*(field.name for field in fields(TrainingPlan)))
_CHOSEN = ["early_stopping", "scale_windows", *RULES]
_BUILT = [field.name for field in fields(Architecture)]

# Groups from which on some are set aside to judge: one of few is too much to leave out.
_ENOUGH_GROUPS = 10

# Steps of the optimiser from which on a comparison with a linear model takes a small
# share of a fit.
_LONG_FIT = 300

# Samples on which the share of the attention is measured.
_MOST_SHARED = 512

# Parameters that do not change the result of a fit, or that act through what a
# checkpoint is named by as well: the drawn seed, the rows, the kind of device.
_WITHOUT_EFFECT = {
    "callbacks",
    "checkpoint",
    "device",
    "random_state",
    "store_attention",
    "validation_fraction",
    "validation_split",
    "verbose",
    "warm_start",
}


class BaseLSTMAttention(
    PlainState,
    AttentionMixin,
    CategoriesMixin,
    HistoryMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseEstimator,
):
    """What all estimators share; a subclass makes its target from y."""

    # Scales that were measured stay, so that these parameters must stay too.
    _scaling_names: ClassVar[tuple[str, ...]] = ("scale_inputs",)
    _target_kind: ClassVar[type[Target]]
    # Settings of the network that users cannot choose.
    _fixed: ClassVar[Settings] = {}

    _changes: np.ndarray | None
    _choices: dict[str, tuple[object, str]]
    _seed: int
    _weight_unit: float

    @abstractmethod
    def _make_target(self, y: np.ndarray, fitted: Target | None) -> Target:
        """Return what y is; with ``fitted``, in the form that it had before."""

    def _fit(
        self,
        X: object,
        y: object,
        sample_weight: object = None,
        groups: object = None,
        X_val: object = None,
        y_val: object = None,
        *,
        resume: bool,
        **changes: object,
    ) -> None:
        """Read, split, scale, build, train; ``changes`` replace parameters."""
        with (
            all_or_nothing(self),
            torch.inference_mode(False),
            torch.enable_grad(),
            use_one_thread(),
        ):
            device = choose_device(self.device)
            if not resume:
                self._seed = draw_seed(self.random_state)
            given = check_parameters(self) | {"device": device} | changes
            previous, fitted, recalled = None, None, {}
            if resume:
                previous, fitted = self.net_, self._target
                recalled = self._recall(given)

            # Read.
            sequences = read_X(self, X, reset=not resume)
            n_samples = len(sequences.values)
            weights = read_weights(sample_weight, sequences)
            labels = read_groups(groups, n_samples)
            y = self._target_kind.read(y, n_samples)
            target = self._make_target(y, fitted)
            encoded = target.encode(y)
            target = target.fit_weights(encoded, weights)
            weights = target.weigh(encoded, weights)
            rows = np.arange(n_samples) if weights is None else find_weighted(weights)
            samples = TrainingSamples(sequences, encoded, weights, rows)
            held_out = self._read_validation(target, X_val, y_val)
            seen = self._look(samples, target)
            given, choices = resolve_auto(given, seen, recalled, FIRST_RULES)
            everything = samples
            if held_out is None and given["early_stopping"]:
                samples, held_out = self._split(given, samples, labels, target)
                seen = self._look(samples, target)

            # Choose.
            given, later = resolve_auto(given, seen, recalled)
            self._choices = choices | later
            plan = TrainingPlan(*_PLANNED(given))
            chosen = {f"{name}_": given[name] for name in _CHOSEN if name in given}
            self.__dict__.update(chosen)

            # Scale and build, or continue with what is there.
            if previous is None:
                self._target = self._fit_scales(given, samples, target)
                network = self._build(given, samples)
            else:
                self._target = target
                self._check_unchanged(given, samples)
                network = deepcopy(previous.module_)
            aside = None
            if held_out is None and not (resume or changes):
                aside = self._set_aside(given, samples, labels, target)
            data = self._make_dataset(samples, self._weight_unit)
            fit_path = previous is None and given.get("linear_skip") in LINEAR_PATHS
            if fit_path:
                fit_linear_path(network, data)

            # Train.
            contents = (plan, samples, held_out, previous)
            checkpoint = self._open_checkpoint(*contents) if plan.checkpoint else None
            held_data = None if held_out is None else self._make_dataset(held_out)
            self.net_ = train(
                network,
                self._target,
                plan,
                data,
                held_data,
                seed=self._seed,
                previous=previous,
                checkpoint=checkpoint,
                aside=aside,
            )
            self._measure_yardstick(plan, data, held_data, aside)
            if fit_path and samples is not everything:
                self._refit_path(network, everything)
            self._measure_share(samples)
            self._attention_weights = None
            if self.store_attention:
                self._keep_attention(sequences)
            self.resumed_from_epoch_ = 0
            if checkpoint is not None:
                self.resumed_from_epoch_ = checkpoint.resumed_from_epoch_
                checkpoint.finish()

    def _refit_path(self, network: Network, everything: TrainingSamples) -> None:
        """Fit the linear path again, where the network started from it.

        What was set aside has judged, and is the nearest to what comes.
        """
        if network.starts_at_zero:
            device = next(network.parameters()).device
            fit_linear_path(network.cpu(), self._make_dataset(everything))
            network.to(device)

    def _set_aside(
        self,
        given: Settings,
        samples: TrainingSamples,
        groups: np.ndarray | None,
        target: Target,
    ) -> Aside | None:
        """Return samples that judge the network before they join in, if all is "auto".

        Only where the length of training is left to the rules: other fits are what the
        parameters say, sample by sample.
        """
        n_samples, epochs = len(samples.rows), given["max_epochs"]
        if (self.early_stopping, self.max_epochs) != ("auto", "auto"):
            return None
        n_judges = count_judges(n_samples, target)
        if not n_judges:
            return None
        rows, labels = samples.rows, None
        if groups is not None:
            labels = (groups["series"] if groups.dtype.names else groups)[rows]
            if len(np.unique(labels)) < _ENOUGH_GROUPS:
                return None
        X, y = samples.X.values, target.outward(samples.y[rows])
        X = X if len(rows) == len(X) else X[rows]
        # Windows that share steps know each other: only later ones can judge.
        windows = not (target.stratified or labels is not None) and find_stride(X)
        _, judges = split_validation(
            X,
            y,
            labels,
            validation_split="tail" if windows else "random",
            validation_fraction=n_judges / n_samples,
            gap=0,
            seed=self._seed,
            strata=y if target.stratified else None,
        )
        return Aside(torch.from_numpy(judges), n_samples, epochs)

    def _measure_yardstick(
        self,
        plan: TrainingPlan,
        data: SequenceDataset,
        held: SequenceDataset | None,
        aside: Aside | None,
    ) -> None:
        """Score the network beside a constant and a linear model, in longer fits."""
        self.yardstick_scores_: dict[str, dict[str, float]] = {}
        n_batches = -(-len(data) // plan.batch_size)
        if plan.max_epochs * n_batches < _LONG_FIT:
            return
        network, judges, answers = self.net_.module_, None, None
        rows = find_some(len(data))
        if aside is not None and aside.predicted is not None:
            held, judges, answers = data, aside.rows, aside.predicted
            rows = rows[~torch.isin(rows, judges)]
        elif held is not None:
            judges = find_some(len(held))
            answers = predict_some(network, held, judges)
        self.yardstick_scores_ = measure_yardstick(
            data,
            predict_some(network, data, rows),
            rows,
            held,
            answers,
            judges,
            classifies=self._target.stratified,
            loss=getattr(self._target, "loss", "squared_error"),
        )

    def _measure_share(self, samples: TrainingSamples) -> None:
        """Measure how much of the predictions' variation the attention makes."""
        self.attention_share_ = 1.0
        bypassed = self._architecture.anchor or self._architecture.linear_skip
        if bypassed and self._target.bend:
            self.attention_share_ = float("nan")
        elif bypassed:
            rows = samples.rows[:: max(1, len(samples.rows) // _MOST_SHARED)]
            self.attention_share_ = self._probe.measure_share(samples.X.rows(rows))

    def _fit_on(self, X: object, y: object, sample_weight: object) -> None:
        """Train for one epoch at a constant rate, without anything set aside."""
        self._fit(
            X,
            y,
            sample_weight,
            resume=hasattr(self, "net_"),
            max_epochs=1,
            early_stopping=False,
            lr_schedule=None,
            checkpoint=None,
        )

    def _read_validation(
        self, target: Target, X_val: object, y_val: object
    ) -> TrainingSamples | None:
        """Return the samples that the caller gave to validate on, if any."""
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            missing = "X_val" if X_val is None else "y_val"
            raise ValueError(f"{missing} is missing: X_val and y_val go together.")
        sequences = read_X(self, X_val, reset=False, name="X_val")
        n_samples = len(sequences.values)
        y_val = self._target_kind.read(y_val, n_samples, "y_val")
        encoded = target.encode(y_val, "y_val")
        weights = target.weigh(encoded, None)
        rows = np.arange(n_samples)
        if weights is not None:
            rows = find_weighted(weights, "y_val")
        return TrainingSamples(sequences, encoded, weights, rows, "_val")

    def _look(self, samples: TrainingSamples, target: Target) -> Seen:
        """Return what the rules for "auto" read."""
        lengths, longest = samples.X.lengths, self.n_timesteps_in_
        longest = longest if lengths is None else int(lengths[samples.rows].max())
        shape = (len(samples.rows), longest, self.n_channels_in_)
        seen, schema = Seen(*shape, target.stratified, samples), self._schema
        if schema.categories or schema.static_categories:
            seen = replace(
                seen,
                coded=(*schema.categories,),
                n_categories=schema.n_categories,
                vector_size=find_size(self.embeddings),
                tokens=len(schema.categories) == self.n_channels_in_,
                n_steps=shape[0] * shape[1]
                if lengths is None
                else int(lengths[samples.rows].sum()),
            )
        if self.embeddings is not None and not schema.categories:
            raise ValueError(
                "embeddings has vectors for categories, but no channel of X holds any; "
                "allowed is None, or name the channels in categorical_features."
            )
        # The linear path has no place for values that are only marked as missing.
        if target.channels is None or lengths is not None or schema.missing == "mask":
            return seen
        alone = bool(getattr(self, "channel_independent", False) or schema.categories)
        look = Outlook(samples, target, alone, schema.missing != "error")
        return replace(
            seen,
            forecasts=True,
            compare=look.compare,
            measure_spread=look.measure_spread,
            find_period=look.find_period,
        )

    def _split(
        self,
        given: Settings,
        samples: TrainingSamples,
        groups: np.ndarray | None,
        target: Target,
    ) -> tuple[TrainingSamples, TrainingSamples]:
        """Return the samples to train on and the samples to validate on."""
        rows, X = samples.rows, samples.X.values
        everything = len(rows) == len(samples.y)
        y = target.outward(samples.y if everything else samples.y[rows])
        # Windows at stride 1 overlap as long as their starts are less than a window
        # (and, if y continues X, the horizon less one) apart.
        # "auto" only keeps what is to be predicted apart.
        horizon = 1 if target.channels is None else target.horizon
        window, split = X.shape[1], given["validation_split"]
        if self.validation_split == "auto":
            labelled = groups is not None and groups.dtype.names is None
            window, split = 0, "random" if labelled else split
        train_rows, valid_rows = split_validation(
            X if everything else X[rows],
            y,
            None if groups is None else groups[rows],
            validation_split=split,
            validation_fraction=self.validation_fraction,
            gap=window + horizon - 1,
            seed=self._seed,
            strata=y if target.stratified else None,
        )
        training = replace(samples, rows=rows[train_rows])
        held_out = replace(samples, rows=rows[valid_rows])
        self._check_split(training, held_out)
        return training, held_out

    def _check_split(self, training: TrainingSamples, held: TrainingSamples) -> None:
        """Check what a split left on each side; nothing, for most targets."""

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
        channels, self._changes = IDENTITY, None
        # Differences are for numbers alone.
        coded, coded_static = self._schema.categories, self._schema.static_categories
        stem = given["conv_layers"] and not given.get("channel_independent")
        stem = stem and not coded
        if self.scale_inputs or stem:
            measured = fit_scaler(samples.X, used)
            channels = measured if self.scale_inputs else IDENTITY
        own_units = given["scale_windows"] if target.channels is None else False
        if own_units == "standard" and self.scale_inputs:
            channels = replace(channels, mean=find_middle(samples.X, rows, measured))
        mean, scale = np.broadcast_arrays(
            channels.mean, channels.scale, np.empty(self.n_channels_in_)
        )[:2]
        if stem:  # in the network's own units, if the channels are smooth
            changes = measure_changes(samples.X, used, measured, own_units)
            moving = changes > 0
            if moving.any() and np.median(changes[moving] ** 2) < SMOOTH:
                own = changes if own_units else changes * measured.scale / scale
                self._changes = np.where(moving, own, 1.0)
        if coded:
            spared = spare_codes(Scaler(mean, scale), [*coded])
            mean, scale = spared.mean, spared.scale
        static, future = fit_beside(samples.X, used, measured=self.scale_inputs)
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
        if self._changes is not None:
            network.set_difference_scale(torch.from_numpy(self._changes).float())
        if architecture.values == "inputs" or architecture.scale_windows:
            center = self._input_scaler.center
            network.set_center(torch.from_numpy(center).float()[None])
            if architecture.values == "inputs":
                _warn_of_offsets(center, architecture)
        if isinstance(network, AttentionNetwork):
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

    def _open_checkpoint(
        self,
        plan: TrainingPlan,
        samples: TrainingSamples,
        held_out: TrainingSamples | None,
        previous: AttentionNet | None,
    ) -> Checkpoint:
        """Return the fit's checkpoint, named by all that its result depends on.

        That is: the samples with targets and weights, which of them are trained on and
        validated on, the parameters, the drawn seed, the kind of device, torch's
        version and, where training continues, the net as it was.
        """
        assert plan.checkpoint is not None
        checkpoint = Checkpoint(plan.checkpoint)
        parameters = {
            name: value
            for name, value in self.get_params(deep=False).items()
            if name not in _WITHOUT_EFFECT
        }
        contents: list[object] = [samples]
        if held_out is not None:
            shared = held_out.X is samples.X  # is read once
            contents.append(held_out.rows if shared else held_out)
        checkpoint.name = digest(
            type(self).__name__,
            torch.__version__,
            torch.device(plan.device).type,
            parameters,
            self._seed,
            contents,
            None if previous is None else pack_net(previous) | {"device": None},
        )
        return checkpoint

    def transform(self, X: object) -> np.ndarray:
        """Return the context vectors as features.

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
        warn_if_idle(self.attention_share_, "the context tells nothing of them")
        samples = read_X(self, X, reset=False)
        context = self._run(samples, "context")
        return context.reshape(len(context), -1).astype(samples.values.dtype)

    @property
    def module_(self) -> Network:
        """The trained network, in evaluation mode."""
        if "net_" not in vars(self):
            check_is_fitted(self)
        return self.net_.module_

    @property
    def _n_features_out(self) -> int:
        return self.module_.context_size

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self.missing != "error"
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


@contextmanager
def all_or_nothing(estimator: BaseEstimator) -> Iterator[None]:
    """Leave the estimator as it was if anything fails.

    Nothing that a fitted estimator holds is changed in place, so that the attributes
    are all there is to put back.
    """
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


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
