"""Samples as tensors: scaled, in batches for training, in blocks for prediction."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from ..nn import Inputs
from ..nn._channel_independent import Network
from ..sequences._ragged import blocks
from ..sequences._samples import Samples
from ..sequences._scaling import InputScaler, Scaler
from ..sequences._times import describe_times
from ..targets import Target
from ._environment import HOME, guard_fork
from ._parallel import open_workers

# Batches whose samples are sorted by length together: more would save little more
# padding, and bring the same samples together in every epoch.
_SORTED_BATCHES = 16

# Values scaled at a time: a few MB, which the processor's cache holds.
_BLOCK_VALUES = 1 << 18

# Samples in one pass of a prediction: states of this many sequences stay in the
# processor's cache better than those of a whole data set, and memory stays flat.
_BLOCK_SIZE = 256
_BLOCK_STEPS = 1 << 18  # and steps, where sequences are long

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


def scale_values(scaler: Scaler, values: np.ndarray, name: str = "X") -> np.ndarray:
    """Return values scaled to float32, the network's type; NaN stays.

    Raises
    ------
    ValueError
        If a value is too large for float32 after scaling.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = ((values - scaler.mean) / scaler.scale).astype(np.float32, order="C")
        finite = np.isfinite(scaled.sum())  # quick to take
    if not finite and np.isinf(scaled).any():
        raise ValueError(
            f"{name} contains a value too large for float32 after scaling "
            f"(largest magnitude {np.nanmax(np.abs(values)):.3g})."
        )
    return scaled


def prepare(scaler: InputScaler, samples: Samples, name: str = "X") -> Inputs:
    """Return what the network reads: scaled, gaps filled and marked, padding 0.

    Parameters
    ----------
    scaler : InputScaler
        Of the channels.
    samples : Samples
        Not yet scaled.
    name : str, default="X"
        The inputs' name in messages.

    Returns
    -------
    Inputs
        Float32 of shape ``(n_samples, n_timesteps, n_channels)``, with an indicator
        for each channel after them where gaps are filled.
    """
    values, lengths = samples.values, samples.lengths
    if lengths is not None:  # whatever the padding is, it must not overflow
        real = np.arange(values.shape[1]) < lengths[:, None]
        values = np.where(real[..., None], values, scaler.mean)
    scaled = scale_values(scaler, values, name)
    times = None
    if samples.times is not None and scaler.time_unit is not None:
        gaps = None if scaler.missing == "error" else np.isnan(scaled)
        found = describe_times(samples.times, lengths, scaler.time_unit, gaps, name)
        times = torch.from_numpy(found)
    if scaler.missing != "error":
        scaled = _fill_gaps(scaled, forward=scaler.missing != "mask")
    x = torch.from_numpy(scaled)
    known = None if lengths is None else torch.from_numpy(lengths)
    if samples.static is None and samples.future is None:
        return Inputs(x, known, times=times)
    static = _scale_part(scaler.static, samples.static, f"{name}.static")
    future = _scale_part(scaler.future, samples.future, f"{name}.future")
    return Inputs(x, known, static, future, times)


def _take(samples: Samples, rows: np.ndarray | slice) -> Samples:
    """Return some samples, cut to the longest of them."""
    lengths, static, future, times = (
        None if part is None else part[rows]
        for part in (samples.lengths, samples.static, samples.future, samples.times)
    )
    values = samples.values
    if lengths is not None:
        values = values[:, : lengths.max(initial=1)]
        times = None if times is None else times[:, : values.shape[1]]
    return Samples(values[rows], lengths, static, future, times)


def _scale_part(
    scaler: Scaler | None, part: np.ndarray | None, name: str
) -> Tensor | None:
    """Return static features or a known future, scaled."""
    if part is None or scaler is None:
        return None
    return torch.from_numpy(scale_values(scaler, part, name))


