"""What the classifier adds: labels, probabilities, class weights."""

import inspect
import re
import warnings

import numpy as np
import pytest
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.utils.class_weight import compute_sample_weight

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor

FAST = {"hidden_size": 8, "max_epochs": 3, "random_state": 0}


def _make(n_classes=3, n=90, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6, 2))
    code = np.digitize(X[:, 1, 0], [0, 0.7][: n_classes - 1])
    return X, np.array(["low", "mid", "top"])[code]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_learns_string_labels(n_classes):
    X, y = _make(n_classes, 600)
    model = LSTMAttentionClassifier(
        learning_rate=0.02, max_epochs=40, random_state=0
    ).fit(X[:500], y[:500])
    assert model.score(X[500:], y[500:]) > 0.85
    assert set(model.predict(X)) <= {"low", "mid", "top"}


@pytest.mark.parametrize("n_classes", [2, 3])
def test_outputs_agree_with_each_other(n_classes):
    X, y = _make(n_classes)
    model = LSTMAttentionClassifier(**FAST).fit(X, y)
    proba = model.predict_proba(X)
    decision = model.decision_function(X)
    assert proba.shape == (90, n_classes)
    np.testing.assert_allclose(proba.sum(1), 1, atol=1e-12)
    np.testing.assert_array_equal(model.classes_[proba.argmax(1)], model.predict(X))
    if n_classes == 2:
        np.testing.assert_allclose(proba[:, 1], 1 / (1 + np.exp(-decision)))
    else:
        shifted = np.exp(decision - decision.max(1, keepdims=True))
        np.testing.assert_allclose(
            proba, shifted / shifted.sum(1, keepdims=True), rtol=1e-5
        )
    np.testing.assert_allclose(np.log(proba), model.predict_log_proba(X))


def test_the_validation_loss_is_the_log_loss():
    X, y = _make()
    model = LSTMAttentionClassifier(**FAST, early_stopping=True)
    model.fit(X[:60], y[:60], X_val=X[60:], y_val=y[60:])
    expected = log_loss(y[60:], model.predict_proba(X[60:]), labels=model.classes_)
    assert model.best_validation_loss_ == pytest.approx(expected, rel=1e-5)


def test_class_weights_are_sample_weights():
    X, y = _make()
    weights = compute_sample_weight("balanced", y)
    first = LSTMAttentionClassifier(**FAST, class_weight="balanced").fit(X, y)
    second = LSTMAttentionClassifier(**FAST).fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))


def test_class_weights_and_sample_weights_multiply():
    X, y = _make()
    given = np.random.default_rng(0).random(90)
    weights = given * np.where(y == "low", 2.0, 0.5)
    of_class = {"low": 2.0, "mid": 0.5, "top": 0.5}
    first = LSTMAttentionClassifier(**FAST, class_weight=of_class)
    second = LSTMAttentionClassifier(**FAST)
    np.testing.assert_array_equal(
        first.fit(X, y, sample_weight=given).predict_proba(X),
        second.fit(X, y, sample_weight=weights).predict_proba(X),
    )


def test_the_random_validation_part_has_like_shares_of_all_classes():
    seen = []

    class Watch(LSTMAttentionClassifier):
        def _check_split(self, training, held):
            seen.append(self.classes_[held.y[held.rows].argmax(2)[:, 0]])
            assert not np.intersect1d(training.rows, held.rows).size

    X = np.random.default_rng(0).normal(size=(200, 3, 1))
    y = np.repeat(["a", "b", "c"], [150, 49, 1])
    Watch(**FAST, early_stopping=True, validation_fraction=0.2).fit(X, y)
    labels, counts = np.unique(seen[0], return_counts=True)
    assert [*labels] == ["a", "b"]  # the only "c" stays in training
    assert counts.sum() == 40
    assert abs(counts[0] - 30) <= 1


def test_a_class_in_the_validation_part_alone_is_announced():
    X, y = _make(2)
    y[-5:] = "odd"
    model = LSTMAttentionClassifier(**FAST, validation_split=KFold(3))
    model.set_params(early_stopping=True)
    with pytest.warns(UserWarning, match="'odd' is in the validation part alone"):
        model.fit(X, y)
    assert "odd" in model.classes_


