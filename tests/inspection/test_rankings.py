"""Rankings by weights, by size and by sign of contributions; what replaces steps."""

import numpy as np
import pytest

from skattn import LSTMAttentionRegressor
from skattn.inspection import attention_faithfulness
from skattn.inspection._curves import _count_points

from .conftest import Linear
from .doubles import Known

RNG = np.random.default_rng(0)
STEPS = np.array([4.0, 0.5, 2.0, 0.25, 1.0])
MIXED = np.array([4.0, -2.0, 1.5, -0.5, 1.2])
X = 1 + 0.1 * RNG.normal(size=(60, 5, 1))  # effects keep the signs of the steps


class Additive(Linear):
    """A linear model that knows what its steps contribute, from a mean of 0."""

    def __init__(self, steps=STEPS):
        super().__init__(steps, np.full(5, 0.2))
        self._probe = Known(np.zeros(1))

    def predict_contributions(self, X):
        return np.asarray(X)[:, :, 0] * self.steps


class Log(Additive):
    """Two classes whose log-odds are the sum."""

    def predict_proba(self, X):
        odds = Linear.predict(self, X)
        return np.stack([1 / (1 + np.exp(odds)), 1 / (1 + np.exp(-odds))], axis=1)


def curve(effects, order):
    taken = np.take_along_axis(effects, order, axis=1).cumsum(1)
    return np.abs(np.pad(taken, ((0, 0), (1, 0))))


@pytest.mark.parametrize("ranking", ["size", "signed"])
def test_scores_of_contributions_against_their_definition(ranking):
    model = Additive(MIXED)
    report = attention_faithfulness(model, X, ranking=ranking, random_state=0)
    effects = X[:, :, 0] * MIXED / model.predict(X).std()
    signed = effects * np.sign(effects.sum(1, keepdims=True))
    score = np.abs(effects) if ranking == "size" else signed
    own = curve(effects, np.argsort(-score, axis=1))
    np.testing.assert_allclose(report.deletion.attention, own.mean(0))
    # The greedy order takes the positive effects first, the largest before; where it
    # has reached the whole sum, nothing is left to explain.
    best = curve(effects, np.argsort(-signed, axis=1))
    first = (best >= best[:, -1:] - 0.02).argmax(1)
    counted = np.arange(6) <= first[:, None]
    chance = np.mean(
        [curve(effects, RNG.permuted(np.tile(np.arange(5), (60, 1)), axis=1))
         for _ in range(2000)],
        axis=0,
    )  # fmt: skip
    gain = [((one - chance) * counted).sum() for one in (own, best)]
    assert report.deletion_score == pytest.approx(gain[0] / gain[1], abs=0.03)
    assert report["additivity"].value == pytest.approx(1.0)
    names = [each.name for each in report.rankings]
    assert names == ["weights", "size", "signed"]
    assert report.rankings[names.index(ranking)].deletion.value == report.deletion_score


def test_contributions_of_one_sign_can_be_read():
    report = attention_faithfulness(Additive(), X, ranking="size", random_state=0)
    assert report.recommended == "size"
    assert report.verdict.startswith("These contributions can be read")


def test_contributions_to_log_odds_rank_steps_of_a_classifier():
    report = attention_faithfulness(Log(), X / 10, ranking="size", random_state=0)
    assert report.deletion_score > 0.9


def test_equal_weights_are_not_believed_where_contributions_are():
    report = attention_faithfulness(Additive(), X, random_state=0)
    assert "Do not read these weights" in report.verdict
    assert "ranking='size'" in str(report)


def test_steps_that_act_together_are_not_additive():
    class Product(Linear):
        def predict(self, X):
            return np.asarray(X)[:, :2, 0].prod(1)

    model = Product(STEPS, np.full(5, 0.2))
    model._probe = Known(np.zeros(1))
    report = attention_faithfulness(model, X, random_state=0)
    whole = model.predict(X)  # each of the two steps alone changes all of it
    expected = 1 - (whole**2).sum() / ((whole - whole.mean()) ** 2).sum()
    assert report["additivity"].value == pytest.approx(expected)
    assert "act together" in report["additivity"].sentence


def test_a_curve_counts_until_nothing_is_left():
    greedy = np.array([[0, 0.5, 1.0, 1.4, 1.0], [0, 0.99, 1.2, 1.1, 1.0], [0] * 5])
    expected = np.array([[1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]])
    np.testing.assert_array_equal(_count_points(greedy), expected == 1)


def test_lines_and_other_samples_in_the_place_of_steps():
    slope = RNG.normal(size=(20, 1)) * np.arange(8)
    model = Linear(RNG.normal(size=8), RNG.dirichlet(np.ones(8)))
    model._probe = Known(np.zeros(1))
    with pytest.raises(ValueError, match="replacement='gap' must be 'mean'"):
        attention_faithfulness(model, slope[:, :, None], replacement="gap")
    found = {
        replacement: attention_faithfulness(
            model, slope[:, :, None], replacement=replacement, random_state=0
        )
        for replacement in ("mean", "interpolate", "sample")
    }
    plain = model.predict(slope[:, :, None])
    spread = plain.std()
    other = model.predict(np.roll(slope, -10, axis=0)[:, :, None])
    whole = {"mean": plain, "interpolate": plain, "sample": plain - other}
    for replacement, change in whole.items():
        last = found[replacement].deletion.greedy[-1]
        assert last == pytest.approx(np.abs(change).mean() / spread)
    # Inner steps of a line are on the line between those that stay.
    few = found["interpolate"].deletion.random[1]
    assert few < 0.7 * found["mean"].deletion.random[1]


def test_what_an_estimator_does_not_offer_is_refused():
    model = Linear(STEPS, np.full(5, 0.2))
    with pytest.raises(ValueError, match="is not offered by this Linear; allowed are"):
        attention_faithfulness(model, X, ranking="size")
    with pytest.raises(ValueError, match="ranking='mass' is not known; allowed are"):
        attention_faithfulness(model, X, ranking="mass")
    with pytest.raises(ValueError, match="needs at least 2 samples of X"):
        attention_faithfulness(model, X[:1], replacement="sample")

    class Foreign(Additive):
        def predict_contributions(self, X):
            return np.zeros((len(X), 3, 5))

    with pytest.raises(ValueError, match=r"it must be \(n_samples, 5\)"):
        attention_faithfulness(Foreign(), X)


@pytest.mark.parametrize("form", ["list", "words", "array", "flat rows"])
def test_the_longest_sequence_need_not_be_among_those_drawn(form):
    rng = np.random.default_rng(0)
    lengths = [9] + [2, 3, 5] * 10
    X = [rng.normal(size=(n, 1)) for n in lengths]
    if form == "words":
        X = [["up" if value > 0 else "down" for value in x[:, 0]] for x in X]
    elif form != "list":
        X = np.stack([np.pad(x[:, 0], (0, 9 - len(x)), constant_values=-9) for x in X])
        X = X[:, :, None] if form == "array" else X
    model = LSTMAttentionRegressor(
        values="segments",
        padding_value=None if isinstance(X, list) else -9.0,
        hidden_size=4,
        max_epochs=1,
        random_state=0,
    )
    model.fit(X, rng.normal(size=31))
    report = attention_faithfulness(
        model, X, ranking="size", max_samples=5, random_state=1
    )
    assert report.n_samples == 5
    assert [each.name for each in report.rankings] == ["weights", "size", "signed"]
