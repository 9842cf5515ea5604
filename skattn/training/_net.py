"""The skorch net that trains the network: weighted loss, seeded epochs."""

import math
from typing import Any

import torch
from skorch import NeuralNet
from skorch.callbacks import Callback, EpochTimer
from skorch.utils import TeeGenerator
from torch import Tensor, nn

from ..nn import NetworkOutput, conicity
from ..nn._dropout import set_dropout_generator
from ._data import Batch, Batches, SequenceDataset
from ._flat import FlatWeights
from ._parts import cut
from ._seeding import Stream, derive

OPTIMIZERS = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
}


class AttentionNet(NeuralNet):
    """Train an attention network on a `SequenceDataset`.

    Parameters
    ----------
    module : nn.Module
        The network, with its weights drawn.
    seed : int
        Source of the order of samples and of the dropout masks.
    first_epoch : int, default=0
        Epochs that the module was trained before, so that each epoch has random
        streams of its own.
    gradient_clip : float, default=None
        Largest norm of the gradient; None does not clip.
    conicity_penalty : float, default=0.0
        Weight of the states' mean conicity, where positive, in the training loss.
    weight_decay : float, default=0.0
        Decay of the matrices of all LSTMs: times the learning rate with AdamW, else
        added to the gradient.
    **kwargs
        Passed to `skorch.NeuralNet`.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        seed: int,
        first_epoch: int = 0,
        gradient_clip: float | None = None,
        conicity_penalty: float = 0.0,
        weight_decay: float = 0.0,
        **kwargs: Any,
    ) -> None:
        self.seed = seed
        self.first_epoch = first_epoch
        self.gradient_clip = gradient_clip
        self.conicity_penalty = conicity_penalty
        self.weight_decay = weight_decay
        self.flat: FlatWeights | None = None  # only while training
        super().__init__(module, **kwargs)

    @property
    def _default_callbacks(self) -> list[tuple[str, Any]]:
        # skorch's own score and print every epoch; the losses are recorded below.
        return [("epoch_timer", EpochTimer())]

    def get_iterator(self, dataset: SequenceDataset, training: bool = False) -> Batches:
        """Walk through the data, shuffled by this net's own stream in training."""
        order = self._order if training else None
        return Batches(dataset, self.batch_size, order)

    def on_train_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        """Make the random streams, for dropout on the device that it runs on."""
        super().on_train_begin(net, **kwargs)
        self._order = torch.Generator()
        self._masks = torch.Generator(self.device)
        set_dropout_generator(self.module_, self._masks)
        self._watched = self._find_watched()
        self._decaying = [
            weights
            for part in self.module_.modules()
            if isinstance(part, nn.LSTM | nn.LSTMCell) and self.weight_decay
            for weights in part.parameters()
            if weights.ndim == 2
        ]

    def on_train_end(self, net: NeuralNet, **kwargs: Any) -> None:
        """Leave a module that predicts, without streams that would be pickled."""
        super().on_train_end(net, **kwargs)
        set_dropout_generator(self.module_, None)
        del self._order, self._masks, self._watched, self._decaying
        self.module_.eval()

    def on_epoch_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        """Start this epoch's random streams."""
        super().on_epoch_begin(net, **kwargs)
        epoch = self.first_epoch + len(self.history) - 1
        self._order.manual_seed(derive(self.seed, Stream.ORDER, epoch))
        self._masks.manual_seed(derive(self.seed, Stream.DROPOUT, epoch))

    def get_loss(
        self,
        y_pred: NetworkOutput,
        y_true: Tensor,
        X: Any = None,
        training: bool = False,
    ) -> Tensor:
        """Average the loss over outputs, then over samples by their weights."""
        losses = self.criterion_(y_pred.prediction, y_true.to(self.device))
        if "weight" in X:
            losses = losses.flatten(1).mean(1)  # (n_samples,)
            losses = losses * X["weight"].to(self.device)
        loss = losses.mean()
        if training and self.conicity_penalty:
            # Below 0 a few long states rule the mean, and nothing is gained.
            cones = conicity(y_pred.states, y_pred.mask).clamp(min=0)
            if "weight" in X:
                cones = cones.flatten(1).mean(1) if cones.ndim > 1 else cones
                cones = cones * X["weight"].to(self.device)
            loss = loss + self.conicity_penalty * cones.mean()
        return loss

    def infer(self, x: Any, **fit_params: Any) -> NetworkOutput:
        """Run the network without the weights, which no loss reads."""
        inputs = {
            name: part.to(self.device) for name, part in x.items() if name != "weight"
        }
        return self.module_(**inputs, need_weights=False, **fit_params)

    def evaluation_step(self, batch: Any, training: bool = False) -> Tensor:
        """Give scaled predictions, for callbacks that score."""
        return super().evaluation_step(batch, training).prediction

    def train_step(self, batch: Any, **fit_params: Any) -> dict[str, Any]:
        """Take one step, without skorch's provisions for optimisers that take more."""
        if self.flat is None:
            self._zero_grad_optimizer()
        else:
            self.flat.gradient.zero_()
        step = _predictions_only(self.train_step_single(batch, **fit_params))
        if "on_grad_computed" in self._watched:
            names = TeeGenerator(self.get_all_learnable_params())
            self.notify("on_grad_computed", named_parameters=names, batch=batch)
        if self.gradient_clip is not None:
            if self.flat is None:
                nn.utils.clip_grad_norm_(self.module_.parameters(), self.gradient_clip)
            else:
                self.flat.clip(self.gradient_clip)
        self._decay()
        self.optimizer_.step()
        return step

    def train_step_single(self, batch: Batch, **fit_params: Any) -> dict[str, Any]:
        """Give the loss and the gradient of a batch, on a processor part by part."""
        self._set_training(True)
        on_cpu = torch.device(self.device).type == "cpu"
        parts = cut(batch, self.module_) if on_cpu else [batch]
        losses, predictions = [], []
        for inputs, target in parts:
            output = self.infer(inputs, **fit_params)
            loss = self.get_loss(output, target, X=inputs, training=True)
            if len(parts) > 1:
                loss = loss * (len(target) / len(batch[1]))
            loss.backward()
            losses.append(loss.detach())
            predictions.append(output.prediction.detach())
        whole = output._replace(prediction=torch.cat(predictions))
        return {"loss": sum(losses), "y_pred": whole}

    @torch.no_grad()
    def _decay(self) -> None:
        """Shrink the LSTMs' matrices, as AdamW does, or add the decay to the gradient.

        What an LSTM takes in and remembers is where it learns noise by heart. Scores
        need large weights to be sharp, and outputs to reach their targets.
        """
        apart = isinstance(self.optimizer_, torch.optim.AdamW)
        rate = self.optimizer_.param_groups[0]["lr"] if self._decaying else 0.0
        for weights in self._decaying:
            if apart:
                weights.mul_(1.0 - rate * self.weight_decay)
            elif weights.grad is not None:
                weights.grad.add_(weights, alpha=self.weight_decay)

    def _find_watched(self) -> set[str]:
        """List what callbacks listen to; telling nobody takes time in every step."""
        names = ("on_batch_begin", "on_batch_end", "on_grad_computed")
        return {
            name
            for name in names
            for _, callback in self.callbacks_
            if getattr(type(callback), name) is not getattr(Callback, name)
        }

    def _set_training(self, training: bool = True) -> None:
        """Change the mode where it is another: walking through a network takes time."""
        if self.module_.training != training:
            super()._set_training(training)

    def validation_step(self, batch: Any, **fit_params: Any) -> dict[str, Any]:
        """Compute the loss of one batch without training."""
        return _predictions_only(super().validation_step(batch, **fit_params))

    def run_single_epoch(
        self,
        iterator: Batches | None,
        training: bool,
        prefix: str,
        step_fn: Any,
        **fit_params: Any,
    ) -> None:
        """Run one epoch and record its mean loss once, at its end."""
        if iterator is None:
            return
        total: Tensor | float = 0.0
        n_samples = 0
        watched = self._watched & {"on_batch_begin", "on_batch_end"}
        for batch in iterator:
            if watched:
                self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(batch, **fit_params)
            size = len(batch[0]["x"])
            total = total + step["loss"].detach() * size
            n_samples += size
            if watched:
                self.notify("on_batch_end", batch=batch, training=training, **step)
        loss = float(total) / n_samples
        key = f"{prefix}_loss"
        earlier = [epoch[key] for epoch in self.history[:-1]]
        self.history.record(key, loss)
        self.history.record(f"{key}_best", loss < min(earlier, default=math.inf))
        self.history.record(f"{prefix}_batch_count", len(iterator))
        rate = self.optimizer_.param_groups[0]["lr"]
        if training:
            self.history.record("learning_rate", rate)
        finite = all(p.isfinite().all() for p in self.module_.parameters())
        if not (finite and math.isfinite(loss)):
            epoch = self.first_epoch + len(self.history)
            raise ValueError(
                f"Training became non-finite in epoch {epoch} ({prefix}_loss "
                f"{loss:.3g}, learning rate {rate:.3g}, weight_decay "
                f"{self.weight_decay:.3g}): lower learning_rate or weight_decay, set "
                "gradient_clip, or scale the data."
            )


def _predictions_only(step: dict[str, Any]) -> dict[str, Any]:
    """Keep of the output what skorch's callbacks can read."""
    return step | {"y_pred": step["y_pred"].prediction}
