"""Forecasts with `target_channels` alone: what is chosen, and where they start."""

import gc
import pickle
import sys
import weakref

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge

import skattn
from skattn import LSTMAttentionRegressor
from skattn.sequences import make_windows

RNG = np.random.default_rng(0)
FAST = {"hidden_size": 8, "max_epochs": 3, "random_state": 0}


@pytest.fixture(autouse=True)
def _same_series_in_any_order(monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "RNG", np.random.default_rng(0))


def driven(n_times=400):
    """A series that follows another three steps later, and is far from 0."""
    driver = np.repeat(RNG.normal(size=n_times // 5), 5)
    load = np.zeros(n_times)
    for t in range(4, n_times):
        load[t] = 0.6 * load[t - 1] + driver[t - 3] + 0.05 * RNG.normal()
    return np.stack([100 + 10 * load, driver], axis=1)


def walk(n_times=400):
    return 50 + RNG.normal(size=(n_times, 2)).cumsum(0)


def fit(X, y, **parameters):
    return LSTMAttentionRegressor(**FAST | parameters).fit(X, y)


@pytest.mark.parametrize("missing", ["forward", "decay"])
@pytest.mark.parametrize("gaps", [False, True])
def test_missing_values_that_are_filled_leave_the_linear_path_on(missing, gaps):
    rng = np.random.default_rng(1)
    wave = np.sin(np.arange(400) / 4) + 0.1 * rng.normal(size=400)
    X, y = make_windows(wave, 12, 3)
    X = X.copy()
    if gaps:
        X[rng.random(X.shape) < 0.1] = np.nan
    model = fit(X[:300], y[:300], target_channels=0, missing=missing)
    assert model.linear_skip_ == "ar"
    assert model.score(X[320:], y[320:]) > 0.8
    marked = fit(X[:300], y[:300], target_channels=0, missing="mask")
    assert "'mask'" in marked.fit_summary_["anchor"].reason


def test_forecasts_of_any_form_are_judged_on_the_last_samples():
    X, y = make_windows(np.sin(np.arange(400.0)), 12, 3)
    lists = [x[i % 2 :] for i, x in enumerate(X)]
    model = fit(lists, y, target_channels=0, early_stopping=True)
    assert model.fit_summary_["validation_split"].value == "tail"


def test_a_bent_output_sets_no_samples_aside_and_warns_of_no_units(recwarn):
    X, y = make_windows(50 + np.sin(np.arange(400.0)), 12, 3)
    model = fit(
        X, y, target_channels=0, output_activation="softplus", scale_inputs=False
    )
    assert model.fit_summary_["early_stopping"].value is False
    assert not [w for w in recwarn if "in their units" in str(w.message)]


def test_a_driver_is_read_by_the_linear_path():
    X, y = make_windows(driven(), 12, 3, target_channels=0)
    model = fit(X, y, target_channels=0)
    assert model.linear_skip_ == "arx"
    flat = X.reshape(len(X), -1)
    ridge = Ridge(1e-3).fit(flat[:300], y[:300])
    error = np.mean((model.predict(X[300:]) - y[300:]) ** 2)
    assert error < 1.05 * np.mean((ridge.predict(flat[300:]) - y[300:]) ** 2)


def test_a_random_walk_is_forecast_by_its_last_value():
    X, y = make_windows(walk(), 12, 4)
    model = fit(X, y, target_channels="all")
    assert model.anchor_ == "changes"
    last = np.repeat(X[:, -1:], 4, axis=1)
    error = np.mean((model.predict(X) - y) ** 2)
    assert error < 1.02 * np.mean((last - y) ** 2)


@pytest.mark.parametrize(
    ("errors", "chosen", "told"),
    [
        (
            (1.0, 0.95, 0.9, 0.85),
            ("changes", "ar"),
            "hardly less (0.85) in a less simple",
        ),
        (
            (1.0, 0.8, 0.9, 0.75),
            ("changes", "arx"),
            "hardly less (0.75) in a less simple",
        ),
        (
            (1.0, 0.9, 0.8, 0.7),
            (False, "ar"),
            "hardly less (0.7) in a less simple form",
        ),
        ((1.0, 0.9, 0.8, 0.6), (False, "arx"), "later samples, 0.8 in another form"),
    ],
)
def test_a_less_simple_form_must_be_better_by_a_tenth(
    errors, chosen, told, monkeypatch
):
    def compare(dataset, channels, forms, *units):
        return dict(zip(forms, errors, strict=True))

    monkeypatch.setattr("skattn.training._outlook.compare_linear", compare)
    X, y = make_windows(driven(), 12, 3, target_channels=0)
    model = fit(X, y, target_channels=0)
    assert (model.anchor_, model.linear_skip_) == chosen
    assert told in model.fit_summary_["anchor"].reason


def test_series_with_failures_are_learned_by_absolute_errors():
    rng = np.random.default_rng(0)
    series = 50 + rng.normal(scale=0.1, size=500).cumsum()
    failed = series.copy()
    failed[200:210] = 0
    losses = {}
    for name, values in [("whole", series), ("failed", failed)]:
        X, y = make_windows(values, 12, 3)
        model = LSTMAttentionRegressor(target_channels=0, max_epochs=1, random_state=0)
        losses[name] = model.fit(X, y).fit_summary_["loss"]
    assert losses["whole"].value == "squared_error"
    assert losses["failed"].value == "absolute_error"
    assert "of the mean squared change" in losses["failed"].reason


def test_rare_events_are_forecast_by_their_mean():
    """Where nothing happens as a rule, a median would never see an event."""
    rng = np.random.default_rng(0)
    demand = rng.poisson(2.0, size=600) * (rng.random(600) < 0.03)
    X, y = make_windows(demand.astype(float), 12, 3)
    model = LSTMAttentionRegressor(target_channels=0, max_epochs=1, random_state=0)
    model.fit(X, y)
    assert model.loss_ == "squared_error"
    assert model.predict(X).mean() == pytest.approx(y.mean(), rel=0.2)


def test_a_network_that_earns_nothing_stays_at_0_and_says_so():
    X, y = make_windows(driven(), 12, 3, target_channels=0)
    model = fit(X, y, target_channels=0)
    assert model.attention_share_ == 0.0
    assert not model.module_.decoder.output.weight.any()
    for method in (model.predict_attention, model.transform):
        with pytest.warns(UserWarning, match="attention_share_ is 0"):
            method(X)


def test_a_network_that_earns_its_place_is_kept():
    """What follows is the product of two channels, which no linear path can tell."""
    X = RNG.normal(size=(1500, 6, 2))
    X[:, :, 1] = np.sign(X[:, :, 1])
    y = X[:, -1:, 0] * X[:, -1:, 1]
    model = LSTMAttentionRegressor(target_channels=0, anchor=False, random_state=0)
    model.fit(X[:1200], y[:1200])
    assert model.attention_share_ > 0.9
    assert model.score(X[1200:], y[1200:]) > 0.9
    assert model.yardstick_scores_["held_out"]["linear"] < 0.1


def test_the_path_is_that_of_all_samples_in_the_end():
    X, y = make_windows(driven(), 12, 3, target_channels=0)
    parameters = {"target_channels": 0, "anchor": False, "linear_skip": "ar"}
    judged = fit(X, y, **parameters)
    whole = fit(X, y, **parameters, early_stopping=False)
    one, other = (m.module_.skip.linear.weight.numpy() for m in (judged, whole))
    scale = judged._input_scaler.scale[0] / whole._input_scaler.scale[0]
    assert scale != 1.0  # measured without what was set aside
    np.testing.assert_allclose(one, other, rtol=0.02, atol=0.02)


def test_ar_relative_to_a_level_is_ridge_without_a_bias():
    X, y = make_windows(walk(), 12, 4)
    model = fit(X, y, target_channels="all", anchor=True, linear_skip="ar")
    skip = model.module_.skip
    assert not skip.linear.bias.any()
    assert model.module_.skip.relative


@pytest.mark.parametrize("anchor", [False, True, "changes"])
@pytest.mark.parametrize("path", ["ar", "arx"])
@pytest.mark.parametrize("scale_windows", [False, "mean", "standard"])
def test_every_form_is_saved_exported_and_alone_as_among_others(
    anchor, path, scale_windows, tmp_path
):
    X, y = make_windows(driven(200), 12, 3, target_channels=0)
    forms = {"anchor": anchor, "linear_skip": path, "scale_windows": scale_windows}
    model = fit(X, y, target_channels=0, early_stopping=False, **forms)
    expected = model.predict(X)
    assert model.attention_share_ > 0
    one = np.concatenate([model.predict(X[i : i + 1]) for i in range(20)])
    np.testing.assert_allclose(one, expected[:20], rtol=0, atol=1e-5 * y.std())
    skattn.save(model, tmp_path / "model")
    for copy in (skattn.load(tmp_path / "model"), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(copy.predict(X), expected)
    skattn.to_onnx(model, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    prediction, attention, _ = session.run(None, {"X": X})
    np.testing.assert_allclose(prediction, expected, rtol=0, atol=1e-5 * y.std())
    np.testing.assert_allclose(attention, model.predict_attention(X), atol=1e-5)


@pytest.mark.parametrize("scale_windows", ["mean", "standard"])
def test_windows_in_their_own_units_do_not_depend_on_the_scale(scale_windows):
    """A window 1,000 times as large has a forecast 1,000 times as large."""
    X, y = make_windows(driven(200), 12, 3, target_channels=0)
    X, factor = X[:, :, :1], 1000.0
    model = fit(X, y, target_channels=0, scale_windows=scale_windows)
    np.testing.assert_allclose(
        model.predict(factor * X), factor * model.predict(X), rtol=2e-3
    )


def test_panels_of_several_sizes_are_scaled_window_by_window():
    sizes = 10.0 ** RNG.uniform(-1, 3, size=(60, 1))
    series = sizes * (5 + np.sin(np.arange(90) * 2 * np.pi / 12 + RNG.uniform(0, 6)))
    parts = [make_windows(one, 36, 6, stride=6) for one in series]
    X, y = (np.concatenate(each) for each in zip(*parts, strict=True))
    model = fit(X, y, target_channels=0)
    assert model.scale_windows_ == "standard"
    assert model.patch_size_ == 12  # the period
    relative = np.abs(model.predict(X) - y) / y
    assert np.median(relative) < 0.02


def test_contributions_add_up_with_changes_in_their_own_units():
    X, y = make_windows(driven(200), 12, 3, target_channels=0)
    for path in ("ar", "arx"):
        model = fit(
            X, y, target_channels=0, anchor="changes", linear_skip=path, values="inputs"
        )
        total = model.base_value_ + model.predict_contributions(X).sum((-1, -2))
        np.testing.assert_allclose(total, model.predict(X), atol=1e-5 * y.std())


def test_contributions_add_up_for_independent_channels():
    X, y = make_windows(walk(200), 12, 3)
    own = {"target_channels": "all", "channel_independent": True, "values": "inputs"}
    model = fit(X, y, anchor="changes", **own)
    total = model.base_value_ + model.predict_contributions(X).sum((-1, -2))
    np.testing.assert_allclose(total, model.predict(X), atol=1e-5 * y.std())


@pytest.mark.parametrize(
    "change",
    [
        {"missing": "mask"},
        {"output_activation": "softplus"},
        {"target_channels": None},
    ],
)
def test_what_does_not_go_together_resolves_to_off(change):
    X, y = make_windows(driven(150) / 100, 12, 3, target_channels=0)
    model = fit(X, y, **{"target_channels": 0, "scale_inputs": False} | change)
    assert (model.anchor_, model.linear_skip_, model.scale_windows_) == (False,) * 3
    assert model.attention_share_ == 1.0


def test_sequences_of_several_lengths_start_from_no_path():
    X, y = make_windows(driven(150), 12, 3, target_channels=0)
    model = fit([x[i % 4 :] for i, x in enumerate(X)], y, target_channels=0)
    assert (model.linear_skip_, model.early_stopping_) == (False, False)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"linear_skip": "arx"}, "needs target_channels"),
        ({"anchor": "changes"}, "needs target_channels"),
        ({"scale_windows": True, "target_channels": 0}, "'mean' or 'standard'"),
        (
            {"scale_windows": "mean", "target_channels": 0, "values": "inputs"},
            "does not go with values='inputs'",
        ),
        ({"anchor": "other", "target_channels": 0}, "anchor"),
    ],
)
def test_errors_name_the_parameter(parameters, message):
    X, y = make_windows(driven(100), 12, 3, target_channels=0)
    with pytest.raises(ValueError, match=message):
        fit(X, y, **parameters)


