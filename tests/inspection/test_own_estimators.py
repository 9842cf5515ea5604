"""Inspection of skattn's own estimators: classes, ragged input, gaps, frames."""

import numpy as np
import pytest

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn.inspection import (
    attention_faithfulness,
    attention_frame,
    gradient_importance,
    occlusion_importance,
)
from skattn.sequences import to_tslearn

RNG = np.random.default_rng(0)
RAGGED = [RNG.normal(size=(n, 2)) for n in RNG.integers(2, 9, 40)]
FAST = {"hidden_size": 8, "max_epochs": 3, "random_state": 0}
NUMBERS = np.array([x[0, 0] for x in RAGGED])
CLASSES = np.where(NUMBERS > 0, "up", "down")


def _fit(kind, X=RAGGED, **parameters):
    if kind == "classes":
        return LSTMAttentionClassifier(**FAST, **parameters).fit(X, CLASSES)
    return LSTMAttentionRegressor(**FAST, **parameters).fit(X, NUMBERS)


@pytest.mark.parametrize("kind", ["numbers", "classes"])
def test_a_report_on_ragged_input_measures_everything(kind):
    report = attention_faithfulness(_fit(kind), RAGGED, random_state=0)
    assert "Not measured" not in str(report)
    assert np.isfinite(report.deletion_score)


@pytest.mark.parametrize("kind", ["numbers", "classes"])
@pytest.mark.parametrize("missing", ["error", "forward"])
def test_gradients_add_up_to_the_change_from_the_mean(kind, missing):
    model = _fit(kind, missing=missing)
    parts = gradient_importance(model, RAGGED, n_steps=200)
    output = model.predict_proba if kind == "classes" else model.predict
    mean = model._probe.mean_inputs()
    start = output([np.tile(mean, (len(x), 1)) for x in RAGGED])
    np.testing.assert_allclose(
        parts.sum((-2, -1)), output(RAGGED) - start, atol=2e-3 * NUMBERS.std()
    )


def test_own_weights_given_back_change_nothing():
    for kind in ("numbers", "classes"):
        model = _fit(kind, bidirectional=True)
        weights = model._probe.weights(RAGGED)
        answer = model._probe.predict_with(RAGGED, weights)
        output = model.predict_proba if kind == "classes" else model.predict
        np.testing.assert_allclose(answer, output(RAGGED), atol=1e-6)


def test_lists_and_padded_arrays_are_explained_alike():
    padded = to_tslearn(RAGGED)
    model = _fit("numbers", padding_value=np.nan)
    as_list = occlusion_importance(model, RAGGED)
    np.testing.assert_allclose(occlusion_importance(model, padded), as_list, atol=1e-6)


def test_frames_in_a_list_are_explained_as_frames():
    pandas = pytest.importorskip("pandas")
    frames = [pandas.DataFrame(x, columns=["a", "b"]) for x in RAGGED]
    model = _fit("numbers", frames)
    importance = occlusion_importance(model, frames)  # no warning about names
    np.testing.assert_allclose(
        importance, occlusion_importance(_fit("numbers"), RAGGED), atol=1e-6
    )


def test_a_table_of_ragged_weights_has_the_real_steps_only():
    table = attention_frame(_fit("numbers"), RAGGED)
    assert len(table) == sum(len(x) for x in RAGGED)
