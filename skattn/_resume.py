"""Which fits are the same fit, so that one may go on from the other's checkpoint."""

from typing import Any

import torch

from .training import AttentionNet, Checkpoint, TrainingPlan, digest, pack_net

# Parameters that do not change the result, or that act through what is digested
# beside them: the drawn seed, the rows of both parts, the kind of device.
_LEFT_OUT = {
    "callbacks",
    "checkpoint",
    "device",
    "random_state",
    "store_attention",
    "validation_fraction",
    "validation_split",
    "verbose",
    "warm_start",
}


def make_checkpoint(
    estimator: Any,
    plan: TrainingPlan,
    parts: list[Any],
    previous: AttentionNet | None,
) -> Checkpoint | None:
    """Give the fit's checkpoint, named by all that its result depends on.

    That is: the samples with targets and weights, the rows of the training and of the
    validation part, the parameters, the drawn seed, the kind of device, torch's version
    and, where training goes on, the net as it was.

    Parameters
    ----------
    estimator : BaseLSTMAttention
        About to train.
    plan : TrainingPlan
        How; its ``checkpoint`` names the folder.
    parts : list
        Training and validation part, each with ``samples`` and ``rows``.
    previous : AttentionNet or None
        What training goes on from.

    Returns
    -------
    Checkpoint or None
        None where ``plan`` asks for none.
    """
    if plan.checkpoint is None:
        return None
    checkpoint = Checkpoint(plan.checkpoint)
    parameters = {
        name: value
        for name, value in estimator.get_params(deep=False).items()
        if name not in _LEFT_OUT
    }
    samples = [parts[0].samples]
    if parts[-1].samples is not samples[0]:  # else the same ones are read once
        samples.append(parts[-1].samples)
    checkpoint.name = digest(
        type(estimator).__name__,
        torch.__version__,
        torch.device(plan.device).type,
        parameters,
        estimator._seed,
        [part.rows for part in parts],
        samples,
        None if previous is None else pack_net(previous) | {"device": None},
    )
    return checkpoint
