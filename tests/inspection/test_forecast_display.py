"""The display of forecasts: what it draws, counts, finds in estimators, and refuses."""

import sys

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.dates import date2num
from sklearn.compose import TransformedTargetRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skattn import (
    ConformalIntervals,
    LSTMAttentionClassifier,
    LSTMAttentionRegressor,
    SeedEnsemble,
)
from skattn.inspection import ForecastDisplay
from skattn.sequences import OverTime, Sequences, make_windows

from .conftest import Linear

RNG = np.random.default_rng(0)
PAST = RNG.normal(size=(6, 20))
AHEAD = RNG.normal(size=(6, 4))
WEIGHTS = RNG.dirichlet(np.ones(20), 6)
FAN = AHEAD[..., None] + [-2.0, -1.0, 0.0, 1.0, 2.0]
LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]
FAST = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}
FAST |= {"early_stopping": False, "linear_skip": False}

SERIES = np.exp(RNG.normal(size=(120, 3)))
X, Y = make_windows(SERIES, 8, 4, target_channels=[2, 0])


def texts(display):
    return [text.get_text() for text in display.legend_.get_texts()]


def test_history_truth_forecast_and_weights_are_drawn_where_they_are():
    display = ForecastDisplay.from_predictions(
        AHEAD, PAST, AHEAD + 0.5, weights=WEIGHTS, sample=2, name="load", unit="MW"
    )
    past, truth, forecast = display.lines_
    np.testing.assert_array_equal(past.get_xdata(), np.arange(-19, 1))
    np.testing.assert_array_equal(past.get_ydata(), PAST[2])
    np.testing.assert_array_equal(forecast.get_xdata(), [1, 2, 3, 4])
    np.testing.assert_array_equal(forecast.get_ydata(), AHEAD[2])
    # The truth goes on from the last value of the history.
    np.testing.assert_array_equal(truth.get_xdata(), [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(truth.get_ydata()[1:], AHEAD[2] + 0.5)
    assert truth.get_ydata()[0] == PAST[2, -1]
    above, below = display.axes_
    corners = display.weights_.get_paths()[0].vertices
    assert corners[:, 1].max() == WEIGHTS[2].max()
    assert (corners[:, 0].min(), corners[:, 0].max()) == (-19.5, 0.5)
    assert above.get_ylabel() == "load, MW"
    assert below.get_ylabel() == "attention"
    assert below.get_xlabel() == "steps after the end of the history"
    assert above.get_xlim() == below.get_xlim()
    assert texts(display) == ["history", "truth", "forecast"]


def test_data_first_and_plot_returns_itself():
    display = ForecastDisplay(AHEAD)
    assert not hasattr(display, "ax_")
    figure, ax = pyplot.subplots()
    assert display.plot(ax=ax) is display
    assert display.ax_ is ax
    assert display.axes_.tolist() == [ax]
    assert display.figure_ is figure
    assert display.weights_ is None
    assert display.coverage_ == {}
    assert texts(display) == ["forecast"]
    display.plot(sample=-1)
    assert display.ax_ is not ax
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), AHEAD[-1])


def test_nothing_overlaps():
    display = ForecastDisplay.from_predictions(
        AHEAD, PAST, AHEAD, quantiles=FAN, levels=LEVELS, weights=WEIGHTS
    )
    display.figure_.canvas.draw()
    above, below = (ax.get_window_extent() for ax in display.axes_)
    legend = display.legend_.get_window_extent()
    assert below.y1 < above.y0 < above.y1 < legend.y0 + 3
    whole = display.figure_.bbox
    assert 0 <= legend.x0 < legend.x1 <= whole.x1
    assert legend.y1 <= whole.y1


def test_intervals_hold_what_they_hold():
    truth = AHEAD + np.linspace(0, 3, 6)[:, None]  # 0, .6, 1.2, 1.8, 2.4, 3
    display = ForecastDisplay.from_predictions(
        AHEAD, truth=truth, quantiles=FAN, levels=LEVELS, sample=3
    )
    assert display.coverage_ == {0.9: pytest.approx(4 / 6), 0.5: pytest.approx(2 / 6)}
    assert "90 % interval: 4 of 4 inside, 67 % in all 6 windows" in texts(display)
    assert "50 % interval: 0 of 4 inside, 33 % in all 6 windows" in texts(display)
    wide, narrow = (band.get_paths()[0].vertices[:, 1] for band in display.bands_)
    assert wide.max() == pytest.approx((AHEAD[3] + 2).max())
    assert narrow.max() == pytest.approx((AHEAD[3] + 1).max())
    shades = [band.get_facecolor()[0].sum() for band in display.bands_]
    assert shades[0] > shades[1]  # the inner is darker
    alone = ForecastDisplay.from_predictions(
        AHEAD[:1], truth=truth[:1], quantiles=FAN[:1, :, 1:], levels=LEVELS[1:]
    )
    assert "quantiles 0.25 to 0.95: 4 of 4 inside" in texts(alone)
    unknown = ForecastDisplay.from_predictions(AHEAD, quantiles=FAN, levels=LEVELS)
    assert unknown.coverage_ == {}
    assert "90 % interval" in texts(unknown)


