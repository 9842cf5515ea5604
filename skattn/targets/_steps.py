"""Steps to predict: the number of one step of the sequence, or of several in turn."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.utils import check_array
from torch import Tensor, nn
from torch.nn.functional import pad

from ..sequences._per_sample import refuse_length
from ..sequences._samples import check_even, refuse_others
from ..sequences._scaling import IDENTITY, InputScaler, Scaler
from ._target import Target


class StepLoss(nn.Module):
    """Negative logarithm of the weight of the true step."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        # (n, horizon, n_steps) at (n, horizon, 1)
        prediction = prediction.expand(len(target), *prediction.shape[1:])
        return -prediction.gather(-1, target.long())[..., 0]


@dataclass(frozen=True)
class Steps(Target):
    """Numbers of steps, counted from 0, which the network gives weights.

    Parameters
    ----------
    shape : tuple of int
        Shape of y without its first axis: ``()`` or ``(horizon,)``.
    n_timesteps : int
        Steps of the longest sequence.
    scaler : Scaler, default=identity
        Steps have no unit.
    """

    shape: tuple[int, ...]
    n_timesteps: int
    scaler: Scaler = IDENTITY

    @property
    def horizon(self) -> int:
        """Steps to find in each sequence."""
        return self.shape[0] if self.shape else 1

    @property
    def n_targets(self) -> int:
        """The number of a step."""
        return 1

    @property
    def bend(self) -> str | None:
        """The softmax of the weights."""
        return "softmax"

    @staticmethod
    def read(y: object, n_samples: int, name: str = "y") -> np.ndarray:
        """Return numbers of steps: whole, at least 0, one or more a sample."""
        if y is None:
            raise ValueError(
                f"LSTMAttentionPointer requires {name} to be passed, but the target "
                f"{name} is None."
            )
        refuse_others(y, name)
        if isinstance(y, list):
            check_even(y, name)
        steps: np.ndarray = check_array(
            y,
            ensure_2d=False,
            allow_nd=True,
            dtype=None,
            ensure_min_samples=0,
            input_name=name,
        )
        if steps.ndim not in (1, 2) or steps.size == 0:
            raise ValueError(
                f"{name} has shape {steps.shape}; allowed are (n_samples,) and "
                "(n_samples, horizon), the number of one step or of several."
            )
        if len(steps) != n_samples:
            refuse_length(name, len(steps), n_samples)
        wrong = _find_wrong(steps)
        if len(wrong):
            raise ValueError(
                f"{name} holds {wrong[0]!r}; allowed are the numbers of steps, whole "
                "and counted from 0."
            )
        _warn_of_mask(steps, name)
        return steps.astype(np.int64)

    def encode(self, y: np.ndarray, name: str = "y") -> np.ndarray:
        """Return numbers of steps as ``(n_samples, horizon, 1)``."""
        if y.shape[1:] != self.shape:
            raise ValueError(
                f"{name} has shape {y.shape}, but {self.horizon} step(s) of each "
                f"sequence were asked for before: {(len(y), *self.shape)}."
            )
        return y.reshape(len(y), -1, 1).astype(np.float64)

    def outward(self, y: np.ndarray) -> np.ndarray:
        """Return encoded steps as they came."""
        return y.reshape(len(y), *self.shape).astype(np.int64)

    def fit_weights(self, y: np.ndarray, weights: np.ndarray | None) -> "Steps":
        """Return the target as it is: all steps weigh alike."""
        return self

    def weigh(self, y: np.ndarray, weights: np.ndarray | None) -> np.ndarray | None:
        """Return the sample weights as they are."""
        return weights

    def settle(
        self,
        y: np.ndarray,
        weights: np.ndarray,
        inputs: InputScaler,
        given: Mapping[str, object],
    ) -> "Steps":
        """Return the target as it is: steps have no scale."""
        return self

    def make_loss(self) -> nn.Module:
        """Return the negative logarithm of the true step's weight."""
        return StepLoss()

    def best_constant(self, y: Tensor, weight: Tensor | None) -> Tensor:
        """Return the logarithm of the share of each step: ``(1, horizon, n_steps)``."""
        # A warm start may bring longer sequences than the ones before.
        n_steps = max(self.n_timesteps, int(y.max()) + 1)
        counts = y.new_zeros(y.shape[1], n_steps)
        ones = y.new_ones(len(y)) if weight is None else weight.to(y)
        for step, column in zip(counts, y[:, :, 0].long().T, strict=True):
            step.index_add_(0, column, ones)
        return (counts / ones.sum()).clamp(min=1e-12).log()[None]

    def decode(self, prediction: np.ndarray) -> np.ndarray:
        """Return the steps of the largest weight."""
        return prediction.argmax(-1).reshape(len(prediction), *self.shape)

    def widen(self, prediction: Tensor, n_timesteps: int) -> Tensor:
        """Return logarithms of weights of all steps; those that are missing have 0."""
        missing = n_timesteps - prediction.shape[-1]
        return pad(prediction, (0, missing), value=-torch.inf)

    def answer(self, prediction: np.ndarray) -> np.ndarray:
        """Return the weights: ``(n_samples, [horizon,] n_steps)``."""
        return np.exp(prediction.astype(np.float64)).reshape(
            len(prediction), *self.shape, -1
        )

    def answer_in_torch(self, prediction: Tensor) -> Tensor:
        """Return the weights, with gradients, laid flat."""
        return prediction.exp().flatten(1)

    def shape_outputs(self, values: np.ndarray) -> np.ndarray:
        """Return ``(n, horizon, 1, ...)`` without the axes that y does not have."""
        values = values[:, :, 0]
        return values if self.shape else values[:, 0]


def _find_wrong(steps: np.ndarray) -> list[object]:
    """Return the entries that are no numbers of steps, as Python has them."""
    if steps.dtype.kind not in "iuf":  # a mask of steps is no number either
        numbers = np.full(steps.shape, np.nan)
    else:
        numbers = steps.astype(np.float64)
    right = (numbers >= 0) & (numbers == np.floor(numbers))
    return steps[~right].tolist()


def _warn_of_mask(steps: np.ndarray, name: str) -> None:
    """Warn of rows of zeros with a single 1, which read as several steps a sample."""
    if steps.ndim == 1 or steps.shape[1] < 3 or len(steps) < 3:
        return
    if (np.sort(steps, axis=1) == np.eye(steps.shape[1])[-1]).all():
        warnings.warn(
            f"Each row of {name} holds a single 1 and zeros, and is read as the "
            f"numbers of {steps.shape[1]} steps. If it marks one step, pass "
            f"{name}.argmax(axis=1).",
            UserWarning,
            stacklevel=2,
        )
