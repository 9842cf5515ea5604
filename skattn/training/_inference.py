"""Running a trained network over many samples, block by block."""

import numpy as np
import torch
from torch import Tensor, nn

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
    module: nn.Module,
    sequences: Sequences,
    scaler: Scaler,
    *fields: str,
    device: str = "cpu",
) -> list[np.ndarray]:
    """Run ``module`` and collect some fields of its output.

    Parameters
    ----------
    module : nn.Module
        In evaluation mode.
    sequences : Sequences
        Not yet scaled.
    scaler : Scaler
        Of the input channels.
    *fields : str
        Names of the output's fields.
    device : str, default="cpu"
        Where the module is.

    Returns
    -------
    list of ndarray
        One float32 array a field, as long as ``sequences``, in its order.
    """
    blocks: list[list[np.ndarray]] = [[] for _ in fields]
    with torch.inference_mode():
        for inputs, _ in Batches(SequenceDataset(sequences, scaler), _BLOCK_SIZE):
            n_rows = len(inputs["x"])
            inputs = {name: _fill(rows).to(device) for name, rows in inputs.items()}
            output = module(**inputs)
            for block, field in zip(blocks, fields, strict=True):
                block.append(getattr(output, field)[:n_rows].cpu().numpy())
    return [np.concatenate(block) for block in blocks]


def _fill(rows: Tensor) -> Tensor:
    """Repeat the first row until the number of rows is a multiple of four."""
    missing = -len(rows) % _ROW_MULTIPLE
    return torch.cat([rows, rows[:1].expand(missing, *rows.shape[1:])])
