"""Training data as tensors, and batches of it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ..sequences._forms import Sequences
from ..sequences._scaling import Scaler

Batch = tuple[dict[str, Tensor], dict[str, Tensor]]


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
        Sample weights, brought to a mean of 1 here.
    rows : ndarray of int, default=None
        The samples of ``sequences`` that belong to the data set; None for all.
        Targets and weights hold these rows alone.
    forced : bool, default=False
        Whether the network is to read the targets, for teacher forcing.
    """

    def __init__(
        self,
        sequences: Sequences,
        scaler: Scaler,
        targets: np.ndarray | None = None,
        weights: np.ndarray | None = None,
        rows: np.ndarray | None = None,
        forced: bool = False,
    ) -> None:
        indices = np.arange(len(sequences)) if rows is None else rows
        self._n_samples = len(indices)
        self._inputs: Tensor | _LazyInputs
        if _is_on_disk(sequences.values):
            self._inputs = _LazyInputs(sequences.values, indices, scaler)
        else:
            taken = sequences.values if rows is None else sequences.values[rows]
            self._inputs = torch.from_numpy(scaler.forward(taken))
        lengths = sequences.lengths
        self._lengths = _tensor(None if lengths is None else lengths[indices])
        self._targets = _tensor(targets)
        self._forced = forced
        if weights is not None:
            weights = (weights / weights.mean()).astype(np.float32)
        self._weights = _tensor(weights)

    def __len__(self) -> int:
        return self._n_samples

    def __getitem__(self, index: Tensor | slice) -> Batch:
        """Take one batch: what the network takes, and what the loss takes."""
        inputs = {"x": self._inputs[index]}
        if self._lengths is not None:
            inputs["lengths"] = self._lengths[index]
        truth = {}
        if self._targets is not None:
            truth["target"] = self._targets[index]
            if self._forced:
                inputs["target"] = truth["target"]
        if self._weights is not None:
            truth["weight"] = self._weights[index]
        return inputs, truth


class _LazyInputs:
    """Rows of an array on disk, read and scaled when they are taken."""

    def __init__(self, values: np.ndarray, rows: np.ndarray, scaler: Scaler) -> None:
        self._values = values
        self._rows = rows
        self._scaler = scaler

    def __getitem__(self, index: Tensor | slice) -> Tensor:
        rows = self._rows[index if isinstance(index, slice) else index.numpy()]
        return torch.from_numpy(self._scaler.forward(self._values[rows]))


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
