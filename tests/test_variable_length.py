"""Sequences of different lengths: each is answered as if it were alone."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn.sequences import OverTime, to_tslearn
from skattn.sequences._reader import read_X
from skattn.training._data import Batches, SequenceDataset
from skattn.training._environment import make_generator

LONGEST = 13
CONFIGURATIONS = {
    "additive": {},
    "bidirectional": {"bidirectional": True, "num_layers": 2},
    "learned": {"query": "learned", "attention": "general", "n_heads": 2},
    "self-attention": {"self_attention_heads": 2, "attention": "scaled_dot"},
    "decoder": {"decoder": "lstm", "bidirectional": True, "attention": "cosine"},
    "bridge": {"decoder": "lstm", "state_bypass": True, "attention": "dot"},
    "location": {"attention": "location"},
    "feature": {"attention": "feature"},
    "mean": {"attention": "mean"},
    "max": {"attention": "max"},
    "last": {"attention": "last", "bidirectional": True},
    "patches": {"patch_size": 4, "bidirectional": True},
    "skip": {"linear_skip": True, "patch_size": 3},
    "inputs": {"values": "inputs", "patch_size": 2},
    "gaps": {"missing": "forward"},
    "forecast": {"target_channels": "all", "channel_independent": True, "anchor": True},
}


def _make_sequences(rng, lengths):
    return [rng.normal(size=(length, 2)) for length in lengths]


@cache
def _fit(name):
    rng = np.random.default_rng(0)
    X = _make_sequences(rng, [LONGEST, 1, *rng.integers(1, LONGEST + 1, 60)])
    y = np.stack([[x[0, 0] + x[-1, 1], x.sum()] for x in X])
    if name == "forecast":
        y = y[:, None]
    model = LSTMAttentionRegressor(
        hidden_size=8,
        max_epochs=2,
        random_state=0,
        padding_value=np.nan,
        **CONFIGURATIONS[name],
    )
    return model.fit(X, y), float(y.std())


@pytest.mark.parametrize("name", CONFIGURATIONS)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_sequence_is_answered_as_if_it_were_alone(name, data):
    model, spread = _fit(name)
    lengths = data.draw(st.lists(st.integers(1, LONGEST), min_size=1, max_size=9))
    order = np.array(data.draw(st.permutations(range(len(lengths)))))
    X = _make_sequences(np.random.default_rng(len(lengths)), lengths)
    padded = _pad(X, data.draw(st.integers(0, 3)))
    for method, tolerance in (
        (model.predict, 1e-5 * spread),
        (model.transform, 1e-5),
        (_flat_weights(model), 1e-5),
    ):
        alone = [method([x])[0] for x in X]
        together = method(X)
        shuffled = method([X[i] for i in order])
        as_array = method(padded)
        for i, expected in enumerate(alone):
            for other in (together[i], shuffled[np.argmax(order == i)], as_array[i]):
                np.testing.assert_allclose(other, expected, atol=tolerance, rtol=0)


def _pad(X, extra):
    """Pad with NaN, further than the longest sequence where there is room."""
    padded = to_tslearn(X)
    extra = min(extra, LONGEST - padded.shape[1])
    return np.pad(padded, ((0, 0), (0, extra), (0, 0)), constant_values=np.nan)


def _flat_weights(model):
    return lambda X: [w.ravel() for w in model.predict_attention(X, as_list=True)]


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_weights_are_0_on_padding_and_sum_to_1(name):
    model, _ = _fit(name)
    X = _make_sequences(np.random.default_rng(1), [3, LONGEST, 7])
    weights = model.predict_attention(X)
    n_steps = [len(x) for x in X]
    for sample, n in zip(weights, n_steps, strict=True):
        np.testing.assert_allclose(sample.sum(-1), 1, atol=1e-6)
        assert not sample[..., n:].any()


@pytest.mark.parametrize("average", [True, False])
@pytest.mark.parametrize("layer", ["pooling", "self"])
def test_as_list_cuts_each_sample_to_its_own_steps(average, layer):
    model, _ = _fit("self-attention")
    X = _make_sequences(np.random.default_rng(1), [3, LONGEST])
    whole = model.predict_attention(X, average=average, layer=layer)
    short, full = model.predict_attention(X, average=average, layer=layer, as_list=True)
    np.testing.assert_array_equal(full, whole[1])
    assert short.shape[-1] == 3
    assert short.sum() == pytest.approx(whole[0].sum())


def test_as_list_cuts_the_steps_of_the_feature_attention():
    model, _ = _fit("feature")
    short, full = model.predict_attention(
        _make_sequences(np.random.default_rng(1), [3, LONGEST]),
        average=False,
        as_list=True,
    )
    assert (short.shape, full.shape) == ((3, 8), (LONGEST, 8))


@pytest.mark.parametrize("padding", [np.nan, -1.0, 1e30])
def test_padding_and_lists_train_the_same_model(padding):
    rng = np.random.default_rng(0)
    X = _make_sequences(rng, rng.integers(1, 9, 50))
    y = rng.normal(size=50)
    padded = np.nan_to_num(to_tslearn(X), nan=padding)
    first = LSTMAttentionRegressor(max_epochs=3, random_state=0).fit(X, y)
    second = LSTMAttentionRegressor(
        max_epochs=3, random_state=0, padding_value=padding
    ).fit(padded, y)
    np.testing.assert_array_equal(first.predict(X), second.predict(padded))
    np.testing.assert_array_equal(first.attention_weights_, second.attention_weights_)


def test_flat_rows_may_be_padded():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=length) for length in [9, *rng.integers(1, 9, 40)]]
    y = rng.normal(size=len(X))
    padded = to_tslearn(X)[:, :, 0]
    first = LSTMAttentionRegressor(max_epochs=2, random_state=0).fit(X, y)
    second = LSTMAttentionRegressor(
        max_epochs=2, random_state=0, padding_value=np.nan
    ).fit(padded, y)
    assert (first.n_features_in_, second.n_features_in_) == (1, 9)
    np.testing.assert_array_equal(first.predict(X), second.predict(padded))


def test_scales_are_those_of_the_real_steps():
    rng = np.random.default_rng(0)
    X = [5 + 3 * x for x in _make_sequences(rng, rng.integers(1, 30, 50))]
    model = LSTMAttentionRegressor(max_epochs=1, early_stopping=False).fit(X, range(50))
    steps = np.concatenate(X)
    np.testing.assert_allclose(model._input_scaler.mean, steps.mean(0))
    np.testing.assert_allclose(model._input_scaler.scale, steps.std(0))


def test_memmap_with_padding_stays_on_disk(tmp_path):
    rng = np.random.default_rng(0)
    padded = to_tslearn(_make_sequences(rng, [*rng.integers(1, 9, 60), 9]))
    on_disk = np.memmap(tmp_path / "x", "float32", "w+", shape=padded.shape)
    on_disk[:] = padded
    y = rng.normal(size=61)
    model = LSTMAttentionRegressor(max_epochs=2, random_state=0, padding_value=np.nan)
    np.testing.assert_array_equal(
        model.fit(on_disk, y).predict(on_disk),
        model.fit(padded.astype(np.float32), y).predict(np.array(on_disk)),
    )


def test_partial_fit_score_and_validation_take_lists():
    rng = np.random.default_rng(0)
    X = _make_sequences(rng, rng.integers(1, 9, 60))
    y = rng.normal(size=60)
    model = LSTMAttentionRegressor(max_epochs=2, random_state=0)
    model.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    model.partial_fit(X[:10], y[:10])
    assert np.isfinite(model.score(X, y))


def test_lists_go_through_cross_validation_and_grid_search():
    rng = np.random.default_rng(0)
    X = _make_sequences(rng, rng.integers(1, 9, 60))
    y = np.array([x[-1, 0] for x in X])
    steps = make_pipeline(
        OverTime(StandardScaler()),
        LSTMAttentionRegressor(max_epochs=2, random_state=0, hidden_size=8),
    )
    scores = cross_validate(steps, X, y, cv=3, error_score="raise")["test_score"]
    assert np.isfinite(scores).all()
    search = GridSearchCV(
        steps,
        {
            "overtime__transformer__with_mean": [True, False],
            "lstmattentionregressor__attention": ["mean", "additive"],
        },
        cv=2,
        error_score="raise",
    ).fit(X, y)
    assert search.predict(X).shape == (60,)


def test_batches_of_like_length_hold_each_sample_once():
    rng = np.random.default_rng(0)
    X = _make_sequences(rng, rng.integers(1, 100, 500))
    model = LSTMAttentionRegressor(max_epochs=1).fit(X, range(500))
    sequences = read_X(model, X, reset=False)
    dataset = SequenceDataset(
        sequences,
        model._input_scaler,
        np.arange(500, dtype=np.float32)[:, None, None],
    )
    batches = [*Batches(dataset, 16, make_generator(0, 0))]
    seen = np.concatenate([target.ravel().numpy() for _, target in batches])
    assert sorted(seen) == [*range(500)]
    inputs = [features.inputs for features, _ in batches]
    computed = sum(part.x.shape[0] * part.x.shape[1] for part in inputs)
    assert computed < 0.65 * 500 * 99
    means = [float(part.lengths.float().mean()) for part in inputs]
    assert np.corrcoef(means, np.arange(len(means)))[0, 1] < 0.5  # still shuffled


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([np.zeros((0, 2)), np.ones((3, 2))], r"X\[0\] has shape \(0, 2\)"),
        (
            [np.ones((4, 2)), np.ones((3, 3))],
            r"X\[1\] has 3 channels, but X\[0\] has 2",
        ),
        ([np.ones((4, 2)), np.ones((3, 2, 1))], r"X\[1\] has shape \(3, 2, 1\)"),
        ([np.ones((4, 2)), np.array(3.0)], r"X\[1\] has shape \(\)"),
        ([np.ones((4, 2)), np.full((3, 2), np.nan)], "missing='mask'"),
        ([np.ones((4, 2)), np.full((3, 2), np.inf)], "infinity"),
        ([np.ones((4, 2)), np.array([["a", "b"]])], "could not convert"),
        ([np.ones((4, 2)), None], r"X\[1\] has shape \(\)"),
    ],
)
def test_broken_lists_get_a_sentence(X, message):
    with pytest.raises(ValueError, match=message):
        LSTMAttentionRegressor(max_epochs=1).fit(X, [0.0, 1.0])


def test_a_sequence_of_nothing_but_padding_is_refused():
    X = np.ones((3, 4, 2))
    X[1] = -1
    model = LSTMAttentionRegressor(max_epochs=1, padding_value=-1.0)
    with pytest.raises(ValueError, match=r"X\[1\] is nothing but padding"):
        model.fit(X, [0.0, 1.0, 2.0])


def test_the_padding_value_in_the_middle_is_data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 6, 2))
    X[:, 2] = 0  # all channels, in the middle
    y = rng.normal(size=30)
    padded = LSTMAttentionRegressor(max_epochs=2, random_state=0, padding_value=0.0)
    plain = LSTMAttentionRegressor(max_epochs=2, random_state=0)
    np.testing.assert_array_equal(
        padded.fit(X, y).predict(X), plain.fit(X, y).predict(X)
    )


def test_nan_as_padding_in_the_middle_is_missing():
    X = np.ones((30, 6, 2))
    X[3, 2] = np.nan
    model = LSTMAttentionRegressor(max_epochs=1, padding_value=np.nan)
    with pytest.raises(ValueError, match="sample 3, step 2, channel 0"):
        model.fit(X, np.arange(30.0))
    model.set_params(missing="mask").fit(X, np.arange(30.0))
    assert np.isfinite(model.predict(X)).all()


def test_longer_sequences_are_refused_where_steps_are_fixed():
    model, _ = _fit("location")
    X = _make_sequences(np.random.default_rng(0), [LONGEST + 1, 2])
    with pytest.raises(ValueError, match=f"{LONGEST + 1}"):
        model.predict(X)


def test_frames_in_a_list_keep_their_channel_names():
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    frames = [
        pandas.DataFrame(rng.normal(size=(n, 2)), columns=["heat", "load"])
        for n in rng.integers(1, 9, 30)
    ]
    model = LSTMAttentionRegressor(max_epochs=1).fit(frames, range(30))
    assert [*model.feature_names_in_] == ["heat", "load"]
    swapped = [frame[["load", "heat"]] for frame in frames]
    with pytest.raises(ValueError, match="feature names"):
        model.predict(swapped)
    with pytest.raises(ValueError, match=r"X\[1\] has the columns"):
        model.predict([frames[0], swapped[1]])


def test_rows_with_n_timesteps_stay_flat_rows():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 6)), rng.normal(size=30)
    model = LSTMAttentionRegressor(n_timesteps=3, max_epochs=1, random_state=0)
    np.testing.assert_array_equal(
        model.fit([*X], y).predict([*X]), model.fit(X, y).predict(X)
    )
    with pytest.raises(ValueError, match="rows of different shapes"):
        model.fit([X[0], X[1, :3]], y[:2])


def test_the_classifier_takes_lists():
    rng = np.random.default_rng(0)
    X = _make_sequences(rng, rng.integers(1, 9, 60))
    y = np.array(["late" if len(x) > 4 else "early" for x in X])
    model = LSTMAttentionClassifier(max_epochs=30, learning_rate=0.02, random_state=0)
    assert model.fit(X, y).score(X, y) > 0.9


def test_uneven_nested_lists_are_told_apart_from_arrays():
    with pytest.raises(ValueError, match="make each an array"):
        LSTMAttentionRegressor(max_epochs=1).fit([[1.0, 2.0], [3.0]], [0.0, 1.0])


def test_a_series_of_arrays_is_a_list():
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    X = _make_sequences(rng, rng.integers(1, 9, 30))
    model = LSTMAttentionRegressor(max_epochs=1, random_state=0)
    expected = model.fit(X, range(30)).predict(X)
    given = pandas.Series(X)
    np.testing.assert_array_equal(model.fit(given, range(30)).predict(given), expected)


def test_target_channels_may_be_names():
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    X = _make_sequences(rng, rng.integers(3, 9, 30))
    frames = [pandas.DataFrame(x, columns=["heat", "load"]) for x in X]
    y = np.stack([x[-1:, 1] for x in X])
    settings = {"max_epochs": 1, "random_state": 0, "anchor": True}
    by_name = LSTMAttentionRegressor(**settings, target_channels="load").fit(frames, y)
    by_number = LSTMAttentionRegressor(**settings, target_channels=1).fit(X, y)
    np.testing.assert_array_equal(by_name.predict(frames), by_number.predict(X))
    with pytest.raises(ValueError, match=r"the names \['heat', 'load'\]"):
        by_name.set_params(target_channels=["cold"]).fit(frames, y)


@pytest.mark.parametrize("conv_layers", [0, 2])
def test_the_weight_of_a_patch_is_spread_over_its_steps(conv_layers):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in (7, 3, 10, 1)]
    y = [x[0, 0] for x in X]
    model = LSTMAttentionRegressor(
        conv_layers=conv_layers, patch_size=4, max_epochs=1, self_attention_heads=2
    ).fit(X, y)
    patches = model.predict_attention(X, unit="patch", as_list=True)
    steps = model.predict_attention(X, as_list=True)
    assert [len(w) for w in patches] == [2, 1, 3, 1]
    # Patches end where the sequence ends, so that the first one is shorter.
    for x, by_patch, by_step in zip(X, patches, steps, strict=True):
        sizes = np.full(len(by_patch), 4)
        sizes[0] = (len(x) - 1) % 4 + 1
        np.testing.assert_allclose(by_step, np.repeat(by_patch / sizes, sizes))
    np.testing.assert_array_equal(model.attention_weights_, model.predict_attention(X))
    maps = model.predict_attention(X, layer="self", as_list=True)
    assert [w.shape for w in maps] == [(n, n) for n in (7, 3, 10, 1)]
    for each in maps:
        np.testing.assert_allclose(each.sum(1), 1, atol=1e-6)
    with pytest.raises(ValueError, match="unit='day' must be 'step' or 'patch'"):
        model.predict_attention(X, unit="day")
