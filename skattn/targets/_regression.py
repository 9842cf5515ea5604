"""Numbers to predict: one, a vector, or a forecast."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from sklearn.metrics import r2_score
from sklearn.utils import check_array
from torch import Tensor, nn

from ..sequences._per_sample import refuse_length, refuse_scalar
from ..sequences._samples import (
    Samples,
    check_even,
    check_numbers,
    from_tensor,
    refuse_others,
)
from ..sequences._scaling import IDENTITY, InputScaler, Scaler, fit_scaler
from ..sequences._steps import FLOATS
from ._losses import LOSSES, QuantileLoss, find_constant, find_quantiles
from ._target import Target


@dataclass(frozen=True)
class Regression(Target):
    """Numbers, scaled for the network.

    Parameters
    ----------
    shape : tuple of int
        Shape of y without its first axis. 1-D y has horizon and targets 1, 2-D y one
        target.
    dtype : dtype
        Float type of the predictions.
    scaler : Scaler, default=identity
        Between units of y and of the network.
    scaling : {"none", "output", "target", "channels"}, default="output"
        What has a scale of its own: nothing, each output, each target over all output
        steps; or y is scaled as the input channels that it continues.
    channels : tuple of int, default=None
        These channels.
    output_activation : {"identity", "sigmoid", "softplus"}, default="identity"
        Applied to the network's output.
    loss : str, default="squared_error"
        As in `skattn.LSTMAttentionRegressor`.
    quantile : float, default=None
        Level of the one quantile to predict.
    levels : tuple of float, default=None
        Levels of several quantiles, ascending, with 0.5 among them.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    scaler: Scaler = IDENTITY
    scaling: str = "output"
    channels: tuple[int, ...] | None = None
    output_activation: str = "identity"
    loss: str = "squared_error"
    quantile: float | None = None
    levels: tuple[float, ...] | None = None

    @property
    def horizon(self) -> int:
        """Output steps."""
        return self.shape[0] if self.shape else 1

    @property
    def n_targets(self) -> int:
        """Values at each output step."""
        return self.shape[1] if len(self.shape) == 2 else 1

    @property
    def bend(self) -> str | None:
        """The output activation, if there is one."""
        activation = self.output_activation
        return None if activation == "identity" else activation

    @staticmethod
    def read(y: object, n_samples: int, name: str = "y") -> np.ndarray:
        """Return numbers to predict: float, finite, 1-D to 3-D, one entry a sample."""
        if y is None:
            raise ValueError(
                f"This estimator requires {name} to be passed, but the target {name} "
                "is None."
            )
        refuse_others(y, name)
        if np.isscalar(y) or getattr(y, "ndim", 1) == 0:
            refuse_scalar(name, y)
        if isinstance(y, list):
            check_even(y, name)
        if type(y) is not np.ndarray or y.dtype.kind not in "iuf":
            y = from_tensor(y, name)
            check_numbers(y, name)
        array: np.ndarray = check_array(
            y,
            dtype=FLOATS,
            ensure_2d=False,
            allow_nd=True,
            ensure_min_samples=0,  # explained below, with the name
            ensure_min_features=0,
            input_name=name,
        )
        if not 1 <= array.ndim <= 3 or 0 in array.shape[1:]:
            raise ValueError(
                f"{name} has shape {array.shape}; allowed are (n_samples,), "
                "(n_samples, n_outputs) and (n_samples, horizon, n_targets)."
            )
        if len(array) != n_samples:
            refuse_length(name, len(array), n_samples)
        return array

    def encode(self, y: np.ndarray, name: str = "y") -> np.ndarray:
        """Return y as ``(n_samples, horizon, n_targets)``, in its own units."""
        if y.shape[1:] != self.shape:
            raise ValueError(
                f"{name} has shape {y.shape}, but each sample's shape was "
                f"{self.shape} before."
            )
        self._check_range(y, name)
        return y.reshape(len(y), self.horizon, self.n_targets)

    def _check_range(self, y: np.ndarray, name: str) -> None:
        """Refuse numbers that the output activation cannot reach."""
        if self.output_activation == "identity":
            return
        top = 1.0 if self.output_activation == "sigmoid" else np.inf
        if y.min() < 0 or y.max() > top:
            raise ValueError(
                f"{name} has values from {y.min():.3g} to {y.max():.3g}, but "
                f"output_activation={self.output_activation!r} gives values from 0 to "
                f"{top:g} only."
            )

    def outward(self, y: np.ndarray) -> np.ndarray:
        """Return an encoded y with its own axes and type."""
        return y.reshape(len(y), *self.shape).astype(self.dtype)

    def fit_weights(self, y: np.ndarray, weights: np.ndarray | None) -> "Regression":
        """Return the target as it is: numbers themselves weigh nothing."""
        return self

    def weigh(self, y: np.ndarray, weights: np.ndarray | None) -> np.ndarray | None:
        """Return the sample weights."""
        return weights

    def settle(
        self,
        y: np.ndarray,
        weights: np.ndarray,
        inputs: InputScaler,
        given: Mapping[str, object],
    ) -> "Regression":
        """Return the target with a loss, its scale measured on the training samples."""
        scaler = IDENTITY
        if self.scaling == "channels" and self.channels is not None:
            scaler = inputs.take([*self.channels])
            if scaler.mean.any():  # else X is as it came, and so is y
                _warn_of_other_units(np.abs((y - scaler.mean) / scaler.scale))
        elif self.scaling == "target":
            scaler = fit_scaler(Samples(y), weights)
        elif self.scaling == "output":
            # (n, horizon, 1) -> (n, 1, horizon) -> scale (horizon, 1)
            flat = fit_scaler(Samples(y.transpose(0, 2, 1)), weights)
            scaler = Scaler(flat.mean[:, None], flat.scale[:, None])
        return replace(self, scaler=scaler, loss=str(given["loss"]))

    def make_loss(self) -> nn.Module:
        """Return the loss that ``loss``, ``quantile`` and ``levels`` name."""
        level = self.levels or self.quantile
        if self.loss == "quantile" and level is not None:
            return QuantileLoss(level)
        return LOSSES[self.loss](reduction="none")

    def best_constant(self, y: Tensor, weight: Tensor | None) -> Tensor:
        """Return the constant of least loss for each output, or for each quantile."""
        weights = None if weight is None else weight.numpy()
        if self.loss != "quantile":
            return torch.from_numpy(find_constant(y.numpy(), self.loss, weights)).to(y)
        level = self.levels or self.quantile or 0.5
        array = find_quantiles(y.numpy(), level, weights)
        if self.levels is not None:  # (n_quantiles, 1, horizon, n_targets)
            array = np.moveaxis(array, 0, -1)
        return torch.from_numpy(array).to(y)

    def decode(self, prediction: np.ndarray) -> np.ndarray:
        """Return predictions in units, form and type of y."""
        scaled = prediction.astype(np.float64) * self.scaler.scale
        values = (scaled + self.scaler.mean).reshape(len(prediction), *self.shape)
        return values.astype(self.dtype)

    def decode_quantiles(self, prediction: np.ndarray) -> np.ndarray:
        """Return ``(n, horizon, n_targets, n_quantiles)`` in units and type of y."""
        scaler = self.scaler
        scaled = prediction.astype(np.float64) * scaler.scale[..., None]
        values = scaled + scaler.mean[..., None]
        if self.levels is not None and self.bend is not None:
            # An activation may round neighbours into the wrong order, by one bit.
            median = self.levels.index(0.5)
            lower, upper = values[..., median::-1], values[..., median:]
            np.minimum.accumulate(lower, axis=-1, out=lower)
            np.maximum.accumulate(upper, axis=-1, out=upper)
        values = values.reshape(len(values), *self.shape, values.shape[-1])
        return values.astype(self.dtype)

    def answer(self, prediction: np.ndarray) -> np.ndarray:
        """Return what is explained: the predictions."""
        return self.decode(prediction)

    def answer_in_torch(self, prediction: Tensor) -> Tensor:
        """Return the predictions up to a constant, with gradients."""
        scale = torch.from_numpy(self.scaler.scale).to(prediction)
        return (prediction * scale).flatten(1)

    def shape_outputs(self, values: np.ndarray) -> np.ndarray:
        """Return ``(n, horizon, n_targets, ...)`` with the axes of y."""
        return values.reshape(len(values), *self.shape, *values.shape[3:])


def r_squared(y: object, prediction: np.ndarray, sample_weight: object) -> float:
    """Return R², the mean over all outputs (horizon and targets laid side by side).

    Parameters
    ----------
    y : array-like
        True values, in the form of the predictions.
    prediction : ndarray of shape (n_samples, ...)
        Predicted values.
    sample_weight : array-like of shape (n_samples,) or None
        Weight of each sample.

    Returns
    -------
    float
        1 at best, 0 for the mean of y.
    """
    truth = Regression.read(y, len(prediction))
    if truth.shape != prediction.shape:
        raise ValueError(
            f"y has shape {truth.shape}, but predictions of X have {prediction.shape}."
        )
    return r2_score(
        truth.reshape(len(truth), -1),
        prediction.reshape(len(prediction), -1),
        sample_weight=sample_weight,
    )


def _warn_of_other_units(scaled: np.ndarray) -> None:
    """Warn if most of y lies far outside of what its input channels hold."""
    typical = np.median(scaled)
    if typical > 10:
        warnings.warn(
            f"Half of y lies more than {typical:.3g} standard deviations away from the "
            "mean of its input channels: with target_channels, y must continue these "
            "channels, in their units.",
            UserWarning,
            stacklevel=2,
        )
