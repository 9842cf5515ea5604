"""Sequences of different lengths: what counts as such, and where padding starts."""

import numpy as np
import pytest

from skattn.sequences import _ragged
from skattn.sequences._ragged import (
    as_steps,
    blocks,
    cut_steps,
    is_ragged,
    join_steps,
    measure_lengths,
    pad_steps,
)
from skattn.sequences._samples import Samples

RAGGED = [np.arange(6.0).reshape(3, 2), np.arange(2.0).reshape(1, 2)]


@pytest.mark.parametrize(
    ("shape", "rows"),
    [
        ((3, 1 << 22, 1), [1, 1, 1]),  # a row fills a block
        ((3, 1 << 23, 1), [1, 1, 1]),  # or more than one
        ((3, 1 << 20, 2), [2, 1]),
        ((9, 1 << 20, 1), [4, 4, 1]),
        (((1 << 22) + 1, 1, 1), [1 << 22, 1]),
        ((2, 3, 1), [2]),
        ((0, 3, 1), []),
        ((4, 0, 1), [4]),
    ],
)
def test_blocks_hold_at_most_four_million_values_and_at_least_a_row(shape, rows):
    values = np.broadcast_to(np.float32(0.0), shape)  # one number in memory
    found = [*blocks(values)]
    assert [part.stop - part.start for part in found] == rows
    assert [part.start for part in found] == np.cumsum([0, *rows])[:-1].tolist()


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (RAGGED, True),
        (tuple(RAGGED), True),
        (np.array(RAGGED, object), True),
        ([np.arange(3.0)], True),
        ([[1.0, 2.0], np.arange(3.0)], True),
        ([[1.0, 2.0], [3.0, 4.0]], False),
        ([1.0, 2.0], False),
        (np.zeros((2, 3, 1)), False),
        (np.zeros(3), False),
        (np.zeros((2, 3), object), False),
        ("text", False),
        ([], False),
    ],
)
def test_lists_of_arrays_are_sequences(X, expected):
    assert is_ragged(X) is expected


def test_there_and_back():
    steps, lengths = as_steps(RAGGED, "X")
    np.testing.assert_array_equal(steps, np.concatenate(RAGGED))
    assert lengths.tolist() == [3, 1]
    padded = pad_steps(steps, lengths)
    assert padded.values.shape == (2, 3, 2)
    assert padded.lengths.tolist() == [3, 1]
    assert (padded.values[1, 1:] == 0).all()
    np.testing.assert_array_equal(join_steps(padded), steps)
    for ours, theirs in zip(cut_steps(steps, lengths), RAGGED, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    even = pad_steps(np.arange(8.0).reshape(4, 2), np.array([2, 2]))
    assert even.lengths is None
    np.testing.assert_array_equal(join_steps(even), np.arange(8.0).reshape(4, 2))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([np.zeros((2, 2)), np.zeros((2, 3))], r"X\[1\] has 3 channels, but X\[0\]"),
        ([np.zeros((2, 2)), np.zeros((0, 2))], r"X\[1\] has shape \(0, 2\)"),
        ([np.zeros((2, 0))], r"X\[0\] has shape \(2, 0\)"),
        ([np.zeros((2, 2, 2))], r"X\[0\] has shape \(2, 2, 2\)"),
    ],
)
def test_what_is_no_sequence_is_named(X, message):
    with pytest.raises(ValueError, match=message):
        as_steps(X, "X")


@pytest.mark.parametrize("padding", [np.nan, -1.0, 0.0])
def test_padding_is_what_nothing_follows(monkeypatch, padding):
    monkeypatch.setattr(_ragged, "_BLOCK_VALUES", 16)  # two rows
    values = np.full((5, 4, 2), 7.0)
    values[0, 2:] = padding
    values[1, 1:] = padding
    values[2, 1] = padding  # between steps it is data
    values[3, 3, 0] = padding  # so it is in one channel alone
    lengths = measure_lengths(values, padding, "X")
    assert lengths.tolist() == [2, 1, 4, 4, 4]
    assert Samples(values, lengths).real_steps(slice(None)).sum() == 15
    values[3] = padding
    with pytest.raises(ValueError, match=r"X\[3\] is nothing but padding"):
        measure_lengths(values, padding, "X")
