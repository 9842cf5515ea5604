"""What the adapters share."""

from collections.abc import Callable
from typing import ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

SKIPPED = (None, "passthrough")  # steps of pipelines that do nothing


class Adapter:
    """What the classifiers and regressors of other toolkits do alike.

    A subclass has ``_default``, the class that is fitted where none is given, and
    ``_read``, which returns series as skattn reads them.
    """

    _default: ClassVar[type[BaseEstimator]]
    _read: Callable[..., object]
    set_tags: Callable[..., object]  # that of the toolkit

    def __init__(self, estimator: BaseEstimator | None = None) -> None:
        self.estimator = estimator
        super().__init__()
        # The toolkits begin each fit with this method: the tag is never out of date.
        inner = self._default() if estimator is None else estimator
        self.set_tags(**{"capability:missing_values": allows_missing(inner)})

    def _fit(self, X: object, y: np.ndarray) -> Self:
        inner = copy_or_make(self.estimator, self._default)
        self.estimator_ = inner.fit(self._read(X), y)
        return self

    def _predict(self, X: object) -> np.ndarray:
        return self.estimator_.predict(self._read(X))


def copy_or_make(
    estimator: BaseEstimator | None, default: type[BaseEstimator]
) -> BaseEstimator:
    """Return an unfitted copy of an estimator, or one with the default parameters.

    Parameters
    ----------
    estimator : estimator or None
        What the user gave.
    default : class
        For None.

    Returns
    -------
    estimator
        Not fitted.
    """
    return default() if estimator is None else clone(estimator)


def allows_missing(estimator: object) -> bool:
    """Return whether NaN may be among what an estimator is given.

    Parameters
    ----------
    estimator : estimator or pipeline
        Of a pipeline the first step is asked, which may fill in what is missing.

    Returns
    -------
    bool
        False for what is no estimator: constructors leave it to ``fit`` to refuse it.
    """
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if step not in SKIPPED]
        return bool(steps) and allows_missing(steps[0])
    if not isinstance(estimator, BaseEstimator):
        return False
    return bool(get_tags(estimator).input_tags.allow_nan)


def make_quick(kind: type[BaseEstimator], **settings: object) -> BaseEstimator:
    """Return an estimator for other toolkits' tests, which do not ask if it learns.

    Parameters
    ----------
    kind : class
        Of the estimator.
    **settings
        Further parameters.

    Returns
    -------
    estimator
        Not fitted.
    """
    return kind(hidden_size=4, max_epochs=2, random_state=0, **settings)
