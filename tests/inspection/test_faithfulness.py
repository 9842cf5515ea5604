"""The report on models whose answer is known, and on estimators that are not ours."""

import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression

from skattn import LSTMAttentionRegressor
from skattn.datasets import make_marked_step, make_reversal
from skattn.inspection import attention_faithfulness, conicity
from skattn.sequences import make_windows

from .conftest import TRAINED, Linear, Shown, random_weights
from .doubles import Known

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("task", ["marked", "largest"])
def test_a_well_trained_model_is_believed(task, request):
    model, X = request.getfixturevalue(task)
    report = attention_faithfulness(model, X, random_state=0)
    assert report.deletion_score >= 0.9
    assert report["deletion_score"].low > 0.85
    assert report.verdict.startswith("These weights can be read")
    assert report["permuted_change"].value > 0.3
    for name in ("tau_occlusion", "tau_gradient"):
        assert report[name].low > report[name].random


@pytest.mark.parametrize("task", ["marked", "largest"])
def test_random_weights_are_not_believed(task, request):
    model, X = request.getfixturevalue(task)
    report = attention_faithfulness(Shown(model, random_weights), X, random_state=0)
    score = report["deletion_score"]
    assert score.low <= 0 <= score.high
    assert "random" in report.verdict
    assert "interval contains 0" in score.sentence
    for name in ("tau_gradient", "permuted_change", "conicity", "attended_share"):
        assert np.isnan(report[name].value)
        assert "which Shown does not provide" in report[name].sentence


def test_attention_that_the_answer_does_not_use_is_not_believed():
    """The answer comes from the last state, the weights are fixed at random."""
    X, y, _ = make_marked_step(3000, 12, random_state=0)
    model = LSTMAttentionRegressor(attention="last", **TRAINED).fit(X, y)
    X = make_marked_step(300, 12, random_state=1)[0]
    assert model.score(X, X.prod(2).sum(1)) > 0.95
    report = attention_faithfulness(Shown(model, random_weights), X, random_state=0)
    score = report["deletion_score"]
    assert score.value < 0.2
    assert score.low <= 0 <= score.high


def test_attention_frozen_to_uniform_shows_no_change():
    X, y, _ = make_marked_step(500, 12, random_state=0)
    model = LSTMAttentionRegressor(attention="mean", max_epochs=2, random_state=0)
    report = attention_faithfulness(model.fit(X, y), X, random_state=0)
    for name in ("permuted_change", "uniform_change"):
        assert report[name].value == 0
        assert "do not change at all" in report[name].sentence
    assert "do not rank the steps" in report["tau_occlusion"].sentence
    assert report["deletion_score"].low <= 0 <= report["deletion_score"].high


def test_alignments_are_measured_output_by_output():
    X, y, truth = make_reversal(2000, 6, 2, random_state=0)
    model = LSTMAttentionRegressor(
        decoder="lstm", **TRAINED | {"max_epochs": 12, "learning_rate": 0.01}
    ).fit(X, y)
    X, _, truth = make_reversal(100, 6, 2, random_state=1)
    hit = model.predict_attention(X).argmax(-1) == truth.argmax(-1)
    assert hit.mean() > 0.95
    report = attention_faithfulness(model, X, random_state=0)
    assert report.deletion_score >= 0.8

    class Idle(Shown):
        """Shows the map of an attention that always looks at the last state."""

    idle = Idle(model, lambda weights: np.eye(6)[np.full(weights.shape[:2], 5)])
    report = attention_faithfulness(idle, X, random_state=0)
    assert report.deletion_score < 0.2


def test_a_state_that_leads_past_the_attention_is_named():
    X, y = RNG.normal(size=(30, 5, 2)), RNG.normal(size=30)
    model = LSTMAttentionRegressor(
        state_bypass=True, max_epochs=1, early_stopping=False, random_state=0
    ).fit(X, y)
    share = attention_faithfulness(model, X, random_state=0)["attended_share"]
    assert np.isnan(share.value)
    assert "state_bypass=True" in share.sentence
    model.set_params(state_bypass=False, linear_skip=True, output_activation="sigmoid")
    model.fit(X, np.abs(y) / 10)
    share = attention_faithfulness(model, X, random_state=0)["attended_share"]
    assert "sigmoid at the output bends" in share.sentence


