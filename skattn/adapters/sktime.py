"""Attention LSTMs as estimators of sktime: classifier, regressor and forecaster.

Import this module by its name: it needs sktime, ``pip install 'skattn[sktime]'``.
"""

import warnings
from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.base import BaseEstimator

from .._base import all_or_nothing
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

    # It needs pandas, which comes with sktime.
    from ._frames import find_step, merge_rows, take_columns, take_rows
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


class _PanelAdapter(Adapter):
    """What reads panels of sktime: channels by name, where they have names."""

    def _fit(self, X: object, y: np.ndarray) -> Self:
        self._channels = X[0].columns if isinstance(X, list) else None
        return super()._fit(X, y)

    def _read(self, X: Panel) -> object:
        """Return series with their time steps first; those of frames are."""
        if isinstance(X, np.ndarray):
            return from_aeon(X)
        channels = X[0].columns if self._channels is None else self._channels
        frames = [take_columns(x, channels, f"X[{i}]") for i, x in enumerate(X)]
        return from_aeon([np.asarray(frame).T for frame in frames])


class SktimeClassifier(_PanelAdapter, BaseClassifier):
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
    several. Where channels have names, they are taken by name after ``fit``, in any
    order. NaN is allowed where ``estimator``, or the first step of a pipeline, allows
    it: ``LSTMAttentionClassifier(missing="mask")``.

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


class SktimeRegressor(_PanelAdapter, BaseRegressor):
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

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, object]]:
        """Return parameters for sktime's own tests."""
        scores = ("additive", "dot")
        inner = [
            make_quick(LSTMAttentionRegressor, attention=score) for score in scores
        ]
        return [{"estimator": estimator} for estimator in inner]


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

    After ``fit``, the columns of y and X are taken by their names, in any order.

    ``update`` moves the end of the history to the last row of its y. Rows that are
    known already are replaced, and a gap is refused. With ``update_params=True`` it
    goes on with ``partial_fit`` as soon as new rows fill a horizon, and learns each row
    once. All rows are kept, since sktime may move the end back again. A horizon of
    dates cannot be predicted after ``update``, as its steps are then other ones than
    those learned.

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
        self._known_columns = None if X is None else X.columns
        self.window_length_ = self._fit_window(len(y))
        self._step = find_step(y.index)
        self._history = self._join(y, X)
        self._learned = y.index[-1]
        inner = self._make_inner()
        self.estimator_ = inner.fit(*self._cut(self._history.to_numpy()))
        return self

    def update(
        self, y: object, X: object = None, update_params: bool = True
    ) -> "SktimeForecaster":
        """Move the end of the history, and learn from the new rows.

        Parameters
        ----------
        y : series in a form of sktime
            Rows that go on from the known ones without a gap. Those that are known
            already are replaced. The rows of an array have no times, and are all new.
        X : frame in a form of sktime, default=None
            What is known ahead, with a row for each of y; needed if ``fit`` had it.
        update_params : bool, default=True
            Whether to go on with ``partial_fit``.

        Returns
        -------
        SktimeForecaster
            Itself. A call that fails leaves it as it was.
        """
        with all_or_nothing(self):
            return super().update(y, X=X, update_params=update_params)

    def _update(
        self, y: pd.DataFrame, X: pd.DataFrame | None, update_params: bool = True
    ) -> "SktimeForecaster":
        new = self._join(y, X)
        known = self._history.index
        if self._y_mtype_last_seen == "np.ndarray" and known.inferred_type == "integer":
            # sktime counts each array from 0 again.
            new.index = pd.RangeIndex(known[-1] + 1, known[-1] + 1 + len(new))
            self._set_cutoff(new.index[-1:])
        self._history = merge_rows(self._history, new, self._step)
        self._take_window()  # refuses an end that nothing can be forecast from
        if update_params and hasattr(self.estimator_, "partial_fit"):
            self._learn_on()
        return self

    def _learn_on(self) -> None:
        """Train on windows whose targets all are new; too few are kept for later."""
        n_new = int((self._history.index > self._learned).sum())
        if n_new > self._ahead.max():
            series = self._history[-self.window_length_ - n_new :].to_numpy()
            self.estimator_.partial_fit(*self._cut(series))
            self._learned = self._history.index[-1]

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
        index = fh.to_absolute_index(self.cutoff)
        known = self._take_known(X, index)
        window: Sequences | np.ndarray = self._take_window()
        if known is not None:
            window = Sequences(window, future=known[None])
        values = self.estimator_.predict(window)
        return pd.DataFrame(
            values.reshape(len(index), -1), index=index, columns=self._columns
        )

    def _join(self, y: pd.DataFrame, X: pd.DataFrame | None) -> pd.DataFrame:
        """Return y and what is known ahead, as the channels of one series."""
        parts = [np.asarray(take_columns(y, self._columns, "y"), dtype=float)]
        known = self._take_known(X, y.index)
        if known is not None:
            parts.append(known)
        return pd.DataFrame(np.concatenate(parts, axis=1), index=y.index)

    def _take_known(self, X: pd.DataFrame | None, index: pd.Index) -> np.ndarray | None:
        """Return what is known ahead at some times, with the columns of fit."""
        columns = self._known_columns
        if columns is None:
            if X is None:
                return None
            raise ValueError(
                f"X has the columns {[*X.columns]}, but fit had no X; allowed is "
                "X=None, or fit again with X."
            )
        if X is None:
            raise ValueError(
                f"X is None, but fit had X with the columns {[*columns]}; update and "
                "predict need X with the same columns."
            )
        X = take_columns(X, columns, "X")
        return np.asarray(take_rows(X, index), dtype=float)

    def _take_window(self) -> np.ndarray:
        """Return what a forecast reads: the rows up to the cutoff of sktime."""
        end = self.cutoff[0]
        rows = self._history[self._history.index <= end]
        if len(rows) < self.window_length_:
            raise ValueError(
                f"y ends at {end}, and {len(rows)} rows up to there are known, but a "
                f"forecast reads {self.window_length_}. Allowed is y that ends later, "
                "or begins earlier."
            )
        return next_window(rows.to_numpy(), self.window_length_)

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
