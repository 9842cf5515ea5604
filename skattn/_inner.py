"""What meta-estimators share, and ask of the estimator at the end of pipelines."""

from abc import abstractmethod
from copy import deepcopy

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, MetaEstimatorMixin, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import accuracy_score
from sklearn.pipeline import Pipeline
from sklearn.utils import Tags, get_tags
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)

from .targets import r_squared


def last_step(estimator: BaseEstimator) -> BaseEstimator:
    """Return the estimator at the end of pipelines, and the best one of searches.

    Parameters
    ----------
    estimator : estimator
        A search has a best one once it is fitted.

    Returns
    -------
    estimator
        Which has the methods that pipelines and searches do not pass on.
    """
    if isinstance(estimator, Pipeline):
        return last_step(estimator.steps[-1][1])
    inner = _open(estimator)
    return estimator if inner is None else last_step(inner)


def ask(
    estimator: BaseEstimator, method: str, X: object, **options: object
) -> np.ndarray:
    """Call a method of the last step with X as the steps before it leave it.

    Pipelines and searches pass on scikit-learn's own methods alone.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    method : str
        Of `last_step`; takes X first.
    X : array-like or list
        In the form that ``estimator`` takes.
    **options
        For the method.

    Returns
    -------
    ndarray or list of ndarray
        What the method returned.
    """
    if isinstance(estimator, Pipeline):
        for _, step in estimator.steps[:-1]:
            if step is not None and step != "passthrough":
                X = step.transform(X)
        return ask(estimator.steps[-1][1], method, X, **options)
    inner = _open(estimator)
    if inner is not None:
        return ask(inner, method, X, **options)
    answer: np.ndarray = getattr(estimator, method)(X, **options)
    return answer


def _open(estimator: BaseEstimator) -> BaseEstimator | None:
    """Return what stands in a search, or in ice."""
    if isinstance(estimator, FrozenEstimator):
        return estimator.estimator
    return getattr(estimator, "best_estimator_", None)


class MetaEstimator(MetaEstimatorMixin, BaseEstimator):
    """An estimator around one of skattn's, or around a pipeline that ends in one."""

    estimator: BaseEstimator

    @property
    @abstractmethod
    def _inner(self) -> BaseEstimator:
        """A fitted clone of the estimator, or NotFittedError."""

    @abstractmethod
    def predict(self, X: object) -> np.ndarray:
        """Return predictions."""

    def _route(self, fit_params: dict[str, object]) -> dict[str, object]:
        """Return what of the parameters of `fit` goes to the estimator's."""
        if not get_config()["enable_metadata_routing"]:
            return fit_params
        routed: dict[str, object] = process_routing(
            self, "fit", **fit_params
        ).estimator.fit
        return routed

    def score(self, X: object, y: object, sample_weight: object = None) -> float:
        """Return the accuracy of a classifier, or R² of a regressor.

        R² is the mean over all outputs (horizon and targets laid side by side).

        Parameters
        ----------
        X : array-like or list
            In any form that the estimator takes.
        y : array-like
            True labels or values.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample.

        Returns
        -------
        float
            1 at best.
        """
        prediction = self.predict(X)
        if is_classifier(self):
            return float(accuracy_score(y, prediction, sample_weight=sample_weight))
        return r_squared(y, prediction, sample_weight)

    @property
    def n_features_in_(self) -> int:
        """As the estimator inside has it."""
        return self._inner.n_features_in_

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the columns of X, if X was a data frame with string names."""
        return self._inner.feature_names_in_

    @property
    def n_timesteps_in_(self) -> int:
        """As the estimator inside has it."""
        return last_step(self._inner).n_timesteps_in_

    def get_metadata_routing(self) -> MetadataRouter:
        """Return how metadata reach the estimator: those of `fit` go to its `fit`.

        Returns
        -------
        MetadataRouter
            As scikit-learn's meta-estimators have it.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=type(self).__name__).add_self_request(self)
        return router.add(estimator=self.estimator, method_mapping=mapping)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        for name in (
            "estimator_type",
            "input_tags",
            "target_tags",
            "classifier_tags",
            "regressor_tags",
        ):
            setattr(tags, name, deepcopy(getattr(inner, name)))
        return tags