def carry_forward(values: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Return values whose gaps repeat the step before; those at the start stay."""
    step = np.arange(values.shape[1])[:, None]
    last_seen = np.maximum.accumulate(np.where(gaps, 0, step), axis=1)
    return np.take_along_axis(values, last_seen, axis=1)


def _fill_gaps(scaled: np.ndarray, forward: bool) -> np.ndarray:
    """Return values with gaps filled, and after them an indicator for each channel."""
    gaps = np.isnan(scaled)
    if forward:
        scaled = carry_forward(scaled, gaps)
    filled = np.nan_to_num(scaled, copy=False, nan=0.0)
    return np.concatenate([filled, gaps.astype(np.float32)], axis=2)


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
        return prepare(self._scaler, _take(self._samples, rows), self._name)

    def _read_all(self) -> Inputs:
        """Return all rows, read block by block, as copies in float64 need room."""
        n_rows, values = len(self._rows), self._samples.values
        if self._is_ready():
            return self._share()
        n_block = max(1, _BLOCK_VALUES // values[:1].size)
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
            _scale_part(scaler.static, samples.static, f"{self._name}.static"),
            _scale_part(scaler.future, samples.future, f"{self._name}.future"),
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


def run_network(
    run: Callable[..., Tensor],
    samples: Samples,
    scaler: InputScaler,
    device: str,
    others: Sequence[np.ndarray] = (),
) -> np.ndarray:
    """Run a function of a network block by block, and join what it returns.

    Parameters
    ----------
    run : callable
        Takes `Inputs`, and returns a tensor with a row for each sample. Sequences of
        different lengths come cut to the longest in the block; what it returns must
        have the same shape for all blocks.
    samples : Samples
        Not yet scaled.
    scaler : InputScaler
        Of the input channels.
    device : str
        Where the network is.
    others : sequence of ndarray of shape (n_samples, ...)
        Arrays whose rows go to the function after the inputs.

    Returns
    -------
    ndarray of float32 of shape (n_samples, ...)
        In the order of ``samples``.
    """
    values, lengths = samples.values, samples.lengths
    order: np.ndarray | None = None
    if lengths is not None:  # sequences of like length together leave little padding
        order = np.argsort(lengths, kind="stable")
    size = min(_BLOCK_SIZE, max(_BLOCK_STEPS // values.shape[1], 1))
    n_blocks = max(-(-len(values) // size), 1)
    size = max(-(-len(values) // n_blocks), 1)  # even blocks share the work evenly

    def work(_: int, start: int) -> np.ndarray:
        rows: slice | np.ndarray = slice(start, start + size)
        if order is not None:
            rows = order[rows]
        inputs = prepare(scaler, _take(samples, rows))
        given = [torch.from_numpy(array[rows]) for array in others]
        with _inferring(device):
            if torch.device(device).type != "cpu":
                inputs = inputs.to(device)
                given = [tensor.to(device) for tensor in given]
            return run(inputs, *given).cpu().numpy()

    results: list[np.ndarray] = []
    starts = range(0, max(len(values), 1), size)
    if n_blocks == 1 or torch.device(device).type != "cpu":
        if os.getpid() != HOME:
            guard_fork()
        results += map(work, starts, starts)
    else:
        with open_workers() as workers:
            workers.run(work, starts, results.append)
    joined = results[0] if len(results) == 1 else np.concatenate(results)
    return joined if order is None else joined[np.argsort(order)]


@contextmanager
def _inferring(device: str) -> Iterator[None]:
    """Keep no gradients, and the types that NumPy has where the caller's are others."""
    kind = torch.device(device).type
    plain: AbstractContextManager[object] = nullcontext()
    if torch.is_autocast_enabled(kind):
        plain = torch.autocast(kind, enabled=False)
    with torch.inference_mode(), plain:
        yield


def compute(
    network: Network,
    samples: Samples,
    scaler: InputScaler,
    device: str,
    field: str = "prediction",
) -> np.ndarray:
    """Run a trained network over samples, and return one field of its output.

    Parameters
    ----------
    network : AttentionNetwork or ChannelIndependent
        In evaluation mode.
    samples, scaler, device
        As for `run_network`.
    field : str, default="prediction"
        A field of `skattn.nn.NetworkOutput`.

    Returns
    -------
    ndarray of float32 of shape (n_samples, ...)
        Weights have 0 at padded steps.
    """
    need_weights = field in ("weights", "self_weights")
    n_steps = 0
    if need_weights:
        n_steps = -(-samples.values.shape[1] // network.patch_size)

    def run(inputs: Inputs) -> Tensor:
        output = network(inputs, need_weights=need_weights)
        result: Tensor = getattr(output, field)
        if need_weights:
            axes = (-1,) if field == "weights" else (-2, -1)
            return widen(result, axes, n_steps)
        return result

    return run_network(run, samples, scaler, device)


def widen(part: Tensor, axes: Sequence[int], n_steps: int) -> Tensor:
    """Return a tensor with some axes filled with 0 up to ``n_steps``."""
    for axis in axes:
        missing = n_steps - part.shape[axis]
        if missing:
            shape = [*part.shape]
            shape[axis] = missing
            part = torch.cat([part, part.new_zeros(shape)], axis)
    return part