def test_scores_of_a_linear_model_against_all_orders():
    """With |effects| fixed and of one sign, the areas can be written down."""
    steps = np.array([8.0, 4.0, 2.0, 1.0])
    X = np.exp(RNG.normal(size=(60, 4, 1)))
    model = Linear(steps)
    model._probe = Known(np.zeros(1))
    report = attention_faithfulness(model, X, random_state=0)
    assert report.deletion_score == pytest.approx(1.0)
    assert report["insertion_score"].value == pytest.approx(1.0)
    effects = np.sort(steps * X[:, :, 0], axis=1)[:, ::-1]
    spread = model.predict(X).std()
    best = np.cumsum(effects, axis=1).mean(0) / spread
    np.testing.assert_allclose(report.deletion.attention, [0, *best])
    np.testing.assert_allclose(report.deletion.greedy, [0, *best])
    line = best[-1] * np.arange(5) / 4
    np.testing.assert_allclose(report.deletion.random, line, atol=0.03 * best[-1])
    np.testing.assert_allclose(report.insertion.attention, best[-1] - [0, *best])
    opposite = Shown(model, lambda weights: (1 / weights) / (1 / weights).sum())
    opposite._probe = Known(np.zeros(1))
    report = attention_faithfulness(opposite, X, random_state=0)
    assert report["deletion_score"].high < 0
    assert "less effect than in random order" in report["deletion_score"].sentence
    assert report["tau_occlusion"].value == pytest.approx(-1.0)


def test_agreement_is_kendalls_tau():
    X, w = RNG.normal(size=(30, 6, 1)), RNG.normal(size=6)
    shown = RNG.dirichlet(np.ones(6))
    report = attention_faithfulness(Linear(w, shown), X, random_state=0)
    effects = np.abs(w * (X[:, :, 0] - X.mean()))
    expected = np.mean([kendalltau(shown, row).statistic for row in effects])
    assert report["tau_occlusion"].value == pytest.approx(expected)


def test_share_and_conicity_against_their_definitions():
    series = RNG.normal(size=300).cumsum()
    X, y = make_windows(series, 10, 2)
    model = LSTMAttentionRegressor(
        target_channels=0, anchor=True, linear_skip=True, max_epochs=3, random_state=0
    )
    model.set_params(learning_rate=0.001, batch_size=64).fit(X, y)
    report = attention_faithfulness(model, X, max_samples=len(X), random_state=0)
    unit = model._input_scaler.scale[0]
    history = (X[:, :, 0] - X[:, -1:, 0]) / unit
    linear = model.module_.skip.linear
    weight = linear.weight.detach().double().numpy()
    bypass = unit * (history @ weight.T) + X[:, -1:, 0]
    attended = model.predict(X) - bypass
    variation = [np.abs(term - term.mean(0)) for term in (attended, bypass)]
    spread = model.predict(X).std(0)
    above, below = (np.mean(term / spread) for term in variation)
    share = report["attended_share"]
    assert share.value == pytest.approx(above / (above + below), rel=1e-4)
    assert "goes through anchor and linear_skip" in share.sentence
    if share.value < 0.5 and report["deletion_score"].low > 0:
        assert "smaller share" in report.verdict
    assert report["conicity"].value == pytest.approx(conicity(model, X).mean())


FORMS = {
    "many outputs": {},
    "alignment": {"decoder": "lstm", "n_heads": 2},
    "patches": {"patch_size": 4},
    "feature": {"attention": "feature"},
    "max": {"attention": "max"},
    "targets": {"channel_independent": True, "target_channels": [0, 1]},
    "all axes": {
        "channel_independent": True,
        "target_channels": [0, 1],
        "decoder": "lstm",
        "patch_size": 3,
        "anchor": True,
    },
}


