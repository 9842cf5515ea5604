"""Scaling within regimes: the same sensor at sea level and at altitude."""

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted, validate_data

from .._random import make_random


class RegimeScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Standardise columns within each regime of operation.

    Machines that run under several conditions have sensors whose level jumps with the
    condition, and hides what slowly changes. Rows are put into regimes by k-means on
    the columns that tell the condition; every other column loses its regime's mean and
    is divided by its regime's standard deviation. For sequences,
    `~skattn.sequences.OverTime` applies it to each time step.

    Parameters
    ----------
    columns : sequence of int or of str
        The columns that tell the regime, by number or, in a frame, by name. They are
        standardised over all rows.
    n_regimes : int, default=6
        Number of regimes, at most: there are no more than distinct conditions.
    random_state : int, RandomState instance or None, default=None
        Source of the starting points of k-means.

    Attributes
    ----------
    kmeans_ : sklearn.cluster.KMeans
        What tells the regime of a row.

    mean_, scale_ : ndarray of shape (n_clusters, n_features)
        Mean and standard deviation of each column in each regime; those of a column
        that does not vary in a regime are its mean and 1.

    n_features_in_ : int
        Columns of X.

    feature_names_in_ : ndarray of str
        Names of the columns of X, if it was a frame with string names.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn.sequences import OverTime, RegimeScaler
    >>> rng = np.random.default_rng(0)
    >>> altitude = rng.integers(2, size=(50, 20)) * 10.0
    >>> wear = np.linspace(0, 1, 20)
    >>> X = np.stack([altitude, 100 * altitude + wear], axis=2)  # engines, flights
    >>> scaler = OverTime(RegimeScaler([0], n_regimes=2, random_state=0))
    >>> flights = scaler.fit_transform(X)[:, :, 1]
    >>> bool(np.corrcoef(flights[0], wear)[0, 1] > 0.99)
    True
    """

    def __init__(
        self,
        columns: Any,
        *,
        n_regimes: int = 6,
        random_state: object = None,
    ) -> None:
        self.columns = columns
        self.n_regimes = n_regimes
        self.random_state = random_state

    def fit(self, X: object, y: object = None) -> "RegimeScaler":
        """Find the regimes, and measure each column within each.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Rows, such as time steps.
        y : None
            Ignored.

        Returns
        -------
        RegimeScaler
            The transformer itself.

        Raises
        ------
        ValueError
            If ``columns`` names no column of X, or there are fewer rows than regimes.
        """
        rows = validate_data(self, X, dtype=np.float64)
        interval = Interval(Integral, 1, None, closed="left")
        if isinstance(self.n_regimes, bool) or not interval.is_satisfied_by(
            self.n_regimes
        ):
            raise ValueError(
                f"n_regimes={self.n_regimes!r} must be a whole number of at least 1."
            )
        if len(rows) < self.n_regimes:
            raise ValueError(
                f"X has {len(rows)} rows, fewer than n_regimes={self.n_regimes}."
            )
        self._columns = self._find_columns(rows.shape[1])
        told = rows[:, self._columns]
        self._told_mean, self._told_scale = told.mean(0), _measure_scale(told)
        # Here, since few need it: it takes as long to import as all of skattn.
        from sklearn.cluster import KMeans

        seed = self.random_state
        if seed is None:  # KMeans would draw from NumPy's global state
            seed = int(make_random(None).randint(2**31 - 1))
        conditions = (told - self._told_mean) / self._told_scale
        n_regimes = min(self.n_regimes, len(np.unique(conditions, axis=0)))
        self.kmeans_ = KMeans(n_regimes, n_init=10, random_state=seed).fit(conditions)
        regimes = self.kmeans_.labels_
        self.mean_ = np.empty((n_regimes, rows.shape[1]))
        self.scale_ = np.empty_like(self.mean_)
        for regime in range(n_regimes):
            own = rows[regimes == regime]
            self.mean_[regime] = own.mean(0)
            self.scale_[regime] = _measure_scale(own)
        self.mean_[:, self._columns] = self._told_mean
        self.scale_[:, self._columns] = self._told_scale
        return self

    def transform(self, X: object) -> np.ndarray:
        """Return rows, each scaled as its regime.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_rows, n_features)
            Float64.
        """
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        told = (rows[:, self._columns] - self._told_mean) / self._told_scale
        regimes = self.kmeans_.predict(told)
        return (rows - self.mean_[regimes]) / self.scale_[regimes]

    def _find_columns(self, n_features: int) -> list[int]:
        """Return ``columns`` as numbers from 0."""
        names = [*getattr(self, "feature_names_in_", [])]
        single = np.ndim(self.columns) == 0
        asked: list[Any] = [self.columns] if single else [*self.columns]
        found = [names.index(c) if c in names else c for c in asked]
        for column in found:
            integer = isinstance(column, Integral) and not isinstance(column, bool)
            if not integer or not -n_features <= column < n_features:
                also = f", or the names {names}" if names else ""
                raise ValueError(
                    f"columns={self.columns!r} names {column!r}; allowed are whole "
                    f"numbers from {-n_features} to {n_features - 1}{also}."
                )
        if not found:
            raise ValueError("columns=[] must name at least one column.")
        return [int(column) % n_features for column in found]


def _measure_scale(rows: np.ndarray) -> np.ndarray:
    """Return the deviation of each column, 1 where it is no more than rounding."""
    deviation = rows.std(0)
    varies = deviation > 1e-12 * np.abs(rows).max(0)
    return np.where(varies, deviation, 1.0)
