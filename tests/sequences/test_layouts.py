"""The layouts of other packages."""

import numpy as np
import pytest

from skattn.sequences import from_aeon, from_tslearn, to_aeon, to_tslearn

RAGGED = [np.arange(6.0).reshape(3, 2), np.arange(2.0).reshape(1, 2)]


def test_aeon_arrays_swap_time_and_channels():
    X = np.arange(24).reshape(2, 3, 4)
    np.testing.assert_array_equal(to_aeon(X)[1, 2], X[1, :, 2])
    np.testing.assert_array_equal(from_aeon(to_aeon(X)), X)
    assert np.shares_memory(to_aeon(X), X)


def test_aeon_lists_swap_time_and_channels():
    there = to_aeon(RAGGED)
    assert [x.shape for x in there] == [(2, 3), (2, 1)]
    for ours, theirs in zip(from_aeon(there), RAGGED, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_tslearn_pads_with_nan():
    there = to_tslearn(RAGGED)
    assert there.shape == (2, 3, 2)
    assert np.isnan(there[1, 1:]).all()
    for ours, theirs in zip(from_tslearn(there), RAGGED, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_tslearn_takes_whole_numbers():
    assert to_tslearn([np.array([1, 2]), np.array([3])]).dtype.kind == "f"


@pytest.mark.parametrize("function", [from_aeon, to_aeon, from_tslearn])
def test_other_shapes_are_refused(function):
    with pytest.raises(ValueError, match=r"X has shape \(3, 2\)"):
        function(np.zeros((3, 2)))


def test_other_shapes_in_lists_are_refused():
    with pytest.raises(ValueError, match=r"X\[1\] has shape \(3,\)"):
        from_aeon([np.zeros((3, 2)), np.zeros(3)])
