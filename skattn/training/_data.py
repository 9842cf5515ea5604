"""Training data as tensors, and batches of it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ..sequences._forms import Sequences
from ..sequences._scaling import InputScaler

# Batches whose samples are sorted by length together: more would save little more
# padding, and bring the same samples together in every epoch.
_SORTED_BATCHES = 16

# Values scaled at a time: a few MB, which the processor's cache holds.
_BLOCK_VALUES = 1 << 18

Batch = tuple[dict[str, Tensor], Tensor]


class SequenceDataset(Dataset):
    """Scaled sequences with targets and weights, indexed by whole batches.

    Arrays in memory are scaled once, into a copy; a memmap is scaled batch by batch and
    never copied whole.

    Parameters
    ----------
    sequences : Sequences
        The inputs, not yet scaled.
    scaler : InputScaler
        Of the input channels.
    rows : ndarray of int
        The samples of ``sequences`` that belong to the data set.
    targets : ndarray of shape (n_rows, horizon, n_targets)
        Scaled targets of these samples.
    weights : ndarray of shape (n_rows,), default=None
        Their weights, with a mean near 1.
    forced : bool, default=False
        Whether the network is to read the targets, for teacher forcing.
    name : str, default="X"
        The inputs' name in messages.
    """

    def __init__(
        self,
        sequences: Sequences,
        scaler: InputScaler,
        rows: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray | None = None,
        forced: bool = False,
        name: str = "X",
    ) -> None:
        lengths = sequences.lengths
        if lengths is not None:
            lengths = lengths[rows]
        self.lengths = None if lengths is None else torch.from_numpy(lengths)
        inputs = _LazyInputs(sequences, rows, scaler, name)
        on_disk = _is_on_disk(sequences.values)
        self._inputs = inputs if on_disk else inputs.read_all()
        self._targets = torch.from_numpy(targets)
        self._forced = forced
        self._weights = None if weights is None else torch.from_numpy(weights).float()

    def __len__(self) -> int:
        return len(self._targets)

    def __getitem__(self, index: Tensor | slice) -> Batch:
        """Take one batch: what the network takes, and what the loss takes.

        Sequences of different lengths are cut to the longest in the batch.
        """
        if self.lengths is None:
            inputs = {"x": self._inputs[index]}
        else:
            lengths = self.lengths[index]
            n_timesteps = int(lengths.max())
            inputs = {"x": self._inputs[:, :n_timesteps][index], "lengths": lengths}
        if self._weights is not None:
            inputs["weight"] = self._weights[index]
        target = self._targets[index]
        if self._forced:
            inputs["target"] = target
        return inputs, target


class _LazyInputs:
    """Rows of an array, read and scaled when they are taken."""

    def __init__(
        self, sequences: Sequences, rows: np.ndarray, scaler: InputScaler, name: str
    ) -> None:
        self._sequences = sequences
        self._rows = rows
        self._scaler = scaler
        self._name = name

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, tuple):  # [:, :n_timesteps], as of a tensor
            values = self._sequences.values[index]
            shorter = replace(self._sequences, values=values)
            return _LazyInputs(shorter, self._rows, self._scaler, self._name)
        rows = self._rows[index if isinstance(index, slice) else index.numpy()]
        lengths = self._sequences.lengths
        if lengths is not None:
            lengths = lengths[rows]
        values = self._sequences.values[rows]
        return torch.from_numpy(self._scaler.prepare(values, lengths, self._name))

    def read_all(self) -> Tensor:
        """Give all rows, read block by block, as copies in float64 need room."""
        n_rows = len(self._rows)
        n_block = max(1, _BLOCK_VALUES // self._sequences.values[:1].size)
        none = self[:0]
        everything = none.new_empty(n_rows, *none.shape[1:])
        for start in range(0, n_rows, n_block):
            everything[start : start + n_block] = self[start : start + n_block]
        return everything


def _is_on_disk(values: np.ndarray) -> bool:
    """Say whether an array is a memmap, or a view of one."""
    base: Any = values
    while base is not None and not isinstance(base, np.memmap):
        base = getattr(base, "base", None)
    return base is not None


class Batches:
    """Walk through a data set batch by batch, in a new order each time if shuffled.

    Sequences of different lengths come in batches of like length, which leaves little
    padding to compute: of some shuffled batches at a time, the samples are sorted by
    length and the batches shuffled again.

    Parameters
    ----------
    dataset : SequenceDataset
        What to walk through.
    batch_size : int
        Samples in a batch; the last one may have fewer.
    generator : torch.Generator, default=None
        Source of the order; None keeps the order of the data.
    """

    def __init__(
        self,
        dataset: SequenceDataset,
        batch_size: int,
        generator: torch.Generator | None = None,
    ) -> None:
        self.dataset = dataset
        self.batch_size = batch_size
        self.generator = generator

    def __len__(self) -> int:
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        if self.generator is None:
            for start in range(0, len(self.dataset), self.batch_size):
                stop = min(start + self.batch_size, len(self.dataset))
                yield self.dataset[slice(start, stop)]
            return
        order = torch.randperm(len(self.dataset), generator=self.generator)
        if self.dataset.lengths is None:
            batches = order.split(self.batch_size)
        else:
            batches = self._of_like_length(order, self.dataset.lengths)
        for rows in batches:
            yield self.dataset[rows]

    def _of_like_length(self, order: Tensor, lengths: Tensor) -> list[Tensor]:
        """Sort some batches at a time by length, then shuffle the batches."""
        batches = [
            rows
            for part in order.split(_SORTED_BATCHES * self.batch_size)
            for rows in part[lengths[part].argsort(stable=True)].split(self.batch_size)
        ]
        shuffled = torch.randperm(len(batches), generator=self.generator)
        return [batches[i] for i in shuffled]
