"""Running a trained network over samples, block by block."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import numpy as np
import torch
from torch import Tensor

from ..nn import Inputs
from ..nn._channel_independent import Network
from ..sequences._samples import Samples
from ..sequences._scaling import InputScaler
from ._environment import HOME, guard_fork, use_cpu_by_default
from ._parallel import open_workers
from ._prepare import prepare, take

# Samples in one pass of a prediction: states of this many sequences stay in the
# processor's cache better than those of a whole data set, and memory stays flat.
_BLOCK_SIZE = 256

_BLOCK_STEPS = 1 << 18  # and steps, where sequences are long


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
        inputs = prepare(scaler, take(samples, rows))
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
    with torch.inference_mode(), plain, use_cpu_by_default():
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
