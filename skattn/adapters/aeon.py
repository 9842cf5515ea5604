"""Attention LSTMs as estimators of aeon, which keeps channels before time steps.

Import this module by its name: it needs aeon, ``pip install 'skattn[aeon]'``.
"""

import numpy as np
from sklearn.base import BaseEstimator

from .._classifier import LSTMAttentionClassifier
from .._optional import lacks
from .._regressor import LSTMAttentionRegressor
from ..sequences import from_aeon
from ._inner import Adapter, make_quick

try:
    from aeon.classification import BaseClassifier
    from aeon.regression import BaseRegressor
except ImportError as error:
    raise lacks("aeon", "aeon", "skattn.adapters.aeon") from error

__all__ = ["AeonClassifier", "AeonRegressor"]

Collection = np.ndarray | list[np.ndarray]

_TAGS = {
    "capability:multivariate": True,
    "capability:unequal_length": True,
    "X_inner_type": ["np-list", "numpy3D"],
    "algorithm_type": "deeplearning",
    "python_dependencies": "torch",
}


class AeonClassifier(Adapter, BaseClassifier):
    """An attention LSTM as a classifier of aeon.

    Parameters
    ----------
    estimator : LSTMAttentionClassifier or pipeline, default=None
        What is fitted; None for ``LSTMAttentionClassifier()``. Its own parameters are
        set as ``estimator__hidden_size`` and so on.

    Attributes
    ----------
    estimator_ : estimator
        The fitted one, which has ``attention_weights_``, ``fit_summary_`` and so on.
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.

    See Also
    --------
    skattn.LSTMAttentionClassifier : Without aeon.

    Notes
    -----
    X has shape ``(n_cases, n_channels, n_timepoints)``, or is a list of arrays of shape
    ``(n_channels, n_timepoints)`` whose lengths may differ. NaN is allowed where
    ``estimator``, or the first step of a pipeline, allows it:
    ``LSTMAttentionClassifier(missing="mask")``. Methods that aeon has no name for, such
    as ``predict_attention``, are those of ``estimator_`` and take the time steps first.
    """

    _tags = _TAGS

    _default = LSTMAttentionClassifier
    _read = staticmethod(from_aeon)

    def _predict_proba(self, X: Collection) -> np.ndarray:
        return self.estimator_.predict_proba(self._read(X))

    @classmethod
    def _get_test_params(
        cls, parameter_set: str = "default"
    ) -> dict[str, BaseEstimator]:
        """Return parameters for aeon's own tests."""
        return {"estimator": make_quick(LSTMAttentionClassifier)}


class AeonRegressor(Adapter, BaseRegressor):
    """An attention LSTM as a regressor of aeon.

    Parameters
    ----------
    estimator : LSTMAttentionRegressor or pipeline, default=None
        What is fitted; None for ``LSTMAttentionRegressor()``. Its own parameters are
        set as ``estimator__hidden_size`` and so on.

    Attributes
    ----------
    estimator_ : estimator
        The fitted one, which has ``attention_weights_``, ``fit_summary_`` and so on.

    See Also
    --------
    skattn.LSTMAttentionRegressor : Without aeon.

    Notes
    -----
    X is as for `AeonClassifier`.
    """

    _tags = _TAGS

    _default = LSTMAttentionRegressor
    _read = staticmethod(from_aeon)

    @classmethod
    def _get_test_params(
        cls, parameter_set: str = "default"
    ) -> dict[str, BaseEstimator]:
        """Return parameters for aeon's own tests."""
        return {"estimator": make_quick(LSTMAttentionRegressor)}