@pytest.mark.parametrize("form", [*FORMS])
def test_every_form_of_weights(form):
    X, y = RNG.normal(size=(30, 7, 3)), RNG.normal(size=(30, 3, 2))
    model = LSTMAttentionRegressor(hidden_size=8, max_epochs=1, random_state=0)
    model.set_params(early_stopping=False, **FORMS[form]).fit(X, y)
    own = model._probe.weights(X)
    if form != "max":
        given = model._probe.predict_with(X, own)
        np.testing.assert_allclose(given, model.predict(X), atol=1e-5)
    report = attention_faithfulness(model, X, max_samples=5, random_state=0)
    assert np.isfinite([m.value for m in report.measures[:4]]).all()
    change = report["permuted_change"]
    if form == "max":
        assert "attention='max' cannot predict" in change.sentence
    else:
        assert change.value > 0


def test_other_weights_make_the_prediction_that_they_should():
    """With weights at one step alone, the context is that step's state."""
    X, y = RNG.normal(size=(9, 5, 2)), RNG.normal(size=9)
    model = LSTMAttentionRegressor(hidden_size=4, max_epochs=1, random_state=0)
    model.set_params(early_stopping=False, passthrough=False).fit(X, y)
    weights = np.zeros((9, 1, 5))
    weights[:, :, 2] = 1.0
    # A state knows nothing of what follows: the third is the last of three steps.
    last = LSTMAttentionRegressor(hidden_size=4, max_epochs=1, random_state=0)
    last.set_params(early_stopping=False, attention="last").fit(X, y)
    last.module_.encoder.load_state_dict(model.module_.encoder.state_dict())
    last.module_.decoder.output.load_state_dict(
        model.module_.decoder.output.state_dict()
    )
    np.testing.assert_allclose(
        model._probe.predict_with(X, weights), last.predict(X[:, :3]), atol=1e-6
    )


def test_classifiers_and_ragged_sequences_are_reported():
    class Classifier(Linear):
        def __init__(self):
            super().__init__(np.ones(6))

        def predict_proba(self, X):
            return np.stack([-self.predict(X), self.predict(X)], axis=1)

    X = [RNG.normal(size=(n, 1)) for n in RNG.integers(1, 7, size=40)]
    report = attention_faithfulness(Classifier(), X, random_state=0)
    assert report["deletion_score"].low > 0
    assert report["tau_occlusion"].value > 0.5
    flat = RNG.normal(size=(50, 4))
    model = LogisticRegression().fit(flat, flat[:, 2] > 0)
    with pytest.raises(TypeError, match=r"predict_attention.*LogisticRegression"):
        attention_faithfulness(model, flat)


def test_agreement_between_seeds():
    X, y, _ = make_marked_step(300, 6, random_state=0)
    model = LSTMAttentionRegressor(attention="mean", max_epochs=1, random_state=0)
    model.set_params(attention="additive").fit(X, y)
    report = attention_faithfulness(
        model, X, y, n_refits=2, max_samples=20, random_state=0
    )
    seeds = report["seed_agreement"]
    assert -1 <= seeds.low <= seeds.value <= seeds.high <= 1
    assert "2 models" in seeds.sentence


def test_the_report_prints_and_becomes_a_frame():
    X = RNG.normal(size=(20, 4, 1))
    report = attention_faithfulness(Linear([1, 2, 3, 4]), X, random_state=0)
    text = str(report)
    assert text == repr(report)
    assert text.splitlines()[0] == "Attention of Linear, 20 of 20 samples, 4 steps"
    assert max(map(len, text.splitlines())) <= 79
    frame = report.to_frame()
    assert list(frame) == ["measure", "value", "low", "high", "random", "sentence"]
    assert all(name in text for name in frame["measure"])
    assert isinstance(report.to_frame("polars"), pl.DataFrame)
    with pytest.raises(KeyError, match="'taste' is no measure"):
        report["taste"]


