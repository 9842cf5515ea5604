"""Running a trained network over many samples, block by block."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from ..sequences._forms import Sequences
from ..sequences._scaling import InputScaler
from ._fork import mind_fork

# Samples in one pass: states of this many sequences stay in the processor's cache
# better than those of a whole data set, and memory stays flat.
_BLOCK_SIZE = 256


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
    # Sequences of like length together leave little padding.
    order = (
        np.arange(len(values))
        if lengths is None
        else np.argsort(lengths, kind="stable")
    )
    blocks = []
    kind = torch.device(device).type
    # A caller's autocast would give answers in types that NumPy does not have.
    with torch.inference_mode(), torch.autocast(kind, enabled=False):
        for start in range(0, len(order), _BLOCK_SIZE):
            rows = order[start : start + _BLOCK_SIZE]
            if lengths is None:
                x, real = scaler.prepare(values[rows], None), None
            else:
                real = lengths[rows]
                x = scaler.prepare(values[rows, : real.max()], real)
            given = [
                None if part is None else torch.from_numpy(part).to(device)
                for part in (x, real, *(array[rows] for array in beside))
            ]
            blocks.append(run(*given).cpu().numpy())
    joined = np.concatenate(blocks)
    return joined if lengths is None else joined[np.argsort(order)]


def widen(part: Tensor, axes: Sequence[int], n_steps: int) -> Tensor:
    """Fill some axes with 0 up to ``n_steps``, where a batch was cut shorter."""
    for axis in axes:
        missing = n_steps - part.shape[axis]
        if missing:
            shape = [*part.shape]
            shape[axis] = missing
            part = torch.cat([part, part.new_zeros(shape)], axis)
    return part
