"""Standardising channels and targets, with statistics gathered block by block."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ._forms import Sequences

# Values in one block of the statistics: 1 MB as float64, so that a memmap is never
# read into memory as a whole.
_BLOCK_VALUES = 1 << 17

_SMALLEST = np.finfo(np.float64).tiny / np.finfo(np.float64).eps


@dataclass(frozen=True)
class Scaler:
    """Standardise by a mean and a scale, both broadcast against the last axes.

    Parameters
    ----------
    mean, scale : ndarray of float64
        The scale is positive.
    """

    mean: np.ndarray
    scale: np.ndarray

    def forward(self, values: np.ndarray, name: str = "X") -> np.ndarray:
        """Scale to float32, the network's type; NaN stays.

        Raises
        ------
        ValueError
            If a value is too large for float32 after scaling.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = ((values - self.mean) / self.scale).astype(np.float32, order="C")
            finite = np.isfinite(scaled.sum())  # quick to take
        if not finite and np.isinf(scaled).any():
            raise ValueError(
                f"{name} contains a value too large for float32 after scaling "
                f"(largest magnitude {np.nanmax(np.abs(values)):.3g})."
            )
        return scaled

    def backward(self, scaled: np.ndarray) -> np.ndarray:
        """Undo the scaling in float64."""
        return scaled.astype(np.float64) * self.scale + self.mean

    def take(self, channels: list[int]) -> "Scaler":
        """Keep some channels."""
        return Scaler(self.mean[channels], self.scale[channels])

    @classmethod
    def identity(cls, *shape: int) -> "Scaler":
        """Leave values as they are."""
        return cls(np.zeros(shape), np.ones(shape))


@dataclass(frozen=True)
class InputScaler(Scaler):
    """Scale inputs to what the network reads: gaps filled and marked, padding 0.

    Parameters
    ----------
    mean, scale : ndarray of float64 of shape (n_channels,)
        The scale is positive.
    missing : {"error", "mask", "forward"}, default="error"
        What stands for a missing value: nothing may be missing; 0, which is the mean;
        or the last value seen, 0 before the first. The latter two add an indicator
        for each channel, 1 where its value is missing.
    """

    missing: str = "error"

    def prepare(
        self, values: np.ndarray, lengths: np.ndarray | None, name: str = "X"
    ) -> np.ndarray:
        """Give float32 of shape ``(n_samples, n_timesteps, n_channels [* 2])``."""
        if lengths is not None:  # whatever the padding is, it must not overflow
            real = np.arange(values.shape[1]) < lengths[:, None]
            values = np.where(real[..., None], values, self.mean)
        scaled = self.forward(values, name)
        if self.missing == "error":
            return scaled
        gaps = np.isnan(scaled)
        if self.missing == "forward":
            step = np.arange(scaled.shape[1])[:, None]
            last_seen = np.maximum.accumulate(np.where(gaps, 0, step), axis=1)
            scaled = np.take_along_axis(scaled, last_seen, axis=1)
        filled = np.nan_to_num(scaled, copy=False, nan=0.0)
        return np.concatenate([filled, gaps.astype(np.float32)], axis=2)

    @property
    def center(self) -> np.ndarray:
        """Mean over scale of all that the network reads; indicators have none."""
        center = self.mean / self.scale
        return center if self.missing == "error" else np.append(center, 0 * center)


def fit_scaler(sequences: Sequences, weights: np.ndarray | None = None) -> Scaler:
    """Measure mean and standard deviation of each channel over the values there are.

    Parameters
    ----------
    sequences : Sequences
        The training part.
    weights : ndarray of shape (n_samples,), default=None
        Sample weights; a weight of 2 counts like the sample twice, one of 0 like none.

    Returns
    -------
    Scaler
        With mean and scale of shape ``(n_channels,)``; constant channels have scale 1,
        channels without any value mean 0.
    """
    n_channels = sequences.values.shape[2]
    # Dividing by the largest magnitude keeps squares of large values finite; next to
    # the smallest floats there is too little precision left to do so.
    largest = np.zeros(n_channels)
    count, total = np.zeros(n_channels), np.zeros(n_channels)
    for block, weight, seen in _blocks(sequences, weights):
        largest = np.maximum(largest, np.abs(block).max(0, initial=0.0))
        count += weight.sum() if seen is None else weight @ seen
    count = np.where(count > 0, count, 1.0)
    unit = np.where(largest > _SMALLEST, largest, 1.0)
    for block, weight, _ in _blocks(sequences, weights):
        total += weight @ (block / unit)
    mean = total / count
    squares = np.zeros(n_channels)
    for block, weight, seen in _blocks(sequences, weights):
        spread = block / unit - mean
        squares += weight @ (spread if seen is None else spread * seen) ** 2
    scale = np.sqrt(squares / count)
    # Rounding alone gives a constant channel a tiny spread.
    constant = scale <= 10 * np.finfo(np.float64).eps
    return Scaler(mean * unit, np.where(constant, 1.0, scale * unit))


def _blocks(
    sequences: Sequences, weights: np.ndarray | None
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
    """Yield real steps ``(n_steps, n_channels)`` as float64, with a weight for each.

    Last comes which values are there, None if all are; the others are 0.
    """
    n_samples, n_timesteps, n_channels = sequences.values.shape
    n_rows = max(1, _BLOCK_VALUES // (n_timesteps * n_channels))
    for start in range(0, n_samples, n_rows):
        rows = slice(start, start + n_rows)
        block = sequences.values[rows].astype(np.float64)
        weight = np.ones(len(block)) if weights is None else weights[rows]
        steps = np.repeat(weight, n_timesteps)
        block = block.reshape(-1, n_channels)
        real = sequences.real_steps(rows)
        used = steps > 0 if real is None else real.ravel() & (steps > 0)
        if not used.all():
            block, steps = block[used], steps[used]
        seen = None
        if np.isnan(block.sum()):
            seen = ~np.isnan(block)
            block[~seen] = 0.0
        yield block, steps, seen
