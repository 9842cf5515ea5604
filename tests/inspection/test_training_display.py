"""Losses over the epochs: what is drawn, and of whom."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skattn import ConformalIntervals, LSTMAttentionRegressor
from skattn.inspection import TrainingDisplay

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")


@pytest.fixture
def data():
    X = np.random.default_rng(0).normal(size=(60, 6))
    return X, X[:, 2]


def test_losses_and_the_best_epoch_are_drawn(data):
    model = LSTMAttentionRegressor(max_epochs=4, early_stopping=True, random_state=0)
    display = TrainingDisplay.from_estimator(model.fit(*data))
    losses = model.history_["validation_loss"]
    np.testing.assert_array_equal(display.lines_["validation_loss"].get_ydata(), losses)
    assert display.best_epoch_ == int(np.argmin(losses)) + 1
    assert display.rate_ax_ is not None


def test_without_validation_there_is_no_best_epoch(data):
    model = LSTMAttentionRegressor(max_epochs=2, early_stopping=False, random_state=0)
    display = TrainingDisplay.from_estimator(model.fit(*data))
    assert display.best_epoch_ is None
    assert set(display.lines_) == {"train_loss", "learning_rate"}


def test_it_is_drawn_on_given_axes(data):
    _, ax = matplotlib.pyplot.subplots()
    display = TrainingDisplay({"train_loss": [3.0, 1.0, 0.5]}).plot(ax=ax)
    assert display.ax_ is ax
    assert display.rate_ax_ is None


def test_pipelines_and_searches_are_opened(data):
    pipeline = make_pipeline(
        StandardScaler(), LSTMAttentionRegressor(max_epochs=2, random_state=0)
    )
    search = GridSearchCV(pipeline, {"lstmattentionregressor__hidden_size": [4]}, cv=2)
    display = TrainingDisplay.from_estimator(search.fit(*data))
    assert len(display.lines_["train_loss"].get_ydata()) == 2


def test_what_keeps_no_losses_is_refused(data):
    with pytest.raises(NotFittedError):
        TrainingDisplay.from_estimator(LSTMAttentionRegressor())
    with pytest.raises(TypeError, match="Ridge keeps no losses; allowed are"):
        TrainingDisplay.from_estimator(Ridge().fit(*data))
    with pytest.raises(ValueError, match="must have 'train_loss'"):
        TrainingDisplay({"loss": [1.0]}).plot()


def test_intervals_around_a_model_are_opened(data):
    model = LSTMAttentionRegressor(max_epochs=2, random_state=0)
    intervals = ConformalIntervals(model).fit(*data)
    display = TrainingDisplay.from_estimator(intervals)
    assert len(display.lines_["train_loss"].get_ydata()) == 2
