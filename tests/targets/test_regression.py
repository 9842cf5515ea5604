"""Numbers to predict: the way in and the way back."""

import numpy as np
import pytest

from skattn.sequences._scaling import InputScaler, Scaler
from skattn.targets import Regression

RNG = np.random.default_rng(0)
CHANNELS = InputScaler(np.array([3.0, 5.0]), np.array([2.0, 4.0]))
LOSS = {"loss": "squared_error"}


@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 3), (4, 3, 2)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_targets_come_back_as_they_went_in(shape, dtype):
    y = np.arange(np.prod(shape), dtype=dtype).reshape(shape)
    target = Regression(y.shape[1:], y.dtype)
    inner = target.encode(y)
    assert inner.shape == (4, target.horizon, target.n_targets)
    for back in (target.outward(inner), target.decode(inner.astype(np.float32))):
        np.testing.assert_array_equal(back, y)
        assert back.dtype == dtype


@pytest.mark.parametrize(
    ("scaling", "expected"),
    [
        ("none", (1,)),
        ("target", (2,)),
        ("channels", (2,)),
    ],
)
def test_scales_are_those_that_were_asked_for(scaling, expected):
    y = RNG.normal(7, 3, size=(50, 4, 2))
    target = Regression((4, 2), y.dtype, scaling=scaling, channels=(1, 0))
    scaler = target.settle(y, np.ones(50), CHANNELS, LOSS).scaler
    assert scaler.mean.shape == scaler.scale.shape == expected
    if scaling == "target":
        np.testing.assert_allclose(scaler.mean, y.mean((0, 1)))
        np.testing.assert_allclose(scaler.scale, y.std((0, 1)))
    if scaling == "channels":
        assert scaler.mean.tolist() == [5, 3]


def test_each_output_of_a_vector_has_a_scale_of_its_own():
    y = RNG.normal(7, 3, size=(50, 4)) * [1, 10, 100, 1000]
    target = Regression((4,), y.dtype)
    scaler = target.settle(target.encode(y), np.ones(50), CHANNELS, LOSS).scaler
    np.testing.assert_allclose(scaler.mean[:, 0], y.mean(0))
    np.testing.assert_allclose(scaler.scale[:, 0], y.std(0))


def test_predictions_are_scaled_back_in_float64():
    target = Regression((), np.dtype(float), Scaler(np.array([1e9]), np.array([2.0])))
    prediction = np.array([[[0.5]], [[-1.0]]], np.float32)
    np.testing.assert_array_equal(target.decode(prediction), [1e9 + 1, 1e9 - 2])
