"""Training with skorch: nets, batches, devices, random streams, validation parts."""

from ._callbacks import choose_device
from ._checkpoint import Checkpoint
from ._container import (
    import_optional,
    read_container,
    refusing,
    replacing,
    to_path,
    write_container,
)
from ._data import SequenceDataset
from ._digest import digest
from ._fork import mind_fork
from ._inference import run_network, widen
from ._losses import CrossEntropy, make_loss
from ._net import AttentionNet
from ._ridge import fit_linear_path
from ._seeding import Stream, draw_seed, make_generator
from ._split import split_validation
from ._state import pack_net, unpack_net
from ._trainer import TrainingPlan, train

__all__ = [
    "AttentionNet",
    "Checkpoint",
    "CrossEntropy",
    "SequenceDataset",
    "Stream",
    "TrainingPlan",
    "choose_device",
    "digest",
    "draw_seed",
    "fit_linear_path",
    "import_optional",
    "make_generator",
    "make_loss",
    "mind_fork",
    "pack_net",
    "read_container",
    "refusing",
    "replacing",
    "run_network",
    "split_validation",
    "to_path",
    "train",
    "unpack_net",
    "widen",
    "write_container",
]
