"""Static features and what is known ahead: learned from, scaled, checked, carried."""

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skattn
from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn.inspection import (
    attention_faithfulness,
    gradient_importance,
    occlusion_importance,
    timestep_permutation_importance,
)
from skattn.sequences import OverTime, Sequences, make_windows, next_window
from skattn.sequences._scaling import Scaler

RNG = np.random.default_rng(0)
N = 600
STEPS = RNG.normal(size=(N, 6, 2)) * [1, 10] + [0, 5]
STATIC = np.column_stack([RNG.integers(0, 2, N), RNG.normal(50, 20, N)])
FUTURE = RNG.normal(size=(N, 3, 2)) * [1, 100]
RAGGED = [x[: RNG.integers(2, 7)] for x in STEPS]
FAST = {"hidden_size": 8, "max_epochs": 2, "random_state": 0}
X = Sequences(STEPS, static=STATIC, future=FUTURE)
SWITCH = np.where(STATIC[:, 0] > 0, STEPS[:, 3, 0], STEPS[:, 3, 1] / 10)
AHEAD = STEPS[:, -1:, 0] + np.sin(FUTURE[..., 0]) + FUTURE[..., 1] / 100
VARIANTS = [
    {},
    {"query": "learned", "n_heads": 2},
    {"attention": "mean", "dropout": 0.2},
    {"attention": "feature"},
    {"attention": "location", "state_bypass": True},
    {"decoder": "lstm", "teacher_forcing": 0.5},
    {"decoder": "lstm", "attention": "last", "state_bypass": True},
    {"patch_size": 2, "self_attention_heads": 2, "attention": "scaled_dot"},
    {"conv_layers": 1, "query": "learned"},
    {"target_channels": 0, "anchor": True, "linear_skip": "ridge"},
    {"target_channels": 0, "channel_independent": True, "linear_skip": True},
]
each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=str)


def answers(model, X):
    return model.predict(X), model.transform(X), model.predict_attention(X)


@pytest.mark.parametrize("options", [{}, {"query": "learned"}, {"attention": "mean"}])
def test_a_static_switch_says_which_channel_counts(options):
    model = LSTMAttentionRegressor(
        hidden_size=32, max_epochs=60, random_state=0, **options
    )
    with_static = Sequences(STEPS, static=STATIC)
    model.fit(with_static[:500], SWITCH[:500])
    assert model.score(with_static[500:], SWITCH[500:]) > 0.97
    if not options:
        model.fit(STEPS[:500], SWITCH[:500])
        assert model.score(STEPS[500:], SWITCH[500:]) < 0.7


def test_static_features_change_where_is_looked():
    # The static feature says at which of two steps the answer stands.
    first = STATIC[:, 0] > 0
    y = np.where(first, STEPS[:, 1, 0], STEPS[:, 4, 0])
    with_static = Sequences(STEPS, static=STATIC)
    model = LSTMAttentionRegressor(hidden_size=32, max_epochs=60, random_state=0)
    model.set_params(query="last", bidirectional=False)
    weights = model.fit(with_static, y).predict_attention(with_static)
    assert model.score(with_static, y) > 0.97
    moved = np.abs(weights[first].mean(0) - weights[~first].mean(0)).sum()
    assert moved > 0.2


@pytest.mark.parametrize("decoder", ["dense", "lstm"])
def test_each_output_step_reads_its_own_future(decoder):
    model = LSTMAttentionRegressor(
        decoder=decoder, hidden_size=16, max_epochs=30, random_state=0
    )
    ahead = Sequences(STEPS, future=FUTURE)
    model.fit(ahead[:500], AHEAD[:500])
    assert model.score(ahead[500:], AHEAD[500:]) > 0.9
    if decoder == "dense":
        model.fit(STEPS[:500], AHEAD[:500])
        assert model.score(STEPS[500:], AHEAD[500:]) < 0.5


