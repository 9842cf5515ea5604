"""Intervals that hold a share of the outcomes, calibrated on samples set aside."""

import warnings
from math import ceil
from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, _fit_context, clone, is_classifier
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted

from ._inner import MetaEstimator, ask, last_step
from .targets import Regression

# What `conformalize` learns.
CALIBRATED = (
    "coverage_",
    "coverage_levels_",
    "levels_",
    "margins_",
    "n_calibration_samples_",
    "scores_",
)


class ConformalIntervals(MetaEstimator):
    """Intervals around the predictions of a regressor, calibrated by conformal scores.

    On calibration samples, which the regressor has not seen, it is measured how far the
    truth lies outside of an interval; all intervals are then widened, or narrowed, by
    the right quantile of that. With a regressor that predicts several quantiles these
    are the quantiles of levels ``(1 - coverage) / 2`` and ``(1 + coverage) / 2``, so
    that intervals are wide where y is uncertain: conformalised quantile regression
    [1]_. With one that predicts a single value, intervals have the same width
    everywhere, from absolute residuals: split conformal prediction [2]_.

    If calibration samples and new ones are exchangeable, an interval holds the truth
    with a probability of at least ``coverage``, on average over both, whatever the
    regressor is worth. That is so for each output step and each target by itself, not
    for all of them together. Windows of one series are not exchangeable: take the
    latest ones to calibrate, and give `update` what has come true since. It moves the
    margins so that they hold the share in the long run even if the series changes:
    adaptive conformal inference [3]_.

    Parameters
    ----------
    estimator : estimator
        A regressor of skattn or of scikit-learn, a pipeline or search that ends in one,
        or a `SeedEnsemble`; wrapped in `sklearn.frozen.FrozenEstimator` if it is fitted
        already.

    coverage : float, default=0.9
        Probability that an interval holds the truth, between 0 and 1. Read by
        `conformalize`, so that another one needs no other fit.

    Attributes
    ----------
    coverage_ : float
        The coverage that the margins are for. After `conformalize`, as all but
        ``estimator_`` and what the estimator has.

    coverage_levels_ : float or ndarray
        Level of the scores that each margin is read at, in the form of one y:
        ``coverage_``, until `update` moves it.

    estimator_ : estimator
        The fitted clone.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X, if X was a data frame with string names.

    levels_ : tuple of float or None
        Levels of the two quantiles that are moved; None if the intervals come from
        residuals.

    margins_ : float or ndarray
        How far each edge is moved outwards, in units of y and in the form of one y.
        Negative where intervals become narrower.

    n_calibration_samples_ : int
        Samples that the margins were found on.

    n_features_in_ : int
        As the estimator has it.

    n_timesteps_in_ : int
        As the estimator has it.

    scores_ : ndarray of shape (n_samples, ...)
        How far the truth lay outside of its interval, in units of y, negative inside.
        After `update` those of the latest samples.

    See Also
    --------
    LSTMAttentionRegressor.predict_quantiles : The quantiles that are calibrated.

    Notes
    -----
    With ``n`` calibration samples the margin is the score of rank
    ``ceil((n + 1) * coverage)``. At least ``coverage / (1 - coverage)`` samples are
    needed for such a rank to be there: 9 for 0.9, 99 for 0.99.

    The methods are named as those of MAPIE 1, which takes neither 3-D X nor vectors y;
    there `predict_interval` returns the predictions too.

    References
    ----------
    .. [1] Y. Romano, E. Patterson and E. Candès (2019). Conformalized quantile
           regression. NeurIPS.

    .. [2] J. Lei, M. G'Sell, A. Rinaldo, R. Tibshirani and L. Wasserman (2018).
           Distribution-free predictive inference for regression. Journal of the
           American Statistical Association 113.

    .. [3] I. Gibbs and E. Candès (2021). Adaptive conformal inference under
           distribution shift. NeurIPS.

    Examples
    --------
    >>> from skattn import ConformalIntervals, LSTMAttentionRegressor
    >>> from skattn.datasets import make_marked_step
    >>> X, y, _ = make_marked_step(600, 8, random_state=0)
    >>> inner = LSTMAttentionRegressor(
    ...     loss="quantile", quantile=[0.1, 0.5, 0.9], hidden_size=8, random_state=0
    ... )
    >>> model = ConformalIntervals(inner, coverage=0.8).fit(X[:300], y[:300])
    >>> intervals = model.conformalize(X[300:400], y[300:400]).predict_interval(X[400:])
    >>> intervals.shape  # lower edge, upper edge
    (200, 2)
    >>> inside = (intervals[:, 0] <= y[400:]) & (y[400:] <= intervals[:, 1])
    >>> bool(abs(inside.mean() - 0.8) < 0.1)
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "coverage": [Interval(Real, 0, 1, closed="neither")],
    }

    def __init__(self, estimator: BaseEstimator, *, coverage: float = 0.9) -> None:
        self.estimator = estimator
        self.coverage = coverage

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: object, y: object, **fit_params: object) -> "ConformalIntervals":
        """Fit a clone of the estimator; what `conformalize` found is forgotten.

        Parameters
        ----------
        X : array-like or list
            In any form that the estimator takes.
        y : array-like
            In any form that the estimator takes.
        **fit_params
            Passed to the estimator's fit, such as ``sample_weight``; through metadata
            routing where that is enabled.

        Returns
        -------
        ConformalIntervals
            The estimator itself.
        """
        classifies = is_classifier(self.estimator)
        if classifies or hasattr(last_step(self.estimator), "predict_proba"):
            kind = "is a classifier" if classifies else "predicts numbers of steps"
            raise ValueError(
                f"estimator={self.estimator!r} {kind}; intervals need a regressor."
            )
        fitted = clone(self.estimator).fit(X, y, **self._route(fit_params))
        for name in CALIBRATED:
            self.__dict__.pop(name, None)
        self.estimator_ = fitted
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def conformalize(self, X: object, y: object) -> "ConformalIntervals":
        """Find the margins on samples that `fit` has not seen.

        Parameters
        ----------
        X : array-like or list
            In any form that the estimator takes.
        y : array-like
            The truth, in the form that y had in `fit`.

        Returns
        -------
        ConformalIntervals
            The estimator itself.

        Raises
        ------
        ValueError
            If there are too few samples for ``coverage``, or the estimator predicts
            several quantiles but not the two that ``coverage`` asks for.
        """
        levels = self._choose_levels()
        scores = self._measure_scores(X, y, levels)
        rank = _find_rank(len(scores), self.coverage)
        self.margins_ = np.partition(scores, rank - 1, axis=0)[rank - 1]
        self.levels_ = levels
        self.scores_ = scores
        self.n_calibration_samples_ = len(scores)
        self.coverage_ = float(self.coverage)
        self.coverage_levels_ = np.full(scores.shape[1:], self.coverage_)[()]
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def update(
        self, X: object, y: object, *, rate: float = 0.005
    ) -> "ConformalIntervals":
        """Move the margins by samples whose truth has come in since.

        After each sample, the level at which a margin is read rises by ``rate *
        coverage_`` where the truth was outside of its interval, and falls by ``rate *
        (1 - coverage_)`` where it was inside. The sample's score takes the place of
        the oldest one. The estimator stays as it is.

        Parameters
        ----------
        X : array-like or list
            Samples in order of time, the latest last, each given once.
        y : array-like
            The truth, in the form that y had in `fit`.
        rate : float, default=0.005
            How fast the levels move, from 0 to 1: 0 lets only the scores be replaced.
            A high rate follows changes sooner, and makes the widths jump more. The
            default is that of Gibbs and Candès (2021).

        Returns
        -------
        ConformalIntervals
            The estimator itself.

        Raises
        ------
        NotFittedError
            Before `conformalize`.

        Notes
        -----
        A sample is judged by the margin that the samples before it left, also those of
        the same call. Where a level is above the highest rank, Gibbs and Candès (2021)
        take an interval without end, and below the lowest one an empty interval. So
        does the level, which is lowered in the one case and raised in the other; the
        margin is the highest or the lowest score. Where this comes often, as with less
        than some dozens of samples or errors that only grow, the share may be missed.
        """
        self._check_calibrated()
        allowed = Interval(Real, 0, 1, closed="both")
        if isinstance(rate, bool) or not allowed.is_satisfied_by(rate):
            raise ValueError(f"rate={rate!r}; allowed is a number from 0 to 1.")
        new = self._measure_scores(X, y, self.levels_)
        n_kept, shape = len(self.scores_), np.shape(self.margins_)
        levels, margins = np.ravel(self.coverage_levels_), np.ravel(self.margins_)
        scores = np.concatenate([self.scores_, new])
        by_output = scores.reshape(len(scores), -1).T.copy()
        ranks = _rank(levels, n_kept)
        for i in range(len(new)):
            missed = (by_output[:, n_kept + i] > margins) | (ranks < 1)
            missed &= ranks <= n_kept
            levels = levels + rate * (missed - (1 - self.coverage_))
            kept = by_output[:, i + 1 : n_kept + i + 1]
            ranks = _rank(levels, n_kept)
            margins = _read_at(kept, ranks)
        self.scores_ = scores[len(new) :].copy()
        self.coverage_levels_ = levels.reshape(shape)[()]
        self.margins_ = margins.reshape(shape)[()]
        return self

    def predict(self, X: object) -> np.ndarray:
        """Predict as the estimator does: a mean, or the median of its quantiles.

        Parameters
        ----------
        X : array-like or list
            In any form that the estimator takes.

        Returns
        -------
        ndarray
            In the form that y had in `fit`.
        """
        return self._inner.predict(X)

    def predict_interval(self, X: object) -> np.ndarray:
        """Predict intervals.

        Parameters
        ----------
        X : array-like or list
            In any form that the estimator takes.

        Returns
        -------
        ndarray of shape (n_samples, 2), (n_samples, n_outputs, 2) or \
                (n_samples, horizon, n_targets, 2)
            Lower and upper edge, in units and float type of the predictions. Where an
            interval is narrowed by more than its width, both are its middle.

        Raises
        ------
        NotFittedError
            Before `conformalize`.
        """
        self._check_calibrated()
        edges = self._find_edges(X, self.levels_)
        kind = np.result_type(edges, np.float32)  # whole numbers become float64
        edges = edges.astype(np.float64)
        middle = edges.mean(axis=-1)
        low = np.minimum(edges[..., 0] - self.margins_, middle)
        high = np.maximum(edges[..., 1] + self.margins_, middle)
        return np.stack([low, high], axis=-1).astype(kind)

    @property
    def _inner(self) -> BaseEstimator:
        check_is_fitted(self)
        return self.estimator_

    def _check_calibrated(self) -> None:
        """Raise NotFittedError before `conformalize`."""
        check_is_fitted(self)
        check_is_fitted(
            self,
            "margins_",
            msg="This %(name)s instance is fitted, but not calibrated yet. Call "
            "'conformalize' on samples that 'fit' has not seen before using this "
            "estimator.",
        )

    def _measure_scores(
        self, X: object, y: object, levels: tuple[float, float] | None
    ) -> np.ndarray:
        """Return how far the truth lies outside of what is moved, sample by sample."""
        edges = self._find_edges(X, levels).astype(np.float64)
        shape = edges.shape[:-1]
        truth = Regression.read(y, len(edges)).astype(np.float64)
        if truth.shape == (*shape, 1):  # a column, as some regressors take it
            truth = truth[..., 0]
        if truth.shape != shape:
            raise ValueError(
                f"y has shape {truth.shape}, but predictions of X have {shape}."
            )
        scores: np.ndarray = np.maximum(edges[..., 0] - truth, truth - edges[..., 1])
        return scores

    def _choose_levels(self) -> tuple[float, float] | None:
        """Return the levels of the quantiles to use; None without several."""
        last = last_step(self._inner)
        known = getattr(last, "quantiles_", None)
        if hasattr(last, "regressor_") and hasattr(last, "transformer_"):
            _warn_of_lost_quantiles(last_step(last.regressor_))
        if known is None or len(known) == 1:
            return None
        wanted = ((1 - self.coverage) / 2, (1 + self.coverage) / 2)
        if not all(
            np.isclose(known, level, rtol=0, atol=1e-9).any() for level in wanted
        ):
            raise ValueError(
                f"coverage={self.coverage!r} needs the quantiles {wanted[0]:.6g} and "
                f"{wanted[1]:.6g}, but the estimator predicts {known.tolist()}. Fit it "
                "with these levels, or choose the coverage that lies between two of "
                "its own."
            )
        return wanted

    def _find_edges(self, X: object, levels: tuple[float, float] | None) -> np.ndarray:
        """Return what is moved: two quantiles, or twice the prediction."""
        if levels is None:
            prediction = self._inner.predict(X)
            return np.stack([prediction, prediction], axis=-1)
        known = last_step(self._inner).quantiles_
        columns = [int(np.abs(known - level).argmin()) for level in levels]
        quantiles = ask(self._inner, "predict_quantiles", X)
        return quantiles[..., columns]


def _warn_of_lost_quantiles(regressor: BaseEstimator) -> None:
    """Warn of quantiles whose target was transformed, which nothing turns back."""
    if len(getattr(regressor, "quantiles_", ())) > 1:
        warnings.warn(
            "The quantiles of the regressor in a TransformedTargetRegressor are not "
            "used, since it turns back predictions alone: all intervals have one "
            "width. Transform y before, and turn back what predict_interval returns.",
            UserWarning,
            stacklevel=4,
        )


def _rank(levels: np.ndarray, n_samples: int) -> np.ndarray:
    """Return the rank of the score at each level, from 1; others have no score."""
    ranks: np.ndarray = np.ceil((n_samples + 1) * levels - 1e-9).astype(int)
    return ranks


def _read_at(scores: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Return the score of each output at its own rank.

    Parameters
    ----------
    scores : ndarray of shape (n_outputs, n_samples)
        Of the latest samples.
    ranks : ndarray of int of shape (n_outputs,)
        From 1; below it the lowest score is read, above ``n_samples`` the highest one.

    Returns
    -------
    ndarray of shape (n_outputs,)
        The margins.
    """
    places = np.clip(ranks, 1, scores.shape[1]) - 1
    # Partitions of rows take a tenth of the time of one sort of all columns.
    return np.array(
        [np.partition(own, i)[i] for own, i in zip(scores, places, strict=True)]
    )


def _find_rank(n_samples: int, coverage: float) -> int:
    """Return the rank of the score that is the margin, from 1.

    Raises
    ------
    ValueError
        If there are too few samples.
    """
    rank = ceil((n_samples + 1) * coverage - 1e-9)  # less what rounding may add
    if rank > n_samples:
        least = ceil(coverage / (1 - coverage) - 1e-9)
        raise ValueError(
            f"{n_samples} calibration samples are too few for coverage={coverage!r}: "
            f"at least {least} are needed."
        )
    return rank
