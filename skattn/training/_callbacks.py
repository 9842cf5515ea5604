"""skorch callbacks: early stopping, learning-rate schedules and the progress bar."""

import sys
from typing import Any

import torch
from skorch import NeuralNet
from skorch.callbacks import Callback, EarlyStopping, LRScheduler
from skorch.utils import noop
from torch.optim import lr_scheduler as schedules
from tqdm.auto import tqdm


class ProgressBar(Callback):
    """A bar over the epochs, with the latest losses behind it."""

    def on_train_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        """Open the bar."""
        self.bar_ = tqdm(total=net.max_epochs, unit="epoch", file=sys.stderr)

    def on_epoch_end(self, net: NeuralNet, **kwargs: Any) -> None:
        """Move the bar by one epoch."""
        last = net.history[-1]
        names = {"train_loss": "train", "valid_loss": "validation"}
        losses = {
            name: f"{last[key]:.4f}" for key, name in names.items() if key in last
        }
        self.bar_.set_postfix(losses, refresh=False)
        self.bar_.update()

    def on_train_end(self, net: NeuralNet, **kwargs: Any) -> None:
        """Close the bar."""
        self.bar_.close()
        del self.bar_


def make_early_stopping(n_iter_no_change: int, tol: float) -> EarlyStopping:
    """Stop when the validation loss stalls; the best weights come back from memory."""
    return EarlyStopping(
        monitor="valid_loss",
        patience=n_iter_no_change,
        threshold=tol,
        threshold_mode="rel",
        load_best=True,
        sink=noop,
    )


def make_schedule(
    name: str, learning_rate: float, max_epochs: int, n_batches: int, monitor: str
) -> LRScheduler:
    """Build the schedule that the estimators' ``lr_schedule`` names."""
    n_steps = max_epochs * n_batches
    if name == "cosine":
        return LRScheduler(
            schedules.CosineAnnealingLR, step_every="batch", T_max=n_steps
        )
    if name == "one_cycle":
        return LRScheduler(
            schedules.OneCycleLR,
            step_every="batch",
            max_lr=learning_rate,
            total_steps=n_steps + 1,
        )
    return LRScheduler(
        schedules.ReduceLROnPlateau, monitor=monitor, factor=0.5, patience=5
    )


def choose_device(device: str | torch.device) -> str:
    """Name the device that ``device`` asks for; "auto" takes CUDA if there is one.

    Raises
    ------
    ValueError
        If this machine, or this build of torch, has no such device.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (AssertionError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"device={str(device)!r} cannot be used here ({reason}); allowed are "
            "'auto', 'cpu' and the devices that torch finds, such as 'cuda'."
        ) from error
    return str(device)
