"""Permutation importance of time steps, after scikit-learn's of features."""

from typing import Any

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.utils import Bunch, check_random_state

from ._occlusion import check_count
from ._series import Series, find_patches, read_series


def timestep_permutation_importance(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    scoring: Any = None,
    n_repeats: int = 5,
    patch_size: int = 1,
    random_state: Any = None,
) -> Any:
    """Measure how the score falls when one time step is shuffled between samples.

    All channels of a step move together. Like scikit-learn's `permutation_importance`,
    with time steps for features.

    Parameters
    ----------
    estimator : object
        Fitted, with ``predict``, and with ``score`` if ``scoring`` is None.
    X : array-like, Tensor, data frame, or list of arrays (length, n_channels)
        Sequences in any form that the estimator takes. Those with fewer steps than
        others take part where they have a step.
    y : array-like
        True values.
    scoring : str, callable, list, tuple or dict, default=None
        As in scikit-learn's `permutation_importance`; None takes the estimator's own
        score.
    n_repeats : int, default=5
        How often each step is shuffled.
    patch_size : int, default=1
        Consecutive steps that are shuffled together, counted from each sequence's end.
    random_state : int, RandomState instance or None, default=None
        Source of the order.

    Returns
    -------
    Bunch or dict of Bunch
        With ``importances_mean`` and ``importances_std`` of shape (n_steps,), and
        ``importances`` of shape (n_steps, n_repeats): fall of the score, in its units.
        For several scores a dict with one entry a score.

    Raises
    ------
    ValueError
        If X has no form of sequences, or an argument is not allowed.

    See Also
    --------
    occlusion_importance : For single predictions.

    References
    ----------
    L. Breiman (2001). Random forests. Machine Learning 45.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn import LSTMAttentionRegressor
    >>> from skattn.inspection import timestep_permutation_importance
    >>> X = np.random.default_rng(0).normal(size=(200, 6, 2))
    >>> model = LSTMAttentionRegressor(max_epochs=20, random_state=0)
    >>> model = model.fit(X, X[:, 4, 0])
    >>> result = timestep_permutation_importance(
    ...     model, X, X[:, 4, 0], random_state=0
    ... )
    >>> result.importances_mean.argmax()
    np.int64(4)
    """
    series = read_series(estimator, X)
    patches = find_patches(series, check_count("patch_size", patch_size))
    n_repeats = check_count("n_repeats", n_repeats)
    random = check_random_state(random_state)
    scorer = check_scoring(estimator, scoring=scoring)

    def measure(series: Series) -> dict[Any, float]:
        score = scorer(estimator, series.whole(), y)
        return score if isinstance(score, dict) else {None: score}

    plain = measure(series)
    shuffled = [
        [measure(_shuffle(series, patches == patch, random)) for _ in range(n_repeats)]
        for patch in range(int(patches.max()) + 1)
    ]
    results = {
        name: _make_bunch(
            plain[name] - np.array([[score[name] for score in row] for row in shuffled])
        )
        for name in plain
    }
    return results.get(None, results)


def _shuffle(
    series: Series, chosen: np.ndarray, random: np.random.RandomState
) -> Series:
    """Exchange the chosen steps between samples that have as many of them."""
    values = series.values.copy()
    counts = chosen.sum(1)
    for count in np.unique(counts[counts > 0]):
        rows = np.flatnonzero(counts == count)
        mixed = random.permutation(rows)
        # Steps of a row, in order: (n_rows, count)
        steps = np.nonzero(chosen[rows])[1].reshape(-1, count)
        others = np.nonzero(chosen[mixed])[1].reshape(-1, count)
        values[rows[:, None], steps] = series.values[mixed[:, None], others]
    return Series(values, series.lengths, series.rebuild)


def _make_bunch(importances: np.ndarray) -> Bunch:
    return Bunch(
        importances_mean=importances.mean(axis=1),
        importances_std=importances.std(axis=1),
        importances=importances,
    )
