"""Scaling against scikit-learn's StandardScaler."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.preprocessing import StandardScaler

from skattn.sequences import _scaling
from skattn.sequences._samples import Samples
from skattn.sequences._scaling import IDENTITY, fit_scaler
from skattn.training import scale_values

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
