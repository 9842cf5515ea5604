"""What meta-estimators ask of the estimator at the end of pipelines and searches."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline


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
    best = getattr(estimator, "best_estimator_", None)
    return estimator if best is None else last_step(best)


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
    best = getattr(estimator, "best_estimator_", None)
    if best is not None:
        return ask(best, method, X, **options)
    answer: np.ndarray = getattr(estimator, method)(X, **options)
    return answer
