"""Scores of forecasts with several targets."""

from collections.abc import Callable

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import get_scorer
from sklearn.utils.metadata_routing import MetadataRequest

__all__ = ["flat_scorer"]


def flat_scorer(scoring: str | Callable[..., float]) -> "FlatScorer":
    """Make a scorer for y of shape ``(n_samples, horizon, n_targets)``.

    scikit-learn's scores take y of one or two axes. This one lays horizon and targets
    side by side before, so that each output step of each target is an output of its
    own: errors are averaged over all of them, and so is R². Where targets have units of
    their own, errors add up what cannot be added; R² does not.

    Parameters
    ----------
    scoring : str or callable
        A name that scikit-learn knows, or a scorer.

    Returns
    -------
    FlatScorer
        A callable ``(estimator, X, y)``, for ``scoring`` of `cross_val_score`,
        `GridSearchCV` and the like. y of one or two axes is scored as it is.

    Raises
    ------
    ValueError
        If scikit-learn knows no such name.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import cross_val_score
    >>> from skattn import LSTMAttentionRegressor
    >>> from skattn.metrics import flat_scorer
    >>> from skattn.sequences import WindowSplit, make_windows
    >>> series = np.random.default_rng(0).normal(size=(200, 2))
    >>> X, y = make_windows(series, window=8, horizon=3)
    >>> y.shape
    (190, 3, 2)
    >>> model = LSTMAttentionRegressor(target_channels="all", max_epochs=2)
    >>> cross_val_score(
    ...     model, X, y, cv=WindowSplit(2, window=8, horizon=3),
    ...     scoring=flat_scorer("neg_mean_absolute_error"),
    ... ).shape
    (2,)
    """
    return FlatScorer(get_scorer(scoring))


class FlatScorer:
    """A scorer that lays the outputs of truth and prediction side by side."""

    def __init__(self, scorer: Callable[..., float]) -> None:
        self._scorer = scorer

    def __call__(
        self, estimator: object, X: object, y: object, **metadata: object
    ) -> float:
        """Return the score of an estimator's predictions of X."""
        return self._scorer(_Flat(estimator), X, _lay_flat(y), **metadata)

    def set_score_request(self, **requests: bool | str | None) -> "FlatScorer":
        """Return a scorer that asks for metadata, such as ``sample_weight``."""
        return FlatScorer(self._scorer.set_score_request(**requests))  # type: ignore[attr-defined]

    def get_metadata_routing(self) -> MetadataRequest:
        """Return what metadata the scorer inside asks for."""
        if hasattr(self._scorer, "get_metadata_routing"):
            return self._scorer.get_metadata_routing()
        return MetadataRequest(owner=type(self).__name__)

    def __repr__(self) -> str:
        return f"flat_scorer({self._scorer!r})"


class _Flat(RegressorMixin, BaseEstimator):
    """A fitted regressor whose predictions have two axes at most."""

    def __init__(self, estimator: object) -> None:
        self.estimator = estimator

    def predict(self, X: object) -> np.ndarray:
        return _lay_flat(self.estimator.predict(X))  # type: ignore[attr-defined]


def _lay_flat(y: object) -> np.ndarray:
    # (n, horizon, n_targets) -> (n, horizon * n_targets)
    array = np.asarray(y)
    return array.reshape(len(array), -1) if array.ndim > 2 else array
