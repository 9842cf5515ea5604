"""The inner form of sequences."""

import numpy as np
import pandas as pd
import pytest

import skattn
from skattn.sequences import make_windows
from skattn.sequences._samples import Samples, cut_rows


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


def test_rows_of_samples_keep_their_lengths():
    samples = Samples(np.arange(12).reshape(3, 4, 1), np.array([4, 1, 2]))
    some = samples.rows(np.array([2, 0]))
    assert some.lengths.tolist() == [2, 4]
    assert some.values[:, 0, 0].tolist() == [8, 0]
    assert len(samples.rows(slice(0, 2))) == 2
    assert samples.real_steps(slice(1, 2)).tolist() == [[True, False, False, False]]


@pytest.mark.parametrize(
    ("wrong", "shown"),
    [
        ("data.csv", "'data.csv'"),
        (None, "None"),
        ({"a": [1.0]}, "of type dict"),
        ({1.0}, "of type set"),
        (iter([1.0]), "of type list_iterator"),
    ],
)
@pytest.mark.parametrize("name", ["X", "y", "sample_weight"])
@pytest.mark.parametrize("kind", ["Regressor", "Classifier", "Pointer"])
def test_what_holds_no_rows_is_refused_with_its_type(wrong, shown, name, kind):
    model = getattr(skattn, f"LSTMAttention{kind}")(max_epochs=1)
    given = {"X": np.zeros((4, 3, 1)), "y": [0, 1, 0, 1]} | {name: wrong}
    if wrong is None and name != "X":  # y says more, and weights may be None
        return
    with pytest.raises(TypeError, match=f"{name} is {shown}; allowed are arrays"):
        model.fit(**given)


def test_too_many_axes_are_refused_with_what_is_allowed():
    with pytest.raises(ValueError, match=r"X has 4 axes; allowed are \(n_samples"):
        skattn.LSTMAttentionRegressor().fit(np.zeros((4, 3, 2, 1)), np.zeros(4))


@pytest.mark.parametrize("names", ["aab", [0, 0, 1]])
def test_a_name_that_two_columns_have_is_refused(names):
    frame = pd.DataFrame(np.zeros((6, 3)), columns=[*names])
    message = f"has the column {names[0]!r} more than once"
    for X in (frame, frame.astype(object), [frame, frame]):
        with pytest.raises(ValueError, match=message):
            skattn.LSTMAttentionRegressor().fit(X, np.zeros(len(X)))
    for series in (frame, [frame], {"one": frame}):
        with pytest.raises(ValueError, match=message):
            make_windows(series, 2, 1)
