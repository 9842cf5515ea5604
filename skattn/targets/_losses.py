"""Losses, one value an output, so that samples can be weighted afterwards."""

from numbers import Real

import numpy as np
from torch import Tensor, nn


def read_levels(quantile: object) -> tuple[float | None, tuple[float, ...] | None]:
    """Return the level of the one quantile, or the levels of several.

    Parameters
    ----------
    quantile : float or array-like of float
        As in `skattn.LSTMAttentionRegressor`. A list of one level is that level.

    Returns
    -------
    level : float or None
        If there is one.
    levels : tuple of float or None
        If there are several: ascending, distinct, with 0.5 among them.

    Raises
    ------
    ValueError
        If there is anything else.
    """
    if isinstance(quantile, Real):
        return float(quantile), None
    try:
        levels = np.sort(np.asarray(quantile, dtype=float))
        allowed = levels.ndim == 1 and ((levels > 0) & (levels < 1)).all()
    except (TypeError, ValueError):
        allowed = False
    if not allowed or len(levels) == 0 or (np.diff(levels) <= 0).any():
        raise ValueError(
            f"quantile={quantile!r} must be one number between 0 and 1, or a list of "
            "distinct numbers between 0 and 1 that holds 0.5."
        )
    # Grids made by steps of 0.05 may miss it by a rounding error.
    levels[np.isclose(levels, 0.5, rtol=0.0, atol=1e-9)] = 0.5
    if 0.5 not in levels:
        raise ValueError(
            f"quantile={quantile!r} must hold 0.5: with several quantiles, predict "
            "returns the median."
        )
    if len(levels) == 1:
        return 0.5, None
    return None, tuple(levels.tolist())


class QuantileLoss(nn.Module):
    """Pinball loss, which is least at a quantile of the target.

    Parameters
    ----------
    quantile : float or tuple of float
        Between 0 and 1. With several, predictions have a last axis of quantiles, and so
        has the loss.

    References
    ----------
    R. Koenker and G. Bassett (1978). Regression quantiles. Econometrica 46(1).
    """

    def __init__(self, quantile: float | tuple[float, ...]) -> None:
        super().__init__()
        self.quantile = quantile

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        level: float | Tensor
        if isinstance(self.quantile, tuple):
            level = prediction.new_tensor(self.quantile)
            target = target[..., None]
        else:
            level = self.quantile
        error = target - prediction
        return (level * error).maximum((level - 1) * error)


def smooth(shares: Tensor, share: float) -> Tensor:
    """Return shares of classes of which all classes get a part alike."""
    return shares.lerp(shares.new_tensor(1 / shares.shape[-1]), share)


class CrossEntropy(nn.Module):
    """Negative log-likelihood of classes, given one-hot: ``(n, 1, n_classes)``.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Share of each label that all classes get alike, in training alone.
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        if self.training and self.label_smoothing:
            target = smooth(target, self.label_smoothing)
        return -(target * prediction.log_softmax(-1)).sum(-1)  # (n, 1)


LOSSES: dict[str, type[nn.MSELoss] | type[nn.L1Loss] | type[nn.HuberLoss]] = {
    "squared_error": nn.MSELoss,
    "absolute_error": nn.L1Loss,
    "huber": nn.HuberLoss,
}


# Rounds in which the constant of the Huber loss is found, at most, and the change, in
# scaled units, below which it is.
_ROUNDS, _SETTLED = 50, 1e-6


def find_constant(y: np.ndarray, loss: str, weights: np.ndarray | None) -> np.ndarray:
    """Return the constant of least loss for each output; of quantiles, the median.

    Parameters
    ----------
    y : ndarray of shape (n_samples, ...)
        Scaled values.
    loss : str
        As in `skattn.LSTMAttentionRegressor`.
    weights : ndarray of shape (n_samples,) or None
        Of the samples.

    Returns
    -------
    ndarray of shape (1, ...)
        Means, medians, or what lies between them.

    References
    ----------
    P. Huber (1964). Robust estimation of a location parameter. Annals of Mathematical
    Statistics 35(1).
    """
    shares = np.ones(len(y)) if weights is None else weights
    shares = shares.reshape(-1, *[1] * (y.ndim - 1))
    if loss == "squared_error":
        return _average(y, shares)
    found = find_quantiles(y, 0.5, weights)
    if loss != "huber":
        return found
    for _ in range(_ROUNDS):  # means in which errors above 1 count less
        before = found
        far = np.maximum(np.abs(y - found), 1.0)
        found = _average(y, shares / far)
        if np.abs(found - before).max() < _SETTLED:
            break
    return found


def _average(y: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return means over the samples by their shares: ``(1, ...)``."""
    shares = np.broadcast_to(shares, y.shape)
    found: np.ndarray = np.average(y, axis=0, weights=shares, keepdims=True)
    return found


def measure_errors(residuals: np.ndarray, loss: str) -> np.ndarray:
    """Return what a loss makes of each residual: squares, sizes, or both."""
    sizes: np.ndarray = np.abs(residuals)
    if loss == "squared_error":
        return sizes**2
    if loss == "huber":
        return np.where(sizes < 1, sizes**2 / 2, sizes - 0.5)
    return sizes


def find_quantiles(
    y: np.ndarray, level: float | tuple[float, ...], weights: np.ndarray | None
) -> np.ndarray:
    """Return the constant of least quantile loss for each output.

    Parameters
    ----------
    y : ndarray of shape (n_samples, ...)
        Values.
    level : float or tuple of float
        Of the quantiles.
    weights : ndarray of shape (n_samples,) or None
        Of the samples; where all are equal, quantiles lie between two values.

    Returns
    -------
    ndarray of shape (1, ...), or (n_levels, 1, ...) for a tuple
        Quantiles along the first axis of y.
    """
    # np.quantile has weights from NumPy 2.0 on, and 1.26 is allowed.
    if weights is None or np.ptp(weights) == 0:
        found: np.ndarray = np.quantile(y, level, axis=0, keepdims=True)
        return found
    order = np.argsort(y, axis=0)
    ordered = np.take_along_axis(y, order, axis=0)
    shares = np.cumsum(weights[order], axis=0, dtype=np.float64)
    each = [
        np.take_along_axis(ordered, (shares < q * shares[-1]).sum(0)[None], axis=0)
        for q in np.atleast_1d(level)
    ]
    return np.stack(each) if isinstance(level, tuple) else each[0]
