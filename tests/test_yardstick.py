"""A fit knows what a constant and ridge regression reach, and warns if it is worse."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeClassifierCV, RidgeCV
from sklearn.metrics import r2_score
from skorch.callbacks import Callback

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn.datasets import make_marked_step
from skattn.sequences import make_windows

LONG = {"hidden_size": 8, "max_epochs": 60, "batch_size": 8, "random_state": 0}
PENALTIES = np.logspace(-2, 4, 7)


def test_scores_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 6, 2))
    y = X[:, 2, 0] + 0.5 * rng.normal(size=120)
    model = LSTMAttentionRegressor(**LONG).fit(X, y)
    flat = X.reshape(120, -1)
    flat = (flat - flat.mean(0)) / flat.std(0)
    ridge = RidgeCV(alphas=PENALTIES).fit(flat, (y - y.mean()) / y.std())
    scores = model.yardstick_scores_["train"]
    expected = r2_score((y - y.mean()) / y.std(), ridge.predict(flat))
    assert scores["linear"] == pytest.approx(expected, abs=1e-4)
    assert scores["network"] == pytest.approx(model.score(X, y), abs=1e-5)
    assert scores["constant"] == pytest.approx(0, abs=1e-9)
    assert "held_out" not in model.yardstick_scores_


def test_classes_are_scored_by_accuracy_on_samples_set_aside():
    X = np.random.default_rng(0).normal(size=(400, 6, 2))
    y = np.where(X[:, 2, 0] > 0, "up", "down")
    model = LSTMAttentionClassifier(**LONG, conv_layers=0, early_stopping=True)
    model.set_params(validation_fraction=0.25).fit(X, y)
    scores = model.yardstick_scores_
    assert scores["held_out"]["network"] > 0.8
    assert scores["held_out"]["linear"] > 0.8
    flat = X.reshape(400, -1)
    whole = RidgeClassifierCV(alphas=PENALTIES).fit(flat, y).score(flat, y)
    assert abs(scores["train"]["linear"] - whole) < 0.1


@pytest.mark.parametrize("seed", range(2))
def test_random_labels_are_warned_about(seed):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(150, 10, 1)), rng.integers(3, size=150)
    with pytest.warns(ConvergenceWarning, match="Nothing was learned that holds"):
        LSTMAttentionClassifier(random_state=0).fit(X, y)


def test_random_numbers_are_warned_about():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1000, 8, 1)), rng.normal(size=1000)
    # On other samples or on none at all, whichever is found.
    with pytest.warns(ConvergenceWarning, match=r"(?i)nothing was learned"):
        LSTMAttentionRegressor(hidden_size=8, random_state=0).fit(X, y)


@pytest.mark.parametrize("seed", range(3))
def test_few_random_numbers_are_warned_about(seed):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(80, 8, 1)), rng.normal(size=80)
    with pytest.warns(ConvergenceWarning, match="may be chance|Nothing was learned"):
        model = LSTMAttentionRegressor(hidden_size=8, random_state=0).fit(X, y)
    assert "held_out" in model.yardstick_scores_


def test_numbers_that_a_line_predicts_twice_as_well_are_told_so():
    """A rate that is too low leaves a tenth of what ridge regression finds."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 30, 1)).cumsum(1)
    y = X[:, -8:, 0] @ rng.normal(size=8)
    slow = {"hidden_size": 8, "conv_layers": 0, "learning_rate": 1e-3}
    model = LSTMAttentionRegressor(**slow, random_state=0)
    with pytest.warns(ConvergenceWarning, match="order: linear_skip='ridge', which"):
        model.fit(X, y)
    scores = model.yardstick_scores_["held_out"]
    assert 0.3 < scores["network"] < scores["linear"] - 0.05


def test_a_line_is_not_recommended_where_little_is_left_to_gain():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 6, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = LSTMAttentionRegressor(random_state=0).fit(X, X[:, 2, 0])
    scores = model.yardstick_scores_["held_out"]
    assert 1 - scores["network"] > 2 * (1 - scores["linear"])
    assert scores["network"] > 0.95


