"""Estimators with segments as values: sums, files, and what does not go."""

import numpy as np
import pytest

import skattn
from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn.datasets import make_marked_step
from skattn.inspection import attention_faithfulness
from skattn.sequences import Sequences, make_windows

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 14, 2)) * [1, 10] + [0, 5]
Y = X[:, 3, 0] + 0.1 * X[:, 9, 1]
RAGGED = [x[: RNG.integers(3, 15)] for x in X]
CLASSES = np.array(["a", "b", "c"])[np.digitize(X[:, 3, 0], [-0.4, 0.4])]
SERIES = np.sin(np.arange(300) / 4) + 0.1 * RNG.normal(size=300)
SEGMENTS = {"values": "segments", "attention": "contribution", "hidden_size": 8}
SEGMENTS |= {"max_epochs": 3, "random_state": 0}


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("attention", ["contribution", "sum"])
def test_contributions_of_a_regressor_add_up(attention, ragged):
    model = LSTMAttentionRegressor(**SEGMENTS | {"attention": attention})
    given = RAGGED if ragged else X
    model.fit(given, Y)
    steps = model.predict_contributions(given)
    assert steps.shape == (60, 14)
    error = model.base_value_ + steps.sum(1) - model.predict(given)
    assert np.abs(error).max() <= 1e-5 * Y.std()
    patches = model.predict_contributions(given, unit="patch")
    assert patches.shape == (60, 7)
    assert model.segment_size_ == 2
    np.testing.assert_allclose(patches.sum(1), steps.sum(1), atol=1e-9)
    with pytest.raises(ValueError, match="unit='channel' needs values='inputs'"):
        model.predict_contributions(given, unit="channel")
    with pytest.raises(ValueError, match="unit='segment' must be"):
        model.predict_contributions(given, unit="segment")


@pytest.mark.parametrize("n_classes", [2, 3])
def test_contributions_of_a_classifier_add_up_to_log_odds(n_classes):
    y = CLASSES if n_classes == 3 else CLASSES == "a"
    model = LSTMAttentionClassifier(**SEGMENTS).fit(RAGGED, y)
    decided = model.decision_function(RAGGED)
    steps = model.predict_contributions(RAGGED)
    error = model.base_value_ + steps.sum(-1) - decided
    assert np.abs(error).max() <= 1e-5 * decided.std()
    if n_classes == 2:  # one output: weights have the order of contributions
        weights = model.predict_attention(RAGGED, unit="patch")
        sizes = np.abs(model.predict_contributions(RAGGED, unit="patch"))
        for weight, size in zip(weights, sizes, strict=True):
            order = np.argsort(weight[weight > 0])
            assert (np.diff(size[weight > 0][order]) >= -1e-7).all()


def test_all_parts_of_a_forecast_add_up():
    windows, y = make_windows(np.stack([SERIES, SERIES[::-1]], 1), 24, 3)
    given = Sequences(
        windows,
        static=RNG.normal(size=(len(windows), 2)),
        future=RNG.normal(size=(len(windows), 3, 2)),
    )
    model = LSTMAttentionRegressor(
        target_channels="all", anchor=True, linear_skip="ar", **SEGMENTS
    ).set_params(early_stopping=False, max_epochs=5)
    model.fit(given, y)
    assert 0 < model.attention_share_ < 1
    total = model.base_value_ + model.predict_contributions(given).sum(-1)
    total = total + model.predict_contributions(given, "future").sum((-1, -2))
    total = total + model.predict_contributions(given, "static")
    assert np.abs(total - model.predict(given)).max() <= 1e-5 * y.std()
    assert model.fit_summary_["segment_size"].value == 3


def test_states_are_summed_up_too():
    model = LSTMAttentionRegressor(hidden_size=8, max_epochs=3, patch_size=3)
    steps = model.fit(X, Y).predict_contributions(X)
    error = model.base_value_ + steps.sum(1) - model.predict(X)
    assert np.abs(error).max() <= 1e-5 * Y.std()
    model.set_params(attention="max").fit(X, Y)
    with pytest.raises(AttributeError, match=r"Got decoder='dense'.*attention='max'"):
        model.predict_contributions(X)


@pytest.mark.parametrize("kind", [LSTMAttentionRegressor, LSTMAttentionClassifier])
def test_a_file_says_the_same(kind, tmp_path):
    y = Y if kind is LSTMAttentionRegressor else CLASSES
    model = kind(patch_size=2, segment_size=4, **SEGMENTS).fit(RAGGED, y)
    skattn.save(model, tmp_path / "model.skattn")
    loaded = skattn.load(tmp_path / "model.skattn")
    for name in ("predict", "predict_attention", "predict_contributions"):
        one, other = getattr(model, name)(RAGGED), getattr(loaded, name)(RAGGED)
        np.testing.assert_array_equal(one, other)
    assert (loaded.partial_fit(RAGGED, y).predict(X) == loaded.predict(X)).all()


