"""skorch callbacks: early stopping, learning-rate schedules and the progress bar."""

import math
import sys
from copy import deepcopy

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import Callback, LRScheduler
from torch import Tensor
from torch.optim import lr_scheduler as schedules
from tqdm.auto import tqdm  # a requirement of skorch

from ._data import SequenceDataset
from ._yardstick import predict_some

# What training adds to a start in closed form must lower the loss by this share: one
# stretch of time is a noisy judge, and the start is fitted to all samples afterwards.
_MARGIN = 0.15


class ProgressBar(Callback):
    """A bar over the epochs, with the latest losses behind it."""

    def on_train_begin(self, net: NeuralNet, **kwargs: object) -> None:
        """Open the bar."""
        self.bar_ = tqdm(
            total=net.max_epochs,
            unit="epoch",
            file=sys.stderr,
            disable=not net.verbose,
        )

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
    start : SequenceDataset, default=None
        The validation samples, where the weights before training may be the best: in
        the last third of the epochs the mean loss must then be lower by `_MARGIN`.
        One epoch alone is the best by chance.
    """

    def __init__(self, patience: int, tol: float, start: object = None) -> None:
        self.patience = patience
        self.tol = tol
        self.start = start

    def on_train_begin(self, net: NeuralNet, **kwargs: object) -> None:
        """Forget earlier calls."""
        self.misses_ = 0
        self.best_loss_ = self.reference_ = math.inf
        self.best_weights_: dict[str, Tensor] = {}
        if self.start is not None:
            self.start_loss_ = self._measure(net)
            self.start_weights_ = deepcopy(net.module_.state_dict())

    def _measure(self, net: NeuralNet) -> float:
        """Compute the validation loss of the weights as they are."""
        total, count = 0.0, 0
        for batch in net.get_iterator(self.start):
            size = len(batch.target)
            total += float(net.validation_step(batch)["loss"]) * size
            count += size
        loss = total / count
        return loss if net.team is None else net.team.agree(loss)

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
        """Restore the best weights, or those of the start."""
        weights = self.best_weights_
        if self.start is not None:
            losses = [e["valid_loss"] for e in net.history if "valid_loss" in e]
            late = losses[len(losses) * 2 // 3 :]
            if not late or np.mean(late) > self.start_loss_ * (1 - _MARGIN):
                weights = self.start_weights_
                if losses:
                    net.history.record("kept_loss", self.start_loss_)
            self.start_weights_, self.start = {}, None  # nor is the data kept
        if weights:
            net.module_.load_state_dict(weights)
        self.best_weights_ = {}


class Aside(Callback):
    """Samples that judge the network before they join the others in training.

    They are left out for the first two thirds of the epochs, then predicted, and
    trained on with the rest, so that nothing is lost of them.

    Parameters
    ----------
    rows : Tensor of int
        The samples set aside.
    n_samples : int
        All samples.
    max_epochs : int
        Epochs in all.
    """

    def __init__(self, rows: Tensor, n_samples: int, max_epochs: int) -> None:
        self.rows = rows
        keep = torch.ones(n_samples, dtype=torch.bool)
        keep[rows] = False
        self._others = keep.nonzero()[:, 0]
        self.joins = max_epochs - max_epochs // 3
        self.predicted: np.ndarray | None = None

    def count_steps(self, batch_size: int, max_epochs: int) -> int:
        """Return the steps of the optimiser in all epochs."""
        early = -(-len(self._others) // batch_size)
        late = -(-(len(self._others) + len(self.rows)) // batch_size)
        return self.joins * early + (max_epochs - self.joins) * late

    def find_rows(self, net: NeuralNet) -> Tensor | None:
        """Return the samples to train on in this epoch; None for all."""
        return self._others if len(net.history) <= self.joins else None

    def on_epoch_begin(
        self, net: NeuralNet, dataset_train: object = None, **kwargs: object
    ) -> None:
        """Predict the samples, before they join in."""
        if len(net.history) == self.joins + 1:
            assert isinstance(dataset_train, SequenceDataset)
            self.predicted = predict_some(net.module_, dataset_train, self.rows)


def make_schedule(
    name: str, learning_rate: float, n_steps: int, monitor: str
) -> LRScheduler:
    """Return the schedule that the estimators' ``lr_schedule`` names."""
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
