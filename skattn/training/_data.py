"""Samples in batches for training."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from ..nn import Inputs
from ..sequences._ragged import blocks
from ..sequences._samples import Samples
from ..sequences._scaling import InputScaler
from ..targets import Target
from ._prepare import BLOCK_VALUES, prepare, scale_part, take

# Batches whose samples are sorted by length together: more would save little more
# padding, and bring the same samples together in every epoch.
_SORTED_BATCHES = 16

# The C library gives allocations of more than 32 MB back to the system when they are
# freed, and the next step pays for them anew, page by page, as long as for all its
# arithmetic. oneDNN's LSTM wants about 36 bytes a state in one piece: 19 MB.
_MOST_STATES = 1 << 19

# Each chunk costs the same again before its first sample, half a millisecond and some
# microseconds a step, and Python lets one thread through at a time. So there are n
# chunks from n * n times so many states on: one thread then loses at most a sixth, and
# several gain much more. Fewer samples leave the products of matrices thin, and the
# batch statistics of a stem without a group.
_CHUNK_STATES = 1 << 15

_CHUNK_SAMPLES = 16


class Weighted(NamedTuple):
    """Inputs, and the weights of their samples in the loss."""

    inputs: Inputs
    weight: Tensor | None  # (n,)


class Batch(NamedTuple):
    """What training takes at a time: a pair, as skorch's callbacks expect it."""

    features: Weighted
    target: Tensor  # scaled, (n, horizon, n_targets)

    def split(self, number: int) -> list["Batch"]:
        """Return even chunks of the batch, in order."""
        if number == 1:
            return [self]
        (inputs, weight), target = self
        chunks = zip(
            inputs.split(number),
            [None] * number if weight is None else weight.tensor_split(number),
            target.tensor_split(number),
            strict=True,
        )
        return [Batch(Weighted(some, w), y) for some, w, y in chunks]


