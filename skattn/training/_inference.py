"""Running a trained network over many samples, block by block."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from ..sequences._forms import Sequences
from ..sequences._scaling import InputScaler
from ._data import Batches, SequenceDataset

# Samples in one pass: states of this many sequences stay in the processor's cache
# better than those of a whole data set, and memory stays flat.
_BLOCK_SIZE = 256

# Matrix kernels treat one to three rows in another order of additions than more of
# them, which shows in the last bit. Blocks filled up to a multiple of four rows give a
# sample the same bits alone as among others.
_ROW_MULTIPLE = 4


def run_network(
    run: Callable[..., Sequence[Tensor]],
    sequences: Sequences,
    scaler: InputScaler,
    device: str,
    beside: Sequence[np.ndarray] = (),
) -> list[np.ndarray]:
    """Run a function of a network block by block, and join what it gives.

    Parameters
    ----------
    run : callable
        Takes a batch ``(x, lengths)`` of scaled tensors, and gives tensors with one row
        a sample. Sequences of different lengths come cut to the longest in the batch;
        what it gives must have the same shape for all batches.
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
    list of ndarray
        One float32 array for each tensor, as long as ``sequences``, in its order.
    """
    blocks = []
    rows = np.arange(len(sequences))
    if sequences.lengths is not None:  # like lengths together leave little padding
        rows = np.argsort(sequences.lengths, kind="stable")
    back = np.argsort(rows)
    with torch.inference_mode():
        dataset = SequenceDataset(sequences, scaler, rows=rows, lazy=True)
        for start, (inputs, _) in zip(
            range(0, len(dataset), _BLOCK_SIZE),
            Batches(dataset, _BLOCK_SIZE),
            strict=True,
        ):
            n_rows = len(inputs["x"])
            taken = rows[start : start + n_rows]
            extras = [torch.from_numpy(array[taken]) for array in beside]
            given = [
                None if part is None else _fill(part).to(device)
                for part in (inputs["x"], inputs.get("lengths"), *extras)
            ]
            parts = run(*given)
            blocks.append([part[:n_rows].cpu().numpy() for part in parts])
    return [np.concatenate(parts)[back] for parts in zip(*blocks, strict=True)]


def _fill(rows: Tensor) -> Tensor:
    """Repeat the first row until the number of rows is a multiple of four."""
    missing = -len(rows) % _ROW_MULTIPLE
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
