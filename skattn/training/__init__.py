"""Training with skorch: nets, batches, devices, random streams, validation splits."""

from ._callbacks import Aside
from ._checkpoint import Checkpoint, digest
from ._data import SequenceDataset
from ._environment import (
    Stream,
    choose_device,
    draw_seed,
    make_generator,
    use_cpu_by_default,
    use_one_thread,
)
from ._net import AttentionNet
from ._outlook import Outlook
from ._packing import pack_net, unpack_net
from ._prepare import fit_sizes, prepare, scale_values
from ._ridge import fit_linear_path
from ._run import compute, run_network, widen
from ._split import (
    TrainingSamples,
    find_stride,
    find_weighted,
    mean_weight,
    split_validation,
)
from ._trainer import TrainingPlan, train
from ._yardstick import (
    count_judges,
    find_some,
    measure_yardstick,
    predict_some,
)

__all__ = [
    "Aside",
    "AttentionNet",
    "Checkpoint",
    "Outlook",
    "SequenceDataset",
    "Stream",
    "TrainingPlan",
    "TrainingSamples",
    "choose_device",
    "compute",
    "count_judges",
    "digest",
    "draw_seed",
    "find_some",
    "find_stride",
    "find_weighted",
    "fit_linear_path",
    "fit_sizes",
    "make_generator",
    "mean_weight",
    "measure_yardstick",
    "pack_net",
    "predict_some",
    "prepare",
    "run_network",
    "scale_values",
    "split_validation",
    "train",
    "unpack_net",
    "use_cpu_by_default",
    "use_one_thread",
    "widen",
]
