"""skorch callbacks: early stopping, learning-rate schedules and the progress bar."""

import math
import sys
from copy import deepcopy

from skorch import NeuralNet
from skorch.callbacks import Callback, LRScheduler
from torch import Tensor
from torch.optim import lr_scheduler as schedules
from tqdm.auto import tqdm  # a requirement of skorch


class ProgressBar(Callback):
    """A bar over the epochs, with the latest losses behind it."""

    def on_train_begin(self, net: NeuralNet, **kwargs: object) -> None:
        """Open the bar."""
        self.bar_ = tqdm(total=net.max_epochs, unit="epoch", file=sys.stderr)

    def on_epoch_end(self, net: NeuralNet, **kwargs: object) -> None:
        """Move the bar by one epoch."""
        last = net.history[-1]
        names = {"train_loss": "train", "valid_loss": "validation"}
        losses = {
            name: f"{last[key]:.4f}" for key, name in names.items() if key in last
        }
        self.bar_.set_postfix(losses, refresh=False)
        self.bar_.update()

    def on_train_end(self, net: NeuralNet, **kwargs: object) -> None:
        """Close the bar."""
        self.bar_.close()
        del self.bar_


class StopTraining(Exception):
    """Raised to end training early; no error."""


class EarlyStopping(Callback):
    """Stop when the validation loss stalls; the best weights come back from memory.

    Unlike skorch's callback of this name it keeps the weights of the very best epoch,
    also where that is better by less than ``tol``, and its end of training can be told
    from Ctrl-C.

    Parameters
    ----------
    patience : int
        Epochs without improvement before training ends.
    tol : float
        Relative improvement that counts.
    """

    def __init__(self, patience: int, tol: float) -> None:
        self.patience = patience
        self.tol = tol

    def on_train_begin(self, net: NeuralNet, **kwargs: object) -> None:
        """Forget earlier calls."""
        self.misses_ = 0
        self.best_loss_ = self.reference_ = math.inf
        self.best_weights_: dict[str, Tensor] = {}

    def on_epoch_end(self, net: NeuralNet, **kwargs: object) -> None:
        """Keep the best weights, and count the epochs since they improved."""
        loss = net.history[-1, "valid_loss"]
        if loss < self.best_loss_:
            self.best_loss_ = loss
            self.best_weights_ = deepcopy(net.module_.state_dict())
        if loss < self.reference_ * (1 - self.tol):
            self.reference_ = loss
            self.misses_ = 0
        else:
            self.misses_ += 1
        if self.misses_ >= self.patience:
            raise StopTraining

    def on_train_end(self, net: NeuralNet, **kwargs: object) -> None:
        """Restore the best weights."""
        if self.best_weights_:
            net.module_.load_state_dict(self.best_weights_)
        self.best_weights_ = {}


def make_schedule(
    name: str, learning_rate: float, max_epochs: int, n_batches: int, monitor: str
) -> LRScheduler:
    """Return the schedule that the estimators' ``lr_schedule`` names."""
    n_steps = max_epochs * n_batches
    if name == "cosine":
        return LRScheduler(
            schedules.CosineAnnealingLR,
            step_every="batch",
            event_name=None,
            T_max=n_steps,
        )
    if name == "one_cycle":
        return LRScheduler(
            schedules.OneCycleLR,
            step_every="batch",
            event_name=None,
            cycle_momentum=False,
            max_lr=learning_rate,
            total_steps=n_steps + 1,
        )
    return LRScheduler(
        schedules.ReduceLROnPlateau,
        monitor=monitor,
        event_name=None,
        factor=0.5,
        patience=4,  # torch halves after one more
    )
