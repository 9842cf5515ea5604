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
    words = [t.get_text() for t in display.axes_[1].get_xticklabels()]
    assert words == ["a", "b", "c"]
    display.step_labels = None
    display.plot("series", sample=0)
    words = [t.get_text() for t in display.axes_[1].get_xticklabels()]
    assert words == ["0", "1", "2"]
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
    last = ContributionDisplay.from_estimator(model, X, output=(-3, -2))
    np.testing.assert_array_equal(last.contributions, parts[:, 0, 0])
    for output in ((3, 0), (0, 2), (-4, 0), (0,), 0):
        with pytest.raises(ValueError, match="must be the index of one entry"):
            ContributionDisplay.from_estimator(model, X, output=output)


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
    with pytest.raises(ValueError, match=r"needs series of shape \(12, 6\); got None"):
        ContributionDisplay.from_contributions(X, kind="series")
    with pytest.raises(ValueError, match=r"shape \(12, 6\); allowed is"):
        ContributionDisplay.from_contributions(X[:, :, 0])


@pytest.mark.parametrize("values", ["segments", "inputs"])
def test_contributions_stand_behind_the_series(values):
    ragged = [*X[:8], *(x[:4] for x in X[8:])]
    model = LSTMAttentionRegressor(values=values, max_epochs=1, random_state=0)
    model.fit(ragged, X[:, 0, 1])
    report = attention_faithfulness(model, ragged, ranking="size", random_state=0)
    display = ContributionDisplay.from_estimator(
        model, ragged, kind="series", sample=9, channel=1, report=report, unit="MW"
    )
    each = model.predict_contributions(ragged, unit="step")[9, :4]
    np.testing.assert_allclose(display.image_.get_array()[0], each)
    np.testing.assert_allclose(display.ax_.lines[0].get_ydata(), X[9, :4, 1])
    low, high = display.image_.get_clim()
    assert low == -high
    assert high == pytest.approx(np.abs(each).max())
    corner = display.ax_.texts[0].get_text()
    assert corner == f"{report.grade}; 100% through the attention"
    if values == "segments":  # channels are not told apart
        display.plot("sample", sample=0)
        assert display.image_.get_array().shape == (1, 6)
        assert not len(display.ax_.get_yticks())
    with pytest.raises(ValueError, match="channel=2 must be a channel of X, from -2"):
        ContributionDisplay.from_estimator(model, ragged, kind="series", channel=2)


def test_without_matplotlib_the_message_is_clear(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"AttentionDisplay.plot needs matplotlib"):
        AttentionDisplay(WEIGHTS).plot()


def test_a_new_figure_is_made_only_where_no_axes_are_given():
    before = pyplot.get_fignums()
    _, ax = pyplot.subplots()
    assert AttentionDisplay(WEIGHTS).plot(ax=ax).figure_ is ax.figure
    assert len(pyplot.get_fignums()) == len(before) + 1
    assert AttentionDisplay(WEIGHTS).plot().figure_ is not ax.figure


def test_maps_start_at_zero_and_end_at_the_largest_weight():
    display = AttentionDisplay(WEIGHTS).plot()
    assert display.images_[0].get_clim() == (0, WEIGHTS.max())
    assert display.ax_.get_xlabel() == "step"
    assert display.ax_.get_ylabel() == "sample"
    assert display.colorbar_.ax.get_ylabel() == "weight"
    display = AttentionDisplay(MAPS).plot(sample=-1)
    assert display.images_[0].get_clim() == (0, MAPS[-1].max())
    assert display.ax_.get_ylabel() == "output step"


def test_steps_are_numbered_from_the_end_where_there_are_many():
    ticks = AttentionDisplay(np.ones((2, 15)) / 15).plot().ax_.get_xticks()
    assert ticks.tolist() == [2, 5, 8, 11, 14]
    ticks = AttentionDisplay(np.ones((2, 7)) / 7).plot().ax_.get_xticks()
    assert ticks.tolist() == [*range(7)]


def test_long_names_are_turned_and_short_ones_are_not():
    for words, angle in ((["short"] * 6, 0), (["much longer"] * 6, 30)):
        display = AttentionDisplay.from_weights(WEIGHTS, step_labels=words)
        display.figure_.canvas.draw()
        assert {t.get_rotation() for t in display.ax_.get_xticklabels()} == {angle}


def test_clocks_are_shown_where_there_are_some():
    hours = np.datetime64("2024-05-01T22") + np.arange(6)
    display = AttentionDisplay.from_weights(WEIGHTS, step_labels=hours)
    shown = [t.get_text() for t in display.ax_.get_xticklabels()]
    assert shown[:3] == ["2024-05-01 22:00", "2024-05-01 23:00", "2024-05-02"]


def test_means_stand_in_a_band_of_deciles():
    display = AttentionDisplay(WEIGHTS).plot("mean")
    low, high = np.quantile(WEIGHTS, [0.1, 0.9], axis=0)
    corners = display.band_.get_paths()[0].vertices
    for step in range(6):
        heights = corners[corners[:, 0] == step, 1]
        assert heights.min() == pytest.approx(low[step])
        assert heights.max() == pytest.approx(high[step])
    assert display.ax_.get_ylim()[0] == 0
    assert display.ax_.get_xticks().tolist() == [*range(6)]
    assert not display.ax_.spines["top"].get_visible()
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["80 % of samples", "mean"]


