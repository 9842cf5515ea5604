"""Models with known answers, made once; estimators that are not ours."""

import matplotlib
import numpy as np
import pytest

from skattn import LSTMAttentionRegressor
from skattn.datasets import make_find_max, make_marked_step

matplotlib.use("Agg")

TRAINED = {
    "hidden_size": 32,
    "learning_rate": 0.005,
    "lr_schedule": "one_cycle",
    "max_epochs": 15,
    "early_stopping": False,
    "store_attention": False,
    "random_state": 0,
}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    from matplotlib import pyplot

    pyplot.close("all")


@pytest.fixture(scope="session")
def marked():
    X, y, _ = make_marked_step(3000, 12, random_state=0)
    model = LSTMAttentionRegressor(values="inputs", **TRAINED).fit(X, y)
    return model, make_marked_step(300, 12, random_state=1)[0]


@pytest.fixture(scope="session")
def largest():
    X, y, _ = make_find_max(3000, 8, random_state=0)
    model = LSTMAttentionRegressor(
        values="inputs",
        query="learned",
        bidirectional=True,
        loss="absolute_error",
        batch_size=32,
        **TRAINED,
    ).fit(X, y)
    return model, make_find_max(300, 8, random_state=1)[0]


class Linear:
    """Known weights and a known answer, in NumPy: y = sum over steps of w_t x_t."""

    def __init__(self, steps, weights=None):
        self.steps = np.asarray(steps, dtype=float)
        self.weights = weights

    def predict(self, X):
        return np.array([self.steps[: len(x)] @ np.asarray(x)[:, 0] for x in X])

    def predict_attention(self, X):
        longest = max(len(x) for x in X)
        weights = np.zeros((len(X), longest))
        for row, x in zip(weights, X, strict=True):
            n = len(x)
            size = np.abs(np.asarray(x)[:, 0] * self.steps[:n])
            row[:n] = size / size.sum() if self.weights is None else self.weights[:n]
        return weights


class Shown:
    """A model that shows other weights than its own."""

    def __init__(self, model, weights):
        self.model = model
        self.weights = weights

    def predict(self, X):
        return self.model.predict(X)

    def predict_attention(self, X):
        return self.weights(self.model.predict_attention(X))


def random_weights(like):
    return np.random.default_rng(7).dirichlet(np.ones(like.shape[1]), len(like))