def test_training_goes_on_and_counts_weights():
    once = LSTMAttentionRegressor(**SEGMENTS, lr_schedule=None, warm_start=True)
    once.fit(X, Y).fit(X, Y)
    assert once.n_iter_ == 6
    with pytest.raises(ValueError, match="segment_size=7 cannot change where"):
        once.set_params(segment_size=7).fit(X, Y)
    weights = np.arange(60) % 2
    model = LSTMAttentionRegressor(**SEGMENTS, cancellation_penalty=0.5, batch_size=60)
    some = model.fit(X[1::2], Y[1::2]).predict(X)
    model.set_params(scale_inputs=True).fit(X, Y, sample_weight=weights)
    np.testing.assert_allclose(model.predict(X), some, atol=1e-5 * Y.std())


def test_the_penalty_makes_contributions_cancel_less():
    def cancel(penalty):
        model = LSTMAttentionRegressor(
            values="segments",
            attention="sum",
            hidden_size=16,
            max_epochs=20,
            cancellation_penalty=penalty,
            random_state=0,
        )
        each = model.fit(X, Y).predict_contributions(X, unit="patch")
        return (np.abs(each).sum(1) - np.abs(each.sum(1))).mean()

    assert cancel(5.0) < 0.5 * cancel(0.0)


def test_segments_of_a_marked_step_are_found_and_believed():
    X, y, truth = make_marked_step(2000, 12, random_state=0)
    model = LSTMAttentionRegressor(
        values="segments",
        attention="sum",
        cancellation_penalty=0.1,  # parts that cancel are no explanation
        hidden_size=16,
        max_epochs=30,
        random_state=0,
    ).fit(X, y)
    X, y, truth = make_marked_step(200, 12, random_state=1)
    assert model.score(X, y) > 0.98
    report = attention_faithfulness(model, X, ranking="size", random_state=0)
    assert report.verdict.startswith("These contributions can be read")
    assert report["additivity"].value > 0.99
    top = np.abs(model.predict_contributions(X)).argmax(1) // 2
    assert (top == truth.argmax(1) // 2).mean() > 0.95


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"conv_layers": 2}, "values='segments' does not go with conv_layers=2"),
        ({"state_bypass": True}, "'segments' does not go with state_bypass=True"),
        ({"missing": "decay"}, "'segments' does not go with missing='decay'"),
        ({"missing": "forward"}, "'segments' does not go with missing='forward'"),
        ({"attention": "max"}, "'segments' does not go with attention='max'"),
        ({"decoder": "lstm"}, "decoder='lstm' does not go with values='segments'"),
        ({"scale_windows": "mean"}, "'mean' does not go with values='segments'"),
        ({"patch_size": 3, "segment_size": 4}, "patch_size=3 must divide segment_size"),
        ({"values": "states"}, "attention='contribution' needs values='segments'"),
        (
            {"values": "states", "attention": "dot", "cancellation_penalty": 0.1},
            "cancellation_penalty=0.1 needs values='segments'",
        ),
    ],
)
def test_what_does_not_go_with_segments_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        LSTMAttentionRegressor(**SEGMENTS | changes).fit(X, Y)


@pytest.mark.parametrize(
    ("length", "size", "number"),
    [(1, 1, 1), (5, 1, 5), (11, 2, 6), (20, 2, 10), (30, 4, 8), (200, 25, 8)],
)
def test_six_to_ten_segments_are_left(length, size, number):
    model = LSTMAttentionRegressor(**SEGMENTS | {"max_epochs": 1})
    model.fit(RNG.normal(size=(20, length, 1)), RNG.normal(size=20))
    assert model.segment_size_ == size
    assert model.predict_attention(np.zeros((2, length, 1)), unit="patch").shape == (
        2,
        number,
    )
    assert size % model.patch_size_ == 0
    assert size / model.patch_size_ <= 12


def test_a_segment_is_a_period_of_forecasts():
    day = np.tile(np.sin(np.arange(24) / 24 * 2 * np.pi), 30)
    windows, y = make_windows(day + 0.1 * RNG.normal(size=len(day)), 96, 24)
    model = LSTMAttentionRegressor(target_channels=0, **SEGMENTS)
    model.set_params(max_epochs=1).fit(windows, y)
    assert (model.segment_size_, model.patch_size_) == (24, 2)
    assert model.fit_summary_["segment_size"].reason == "the period of the sequences"