@pytest.mark.parametrize("period", [5, 7, 12])
def test_the_period_of_windows_is_found(period):
    time = np.arange(300)
    wave = np.sin(time * 2 * np.pi / period) + 0.3 * RNG.normal(size=300)
    X, y = make_windows(wave + 0.01 * time, 8 * period, 3)
    assert fit(X, y, target_channels=0).patch_size_ == period


def test_a_random_walk_has_no_period():
    X, y = make_windows(walk(900)[:, 0], 60, 3)
    model = LSTMAttentionRegressor(**FAST)
    model.set_params(target_channels=0).fit(X, y)
    assert "leaves 30 of 60" in model.fit_summary_["patch_size"].reason


def test_a_tail_that_only_keeps_the_horizon_apart(monkeypatch):
    given = []
    split = skattn._judges.split_validation

    def spy(*args, **options):
        given.append((options["gap"], options["validation_split"]))
        return split(*args, **options)

    monkeypatch.setattr("skattn._judges.split_validation", spy)
    X, y = make_windows(driven(150), 12, 3, target_channels=0)
    fit(X, y, target_channels=0)
    model = LSTMAttentionRegressor(**FAST, target_channels=0)
    model.fit(X, y, groups=np.arange(len(X)) // 10)
    assert given == [(2, "tail"), (2, "random")]


def test_warm_starts_and_chunks_keep_what_was_chosen():
    X, y = make_windows(driven(), 12, 3, target_channels=0)
    model = LSTMAttentionRegressor(**FAST, target_channels=0, warm_start=True)
    chosen = model.fit(X, y).linear_skip_, model.anchor_, model.patch_size_
    model.fit(X[:100], y[:100])
    assert (model.linear_skip_, model.anchor_, model.patch_size_) == chosen
    chunks = LSTMAttentionRegressor(**FAST, target_channels=0)
    chunks.partial_fit(X[:200], y[:200]).partial_fit(X[200:], y[200:])
    assert chunks.linear_skip_ == "arx"


def test_rare_events_are_no_panel_of_several_sizes():
    """Windows without an event hardly vary, and are not blown up for that."""
    event = (RNG.random(400) < 0.1).astype(float)
    X, y = make_windows(10 - 4 * event + 0.1 * RNG.normal(size=400), 8, 3)
    assert fit(X, y, target_channels=0).scale_windows_ is False


def test_what_is_known_ahead_chooses_the_form_of_the_path_as_well():
    event = (RNG.random(403) < 0.2).astype(float)
    load = 10 - 4 * event + 0.1 * RNG.normal(size=403)
    series = np.stack([load, event], axis=1)
    X, y = make_windows(series, 8, 3, target_channels=0, future_channels=[1])
    model = fit(X, y, target_channels=0)
    assert model.anchor_ is False  # the last value says nothing
    assert model.score(X, y) > 0.98
    assert "error of 0.0" in model.fit_summary_["anchor"].reason


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("scale_windows", [False, "standard"])
def test_the_share_of_the_attention_is_a_share_of_variances(alone, scale_windows):
    X, y = make_windows(walk(200), 12, 3)
    model = fit(
        X,
        y,
        target_channels="all",
        channel_independent=alone,
        anchor=False,
        linear_skip=True,
        scale_windows=scale_windows,
        max_epochs=8,
    )
    both = model._probe.predict_bypass(X)
    through = model.predict(X) - model._target.scaler.mean - both
    if scale_windows:  # (n, 1, 2)
        mean, unit = X.mean(1, keepdims=True), X.std(1, keepdims=True)
        past = (both + model._target.scaler.mean - mean) / unit
        through = through / unit
    else:
        past = both
    scale = 1.0 if scale_windows else model._target.scaler.scale
    shares = [((part / scale).var(0)).sum() for part in (through, past)]
    assert model.attention_share_ == pytest.approx(shares[0] / sum(shares), rel=1e-3)


@pytest.mark.parametrize("n_series", [1, 3])
def test_an_index_of_windows_as_groups_splits_by_time(n_series, monkeypatch):
    given = []
    split = skattn._judges.split_validation

    def spy(*args, **options):
        given.append(options["validation_split"])
        return split(*args, **options)

    monkeypatch.setattr("skattn._judges.split_validation", spy)
    series = [driven(150) for _ in range(n_series)]
    X, y, index = make_windows(series, 12, 3, target_channels=0, return_index=True)
    fit(X, y, target_channels=0).fit(X, y, groups=index)
    assert given[-1] == "tail"


def test_forecasts_of_ridge_alone_are_sums_over_steps_and_future():
    frame = pd.DataFrame(driven(), columns=["load", "driver"])
    X, y = make_windows(
        frame, 12, 3, target_channels="load", future_channels=["driver"]
    )
    model = fit(X, y, target_channels="load", tol=0.99)
    assert model.attention_share_ == 0
    steps = model.predict_contributions(X)
    ahead = model.predict_contributions(X, part="future")
    assert steps.shape == (len(X), 3, 12, 2)
    assert ahead.shape == (len(X), 3, 3, 1)
    total = model.base_value_ + steps.sum((2, 3)) + ahead.sum((2, 3))
    np.testing.assert_allclose(total, model.predict(X), atol=1e-4 * y.std())
    # The load follows the driver three steps later, which lies in the window.
    drives = np.abs(steps[:, 0, :, 1]).mean(0)
    assert drives.argmax() == 9
    with pytest.raises(ValueError, match="part='static' must be 'steps' or 'future'"):
        model.predict_contributions(X, part="static")
    alone = fit(X.steps, y, target_channels=0)
    with pytest.raises(ValueError, match="part='future' must be 'steps' for"):
        alone.predict_contributions(X.steps, part="future")


@pytest.mark.parametrize(
    ("stride", "ahead", "named"),
    [(1, 1, True), (1, 5, True), (4, 1, True), (1, 0, False), (1, -3, False)],
)
def test_a_target_that_is_a_later_value_of_a_channel_is_named(stride, ahead, named):
    """But not one that has been: this is a question about the window itself."""
    series = walk(800).astype(np.float32)
    starts = range(0, 700, stride)
    X = np.stack([series[i : i + 20] for i in starts])
    y = np.array([series[i + 19 + ahead, 1] for i in starts], dtype=np.float64)
    model = LSTMAttentionRegressor(**FAST).fit(X, y)
    reason = model.fit_summary_["linear_skip"].reason
    assert (reason == "y goes on with X: see target_channels=1") == named
    order = np.random.default_rng(0).permutation(len(X))
    reason = model.fit(X[order], y[order]).fit_summary_["linear_skip"].reason
    assert reason.startswith("only for forecasts")


@pytest.mark.parametrize(("window", "horizon", "on"), [(48, 24, True), (90, 10, False)])
def test_an_index_of_windows_leaves_as_many_as_none(window, horizon, on):
    """With "auto" only what is to be predicted is kept apart."""
    series = [walk(100)[:, 0] for _ in range(5)]
    X, y, index = make_windows(series, window, horizon, return_index=True)
    model = LSTMAttentionRegressor(**FAST, target_channels=0)
    if not on:  # each series has one window
        X, y, index = (np.repeat(part, 10, axis=0) for part in (X, y, index))
    model.fit(X, y, groups=index)
    assert model.early_stopping_ == on
    reason = model.fit_summary_["early_stopping"].reason
    assert on or reason == "no window is left if some are set aside"
    with pytest.raises(ValueError, match="leaves no window to train on"):
        model.set_params(early_stopping=True, validation_split="tail").fit(
            X, y, groups=index
        )


def test_the_windows_are_not_kept():
    X, y = make_windows(walk(400), 12, 4)
    kept = weakref.ref(X)
    model = fit(X, y, target_channels="all")
    del X
    gc.collect()
    assert model.early_stopping_
    assert kept() is None


def test_who_forgets_target_channels_is_told_when_a_fit_fails():
    series = walk(400)
    X = np.stack([series[i : i + 12] for i in range(300)])
    y = np.array([series[i + 14, 0] for i in range(300)])
    with pytest.warns(ConvergenceWarning, match="in this order: target_channels=0, as"):
        LSTMAttentionRegressor(hidden_size=4, random_state=0).fit(X, y)


@pytest.mark.parametrize("ragged", [False, True])
def test_targets_that_go_on_with_a_channel_are_named(ragged):
    """Who forgets ``target_channels`` finds it in the summary."""
    rng = np.random.default_rng(0)
    series = rng.normal(size=(400, 2)).cumsum(0)
    X = [series[i + (i % 3 if ragged else 0) : i + 20] for i in range(0, 360, 4)]
    y = np.array([series[i + 20 : i + 24, 1] for i in range(0, 360, 4)])
    model = LSTMAttentionRegressor(hidden_size=4, max_epochs=1, random_state=0)
    reason = model.fit(X, y).fit_summary_["linear_skip"].reason
    assert reason == "y goes on with X: see target_channels=1"
    reason = model.fit(X, rng.permutation(y)).fit_summary_["linear_skip"].reason
    assert reason == "only for forecasts of sequences of one length"
    constant = model.fit(X, np.ones_like(y)).fit_summary_["linear_skip"].reason
    assert constant == "only for forecasts of sequences of one length"


def test_the_best_validation_loss_is_that_of_the_weights_that_were_kept():
    random = np.random.default_rng(0)
    series = np.zeros(400)
    for i in range(2, 400):
        series[i] = 0.6 * series[i - 1] + 0.2 * series[i - 2] + random.normal()
    windows, y = make_windows(series, 12, 3)
    model = LSTMAttentionRegressor(
        target_channels=0, linear_skip="ar", hidden_size=8, max_epochs=6, random_state=0
    ).set_params(early_stopping=True, learning_rate=0.03)
    model.fit(windows[:250], y[:250], X_val=windows[270:], y_val=y[270:])
    assert model.attention_share_ == 0
    errors = (
        model.predict(windows[270:]) - y[270:]
    ) / model._target.scaler.scale.ravel()
    assert model.best_validation_loss_ == pytest.approx(np.mean(errors**2), rel=1e-4)
    assert model.best_validation_loss_ not in model.history_["validation_loss"]


def test_groups_stay_on_one_side_and_the_summary_says_so():
    random = np.random.default_rng(0)
    windows, y = make_windows(random.normal(size=(300, 1)).cumsum(0), 10, 2)
    model = LSTMAttentionRegressor(target_channels=0, hidden_size=4, max_epochs=2)
    model.fit(windows, y, groups=np.arange(len(windows)) // 20)
    assert model.fit_summary_["validation_split"] == (
        "random",
        "groups stay on one side",
    )
