"""Importance of time steps by occlusion, by permutation and by gradients."""

from collections.abc import Callable, Iterable, Sized
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import check_scoring
from sklearn.utils import Bunch

from .._random import make_random
from ._estimators import choose_output, require_probe
from ._replacement import choose_replacement
from ._series import (
    Series,
    find_mean,
    find_patches,
    read_series,
    replace_each,
)


def occlusion_importance(
    estimator: object,
    X: object,
    *,
    replacement: str = "mean",
    patch_size: int = 1,
    verbose: int = 0,
) -> np.ndarray:
    """Measure how predictions change when one time step is replaced.

    All variants are predicted in few large calls, at the cost of ``n_steps`` plain
    predictions of X. The model may never have seen sequences like those with a replaced
    step; compare the replacements where it matters.

    Parameters
    ----------
    estimator : object
        Fitted, with ``predict``. Where it has ``predict_proba`` or
        ``decision_function``, their output is explained instead.
    X : array-like, Tensor, data frame, or list of arrays (length, n_channels)
        Sequences in any form that the estimator takes.
    replacement : {"mean", "interpolate", "sample"}, default="mean"
        Values that replace all channels of the step: each channel's mean over the
        training samples of the estimator (over X, if the estimator does not know it);
        the line between the steps before and after, or the mean where there are none;
        or the values of another sample of X, the one half of X away.
    patch_size : int, default=1
        Number of consecutive steps that are replaced together, counted from the end of
        each sequence. With the patch size of the estimator the result is comparable
        with its weights.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    ndarray of shape (n_samples, n_steps) or (n_samples, ..., n_steps)
        Prediction for X minus prediction without the step, in units of the prediction
        (of probability, for `predict_proba`). The axes of one prediction come before
        the steps. 0 where a shorter sequence has no such step.

    Raises
    ------
    ValueError
        If X is not in a form of sequences, or an argument is not allowed.
    TypeError
        If the estimator cannot predict.

    See Also
    --------
    gradient_importance : Integrated gradients, for estimators of this package.
    timestep_permutation_importance : Importance for the score on a whole data set.

    References
    ----------
    M. Zeiler and R. Fergus (2014). Visualizing and understanding convolutional
    networks. ECCV.

    Examples
    --------
    >>> from skattn import LSTMAttentionRegressor
    >>> from skattn.datasets import make_find_max
    >>> from skattn.inspection import occlusion_importance
    >>> X, y, _ = make_find_max(200, random_state=0)
    >>> model = LSTMAttentionRegressor(max_epochs=2, random_state=0).fit(X, y)
    >>> occlusion_importance(model, X).shape
    (200, 10)
    """
    output = choose_output(estimator)
    series = read_series(estimator, X)
    patches = find_patches(series, check_count("patch_size", patch_size))
    replace_steps = choose_replacement(estimator, series, replacement)
    plain = output(series.whole())
    changed = replace_each(output, series, patches, replace_steps, verbose)
    # (n, n_steps, ...) -> (n, ..., n_steps)
    return np.moveaxis(plain[:, None] - changed, 1, -1)


