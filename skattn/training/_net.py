"""The skorch net that trains the network: weighted loss, seeded epochs."""

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from skorch import NeuralNet
from skorch.callbacks import Callback, EpochTimer
from skorch.utils import TeeGenerator
from torch import Tensor, nn

from ..nn import NetworkOutput, conicity
from ..nn._dropout import draws_masks
from ..nn._pass import TrainingPass, computing
from ._callbacks import Aside
from ._data import Batch, Batches, SequenceDataset, Weighted, cut
from ._environment import Stream, derive
from ._flat import FlatWeights
from ._parallel import Workers

if TYPE_CHECKING:
    from ._processes import Team

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
    cancellation_penalty : float, default=0.0
        Weight of what contributions of segments cancel, times the loss itself.
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
        cancellation_penalty: float = 0.0,
        weight_decay: float = 0.0,
        **kwargs: Any,
    ) -> None:
        self.seed = seed
        self.first_epoch = first_epoch
        self.gradient_clip = gradient_clip
        self.conicity_penalty = conicity_penalty
        self.cancellation_penalty = cancellation_penalty
        self.weight_decay = weight_decay
        self.flat: FlatWeights | None = None  # only while training
        self.aside: Aside | None = None  # likewise
        self.workers: Workers | None = None  # likewise
        super().__init__(module, **kwargs)

    @property
    def team(self) -> "Team | None":
        """The processes that train this net together; None for one."""
        return None if self.workers is None else self.workers.team

    @property
    def _default_callbacks(self) -> list[tuple[str, Any]]:
        # skorch's own score and print every epoch; the losses are recorded below.
        return [("epoch_timer", EpochTimer())]

    def get_iterator(self, dataset: SequenceDataset, training: bool = False) -> Batches:
        """Walk through the data, shuffled by this net's own stream in training."""
        if not training:
            return Batches(dataset, self.batch_size)
        aside = self.aside
        find = None if aside is None else partial(aside.find_rows, self)
        return Batches(dataset, self.batch_size, self._order, find)

    def on_train_begin(self, net: NeuralNet, **kwargs: object) -> None:
        """Make the stream of orders, and look at what each step needs."""
        super().on_train_begin(net, **kwargs)
        self._order = torch.Generator()
        self._epoch = self._n_batches = 0
        self._learned = [p for p in self.module_.parameters() if p.requires_grad]
        self._drops = draws_masks(self.module_)
        self._memories = [m for m in self.module_.modules() if hasattr(m, "remember")]
        self._watched = self._find_watched()
        self._decaying = self.module_.decaying_parameters() if self.weight_decay else []

    def on_train_end(self, net: NeuralNet, **kwargs: object) -> None:
        """Leave a module that predicts, without a stream that would be pickled."""
        super().on_train_end(net, **kwargs)
        del self._order, self._learned, self._watched, self._decaying
        del self._memories
        self.module_.eval()

    def on_epoch_begin(self, net: NeuralNet, **kwargs: object) -> None:
        """Start this epoch's random streams."""
        super().on_epoch_begin(net, **kwargs)
        self._epoch = self.first_epoch + len(self.history) - 1
        self._n_batches = 0
        self._order.manual_seed(derive(self.seed, Stream.ORDER, self._epoch))

    def get_loss(
        self,
        y_pred: NetworkOutput,
        y_true: Tensor,
        X: Weighted | None = None,
        training: bool = False,
    ) -> Tensor:
        """Return the mean loss over outputs, and over samples by their weights."""
        weight = None if X is None or X.weight is None else X.weight.to(self.device)
        quantiles, unit = y_pred.quantiles, y_pred.unit
        answer = y_pred.prediction if quantiles is None else quantiles
        y_true = y_true.to(self.device)
        if unit is not None:  # each window counts alike
            answer = answer / (unit if quantiles is None else unit[..., None])
            y_true = y_true / unit
        losses = self.criterion_(answer, y_true)
        if weight is not None:
            losses = losses.flatten(1).mean(1) * weight  # (n_samples,)
        loss = losses.mean()
        if training and self.conicity_penalty:
            # Below 0 a few long states rule the mean, and nothing is gained.
            cones = conicity(y_pred.states, y_pred.mask).clamp(min=0)
            if weight is not None:
                cones = cones.reshape(len(weight), -1).mean(1) * weight
            loss = loss + self.conicity_penalty * cones.mean()
        if training and self.cancellation_penalty and y_pred.terms is not None:
            cancelled = _measure_cancelling(y_pred.terms)
            if weight is not None:
                cancelled = cancelled.reshape(len(weight), -1).mean(1) * weight
            # As a share of the loss, one strength serves data that are hard and easy.
            share = self.cancellation_penalty * cancelled.mean()
            loss = loss + share * loss.detach()
        return loss

    def infer(self, x: Weighted, target: Tensor | None = None) -> NetworkOutput:
        """Run the network without the weights, which no loss reads."""
        inputs = x.inputs
        if torch.device(self.device).type != "cpu":
            inputs = inputs.to(self.device)
            target = None if target is None else target.to(self.device)
        return self.module_(inputs, target=target, need_weights=False)

    def evaluation_step(self, batch: Batch, training: bool = False) -> Tensor:
        """Return scaled predictions, for callbacks that score."""
        with torch.set_grad_enabled(training):
            self._set_training(training)
            return self.infer(batch.features).prediction

    def validation_step(self, batch: Batch, **fit_params: object) -> dict[str, Any]:
        """Compute the loss of one batch without training."""
        self._set_training(False)
        with torch.no_grad():
            output = self.infer(batch.features)
            loss = self.get_loss(output, batch.target, X=batch.features)
        return {"loss": loss, "y_pred": output.prediction}

    def train_step(self, batch: Batch, **fit_params: object) -> dict[str, Any]:
        """Take one step, without skorch's provisions for optimisers that take more."""
        if self.flat is None:
            self._zero_grad_optimizer()
        else:
            self.flat.gradient.zero_()
        step = self.train_step_single(batch)
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

    def train_step_single(self, batch: Batch, **fit_params: object) -> dict[str, Any]:
        """Compute loss and gradient of a batch, on a processor chunk by chunk."""
        self._set_training(True)
        on_cpu = torch.device(self.device).type == "cpu"
        chunks = cut(batch, self.module_) if on_cpu else [batch]
        n_samples = len(batch.target)
        losses: list[Tensor] = []
        predictions: list[Tensor] = []

        def work(_: int, numbered: tuple[int, Batch]) -> ChunkResult:
            i, chunk = numbered
            return self._train_on(chunk, i, len(chunk.target) / n_samples)

        def take(result: ChunkResult) -> None:
            losses.append(result.loss)
            predictions.append(result.prediction)
            self._add(result)

        workers, team = self.workers or Workers(), self.team
        numbered = [*enumerate(chunks)]
        if team is None:
            workers.run(work, numbered, take, n_samples)
        else:
            mine: list[ChunkResult] = []
            workers.run(work, team.pick(numbered), mine.append, n_samples)
            for result in team.gather(mine):  # in the order of the chunks
                take(result)
        self._n_batches += 1
        prediction = predictions[0] if len(chunks) == 1 else torch.cat(predictions)
        return {"loss": sum(losses), "y_pred": prediction}

    def _train_on(self, chunk: Batch, i: int, share: float) -> "ChunkResult":
        """Compute what a chunk adds to a step; several threads do at the same time."""
        own = TrainingPass(self._make_masks(i))
        with computing(own):
            output = self.infer(chunk.features, chunk.target)
        loss = self.get_loss(output, chunk.target, X=chunk.features, training=True)
        gradients: Sequence[Tensor | None] = ()
        # Modules on several machines wait for the hooks of `backward`.
        if share == 1.0 and self.team is None:
            loss.backward()
        else:
            loss = loss * share
            gradients = torch.autograd.grad(loss, self._learned, allow_unused=True)
        return ChunkResult(
            loss.detach(),
            output.prediction.detach(),
            gradients,
            [(self._memories.index(module), found) for module, found in own.statistics],
        )

    def _make_masks(self, chunk: int) -> torch.Generator | None:
        """Return the stream of a chunk's dropout masks; None where none are drawn."""
        if not self._drops:
            return None
        at = (self._epoch, self._n_batches, chunk)
        seed = derive(self.seed, Stream.DROPOUT, *at)
        return torch.Generator(self.device).manual_seed(seed)

    def _add(self, result: "ChunkResult") -> None:
        """Add a chunk's gradient to that of the batch, and apply its statistics."""
        if result.gradients:
            for weights, gradient in zip(self._learned, result.gradients, strict=True):
                if weights.grad is None:
                    weights.grad = gradient
                elif gradient is not None:
                    weights.grad.add_(gradient)
        for place, found in result.statistics:
            self._memories[place].remember(*found)

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

    def run_single_epoch(
        self,
        iterator: Batches | None,
        training: bool,
        prefix: str,
        step_fn: Any,
        **fit_params: object,
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
            size = len(batch.target)
            total = total + step["loss"].detach() * size
            n_samples += size
            if watched:  # by callbacks that may read these
                self.history.record_batch(f"{prefix}_loss", float(step["loss"]))
                self.history.record_batch(f"{prefix}_batch_size", size)
                self.notify("on_batch_end", batch=batch, training=training, **step)
        team = self.team
        loss = float(total) / n_samples
        if team is not None:  # other processors may round in another way
            loss = team.agree(loss)
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


def _measure_cancelling(terms: Tensor) -> Tensor:
    """Compute how far terms cancel each other: sum of sizes less size of the sum.

    From ``(..., n_steps, n_outputs)`` to ``(...)``, the mean over the outputs.
    """
    return (terms.abs().sum(-2) - terms.sum(-2).abs()).mean(-1)


class ChunkResult(NamedTuple):
    """What a chunk adds to a training step.

    Parameters
    ----------
    loss : Tensor of shape ()
        Its part of the batch's loss.
    prediction : Tensor of shape (n_samples, horizon, n_targets)
        Scaled.
    gradients : sequence of Tensor or None
        Of the loss, for each weight that learns; empty where they are added already.
    statistics : list of tuple
        What modules are to remember of the samples, with the place of each in the list
        of those that remember.
    """

    loss: Tensor
    prediction: Tensor
    gradients: Sequence[Tensor | None]
    statistics: list[tuple[int, tuple[Tensor, ...]]]