class SequenceDataset(Dataset):
    """Scaled samples with targets and weights, indexed by whole batches.

    Arrays in memory are scaled once, into a copy; a memmap is scaled batch by batch and
    never copied whole.

    Parameters
    ----------
    samples : Samples
        The inputs, not yet scaled.
    scaler : InputScaler
        Of the input channels.
    targets : ndarray of shape (n_rows, horizon, n_targets)
        Scaled targets of the rows.
    weights : ndarray of shape (n_rows,), default=None
        Their weights, with a mean near 1.
    rows : ndarray of int, default=None
        The samples that belong to the data set; None for all.
    name : str, default="X"
        The inputs' name in messages.
    """

    def __init__(
        self,
        samples: Samples,
        scaler: InputScaler,
        targets: np.ndarray,
        weights: np.ndarray | None = None,
        rows: np.ndarray | None = None,
        name: str = "X",
    ) -> None:
        self._samples, self._scaler, self._name = samples, scaler, name
        self._rows = np.arange(len(targets)) if rows is None else rows
        lengths = samples.lengths
        self.lengths = (
            None if lengths is None else torch.from_numpy(lengths[self._rows])
        )
        self._targets = torch.from_numpy(targets)
        self._weights = None if weights is None else torch.from_numpy(weights).float()
        self._inputs = None if _is_on_disk(samples.values) else self._read_all()

    def __len__(self) -> int:
        return len(self._targets)

    def __getitem__(self, index: Tensor | slice) -> Batch:
        """Return one batch, its sequences cut to the longest of them."""
        inputs = self._read(index) if self._inputs is None else self._inputs.rows(index)
        weight = None if self._weights is None else self._weights[index]
        return Batch(Weighted(inputs, weight), self._targets[index])

    @property
    def n_timesteps(self) -> int:
        """Time steps of the samples, padding included."""
        return self._samples.values.shape[1]

    def measure_constant(self, target: Target) -> float:
        """Return the loss of the best prediction that reads nothing."""
        y, weight = self._targets, self._weights
        constant = target.best_constant(y, weight)
        constant = constant.expand(len(y), *constant.shape[1:])
        losses = target.make_loss()(constant, y).flatten(1).mean(1)
        return float((losses if weight is None else losses * weight).mean())

    def _read(self, index: Tensor | slice) -> Inputs:
        """Return some rows, scaled."""
        rows = self._rows[index if isinstance(index, slice) else index.numpy()]
        return prepare(self._scaler, take(self._samples, rows), self._name)

    def _read_all(self) -> Inputs:
        """Return all rows, read block by block, as copies in float64 need room."""
        n_rows, values = len(self._rows), self._samples.values
        if self._is_ready():
            return self._share()
        n_block = max(1, BLOCK_VALUES // values[:1].size)
        if n_rows <= n_block:
            return self._read(slice(None))
        everything = self._read(slice(0, 1)).map(
            lambda part: part.new_zeros(n_rows, *part.shape[1:])
        )
        x = everything.x.new_zeros(n_rows, values.shape[1], everything.x.shape[2])
        times = everything.times
        if times is not None:
            times = times.new_zeros(n_rows, values.shape[1], times.shape[2])
        for start in range(0, n_rows, n_block):
            rows = slice(start, start + n_block)
            block = self._read(rows)
            x[rows, : block.x.shape[1]] = block.x
            if times is not None and block.times is not None:
                times[rows, : block.x.shape[1]] = block.times
            for part, whole in (
                (block.static, everything.static),
                (block.future, everything.future),
            ):
                if part is not None and whole is not None:
                    whole[rows] = part
        return Inputs(x, self.lengths, everything.static, everything.future, times)

    def _is_ready(self) -> bool:
        """Return whether the network reads the values as they are: codes alone."""
        samples, scaler = self._samples, self._scaler
        values, lengths = samples.values, samples.lengths
        if values.dtype != np.float32 or samples.times is not None:
            return False
        if not (values.flags.c_contiguous and values.flags.writeable):
            return False
        scaled = np.any(scaler.mean) or np.any(scaler.scale != 1)
        if scaled or scaler.missing != "error":
            return False
        if not np.array_equal(self._rows, np.arange(len(values))):
            return False
        step = np.arange(values.shape[1])[:, None]
        return lengths is None or not any(
            (values[rows] * (step >= lengths[rows, None, None])).any()
            for rows in blocks(values)
        )

    def _share(self) -> Inputs:
        """Return the values themselves, as a corpus may fill half of the memory."""
        samples, scaler = self._samples, self._scaler
        return Inputs(
            torch.from_numpy(samples.values),
            self.lengths,
            scale_part(scaler.static, samples.static, f"{self._name}.static"),
            scale_part(scaler.future, samples.future, f"{self._name}.future"),
        )


def _is_on_disk(values: np.ndarray) -> bool:
    """Return whether an array is a memmap, or a view of one."""
    base: object = values
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
    find_rows : callable, default=None
        With a generator: returns the samples to walk through this time; None for all.
    """

    def __init__(
        self,
        dataset: SequenceDataset,
        batch_size: int,
        generator: torch.Generator | None = None,
        find_rows: Callable[[], Tensor | None] | None = None,
    ) -> None:
        self.dataset = dataset
        self.batch_size = batch_size
        self.generator = generator
        self._find_rows = find_rows

    @property
    def _rows(self) -> Tensor | None:
        """The samples to walk through, None for all; skorch keeps one iterator."""
        return None if self._find_rows is None else self._find_rows()

    def __len__(self) -> int:
        rows = self._rows
        n_samples = len(self.dataset) if rows is None else len(rows)
        return -(-n_samples // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        if self.generator is None:
            for start in range(0, len(self.dataset), self.batch_size):
                stop = min(start + self.batch_size, len(self.dataset))
                yield self.dataset[slice(start, stop)]
            return
        rows = self._rows
        n_samples = len(self.dataset) if rows is None else len(rows)
        order = torch.randperm(n_samples, generator=self.generator)
        if rows is not None:
            order = rows[order]
        if self.dataset.lengths is None:
            batches = [*order.split(self.batch_size)]
        else:
            batches = self._of_like_length(order, self.dataset.lengths)
        for rows in batches:
            yield self.dataset[rows]

    def _of_like_length(self, order: Tensor, lengths: Tensor) -> list[Tensor]:
        """Return batches, some at a time sorted by length and then shuffled."""
        batches = [
            rows
            for some in order.split(_SORTED_BATCHES * self.batch_size)
            for rows in some[lengths[some].argsort(stable=True)].split(self.batch_size)
        ]
        shuffled = torch.randperm(len(batches), generator=self.generator)
        return [batches[i] for i in shuffled]


def cut(batch: Batch, module: nn.Module) -> list[Batch]:
    """Cut a batch into even chunks, by its shape alone.

    Parameters
    ----------
    batch : Batch
        What to cut.
    module : Module
        One without ``count_states``, as around networks on several machines, takes its
        batches whole.

    Returns
    -------
    list of Batch
        In order.
    """
    count = getattr(module, "count_states", None)
    if count is None:
        return [batch]
    n_samples = len(batch.target)
    return batch.split(count_chunks(n_samples, count(batch.features.inputs.x.shape[1])))


def count_chunks(n_samples: int, n_states: int) -> int:
    """Return the number of chunks of a batch.

    Parameters
    ----------
    n_samples : int
        Samples in the batch.
    n_states : int
        Numbers in the states of each.

    Returns
    -------
    int
        At least 1.
    """
    total = n_samples * n_states
    number = 1  # powers of two are shared evenly
    while (2 * number) ** 2 * _CHUNK_STATES <= total:
        number *= 2
    number = max(number, -(-total // _MOST_STATES))
    return max(min(number, n_samples // _CHUNK_SAMPLES), 1)