def timestep_permutation_importance(
    estimator: object,
    X: object,
    y: npt.ArrayLike,
    *,
    scoring: object = None,
    n_repeats: int = 5,
    patch_size: int = 1,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch | dict[str, Bunch]:
    """Measure how the score falls when one time step is shuffled between samples.

    All channels of a step are shuffled together. This is scikit-learn's
    `permutation_importance` with time steps in place of features.

    Parameters
    ----------
    estimator : object
        Fitted, with ``predict``, and with ``score`` if ``scoring`` is None.
    X : array-like, Tensor, data frame, or list of arrays (length, n_channels)
        Sequences in any form that the estimator takes. A step of a shorter sequence is
        shuffled only where the sequence has it.
    y : array-like
        True values.
    scoring : str, callable, list, tuple or dict, default=None
        As in scikit-learn's `permutation_importance`; None uses the score of the
        estimator.
    n_repeats : int, default=5
        Number of times that each step is shuffled.
    patch_size : int, default=1
        Number of consecutive steps that are shuffled together, counted from the end of
        each sequence.
    random_state : int, RandomState instance or None, default=None
        Controls the permutations.

    Returns
    -------
    Bunch or dict of Bunch
        With ``importances_mean`` and ``importances_std`` of shape (n_steps,), and
        ``importances`` of shape (n_steps, n_repeats): decrease of the score, in its
        units. For several scores, a dict with one Bunch per score.

    Raises
    ------
    ValueError
        If X is not in a form of sequences, or an argument is not allowed.

    See Also
    --------
    occlusion_importance : Importance for single predictions.

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
    random = make_random(random_state)
    scorer = check_scoring(estimator, scoring=scoring)

    variants = (
        [shuffle_steps(series, patches == patch, random) for _ in range(n_repeats)]
        for patch in range(int(patches.max()) + 1)
    )
    results = compare_scores(
        lambda series: scorer(estimator, series.whole(), y), series, variants
    )
    return results.get(None, results)


def gradient_importance(
    estimator: object, X: object, *, n_steps: int = 50
) -> np.ndarray:
    """Attribute predictions to input values by integrated gradients.

    Gradients are averaged along the straight path from a baseline to the sequence and
    multiplied by the difference between the two. The attributions add up to the
    difference of the predictions. At all steps the baseline is the mean of each channel
    over the training samples. The gradients are computed with captum, which must be
    installed.

    Parameters
    ----------
    estimator : LSTMAttentionRegressor
        Fitted.
    X : array-like, Tensor, data frame, or list of arrays (length, n_channels)
        Sequences in any form that the estimator takes.
    n_steps : int, default=50
        Number of points on the path; more points are more exact.

    Returns
    -------
    ndarray of shape (n_samples, n_timesteps, n_channels) or \
            (n_samples, ..., n_timesteps, n_channels)
        Contributions to the difference between the prediction for X and that for the
        baseline, in units of the prediction. The axes of one prediction come before the
        steps. 0 on padding.

    Raises
    ------
    ImportError
        If captum is not installed.
    TypeError
        If the estimator does not provide its network.

    See Also
    --------
    occlusion_importance : Without gradients, for any estimator.

    References
    ----------
    M. Sundararajan, A. Taly and Q. Yan (2017). Axiomatic attribution for deep networks.
    ICML.

    N. Kokhlikyan et al. (2020). Captum: a unified and generic model interpretability
    library for PyTorch. arXiv:2009.07896.

    Examples
    --------
    >>> from skattn import LSTMAttentionRegressor
    >>> from skattn.datasets import make_find_max
    >>> from skattn.inspection import gradient_importance
    >>> X, y, _ = make_find_max(200, random_state=0)
    >>> model = LSTMAttentionRegressor(max_epochs=2, random_state=0).fit(X, y)
    >>> gradient_importance(model, X[:5]).shape
    (5, 10, 1)
    """
    series = read_series(estimator, X)
    check_count("n_steps", n_steps)
    shape = choose_output(estimator)(series.take(np.arange(1)).whole()).shape[1:]
    each = [
        attribute(estimator, series, np.full(len(series), target), n_steps)
        for target in range(int(np.prod(shape, dtype=int)))
    ]
    return np.stack(each, axis=1).reshape(len(series), *shape, *each[0].shape[1:])


def attribute(
    estimator: object, series: Series, targets: np.ndarray, n_steps: int = 50
) -> np.ndarray:
    """Compute integrated gradients of one output per sample.

    Parameters
    ----------
    estimator : object
        With a probe.
    series : Series
        The sequences.
    targets : ndarray of int of shape (n_samples,)
        Index of the output, over the flattened axes of one prediction.
    n_steps : int, default=50
        Number of points on the path.

    Returns
    -------
    ndarray of shape (n_samples, n_timesteps, n_channels)
        0 on padding.
    """
    probe = require_probe(estimator, "gradients need")
    baseline = find_mean(estimator, series)
    method = _integrated_gradients(n_steps)
    each = probe.attribute(series.whole(), baseline, targets, method)
    return np.where(series.real[:, :, None], each, 0.0)


def check_count(name: str, value: object, least: int = 1) -> int:
    """Check that a value is an integer, and not too small."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ValueError(f"{name}={value!r} must be an integer of at least {least}.")
    if value < least:
        raise ValueError(f"{name}={value!r} must be at least {least}.")
    return int(value)


def shuffle_steps(
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
    return replace(series, values=values)


def compare_scores(
    score: Callable[[Series], Any], series: Series, variants: Iterable[Iterable[Series]]
) -> dict[Any, Bunch]:
    """Compute how much lower the scores of variants are.

    Parameters
    ----------
    score : callable
        From samples to a number, or to a dict of several.
    series : Series
        As they are.
    variants : iterable of iterables of Series
        The repetitions of each change.

    Returns
    -------
    dict of Bunch
        By the name of the score; None where there is one alone.
    """

    def measure(series: Series) -> dict[Any, float]:
        found = score(series)
        return found if isinstance(found, dict) else {None: found}

    plain = measure(series)
    changed = [[measure(variant) for variant in each] for each in variants]
    results = {}
    for name, value in plain.items():
        importances = value - np.array([[s[name] for s in row] for row in changed])
        results[name] = Bunch(
            importances_mean=importances.mean(axis=1),
            importances_std=importances.std(axis=1),
            importances=importances,
        )
    return results


def _integrated_gradients(n_steps: int) -> Callable[..., object]:
    """Return captum's method with the arguments that the probe passes."""
    try:
        from captum.attr import IntegratedGradients
    except ImportError as error:
        raise ImportError(
            "gradient_importance needs captum: pip install 'skattn[inspection]'. "
            "occlusion_importance works without it."
        ) from error

    def run(
        forward: Callable[..., object],
        x: Sized,
        baseline: object,
        target: object,
        others: object,
    ) -> object:
        return IntegratedGradients(forward).attribute(
            x,
            baseline,
            target=target,
            additional_forward_args=others,
            n_steps=n_steps,
            internal_batch_size=max(len(x), 1024),
        )

    return run
