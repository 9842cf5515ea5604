"""Attention LSTMs as estimators of sktime: classifier, regressor and forecaster.

Import this module by its name: it needs sktime, ``pip install 'skattn[sktime]'``.
"""

import warnings
from typing import TYPE_CHECKING

import numpy as np
from sklearn.base import BaseEstimator

from .._classifier import LSTMAttentionClassifier
from .._optional import lacks
from .._regressor import LSTMAttentionRegressor
from ..sequences import Sequences, from_aeon, make_windows, next_window
from ._inner import Adapter, copy_or_make, make_quick

try:
    import pandas as pd
    from sktime.classification.base import BaseClassifier
    from sktime.forecasting.base import BaseForecaster
    from sktime.regression.base import BaseRegressor
except ImportError as error:
    raise lacks("sktime", "sktime", "skattn.adapters.sktime") from error

if TYPE_CHECKING:
    from sktime.forecasting.base import ForecastingHorizon

__all__ = ["SktimeClassifier", "SktimeForecaster", "SktimeRegressor"]

Panel = np.ndarray | list[pd.DataFrame]

_TAGS = {
    "X_inner_mtype": ["df-list", "numpy3D"],
    "capability:multivariate": True,
    "capability:unequal_length": True,
    "capability:categorical_in_X": False,
    "python_dependencies": "torch",
    "property:randomness": "stochastic",
}


def _read(X: Panel) -> object:
    """Return series with their time steps first; those of frames are."""
    if isinstance(X, np.ndarray):
        return from_aeon(X)
    return from_aeon([np.asarray(frame).T for frame in X])


class SktimeClassifier(Adapter, BaseClassifier):
    """An attention LSTM as a classifier of sktime.

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
    skattn.LSTMAttentionClassifier : Without sktime.

    Notes
    -----
    X is a panel in any form of sktime, of one or several channels, and of one length or
    several.

    Examples
    --------
    >>> from sktime.datasets import load_unit_test
    >>> from skattn import LSTMAttentionClassifier
    >>> from skattn.adapters.sktime import SktimeClassifier
    >>> X, y = load_unit_test(split="train")
    >>> inner = LSTMAttentionClassifier(max_epochs=2, random_state=0)
    >>> SktimeClassifier(inner).fit(X, y).predict(X).shape
    (20,)
    """

    _tags = _TAGS | {"capability:predict_proba": True}

    _default = LSTMAttentionClassifier
    _read = staticmethod(_read)

    def _predict_proba(self, X: Panel) -> np.ndarray:
        return self.estimator_.predict_proba(self._read(X))

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, object]]:
        """Return parameters for sktime's own tests."""
        scores = ("additive", "dot")
        inner = [
            make_quick(LSTMAttentionClassifier, attention=score) for score in scores
        ]
        return [{"estimator": estimator} for estimator in inner]


class SktimeRegressor(Adapter, BaseRegressor):
    """An attention LSTM as a regressor of sktime.

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
    skattn.LSTMAttentionRegressor : Without sktime.

    Notes
    -----
    X is as for `SktimeClassifier`.

    Examples
    --------
    >>> from sktime.datasets import load_unit_test
    >>> from skattn import LSTMAttentionRegressor
    >>> from skattn.adapters.sktime import SktimeRegressor
    >>> X, y = load_unit_test(split="train")
    >>> inner = LSTMAttentionRegressor(max_epochs=2, random_state=0)
    >>> SktimeRegressor(inner).fit(X, y.astype(float)).predict(X).shape
    (20,)
    """

    _tags = _TAGS

    _default = LSTMAttentionRegressor
    _read = staticmethod(_read)

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, object]]:
        """Return parameters for sktime's own tests."""
        scores = ("additive", "dot")
        inner = [
            make_quick(LSTMAttentionRegressor, attention=score) for score in scores
        ]
        return [{"estimator": estimator} for estimator in inner]


def _join(y: pd.DataFrame, X: pd.DataFrame | None) -> np.ndarray:
    """Return y and what goes with it, as the channels of one series."""
    columns = [np.asarray(y, dtype=float)]
    if X is not None:
        columns.append(np.asarray(X.loc[y.index], dtype=float))
    return np.concatenate(columns, axis=1)


def _look_ahead(X: pd.DataFrame, index: pd.Index) -> np.ndarray:
    """Return what is known at the steps of the horizon, with an axis of samples."""
    missing = index.difference(X.index)
    if len(missing):
        raise ValueError(
            "X must have a row for each step of the forecasting horizon. Missing: "
            f"{', '.join(map(str, missing))}."
        )
    return np.asarray(X.loc[index], dtype=float)[None]


