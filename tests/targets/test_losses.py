"""Losses against scikit-learn's metrics."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from sklearn.metrics import mean_absolute_error, mean_pinball_loss, mean_squared_error

from skattn.targets import Regression, measure_errors

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


@pytest.mark.parametrize("shape", [(50,), (50, 3, 2)])
def test_several_quantiles_have_a_loss_each(shape):
    levels = (0.1, 0.5, 0.7)
    truth, guess = RNG.normal(size=shape), RNG.normal(size=(*shape, 3))
    target = Regression((), np.dtype(float), loss="quantile", levels=levels)
    loss = target.make_loss()(torch.from_numpy(guess), torch.from_numpy(truth))
    assert loss.shape == guess.shape
    for i, level in enumerate(levels):
        expected = mean_pinball_loss(truth.ravel(), guess[..., i].ravel(), alpha=level)
        assert float(loss[..., i].mean()) == pytest.approx(expected, abs=1e-12)


def test_the_best_constants_are_the_quantiles_of_the_data():
    y, levels = RNG.normal(size=(50, 3, 2)), (0.1, 0.5, 0.7)
    target = Regression((3, 2), y.dtype, loss="quantile", levels=levels)
    constant = target.best_constant(torch.from_numpy(y), None)
    assert constant.shape == (1, 3, 2, 3)
    for i, level in enumerate(levels):
        np.testing.assert_allclose(constant[0, ..., i], np.quantile(y, level, axis=0))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber"])
def test_no_constant_has_a_smaller_loss(loss, weighted):
    y = np.column_stack([RNG.exponential(2, 300), RNG.random(300) < 0.4])
    weights = RNG.uniform(0.5, 3, 300) if weighted else None
    target = Regression((2,), y.dtype, loss=loss)
    weight = None if weights is None else torch.from_numpy(weights)
    found = target.best_constant(torch.from_numpy(y)[:, None], weight)
    assert found.shape == (1, 1, 2)
    for column, constant in zip(y.T, found.ravel().tolist(), strict=True):

        def total(c, column=column):
            return np.average(measure_errors(column - c, loss), weights=weights)

        best = minimize_scalar(total, bounds=(0, 5), method="bounded").fun
        assert total(constant) <= best * (1 + 1e-6)


def test_errors_are_those_of_the_losses():
    for loss in ("squared_error", "absolute_error", "huber"):
        target = Regression((), np.dtype(float), loss=loss)
        own = target.make_loss()(torch.from_numpy(GUESS), torch.from_numpy(TRUTH))
        np.testing.assert_allclose(own, measure_errors(GUESS - TRUTH, loss))
