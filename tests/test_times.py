"""Times of steps: read as gaps and ages, and values that decay with them."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skattn
from skattn import (
    LSTMAttentionClassifier,
    LSTMAttentionPointer,
    LSTMAttentionRegressor,
)
from skattn.inspection import occlusion_importance
from skattn.nn import AttentionPooling, Memory
from skattn.nn._time import InputDecay, find_ages
from skattn.sequences import OverTime, Sequences
from skattn.sequences._samples import Samples
from skattn.sequences._scaling import InputScaler
from skattn.sequences._times import measure_gap
from skattn.training import prepare

RNG = np.random.default_rng(0)
N = 600
GAPS = RNG.exponential(size=(N, 8))
TIMES = 100 + GAPS.cumsum(1)
STEPS = RNG.normal(size=(N, 8, 2))
HOLED = np.where(RNG.random(STEPS.shape) < 0.3, np.nan, STEPS)
LENGTHS = RNG.integers(2, 9, N)
RAGGED = [x[:n] for x, n in zip(HOLED, LENGTHS, strict=True)]
RAGGED_TIMES = [t[:n] for t, n in zip(TIMES, LENGTHS, strict=True)]
Y = np.log1p(GAPS[:, -1])
X = Sequences(STEPS, times=TIMES)
FAST = {"hidden_size": 8, "max_epochs": 2, "random_state": 0}
# Forecasts whose network is kept, though it is no better than ridge.
TRAINED = {"missing": "decay", "early_stopping": False}
VARIANTS = [
    {},
    {"query": "learned", "n_heads": 2, "missing": "mask"},
    {"missing": "decay", "attention": "scaled_dot", "bidirectional": True},
    {"decoder": "lstm", "missing": "forward"},
    {"patch_size": 3, "missing": "decay"},
    {"conv_layers": 1, "missing": "decay"},
    {"attention": "mean"},
    {"attention": "feature", "missing": "decay"},
    TRAINED | {"target_channels": [0], "anchor": True, "linear_skip": "ar"},
    TRAINED | {"target_channels": "all", "channel_independent": True},
]
GRAPHS = [
    {},
    {"attention": "mean"},
    {"decoder": "lstm", "attention": "general"},
    {"conv_layers": 1, "patch_size": 2, "n_heads": 2},
    {"attention": "scaled_dot", "patch_size": 3, "bidirectional": True},
]
each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=str)


def fit_variant(variant, ragged=False):
    steps = HOLED if "missing" in variant else STEPS
    times = TIMES
    if ragged:
        steps = [x[:n] for x, n in zip(steps, LENGTHS, strict=True)]
        times = RAGGED_TIMES
    targets = 2 if variant.get("target_channels") == "all" else 1
    y = np.nan_to_num(STEPS[:, :1, :targets]) if "target_channels" in variant else Y
    some = Sequences(steps, times=times)
    return LSTMAttentionRegressor(**FAST, **variant).fit(some[:80], y[:80]), some, y


def test_the_gap_before_the_last_event_is_learned():
    model = LSTMAttentionRegressor(max_epochs=60, random_state=0)
    assert model.fit(X[:500], Y[:500]).score(X[500:], Y[500:]) > 0.97
    assert model.fit(STEPS[:500], Y[:500]).score(STEPS[500:], Y[500:]) < 0.2


def test_a_decaying_sum_over_events_is_learned():
    y = (np.exp(TIMES - TIMES[:, -1:]) * STEPS[:, :, 0]).sum(1)
    model = LSTMAttentionRegressor(max_epochs=60, random_state=0)
    assert model.fit(X[:500], y[:500]).score(X[500:], y[500:]) > 0.95
    assert model.fit(STEPS[:500], y[:500]).score(STEPS[500:], y[500:]) < 0.92


@each_variant
@pytest.mark.parametrize("ragged", [False, True])
def test_a_sample_alone_is_answered_as_among_others(variant, ragged):
    model, some, y = fit_variant(variant, ragged)
    order = RNG.permutation(N)
    for answer in (model.predict, model.transform, model.predict_attention):
        whole = answer(some)
        atol = 1e-5 * max(1.0, y.std())
        np.testing.assert_allclose(answer(some[order]), whole[order], 0, atol)
        for row in (0, 256, 599):
            alone = answer(some[row : row + 1])[0]
            if answer == model.predict_attention:
                alone = alone[..., : LENGTHS[row]]
                shown = whole[row][..., : LENGTHS[row]]
            else:
                shown = whole[row]
            np.testing.assert_allclose(alone, shown, 0, atol)


def test_lists_and_padded_arrays_are_answered_alike():
    steps = [x[:n] for x, n in zip(STEPS, LENGTHS, strict=True)]
    ragged = Sequences(steps, times=RAGGED_TIMES)
    filled = STEPS.copy()
    filled[np.arange(8) >= LENGTHS[:, None]] = np.nan
    padded = Sequences(filled, times=TIMES)
    model = LSTMAttentionRegressor(**FAST, padding_value=np.nan).fit(padded, Y)
    np.testing.assert_allclose(
        model.predict(ragged), model.predict(padded), 0, 1e-5 * Y.std()
    )


@each_variant
def test_fits_are_repeatable_and_files_hold_them(variant, tmp_path):
    model, some, y = fit_variant(variant)
    expected = model.predict(some)
    again = clone(model).fit(some[:80], y[:80])
    np.testing.assert_array_equal(again.predict(some), expected)
    skattn.save(model, tmp_path / "model.safetensors")
    loaded = skattn.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict(some), expected)
    copy = pickle.loads(pickle.dumps(model))
    copy.partial_fit(some[:80], y[:80])
    np.testing.assert_array_equal(model.predict(some), expected)


@pytest.mark.parametrize("variant", GRAPHS, ids=str)
@pytest.mark.parametrize("ragged", [False, True])
def test_graphs_take_times(variant, ragged, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    model, some, _ = fit_variant(variant, ragged)
    skattn.to_onnx(model, tmp_path / "model.onnx")
    session = runtime.InferenceSession(tmp_path / "model.onnx")
    assert [part.name for part in session.get_inputs()] == ["X", "times"]
    values, times = STEPS[:50].copy(), TIMES[:50].copy()
    if ragged:
        behind = np.arange(8) >= LENGTHS[:50, None]
        values[behind], times[behind] = np.nan, np.nan
    found = session.run(None, {"X": values, "times": times})
    np.testing.assert_allclose(
        found[0], model.predict(some[:50]), rtol=0, atol=1e-5 * Y.std()
    )
    times[7, 1] = np.nan
    found = session.run(None, {"X": values, "times": times})[0]
    assert np.flatnonzero(np.isnan(found)).tolist() == [7]


def test_graphs_take_dates_as_seconds_beside_other_inputs(tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    dates = np.datetime64("2026-01-01", "ms") + (TIMES * 1e6).astype("m8[ms]")
    static = RNG.normal(size=(N, 1))
    some = Sequences(STEPS[:, :, 0], static=static, times=dates)
    model = LSTMAttentionClassifier(**FAST).fit(some, Y > 0.7)
    skattn.to_onnx(model, tmp_path / "model.onnx")
    session = runtime.InferenceSession(tmp_path / "model.onnx")
    assert [part.name for part in session.get_inputs()] == ["X", "static", "times"]
    seconds = (dates - dates[:, :1]) / np.timedelta64(1, "s")
    given = {"X": STEPS[:, :, 0], "static": static, "times": seconds}
    np.testing.assert_allclose(
        session.run(None, given)[0], model.predict_proba(some), atol=1e-4
    )


def test_graphs_say_that_they_fill_no_gaps(tmp_path):
    pytest.importorskip("onnx")
    model, _, _ = fit_variant({"missing": "decay"})
    with pytest.raises(ValueError, match="missing='decay' cannot be exported"):
        skattn.to_onnx(model, tmp_path / "model.onnx")


def test_scikit_learn_carries_times_through_a_search():
    pipeline = make_pipeline(OverTime(StandardScaler()), LSTMAttentionRegressor(**FAST))
    grid = {"lstmattentionregressor__hidden_size": [4, 8]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise")
    assert search.fit(X[:80], Y[:80]).predict(X).shape == (N,)
    assert cross_val_predict(pipeline, X[:80], Y[:80], cv=2).shape == (80,)


def test_training_goes_on_with_times():
    model = LSTMAttentionRegressor(**FAST, warm_start=True, early_stopping=True)
    model.fit(X[:80], Y[:80], X_val=X[80:120], y_val=Y[80:120]).fit(X[:80], Y[:80])
    model.partial_fit(X[:40], Y[:40])
    with pytest.raises(ValueError, match="X has no times, but LSTMAtt"):
        model.fit(STEPS[:80], Y[:80])
    with pytest.raises(ValueError, match="X_val has no times, but LSTMAtt"):
        clone(model).fit(X[:80], Y[:80], X_val=STEPS[:40], y_val=Y[:40])


def test_classes_and_steps_are_predicted_with_decay():
    some = Sequences(RAGGED, times=RAGGED_TIMES)
    last = np.array([t[-1] - t[-2] for t in RAGGED_TIMES])
    classes = LSTMAttentionClassifier(missing="decay", max_epochs=40, random_state=0)
    assert classes.fit(some, last > 0.7).score(some, last > 0.7) > 0.95
    steps = np.array([np.diff(t).argmax() + 1 for t in RAGGED_TIMES])
    pointer = LSTMAttentionPointer(missing="decay", max_epochs=60, random_state=0)
    assert pointer.fit(some, steps).score(some, steps) > 0.9


def test_units_and_kinds_of_times_do_not_matter():
    model = LSTMAttentionRegressor(**FAST).fit(X, Y)
    expected = model.predict(X)
    moved = Sequences(STEPS, times=TIMES * 3600 - 1e5)
    np.testing.assert_allclose(
        clone(model).fit(moved, Y).predict(moved), expected, atol=1e-3 * Y.std()
    )
    seconds = (TIMES * 1e9).astype("m8[ns]")
    for times in (seconds, np.datetime64("2026-01-01", "ns") + seconds):
        same = Sequences(STEPS, times=times)
        fitted = clone(model).fit(same, Y)
        np.testing.assert_allclose(fitted.predict(same), expected, 0, 1e-4 * Y.std())


def test_only_training_steps_measure_the_gap():
    times, weights = TIMES.copy(), np.ones(N)
    times[500:] *= 1e6
    weights[500:] = 0.0
    model = LSTMAttentionRegressor(**FAST).fit(
        Sequences(STEPS, times=times), Y, sample_weight=weights
    )
    expected = np.median(np.diff(TIMES[:500], axis=1))
    assert model._input_scaler.time_unit == pytest.approx(expected)
    ragged = Samples(STEPS, np.full(N, 2), times=TIMES)
    assert measure_gap(ragged, np.ones(N)) == pytest.approx(np.median(GAPS[:, 1]))
    assert measure_gap(Samples(STEPS, times=TIMES * 0), np.ones(N)) == 1.0


def by_hand(values, times):
    """Return gaps and times since the last values, after Che et al. (2018)."""
    since = np.zeros((len(times), 1 + values.shape[1]))
    for t in range(1, len(times)):
        since[t, 0] = times[t] - times[t - 1]
        for c in range(values.shape[1]):
            before = since[t - 1, 1 + c] if np.isnan(values[t - 1, c]) else 0.0
            since[t, 1 + c] = since[t, 0] + before
    return since


@pytest.mark.parametrize("missing", ["error", "mask", "forward", "decay"])
def test_gaps_are_those_of_an_independent_recursion(missing):
    values = STEPS if missing == "error" else HOLED
    scaler = InputScaler(np.zeros(2), np.ones(2), missing, time_unit=2.5)
    related = TIMES - TIMES[:, :1]
    prepared = prepare(scaler, Samples(values, LENGTHS, times=related)).times.numpy()
    for i in range(20):
        n = LENGTHS[i]
        expected = by_hand(values[i], TIMES[i])[:n] / 2.5
        if missing == "error":
            expected = expected[:, :1]
        np.testing.assert_allclose(prepared[i, :n], expected, rtol=1e-5, atol=1e-6)
        assert not prepared[i, n:].any()


def test_decay_is_the_published_formula():
    values, times = HOLED[:30], TIMES[:30]
    scaler = InputScaler(np.zeros(2), np.ones(2), "decay", time_unit=1.0)
    inputs = prepare(scaler, Samples(values, times=times - times[:, :1]))
    layer = InputDecay(((0, 2), (1, 3))).double()
    with torch.no_grad():
        layer.rate.copy_(torch.tensor([0.7, -0.2], dtype=torch.float64))
        layer.offset.copy_(torch.tensor([-0.1, 0.3], dtype=torch.float64))
    found = layer(inputs.x.double(), inputs.times[..., 1:].double()).detach().numpy()
    for i in range(30):
        since = inputs.times[i, :, 1:].double().numpy()  # tested above
        last = np.zeros(2)
        for t in range(8):
            left = np.exp(-np.maximum(0, [0.7, -0.2] * since[t] + [-0.1, 0.3]))
            seen = ~np.isnan(values[i, t])
            last = np.where(seen, values[i, t].astype(np.float32), last)
            expected = np.where(seen, last, left * last)
            np.testing.assert_allclose(found[i, t, :2], expected, rtol=1e-13)
            np.testing.assert_array_equal(found[i, t, 2:], ~seen)


def test_without_times_decay_counts_steps():
    model = LSTMAttentionRegressor(**FAST, missing="decay").fit(HOLED, Y)
    steps = Sequences(HOLED, times=np.tile(np.arange(8), (N, 1)))
    counted = clone(model).fit(steps, Y)
    np.testing.assert_array_equal(counted.predict(steps), model.predict(HOLED))
    flat = LSTMAttentionRegressor(**FAST, missing="decay", n_timesteps=8)
    np.testing.assert_array_equal(
        flat.fit(HOLED.reshape(N, -1), Y).predict(HOLED.reshape(N, -1)),
        model.predict(HOLED),
    )
    assert [n for n, _ in model.module_.named_parameters() if "decay" in n] == [
        "input.decay.rate",
        "input.decay.offset",
    ]


def test_rates_of_decay_are_learned():
    # What counts is channel 0 as long as it is fresh: its last value, decayed.
    values = STEPS[:, :, :1].copy()
    gone = RNG.random((N, 8)) < 0.6
    gone[:, 0] = False
    values[gone] = np.nan
    last = np.where(gone, 0, np.arange(8)).max(1)
    rows = np.arange(N)
    left = np.exp(-0.8 * (TIMES[:, -1] - TIMES[rows, last]))
    y = left * STEPS[rows, last, 0]
    some = Sequences(values, times=TIMES)
    model = LSTMAttentionRegressor(missing="decay", max_epochs=60, random_state=0)
    model.fit(some[:500], y[:500])
    assert model.score(some[500:], y[500:]) > 0.95
    unit = model._input_scaler.time_unit
    assert 0.3 < model.module_.input.decay.rate.item() / unit < 1.6


def test_ages_count_from_the_last_step():
    gaps = torch.tensor([[0.0, 1.0, 2.0, 4.0], [0.0, 3.0, 0.0, 0.0]])
    lengths = torch.tensor([4, 2])
    ages = find_ages(gaps, 1, lengths)
    np.testing.assert_array_equal(ages[0], [7, 6, 4, 0])
    np.testing.assert_array_equal(ages[1, :2], [3, 0])
    np.testing.assert_array_equal(find_ages(gaps, 3, lengths)[0], [7, 0])
    assert find_ages(gaps, 3, lengths)[1, 0] == 0


def test_scores_fall_with_age_as_documented():
    states, ages = torch.randn(3, 5, 4), torch.rand(3, 5) * 10
    memory = Memory(states, states[:, -1], None, states)
    pooling = AttentionPooling(4, n_heads=2, timed=True)
    plain = pooling(memory)[1]
    np.testing.assert_array_equal(
        plain.detach(), pooling(memory._replace(ages=ages))[1].detach()
    )
    with torch.no_grad():
        pooling.age.order.copy_(torch.tensor([0.5, -1.0]))
    found = pooling(memory._replace(ages=ages))[1]
    order = pooling.age.order[:, None]
    expected = plain * (1 + ages[:, None]) ** -order
    expected = expected / expected.sum(-1, keepdim=True)
    np.testing.assert_allclose(found.detach(), expected.detach(), rtol=1e-5)


DATES = np.datetime64("2026-01-01") + np.arange(8)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (None, "X has no times, but LSTMAttentionRegressor was fitted with times that"),
        (np.tile(DATES, (N, 1)), "X has times that are dates, but .*are numbers"),
        (np.tile(DATES - DATES[0], (N, 1)), "X has times that are durations, but"),
        ([TIMES[0]] * 9 + [DATES] * (N - 9), "times mixes dates and numbers"),
        (
            np.where(TIMES > 101, np.inf, TIMES),
            r"X.times\[\d+\] holds a time that is infinite",
        ),
        (TIMES[:, ::-1], r"times\[0\] is missing at a step or runs backwards"),
        (TIMES * np.nan, r"times\[0\] is missing at a step"),
        (TIMES[:, :-1], r"times\[0\] has 7 entries, but steps\[0\] has 8"),
        (
            np.cumsum(np.full((N, 8), 1e300), 1),
            r"has steps that are 1e\+300 apart",
        ),
    ],
)
def test_other_times_are_refused(times, message):
    model = LSTMAttentionRegressor(**FAST).fit(X, Y)
    with pytest.raises(ValueError, match=message):
        model.predict(Sequences(STEPS, times=times))


def test_times_need_times_in_fit():
    for missing in ("error", "decay"):
        model = LSTMAttentionRegressor(**FAST, missing=missing).fit(STEPS, Y)
        with pytest.raises(ValueError, match=r"X has times that are numbers, but.*no"):
            model.predict(X)
    flat = LSTMAttentionRegressor(**FAST)
    with pytest.raises(ValueError, match=r"X.times\[0\] has 7 entries, but the seq"):
        flat.fit(Sequences(STEPS[:, :, 0], times=TIMES[:, 1:]), Y)


def test_sums_over_inputs_take_no_times():
    model = LSTMAttentionRegressor(**FAST, values="inputs")
    with pytest.raises(ValueError, match="values='inputs' does not go with static"):
        model.fit(X, Y)
    with pytest.raises(ValueError, match="values='inputs' does not go with missing"):
        model.set_params(missing="decay").fit(STEPS, Y)


@pytest.mark.parametrize(
    ("record", "change", "message"),
    [
        ("_schema", {"times": "years"}, "times is 'years'"),
        ("_schema", {"times": None}, "n_times is 3, and times None"),
        ("_architecture", {"n_times": 1}, "n_times is 1"),
        ("_architecture", {"decay": False}, "decay is False"),
        ("_input_scaler", {"time_unit": -1.0}, "time_unit is -1.0"),
        ("_input_scaler", {"time_unit": None}, "time_unit is None"),
    ],
)
def test_a_damaged_file_is_refused(record, change, message, tmp_path):
    model, _, _ = fit_variant({"missing": "decay"})
    setattr(model, record, replace(getattr(model, record), **change))
    skattn.save(model, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=message):
        skattn.load(tmp_path / "model.safetensors")


def test_inspection_keeps_times_and_callers_arrays_stay():
    times, steps = TIMES[:80].copy(), HOLED[:80].copy()
    some = Sequences(steps, times=times)
    model = LSTMAttentionRegressor(**FAST, missing="decay").fit(some, Y[:80])
    assert occlusion_importance(model, some[:20]).shape == (20, 8)
    np.testing.assert_array_equal(times, TIMES[:80])
    np.testing.assert_array_equal(steps, HOLED[:80])


def test_memory_maps_and_blocks_are_read_alike(tmp_path):
    long = np.memmap(tmp_path / "x.dat", np.float32, "w+", shape=(N, 500, 2))
    long[:] = RNG.normal(size=long.shape)
    times = RNG.exponential(size=(N, 500)).cumsum(1)
    options = FAST | {"max_epochs": 1, "attention": "last", "patch_size": 100}
    disk = Sequences(long, times=times)
    memory = disk.with_steps(np.array(long))  # large enough to be scaled in blocks
    one = LSTMAttentionRegressor(**options).fit(disk, Y).predict(disk)
    other = LSTMAttentionRegressor(**options).fit(memory, Y).predict(memory)
    np.testing.assert_array_equal(one, other)


def test_padded_arrays_have_padded_times():
    lengths = np.random.default_rng(0).integers(2, 9, N)
    beyond = np.arange(8) >= lengths[:, None]
    padded = np.where(beyond[:, :, None], np.nan, STEPS)
    filled = np.where(beyond, np.nan, TIMES)
    listed = [row[:n] for row, n in zip(TIMES, lengths, strict=True)]
    model = LSTMAttentionRegressor(**FAST, padding_value=np.nan)
    model.fit(Sequences(padded, times=TIMES), Y)
    expected = model.predict(Sequences(padded, times=TIMES))
    for times in (filled, listed):
        found = model.predict(Sequences(padded, times=times))
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match=r"X.times\[0\] has 1 entries, but the"):
        model.predict(Sequences(padded, times=[row[:1] for row in TIMES]))
    early = np.where(np.arange(8) > 0, np.nan, TIMES)
    with pytest.raises(ValueError, match="a time that is infinite or missing"):
        model.predict(Sequences(padded, times=early))


def test_samples_of_several_lengths_are_joined_with_their_times():
    parts = [Sequences(STEPS[:2, :n], times=TIMES[:2, :n]) for n in (5, 4)]
    joined = Sequences.concatenate(parts)
    assert [len(row) for row in joined.times] == [5, 5, 4, 4]


def test_narrow_integers_do_not_wrap_around():
    times = np.tile(np.array([-100, 0, 50, 120], dtype=np.int8), (9, 1))
    X = np.random.default_rng(0).normal(size=(9, 4, 1))
    model = LSTMAttentionRegressor(**FAST).fit(Sequences(X, times=times), X[:, 0, 0])
    wide = model.predict(Sequences(X, times=times.astype(int)))
    np.testing.assert_array_equal(model.predict(Sequences(X, times=times)), wide)


def test_windows_of_one_step_train_a_decay_in_their_own_units():
    random = np.random.default_rng(0)
    X = [random.normal(size=(n, 2)) for n in random.integers(1, 6, 80)]
    for x in X:
        x[random.random(x.shape) < 0.3] = np.nan
    y = np.array([np.nansum(x[:, 0]) for x in X])
    times = [np.arange(len(x), dtype=float) for x in X]
    model = LSTMAttentionRegressor(
        **FAST | {"linear_skip": False, "anchor": False},
        target_channels=0,
        missing="decay",
        scale_windows="standard",
    )
    model.fit(Sequences(X, times=times), y)
    assert np.isfinite(model.history_["train_loss"]).all()
