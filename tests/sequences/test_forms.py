"""Forms of X and y: the way in and the way back."""

import numpy as np
import pytest

from skattn.sequences._forms import TargetForm, cut_rows


def test_rows_are_cut_time_major():
    rows = np.arange(12).reshape(2, 6)
    values = cut_rows(rows, 3)
    assert values.shape == (2, 3, 2)
    assert values[0, 1].tolist() == [2, 3]  # both channels of the second step
    assert np.shares_memory(values, rows)


def test_a_row_without_n_timesteps_is_one_channel():
    assert cut_rows(np.zeros((2, 6)), None).shape == (2, 6, 1)


def test_steps_must_divide_the_row():
    with pytest.raises(ValueError, match="n_timesteps=4 does not divide the 6 columns"):
        cut_rows(np.zeros((2, 6)), 4)


@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 3), (4, 3, 2)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_targets_come_back_as_they_went_in(shape, dtype):
    y = np.arange(np.prod(shape), dtype=dtype).reshape(shape)
    form = TargetForm.of(y)
    inner = form.inward(y)
    assert inner.shape == (4, form.horizon, form.n_targets)
    back = form.outward(inner.astype(np.float64))
    np.testing.assert_array_equal(back, y)
    assert back.dtype == dtype