def test_the_dense_decoder_reads_no_other_steps_future():
    model = LSTMAttentionRegressor(**FAST).fit(X, AHEAD)
    changed = FUTURE.copy()
    changed[:, 1] += 1
    other = model.predict(Sequences(STEPS, static=STATIC, future=changed))
    moved = np.abs(other - model.predict(X)).max(0)
    assert moved[1] > 0.01
    assert moved[[0, 2]].max() < 1e-6


@each_variant
def test_a_sample_alone_is_answered_as_among_others(variant):
    model = LSTMAttentionRegressor(**FAST, **variant).fit(X, AHEAD)
    order = RNG.permutation(N)
    whole = answers(model, X)
    shuffled, rows = answers(model, X[order]), [0, 255, 256, 599]
    for i, a in enumerate(whole):
        scale = AHEAD.std() if i == 0 else 1.0
        np.testing.assert_allclose(shuffled[i], a[order], rtol=0, atol=1e-5 * scale)
        for row in rows:
            alone = answers(model, X[row : row + 1])[i]
            np.testing.assert_allclose(alone[0], a[row], rtol=0, atol=1e-5 * scale)


@each_variant
def test_fits_are_repeatable_and_copies_answer_alike(variant):
    model = LSTMAttentionRegressor(**FAST, **variant).fit(X[:80], AHEAD[:80])
    expected = model.predict(X)
    np.testing.assert_array_equal(
        clone(model).fit(X[:80], AHEAD[:80]).predict(X), expected
    )
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict(X), expected)
    copy.partial_fit(X[:80], AHEAD[:80])
    np.testing.assert_array_equal(model.predict(X), expected)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_files_and_graphs_hold_them(variant, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    frame = pytest.importorskip("pandas").DataFrame(STATIC, columns=["sex", "age"])
    named = Sequences(STEPS, static=frame, future=FUTURE)
    model = LSTMAttentionRegressor(**FAST, **variant).fit(named[:80], AHEAD[:80])
    skattn.save(model, tmp_path / "model.safetensors")
    loaded = skattn.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict(named), model.predict(named))
    assert [*loaded.static_names_in_] == ["sex", "age"]
    skattn.to_onnx(model, tmp_path / "model.onnx")
    session = runtime.InferenceSession(tmp_path / "model.onnx")
    assert [part.name for part in session.get_inputs()] == ["X", "static", "future"]
    for rows in (slice(0, 1), slice(0, 50)):
        part = {"X": STEPS[rows], "static": STATIC[rows], "future": FUTURE[rows]}
        found = session.run(None, part)
        np.testing.assert_allclose(
            found[0], model.predict(named[rows]), rtol=0, atol=1e-5 * AHEAD.std()
        )
        np.testing.assert_allclose(found[2], model.transform(named[rows]), atol=1e-4)
    part["static"] = np.where(np.arange(50)[:, None] == 7, np.nan, STATIC[:50])
    assert np.flatnonzero(np.isnan(session.run(None, part)[0]).any(1)).tolist() == [7]


@pytest.mark.parametrize(
    ("record", "change", "message"),
    [
        ("_schema", {"n_static": 3}, "n_static is 3"),
        ("_schema", {"n_future": "2"}, "n_future is '2'"),
        ("_schema", {"horizon": 5}, "the horizon is 5"),
        ("_schema", {"static_names": ("a",)}, "static_names is"),
        ("_input_scaler", {"static": None}, "n_static is 2, and its scaler None"),
        (
            "_input_scaler",
            {"future": Scaler(np.ones(3), np.ones(3))},
            "of future holds",
        ),
        ("_input_scaler", {"static": Scaler(np.ones(2), np.zeros(2))}, "has the scale"),
    ],
)
def test_a_damaged_file_is_refused(record, change, message, tmp_path):
    model = LSTMAttentionRegressor(**FAST).fit(X[:80], AHEAD[:80])
    setattr(model, record, replace(getattr(model, record), **change))
    skattn.save(model, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=message):
        skattn.load(tmp_path / "model.safetensors")