def test_what_is_not_known_yet_does_not_count():
    truth = AHEAD.copy()
    truth[0, 1:] = np.nan
    display = ForecastDisplay.from_predictions(
        AHEAD, truth=truth, quantiles=FAN[..., [0, -1]], levels=[0.1, 0.9]
    )
    assert display.coverage_ == {0.8: 1.0}
    assert "80 % interval: 1 of 1 inside, 100 % in all 6 windows" in texts(display)


def test_a_forecast_without_its_history_has_no_weights():
    display = ForecastDisplay.from_predictions(
        AHEAD, PAST, AHEAD, weights=WEIGHTS, n_history=0
    )
    assert display.weights_ is None
    assert texts(display) == ["truth", "forecast"]
    assert len(display.lines_[0].get_xdata()) == 4


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("kind", ["dates", "numbers", "stamps"])
def test_times_are_placed_and_go_on(whole, kind):
    days = np.datetime64("2026-03-01") + np.arange(24)
    times = {"dates": days, "numbers": 5.0 + np.arange(24) / 2, "stamps": days}[kind]
    if kind == "stamps":
        pandas = pytest.importorskip("pandas")
        times = pandas.DatetimeIndex(days, tz="Europe/Berlin")
    display = ForecastDisplay.from_predictions(
        AHEAD, PAST, times=times if whole else times[:20], n_history=6
    )
    past, forecast = (line.get_xdata() for line in display.lines_)
    expected = times if kind == "numbers" else date2num(np.asarray(times))
    np.testing.assert_allclose(past, expected[14:20])
    np.testing.assert_allclose(forecast, expected[20:], rtol=1e-9)
    assert display.axes_[-1].get_xlabel() == ""
    display.figure_.canvas.draw()
    if kind != "numbers":
        assert "Mar" in display.ax_.xaxis.get_major_formatter().get_offset()


def test_one_step_ahead_has_a_dot_and_a_width():
    days = np.datetime64("2026-03-01") + 7 * np.arange(21)
    display = ForecastDisplay.from_predictions(
        AHEAD[:, :1], PAST, quantiles=FAN[:, :1, [0, -1]], levels=[0.1, 0.9], times=days
    )
    assert display.lines_[-1].get_marker() == "o"
    corners = display.bands_[0].get_paths()[0].vertices[:, 0]
    assert np.ptp(corners) == pytest.approx(0.6 * 7)


def quantile_model(**parameters):
    return LSTMAttentionRegressor(
        **FAST, loss="quantile", quantile=LEVELS, **parameters
    )


@pytest.mark.parametrize("target", [0, 1, -1])
def test_a_target_among_several(target):
    model = quantile_model(target_channels=[2, 0]).fit(X, Y)
    display = ForecastDisplay.from_estimator(model, X, Y, target=target, sample=3)
    channel = [2, 0][target]
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), X[3, :, channel])
    np.testing.assert_allclose(display.truth, Y[..., target])
    np.testing.assert_allclose(display.forecast, model.predict(X)[..., target])
    quantiles = model.predict_quantiles(X)[:, :, target]
    np.testing.assert_allclose(display.quantiles, quantiles)
    np.testing.assert_allclose(
        np.array(display.weights), model.predict_attention(X), rtol=1e-6
    )
    truth = Y[..., target]
    inside = (quantiles[..., 0] <= truth) & (truth <= quantiles[..., -1])
    assert display.coverage_[0.9] == pytest.approx(inside.mean())


