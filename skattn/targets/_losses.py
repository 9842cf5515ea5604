"""Losses, one value an output, so that samples can be weighted afterwards."""

from torch import Tensor, nn


class QuantileLoss(nn.Module):
    """Pinball loss, which is least at a quantile of the target.

    Parameters
    ----------
    quantile : float
        Between 0 and 1.

    References
    ----------
    R. Koenker and G. Bassett (1978). Regression quantiles. Econometrica 46(1).
    """

    def __init__(self, quantile: float) -> None:
        super().__init__()
        self.quantile = quantile

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        error = target - prediction
        return (self.quantile * error).maximum((self.quantile - 1) * error)


class CrossEntropy(nn.Module):
    """Negative log-likelihood of classes, given one-hot: ``(n, 1, n_classes)``."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return -(target * prediction.log_softmax(-1)).sum(-1)  # (n, 1)


LOSSES: dict[str, type[nn.MSELoss] | type[nn.L1Loss] | type[nn.HuberLoss]] = {
    "squared_error": nn.MSELoss,
    "absolute_error": nn.L1Loss,
    "huber": nn.HuberLoss,
}