def test_reports_repeat_and_leave_everything_as_it_was():
    X, model = RNG.normal(size=(20, 4, 1)), Linear([1, 2, 3, 4])
    before, state = X.copy(), np.random.get_state()[1].copy()
    one = attention_faithfulness(model, X, random_state=3)
    other = attention_faithfulness(model, X, random_state=3)
    assert str(one) == str(other)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(np.random.get_state()[1], state)


@given(st.integers(2, 12), st.integers(2, 9), st.sampled_from([np.float32, np.float64]))
@settings(max_examples=15, deadline=None)
def test_any_size_gives_finite_scores_or_says_why(n, n_steps, dtype):
    X = np.random.default_rng(n).normal(size=(n, n_steps, 1)).astype(dtype)
    report = attention_faithfulness(Linear(np.ones(n_steps)), X, random_state=0)
    score = report["deletion_score"]
    assert np.isfinite(score.value) or "Not measured" in score.sentence


def test_without_captum_the_report_goes_on(marked, monkeypatch):
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    model, X = marked
    report = attention_faithfulness(model, X[:10], random_state=0)
    assert "skattn[inspection]" in report["tau_gradient"].sentence


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_random": 49}, "n_random=49 must be at least 50"),
        ({"max_samples": 0}, "max_samples=0 must be at least 1"),
        ({"n_refits": 1}, "n_refits=1 must be 0 or at least 2"),
        ({"n_refits": 2}, "n_refits=2 needs y"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        attention_faithfulness(Linear([1, 2]), RNG.normal(size=(9, 2, 1)), **arguments)


def test_predictions_without_difference_and_foreign_shapes_are_refused():
    X = RNG.normal(size=(5, 3, 1))
    with pytest.raises(ValueError, match=r"predictions for the 5 .* the same"):
        attention_faithfulness(Linear(np.zeros(3), np.ones(3)), X)
    model = Linear([1, 2, 3])
    for weights, message in (
        (np.ones((5, 4, 3)), "do not match predictions"),
        (np.ones((4, 3)), r"predict_attention gave shape \(4, 3\) for 5 samples"),
    ):
        model.predict_attention = lambda X, weights=weights: weights
        with pytest.raises(ValueError, match=message):
            attention_faithfulness(model, X)
    model.patch_size = 2
    model.predict_attention = lambda X: np.ones((5, 3))
    with pytest.raises(ValueError, match=r"gave 3 steps .* are 2 in patches of 2"):
        attention_faithfulness(model, X)


class Seeded(BaseEstimator):
    """Shows weights for each of two outputs; the second draws them from its seed."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y):
        return self

    def predict(self, X):
        return X[:, :2, 0] * [1.0, 2.0]

    def predict_attention(self, X):
        fixed = np.arange(1.0, 6.0)
        drawn = np.random.default_rng(self.random_state).permutation(fixed)
        return np.tile([fixed, drawn], (len(X), 1, 1))


def test_agreement_between_seeds_is_that_of_the_rows_that_were_drawn():
    X = RNG.normal(size=(60, 5, 1))
    seeds = attention_faithfulness(
        Seeded(), X, np.zeros(60), n_refits=2, random_state=0
    )["seed_agreement"]
    # Some of the rows agree wholly, the others alike among themselves.
    assert seeds.low < seeds.value < seeds.high < 1
    assert seeds.random == 0


def test_one_step_has_nothing_to_rank():
    X = np.random.default_rng(0).normal(size=(40, 1, 2))
    model = LSTMAttentionRegressor(hidden_size=2, max_epochs=2, random_state=0)
    with pytest.warns(UserWarning, match="one time step"):
        model.fit(X, X[:, 0, 0])
    with pytest.raises(ValueError, match="one step with a weight, which is 1"):
        attention_faithfulness(model, X)
