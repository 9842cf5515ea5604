"""Running a trained network over many samples, block by block."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..sequences._forms import Sequences
from ..sequences._scaling import InputScaler
from ._fork import mind_fork

# Samples in one pass: states of this many sequences stay in the processor's cache
# better than those of a whole data set, and memory stays flat.
_BLOCK_SIZE = 256

# Matrix kernels treat one to three rows in another order of additions than more of
# them, which shows in the last bit. Blocks filled up to a multiple of four rows give a
# sample the same bits alone as among others.
_ROW_MULTIPLE = 4


def run_network(
    run: Callable[..., Tensor],
    sequences: Sequences,
    scaler: InputScaler,
    device: str,
    beside: Sequence[np.ndarray] = (),
) -> np.ndarray:
    """Run a function of a network block by block, and join what it gives.

    Parameters
    ----------
    run : callable
        Takes a batch ``(x, lengths)`` of scaled tensors, and gives a tensor with a row
        for each sample. Sequences of different lengths come cut to the longest in the
        batch; what it gives must have the same shape for all batches.
    sequences : Sequences
        Not yet scaled.
    scaler : InputScaler
        Of the input channels.
    device : str
        Where the network is.
    beside : sequence of ndarray of shape (n_samples, ...)
        Arrays whose rows go to the function behind ``lengths``.

    Returns
    -------
    ndarray of float32 of shape (n_samples, ...)
        In the order of ``sequences``.
    """
    mind_fork()
    values, lengths = sequences.values, sequences.lengths
    back = None
    if lengths is not None:  # like lengths together leave little padding
        order = np.argsort(lengths, kind="stable")
        back = np.argsort(order)
    blocks = []
    with torch.inference_mode():
        for start in range(0, len(values), _BLOCK_SIZE):
            rows: Any = slice(start, start + _BLOCK_SIZE)
            if lengths is None:
                x, real = scaler.prepare(values[rows], None), None
            else:
                rows = order[rows]
                real = lengths[rows]
                x = scaler.prepare(values[rows, : real.max()], real)
            given = [
                None if part is None else _fill(torch.from_numpy(part)).to(device)
                for part in (x, real, *(array[rows] for array in beside))
            ]
            blocks.append(run(*given)[: len(x)].cpu().numpy())
    joined = np.concatenate(blocks)
    return joined if back is None else joined[back]


def _fill(rows: Tensor) -> Tensor:
    """Repeat the first row until the number of rows is a multiple of four."""
    missing = -len(rows) % _ROW_MULTIPLE
    if not missing:
        return rows
    return torch.cat([rows, rows[:1].expand(missing, *rows.shape[1:])])


def widen(part: Tensor, axes: Sequence[int], n_steps: int) -> Tensor:
    """Fill some axes with 0 up to ``n_steps``, where a batch was cut shorter."""
    for axis in axes:
        missing = n_steps - part.shape[axis]
        if missing:
            shape = [*part.shape]
            shape[axis] = missing
            part = torch.cat([part, part.new_zeros(shape)], axis)
    return part
