"""Levels and sizes of windows, measured and told."""

import numpy as np
import pytest
import torch

from skattn.nn import AttentionNetwork, Inputs
from skattn.nn._build import Architecture, build_network
from skattn.nn._own_units import WindowSizes, measure_windows

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 9, 3)) * 10.0 ** RNG.uniform(-4, 2, (20, 1, 1)) + 0.1
LENGTHS = RNG.integers(1, 10, 20)
CENTER = np.array([0.5, 0.0, -2.0])


def tensors(ragged):
    lengths = torch.from_numpy(LENGTHS) if ragged else None
    return Inputs(torch.from_numpy(X), lengths)


@pytest.mark.parametrize("ragged", [False, True])
def test_windows_are_measured_over_their_real_steps(ragged):
    center = torch.from_numpy(CENTER)[None, None]
    for mean in (False, True):
        level, size = measure_windows(tensors(ragged), [2, 0], center, mean)
        for row, length in enumerate(LENGTHS if ragged else [9] * 20):
            own = X[row, :length, [2, 0]].T
            if mean:
                away = CENTER[[2, 0]]
                np.testing.assert_allclose(level[row, 0], -away)
                expected = np.abs(own + away).mean(0)
            else:
                np.testing.assert_allclose(level[row, 0], own.mean(0))
                expected = own.std(0)
            np.testing.assert_allclose(size[row, 0], expected, rtol=1e-10, atol=1e-14)


def test_a_window_that_only_rounds_has_no_size():
    x = torch.full((1, 50, 1), 0.1) + 1e-8 * torch.randn(1, 50, 1)
    assert measure_windows(Inputs(x), [0], torch.zeros(1, 1, 1), False)[1] == 0


@pytest.mark.parametrize("mean", [False, True])
def test_small_windows_are_measured_alike_whatever_the_padding_is(mean):
    x = 1e-5 * torch.randn(1, 6, 1, generator=torch.Generator().manual_seed(0)) - 0.5
    center = torch.full((1, 1, 1), 0.5)
    alone = measure_windows(Inputs(x), [0], center, mean)
    filled = torch.cat([x, torch.full((1, 3, 1), 1000.0)], dim=1)
    padded = measure_windows(Inputs(filled, torch.tensor([6])), [0], center, mean)
    assert alone[1] > 0
    torch.testing.assert_close(padded, alone)


def test_what_is_told_is_standardised_over_the_training_windows():
    level, size = measure_windows(
        tensors(False), [0, 1, 2], torch.zeros(1, 1, 3), False
    )
    sizes = WindowSizes(3).double()
    sizes.fit(level, size)
    told = sizes(level, size)
    assert told.shape == (20, 1, 6)
    expected = np.concatenate([X.mean(1), np.log(X.std(1) + 1e-6 * X.std(1).max(0))], 1)
    # Levels differ by less than a twentieth of the sizes here, which counts for little.
    least = np.append(0.05 * np.sqrt((X.std(1) ** 2).mean(0)), [0.05] * 3)
    spread = np.maximum(expected.std(0), least)
    expected = (expected - expected.mean(0)) / spread
    np.testing.assert_allclose(told[:, 0], expected, atol=1e-8)


def test_windows_that_are_all_constant_are_told_finitely():
    sizes = WindowSizes(2)
    sizes.fit(torch.zeros(4, 1, 2), torch.zeros(4, 1, 2))
    assert torch.isfinite(sizes(torch.ones(1, 1, 2), torch.zeros(1, 1, 2))).all()


def test_codes_of_categories_have_no_units():
    network = build_network(
        torch.Generator().manual_seed(0),
        Architecture(
            n_channels=3,
            n_timesteps=9,
            horizon=1,
            n_targets=1,
            scale_windows="standard",
            categories=((1, 4),),
            embedding_size=2,
        ),
    )
    assert network.input.own_units == [0, 2]
    x = torch.randn(5, 9, 3)
    x[:, :, 1] = 1.0
    assert network(Inputs(x)).prediction.shape == (5, 1, 1)


def test_a_linear_path_is_refused():
    with pytest.raises(ValueError, match="linear_skip=True, which reads no levels"):
        AttentionNetwork(
            1,
            n_timesteps=4,
            horizon=1,
            n_targets=1,
            scale_windows="mean",
            linear_skip=True,
        )


@pytest.mark.parametrize("size", [1e-18, 1e18, 1e30])
def test_squares_of_huge_and_tiny_windows_stay_finite(size):
    x = size * torch.tensor([1.0, -1.0, 3.0])[None, :, None]
    level, found = measure_windows(Inputs(x), [0], torch.zeros(1, 1, 1), False)
    assert level.item() == pytest.approx(size)
    assert found.item() == pytest.approx(size * np.sqrt(8 / 3))
