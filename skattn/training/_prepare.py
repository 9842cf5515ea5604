"""Samples as the tensors that a network reads: scaled, gaps filled and marked."""

import numpy as np
import torch
from torch import Tensor

from ..nn import Inputs
from ..nn._input_layer import InputLayer
from ..sequences._samples import Samples
from ..sequences._scaling import InputScaler, Scaler
from ..sequences._times import describe_times
from ._split import TrainingSamples

# Values scaled at a time: a few MB, which the processor's cache holds.
BLOCK_VALUES = 1 << 18


def scale_values(scaler: Scaler, values: np.ndarray, name: str = "X") -> np.ndarray:
    """Return values scaled to float32, the network's type; NaN stays.

    Raises
    ------
    ValueError
        If a value is too large for float32 after scaling.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = ((values - scaler.mean) / scaler.scale).astype(np.float32, order="C")
        finite = np.isfinite(scaled.sum())  # quick to take
    if not finite and np.isinf(scaled).any():
        raise ValueError(
            f"{name} contains a value too large for float32 after scaling "
            f"(largest magnitude {np.nanmax(np.abs(values)):.3g})."
        )
    return scaled


def prepare(scaler: InputScaler, samples: Samples, name: str = "X") -> Inputs:
    """Return what the network reads: scaled, gaps filled and marked, padding 0.

    Parameters
    ----------
    scaler : InputScaler
        Of the channels.
    samples : Samples
        Not yet scaled.
    name : str, default="X"
        The inputs' name in messages.

    Returns
    -------
    Inputs
        Float32 of shape ``(n_samples, n_timesteps, n_channels)``, with an indicator
        for each channel after them where gaps are filled.
    """
    values, lengths = samples.values, samples.lengths
    if lengths is not None:  # whatever the padding is, it must not overflow
        real = np.arange(values.shape[1]) < lengths[:, None]
        values = np.where(real[..., None], values, scaler.mean)
    scaled = scale_values(scaler, values, name)
    times = None
    if samples.times is not None and scaler.time_unit is not None:
        gaps = None if scaler.missing == "error" else np.isnan(scaled)
        found = describe_times(samples.times, lengths, scaler.time_unit, gaps, name)
        times = torch.from_numpy(found)
    if scaler.missing != "error":
        scaled = _fill_gaps(scaled, forward=scaler.missing != "mask")
    x = torch.from_numpy(scaled)
    known = None if lengths is None else torch.from_numpy(lengths)
    if samples.static is None and samples.future is None:
        return Inputs(x, known, times=times)
    static = scale_part(scaler.static, samples.static, f"{name}.static")
    future = scale_part(scaler.future, samples.future, f"{name}.future")
    return Inputs(x, known, static, future, times)


def fit_sizes(layer: InputLayer, scaler: InputScaler, samples: TrainingSamples) -> None:
    """Let an input layer measure the training windows, if it tells their sizes."""
    if layer.sizes is None:
        return
    n_rows = max(1, BLOCK_VALUES // samples.X.values[:1].size)
    layer.fit_sizes(
        prepare(scaler, take(samples.X, samples.rows[start : start + n_rows]))
        for start in range(0, len(samples.rows), n_rows)
    )


def take(samples: Samples, rows: np.ndarray | slice) -> Samples:
    """Return some samples, cut to the longest of them."""
    lengths, static, future, times = (
        None if part is None else part[rows]
        for part in (samples.lengths, samples.static, samples.future, samples.times)
    )
    values = samples.values
    if lengths is not None:
        values = values[:, : lengths.max(initial=1)]
        times = None if times is None else times[:, : values.shape[1]]
    return Samples(values[rows], lengths, static, future, times)


def scale_part(
    scaler: Scaler | None, part: np.ndarray | None, name: str
) -> Tensor | None:
    """Return static features or a known future, scaled."""
    if part is None or scaler is None:
        return None
    return torch.from_numpy(scale_values(scaler, part, name))


def carry_forward(values: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Return values whose gaps repeat the step before; those at the start stay."""
    step = np.arange(values.shape[1])[:, None]
    last_seen = np.maximum.accumulate(np.where(gaps, 0, step), axis=1)
    return np.take_along_axis(values, last_seen, axis=1)


def _fill_gaps(scaled: np.ndarray, forward: bool) -> np.ndarray:
    """Return values with gaps filled, and after them an indicator for each channel."""
    gaps = np.isnan(scaled)
    if forward:
        scaled = carry_forward(scaled, gaps)
    filled = np.nan_to_num(scaled, copy=False, nan=0.0)
    return np.concatenate([filled, gaps.astype(np.float32)], axis=2)
