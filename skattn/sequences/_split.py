"""Cross-validation for windows that overlap."""

from collections.abc import Iterator
from numbers import Integral

import numpy as np
from sklearn.model_selection import BaseCrossValidator, TimeSeriesSplit


class WindowSplit(BaseCrossValidator):
    """Split windows of a series in time, so that no observation is on both sides.

    Windows that overlap share observations, so that neighbours across a plain split
    leak what is to be predicted. As in `TimeSeriesSplit` each split trains on earlier
    windows and tests on later ones; between them as many windows are left out as share
    an observation with both sides.

    Parameters
    ----------
    n_splits : int, default=5
        Number of splits, at least 2.

    window : int
        Steps of history in each sample, as given to `make_windows`.

    horizon : int, default=1
        Steps to predict after each window.

    stride : int, default=1
        Steps from the start of one window to the start of the next.

    test_size : int, default=None
        Windows in each test part; None for ``n_samples // (n_splits + 1)``.

    max_train_size : int, default=None
        Most windows in a training part, the latest ones; None for all.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn.sequences import WindowSplit, make_windows
    >>> X, y = make_windows(np.arange(20.0), window=3, horizon=2)
    >>> for train, test in WindowSplit(2, window=3, horizon=2).split(X):
    ...     print(train.max(), test.min())
    1 6
    6 11
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        window: int,
        horizon: int = 1,
        stride: int = 1,
        test_size: int | None = None,
        max_train_size: int | None = None,
    ) -> None:
        self.n_splits = n_splits
        self.window = window
        self.horizon = horizon
        self.stride = stride
        self.test_size = test_size
        self.max_train_size = max_train_size

    def split(
        self, X: object, y: object = None, groups: object = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the indices of each split.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Windows in the order of time.
        y, groups : Ignored
            Not used; here for consistency.

        Yields
        ------
        train, test : ndarray of int
            Indices, ascending.

        Raises
        ------
        ValueError
            If there are too few windows for the splits and gaps, or a parameter is no
            positive whole number.
        """
        for name in ("window", "horizon", "stride"):
            size = getattr(self, name)
            if not isinstance(size, Integral) or size < 1:
                raise ValueError(
                    f"{name}={size!r} must be a whole number of at least 1."
                )
        # Windows i < j share nothing if (j - i) * stride >= window + horizon.
        gap = -(-(self.window + self.horizon) // self.stride) - 1
        splitter = TimeSeriesSplit(
            self.n_splits,
            gap=gap,
            test_size=self.test_size,
            max_train_size=self.max_train_size,
        )
        yield from splitter.split(X)

    def get_n_splits(
        self, X: object = None, y: object = None, groups: object = None
    ) -> int:
        """Return the number of splits.

        Parameters
        ----------
        X, y, groups : Ignored
            Not used; here for consistency.

        Returns
        -------
        int
            ``n_splits``.
        """
        return self.n_splits