def test_names_of_channels_name_targets():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(SERIES, columns=["heat", "off", "load"])
    windows, y = make_windows(
        frame, 8, 4, target_channels=["load", "heat"], future_channels="off"
    )
    model = quantile_model(target_channels=["load", "heat"]).fit(windows, y)
    display = ForecastDisplay.from_estimator(model, windows, y, target="heat", unit="K")
    assert display.axes_[0].get_ylabel() == "heat, K"
    np.testing.assert_allclose(display.forecast, model.predict(windows)[..., 1])
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), windows.steps[0, :, 0])
    with pytest.raises(ValueError, match=r"target='off' must .*\['load', 'heat'\]"):
        ForecastDisplay.from_estimator(model, windows, y, target="off")
    other = LSTMAttentionRegressor(**FAST).fit(windows, y[..., 0])
    display = ForecastDisplay.from_estimator(other, windows, channel="load", name="x")
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), windows.steps[0, :, 2])
    assert display.name == "x"


def test_alignments_are_averaged_and_each_target_has_its_own_weights():
    model = LSTMAttentionRegressor(**FAST, decoder="lstm", target_channels=[2, 0])
    display = ForecastDisplay.from_estimator(model.fit(X, Y), X)
    expected = model.predict_attention(X).mean(1)
    np.testing.assert_allclose(np.array(display.weights), expected, rtol=1e-5)
    model.set_params(channel_independent=True, patch_size=2).fit(X, Y)
    display = ForecastDisplay.from_estimator(model, X, target=1)
    expected = model.predict_attention(X)[:, :, 1].mean(1)
    np.testing.assert_allclose(np.array(display.weights), expected, rtol=1e-5)


def test_weights_that_add_nothing_are_not_shown():
    line = np.arange(120.0)
    windows, y = make_windows(line, 8, 4)
    model = LSTMAttentionRegressor(target_channels=0, max_epochs=2, random_state=0)
    model.fit(windows, y)
    assert model.attention_share_ == 0.0
    assert ForecastDisplay.from_estimator(model, windows, y).weights_ is None
    learned = LSTMAttentionRegressor(**FAST).fit(windows, y)
    shown = ForecastDisplay.from_estimator(learned, windows, y)
    assert shown.weights_ is not None
    without = ForecastDisplay.from_estimator(learned, windows, attention=False)
    assert without.weights_ is None


ONE = Y[..., 0]
INSIDE = {
    "conformal": ConformalIntervals(quantile_model(target_channels=2)),
    "residuals": ConformalIntervals(LSTMAttentionRegressor(**FAST, target_channels=2)),
    "ensemble": SeedEnsemble(quantile_model(target_channels=2), n_estimators=2),
    "pipeline": make_pipeline(
        OverTime(StandardScaler()), quantile_model(target_channels=2)
    ),
    "members": SeedEnsemble(
        make_pipeline(OverTime(StandardScaler()), quantile_model(target_channels=2)),
        n_estimators=2,
    ),
    "search": GridSearchCV(
        quantile_model(target_channels=2), {"hidden_size": [2]}, cv=2
    ),
    "logs": TransformedTargetRegressor(
        make_pipeline(
            OverTime(FunctionTransformer(np.log1p)), quantile_model(target_channels=2)
        ),
        func=np.log1p,
        inverse_func=np.expm1,
    ),
}


@pytest.mark.parametrize("name", INSIDE)
def test_estimators_around_estimators(name):
    model = INSIDE[name].fit(X[:80], ONE[:80])
    if hasattr(model, "conformalize"):
        model.conformalize(X[80:], ONE[80:])
        expected = model.predict_interval(X)
    display = ForecastDisplay.from_estimator(model, X, ONE)
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), X[0, :, 2])
    np.testing.assert_allclose(display.forecast, model.predict(X))
    assert display.weights_ is not None
    frozen = ForecastDisplay.from_estimator(FrozenEstimator(model), X, ONE)
    assert frozen.coverage_ == display.coverage_
    np.testing.assert_array_equal(frozen.weights[0], display.weights[0])
    if name in ("conformal", "residuals"):
        np.testing.assert_allclose(display.quantiles, expected)
        np.testing.assert_allclose(display.levels, [0.05, 0.95])
    elif name == "logs":  # quantiles of the estimator inside have other units
        assert display.bands_ == []
    else:
        assert len(display.bands_) == 2