def test_outputs_that_do_not_vary_do_not_count():
    X = np.random.default_rng(0).normal(size=(100, 6, 1))
    y = np.c_[X[:, -1, 0], np.ones(100)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = LSTMAttentionRegressor(hidden_size=16, random_state=0).fit(X, y)
    assert model.yardstick_scores_["held_out"]["network"] > 0.9


def test_samples_count_by_their_weights():
    """A third of the samples is wild, and weighs next to nothing."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(200, 6, 1))
    y = X[:, -1, 0].copy()
    wild = np.arange(200) % 3 == 0
    y[wild] = 30 * rng.normal(size=wild.sum())
    weights = np.where(wild, 1e-4, 1.0)
    model = LSTMAttentionRegressor(hidden_size=8, random_state=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, y, sample_weight=weights)
    scores = model.yardstick_scores_["train"]
    flat, scaled = X[:, :, 0], (y - y.mean()) / y.std()
    center, spread = flat.mean(0), flat.std(0)
    ridge = RidgeCV(alphas=PENALTIES)
    assert scores["linear"] > 0.8
    assert ridge.fit((flat - center) / spread, scaled).score(flat, scaled) < 0.1


def test_quantiles_are_not_judged_as_means():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(300, 4, 1))
    y = 1.2 * X[:, -1, 0] + 0.8 * rng.exponential(size=300)
    model = LSTMAttentionRegressor(
        hidden_size=8, loss="quantile", quantile=0.95, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, y)
    assert "held_out" in model.yardstick_scores_


def test_absolute_errors_are_compared_with_those_of_the_median():
    """R² is decided by few large numbers, which this loss does not look at."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4, 1))
    y = X[:, -1, 0] + np.where(rng.random(300) < 0.02, 100, 0)
    model = LSTMAttentionRegressor(
        hidden_size=16, loss="absolute_error", random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, y)
    assert model.yardstick_scores_["held_out"]["network"] < 0.5


def test_losses_before_samples_joined_in_are_not_taken_for_learning():
    """Samples that joined late vary more, so that earlier losses are lower."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 6, 1))
    for n in (59, 60, 61, 100):
        rng.normal(size=n)
    y = rng.normal(size=250)
    model = LSTMAttentionRegressor(hidden_size=16, random_state=0)
    with pytest.warns(ConvergenceWarning):
        model.fit(X[:250], y)


def test_a_rare_class_is_not_said_to_be_missed_altogether():
    """Accuracy of a rare class leaves no room for a gain that is clear."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(2300, 4, 1))
    y = (x[:, -1, 0] + 0.5 * rng.normal(size=2300) > 1.4)[:300]
    model = LSTMAttentionClassifier(hidden_size=8, random_state=0)
    with pytest.warns(ConvergenceWarning, match="What was learned may be chance"):
        model.fit(x[:300], y)


def test_what_is_learned_is_not_warned_about():
    X, y, _ = make_marked_step(1000, 8, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = LSTMAttentionRegressor(hidden_size=16, random_state=0).fit(X, y)
        classes = LSTMAttentionClassifier(hidden_size=16, random_state=0)
        classes.fit(X, y > 0)
    assert model.yardstick_scores_["held_out"]["network"] > 0.9
    assert classes.yardstick_scores_["held_out"]["network"] > 0.9


def test_a_linear_model_that_is_clearly_better_is_told():
    """A mean over steps at a tiny rate leaves next to nothing of a linear task."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 10, 3))
    y = X.reshape(400, -1) @ rng.normal(size=30)
    model = LSTMAttentionRegressor(
        **LONG, attention="mean", learning_rate=3e-4, early_stopping=True
    )
    with pytest.warns(ConvergenceWarning, match="A linear model is clearly better"):
        model.set_params(validation_fraction=0.3).fit(X, y)


def make_outages(n_times=900):
    """Return windows of a slow series that drops to 0 now and then."""
    rng = np.random.default_rng(0)
    series = 50 + rng.normal(scale=0.1, size=n_times).cumsum()
    for start in (60, 170, 300, 700):
        series[start : start + 12] = 0
    return make_windows(series, 12, 3)


def test_forecasts_are_scored_beside_the_last_value():
    X, y = make_outages()
    model = LSTMAttentionRegressor(target_channels=0, hidden_size=4, random_state=0)
    scores = model.fit(X[:700], y[:700], X_val=X[720:], y_val=y[720:])
    scores = scores.yardstick_scores_
    for name, rows in [("train", slice(700)), ("held_out", slice(720, None))]:
        assert [*scores[name]] == ["constant", "linear", "last_value", "network"]
        expected = r2_score(y[rows], np.repeat(X[rows, -1:, 0], 3, axis=1))
        assert scores[name]["last_value"] == pytest.approx(expected, abs=1e-4)


def test_a_last_value_that_is_clearly_better_is_told():
    """Squares leave training to the failures, and the levels between them to chance."""
    X, y = make_outages()
    model = LSTMAttentionRegressor(
        target_channels=0,
        anchor=False,
        linear_skip=False,
        loss="squared_error",
        early_stopping=True,
        hidden_size=4,
        random_state=0,
    )
    message = "The last value is clearly better: .*order: loss='absolute_error', to"
    with pytest.warns(ConvergenceWarning, match=message):
        model.fit(X, y)


def test_short_fits_are_not_compared():
    X = np.random.default_rng(0).normal(size=(60, 6, 1))
    model = LSTMAttentionRegressor(max_epochs=2, random_state=0).fit(X, X[:, 0, 0])
    assert model.yardstick_scores_ == {}


def test_samples_join_late_only_where_the_length_of_training_is_left_open():
    X, y, _ = make_marked_step(200, 6, random_state=0)
    given = LSTMAttentionClassifier(random_state=0, early_stopping=False, hidden_size=4)
    model = given.fit(X, y > 0)
    assert "held_out" not in model.yardstick_scores_
    model = LSTMAttentionClassifier(random_state=0, hidden_size=4).fit(X, y > 0)
    assert "held_out" in model.yardstick_scores_
    assert not model.early_stopping_


def test_long_and_ragged_sequences_are_compared_by_means():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in rng.integers(300, 700, size=40)]
    y = np.array([x[:, 0].mean() for x in X])
    model = LSTMAttentionRegressor(hidden_size=4, max_epochs=100, batch_size=8)
    scores = model.set_params(random_state=0).fit(X, y).yardstick_scores_["train"]
    assert scores["linear"] > 0.5


class Count(Callback):
    """Count the samples of each epoch."""

    def on_train_begin(self, net, **kwargs):
        self.counts = []

    def on_epoch_begin(self, net, **kwargs):
        self.counts.append(0)

    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        self.counts[-1] += len(batch.target)


def test_samples_set_aside_are_trained_on_in_the_last_third():
    X, y, _ = make_marked_step(160, 6, random_state=0)
    counter = Count()
    model = LSTMAttentionClassifier(random_state=0, hidden_size=4, callbacks=[counter])
    model.fit(X, y > 0)
    n_epochs = len(counter.counts)
    joins = n_epochs - n_epochs // 3
    assert counter.counts == [110] * joins + [160] * (n_epochs - joins)
    # The rate has come down to its end, so that the steps were counted right.
    assert model.history_["learning_rate"][-1] < 1e-4 * model.learning_rate_


class SeenError(Exception):
    """Raised once it is known which samples are set aside."""


class Judges(Callback):
    """Keep which samples are set aside, and train on none."""

    def on_train_begin(self, net, **kwargs):
        self.rows = [] if net.aside is None else [*net.aside.rows]
        raise SeenError


def find_judges(estimator, X, y, seed=0, **options):
    judges = Judges()
    model = estimator(hidden_size=4, random_state=seed, callbacks=[judges])
    with pytest.raises(SeenError):
        model.fit(X, y, **options)
    return judges.rows


@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize(
    ("estimator", "shuffled", "last"),
    [
        (LSTMAttentionRegressor, False, True),
        (LSTMAttentionRegressor, True, False),
        (LSTMAttentionClassifier, False, False),
    ],
)
def test_windows_that_share_steps_are_judged_by_the_last(
    estimator, shuffled, last, stride
):
    rng = np.random.default_rng(0)
    series = rng.normal(size=(1000, 1)).cumsum(0)
    X, y = make_windows(series, 8, 1, target_channels=0, stride=stride)
    X, y = X[:260], np.ravel(y)[:260]
    if shuffled:
        order = rng.permutation(len(X))
        X, y = X[order], y[order]
    y = y > y.mean() if estimator is LSTMAttentionClassifier else y
    rows = find_judges(estimator, X, y)
    assert rows
    assert (rows == [*range(260 - len(rows), 260)]) == last


@pytest.mark.filterwarnings("ignore:The number of unique classes:UserWarning")
@pytest.mark.parametrize("kind", ["each once", "large groups", "all of a class"])
def test_nothing_is_set_aside_where_too_much_would_be(kind):
    X, y, _ = make_marked_step(300, 6, random_state=0)
    y, groups, most = y > 0, None, 0
    if kind == "each once":
        y = np.arange(300)
    elif kind == "large groups":  # of which two are more than twice what is wanted
        groups, most = np.r_[np.arange(290) % 5, np.arange(10) // 2 + 5], 100
    else:
        groups = y = np.arange(300) // 30
    for seed in range(12):
        rows = find_judges(LSTMAttentionClassifier, X, y, seed, groups=groups)
        assert len(rows) <= most


def test_the_constant_counts_samples_by_their_weight():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 4, 1)), np.r_[np.zeros(60), np.full(40, 100.0)]
    model = LSTMAttentionRegressor(**LONG, loss="absolute_error")
    weights = np.r_[np.ones(60), np.full(40, 10.0)]
    model.fit(X, y, sample_weight=weights)
    shares = weights / weights.sum()
    mean = shares @ y
    expected = 1 - shares @ (100.0 - y) ** 2 / (shares @ (y - mean) ** 2)
    scores = model.yardstick_scores_["train"]
    assert scores["constant"] == pytest.approx(expected)


def test_samples_of_few_groups_do_not_join_late():
    X, y, _ = make_marked_step(160, 6, random_state=0)
    model = LSTMAttentionClassifier(random_state=0, hidden_size=4)
    model.fit(X, y > 0, groups=np.arange(160) % 4)
    assert "held_out" not in model.yardstick_scores_


@pytest.mark.parametrize("longest", [3, 12])
def test_validation_samples_may_have_other_lengths(longest):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(rng.integers(4, 9), 2)) for _ in range(600)]
    held = [rng.normal(size=(longest, 2)) for _ in range(60)]
    y, y_held = (np.array([x[0, 0] > 0 for x in part]) for part in (X, held))
    model = LSTMAttentionClassifier(
        hidden_size=4, batch_size=16, max_epochs=14, random_state=0
    ).fit(X, y, X_val=held, y_val=y_held)
    assert model.yardstick_scores_["held_out"].keys() == {
        "constant", "linear", "network",
    }  # fmt: skip
