"""Splits by time, for windows that overlap and for several series."""

from collections.abc import Iterator, Mapping
from numbers import Integral
from typing import ClassVar, TypeGuard

import numpy as np
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils.validation import _num_samples

from ._parts import Part

# What an index of windows holds; see make_windows.
_TIMES = ("first", "target", "last")

Times = Mapping[str, np.ndarray] | np.ndarray  # by these names


def is_index(groups: object) -> TypeGuard[Part]:
    """Return whether groups are an index of windows, as an array or a frame."""
    fields = getattr(getattr(groups, "dtype", None), "names", None)
    columns = fields or getattr(groups, "columns", None)
    return columns is not None and {*_TIMES, "series"} <= {*columns}


def read_index(groups: Part) -> np.ndarray:
    """Return an index of windows as an array, its series as numbers."""
    labels = [*np.asarray(groups["series"])]
    numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    times = {name: np.asarray(groups[name]) for name in _TIMES}
    types = [(name, column.dtype) for name, column in times.items()]
    index = np.empty(len(labels), [("series", np.intp), *types])
    index["series"] = [numbers[label] for label in labels]
    for name, column in times.items():
        index[name] = column
    return index


def find_earlier(times: Times, later: np.ndarray) -> np.ndarray:
    """Return a mask of the windows that end before any of the later ones begins."""
    return np.asarray(times["last"] < times["first"][later].min())


class WindowSplit(BaseCrossValidator):
    """Split windows in time, so that no observation is on both sides.

    Windows that overlap share observations, so that neighbours across a plain split
    leak what is to be predicted. As in `TimeSeriesSplit` each split trains on earlier
    windows and tests on later ones; between them those windows are left out that share
    an observation with both sides.

    Windows of several series stand one series after the other, and only their index
    tells when each was. Give it as ``groups``, which scikit-learn hands to every
    splitter, row by row with X. Each split then trains on what all series knew before
    any window of the test part begins, so that no series learns from the days on which
    another is tested.

    Parameters
    ----------
    n_splits : int, default=5
        Number of splits, at least 1.

    window : int
        Steps of history in each sample, as given to `make_windows`.

    horizon : int, default=1
        Steps to predict after each window.

    stride : int, default=1
        Steps from the start of one window to the start of the next.

    test_size : int, default=None
        Windows in each test part; None for ``n_samples // (n_splits + 1)``. With
        several series all that follows counts times of the first target instead, each
        with the windows of all series.

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

    Two series, of which the second begins later:

    >>> series = [np.arange(20.0), np.arange(15.0)]
    >>> X, y, index = make_windows(series, window=3, horizon=2, return_index=True)
    >>> for train, test in WindowSplit(1, window=3, horizon=2).split(X, groups=index):
    ...     print(index["series"][test], index["last"][train].max())
    [0 0 0 0 0 0 0 0 1 1 1] 7
    """

    # What metadata routing reads: groups go to the splitter without being asked for.
    __metadata_request__split: ClassVar[dict[str, bool]] = {"groups": True}

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
            Windows, of one series in the order of time.
        y : Ignored
            Not used; here for consistency.
        groups : structured ndarray of shape (n_samples,) or frame, default=None
            The index that `make_windows` returns with ``return_index``. None for
            windows of one series.

        Yields
        ------
        train, test : ndarray of int
            Indices, ascending.

        Raises
        ------
        ValueError
            If there are too few windows for the splits and gaps, ``groups`` are no
            index, or a parameter is no positive whole number.
        """
        self._check_sizes()
        n_samples = _num_samples(X)
        times = self._find_times(n_samples, groups)
        # Parts are cut between times of targets: of one series, between windows.
        moments, rank = np.unique(times["target"], return_inverse=True)
        n_moments, n_splits = len(moments), self.n_splits
        size = self.test_size or n_moments // (n_splits + 1)
        for number in range(n_splits):
            start = n_moments - (n_splits - number) * size
            test = (start <= rank) & (rank < start + size)
            train = np.zeros(n_samples, bool)
            if start > 0 and test.any():
                train = find_earlier(times, test)
            if not train.any():
                raise ValueError(
                    f"Too many splits: n_splits={n_splits} with test parts of {size} "
                    f"windows and gaps of {self.window + self.horizon} steps leave "
                    f"nothing to train on in {n_moments} windows."
                )
            if self.max_train_size is not None:
                train &= rank > rank[train].max() - self.max_train_size
            yield np.flatnonzero(train), np.flatnonzero(test)

    def _check_sizes(self) -> None:
        optional = ("test_size", "max_train_size")
        for name in ("n_splits", "window", "horizon", "stride", *optional):
            size = getattr(self, name)
            if size is None and name in optional:
                continue
            if not isinstance(size, Integral) or size < 1:
                raise ValueError(
                    f"{name}={size!r} must be a whole number of at least 1."
                )

    def _find_times(self, n_samples: int, groups: object) -> Times:
        """Return the times of the first step, first target and last target."""
        if groups is None:  # one series, whose rows are its times
            first = np.arange(n_samples) * self.stride
            target = first + self.window
            last = target + self.horizon - 1
            return {"first": first, "target": target, "last": last}
        if not is_index(groups):
            raise ValueError(
                f"groups is of type {type(groups).__name__} and holds no times; "
                "allowed is the index of make_windows(..., return_index=True), an "
                "array or frame with the columns 'series', 'first', 'target' and "
                "'last'."
            )
        times = read_index(groups)
        if len(times) != n_samples:
            raise ValueError(
                f"X and groups have inconsistent numbers of samples: X has {n_samples},"
                f" groups has {len(times)}."
            )
        return times

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
