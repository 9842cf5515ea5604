"""Deletion and insertion curves of rankings, between random and greedy order."""

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
from ._rankings import find_scores
from ._replacement import check_replacement, choose_replacement
from ._report import NEGLIGIBLE, MeanCurves
from ._series import (
    ReplaceSteps,
    Series,
    find_patches,
    find_real_patches,
    predict_variants,
)


@dataclass(frozen=True)
class WeightRows:
    """One row of steps per sample, how they are ranked, and the outputs of the row.

    Parameters
    ----------
    series : Series
        One sequence per row.
    scores : dict of ndarray of shape (n_rows, n_steps)
        By ranking, what orders the steps, the largest first; 0 on padding.
    real : ndarray of bool of shape (n_rows, n_steps)
        Steps that are not padding.
    patches : ndarray of int of shape (n_rows, n_timesteps)
        The step that each time step belongs to.
    replace_steps : callable
        Puts other values in the place of steps.
    index : ndarray of int of shape (n_rows,)
        The index of each row among the rows of weights of its sample.
    plain : ndarray of shape (n_rows, n_outputs)
        The outputs that the row belongs to, divided by their spread.
    spread : ndarray of shape (n_rows, n_outputs)
        Their standard deviation over all samples.
    spreads : ndarray of shape (n_rows_of_a_sample, n_outputs)
        The same for all rows that a sample has.
    output : callable
        From X to outputs.
    layout : Layout
        From outputs to rows.
    verbose : int
        1 shows progress bars.
    """

    series: Series
    scores: dict[str, np.ndarray]
    real: np.ndarray
    patches: np.ndarray
    replace_steps: ReplaceSteps
    index: np.ndarray
    plain: np.ndarray
    spread: np.ndarray
    spreads: np.ndarray
    output: Output
    layout: Layout
    verbose: int = 0

    def __len__(self) -> int:
        return len(self.real)

    @property
    def weights(self) -> np.ndarray:
        """Attention weights, one row per sample: ``(n_rows, n_steps)``."""
        return self.scores["weights"]

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

    def predict_without(
        self, rows: np.ndarray, replaced: np.ndarray, label: str = ""
    ) -> np.ndarray:
        """Return the outputs of the rows when steps are replaced, in their spread.

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
        ndarray of shape (m, n_outputs)
            In spreads of the output.
        """

        def describe(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            patches = self.patches[rows[numbers]]
            mask = np.take_along_axis(replaced[numbers], patches.clip(0), axis=1)
            return rows[numbers], mask & (patches >= 0)

        outputs = predict_variants(
            self.output,
            self.series,
            self.replace_steps,
            len(rows),
            describe,
            self.verbose,
            label,
        )
        return self.arrange(outputs, rows)

    def change_without(
        self, rows: np.ndarray, replaced: np.ndarray, label: str = ""
    ) -> np.ndarray:
        """Measure the change of the outputs when steps are replaced: ``(m,)``."""
        outputs = self.predict_without(rows, replaced, label)
        return np.abs(outputs - self.plain[rows]).mean(1)


def draw_rows(
    estimator: object,
    series: Series,
    output: Output,
    max_samples: int,
    random: np.random.RandomState,
    replacement: str = "mean",
    verbose: int = 0,
) -> WeightRows:
    """Draw samples, and one row of weights of each.

    Raises
    ------
    ValueError
        If predictions do not vary, or the replacement is not allowed.
    """
    check_replacement(replacement, min(len(series), max_samples))
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
        if len(series) == 1:
            raise ValueError(
                "X has 1 sample; at least 2 are needed to compare changes."
            )
        raise ValueError(
            f"predictions for the {len(series)} samples of X are all the same: there "
            "is no difference that weights could explain."
        )
    n_samples, n_timesteps = taken.values.shape[:2]
    patch_size = find_patch_size(estimator, weights, n_samples, n_timesteps)
    patches = find_patches(taken, patch_size)
    n_steps = weights.shape[-1]
    own = weights.reshape(n_samples, -1, n_steps)
    own = own[np.arange(n_samples), index if weights.ndim > 2 else 0]
    real = find_real_patches(patches, n_steps)
    if not (real.sum(axis=1) > 1).any():
        raise ValueError(
            "all sequences of X have one step with a weight, which is 1: there is "
            "nothing to rank."
        )
    return WeightRows(
        series=taken,
        scores={"weights": own}
        | find_scores(estimator, taken, patches, real, layout, index, spread),
        real=real,
        patches=patches,
        replace_steps=choose_replacement(estimator, taken, replacement),
        index=index,
        plain=arranged[chosen, index] / spread[index],
        spread=spread[index],
        spreads=spread,
        output=output,
        layout=layout,
        verbose=verbose,
    )


class Curves(NamedTuple):
    """Change of the output along several orders, in spreads of the output.

    Parameters
    ----------
    attention, greedy : ndarray of shape (n_rows, n_points)
        In the order of the ranking, and in the greedy order.
    random : ndarray of shape (n_rows, n_points)
        Mean over random orders.
    counted : ndarray of bool of shape (n_rows, n_points)
        The points that the score counts.
    """

    attention: np.ndarray
    greedy: np.ndarray
    random: np.ndarray
    counted: np.ndarray

    def areas(self) -> tuple[np.ndarray, np.ndarray]:
        """Return by how much ranking and greedy order exceed random, for each row."""
        own, best = (
            np.where(self.counted, curve - self.random, 0.0).mean(1)
            for curve in (self.attention, self.greedy)
        )
        return own, best

    def mean(self) -> MeanCurves:
        """Return the mean over the rows."""
        return MeanCurves(*(curve.mean(0) for curve in self[:3]))


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
) -> dict[str, tuple[Curves, Curves]]:
    """Measure deletion and insertion curves of all rankings.

    Parameters
    ----------
    rows : WeightRows
        Scores of the steps, and the outputs that they explain.
    shares : ndarray of shape (n_points,)
        From `choose_shares`.
    n_random : int
        Number of random rankings of each row.
    random : RandomState
        Source of the rankings.

    Returns
    -------
    dict of tuple of Curves
        By ranking, deletion and insertion: change of the output while more and more
        steps are replaced, or, starting with all steps replaced, are put back.
    """
    counts = np.rint(shares * rows.real.sum(1)[:, None]).astype(int)
    ranks = {name: rank(each, rows.real, random) for name, each in rows.scores.items()}
    repeated = np.concatenate(
        [rank(np.zeros_like(rows.weights), rows.real, random) for _ in range(n_random)]
    )
    changes = _follow(rows, repeated, counts, False, "random rankings")
    chance = changes.reshape(n_random, len(rows), -1).mean(0)
    deletion, insertion = (
        _follow(rows, _rank_greedily(rows, counts, insert), counts, insert)
        for insert in (False, True)
    )
    counted, all_points = _count_points(deletion), np.ones_like(insertion, dtype=bool)
    # Insertion in a random order is deletion in the reverse order, backwards.
    back = chance[:, ::-1]
    return {
        name: (
            Curves(_follow(rows, own, counts, False), deletion, chance, counted),
            Curves(_follow(rows, own, counts, True), insertion, back, all_points),
        )
        for name, own in ranks.items()
    }


def _count_points(greedy: np.ndarray) -> np.ndarray:
    """Return which points of a deletion curve count: ``(n_rows, n_points)``.

    All orders end with the same change, when all steps are replaced. Where the greedy
    order has reached it, nothing of the prediction is left to explain; what it changes
    from there on is what the model makes of sequences without their content.
    """
    left = greedy[:, -1:] - np.maximum.accumulate(greedy, axis=1)
    reached = left <= NEGLIGIBLE
    return np.cumsum(reached, axis=1) <= 1


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
        if not len(number):  # an array may be wider than its longest sequence
            break
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
