"""How attention weights lie beside the sequences and the predictions."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._series import Series


def find_weights(estimator: Any, X: Any) -> np.ndarray:
    """Ask an estimator for its weights, whose last axis are steps."""
    if not hasattr(estimator, "predict_attention"):
        raise TypeError(
            "estimator must have the method predict_attention, and "
            f"{type(estimator).__name__} has none."
        )
    return np.asarray(estimator.predict_attention(X), dtype=np.float64)


def check_patches(estimator: Any, series: Series, weights: np.ndarray) -> int:
    """Find how many time steps stand behind one weight."""
    n_samples, n_timesteps = series.values.shape[:2]
    if weights.ndim < 2 or len(weights) != n_samples:
        raise ValueError(
            f"predict_attention gave shape {weights.shape} for {n_samples} samples; "
            "it must be (n_samples, n_steps) or (n_samples, ..., n_steps)."
        )
    n_steps = weights.shape[-1]
    patch_size = getattr(estimator, "patch_size", -(-n_timesteps // n_steps))
    if -(-n_timesteps // patch_size) != n_steps:
        raise ValueError(
            f"predict_attention gave {n_steps} steps for sequences of {n_timesteps}, "
            f"which are {-(-n_timesteps // patch_size)} in patches of {patch_size}."
        )
    return patch_size


def name_axes(estimator: Any, n_axes: int) -> list[str]:
    """Name the axes of averaged weights between samples and steps."""
    if n_axes == 0:
        return []
    if getattr(estimator, "channel_independent", False):
        return [*["output_step"] * (n_axes - 1), "target"]
    return ["output_step", *[f"output_{axis}" for axis in range(1, n_axes)]]


@dataclass(frozen=True)
class Layout:
    """Which outputs each row of weights speaks for.

    Parameters
    ----------
    axes : tuple of int
        Axes of one prediction that have weights of their own.
    shape : tuple of int
        Shape of one prediction.
    """

    axes: tuple[int, ...]
    shape: tuple[int, ...]

    def arrange(self, outputs: np.ndarray) -> np.ndarray:
        """Bring predictions to ``(n_samples, n_rows, n_outputs_per_row)``."""
        first = [1 + axis for axis in self.axes]
        moved = np.moveaxis(outputs, first, range(1, 1 + len(first)))
        n_rows = int(np.prod([self.shape[axis] for axis in self.axes], dtype=int))
        return moved.reshape(len(outputs), n_rows, -1)

    def numbers(self) -> np.ndarray:
        """Give each output's number in a prediction: ``(n_rows, n_outputs)``."""
        count = int(np.prod(self.shape, dtype=int))
        return self.arrange(np.arange(count).reshape(1, *self.shape))[0]


def find_layout(
    estimator: Any, weights: tuple[int, ...], shape: tuple[int, ...]
) -> Layout:
    """Match the middle axes of weights with the axes of a prediction.

    Parameters
    ----------
    estimator : object
        Says by ``channel_independent`` that a lone axis is that of the targets.
    weights : tuple of int
        Shape of one sample's weights without the steps.
    shape : tuple of int
        Shape of one prediction.

    Returns
    -------
    Layout
        With no axes if one row of weights speaks for all outputs.
    """
    own = tuple(size for size in weights if size > 1)
    if not own:
        return Layout((), shape)
    by_target = getattr(estimator, "channel_independent", False) and len(weights) == 1
    axes = [axis for axis, size in enumerate(shape) if size > 1]
    axes = axes[-len(own) :] if by_target else axes[: len(own)]
    if tuple(shape[axis] for axis in axes) != own:
        raise ValueError(
            f"weights of shape (n_samples, {', '.join(map(str, weights))}, n_steps) do "
            f"not match predictions of shape (n_samples, {', '.join(map(str, shape))})."
        )
    return Layout(tuple(axes), shape)