def test_units_do_not_matter():
    model = LSTMAttentionRegressor(**FAST).fit(X, AHEAD)
    other = Sequences(STEPS, static=STATIC * 1e6 - 3e5, future=FUTURE * 1e-6 + 7)
    moved = clone(model).fit(other, AHEAD).predict(other)
    np.testing.assert_allclose(moved, model.predict(X), atol=1e-3 * AHEAD.std())


def test_scales_are_those_of_the_training_part():
    static, weights = STATIC.copy(), np.ones(N)
    static[500:], weights[500:] = 1e9, 0.0
    far = Sequences(STEPS, static=static, future=FUTURE)
    model = LSTMAttentionRegressor(**FAST).fit(far, AHEAD, weights)
    near = clone(model).fit(X[:500], AHEAD[:500])
    np.testing.assert_allclose(
        model._input_scaler.static.mean, near._input_scaler.static.mean
    )
    raw = clone(model).set_params(scale_inputs=False, scale_targets=False)
    assert raw.fit(X, AHEAD)._input_scaler.static.scale == 1


def test_classes_and_lists_of_sequences():
    with_static = Sequences(RAGGED, static=STATIC)
    y = np.where(STATIC[:, 0] > 0, "on", "off")
    model = LSTMAttentionClassifier(**FAST | {"max_epochs": 10}).fit(with_static, y)
    assert model.score(with_static, y) > 0.95
    both = model.predict_proba(with_static)
    np.testing.assert_allclose(
        model.predict_proba(with_static[[5]])[0], both[5], rtol=0, atol=1e-5
    )


def test_memory_maps_and_blocks_are_read_alike(tmp_path):
    long = np.memmap(tmp_path / "x.dat", np.float32, "w+", shape=(N, 500, 2))
    long[:] = RNG.normal(size=long.shape)
    options = FAST | {"max_epochs": 1, "attention": "last", "patch_size": 100}
    disk = Sequences(long, static=STATIC, future=FUTURE)
    memory = disk.with_steps(np.array(long))  # large enough to be scaled in blocks
    one = LSTMAttentionRegressor(**options).fit(disk, AHEAD).predict(disk)
    other = LSTMAttentionRegressor(**options).fit(memory, AHEAD).predict(memory)
    np.testing.assert_array_equal(one, other)


def test_scikit_learn_carries_them_through_a_search():
    pipeline = make_pipeline(OverTime(StandardScaler()), LSTMAttentionRegressor(**FAST))
    grid = {"lstmattentionregressor__hidden_size": [4, 8]}
    some, y = X[:80], AHEAD[:80]
    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=2, error_score="raise")
    assert search.fit(some, y).predict(X).shape == (N, 3)
    assert cross_val_predict(pipeline, some, y, cv=2).shape == (80, 3)


def test_training_goes_on_and_validates_with_them():
    model = LSTMAttentionRegressor(**FAST, early_stopping=True, warm_start=True)
    model.fit(X[:80], AHEAD[:80], X_val=X[80:120], y_val=AHEAD[80:120])
    model.fit(X[:80], AHEAD[:80])
    with pytest.raises(ValueError, match="X has no static, but"):
        model.fit(STEPS[:80], AHEAD[:80])
    part = Sequences(STEPS, static=STATIC)[80:120]
    with pytest.raises(ValueError, match="X_val has no future, but"):
        clone(model).fit(X[:80], AHEAD[:80], X_val=part, y_val=AHEAD[80:120])


