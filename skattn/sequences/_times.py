"""Times of steps: read as numbers, and turned into what the network reads of them."""

from dataclasses import replace

import numpy as np

from ._moments import KINDS
from ._parts import Part
from ._samples import Samples

# Kinds of times, and how messages name them. Where values decay and no times are given,
# the number of a step is its time.
_SAID = {
    None: "no times",
    "steps": "no times",
    "numbers": "times that are numbers",
    "dates": "times that are dates",
    "durations": "times that are durations",
}


def add_times(
    estimator: Part, samples: Samples, times: Part, name: str, *, reset: bool
) -> Samples:
    """Return samples with the time of each step since the first of its sequence.

    Parameters
    ----------
    estimator : object
        Who reads; ``_schema`` says what happens to gaps, and holds the kind of times.
    samples : Samples
        The steps.
    times : list of ndarray, ndarray or None
        As `Sequences` hold them.
    name : str
        The argument's name in messages.
    reset : bool
        Whether the kind of times is learned, or must be that which `fit` saw.

    Returns
    -------
    Samples
        With float64 times: of numbers in their own unit, of dates and durations in
        seconds.

    Raises
    ------
    ValueError
        If times have another kind than in `fit`, or do not fit the steps.
    """
    kind, found = None, None
    if times is not None:
        kind = _find_kind(times)
        found = _relate(times, samples, f"{name}.times")
    elif estimator._schema.missing == "decay":
        kind = "steps"
        steps = np.arange(samples.values.shape[1], dtype=np.float64)
        found = np.broadcast_to(steps, samples.values.shape[:2])
    if reset:
        estimator._schema = replace(estimator._schema, times=kind)
    elif kind != estimator._schema.times:
        raise ValueError(
            f"{name} has {_SAID[kind]}, but {type(estimator).__name__} was fitted with "
            f"{_SAID[estimator._schema.times]}; give what fit saw, in "
            "skattn.sequences.Sequences(steps, times=...)."
        )
    return replace(samples, times=found)


def _find_kind(times: Part) -> str:
    """Return the kind of all times; `Sequences` hold one alone."""
    one = times if isinstance(times, np.ndarray) else times[0]
    return KINDS.get(one.dtype.kind, "numbers")


def _relate(times: Part, samples: Samples, name: str) -> np.ndarray:
    """Return times since the first step, 0 behind the end of shorter sequences."""
    n_samples, n_timesteps = samples.values.shape[:2]
    lengths = samples.lengths
    if lengths is None:
        lengths = np.full(n_samples, n_timesteps)
    related = np.zeros((n_samples, n_timesteps))
    for i, row in enumerate(times):
        if row.dtype.kind == "i":
            row = row.astype(np.int64)  # in which differences do not wrap around
        if len(row) not in (n_timesteps, lengths[i]):
            raise ValueError(
                f"{name}[{i}] has {len(row)} entries, but the sequence has "
                f"{lengths[i]} steps; allowed is one for each step."
            )
        with np.errstate(over="ignore", invalid="ignore"):
            since = row[: lengths[i]] - row[0]
            if since.dtype.kind == "m":
                since = since / np.timedelta64(1, "s")
        related[i, : lengths[i]] = since
        if not np.isfinite(related[i]).all():
            raise ValueError(
                f"{name}[{i}] holds a time that is infinite or missing, or spans more "
                "than a float64 can hold; allowed are finite times."
            )
    return related


def measure_gap(samples: Samples, weights: np.ndarray) -> float:
    """Compute the median time between consecutive steps, of those above 0.

    Parameters
    ----------
    samples : Samples
        With times.
    weights : ndarray of shape (n_samples,)
        Sample weights; those of weight 0 do not count.

    Returns
    -------
    float
        Positive; 1 if all steps come at once.
    """
    assert samples.times is not None
    rows = np.flatnonzero(weights)
    gaps = np.diff(samples.times[rows], axis=1)
    if samples.lengths is not None:
        inside = np.arange(1, samples.times.shape[1]) < samples.lengths[rows, None]
        gaps = gaps[inside]
    gaps = gaps[gaps > 0]
    return float(np.median(gaps)) if gaps.size else 1.0


def describe_times(
    times: np.ndarray,
    lengths: np.ndarray | None,
    unit: float,
    gaps: np.ndarray | None = None,
    name: str = "X",
) -> np.ndarray:
    """Return the time since the step before, and since each channel's last value.

    Parameters
    ----------
    times : ndarray of shape (n_samples, n_timesteps)
        Since the first step.
    lengths : ndarray of int of shape (n_samples,) or None
        Real steps in each sequence.
    unit : float
        What counts as 1.
    gaps : ndarray of bool of shape (n_samples, n_timesteps, n_channels), default=None
        Which values are missing; None where none may be.
    name : str, default="X"
        The inputs' name in messages.

    Returns
    -------
    ndarray of float32 of shape (n_samples, n_timesteps, 1 [+ n_channels])
        At a step that has a value, the time since the one before; before any value,
        since the first step (Che et al. 2018). 0 at the first step and on padding.
    """
    before = np.maximum(np.arange(times.shape[1]) - 1, 0)
    since = (times - times[:, before])[:, :, None]
    if gaps is not None:
        # The step before this one at which the channel last has a value, or the first.
        step = np.arange(times.shape[1])[:, None]
        last = np.maximum.accumulate(np.where(gaps, 0, step), axis=1)[:, before]
        known = np.take_along_axis(times[:, :, None], last, axis=1)
        since = np.concatenate([since, times[:, :, None] - known], axis=2)
    if lengths is not None:
        real = np.arange(times.shape[1]) < lengths[:, None]
        since = np.where(real[:, :, None], since, 0.0)
    with np.errstate(over="ignore"):
        scaled = (since / unit).astype(np.float32)
    if not np.isfinite(scaled).all():
        raise ValueError(
            f"{name}.times has steps that are {since.max():.3g} apart, too far for "
            f"float32 in units of the median gap in training, {unit:.3g}."
        )
    return scaled
