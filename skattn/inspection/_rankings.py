"""How steps are ranked: by weights, by the size of contributions, by signed ones."""

import numpy as np

from ._estimators import Layout, read_contributions
from ._series import Series

# What orders the steps, in words for sentences.
RANKINGS = {
    "weights": "their weights",
    "size": "the size of their contributions",
    "signed": "their contributions with their signs",
}


def find_scores(
    estimator: object,
    series: Series,
    patches: np.ndarray,
    real: np.ndarray,
    layout: Layout,
    index: np.ndarray,
    spread: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return what orders the steps, for rankings by contributions.

    Parameters
    ----------
    estimator : object
        Fitted.
    series : Series
        One sequence per row.
    patches : ndarray of int of shape (n_rows, n_timesteps)
        The step that each time step belongs to, -1 on padding.
    real : ndarray of bool of shape (n_rows, n_steps)
        Steps that are not padding.
    layout : Layout
        From outputs to rows.
    index : ndarray of int of shape (n_rows,)
        The index of each row among the rows of its sample.
    spread : ndarray of shape (n_rows_of_a_sample, n_outputs)
        The standard deviation of each output.

    Returns
    -------
    dict of ndarray of shape (n_rows, n_steps)
        Empty if the estimator has no contributions. With "size" the mean absolute
        contribution over the outputs of the row; with "signed" what the step
        contributes in the direction in which all steps together moved each output.
    """
    n_rows, n_timesteps = patches.shape
    each = read_contributions(estimator, series.whole(), layout.shape, n_timesteps)
    if each is None:
        return {}
    moved = np.moveaxis(each, -1, 1).reshape(n_rows * n_timesteps, *layout.shape)
    own = layout.arrange(moved).reshape(n_rows, n_timesteps, *spread.shape)
    own = own[np.arange(n_rows), :, index] / spread[index][:, None]
    steps = np.zeros((*real.shape, own.shape[-1]))  # (n_rows, n_steps, n_outputs)
    row, time = np.nonzero(patches >= 0)
    np.add.at(steps, (row, patches[row, time]), own[row, time])
    direction = np.sign(steps.sum(1, keepdims=True))
    return {"size": np.abs(steps).mean(2), "signed": (steps * direction).mean(2)}
