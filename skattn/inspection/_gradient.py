"""Integrated gradients of estimators whose network can be reached."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ._occlusion import check_count
from ._series import Series, find_mean, read_series
from ._variants import choose_output


class Unreachable(TypeError):
    """The estimator does not let its network be asked."""


def gradient_importance(estimator: Any, X: Any, *, n_steps: int = 50) -> np.ndarray:
    """Attribute predictions to input values by integrated gradients.

    Gradients are gathered along the straight way from a baseline to the sequence, and
    multiplied by the difference: they add up to the difference of the predictions. The
    baseline is the mean of each channel over the training part, at all steps. Computed
    by captum, which must be installed.

    Parameters
    ----------
    estimator : LSTMAttentionRegressor
        Fitted.
    X : array-like, Tensor, data frame, or list of arrays (length, n_channels)
        Sequences in any form that the estimator takes.
    n_steps : int, default=50
        Points on the way; more are more exact.

    Returns
    -------
    ndarray of shape (n_samples, n_timesteps, n_channels) or \
            (n_samples, ..., n_timesteps, n_channels)
        Contributions to the difference between the prediction of X and that of the
        baseline, in units of the prediction, the axes of one prediction first. 0 on
        padding.

    Raises
    ------
    ImportError
        If captum is not installed.
    TypeError
        If the network of the estimator cannot be reached.

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
    parts = [
        attribute(estimator, series, np.full(len(series), target), n_steps)
        for target in range(int(np.prod(shape, dtype=int)))
    ]
    return np.stack(parts, axis=1).reshape(len(series), *shape, *parts[0].shape[1:])


def attribute(
    estimator: Any, series: Series, targets: np.ndarray, n_steps: int = 50
) -> np.ndarray:
    """Attribute one output of each sample, by its number: ``(n, n_timesteps, c)``."""
    probe = getattr(estimator, "_probe", None)
    if probe is None:
        raise Unreachable(
            f"gradients need the network, and {type(estimator).__name__} does not lend "
            "it; occlusion_importance works with any estimator."
        )
    baseline = find_mean(estimator, series)
    parts = probe.attribute(
        series.whole(), baseline, targets, _integrated_gradients(n_steps)
    )
    return np.where(series.real[:, :, None], parts, 0.0)


def _integrated_gradients(n_steps: int) -> Callable[..., Any]:
    try:
        from captum.attr import IntegratedGradients
    except ImportError as error:
        raise ImportError(
            "gradient_importance computes integrated gradients by captum, which is not "
            "installed; 'pip install captum' adds it, and occlusion_importance works "
            "without."
        ) from error

    def run(forward: Any, x: Any, baseline: Any, target: Any, lengths: Any) -> Any:
        return IntegratedGradients(forward).attribute(
            x,
            baseline,
            target=target,
            additional_forward_args=lengths,
            n_steps=n_steps,
            internal_batch_size=max(len(x), 1024),
        )

    return run
