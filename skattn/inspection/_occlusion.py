"""Occlusion: what predictions lose with one step of the sequence."""

from typing import Any

import numpy as np

from ._series import choose_fill, find_patches, read_series
from ._variants import choose_output, replace_each


def occlusion_importance(
    estimator: Any,
    X: Any,
    *,
    replacement: str = "mean",
    patch_size: int = 1,
    verbose: int = 0,
) -> np.ndarray:
    """Measure how predictions change when one time step is replaced.

    All variants are predicted in few large calls, at the cost of ``n_steps`` plain
    predictions of X. A replaced step is itself something that the model may never have
    seen; compare both replacements where it matters.

    Parameters
    ----------
    estimator : object
        Fitted, with ``predict``. Where it has ``predict_proba`` or
        ``decision_function``, these are explained instead.
    X : array-like, Tensor, data frame, or list of arrays (length, n_channels)
        Sequences in any form that the estimator takes.
    replacement : {"mean", "interpolate"}, default="mean"
        What stands at the step instead, in all channels: each channel's mean over the
        estimator's training part (over X, if the estimator does not know it), or the
        line between the steps before and after.
    patch_size : int, default=1
        Consecutive steps that are replaced together, counted from each sequence's end.
        The estimator's own makes the result comparable with its weights.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    ndarray of shape (n_samples, n_steps) or (n_samples, ..., n_steps)
        Prediction of X less prediction without the step, in units of the prediction
        (of probability, for `predict_proba`), the axes of one prediction before the
        steps. 0 where a shorter sequence has no such step.

    Raises
    ------
    ValueError
        If X has no form of sequences, or an argument is not allowed.
    TypeError
        If the estimator cannot predict.

    See Also
    --------
    gradient_importance : By gradients along the way from the mean.
    timestep_permutation_importance : For the score on a whole data set.

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
    fill = choose_fill(estimator, series, replacement, patches)
    plain = output(series.whole())
    changed = replace_each(output, series, patches, fill, verbose)
    # (n, n_steps, ...) -> (n, ..., n_steps)
    return np.moveaxis(plain[:, None] - changed, 1, -1)


def check_count(name: str, value: Any, least: int = 1) -> int:
    """Refuse what is no integer or too small."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ValueError(f"{name}={value!r} must be an integer of at least {least}.")
    if value < least:
        raise ValueError(f"{name}={value!r} must be at least {least}.")
    return int(value)
