"""From an estimator's training parameters to a trained skorch net."""

import os
import warnings
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from sklearn.exceptions import ConvergenceWarning
from skorch.callbacks import PrintLog
from skorch.helper import predefined_split

from ..nn._channel_independent import Network
from ..targets import Target
from ._callbacks import Aside, EarlyStopping, ProgressBar, StopTraining, make_schedule
from ._checkpoint import Checkpoint, digest
from ._data import SequenceDataset, cut
from ._flat import FlatWeights
from ._net import OPTIMIZERS, AttentionNet
from ._parallel import open_workers, refuse_team

if TYPE_CHECKING:
    from ._processes import Team

# Samples that processes compare before they train together.
_COMPARED = 256

# A loss above this share of a constant's has learned nothing to speak of.
_NOTHING = 0.99


@dataclass(frozen=True)
class TrainingPlan:
    """The estimator's parameters that training needs, under the same names.

    Parameters
    ----------
    optimizer, learning_rate, lr_schedule, weight_decay, gradient_clip, \
    conicity_penalty, cancellation_penalty, batch_size, max_epochs, early_stopping, \
    n_iter_no_change, tol, callbacks, checkpoint, verbose
        As in `skattn.LSTMAttentionRegressor`.
    device : str
        A device that exists.
    """

    optimizer: str
    learning_rate: float
    lr_schedule: str | None
    weight_decay: float
    gradient_clip: float | None
    conicity_penalty: float
    cancellation_penalty: float
    batch_size: int
    max_epochs: int
    early_stopping: bool
    n_iter_no_change: int
    tol: float
    callbacks: list[object] | None
    checkpoint: str | os.PathLike[str] | None
    verbose: int
    device: str