def test_inspection_changes_the_steps_alone():
    pytest.importorskip("captum")
    y = AHEAD[:, 0]
    one = Sequences(STEPS, static=STATIC, future=FUTURE[:, :1])
    model = LSTMAttentionRegressor(**FAST | {"max_epochs": 20}).fit(one, y)
    some = one[:30]
    assert occlusion_importance(model, some).shape == (30, 6)
    gradients = gradient_importance(model, some, n_steps=400)
    mean = np.tile(model._input_scaler.mean, (30, 6, 1))
    gap = model.predict(some) - model.predict(some.with_steps(mean))
    np.testing.assert_allclose(gradients.sum((1, 2)), gap, atol=0.02 * y.std())
    found = timestep_permutation_importance(model, some, y[:30], random_state=0)
    assert found.importances_mean.shape == (6,)
    report = attention_faithfulness(model, some, random_state=0)
    assert "no sum to take apart" in str(report)
    ragged = one.with_steps(RAGGED)[:30]
    model.fit(one.with_steps(RAGGED), y)
    assert gradient_importance(model, ragged).shape == (30, 6, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"static": None}, "X has no static, but the estimator was fitted with 2 sta"),
        ({"static": STATIC[:, :1]}, "X has 1 static feature, but"),
        ({"future": None}, "X has no future, but .* a future of 3 steps and 2 columns"),
        ({"future": FUTURE[:, :2]}, "X has a future of 2 steps and 2 columns, but"),
        ({"static": np.full((N, 2), np.nan)}, r"X.static contains NaN.*sample 0, col"),
        ({"future": FUTURE * np.inf}, r"X.future contains NaN or infinity"),
        ({"static": STATIC.astype(str)}, "X.static has a column 0 that does not hold"),
        ({"static": [["a", None]] * N}, "X.static has a column 0 that does not hold"),
        ({"times": np.tile(np.arange(6), (N, 1))}, "X has times that are numbers, but"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    parts = {"steps": STEPS, "static": STATIC, "future": FUTURE}
    model = LSTMAttentionRegressor(**FAST).fit(X[:80], AHEAD[:80])
    with pytest.raises(ValueError, match=message):
        model.predict(Sequences(**parts | change))
    with pytest.raises(ValueError, match="was fitted with no"):
        LSTMAttentionRegressor(**FAST).fit(STEPS[:80], AHEAD[:80]).predict(X)


def test_names_of_static_and_future_must_agree():
    frame = pytest.importorskip("pandas").DataFrame
    static = frame(STATIC, columns=["sex", "age"])
    future = [frame(x, columns=["wind", "sun"]) for x in FUTURE]
    named = Sequences(STEPS, static=static, future=future)
    model = LSTMAttentionRegressor(**FAST).fit(named[:80], AHEAD[:80])
    assert [*model.static_names_in_] == ["sex", "age"]
    np.testing.assert_array_equal(model.predict(X), model.predict(named))
    other = Sequences(STEPS, static=static[["age", "sex"]], future=future)
    with pytest.raises(ValueError, match=r"X.static has the columns \['age', 'sex'\]"):
        model.predict(other)
    swapped = [x[["sun", "wind"]] for x in future]
    with pytest.raises(ValueError, match=r"X.future has the columns \['sun'"):
        model.predict(Sequences(STEPS, static=static, future=swapped))
    assert not hasattr(model.fit(X[:80], AHEAD[:80]), "static_names_in_")
    typed = static.assign(sex=np.datetime64("2026-01-01"))
    with pytest.raises(ValueError, match=r"column 'sex'.*Turn dates into numbers"):
        model.fit(Sequences(STEPS, static=typed), AHEAD)
    flags = Sequences(STEPS, static=static.assign(sex=STATIC[:, 0] > 0))
    assert model.fit(flags[:80], SWITCH[:80]).predict(flags).shape == (N,)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (SWITCH, "X.future has 3 steps, but y has 1"),
        (AHEAD[:, :2], "X.future has 3 steps, but y has 2"),
    ],
)
def test_the_future_is_as_long_as_y(y, message):
    with pytest.raises(ValueError, match=message):
        LSTMAttentionRegressor(**FAST).fit(X, y)
    with pytest.raises(ValueError, match=r"X.future has 3 steps, but y has 1"):
        LSTMAttentionClassifier(**FAST).fit(X, SWITCH > 0)


def test_sums_over_inputs_take_neither():
    model = LSTMAttentionRegressor(**FAST, values="inputs")
    with pytest.raises(ValueError, match="values='inputs' does not go with static"):
        model.fit(X, AHEAD)


