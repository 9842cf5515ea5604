"""Running a trained network over many samples, block by block."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from ..sequences._forms import Sequences
from ..sequences._scaling import Scaler
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
    scaler: Scaler,
    device: str,
) -> list[np.ndarray]:
    """Run a function of a network block by block, and join what it gives.

    Parameters
    ----------
    run : callable
        Takes a batch ``(x, lengths)`` of scaled tensors, and gives tensors with one row
        a sample.
    sequences : Sequences
        Not yet scaled.
    scaler : Scaler
        Of the input channels.
    device : str
        Where the network is.

    Returns
    -------
    list of ndarray
        One float32 array for each tensor, as long as ``sequences``, in its order.
    """
    blocks = []
    with torch.inference_mode():
        dataset = SequenceDataset(sequences, scaler, lazy=True)
        for inputs, _ in Batches(dataset, _BLOCK_SIZE):
            n_rows = len(inputs["x"])
            x, lengths = (
                None if rows is None else _fill(rows).to(device)
                for rows in (inputs["x"], inputs.get("lengths"))
            )
            blocks.append([part[:n_rows].cpu().numpy() for part in run(x, lengths)])
    return [np.concatenate(parts) for parts in zip(*blocks, strict=True)]


def _fill(rows: Tensor) -> Tensor:
    """Repeat the first row until the number of rows is a multiple of four."""
    missing = -len(rows) % _ROW_MULTIPLE
    return torch.cat([rows, rows[:1].expand(missing, *rows.shape[1:])])
