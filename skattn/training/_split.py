"""Which samples are trained on, and which are set aside to validate on."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import BaseCrossValidator, GroupShuffleSplit

from ..sequences._samples import Samples
from ..sequences._split import find_earlier
from ._environment import Stream, derive

# Pairs of neighbours that are compared to find how far windows are apart.
_COMPARED = 16


@dataclass(frozen=True)
class TrainingSamples:
    """Samples as they were read, y still in its own units.

    Parameters
    ----------
    X : Samples
        The sequences.
    y : ndarray of shape (n_samples, horizon, n_targets)
        The encoded targets.
    weights : ndarray of shape (n_samples,) or None
        Weights of samples times those of their targets.
    rows : ndarray of int
        The samples that are used.
    suffix : str, default=""
        What follows X and y in messages.
    """

    X: Samples
    y: np.ndarray
    weights: np.ndarray | None
    rows: np.ndarray
    suffix: str = ""


def find_weighted(weights: np.ndarray, name: str = "y") -> np.ndarray:
    """Return the samples that have a weight above 0; the others are left out."""
    rows = np.flatnonzero(weights)
    if not len(rows):
        raise ValueError(
            f"The samples of {name} have a total weight of 0 (sample_weight times "
            "class_weight); at least one weight must be positive."
        )
    return rows


def mean_weight(weights: np.ndarray) -> float:
    """Return the mean, without an overflow in the sum."""
    largest = weights.max()
    return float(largest * (weights / largest).mean())


def split_validation(
    X: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray | None,
    *,
    validation_split: object,
    validation_fraction: float,
    gap: int,
    seed: int,
    strata: np.ndarray | None = None,
    sharing: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the samples to train on and the samples to validate on.

    Parameters
    ----------
    X, y : ndarray
        As long as there are samples; only a splitter reads them.
    groups : ndarray of shape (n_samples,) or None
        Samples of one group stay on one side; or an index of windows, which "tail"
        splits by time, and "random" by series.
    validation_split : {"random", "tail"} or CV splitter
        A splitter's last split is taken, which for `TimeSeriesSplit` is the one with
        the most training samples.
    validation_fraction : float
        Share of samples (of groups, if given) to validate on.
    gap : int
        Samples left out between the two parts of a tail split, if windows start one
        step apart: one less than steps from the start of a window to its last target.
    seed : int
        Source of a random split.
    strata : ndarray of shape (n_samples,), default=None
        Classes, of which a random split without groups takes like shares, and leaves
        at least one sample each to train on.
    sharing : bool, default=False
        Whether windows of a tail split by their index may share steps that neither
        predicts.

    Returns
    -------
    train, valid : ndarray of int
        Indices, ascending for "random" and "tail".
    """
    n_samples = len(X)
    if n_samples < 2:
        raise ValueError(
            f"early_stopping=True needs a validation part, but n_samples={n_samples}; "
            "at least 2 samples are needed, or early_stopping=False."
        )
    if not isinstance(validation_split, str):
        return _split_by(validation_split, X, y, groups)
    if groups is not None and groups.dtype.names:
        if validation_split == "tail":
            return _split_times(groups, validation_fraction, sharing)
        groups = groups["series"]
    if groups is not None:
        return _split_groups(validation_split, validation_fraction, groups, seed)
    n_valid = min(max(1, round(validation_fraction * n_samples)), n_samples - 1)
    if validation_split == "tail":
        return _split_tail(X, n_valid, gap + 1)
    rng = np.random.default_rng(derive(seed, Stream.SPLIT))
    order = rng.permutation(n_samples)
    if strata is not None:
        return _split_strata(order, strata, n_valid)
    return np.sort(order[n_valid:]), np.sort(order[:n_valid])