def test_windows_are_learned_from_and_tomorrow_is_forecast():
    n = 400
    holiday = (RNG.random(n + 3) < 0.2).astype(float)
    load = 10 - 4 * holiday + 0.1 * RNG.normal(size=n + 3)
    frame = pytest.importorskip("pandas").DataFrame
    table = frame({"load": load, "holiday": holiday})
    windows, y = make_windows(
        table[:n], 8, 3, target_channels="load", future_channels="holiday"
    )
    model = LSTMAttentionRegressor(
        hidden_size=8, max_epochs=30, target_channels="load", random_state=0
    ).fit(windows, y)
    coming = next_window(
        table[:n], 8, future=table[["holiday"]][n:], future_channels="holiday"
    )
    np.testing.assert_allclose(model.predict(coming)[0], load[n:], atol=1.0)


ODD_STATIC = [
    lambda a: a[:-1], lambda a: a[:, 0], lambda a: a * np.nan, lambda a: a + np.inf,
    lambda a: a.astype(complex), lambda a: a[:, :0], lambda a: a.astype("M8[s]"),
    lambda a: [[None]] * len(a), lambda a: "abc", lambda a: [[1], [1, 2]],
]  # fmt: skip
ODD_FUTURE = [
    lambda a: a[:-1], lambda a: a[0], lambda a: a * np.nan, lambda a: a[:, :2],
    lambda a: a[:, :0], lambda a: a[..., :0], lambda a: a.astype(str), lambda a: 3,
    lambda a: a.astype(complex), lambda a: [a[0], a[1, :1]], lambda a: a[None],
]  # fmt: skip
ODD_TIMES = [
    lambda a: a[:-1], lambda a: -a, lambda a: a * np.nan, lambda a: a[:, :-1],
    lambda a: a[0], lambda a: a.astype(str), lambda a: "now", lambda a: a + np.inf,
]  # fmt: skip
ODD_STEPS = [lambda a: a[:-1], lambda a: a[:, :0], lambda a: None, lambda a: a * np.nan]
TIMES = np.tile(np.arange(6.0), (12, 1))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [("static", i) for i in range(len(ODD_STATIC))]
            + [("future", i) for i in range(len(ODD_FUTURE))]
            + [("times", i) for i in range(len(ODD_TIMES))]
            + [("steps", i) for i in range(len(ODD_STEPS))]
        ),
        min_size=1,
        max_size=3,
    ),
    st.booleans(),
)
def test_malformed_sequences_are_refused_by_name(changes, ragged):
    odd = {
        "static": ODD_STATIC, "future": ODD_FUTURE, "times": ODD_TIMES,
        "steps": ODD_STEPS,
    }  # fmt: skip
    parts = {"steps": STEPS[:12], "static": STATIC[:12], "future": FUTURE[:12]}
    whole = parts | {"times": TIMES}
    for name, i in changes:
        parts[name] = odd[name][i](whole[name])
    if ragged and isinstance(parts["steps"], np.ndarray):
        parts["steps"] = [*parts["steps"]]
    with pytest.raises(ValueError, match=r"steps|static|future|times|X") as caught:
        LSTMAttentionRegressor(**FAST).fit(Sequences(**parts), AHEAD[:12])
    assert len(str(caught.value)) > 40


def test_static_columns_in_another_order_are_told_as_such():
    frame = pd.DataFrame({"age": np.arange(40.0), "site": ["a", "b"] * 20})
    steps = STEPS[:40]
    model = LSTMAttentionRegressor(hidden_size=2, max_epochs=1)
    model.fit(Sequences(steps, static=frame), np.arange(40.0))
    with pytest.raises(ValueError, match=r"has the columns \['site', 'age'\]"):
        model.predict(Sequences(steps, static=frame[["site", "age"]]))


def test_sparse_static_features_are_refused_by_name():
    with pytest.raises(TypeError, match=r"static is sparse; .*static\.toarray\(\)"):
        Sequences(STEPS, static=csr_array(STATIC))
