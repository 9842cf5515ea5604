"""Displays: scikit-learn's contract, kinds, labels, and clear refusals."""

import sys

import numpy as np
import pytest
from matplotlib import pyplot

from skattn import LSTMAttentionRegressor
from skattn.inspection import (
    AttentionDisplay,
    ContributionDisplay,
    FaithfulnessDisplay,
    attention_faithfulness,
)

from .conftest import Linear

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 6, 2))
WEIGHTS = RNG.dirichlet(np.ones(6), 12)
MAPS = RNG.dirichlet(np.ones(6), (12, 4))


def test_data_first_and_plot_returns_itself():
    display = AttentionDisplay(WEIGHTS)
    assert not hasattr(display, "ax_")
    figure, ax = pyplot.subplots()
    assert display.plot(ax=ax) is display
    assert display.ax_ is ax
    assert display.figure_ is figure
    np.testing.assert_array_equal(display.images_[0].get_array(), WEIGHTS)
    display.plot("mean")
    assert display.ax_ is not ax
    np.testing.assert_allclose(display.lines_[0].get_ydata(), WEIGHTS.mean(0))
    assert display.band_ is not None


def test_labels_are_real_and_few():
    words = [f"-{5 - i} h" for i in range(6)]
    display = AttentionDisplay.from_weights(WEIGHTS, step_labels=words)
    assert [t.get_text() for t in display.ax_.get_xticklabels()] == words
    hours = np.datetime64("2024-05-01T00") + np.arange(48)
    display = AttentionDisplay.from_weights(np.ones((3, 48)), step_labels=hours)
    shown = [t.get_text() for t in display.ax_.get_xticklabels()]
    assert len(shown) <= 7
    assert shown[-1] == "2024-05-02 23:00"
    days = np.datetime64("2024-05-01") + np.arange(6)
    display = AttentionDisplay.from_weights(WEIGHTS, kind="mean", step_labels=days)
    assert display.ax_.get_xticklabels()[0].get_text() == "2024-05-01"


def test_one_series_with_its_weights_under_it():
    display = AttentionDisplay.from_weights(WEIGHTS, X, kind="series", sample=3)
    above, below = display.axes_
    np.testing.assert_array_equal(display.lines_[1].get_ydata(), X[3, :, 1])
    np.testing.assert_allclose([b.get_height() for b in display.bars_], WEIGHTS[3])
    assert above.get_xlim() == below.get_xlim()
    assert display.bars_[0].get_x() == -0.5


def test_patches_have_bars_as_wide_as_they_are():
    model = Linear(np.ones(7))
    model.patch_size = 3
    model.predict_attention = lambda X: np.full((len(X), 3), 1 / 3)
    display = AttentionDisplay.from_estimator(
        model,
        RNG.normal(size=(2, 7, 1)),
        kind="series",
        step_labels=["a", "b", "c"],
        channel_names=["load"],
    )
    assert [bar.get_width() for bar in display.bars_] == [1, 3, 3]
    assert [bar.get_x() for bar in display.bars_] == [-0.5, 0.5, 3.5]
    np.testing.assert_allclose(display.axes_[1].get_xticks(), [0, 2, 5])
    assert display.axes_[0].get_ylabel() == "load"


def test_ragged_sequences_show_what_is_not_there():
    ragged = [RNG.normal(size=(n, 1)) for n in (2, 4)]
    display = AttentionDisplay.from_estimator(Linear(np.ones(4)), ragged)
    shown = display.images_[0].get_array()
    np.testing.assert_array_equal(np.isnan(np.ma.filled(shown, np.nan)).sum(1), [2, 0])
    display.plot("series", sample=0)
    assert len(display.bars_) == 2


@pytest.mark.parametrize("sample", [2, None])
def test_alignments(sample):
    display = AttentionDisplay(MAPS, output_labels=["+1", "+2", "+3", "+4"])
    display.plot(sample=sample)
    expected = MAPS.mean(0) if sample is None else MAPS[sample]
    np.testing.assert_allclose(display.images_[0].get_array(), expected)
    assert display.ax_.get_yticklabels()[0].get_text() == "+1"


def test_heads_side_by_side():
    model = LSTMAttentionRegressor(n_heads=2, hidden_size=8, max_epochs=1)
    model.set_params(early_stopping=False, random_state=0).fit(X, X[:, 0, 0])
    display = AttentionDisplay.from_estimator(model, X, kind="heads")
    parts = model.predict_attention(X, average=False)
    for head in range(2):
        shown = display.images_[head].get_array()
        np.testing.assert_array_equal(shown, parts[:, head])
    assert len(display.axes_) == 2


def test_curves_of_a_report():
    report = attention_faithfulness(Linear(range(6)), X, random_state=0)
    display = FaithfulnessDisplay.from_report(report)
    np.testing.assert_array_equal(
        display.lines_[0].get_ydata(), report.deletion.attention
    )
    np.testing.assert_array_equal(
        display.lines_[5].get_ydata(), report.insertion.random
    )
    assert f"{report.deletion_score:.2f}" in display.axes_[0].get_title()
    made = FaithfulnessDisplay.from_estimator(Linear(range(6)), X, random_state=0)
    assert str(made.report) == str(report)


def test_contributions_in_units_of_the_target():
    model = LSTMAttentionRegressor(values="inputs", max_epochs=1, random_state=0)
    model.set_params(early_stopping=False).fit(X, X[:, :3])
    parts = model.predict_contributions(X)
    display = ContributionDisplay.from_estimator(
        model, X, output=(2, 1), sample=4, channel_names=["a", "b"], unit="MW"
    )
    np.testing.assert_array_equal(display.image_.get_array(), parts[4, 2, 1].T)
    low, high = display.image_.get_clim()
    assert low == -high
    assert display.colorbar_.ax.get_ylabel() == "contribution, MW"
    display.plot("mean")
    expected = np.abs(parts[:, 2, 1]).mean(0).T
    np.testing.assert_allclose(display.image_.get_array(), expected)
    with pytest.raises(ValueError, match=r"output=\(\) must be the index of one entry"):
        ContributionDisplay.from_estimator(model, X)


@pytest.mark.parametrize(
    ("weights", "arguments", "message"),
    [
        (WEIGHTS, {"kind": "pie"}, "kind='pie' must be one of"),
        (WEIGHTS, {"kind": "heads"}, r"weights with 3 axes, but .*\(12, 6\)"),
        (MAPS, {"kind": "mean"}, "weights with 2 axes"),
        (WEIGHTS, {"kind": "series"}, "needs the sequences, but X is None"),
        (MAPS, {"sample": 12}, "sample=12 must be an integer from -12 to 11"),
        (WEIGHTS, {"step_labels": "abc"}, r"step_labels has shape \(\); .* 6 that"),
    ],
)
def test_wrong_arguments_are_named(weights, arguments, message):
    with pytest.raises(ValueError, match=message):
        AttentionDisplay.from_weights(weights, **arguments)


def test_wrong_contributions_are_named():
    with pytest.raises(ValueError, match="kind='all' must be"):
        ContributionDisplay.from_contributions(X, kind="all")
    with pytest.raises(ValueError, match=r"shape \(12, 6\); allowed is"):
        ContributionDisplay.from_contributions(X[:, :, 0])


def test_without_matplotlib_the_message_is_clear(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"AttentionDisplay.plot needs matplotlib"):
        AttentionDisplay(WEIGHTS).plot()