class SktimeForecaster(BaseForecaster):
    """An attention LSTM as a forecaster of sktime.

    The series is cut into windows, and one network forecasts all steps of the
    forecasting horizon at once.

    Parameters
    ----------
    estimator : LSTMAttentionRegressor or pipeline, default=None
        What is fitted; None for ``LSTMAttentionRegressor()`` with ``target_channels``
        for the channels of ``y``. Its own parameters are set as
        ``estimator__hidden_size`` and so on.
    window_length : int, default=24
        Steps of history that each forecast reads. A series that is too short for 2 such
        windows and the horizon has shorter ones, with a warning.

    Attributes
    ----------
    estimator_ : estimator
        The fitted one, which has ``attention_weights_``, ``fit_summary_`` and so on.
    window_length_ : int
        Steps of history that a forecast reads.

    See Also
    --------
    skattn.sequences.make_windows : Cuts windows without sktime.

    Notes
    -----
    The columns of sktime's X are read as known ahead: their past among the channels of
    the window, their values at the steps of the horizon as ``future``. All rows of the
    horizon must be in the X of ``predict``.

    ``update`` moves the end of the history, and with ``update_params=True`` goes on
    with ``partial_fit`` where the new rows fill a horizon. A horizon of dates cannot be
    predicted after it, as its steps are then other ones than those learned.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skattn import LSTMAttentionRegressor
    >>> from skattn.adapters.sktime import SktimeForecaster
    >>> inner = LSTMAttentionRegressor(target_channels=0, random_state=0)
    >>> forecaster = SktimeForecaster(inner, window_length=36)
    >>> forecaster.fit(load_airline(), fh=[1, 2, 3]).predict().index.astype(str)
    Index(['1961-01', '1961-02', '1961-03'], dtype='str')
    """

    _tags = {  # noqa: RUF012  (as sktime has them)
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:insample": False,
        "capability:pred_int": False,
        "capability:categorical_in_X": False,
        "capability:non_contiguous_X": True,
        "capability:update": True,
        "y_inner_mtype": "pd.DataFrame",
        "X_inner_mtype": "pd.DataFrame",
        "requires-fh-in-fit": True,
        "python_dependencies": "torch",
        "property:randomness": "stochastic",
    }

    def __init__(
        self, estimator: BaseEstimator | None = None, window_length: int = 24
    ) -> None:
        self.estimator = estimator
        self.window_length = window_length
        super().__init__()

    def _fit(
        self,
        y: pd.DataFrame,
        X: pd.DataFrame | None,
        fh: "ForecastingHorizon",
    ) -> "SktimeForecaster":
        self._ahead = self._count_ahead(fh)
        self._columns = y.columns
        self.window_length_ = self._fit_window(len(y))
        series = _join(y, X)
        self._recent = series[-self.window_length_ :]
        self.estimator_ = self._make_inner().fit(*self._cut(series))
        return self

    def _update(
        self, y: pd.DataFrame, X: pd.DataFrame | None, update_params: bool = True
    ) -> "SktimeForecaster":
        new = _join(y, X)
        series = np.concatenate([self._recent, new])
        self._recent = series[-self.window_length_ :]
        enough = len(new) > self._ahead.max()
        if update_params and enough and hasattr(self.estimator_, "partial_fit"):
            self.estimator_.partial_fit(*self._cut(series))
        return self

    def _predict(
        self, fh: "ForecastingHorizon", X: pd.DataFrame | None
    ) -> pd.DataFrame:
        ahead = self._count_ahead(fh)
        if not np.array_equal(ahead, self._ahead):
            raise ValueError(
                f"fh asks for the steps {[*map(int, ahead + 1)]} after the last of y, "
                f"but fit learned the steps {[*map(int, self._ahead + 1)]}: dates come "
                "nearer with update. Allowed is a relative horizon; or fit again."
            )
        window: Sequences | np.ndarray = next_window(self._recent, self.window_length_)
        index = fh.to_absolute_index(self.cutoff)
        if X is not None:
            window = Sequences(window, future=_look_ahead(X, index))
        values = self.estimator_.predict(window)
        return pd.DataFrame(
            values.reshape(len(index), -1), index=index, columns=self._columns
        )

    def _count_ahead(self, fh: "ForecastingHorizon") -> np.ndarray:
        """Return the steps of a horizon, from 0 for the one after the last of y."""
        return np.asarray(fh.to_relative(self.cutoff), dtype=int) - 1

    def _cut(self, series: np.ndarray) -> tuple[Sequences | np.ndarray, np.ndarray]:
        """Return windows of a series, and its values at the steps of the horizon."""
        n_targets, n_channels = len(self._columns), series.shape[1]
        known = [*range(n_targets, n_channels)]
        windows, targets = make_windows(
            series,
            self.window_length_,
            int(self._ahead.max()) + 1,
            target_channels=[*range(n_targets)],
            future_channels=known or None,
        )
        if known:
            future = windows.future[:, self._ahead]
            windows = Sequences(windows.steps, future=future)
        targets = targets.reshape(len(targets), -1, n_targets)[:, self._ahead]
        return windows, targets[..., 0] if n_targets == 1 else targets

    def _fit_window(self, n_times: int) -> int:
        """Return the length of the windows, shorter where the series is short."""
        horizon = int(self._ahead.max()) + 1
        longest = n_times - horizon - 1  # at least 2 windows to learn from
        if longest < 1:
            raise ValueError(
                f"y has {n_times} steps; a horizon of {horizon} needs at least "
                f"{horizon + 2}."
            )
        if longest < self.window_length:
            warnings.warn(
                f"window_length={self.window_length} is too long for y of {n_times} "
                f"steps and a horizon of {horizon}: windows have {longest} steps.",
                stacklevel=4,
            )
        return min(self.window_length, longest)

    def _make_inner(self) -> BaseEstimator:
        """Return what is fitted, told that y continues the first channels."""
        if self.estimator is not None:
            return copy_or_make(self.estimator, LSTMAttentionRegressor)
        n_targets = len(self._columns)
        channels = 0 if n_targets == 1 else [*range(n_targets)]
        return LSTMAttentionRegressor(target_channels=channels)

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, object]]:
        """Return parameters for sktime's own tests."""
        unscaled = make_quick(LSTMAttentionRegressor, scale_inputs=False)
        return [
            {"estimator": make_quick(LSTMAttentionRegressor), "window_length": 3},
            {"estimator": unscaled, "window_length": 5},
        ]