def train(
    module: Network,
    target: Target,
    plan: TrainingPlan,
    train_data: SequenceDataset,
    valid_data: SequenceDataset | None,
    *,
    seed: int,
    previous: AttentionNet | None = None,
    checkpoint: Checkpoint | None = None,
    aside: Aside | None = None,
) -> AttentionNet:
    """Train a network in place.

    Parameters
    ----------
    module : AttentionNetwork or ChannelIndependent
        The network, with its weights drawn.
    target : Target
        What it learns, which makes the loss.
    plan : TrainingPlan
        How to train.
    train_data, valid_data : SequenceDataset
        The samples to train on and to validate on; None for no validation.
    seed : int
        Source of the order of samples and of the dropout masks.
    previous : AttentionNet, default=None
        The net that trained ``module`` before: its optimiser's state is used further.
    checkpoint : Checkpoint, default=None
        Where to take over from, and to write to after each epoch.
    aside : Aside, default=None
        Samples of ``train_data`` that join the others late.

    Returns
    -------
    AttentionNet
        Trained; its history holds all epochs, those of ``previous`` first.
    """
    batch_size = plan.batch_size
    n_steps = plan.max_epochs * -(-len(train_data) // batch_size)
    if aside is not None:
        n_steps = aside.count_steps(batch_size, plan.max_epochs)
    past = [] if previous is None else list(previous.history)
    net = AttentionNet(
        module,
        seed=seed,
        first_epoch=len(past),
        gradient_clip=plan.gradient_clip,
        conicity_penalty=plan.conicity_penalty,
        cancellation_penalty=plan.cancellation_penalty,
        weight_decay=plan.weight_decay,
        criterion=target.make_loss(),
        optimizer=OPTIMIZERS[plan.optimizer],
        optimizer__weight_decay=0.0,  # the net does it, for the LSTM alone
        **_fuse(plan),
        lr=plan.learning_rate,
        max_epochs=plan.max_epochs,
        batch_size=batch_size,
        train_split=None if valid_data is None else predefined_split(valid_data),
        callbacks=_make_callbacks(
            plan,
            n_steps,
            valid_data,
            checkpoint,
            aside,
            module.starts_at_zero and previous is None,
        ),
        device=plan.device,
        verbose=plan.verbose,
    ).initialize()
    net.aside = aside
    if previous is not None:
        _continue_optimizer(net, previous)
    on_cpu = torch.device(plan.device).type == "cpu"
    if not on_cpu:
        refuse_team(plan.device)
    with open_workers() if on_cpu else nullcontext() as net.workers:
        _run(net, train_data, checkpoint, bool(plan.callbacks))
    # What was trained before stands first; data and batches are not kept.
    net.history[:0] = past
    for epoch in net.history:
        epoch["batches"] = []
    net.train_split, net.aside, net.workers = None, None, None
    # One epoch is a step of `partial_fit`; a penalty is no part of what is compared.
    # Windows in units of their own have a loss of their own.
    penalised = plan.conicity_penalty or plan.cancellation_penalty
    plain = not penalised and not module.has_own_units
    if plan.max_epochs > 1 and plain:
        # Earlier epochs knew nothing of the samples that joined in late.
        first = net.first_epoch + (0 if aside is None else aside.joins)
        _warn_of_nothing_learned(net.history[first:], target, train_data)
    return net


def _warn_of_nothing_learned(
    epochs: list[dict[str, float]], target: Target, data: SequenceDataset
) -> None:
    """Warn where the training loss is no better than that of a constant."""
    losses = [epoch["train_loss"] for epoch in epochs]
    reached, constant = min(losses, default=0.0), data.measure_constant(target)
    least = target.least_loss
    if reached - least >= _NOTHING * (constant - least) > 0:
        better = "hardly better" if reached < constant else "no better"
        warnings.warn(
            f"Training ended at a loss of {reached:.3g}, {better} than the "
            f"{constant:.3g} of a constant: nothing was learned. Try, in this order: "
            "max_epochs; a learning_rate of a third; a smaller weight_decay. Or the "
            "rows of X and y do not belong together, or the sequences do not tell the "
            "target.",
            ConvergenceWarning,
            stacklevel=2,
        )


def _fuse(plan: TrainingPlan) -> dict[str, bool]:
    """Return the option for one kernel for all parameters, where torch has it."""
    fusible = plan.optimizer in ("adam", "adamw", "sgd")
    known = plan.device.partition(":")[0] in ("cpu", "cuda")
    return {"optimizer__fused": True} if fusible and known else {}


def _run(
    net: AttentionNet,
    train_data: SequenceDataset,
    checkpoint: Checkpoint | None,
    has_callbacks: bool,
) -> None:
    """Train; Ctrl-C ends training with the weights so far, as in scikit-learn."""
    # Callbacks of users may look for the parameters that the network has.
    if torch.device(net.device).type == "cpu" and not has_callbacks:
        net.flat = FlatWeights(net)
    if net.team is not None and not net.team.leads:
        net.set_params(verbose=0)
    net.notify("on_train_begin", X=train_data, y=None)
    n_trained = 0 if checkpoint is None else checkpoint.resume(net)
    if net.team is not None:
        _meet(net, net.team, train_data, n_trained)
    try:
        net.fit_loop(train_data, epochs=net.max_epochs - n_trained)
    except StopTraining:
        pass
    except KeyboardInterrupt:
        if not any("train_loss" in epoch for epoch in net.history):
            raise
        if checkpoint is not None:
            checkpoint.interrupted_ = True
        cause = ", by Ctrl-C or by one of callbacks" if has_callbacks else ""
        warnings.warn(
            f"Training was interrupted in epoch {net.first_epoch + len(net.history)}"
            f"{cause}; the weights so far are kept, the best ones with "
            "early_stopping=True.",
            ConvergenceWarning,
            stacklevel=2,
        )
        net.history[:] = [epoch for epoch in net.history if "train_loss" in epoch]
    net.notify("on_train_end", X=train_data, y=None)
    if net.flat is not None:
        net.flat.restore(net)
        net.flat = None


def _meet(
    net: AttentionNet, team: "Team", data: SequenceDataset, n_trained: int
) -> None:
    """Check that all processes begin with the same, and have something to do."""
    some = data[slice(0, _COMPARED)]
    weights = [*net.module_.state_dict().values()]
    team.check_same(digest(len(data), some.features.inputs, some.target), "data set")
    team.check_same(digest(weights), "network")
    team.check_same(str(n_trained), "checkpoint")
    n_chunks = len(cut(data[slice(0, net.batch_size)], net.module_))
    if team.leads and n_chunks < team.size:
        warnings.warn(
            f"batch_size={net.batch_size} makes {n_chunks} chunks, so that "
            f"{team.size - n_chunks} of {team.size} processes have nothing to do. Take "
            "a larger batch_size.",
            UserWarning,
            stacklevel=2,
        )


def _make_callbacks(
    plan: TrainingPlan,
    n_steps: int,
    valid_data: SequenceDataset | None,
    checkpoint: Checkpoint | None,
    aside: Aside | None,
    judge_start: bool,
) -> list[object]:
    """Order matters: early stopping ends epochs; checkpoints hold all states."""
    # Not copies: a copy of a callback could not report to whom the caller gave it.
    callbacks: list[object] = [*(plan.callbacks or [])]
    if plan.lr_schedule is not None:
        monitor = "train_loss" if valid_data is None else "valid_loss"
        schedule = make_schedule(plan.lr_schedule, plan.learning_rate, n_steps, monitor)
        callbacks.append(("lr_schedule", schedule))
    if plan.verbose == 1:
        callbacks.append(("progress_bar", ProgressBar()))
    if plan.verbose > 1:
        callbacks.append(("log", PrintLog()))
    if plan.early_stopping and valid_data is not None:
        # The end of one cycle is its best part, its middle often worse than its start.
        ends = plan.lr_schedule != "one_cycle"
        patience = plan.n_iter_no_change if ends else plan.max_epochs
        stopping = EarlyStopping(
            patience, plan.tol, valid_data if judge_start else None
        )
        callbacks.append(("early_stopping", stopping))
    if aside is not None:
        callbacks.append(("aside", aside))
    if checkpoint is not None:
        callbacks.append(("checkpoint", checkpoint))
    return callbacks


def _continue_optimizer(net: AttentionNet, previous: AttentionNet) -> None:
    """Copy moments and step counts, but not the rates, which may have changed."""
    if type(net.optimizer_) is not type(previous.optimizer_):
        return
    # A copy: torch would go on writing into the state of the earlier net.
    state = deepcopy(previous.optimizer_.state_dict())
    state["param_groups"] = net.optimizer_.state_dict()["param_groups"]
    net.optimizer_.load_state_dict(state)
