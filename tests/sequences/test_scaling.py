"""Scaling against scikit-learn's StandardScaler."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.preprocessing import StandardScaler

from skattn.sequences import _scaling
from skattn.sequences._samples import Samples
from skattn.sequences._scaling import (
    IDENTITY,
    InputScaler,
    Scaler,
    fit_scaler,
    measure_changes,
)
from skattn.training import prepare, scale_values

RNG = np.random.default_rng(0)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(_scaling, "_BLOCK_VALUES", 30)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ragged", [False, True])
def test_statistics_are_those_of_standard_scaler_on_the_real_steps(weighted, ragged):
    values = RNG.normal(100.0, 3.0, size=(20, 5, 2))
    lengths = RNG.integers(1, 6, size=20) if ragged else None
    weights = RNG.integers(0, 3, size=20).astype(float) if weighted else None
    real = np.arange(5) < (np.full(20, 5) if lengths is None else lengths)[:, None]
    steps = np.repeat(np.ones(20) if weights is None else weights, 5)[real.ravel()]
    peer = StandardScaler().fit(values[real], sample_weight=steps)

    scaler = fit_scaler(Samples(values, lengths), weights)

    np.testing.assert_allclose(scaler.mean, peer.mean_, rtol=1e-12)
    np.testing.assert_allclose(scaler.scale, peer.scale_, rtol=1e-10)


def test_constant_channels_keep_their_scale():
    values = np.full((10, 3, 1), 1234.5678)
    scaler = fit_scaler(Samples(values))
    assert scaler.scale == 1.0
    assert (scale_values(scaler, values) == 0).all()


def test_scaled_values_lie_in_c_order_whatever_the_input_layout():
    windows = np.lib.stride_tricks.sliding_window_view(np.arange(9.0), 4)[:, :, None]
    assert scale_values(IDENTITY, windows).flags.c_contiguous


numbers = st.floats(-1e300, 1e300, allow_nan=False, allow_infinity=False)


@given(hnp.arrays(np.float64, (4, 3, 2), elements=numbers))
@settings(deadline=None)
def test_any_finite_training_part_scales_to_finite_float32_and_back(values):
    scaler = fit_scaler(Samples(values))
    scaled = scale_values(scaler, values)
    assert np.isfinite(scaled).all()
    spread = np.abs(values - scaler.mean).max(axis=(0, 1)) + scaler.scale
    error = np.abs(scaled.astype(float) * scaler.scale + scaler.mean - values)
    magnitude = np.abs(values).max(axis=(0, 1))
    assert (error <= 1e-6 * spread + 1e-15 * magnitude).all()


def test_values_beyond_float32_are_refused_by_name():
    with pytest.raises(ValueError, match=r"X_val contains a value too large"):
        scale_values(IDENTITY, np.full((1, 1, 1), 1e200), "X_val")


@pytest.mark.parametrize("ragged", [False, True])
def test_gaps_are_filled_and_marked(ragged):
    values = np.array([[[5.0], [np.nan], [9.0], [np.nan]], [[np.nan], [3.0], [1], [7]]])
    lengths = np.array([3, 4]) if ragged else None
    mean, scale = np.array([3.0]), np.array([2.0])
    marks = [[0, 1, 0, 0 if ragged else 1], [1, 0, 0, 0]]
    filled = {
        "mask": [[1, 0, 3, 0], [0, 0, -1, 2]],
        "forward": [[1, 1, 3, 0 if ragged else 3], [0, 0, -1, 2]],
    }
    for missing, expected in filled.items():
        scaler = InputScaler(mean, scale, missing)
        found = prepare(scaler, Samples(values, lengths)).x.numpy()
        assert found.shape == (2, 4, 2)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found[:, :, 0], expected)
        np.testing.assert_array_equal(found[:, :, 1], marks)


def test_the_center_is_the_mean_over_the_scale_and_indicators_have_none():
    mean, scale = np.array([3.0, 0.0]), np.array([2.0, 5.0])
    np.testing.assert_array_equal(InputScaler(mean, scale).center, [1.5, 0])
    for missing in ("mask", "forward"):
        found = InputScaler(mean, scale, missing).center
        np.testing.assert_array_equal(found, [1.5, 0, 0, 0])


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("weighted", [False, True])
def test_statistics_leave_gaps_out(weighted):
    values = RNG.normal(50.0, 3.0, size=(20, 5, 2))
    values[RNG.random(values.shape) < 0.2] = np.nan
    weights = RNG.integers(0, 3, size=20).astype(float) if weighted else None
    found = fit_scaler(Samples(values), weights)
    share = np.repeat(np.ones(20) if weights is None else weights, 5)
    steps = values.reshape(-1, 2)
    for channel in range(2):
        seen = ~np.isnan(steps[:, channel])
        mean = np.average(steps[seen, channel], weights=share[seen])
        variance = np.average((steps[seen, channel] - mean) ** 2, weights=share[seen])
        assert found.mean[channel] == pytest.approx(mean, rel=1e-12)
        assert found.scale[channel] == pytest.approx(np.sqrt(variance), rel=1e-10)


def test_a_channel_without_any_value_has_mean_zero_and_scale_one():
    values = np.full((4, 3, 2), np.nan)
    values[:, :, 0] = 5.0
    scaler = fit_scaler(Samples(values))
    np.testing.assert_array_equal(scaler.mean, [5.0, 0.0])
    np.testing.assert_array_equal(scaler.scale, [1.0, 1.0])


def test_some_channels_scale_as_they_did_among_all():
    scaler = Scaler(np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]))
    taken = scaler.take([2, 0])
    np.testing.assert_array_equal(taken.mean, [3.0, 1.0])
    np.testing.assert_array_equal(taken.scale, [6.0, 4.0])


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("ragged", [False, True])
def test_changes_are_the_root_mean_square_of_scaled_differences(ragged):
    values = RNG.normal(5.0, 2.0, size=(30, 6, 2))
    values[3, 2, 1] = np.nan
    values[:, :, 0] *= 10
    lengths = RNG.integers(1, 7, size=30) if ragged else None
    rows = np.arange(0, 30, 2)
    scaler = Scaler(np.array([50.0, 5.0]), np.array([20.0, 2.0]))
    weights = np.zeros(30)
    weights[rows] = RNG.integers(1, 4, size=len(rows))
    found = measure_changes(Samples(values, lengths), weights, scaler)
    for channel in range(2):
        squares = []
        for row in rows:
            length = 6 if lengths is None else lengths[row]
            steps = np.diff(values[row, :length, channel]) / scaler.scale[channel]
            squares.extend([*steps[~np.isnan(steps)] ** 2] * int(weights[row]))
        assert found[channel] == pytest.approx(np.sqrt(np.mean(squares)))
    still = np.ones((4, 3, 1)) + 1e-7 * RNG.normal(size=(4, 3, 1))
    found = measure_changes(Samples(still), np.ones(4), IDENTITY)
    assert found.tolist() == [0.0]