def test_a_class_only_in_y_val_is_refused():
    X, y = _make(2)
    with pytest.raises(ValueError, match="y_val holds the class 'new'"):
        LSTMAttentionClassifier(**FAST).fit(X, y, X_val=X[:2], y_val=["new", "low"])


def test_one_class_is_refused():
    with pytest.raises(ValueError, match=r"y holds one class only \('a'\)"):
        LSTMAttentionClassifier(**FAST).fit(np.ones((4, 3, 1)), ["a"] * 4)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0.5, 1.2, 3.4, 1.0], "Unknown label type"),
        ([1.0, np.nan, 0.0, 1.0], "NaN"),
        (None, "requires y"),
        (["a", "b"], "inconsistent"),
        (np.ones((4, 2)), "1d array"),
    ],
)
def test_broken_labels_get_a_sentence(y, message):
    with pytest.raises(ValueError, match=message):
        LSTMAttentionClassifier(**FAST).fit(np.ones((4, 3, 1)), y)


def test_partial_fit_learns_classes_as_they_come():
    X, y = _make()
    model = LSTMAttentionClassifier(**FAST)
    with pytest.raises(ValueError, match="classes must be passed"):
        model.partial_fit(X, y)
    first = y != "top"
    model.partial_fit(X[first], y[first], classes=["low", "mid", "top"])
    model.partial_fit(X, y)
    assert model.predict_proba(X).shape == (90, 3)
    with pytest.raises(ValueError, match="holds the class 'new'"):
        model.partial_fit(X[:1], ["new"])
    with pytest.raises(ValueError, match="balanced"):
        model.set_params(class_weight="balanced").partial_fit(X, y)


def test_fit_forgets_the_classes_of_earlier_calls():
    X, y = _make()
    model = LSTMAttentionClassifier(**FAST).fit(X, y)
    model.fit(X[:40], np.arange(40) % 2)
    assert [*model.classes_] == [0, 1]


def test_a_failed_fit_leaves_the_classes():
    X, y = _make()
    model = LSTMAttentionClassifier(**FAST).fit(X, y)
    with pytest.raises(ValueError, match="one class"):
        model.fit(X, np.zeros(90))
    assert [*model.classes_] == ["low", "mid", "top"]


def test_a_splitter_sees_the_labels():
    X, y = _make()
    model = LSTMAttentionClassifier(**FAST, validation_split=StratifiedKFold(3))
    model.set_params(early_stopping=True)
    assert model.fit(X, y).best_validation_loss_ > 0


@pytest.mark.parametrize("n_classes", [2, 3])
def test_contributions_add_up_to_the_decision_function(n_classes):
    X, y = _make(n_classes)
    model = LSTMAttentionClassifier(**FAST, values="inputs").fit(X, y)
    decision = model.decision_function(X)
    parts = model.predict_contributions(X)
    assert parts.shape == (*decision.shape, 6, 2)
    total = model.base_value_ + parts.sum((-2, -1))
    np.testing.assert_allclose(total, decision, atol=1e-5)


def test_grid_search_scores_by_log_loss():
    X, y = _make()
    search = GridSearchCV(
        LSTMAttentionClassifier(**FAST),
        {"attention": ["additive", "last"]},
        scoring="neg_log_loss",
        cv=2,
        error_score="raise",
    ).fit(X, y)
    assert np.isfinite(search.best_score_)


