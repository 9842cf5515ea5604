"""What the adapters share."""

from sklearn.base import BaseEstimator, clone


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
