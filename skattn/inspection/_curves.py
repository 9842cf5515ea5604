"""Deletion and insertion curves of rankings, between random and greedy rankings."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ._estimators import (
    Layout,
    Output,
    find_layout,
    find_patch_size,
    predict_weights,
)
from ._series import (
    Series,
    choose_fill,
    find_patches,
    find_real_patches,
    predict_variants,
)


@dataclass(frozen=True)
class WeightRows:
    """One row of attention weights per sample, and the outputs that belong to it.

    Parameters
    ----------
    series : Series
        One sequence per row.
    weights : ndarray of shape (n_rows, n_steps)
        0 on padding.
    real : ndarray of bool of shape (n_rows, n_steps)
        Steps that are not padding.
    patches : ndarray of int of shape (n_rows, n_timesteps)
        The step that each time step belongs to.
    fill : ndarray of shape (n_rows, n_timesteps, n_channels)
        Values that replace steps.
    index : ndarray of int of shape (n_rows,)
        The index of each row among the rows of weights of its sample.
    plain : ndarray of shape (n_rows, n_outputs)
        The outputs that the row belongs to, divided by their spread.
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
    index: np.ndarray
    plain: np.ndarray
    spread: np.ndarray
    output: Output
    layout: Layout
    verbose: int = 0

    def __len__(self) -> int:
        return len(self.weights)

    def arrange(self, outputs: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return the outputs of the rows, divided by their spread: ``(m, n_outputs)``.

        Parameters
        ----------
        outputs : ndarray of shape (m, ...)
            Outputs of variants of the samples.
        rows : ndarray of int of shape (m,)
            The row of each variant.
        """
        arranged = self.layout.arrange(outputs)
        return arranged[np.arange(len(rows)), self.index[rows]] / self.spread[rows]

    def measure_change(self, outputs: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Compute the distance of outputs from the plain ones: ``(m,)``, in spreads."""
        return np.abs(self.arrange(outputs, rows) - self.plain[rows]).mean(1)

    def change_without(
        self, rows: np.ndarray, replaced: np.ndarray, label: str = ""
    ) -> np.ndarray:
        """Measure the change of the output when steps are replaced.

        Parameters
        ----------
        rows : ndarray of int of shape (m,)
            The row of each variant.
        replaced : ndarray of bool of shape (m, n_steps)
            The steps that are replaced in it.
        label : str, default=""
            Text before the progress bar.

        Returns
        -------
        ndarray of shape (m,)
            In spreads of the output.
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
        return self.measure_change(outputs, rows)


def draw_rows(
    estimator: object,
    series: Series,
    output: Output,
    max_samples: int,
    random: np.random.RandomState,
    verbose: int = 0,
) -> WeightRows:
    """Draw samples, and one row of weights of each.

    Raises
    ------
    ValueError
        If predictions do not vary.
    """
    outputs = output(series.whole())
    chosen = np.sort(random.permutation(len(series))[:max_samples])
    taken = series.take(chosen)
    weights = predict_weights(estimator, taken.whole()).astype(np.float64)
    layout = find_layout(estimator, weights.shape[1:-1], outputs.shape[1:])
    arranged = layout.arrange(outputs)  # (n, n_rows, n_outputs)
    spread = arranged.std(axis=0)
    # Outputs that vary by rounding errors only have no spread to divide by; dividing
    # by infinity makes their changes 0.
    rounding = 1e-6 * np.abs(arranged).max(axis=0)
    spread = np.where(spread > rounding, spread, np.inf)
    index = random.randint(arranged.shape[1], size=len(chosen))
    if np.isinf(spread[index]).all():
        raise ValueError(
            f"predictions for the {len(series)} samples of X are all the same: there "
            "is no difference that weights could explain."
        )
    n_samples, n_timesteps = taken.values.shape[:2]
    patch_size = find_patch_size(estimator, weights, n_samples, n_timesteps)
    patches = find_patches(taken, patch_size)
    n_steps = weights.shape[-1]
    return WeightRows(
        series=taken,
        weights=weights.reshape(n_samples, -1, n_steps)[
            np.arange(n_samples), index if weights.ndim > 2 else 0
        ],
        real=find_real_patches(patches, n_steps),
        patches=patches,
        fill=np.broadcast_to(
            choose_fill(estimator, series, "mean", patches), taken.values.shape
        ),
        index=index,
        plain=arranged[chosen, index] / spread[index],
        spread=spread[index],
        output=output,
        layout=layout,
        verbose=verbose,
    )


class Curves(NamedTuple):
    """Change of the output along several rankings, in spreads of the output.

    Parameters
    ----------
    attention, greedy : ndarray of shape (n_rows, n_points)
        In the order of the weights, and in the greedy order.
    random : ndarray of shape (n_rows, n_points)
        Mean over random orders.
    """

    attention: np.ndarray
    greedy: np.ndarray
    random: np.ndarray

    def areas(self) -> tuple[np.ndarray, np.ndarray]:
        """Return by how much attention and greedy order exceed random, for each row."""
        base = self.random.mean(1)
        return self.attention.mean(1) - base, self.greedy.mean(1) - base


def choose_shares(n_steps: int, n_points: int) -> np.ndarray:
    """Return the shares of the steps at which curves are measured, with 0 and 1."""
    return np.linspace(0, 1, min(n_steps, n_points) + 1)


def rank(
    weights: np.ndarray, real: np.ndarray, random: np.random.RandomState
) -> np.ndarray:
    """Return the rank of each step in its row, 0 for the largest weight.

    Equal weights are ranked at random; padding comes last.
    """
    shown = np.where(real, weights, -np.inf)
    order = np.lexsort((random.uniform(size=shown.shape), -shown), axis=1)
    return _invert(order)


def measure_curves(
    rows: WeightRows, shares: np.ndarray, n_random: int, random: np.random.RandomState
) -> tuple[Curves, Curves]:
    """Measure deletion and insertion curves.

    Parameters
    ----------
    rows : WeightRows
        Weights, and the outputs that they explain.
    shares : ndarray of shape (n_points,)
        From `choose_shares`.
    n_random : int
        Number of random rankings of each row.
    random : RandomState
        Source of the rankings.

    Returns
    -------
    deletion, insertion : Curves
        Change of the output while more and more steps are replaced, or, starting with
        all steps replaced, are put back.
    """
    counts = np.rint(shares * rows.real.sum(1)[:, None]).astype(int)
    ranks = rank(rows.weights, rows.real, random)
    repeated = np.concatenate(
        [rank(np.zeros_like(rows.weights), rows.real, random) for _ in range(n_random)]
    )
    changes = _follow(rows, repeated, counts, False, "random rankings")
    chance = changes.reshape(n_random, len(rows), -1).mean(0)
    curves = [
        Curves(
            _follow(rows, ranks, counts, insert),
            _follow(rows, _rank_greedily(rows, counts, insert), counts, insert),
            # Insertion in a random order is deletion in the reverse order, backwards.
            chance[:, ::-1] if insert else chance,
        )
        for insert in (False, True)
    ]
    return curves[0], curves[1]


def _invert(order: np.ndarray) -> np.ndarray:
    """Return the rank of each step, from the steps in their order."""
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(order.shape[1])[None], axis=1)
    return ranks


def _follow(
    rows: WeightRows,
    ranks: np.ndarray,
    counts: np.ndarray,
    insert: bool,
    label: str = "",
) -> np.ndarray:
    """Measure the change along rankings.

    From ranks ``(k * n_rows, n_steps)`` to changes ``(k * n_rows, n_points)``.
    """
    n_points = counts.shape[1]
    counts = np.tile(counts, (len(ranks) // len(rows), 1))
    ahead = ranks[:, None] < counts[:, :, None]  # (k * n_rows, n_points, n_steps)
    number = np.repeat(np.arange(len(ranks)) % len(rows), n_points)
    replaced = (~ahead if insert else ahead).reshape(len(number), -1)
    replaced &= rows.real[number]
    changes = rows.change_without(number, replaced, label)
    return changes.reshape(len(ranks), n_points)


def _rank_greedily(rows: WeightRows, counts: np.ndarray, insert: bool) -> np.ndarray:
    """Return the greedy ranking.

    At each point it takes the steps whose replacement changes the output most, or, with
    ``insert``, whose insertion leaves the smallest change. Where several steps lie
    between two points, they are chosen at once.
    """
    ranks = np.where(rows.real, -1, rows.real.shape[1])
    for point in range(1, counts.shape[1]):
        number, step = np.nonzero(ranks == -1)
        taken = ranks[number] != -1
        taken[np.arange(len(number)), step] = True
        replaced = (~taken if insert else taken) & rows.real[number]
        label = f"greedy {'insertion' if insert else 'deletion'} {point}"
        changes = rows.change_without(number, replaced, label)
        gain = np.full(ranks.shape, -np.inf)
        gain[number, step] = -changes if insert else changes
        wanted = counts[:, point] - counts[:, point - 1]
        order = _invert(np.argsort(-gain, axis=1, kind="stable"))
        chosen = (order < wanted[:, None]) & (ranks == -1)
        ranks = np.where(chosen, counts[:, point - 1, None] + order, ranks)
    return ranks