def test_estimators_of_others_and_sequences_of_any_length():
    flat = X[:, :, 0]
    ridge = Ridge().fit(flat, ONE)
    display = ForecastDisplay.from_estimator(ridge, flat, ONE)
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), flat[0])
    assert display.weights_ is None
    ragged = [RNG.normal(size=(n, 1)) for n in (3, 5, 4)]
    display = ForecastDisplay.from_estimator(Linear(np.ones(5)), ragged, sample=2)
    assert len(display.lines_[0].get_ydata()) == 4
    assert len(display.weights[2]) == 4
    assert display.forecast.shape == (3, 1)
    model = LSTMAttentionRegressor(**FAST, target_channels=0)
    one = Sequences(X[:, :, :1], static=RNG.normal(size=(len(X), 1)))
    shown = ForecastDisplay.from_estimator(model.fit(one, X[:, :3, 0]), one)
    assert len(shown.weights[0]) == 8


def test_patches_of_others_spread_over_their_steps():
    class Patched(Linear):
        patch_size = 3

        def predict_attention(self, X):
            return np.tile([0.1, 0.3, 0.6], (len(X), 1))

    display = ForecastDisplay.from_estimator(
        Patched(np.ones(7)), RNG.normal(size=(2, 7, 1))
    )
    np.testing.assert_allclose(display.weights[0], [0.1 / 3, *[0.1] * 3, *[0.2] * 3])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"forecast": AHEAD[0]}, r"forecast has shape \(4,\); allowed is"),
        ({"truth": AHEAD[:, 1:]}, r"truth has shape \(6, 3\), but forecast has"),
        ({"history": PAST[1:]}, "history has 5 samples, but forecast has 6"),
        ({"history": PAST[..., None]}, r"history\[0\] has shape \(20, 1\)"),
        ({"weights": WEIGHTS[:, 1:]}, r"\(20,\), and weights\[0\] \(19,\); allowed"),
        ({"quantiles": FAN}, r"quantiles has shape \(6, 4, 5\) for 0 levels"),
        ({"quantiles": FAN, "levels": [0.1, 0.9]}, r"for 2 levels and forecasts of"),
        ({"quantiles": FAN, "levels": LEVELS[::-1]}, "must rise, between 0 and 1"),
        ({"quantiles": FAN, "levels": np.arange(5)}, "must rise, between 0 and 1"),
        ({"sample": 6}, "sample=6 must be an integer from -6 to 5"),
        ({"n_history": 21}, "n_history=21 must be a whole number from 0 to 20"),
        ({"n_history": True}, "n_history=True must be a whole number"),
        ({"times": np.arange(23)}, r"times has shape \(23,\); allowed are 24 entries"),
        ({"times": list("abcd")}, "allowed are numbers and dates"),
        ({"times": np.arange(24)[::-1]}, "times is missing at a step or does not rise"),
    ],
)
def test_wrong_arguments_are_named(change, message):
    given = {"forecast": AHEAD, "history": PAST, "truth": AHEAD, "weights": WEIGHTS}
    with pytest.raises(ValueError, match=message):
        ForecastDisplay.from_predictions(**given | change)


def test_what_does_not_fit_the_estimator_is_named():
    model = LSTMAttentionRegressor(**FAST).fit(X, Y)
    make = ForecastDisplay.from_estimator
    with pytest.raises(ValueError, match=r"channel=None must name the channel of X"):
        make(model, X, Y)
    with pytest.raises(ValueError, match=r"channel=3 must name.* from -3 to 2"):
        make(model, X, Y, channel=3)
    with pytest.raises(ValueError, match=r"target=2 must be a whole number from -2"):
        make(model, X, Y, target=2)
    with pytest.raises(ValueError, match=r"y has shape \(109, 4\), but predictions"):
        make(model, X, ONE)
    with pytest.raises(TypeError, match="must have the method predict, and int has"):
        make(3, X)


def test_without_matplotlib_the_message_is_clear(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"ForecastDisplay.plot needs matplotlib"):
        ForecastDisplay(AHEAD).plot()


def test_intervals_are_named_by_what_they_were_calibrated_for():
    model = ConformalIntervals(LSTMAttentionRegressor(**FAST), coverage=0.9)
    model.fit(X[:60], Y[:60]).conformalize(X[60:], Y[60:])
    model.set_params(coverage=0.5)
    display = ForecastDisplay.from_estimator(model, X, Y, channel=0)
    assert any(text.startswith("90 % interval") for text in texts(display))


def test_what_predicts_no_numbers_is_refused():
    model = LSTMAttentionClassifier(hidden_size=4, max_epochs=1).fit(X, Y[:, 0, 0] > 1)
    with pytest.raises(ValueError, match="predicts classes or numbers of steps"):
        ForecastDisplay.from_estimator(model, X)
