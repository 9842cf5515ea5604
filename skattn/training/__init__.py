"""Training with skorch: nets, batches, devices, random streams, validation splits."""

from ._checkpoint import Checkpoint, digest
from ._data import (
    SequenceDataset,
    compute,
    prepare,
    run_network,
    scale_values,
    widen,
)
from ._environment import Stream, choose_device, draw_seed, guard_fork, make_generator
from ._net import AttentionNet
from ._packing import pack_net, unpack_net
from ._ridge import fit_linear_path
from ._split import split_validation
from ._trainer import TrainingPlan, train

__all__ = [
    "AttentionNet",
    "Checkpoint",
    "SequenceDataset",
    "Stream",
    "TrainingPlan",
    "choose_device",
    "compute",
    "digest",
    "draw_seed",
    "fit_linear_path",
    "guard_fork",
    "make_generator",
    "pack_net",
    "prepare",
    "run_network",
    "scale_values",
    "split_validation",
    "train",
    "unpack_net",
    "widen",
]
