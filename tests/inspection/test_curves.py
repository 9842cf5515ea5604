"""Curves and intervals of the report against all orders, counted out."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import kendalltau

from skattn.inspection import attention_faithfulness

from .conftest import Linear
from .doubles import Known

RNG = np.random.default_rng(0)


class Largest:
    """The answer is the largest value; the weights are the values themselves."""

    def predict(self, X):
        return np.asarray(X)[:, :, 0].max(1)

    def predict_attention(self, X):
        X = np.asarray(X)[:, :, 0]
        return X / X.sum(1, keepdims=True)

    _probe = Known(np.zeros(1))


def mean_over_subsets(X, k, kept):
    """Give the mean change if any k steps are replaced by 0, or only k are kept."""
    n_steps = X.shape[1]
    changes = []
    for chosen in combinations(range(n_steps), k):
        replaced = np.zeros(n_steps, bool)
        replaced[list(chosen)] = True
        if kept:
            replaced = ~replaced
        changed = np.where(replaced, 0.0, X[:, :, 0]).max(1)
        changes.append(np.abs(X[:, :, 0].max(1) - changed))
    return np.mean(changes, axis=0)


def test_random_curves_are_means_over_all_subsets():
    X = np.exp(RNG.normal(size=(40, 5, 1)))
    model = Largest()
    report = attention_faithfulness(model, X, random_state=0, n_random=200)
    spread = model.predict(X).std()
    for curves, kept in ((report.deletion, False), (report.insertion, True)):
        expected = [mean_over_subsets(X, k, kept).mean() / spread for k in range(6)]
        np.testing.assert_allclose(curves.random, expected, atol=0.05 * max(expected))
    np.testing.assert_allclose(
        report.insertion.random, report.deletion.random[::-1], rtol=1e-12
    )
    # Taking away the largest first leaves the second largest, and so on.
    ranked = -np.sort(-X[:, :, 0], axis=1)
    left = np.concatenate([ranked, np.zeros((40, 1))], axis=1)
    deletion = (ranked[:, :1] - left).mean(0) / spread
    np.testing.assert_allclose(report.deletion.attention, deletion)
    np.testing.assert_allclose(report.deletion.greedy, deletion)
    # Putting back the largest mends all.
    insertion = [ranked[:, 0].mean() / spread, 0, 0, 0, 0, 0]
    np.testing.assert_allclose(report.insertion.attention, insertion, atol=1e-12)
    np.testing.assert_allclose(report.insertion.greedy, insertion, atol=1e-12)


@pytest.mark.parametrize("n_points", [2, 3])
def test_several_steps_are_chosen_at_once_where_the_grid_is_coarse(n_points):
    X = np.exp(RNG.normal(size=(30, 6, 1)))
    steps = RNG.uniform(1, 5, size=6)
    shown = RNG.dirichlet(np.ones(6))
    model = Linear(steps, shown)
    model._probe = Known(np.zeros(1))
    report = attention_faithfulness(model, X, random_state=0, n_points=n_points)
    np.testing.assert_allclose(report.shares, np.linspace(0, 1, n_points + 1))
    counts = 6 * np.arange(n_points + 1) // n_points
    effects = steps * X[:, :, 0] / model.predict(X).std()

    def along(order):
        sums = np.take_along_axis(effects, order, axis=1).cumsum(1)
        return np.concatenate([np.zeros((30, 1)), sums], axis=1)[:, counts].mean(0)

    best = along(np.argsort(-effects, axis=1))
    own = along(np.broadcast_to(np.argsort(-shown), (30, 6)))
    np.testing.assert_allclose(report.deletion.greedy, best)
    np.testing.assert_allclose(report.deletion.attention, own)
    np.testing.assert_allclose(report.insertion.greedy, best[-1] - best, atol=1e-9)
    np.testing.assert_allclose(report.insertion.attention, own[-1] - own, atol=1e-9)
    line = best[-1] * counts / 6
    score = (own.mean() - line.mean()) / (best.mean() - line.mean())
    assert report.deletion_score == pytest.approx(score, abs=0.05)


def bootstrap(values, n=200_000):
    """Resample means until they hold still; seeds are not those of the report."""
    random = np.random.default_rng(1)
    means = [
        values[random.integers(len(values), size=(5000, len(values)))].mean(1)
        for _ in range(n // 5000)
    ]
    return np.percentile(np.concatenate(means), [2.5, 97.5])


def test_intervals_hold_95_percent_of_resampled_means():
    X, steps = RNG.normal(size=(40, 6, 1)), RNG.normal(size=6)
    shown = RNG.dirichlet(np.ones(6))
    effects = np.abs(steps * (X[:, :, 0] - X.mean()))
    taus = np.array([kendalltau(shown, row).statistic for row in effects])
    low, high = bootstrap(taus)
    mean = taus.mean()
    found = []
    for seed in range(8):  # of 2000 resamples each
        report = attention_faithfulness(Linear(steps, shown), X, random_state=seed)
        measure = report["tau_occlusion"]
        assert measure.value == pytest.approx(mean)
        found.append((measure.low, measure.high))
    middle = np.mean(found, axis=0)
    assert middle[0] - mean == pytest.approx(low - mean, rel=0.04)
    assert middle[1] - mean == pytest.approx(high - mean, rel=0.04)


def test_what_cannot_be_ranked_is_left_out_of_the_mean():
    """Kendall's tau needs two different values; samples without are not counted."""
    X = RNG.normal(size=(20, 4, 1))
    X[:5] = X.mean()  # replaced by the mean, these change nothing
    shown = RNG.dirichlet(np.ones(4))
    steps = np.array([1.0, 3.0, 2.0, 0.5])
    model = Linear(steps, shown)
    center = np.zeros(1) + X[0, 0]
    model._probe = Known(center)
    report = attention_faithfulness(model, X, random_state=0)
    effects = np.abs(steps * (X[5:, :, 0] - center))
    expected = np.mean([kendalltau(shown, row).statistic for row in effects])
    assert report["tau_occlusion"].value == pytest.approx(expected)


def test_samples_are_drawn_without_repeats_and_counted():
    X = np.exp(RNG.normal(size=(30, 4, 1)))
    seen = []

    class Watched(Linear):
        def predict_attention(self, X):
            seen.append(np.asarray(X)[:, 0, 0])
            return super().predict_attention(X)

    report = attention_faithfulness(
        Watched(np.ones(4)), X, max_samples=12, random_state=0
    )
    assert report.n_samples == 12
    (taken,) = seen
    assert len(set(taken)) == 12
    assert set(taken) <= set(X[:, 0, 0])
    assert "12 of 30 samples, 4 steps" in str(report)


def test_a_report_is_quiet_and_of_a_hundred_samples_unless_asked(capsys):
    X = np.exp(RNG.normal(size=(110, 25, 1)))
    report = attention_faithfulness(Linear(np.ones(25)), X, random_state=0)
    assert capsys.readouterr() == ("", "")
    assert report.n_samples == 100
    np.testing.assert_allclose(report.shares, np.linspace(0, 1, 21))
    with pytest.raises(KeyError, match="seed_agreement"):
        report["seed_agreement"]
    attention_faithfulness(
        Linear(np.ones(25)), X, max_samples=2, random_state=0, verbose=1
    )
    shown = capsys.readouterr().err
    for label in ("random rankings", "occlusion", "greedy deletion 1"):
        assert label in shown