def test_parameters_of_both_estimators_are_documented_alike():
    def describe(cls):
        text = inspect.getdoc(cls).split("Attributes\n")[0]
        entries = text.split("----------\n", 1)[1].split("\n\n")
        return {entry.split(" :")[0]: entry for entry in entries if " :" in entry}

    ours, theirs = describe(LSTMAttentionClassifier), describe(LSTMAttentionRegressor)
    defaults, others = (
        {k: v.default for k, v in inspect.signature(cls).parameters.items()}
        for cls in (LSTMAttentionClassifier, LSTMAttentionRegressor)
    )
    different = {n for n in defaults.keys() & others if defaults[n] != others[n]}
    assert different == {"linear_skip", "validation_split"}
    # What these say of the decoder and of target channels is the regressor's alone.
    own = {"query", "state_bypass", "scale_windows", "linear_skip"}
    own |= {"validation_split", "early_stopping"}
    for name in (ours.keys() & theirs.keys()) - own:
        one, other = ours[name], theirs[name]
        if name in different:  # which have "auto" for a default, and else none of it
            one, other = (re.sub("default=.*", "", text) for text in (one, other))
        assert one == other, name


def test_no_warning_in_a_plain_fit():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LSTMAttentionClassifier(**FAST).fit(*_make())


# Weights of classes and samples

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 6, 2))


def test_samples_of_weight_0_do_not_count_in_balanced_weights():
    y = (X[:, 2, 0] > 0.7).astype(int)
    weights = np.where(np.arange(len(X)) < 60, 1.0, 0.0)
    parameters = FAST | {"class_weight": "balanced"}
    model = LSTMAttentionClassifier(**parameters).fit(X, y, weights)
    few = LSTMAttentionClassifier(**parameters).fit(X[:60], y[:60])
    np.testing.assert_array_equal(model.predict_proba(X), few.predict_proba(X))


def test_a_weight_of_2_counts_like_two_samples_in_balanced_weights():
    y = (X[:, 2, 0] > 0.7).astype(int)
    weights = RNG.integers(1, 3, len(X)).astype(float)
    model = LSTMAttentionClassifier(**FAST, class_weight="balanced").fit(X, y, weights)
    counts = np.bincount(np.repeat(y, weights.astype(int)))
    expected = counts.sum() / (2 * counts)
    explicit = dict(enumerate(expected))
    other = LSTMAttentionClassifier(**FAST, class_weight=explicit).fit(X, y, weights)
    np.testing.assert_allclose(model.predict_proba(X), other.predict_proba(X))


@pytest.mark.parametrize("bad", [{0: -1.0, 1: 1.0}, {0: 0, 1: 0}, {0: np.nan, 1: 1}])
def test_class_weights_that_make_no_sense_are_refused(bad):
    model = LSTMAttentionClassifier(**FAST, class_weight=bad)
    with pytest.raises(ValueError, match=r"class_weight=.*must give finite weights"):
        model.fit(X, (X[:, 2, 0] > 0).astype(int))


def test_samples_whose_weights_are_all_0_by_their_class_are_refused():
    y = (X[:, 2, 0] > 0).astype(int)
    model = LSTMAttentionClassifier(**FAST, class_weight={0: 0.0, 1: 1.0})
    with pytest.raises(ValueError, match="total weight of 0"):
        model.fit(X, y, sample_weight=(y == 0).astype(float))
    with pytest.raises(ValueError, match="samples of y_val have a total weight of 0"):
        model.fit(X, y, X_val=X[y == 0], y_val=y[y == 0])


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 1.0, 1: 5.0}])
def test_the_validation_loss_is_the_log_loss_by_the_classes_weights(class_weight):
    y = (X[:, 2, 0] > 0.5).astype(int)
    weights = RNG.uniform(1, 50, len(X))
    model = LSTMAttentionClassifier(
        **FAST | {"max_epochs": 1}, class_weight=class_weight
    )
    model.fit(X, y, weights, X_val=X, y_val=y)
    of_class = model._target.of_class[y] if class_weight else None
    expected = log_loss(y, model.predict_proba(X), sample_weight=of_class)
    assert model.best_validation_loss_ == pytest.approx(expected, rel=1e-5)


def test_the_share_of_the_attention_is_measured_in_logits():
    X = np.random.default_rng(0).normal(size=(80, 5, 2))
    y = X[:, 2, 0] + X[:, 4, 1] > 0
    model = LSTMAttentionClassifier(
        hidden_size=8, max_epochs=5, linear_skip=True, random_state=0
    )
    assert 0 < model.fit(X, y).attention_share_ < 1
