"""What all estimators share: a fit that reads down from X and y to fitted state."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import fields, replace
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from ._construction import ConstructionMixin, Settings
from ._embeddings import CategoriesMixin, find_size
from ._explain import AttentionMixin, warn_if_idle
from ._history import HistoryMixin
from ._judges import JudgesMixin
from ._parameters import check_parameters
from ._resolve import check_together, resolve_auto
from ._rules import FIRST_RULES, RULES
from ._seen import Seen
from ._state import VERSION, PlainState
from .nn._channel_independent import Network
from .nn._skip import LINEAR_PATHS
from .sequences._per_sample import read_groups, read_weights
from .sequences._reader import read_X
from .targets import Target
from .training import (
    Aside,
    AttentionNet,
    Checkpoint,
    Outlook,
    TrainingPlan,
    TrainingSamples,
    choose_device,
    digest,
    draw_seed,
    find_weighted,
    fit_linear_path,
    pack_net,
    train,
    use_cpu_by_default,
    use_one_thread,
)

# Parameters that training reads, and those that have a fitted attribute.
_PLANNED = [field.name for field in fields(TrainingPlan)]
_CHOSEN = ["early_stopping", "scale_windows", *RULES]

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


class _Read(NamedTuple):
    """What `fit` is given, in the one inner form."""

    samples: TrainingSamples
    target: Target
    groups: np.ndarray | None
    held_out: TrainingSamples | None  # that the caller gave to validate on


class BaseLSTMAttention(
    PlainState,
    ConstructionMixin,
    JudgesMixin,
    AttentionMixin,
    CategoriesMixin,
    HistoryMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseEstimator,
):
    """What all estimators share; a subclass makes its target from y."""

    _target_kind: ClassVar[type[Target]]
    # Settings of the network that users cannot choose.
    _fixed: ClassVar[Settings] = {}

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
        """Read, choose, build, train; ``changes`` replace parameters."""
        with (
            all_or_nothing(self),
            torch.inference_mode(False),
            torch.enable_grad(),
            use_cpu_by_default(),
            use_one_thread(),
        ):
            device = choose_device(self.device)
            if not resume:
                self._seed = draw_seed(self.random_state)
            given = check_parameters(self) | {"device": device} | changes
            previous = self.net_ if resume else None
            recalled = self._recall(given) if resume else {}
            read = self._read(X, y, sample_weight, groups, X_val, y_val, resume)
            given, samples, held_out = self._choose(given, recalled, read)
            plan = TrainingPlan(**{name: given[name] for name in _PLANNED})
            network = self._start(given, samples, read.target, previous)
            aside = None
            if held_out is None and not (resume or changes):
                aside = self._set_aside(given, samples, read.groups, read.target)
            data = self._make_dataset(samples, self._weight_unit)
            held_data = None if held_out is None else self._make_dataset(held_out)
            fit_path = previous is None and given.get("linear_skip") in LINEAR_PATHS
            if fit_path:
                fit_linear_path(network, data)
            checkpoint = None
            if plan.checkpoint is not None:
                checkpoint = Checkpoint(plan.checkpoint)
                checkpoint.name = self._name_checkpoint(
                    plan, samples, held_out, previous, aside
                )
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
            self._measure_yardstick(plan, samples, data, held_data, aside)
            if fit_path and samples is not read.samples:
                self._refit_path(network, read.samples)
            self._measure_share(samples)
            self._attention_weights = None
            if self.store_attention:
                self._keep_attention(samples.X)
            self.resumed_from_epoch_ = 0
            if checkpoint is not None:
                self.resumed_from_epoch_ = checkpoint.resumed_from_epoch_
                checkpoint.finish()

    def _read(
        self,
        X: object,
        y: object,
        sample_weight: object,
        groups: object,
        X_val: object,
        y_val: object,
        resume: bool,
    ) -> _Read:
        """Read all that `fit` is given; with ``resume``, in the form of before."""
        sequences = read_X(self, X, reset=not resume)
        n_samples = len(sequences.values)
        weights = read_weights(sample_weight, sequences)
        labels = read_groups(groups, n_samples)
        answers = self._target_kind.read(y, n_samples)
        target = self._make_target(answers, self._target if resume else None)
        encoded = target.encode(answers)
        target = target.fit_weights(encoded, weights)
        weights = target.weigh(encoded, weights)
        rows = np.arange(n_samples) if weights is None else find_weighted(weights)
        samples = TrainingSamples(sequences, encoded, weights, rows)
        self._check_embeddings()
        return _Read(samples, target, labels, self._read_held(target, X_val, y_val))

    def _choose(
        self,
        given: Settings,
        recalled: dict[str, tuple[object, str]],
        read: _Read,
    ) -> tuple[Settings, TrainingSamples, TrainingSamples | None]:
        """Set samples aside, if any, and choose what is "auto"; keep what was chosen.

        Returns
        -------
        given : dict
            Parameters without "auto".
        samples, held_out : TrainingSamples
            To train on, and to validate on.
        """
        samples, target, groups, held_out = read
        seen = self._look(samples, target)
        given, choices = resolve_auto(given, seen, recalled, FIRST_RULES)
        if held_out is None and given["early_stopping"]:
            samples, held_out = self._split(given, samples, groups, target, choices)
            seen = self._look(samples, target)
        given, later = resolve_auto(given, seen, recalled, RULES)
        check_together(given)
        self._choices = choices | later
        chosen = {f"{name}_": given[name] for name in _CHOSEN if name in given}
        self.__dict__.update(chosen)
        return given, samples, held_out

    def _start(
        self,
        given: Settings,
        samples: TrainingSamples,
        target: Target,
        previous: AttentionNet | None,
    ) -> Network:
        """Scale and build, or return a copy of the network that was trained before."""
        if previous is None:
            self._target = self._fit_scales(given, samples, target)
            return self._build(given, samples)
        self._target = target
        self._check_unchanged(given, samples)
        return deepcopy(previous.module_)

    def _refit_path(self, network: Network, everything: TrainingSamples) -> None:
        """Fit the linear path again, where the network started from it.

        What was set aside has judged, and is the nearest to what comes.
        """
        if network.starts_at_zero:
            device = next(network.parameters()).device
            fit_linear_path(network.cpu(), self._make_dataset(everything))
            network.to(device)

    def _measure_share(self, samples: TrainingSamples) -> None:
        """Measure how much of the predictions' variation the attention makes."""
        self.attention_share_ = 1.0
        bypassed = self._architecture.anchor or self._architecture.linear_skip
        # Classes are told by logits, in which the paths add up.
        if bypassed and self._architecture.output_activation != "identity":
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

    def _read_held(
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
        n_samples, schema = len(samples.rows), self._schema
        seen = Seen(n_samples, longest, target.stratified, samples)
        if schema.categories or schema.static_categories:
            seen = replace(
                seen,
                coded=(*schema.categories,),
                n_categories=schema.n_categories,
                vector_size=find_size(self.embeddings),
                tokens=len(schema.categories) == self.n_channels_in_,
                n_steps=n_samples * longest
                if lengths is None
                else int(lengths[samples.rows].sum()),
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
            measure_typical_change=look.measure_typical_change,
            find_period=look.find_period,
        )

    def _name_checkpoint(
        self,
        plan: TrainingPlan,
        samples: TrainingSamples,
        held_out: TrainingSamples | None,
        previous: AttentionNet | None,
        aside: Aside | None,
    ) -> str:
        """Return a name for a checkpoint, of all that the result of a fit depends on.

        That is: the samples with targets and weights, which of them are trained on and
        validated on or judge, the parameters, the drawn seed, the kind of device,
        the versions of skattn and torch and, where training continues, the net as it
        was.
        """
        parameters = {
            name: value
            for name, value in self.get_params(deep=False).items()
            if name not in _WITHOUT_EFFECT
        }
        contents: list[object] = [samples]
        if held_out is not None:
            shared = held_out.X is samples.X  # is read once
            contents.append(held_out.rows if shared else held_out)
        if aside is not None:
            contents.append(aside.rows.numpy())
        return digest(
            type(self).__name__,
            VERSION,
            torch.__version__,
            torch.device(plan.device).type,
            parameters,
            self._seed,
            contents,
            None if previous is None else pack_net(previous) | {"device": None},
        )

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
        padded = self.padding_value != self.padding_value  # NaN
        tags.input_tags.allow_nan = self.missing != "error" or padded
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
