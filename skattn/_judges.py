"""Which samples judge a network, and what they say of it."""

from dataclasses import replace

import numpy as np
import torch

from ._construction import Settings
from ._measures import find_continued
from .targets import Target
from .training import (
    Aside,
    AttentionNet,
    SequenceDataset,
    TrainingPlan,
    TrainingSamples,
    count_judges,
    find_some,
    find_stride,
    measure_yardstick,
    predict_some,
    split_validation,
)

# Groups from which on some are set aside to judge: one of few is too much to leave out.
_ENOUGH_GROUPS = 10

# Steps of the optimiser from which on a comparison with a linear model takes a small
# share of a fit.
_LONG_FIT = 300


class JudgesMixin:
    """The parts of a fit that set samples aside, and ask them."""

    _seed: int
    _target: Target
    early_stopping: bool | str
    max_epochs: int | str
    net_: AttentionNet
    validation_fraction: float
    validation_split: object

    def _split(
        self,
        given: Settings,
        samples: TrainingSamples,
        groups: np.ndarray | None,
        target: Target,
        choices: dict[str, tuple[object, str]],
    ) -> tuple[TrainingSamples, TrainingSamples | None]:
        """Return the samples to train on and the samples to validate on.

        None of the latter if nobody asked for them and nothing would be left, which is
        noted in ``given`` and ``choices``.
        """
        rows, X = samples.rows, samples.X.values
        everything = len(rows) == len(samples.y)
        y = target.outward(samples.y if everything else samples.y[rows])
        # Windows at stride 1 overlap as long as their starts are less than a window
        # (and, if y continues X, the horizon less one) apart.
        # "auto" only keeps what is to be predicted apart.
        horizon = 1 if target.channels is None else target.horizon
        window, split = X.shape[1], given["validation_split"]
        sharing = self.validation_split == "auto"
        if sharing:
            window = 0
            if groups is not None and groups.dtype.names is None:
                split = "random"
                choices["validation_split"] = (split, "groups stay on one side")
        try:
            train_rows, valid_rows = split_validation(
                X if everything else X[rows],
                y,
                None if groups is None else groups[rows],
                validation_split=split,
                validation_fraction=self.validation_fraction,
                gap=window + horizon - 1,
                seed=self._seed,
                strata=y if target.stratified else None,
                sharing=sharing,
            )
        except ValueError:
            if not (sharing and self.early_stopping == "auto"):
                raise
            given["early_stopping"] = False
            reason = "no window is left if some are set aside"
            choices["early_stopping"] = (False, reason)
            return samples, None
        training = replace(samples, rows=rows[train_rows])
        held_out = replace(samples, rows=rows[valid_rows])
        self._check_split(training, held_out)
        return training, held_out

    def _check_split(self, training: TrainingSamples, held: TrainingSamples) -> None:
        """Check what a split left on each side; nothing, for most targets."""

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
        if target.stratified and len(np.unique(y)) == n_samples:
            return None  # none of a class could be left out
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
        others = np.delete(y, judges, axis=0)
        lost = target.stratified and len(np.unique(others)) < len(np.unique(y))
        if lost or len(judges) > 2 * n_judges:  # of large groups, or of all of a class
            return None
        return Aside(torch.from_numpy(judges), n_samples, epochs)

    def _measure_yardstick(
        self,
        plan: TrainingPlan,
        samples: TrainingSamples,
        data: SequenceDataset,
        held: SequenceDataset | None,
        aside: Aside | None,
    ) -> None:
        """Score the network beside simple models, in longer fits."""
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
        first, target = "", self._target
        if not target.stratified and target.channels is None:
            channel = find_continued(samples)
            if channel is not None:
                first = f"target_channels={channel}, as y goes on with this channel; "
        self.yardstick_scores_ = measure_yardstick(
            data,
            predict_some(network, data, rows),
            rows,
            held,
            answers,
            judges,
            classifies=target.stratified,
            channels=target.channels,
            loss=getattr(target, "loss", "squared_error"),
            first=first,
        )
