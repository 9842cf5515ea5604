"""Batches: in order or shuffled, complete, and from disk without a copy."""

import numpy as np
import pytest
import torch

from skattn.sequences._samples import Samples
from skattn.sequences._scaling import InputScaler
from skattn.training import SequenceDataset, _data, prepare
from skattn.training._data import Batches

VALUES = np.arange(10 * 3 * 2, dtype=np.float32).reshape(10, 3, 2)
ROWS = np.arange(10)
TARGETS = np.arange(10, dtype=np.float32)[:, None, None]
SCALER = InputScaler(np.array([1.0, 2.0]), np.array([2.0, 4.0]))
SCALED = torch.from_numpy(((VALUES - SCALER.mean) / SCALER.scale).astype(np.float32))


def joined(batches):
    return torch.cat([batch.features.inputs.x for batch in batches])


def test_batches_keep_the_order_of_the_data():
    batches = Batches(SequenceDataset(Samples(VALUES), SCALER, TARGETS), 4)
    assert len(batches) == len([*batches]) == 3
    assert torch.equal(joined(batches), SCALED)


def test_shuffled_batches_hold_each_sample_once_with_its_target():
    weights = np.arange(10.0)
    dataset = SequenceDataset(Samples(VALUES), SCALER, TARGETS, weights)
    batches = [*Batches(dataset, 4, torch.Generator().manual_seed(0))]
    order = torch.cat([batch[1] for batch in batches])[:, 0, 0].long()
    assert order.tolist() != list(range(10))
    assert sorted(order.tolist()) == list(range(10))
    assert torch.equal(joined(batches), SCALED[order])
    assert torch.equal(
        torch.cat([batch.features.weight for batch in batches]),
        torch.arange(10.0)[order],
    )


def test_a_memmap_gives_the_same_batches(tmp_path):
    np.save(tmp_path / "X.npy", VALUES)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    rows = np.array([7, 2, 5])
    for values in (mapped, np.asarray(mapped)):
        dataset = SequenceDataset(Samples(values), SCALER, TARGETS[rows], rows=rows)
        assert dataset._inputs is None  # nothing is copied
        assert torch.equal(joined(Batches(dataset, 2)), SCALED[rows])


@pytest.mark.parametrize("missing", ["error", "mask", "forward"])
def test_data_read_block_by_block_are_those_read_at_once(monkeypatch, missing):
    values = VALUES.copy()
    if missing != "error":
        values[3, 1] = np.nan
    lengths = np.arange(10) % 3 + 1
    scaler = InputScaler(SCALER.mean, SCALER.scale, missing)
    rows = np.array([9, 3, 4, 1, 0])
    monkeypatch.setattr(_data, "BLOCK_VALUES", 2 * VALUES[0].size)
    dataset = SequenceDataset(
        Samples(values, lengths), scaler, TARGETS[rows], rows=rows
    )
    expected = prepare(scaler, Samples(values[rows], lengths[rows]))
    assert torch.equal(dataset._inputs.x, expected.x)
    assert torch.equal(dataset._inputs.lengths, expected.lengths)


def test_lengths_travel_with_their_rows():
    lengths = np.arange(10) % 3 + 1
    rows = np.array([4, 1])
    dataset = SequenceDataset(
        Samples(VALUES, lengths), SCALER, TARGETS[rows], rows=rows
    )
    (batch,) = Batches(dataset, 5)
    assert batch.features.inputs.lengths.tolist() == [2, 2]


def test_shuffled_sequences_of_like_length_come_together():
    """Of sixteen batches at a time the samples are sorted by length."""
    n, size = 16 * 4 + 7, 4
    lengths = np.random.default_rng(0).integers(1, 40, size=n)
    values = np.zeros((n, 40, 1), np.float32)
    targets = np.arange(n, dtype=np.float32)[:, None, None]
    scaler = InputScaler(np.zeros(1), np.ones(1))
    dataset = SequenceDataset(Samples(values, lengths), scaler, targets)
    generator = torch.Generator().manual_seed(0)
    batches = [batch[1].flatten().long() for batch in Batches(dataset, size, generator)]
    assert sorted(torch.cat(batches).tolist()) == list(range(n))
    assert len(batches) == 18
    order = torch.randperm(n, generator=torch.Generator().manual_seed(0))
    expected = set()
    for part in (order[:64], order[64:]):
        ranked = part[np.argsort(lengths[part], kind="stable")]
        expected |= {tuple(rows.tolist()) for rows in ranked.split(size)}
    assert {tuple(rows.tolist()) for rows in batches} == expected
    starts = [lengths[rows[0]] for rows in batches]
    assert starts != sorted(starts)


def test_batches_are_cut_to_the_longest_sequence():
    lengths = np.arange(10) % 3 + 1
    dataset = SequenceDataset(Samples(VALUES, lengths), SCALER, TARGETS)
    (inputs, weight), target = dataset[torch.tensor([0, 3, 1])]
    assert inputs.x.shape == (3, 2, 2)
    assert inputs.lengths.tolist() == [1, 1, 2]
    assert target.flatten().tolist() == [0.0, 3.0, 1.0]
    assert weight is None


PLAIN = InputScaler(np.zeros(2), np.ones(2))
LENGTHS = np.array([3, 2, 1, 3, 3, 2, 3, 3, 1, 3])
PADDED = np.where((np.arange(3) < LENGTHS[:, None])[..., None], VALUES, np.float32(0))


def test_values_that_the_network_reads_as_they_are_are_not_copied():
    samples = Samples(PADDED.copy(), LENGTHS, static=VALUES[:, 0].astype(float))
    scaler = InputScaler(np.zeros(2), np.ones(2), static=SCALER)
    dataset = SequenceDataset(samples, scaler, TARGETS)
    assert np.shares_memory(dataset._inputs.x.numpy(), samples.values)
    batch = dataset[torch.tensor([1, 4])].features.inputs
    np.testing.assert_array_equal(batch.x, PADDED[[1, 4]])
    whole = prepare(scaler, samples)
    assert torch.equal(dataset._inputs.static, whole.static)
    assert torch.equal(dataset._inputs.lengths, whole.lengths)


@pytest.mark.parametrize(
    ("values", "lengths", "scaler", "rows"),
    [
        (PADDED.astype(float), LENGTHS, PLAIN, None),
        (PADDED, LENGTHS, SCALER, None),
        (PADDED, LENGTHS, InputScaler(np.zeros(2), np.ones(2), "mask"), None),
        (PADDED, LENGTHS, PLAIN, np.arange(1, 9)),
        (VALUES, LENGTHS, PLAIN, None),  # padding that is not 0 yet
        (np.broadcast_to(PADDED[:1], PADDED.shape), None, PLAIN, None),  # read-only
    ],
)
def test_other_values_are_copied(values, lengths, scaler, rows):
    samples = Samples(values, lengths)
    targets = TARGETS if rows is None else TARGETS[rows]
    x = SequenceDataset(samples, scaler, targets, rows=rows)._inputs.x
    assert not np.shares_memory(x.numpy(), values)
    expected = prepare(scaler, samples).x
    assert torch.equal(x, expected if rows is None else expected[rows])
