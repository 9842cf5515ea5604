"""Synthetic tasks: the answer stands where the true attention says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skattn import datasets

sizes = {"n_samples": st.integers(1, 20), "n_timesteps": st.integers(3, 12)}
seeds = st.integers(0, 99)


@given(random_state=seeds, **sizes)
def test_addition_sums_two_numbers_at_least_two_steps_apart(**arguments):
    X, y, attention = datasets.make_addition(**arguments)
    marks = X[:, :, 1]
    assert (marks.sum(1) == 2).all()
    np.testing.assert_array_equal(attention, marks / 2)
    np.testing.assert_allclose(y, (2 * attention * X[:, :, 0]).sum(1))
    steps = np.nonzero(marks)[1].reshape(-1, 2)
    assert (np.diff(steps) >= 2).all()


def test_addition_reaches_every_pair_of_steps():
    _, _, attention = datasets.make_addition(3000, 5, random_state=0)
    pairs = {tuple(np.flatnonzero(row)) for row in attention}
    assert pairs == {(0, 2), (0, 3), (0, 4), (1, 3), (1, 4), (2, 4)}


@given(random_state=seeds, **sizes)
def test_the_attended_value_is_the_answer(**arguments):
    for make in (datasets.make_find_max, datasets.make_marked_step):
        X, y, attention = make(**arguments)
        assert (attention.sum(1) == 1).all()
        np.testing.assert_array_equal((attention * X[:, :, 0]).sum(1), y)
    assert (datasets.make_find_max(**arguments)[1] < 1).all()


@given(random_state=seeds, **sizes)
def test_alignments_give_the_output_steps(**arguments):
    for make in (datasets.make_reversal, datasets.make_lagged_copy):
        if make is datasets.make_lagged_copy:
            arguments |= {"lag": 3, "horizon": 2, "n_channels": 2}
        X, y, alignment = make(**arguments)
        np.testing.assert_array_equal(alignment @ X, y)
    X, y, _ = datasets.make_reversal(random_state=0)
    np.testing.assert_array_equal(y, X[:, ::-1])


@pytest.mark.parametrize("name", [n for n in datasets.__all__ if n.startswith("make")])
def test_tasks_depend_on_the_seed_alone(name):
    make = getattr(datasets, name)
    state = np.random.get_state()[1].copy()
    one, same, other = (make(10, random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one[0], same[0])
    assert not np.array_equal(one[0], other[0])
    np.testing.assert_array_equal(state, np.random.get_state()[1])


def test_impossible_sizes_are_named():
    with pytest.raises(ValueError, match=r"n_timesteps=2 at least 3"):
        datasets.make_addition(n_timesteps=2)
    with pytest.raises(ValueError, match=r"n_samples=0 must be"):
        datasets.make_find_max(n_samples=0)
    with pytest.raises(ValueError, match=r"horizon=5, lag=3"):
        datasets.make_lagged_copy(lag=3)
