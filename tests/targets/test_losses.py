"""Losses against scikit-learn's metrics."""

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_absolute_error, mean_pinball_loss, mean_squared_error

from skattn.targets import Regression

RNG = np.random.default_rng(0)
TRUTH, GUESS = RNG.normal(size=50), RNG.normal(size=50)


def huber(truth, guess):
    error = np.abs(truth - guess)
    return np.where(error <= 1, error**2 / 2, error - 0.5).mean()


@pytest.mark.parametrize(
    ("name", "quantile", "metric"),
    [
        ("squared_error", None, mean_squared_error),
        ("absolute_error", None, mean_absolute_error),
        ("huber", None, huber),
        ("quantile", 0.9, lambda t, g: mean_pinball_loss(t, g, alpha=0.9)),
    ],
)
def test_losses_are_scikit_learns(name, quantile, metric):
    target = Regression((), np.dtype(float), loss=name, quantile=quantile)
    loss = target.make_loss()(torch.from_numpy(GUESS), torch.from_numpy(TRUTH))
    assert loss.shape == (50,)
    assert float(loss.mean()) == pytest.approx(metric(TRUTH, GUESS), abs=1e-12)
