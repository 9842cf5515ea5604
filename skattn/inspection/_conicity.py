"""Conicity of a fitted estimator's states."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted


def conicity(estimator: Any, X: Any) -> np.ndarray:
    """Measure how much the states of each sequence point the same way.

    It is the mean cosine of the states with their mean. Near 1 the states hardly
    differ, so that any weights give nearly the same context: attention weights then
    say little.

    Parameters
    ----------
    estimator : LSTMAttentionRegressor
        Fitted.
    X : array-like or Tensor
        Sequences in any form that its ``fit`` takes.

    Returns
    -------
    ndarray of shape (n_samples,) or (n_samples, n_targets)
        Between -1 and 1; the latter with ``channel_independent``.

    References
    ----------
    A. Mohankumar, P. Nema, S. Narasimhan, M. Khapra, B. Srinivasan and B. Ravindran
    (2020). Towards transparent and explainable attention models. ACL.

    Examples
    --------
    >>> from skattn import LSTMAttentionRegressor
    >>> from skattn.datasets import make_find_max
    >>> from skattn.inspection import conicity
    >>> X, y, _ = make_find_max(200, random_state=0)
    >>> model = LSTMAttentionRegressor(max_epochs=2, random_state=0).fit(X, y)
    >>> conicity(model, X).shape
    (200,)
    """
    check_is_fitted(estimator)
    return estimator._probe.measure_conicity(X)
