"""Values missing inside a sequence."""

import numpy as np
import pytest

from skattn import LSTMAttentionRegressor
from skattn.sequences._samples import Samples
from skattn.sequences._scaling import InputScaler, fit_scaler
from skattn.training import prepare

PLAIN = {"mean": np.array([1.0, 0.0]), "scale": np.array([2.0, 1.0])}
GAPS = np.array([[[np.nan, 3.0], [5.0, np.nan], [np.nan, np.nan]]])


def test_mask_puts_the_mean_and_an_indicator():
    prepared = prepare(InputScaler(**PLAIN, missing="mask"), Samples(GAPS)).x
    expected = [[0, 3, 1, 0], [2, 0, 0, 1], [0, 0, 1, 1]]
    np.testing.assert_array_equal(prepared, [expected])


def test_forward_puts_the_last_value_seen_and_an_indicator():
    prepared = prepare(InputScaler(**PLAIN, missing="forward"), Samples(GAPS)).x
    expected = [[0, 3, 1, 0], [2, 3, 0, 1], [2, 3, 1, 1]]
    np.testing.assert_array_equal(prepared, [expected])


def test_padding_is_no_gap():
    scaler = InputScaler(**PLAIN, missing="forward")
    prepared = prepare(scaler, Samples(GAPS, np.array([2]))).x
    np.testing.assert_array_equal(prepared[0, 2], 0)


@pytest.mark.parametrize("weighted", [False, True])
def test_scales_are_those_of_the_values_that_are_there(weighted):
    rng = np.random.default_rng(0)
    values = rng.normal(3, 2, size=(40, 7, 2))
    values[rng.random(values.shape) < 0.3] = np.nan
    weights = rng.integers(1, 4, 40) if weighted else np.ones(40, int)
    scaler = fit_scaler(Samples(values), weights.astype(float))
    repeated = np.repeat(values, weights, axis=0).reshape(-1, 2)
    np.testing.assert_allclose(scaler.mean, np.nanmean(repeated, 0))
    np.testing.assert_allclose(scaler.scale, np.nanstd(repeated, 0))


def test_a_channel_without_any_value_is_harmless():
    values = np.ones((5, 3, 2))
    values[:, :, 1] = np.nan
    scaler = fit_scaler(Samples(values))
    np.testing.assert_array_equal(scaler.mean, [1, 0])
    np.testing.assert_array_equal(scaler.scale, [1, 1])


@pytest.mark.parametrize("missing", ["mask", "forward", "decay"])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"bidirectional": True, "patch_size": 2},
        {"linear_skip": True},
        {"decoder": "lstm"},
        {"values": "inputs"},
        {"target_channels": [1, 0]},
        {"target_channels": 1, "channel_independent": True},
    ],
)
def test_gaps_are_taken_in_fit_and_predict(missing, parameters):
    if missing == "decay" and "values" in parameters:
        pytest.skip("refused; see test_times.py")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 8, 3))
    channels = parameters.get("target_channels")
    y = X[:, 0, 0] if channels is None else X[:, -1:, channels]
    y = y.copy()
    X[rng.random(X.shape) < 0.2] = np.nan
    model = LSTMAttentionRegressor(
        max_epochs=2, random_state=0, missing=missing, **parameters
    )
    before = X.copy()
    assert np.isfinite(model.fit(X, y).predict(X)).all()
    np.testing.assert_array_equal(X, before)
    assert model.n_channels_in_ == 3


def test_a_missing_value_can_be_told_from_the_mean():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5, 1))
    gone = rng.random(400) < 0.5
    X[gone, 2] = np.nan
    model = LSTMAttentionRegressor(
        missing="mask", learning_rate=0.01, max_epochs=30, random_state=0
    )
    assert model.fit(X, gone.astype(float)).score(X, gone.astype(float)) > 0.95


@pytest.mark.parametrize("missing", ["mask", "forward"])
def test_contributions_of_ragged_sequences_with_gaps_add_up(missing):
    rng = np.random.default_rng(0)
    X = [rng.normal(3, 2, size=(n, 2)) for n in rng.integers(1, 9, 40)]
    for x in X:
        x[rng.random(x.shape) < 0.2] = np.nan
    y = rng.normal(size=40)
    model = LSTMAttentionRegressor(
        missing=missing, values="inputs", max_epochs=3, random_state=0
    ).fit(X, y)
    parts = model.predict_contributions(X)
    assert parts.shape == (40, 8, 2)
    np.testing.assert_allclose(
        model.base_value_ + parts.sum((1, 2)), model.predict(X), atol=1e-5 * y.std()
    )


def test_missing_is_refused_by_default_with_the_place_and_the_way_out():
    X = np.ones((4, 3, 2))
    X[2, 1, 1] = np.nan
    message = r"(?s)X contains NaN .*sample 2, step 1, channel 1.*missing='mask'"
    with pytest.raises(ValueError, match=message):
        LSTMAttentionRegressor().fit(X, np.arange(4.0))


def test_anchor_does_not_go_with_masked_values():
    model = LSTMAttentionRegressor(anchor=True, target_channels=0, missing="mask")
    with pytest.raises(
        ValueError, match=r"anchor=True does not go with missing='mask'"
    ):
        model.fit(np.ones((4, 3)), np.arange(4.0))


def test_padding_in_lists_is_told_to_be_cut():
    X = [np.array([[1.0], [2.0], [np.nan]])] * 4
    model = LSTMAttentionRegressor(padding_value=np.nan)
    with pytest.raises(ValueError, match="padding_value is for arrays: cut the seq"):
        model.fit(X, np.arange(4.0))