def test_heads_share_one_scale_and_one_name_of_samples():
    heads = RNG.dirichlet(np.ones(6), (12, 3))
    display = AttentionDisplay(heads).plot("heads")
    assert {image.get_clim() for image in display.images_} == {(0, heads.max())}
    display.figure_.canvas.draw()
    shown = [bool(ax.get_yticklabels()[0].get_text()) for ax in display.axes_]
    assert shown == [True, False, False]
    assert [ax.get_title() for ax in display.axes_] == ["head 0", "head 1", "head 2"]
    assert display.axes_[0].get_ylabel() == "sample"
    boxes = [ax.get_position() for ax in display.axes_]
    assert boxes[0].x1 < boxes[1].x0 < boxes[1].x1 < boxes[2].x0
    assert boxes[0].width == pytest.approx(boxes[2].width)


def test_a_series_of_many_channels_has_a_legend_and_dots_if_short():
    long = RNG.normal(size=(2, 61, 5))
    weights = RNG.dirichlet(np.ones(61), 2)
    display = AttentionDisplay.from_weights(weights, long, kind="series", sample=1)
    above, below = display.axes_
    assert len(display.lines_) == 5
    assert {line.get_marker() for line in display.lines_} == {""}
    assert [line.get_linestyle() for line in display.lines_] == [
        "-",
        "--",
        ":",
        "-.",
        "-",
    ]
    colours = [line.get_color() for line in display.lines_]
    assert len(set(colours[:3])) == 3
    assert colours[3:] == colours[:2]
    names = [text.get_text() for text in above.get_legend().get_texts()]
    assert names == [f"channel {c}" for c in range(5)]
    assert above.get_xlim() == below.get_xlim() == (-0.5, 60.5)
    assert below.get_ylim()[0] == 0
    assert {bar.get_linewidth() for bar in display.bars_} == {0}
    assert not len(above.get_xticks())
    for n, marker, width in ((50, ".", 0.5), (51, "", 0.5), (60, "", 0.5)):
        display = AttentionDisplay.from_weights(
            weights[:, :n], long[:, :n, :1], kind="series", sample=0
        )
        assert display.lines_[0].get_marker() == marker
        assert {bar.get_linewidth() for bar in display.bars_} == {width}
        assert display.axes_[0].get_ylabel() == "channel 0"
        assert display.axes_[0].get_legend() is None


def test_panels_of_a_report_stand_side_by_side():
    report = attention_faithfulness(Linear(range(6)), X, random_state=0)
    display = FaithfulnessDisplay.from_report(report)
    left, right = display.axes_
    for ax in (left, right):
        assert ax.get_xlim() == (0, 100)
        assert ax.get_ylim()[0] == 0
        assert not ax.spines["right"].get_visible()
    assert left.get_position().x1 < right.get_position().x0
    assert left.get_position().width == pytest.approx(right.get_position().width)
    np.testing.assert_allclose(display.lines_[0].get_xdata(), 100 * report.shares)
    assert left.get_ylabel() == "change of the output, in its spread"
    assert right.get_ylabel() == ""
    assert left.get_legend() is None
    names = [text.get_text() for text in right.get_legend().get_texts()]
    assert names == ["attention", "greedy", "random"]
    assert {line.get_linewidth() for line in display.lines_} == {2}


PARTS = RNG.normal(size=(4, 6, 2))


def test_contributions_of_one_sample_are_centred_on_zero():
    display = ContributionDisplay(PARTS).plot(sample=-2)
    np.testing.assert_array_equal(display.image_.get_array(), PARTS[-2].T)
    top = np.abs(PARTS[-2]).max()
    assert display.image_.get_clim() == pytest.approx((-top, top))
    shown = [t.get_text() for t in display.ax_.get_yticklabels()]
    assert shown == ["0", "1"]
    assert display.ax_.get_ylabel() == "channel"
    assert display.colorbar_.ax.get_ylabel() == "contribution"


def test_mean_contributions_start_at_zero():
    display = ContributionDisplay(PARTS, channel_names=["a", "b"]).plot("mean")
    sizes = np.abs(PARTS).mean(0).T
    assert display.image_.get_clim() == pytest.approx((0, sizes.max()))
    assert [t.get_text() for t in display.ax_.get_yticklabels()] == ["a", "b"]
    assert display.ax_.get_ylabel() == ""
    with pytest.raises(ValueError, match="sample=4 must be an integer from -4 to 3"):
        display.plot(sample=4)


def test_names_of_channels_may_be_an_array():
    display = AttentionDisplay.from_weights(
        WEIGHTS, X, kind="series", channel_names=np.array(["u", "v"])
    )
    assert [line.get_label() for line in display.lines_] == ["u", "v"]
    with pytest.raises(ValueError, match="channel_names has shape"):
        AttentionDisplay.from_weights(WEIGHTS, X, kind="series", channel_names=["u"])


def test_labels_of_another_number_of_samples_are_refused():
    model = LSTMAttentionRegressor(hidden_size=2, max_epochs=1).fit(X, X[:, 0, 0])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        AttentionDisplay.from_estimator(model, X, y=X[:3, 0, 0])


def test_what_has_no_contributions_is_refused():
    with pytest.raises(TypeError, match="the method predict_contributions, and Linear"):
        ContributionDisplay.from_estimator(Linear(np.ones(6)), X)
