"""Labels of steps: numbers, words or dates."""

from typing import Any

import numpy as np


def label_steps(
    times: Any, lengths: np.ndarray, patches: np.ndarray, n_steps: int
) -> np.ndarray:
    """Give each step of each sample its label.

    Parameters
    ----------
    times : array-like or list of array-like
        Labels of steps or of time steps, for all samples or for each.
    lengths : ndarray of shape (n_samples,)
        Time steps of each sample.
    patches : ndarray of shape (n_samples, n_timesteps)
        Which step each time step belongs to.
    n_steps : int
        Steps, which are patches of time steps.

    Returns
    -------
    ndarray of shape (n_samples, n_steps)
        Of the type that the labels have.
    """
    rows = _read_rows(times, len(lengths))
    counts = patches.max(axis=1) + 1
    kind = np.result_type(*rows) if rows[0].dtype.kind != "O" else object
    labels = np.empty((len(lengths), n_steps), kind)
    for sample, row in enumerate(rows):
        chosen = _choose(row, patches[sample], lengths[sample], counts[sample])
        labels[sample, : len(chosen)] = chosen[:n_steps]
    return labels


def _read_rows(times: Any, n_samples: int) -> list[np.ndarray]:
    shared = np.ndim(times[0]) == 0 if len(times) else True
    if shared:
        return [np.asarray(times)] * n_samples
    if len(times) != n_samples:
        raise ValueError(
            f"times has labels of {len(times)} samples, but X has {n_samples}."
        )
    return [np.asarray(row) for row in times]


def _choose(row: np.ndarray, patches: np.ndarray, length: int, count: int) -> Any:
    """Take the labels of one sample's steps, or of the first time step in each."""
    n_timesteps = len(patches)
    if len(row) in (length, n_timesteps):
        first = np.flatnonzero(np.diff(patches[:length], prepend=-1))
        return row[first]
    if len(row) >= count and len(row) == patches.max() + 1:
        return row
    raise ValueError(
        f"times has {len(row)} labels where X has {length} time steps in {count} "
        "steps; there must be one for each of these or of those."
    )
