"""Data-parallel training on several processes, through Accelerate as skorch has it.

Run as ``python benchmarks/soak/processes.py``; it trains once in one process and once
in two, over gloo on the CPU, and prints the losses as JSON.
"""

import argparse
import json
import os
import socket
import tempfile
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from skorch import NeuralNet
from skorch.hf import AccelerateMixin
from torch import multiprocessing, nn

from skattn.nn import AttentionNetwork, initialize

BATCH = 32


class Predictor(nn.Module):
    """skattn's network, which gives more than the prediction, for a plain loss."""

    def __init__(self):
        super().__init__()
        self.network = AttentionNetwork(
            2, n_timesteps=10, horizon=1, n_targets=1, hidden_size=16
        )
        initialize(self.network, torch.Generator().manual_seed(0))

    def forward(self, x):
        """Predict ``(n_samples, 1)`` from ``(n_samples, n_timesteps, n_channels)``."""
        return self.network(x, need_weights=False).prediction[:, :, 0]


class SquaredError:
    """A loss that is no module: Accelerate refuses to share one without weights."""

    def __call__(self, prediction, target):
        """Give the mean over the batch."""
        return nn.functional.mse_loss(prediction, target)


class ParallelNet(AccelerateMixin, NeuralNet):
    """A skorch net on all processes that Accelerate knows of."""


def train(rank, n_processes, port, folder):
    """Train on this process' share of each joined batch, and write the losses down."""
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(n_processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(256, 10, 2)).astype(np.float32)
    y = X[:, 3, :1]
    accelerator = Accelerator(cpu=True)
    net = ParallelNet(
        Predictor,
        accelerator=accelerator,
        criterion=SquaredError,
        optimizer=torch.optim.AdamW,
        lr=0.01,
        max_epochs=5,
        batch_size=BATCH // n_processes,
        train_split=None,
        callbacks=None,
        verbose=0,
    ).fit(X, y)
    with torch.no_grad():
        loss = float(
            ((net.module_(torch.from_numpy(X)) - torch.from_numpy(y)) ** 2).mean()
        )
    epochs = [float(epoch["train_loss"]) for epoch in net.history]
    means = accelerator.gather(torch.tensor(epochs)[None]).mean(0).tolist()
    if accelerator.is_main_process:
        Path(folder, str(n_processes)).write_text(json.dumps([*means, loss]))
    torch.distributed.destroy_process_group()


def free_port():
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    """Compare each epoch's loss, and that of the trained network."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.spawn(train, (2, free_port(), folder), nprocs=2)
        train(0, 1, free_port(), folder)
        one, two = (json.loads(Path(folder, name).read_text()) for name in "12")
    gap = max(abs(a - b) for a, b in zip(one, two, strict=True))
    print(json.dumps({"one_process": one, "two_processes": two, "largest_gap": gap}))


if __name__ == "__main__":
    main()
