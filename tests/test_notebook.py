"""What a notebook shows of an estimator."""

import numpy as np
import pytest
from sklearn import config_context

from skattn import LSTMAttentionRegressor

X = np.random.default_rng(0).normal(size=(40, 6))


def test_an_unfitted_estimator_shows_the_diagram_alone():
    assert "skattn-fit" not in LSTMAttentionRegressor()._repr_html_()


@pytest.mark.parametrize("early_stopping", [True, False])
def test_a_fitted_estimator_shows_losses_and_choices(early_stopping):
    model = LSTMAttentionRegressor(
        max_epochs=3, early_stopping=early_stopping, random_state=0
    ).fit(X, X[:, 2])
    shown = model._repr_html_()
    assert f"3 epochs, training loss {model.history_['train_loss'][-1]:.3g}" in shown
    assert ("best validation loss" in shown) == early_stopping
    assert "<td>learning_rate</td>" in shown
    assert shown.count("<svg width") == 1


def test_one_epoch_has_no_line():
    model = LSTMAttentionRegressor(max_epochs=1, random_state=0).fit(X, X[:, 2])
    assert "<polyline" not in model._repr_html_()


def test_display_text_shows_no_html():
    with config_context(display="text"):
        assert not hasattr(LSTMAttentionRegressor(), "_repr_html_")
