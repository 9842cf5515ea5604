"""Channels, static features and known futures ranked side by side."""

import numpy as np
import pytest

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn.inspection import (
    channel_occlusion_importance,
    channel_permutation_importance,
)
from skattn.metrics import flat_scorer
from skattn.sequences import Sequences

RNG = np.random.default_rng(0)
N = 200
STEPS = RNG.normal(size=(N, 5, 2)) + [1, 3]
STATIC = RNG.normal(size=(N, 2)) + [5, 0]
FUTURE = RNG.normal(size=(N, 3, 2)) + [0, 7]
X = Sequences(STEPS, static=STATIC, future=FUTURE)


class Sum:
    """A known answer: a sum over all columns, with weights."""

    def __init__(self, static=(2.0, 0.0), future=(0.0, 3.0)):
        self.static, self.future = static, future

    def fit(self, X, y):
        return self

    def predict(self, X):
        total = np.array([np.asarray(x)[:, 0].sum() for x in X.steps])
        return (
            total
            + np.asarray(X.static, float) @ self.static
            + X.future[:, 0] @ np.array(self.future)
        )

    def score(self, X, y):
        return -np.mean((self.predict(X) - y) ** 2)


def test_occlusion_of_a_sum_is_weight_times_distance_for_each_column():
    before = [part.copy() for part in (STEPS, STATIC, FUTURE)]
    found = channel_occlusion_importance(Sum(), X)
    assert found.importances.shape == (N, 6)
    assert found.kinds.tolist() == [
        kind for kind in ("channel", "static", "future") for _ in range(2)
    ]
    assert found.names.tolist()[1:4] == ["channel 1", "static 0", "static 1"]
    distance = [
        (STEPS[:, :, 0] - STEPS[:, :, 0].mean()).sum(1),
        np.zeros(N),
        2 * (STATIC[:, 0] - STATIC[:, 0].mean()),
        np.zeros(N),
        np.zeros(N),
        3 * (FUTURE[:, 0, 1] - FUTURE[:, :, 1].mean()),
    ]
    np.testing.assert_allclose(found.importances.T, distance, atol=1e-9)
    for part, old in zip((X.steps, X.static, X.future), before, strict=True):
        np.testing.assert_array_equal(part, old)


def test_permutation_of_a_sum_costs_twice_the_variance_of_each_column():
    y = Sum().predict(X)
    found = channel_permutation_importance(Sum(), X, y, n_repeats=30, random_state=0)
    assert found.importances.shape == (6, 30)
    variance = [STEPS[:, :, 0].sum(1).var(), 0, 4 * STATIC[:, 0].var(), 0, 0]
    variance += [9 * FUTURE[:, 0, 1].var()]
    np.testing.assert_allclose(
        found.importances_mean, 2 * np.array(variance), rtol=0.1, atol=1e-9
    )
    again = channel_permutation_importance(Sum(), X, y, n_repeats=30, random_state=0)
    np.testing.assert_array_equal(found.importances, again.importances)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_give_names_and_stay_frames(library):
    frame = pytest.importorskip(library).DataFrame
    table = {"size": STATIC[:, 0], "flag": STATIC[:, 1] > 0, "town": ["a", "b"] * 100}
    static = frame(table)
    future = [frame({"sun": x[:, 0], "wind": x[:, 1]}) for x in FUTURE]
    whole = Sequences(STEPS, static=static, future=future)
    asked = []

    class Named(Sum):
        def predict(self, X):
            asked.append(X)
            return np.asarray(X.static["size"], float) + X.future[:, 0, 1]

    found = channel_occlusion_importance(Named(), whole)
    names = ["channel 0", "channel 1", "size", "flag", "town", "sun", "wind"]
    assert found.names.tolist() == names
    changed = np.abs(found.importances).mean(0) > 0
    assert found.names[changed].tolist() == ["size", "wind"]
    assert all(type(x.static) is frame for x in asked)
    assert all([*x.static.columns] == [*static.columns] for x in asked)
    assert len({*asked[5].static["town"]}) == 1  # of words, the most frequent
    np.testing.assert_array_equal(asked[5].static["size"], table["size"])
    asked.clear()
    result = channel_permutation_importance(
        Named(), whole, Named().predict(whole), n_repeats=2, random_state=0
    )
    assert result.names[result.importances_mean > 0].tolist() == ["size", "wind"]
    for x in asked:
        for name in static.columns:
            assert sorted(x.static[name]) == sorted(table[name])
    assert [*static["town"]] == table["town"]


def test_our_estimators_rank_what_they_have_learned():
    y = STEPS[:, -1:, 1] + 3 * STATIC[:, :1] + 2 * FUTURE[:, :, 0]
    model = LSTMAttentionRegressor(hidden_size=8, max_epochs=60, random_state=0)
    model.fit(X, y)
    found = channel_occlusion_importance(model, X)
    assert found.importances.shape == (N, 3, 6)
    size = np.abs(found.importances).mean((0, 1))
    assert {*size.argsort()[-3:]} == {1, 2, 4}
    alone = channel_occlusion_importance(model, X[:1])  # means of the training part
    np.testing.assert_allclose(alone.importances, found.importances[:1], atol=1e-4)
    result = channel_permutation_importance(model, X, y, random_state=0)
    assert {*result.importances_mean.argsort()[-3:]} == {1, 2, 4}
    several = np.stack([y, -y], axis=2)
    model.set_params(max_epochs=5).fit(X, several)
    scoring = {"error": flat_scorer("neg_mean_absolute_error"), "r2": flat_scorer("r2")}
    both = channel_permutation_importance(
        model, X, several, scoring=scoring, n_repeats=1, random_state=0
    )
    assert {*both} == {"error", "r2"}
    assert both["r2"].kinds.tolist() == found.kinds.tolist()


def test_arrays_and_ragged_sequences_have_channels_alone():
    ragged = [x[: 3 + i % 2] for i, x in enumerate(STEPS)]
    y = np.array([x[-1, 1] > 3 for x in ragged])
    model = LSTMAttentionClassifier(max_epochs=30, random_state=0).fit(ragged, y)
    found = channel_occlusion_importance(model, ragged)
    assert found.importances.shape == (N, 2, 2)  # classes, channels
    result = channel_permutation_importance(model, ragged, y, random_state=0)
    assert result.names[result.importances_mean.argmax()] == "channel 1"
    flat = channel_occlusion_importance(
        LSTMAttentionClassifier(max_epochs=1).fit(STEPS[:, :, 0], y), STEPS[:, :, 0]
    )
    assert flat.names.tolist() == ["channel 0"]
    with pytest.raises(ValueError, match="n_repeats=0 must be at least 1"):
        channel_permutation_importance(model, ragged, y, n_repeats=0)
    with pytest.raises(TypeError, match="must have one of the methods"):
        channel_occlusion_importance(3, ragged)
