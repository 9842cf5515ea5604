"""The rows of a report: a sample, a row of its weights, and the outputs behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._series import Series, choose_fill, find_patches
from ._steps import Layout, check_patches, find_layout, find_weights
from ._variants import predict_variants


@dataclass(frozen=True)
class Rows:
    """Rows of weights, each with what its sample predicts.

    Parameters
    ----------
    series : Series
        One sequence a row.
    weights : ndarray of shape (n_rows, n_steps)
        0 on padding.
    real : ndarray of bool of shape (n_rows, n_steps)
        Steps that are no padding.
    patches : ndarray of int of shape (n_rows, n_timesteps)
        Which step each time step belongs to.
    fill : ndarray
        What stands at replaced steps.
    parts : ndarray of int of shape (n_rows,)
        Which row of its sample's weights each is.
    plain : ndarray of shape (n_rows, n_outputs)
        The outputs that the row speaks for, over their spread.
    spread : ndarray of shape (n_rows, n_outputs)
        Their standard deviation over all samples.
    output : callable
        From X to outputs.
    layout : Layout
        From outputs to rows.
    verbose : int
        1 shows progress bars.
    """

    series: Series
    weights: np.ndarray
    real: np.ndarray
    patches: np.ndarray
    fill: np.ndarray
    parts: np.ndarray
    plain: np.ndarray
    spread: np.ndarray
    output: Callable[[Any], np.ndarray]
    layout: Layout
    verbose: int = 0

    def __len__(self) -> int:
        return len(self.weights)

    def arrange(self, outputs: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Pick the rows' own outputs, over their spread: ``(m, n_outputs)``."""
        arranged = self.layout.arrange(outputs)
        return arranged[np.arange(len(rows)), self.parts[rows]] / self.spread[rows]

    def change(self, outputs: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Measure how far outputs are from the plain ones: ``(m,)``, in spreads."""
        return np.abs(self.arrange(outputs, rows) - self.plain[rows]).mean(1)

    def change_without(
        self, rows: np.ndarray, replaced: np.ndarray, label: str = ""
    ) -> np.ndarray:
        """Measure the change when steps are replaced.

        Parameters
        ----------
        rows : ndarray of int of shape (m,)
            Which row each variant belongs to.
        replaced : ndarray of bool of shape (m, n_steps)
            Its replaced steps.
        label : str, default=""
            Stands before the progress bar.
        """

        def describe(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            patches = self.patches[rows[numbers]]
            mask = np.take_along_axis(replaced[numbers], patches.clip(0), axis=1)
            return rows[numbers], mask & (patches >= 0)

        outputs = predict_variants(
            self.output,
            self.series,
            self.fill,
            len(rows),
            describe,
            self.verbose,
            label,
        )
        return self.change(outputs, rows)


def draw_rows(
    estimator: Any,
    series: Series,
    output: Callable[[Any], np.ndarray],
    max_samples: int,
    random: np.random.RandomState,
    verbose: int = 0,
) -> Rows:
    """Draw samples, and one row of weights of each.

    Raises
    ------
    ValueError
        If predictions do not vary.
    """
    outputs = output(series.whole())
    chosen = np.sort(random.permutation(len(series))[:max_samples])
    taken = series.take(chosen)
    weights = find_weights(estimator, taken.whole())
    layout = find_layout(estimator, weights.shape[1:-1], outputs.shape[1:])
    arranged = layout.arrange(outputs)  # (n, n_rows, n_outputs)
    spread = arranged.std(axis=0)
    # What varies by rounding alone has no spread to measure by, and counts as 0.
    rounding = 1e-6 * np.abs(arranged).max(axis=0)
    spread = np.where(spread > rounding, spread, np.inf)
    parts = random.randint(arranged.shape[1], size=len(chosen))
    if np.isinf(spread[parts]).all():
        raise ValueError(
            f"predictions for the {len(series)} samples of X are all the same: there "
            "is no difference that weights could explain."
        )
    patches = find_patches(taken, check_patches(estimator, taken, weights))
    n_steps = weights.shape[-1]
    return Rows(
        series=taken,
        weights=weights.reshape(len(chosen), -1, n_steps)[
            np.arange(len(chosen)), parts if weights.ndim > 2 else 0
        ],
        real=np.arange(n_steps) <= patches.max(axis=1)[:, None],
        patches=patches,
        fill=np.broadcast_to(
            choose_fill(estimator, series, "mean", patches), taken.values.shape
        ),
        parts=parts,
        plain=arranged[chosen, parts] / spread[parts],
        spread=spread[parts],
        output=output,
        layout=layout,
        verbose=verbose,
    )