def _split_strata(
    order: np.ndarray, strata: np.ndarray, n_valid: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return every k-th of the samples in random order, sorted by class."""
    _, first = np.unique(strata[order], return_index=True)
    pool = np.delete(order, first)
    n_valid = min(n_valid, len(pool))
    if not n_valid:
        raise ValueError(
            "early_stopping=True needs a validation part, but y holds no class twice; "
            "give more samples, or use early_stopping=False."
        )
    pool = pool[np.argsort(strata[pool], kind="stable")]
    valid = np.sort(pool[np.arange(n_valid) * len(pool) // n_valid])
    return np.setdiff1d(order, valid), valid


def _split_tail(
    X: np.ndarray, n_valid: int, reach: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and the last samples, without those that share steps."""
    n_samples, stride = len(X), find_stride(X)
    gap = -(-reach // (stride or 1)) - 1
    if stride is None and X.ndim == 3 and n_samples - n_valid - gap < 1:
        # No step is shared by neighbours: they are a window apart, or further.
        gap = -(-reach // X.shape[1]) - 1
    n_train = n_samples - n_valid - gap
    if n_train < 1:
        raise ValueError(
            f"validation_split='tail' leaves no sample to train on: {n_samples} "
            f"samples less {n_valid} for validation and a gap of {gap} (one window); "
            "give more samples, a smaller validation_fraction, or a splitter."
        )
    return np.arange(n_train), np.arange(n_samples - n_valid, n_samples)


def find_stride(X: np.ndarray) -> int | None:
    """Return how many steps windows are apart, by what neighbours share.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_timesteps, n_channels)
        Windows in the order of time. Some pairs of neighbours are compared, as windows
        of several series may stand one after the other.

    Returns
    -------
    int or None
        Less than ``n_timesteps``; None if most neighbours share nothing.
    """
    if X.ndim != 3 or len(X) < 2:
        return None
    pairs = np.unique(np.linspace(0, len(X) - 2, _COMPARED).astype(int))
    one, next_one = np.asarray(X[pairs]), np.asarray(X[pairs + 1])
    for stride in range(1, X.shape[1]):
        # The first step tells most others apart, at little cost.
        near = _equal(one[:, stride], next_one[:, 0]).all(-1)
        if 2 * near.sum() > len(pairs):
            same = _equal(one[near, stride:], next_one[near, :-stride]).all((1, 2))
            if 2 * same.sum() > len(pairs):
                return stride
    return None


def _equal(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one == other) | ((one != one) & (other != other))


def _split_times(
    index: np.ndarray, fraction: float, sharing: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the windows of all series before a time, and those after it."""
    moments = np.unique(index["target"])
    n_valid = max(min(round(fraction * len(moments)), len(moments) - 1), 1)
    valid = index["target"] >= moments[len(moments) - n_valid]
    if sharing:
        train = index["last"] < index["target"][valid].min()
    else:
        train = find_earlier(index, valid)
    if not train.any():
        raise ValueError(
            f"validation_split='tail' leaves no window to train on: of {len(moments)} "
            f"times the last {n_valid} are for validation, and all windows before end "
            "after these begin; give longer series, shorter windows, or a smaller "
            "validation_fraction."
        )
    return np.flatnonzero(train), np.flatnonzero(valid)


def _split_groups(
    validation_split: str, fraction: float, groups: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    if validation_split == "tail":
        raise ValueError(
            "groups cannot be kept together with validation_split='tail'; use "
            "validation_split='random' or a splitter that takes groups."
        )
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise ValueError(
            f"groups holds {n_groups} group; the validation part needs at least 2."
        )
    n_valid = min(max(1, round(fraction * n_groups)), n_groups - 1)
    splitter = GroupShuffleSplit(
        1, test_size=n_valid, random_state=derive(seed, Stream.SPLIT)
    )
    train, valid = next(splitter.split(groups, groups=groups))
    return np.sort(train), np.sort(valid)


def _split_by(
    splitter: BaseCrossValidator,
    X: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    splits = [*splitter.split(X, y, groups)]
    parts = splits[-1] if splits else ([], [])
    train, valid = (_as_indices(part, len(X), splitter) for part in parts)
    if len(train) == 0 or len(valid) == 0 or np.intersect1d(train, valid).size:
        raise ValueError(
            f"validation_split={splitter!r} gave {len(train)} training and "
            f"{len(valid)} validation samples; both sides need at least one sample "
            "and none in common."
        )
    return train, valid


def _as_indices(part: object, n_samples: int, splitter: object) -> np.ndarray:
    """Return one side of a split, which may be a mask, as indices."""
    part = np.asarray(part)
    if part.dtype == bool and part.shape == (n_samples,):
        return np.flatnonzero(part)
    whole = part.size == 0 or np.issubdtype(part.dtype, np.integer)
    if not whole or part.ndim != 1 or len(np.unique(part)) < part.size:
        raise ValueError(
            f"validation_split={splitter!r} must give pairs of masks, or of different "
            f"whole numbers; got {part!r}."
        )
    if part.size and not 0 <= part.min() <= part.max() < n_samples:
        raise ValueError(
            f"validation_split={splitter!r} gave indices from {part.min()} to "
            f"{part.max()}; X has {n_samples} samples."
        )
    return part.astype(np.intp)
