"""Training data as tensors, and batches of it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ..sequences._forms import Sequences
from ..sequences._scaling import Scaler

Batch = tuple[dict[str, Tensor], Tensor]


class SequenceDataset(Dataset):
    """Scaled sequences with targets and weights, indexed by whole batches.

    Arrays in memory are scaled once; a memmap is scaled batch by batch and never
    copied whole.

    Parameters
    ----------
    sequences : Sequences
        The inputs, not yet scaled.
    scaler : Scaler
        Of the input channels.
    targets : ndarray of shape (n_samples, horizon, n_targets), default=None
        Scaled targets; None for prediction.
    weights : ndarray of shape (n_samples,), default=None
        Sample weights, with a mean near 1.
    rows : ndarray of int, default=None
        The samples of ``sequences`` that belong to the data set; None for all.
        Targets and weights hold these rows alone.
    forced : bool, default=False
        Whether the network is to read the targets, for teacher forcing.
    lazy : bool, default=False
        Scale arrays in memory batch by batch too, for one walk through the data.
    name : str, default="X"
        The inputs' name in messages.
    """

    def __init__(
        self,
        sequences: Sequences,
        scaler: Scaler,
        targets: np.ndarray | None = None,
        weights: np.ndarray | None = None,
        rows: np.ndarray | None = None,
        forced: bool = False,
        lazy: bool = False,
        name: str = "X",
    ) -> None:
        indices = np.arange(len(sequences)) if rows is None else rows
        self._n_samples = len(indices)
        self._inputs: Tensor | _LazyInputs
        if lazy or _is_on_disk(sequences.values):
            self._inputs = _LazyInputs(sequences.values, indices, scaler, name)
        else:
            taken = sequences.values if rows is None else sequences.values[rows]
            self._inputs = torch.from_numpy(scaler.forward(taken, name))
        lengths = sequences.lengths
        self._lengths = _tensor(None if lengths is None else lengths[indices])
        self._targets = _tensor(targets)
        self._forced = forced
        self._weights = _tensor(None if weights is None else np.float32(weights))

    def __len__(self) -> int:
        return self._n_samples

    def __getitem__(self, index: Tensor | slice) -> Batch:
        """Take one batch: what the network takes, and what the loss takes."""
        inputs = {"x": self._inputs[index]}
        if self._lengths is not None:
            inputs["lengths"] = self._lengths[index]
        if self._weights is not None:
            inputs["weight"] = self._weights[index]
        if self._targets is None:
            return inputs, torch.empty(len(inputs["x"]))
        target = self._targets[index]
        if self._forced:
            inputs["target"] = target
        return inputs, target


class _LazyInputs:
    """Rows of an array, read and scaled when they are taken."""

    def __init__(
        self, values: np.ndarray, rows: np.ndarray, scaler: Scaler, name: str
    ) -> None:
        self._values = values
        self._rows = rows
        self._scaler = scaler
        self._name = name

    def __getitem__(self, index: Tensor | slice) -> Tensor:
        rows = self._rows[index if isinstance(index, slice) else index.numpy()]
        return torch.from_numpy(self._scaler.forward(self._values[rows], self._name))


def _is_on_disk(values: np.ndarray) -> bool:
    """Say whether an array is a memmap, or a view of one."""
    base: Any = values
    while base is not None and not isinstance(base, np.memmap):
        base = getattr(base, "base", None)
    return base is not None


class Batches:
    """Walk through a data set batch by batch, in a new order each time if shuffled.

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
        n_samples = len(self.dataset)
        order = None
        if self.generator is not None:
            order = torch.randperm(n_samples, generator=self.generator)
        for start in range(0, n_samples, self.batch_size):
            rows = slice(start, min(start + self.batch_size, n_samples))
            yield self.dataset[rows if order is None else order[rows]]


def _tensor(array: Any) -> Tensor | None:
    return None if array is None else torch.from_numpy(np.ascontiguousarray(array))
