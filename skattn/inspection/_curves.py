"""Deletion and insertion curves of rankings, between random and greedy ones."""

from typing import NamedTuple

import numpy as np

from ._rows import Rows


class Curves(NamedTuple):
    """Change of the output along several rankings, in spreads of the output.

    Parameters
    ----------
    attention, greedy : ndarray of shape (n_rows, n_points)
        Along the attention's ranking, and along the greedy one.
    random : ndarray of shape (n_rows, n_points)
        Mean over random rankings.
    """

    attention: np.ndarray
    greedy: np.ndarray
    random: np.ndarray

    def areas(self) -> tuple[np.ndarray, np.ndarray]:
        """Give what attention and greedy order are ahead of random, row by row."""
        base = self.random.mean(1)
        return self.attention.mean(1) - base, self.greedy.mean(1) - base


def draw_grid(n_steps: int, n_points: int) -> np.ndarray:
    """Give the shares of the steps at which curves are measured, ends included."""
    return np.linspace(0, 1, min(n_steps, n_points) + 1)


def rank(
    weights: np.ndarray, real: np.ndarray, random: np.random.RandomState
) -> np.ndarray:
    """Give each step's place in the ranking, the largest weight first.

    Equal weights are ranked at random; padding comes last.
    """
    shown = np.where(real, weights, -np.inf)
    order = np.lexsort((random.uniform(size=shown.shape), -shown), axis=1)
    return _to_places(order)


def measure_curves(
    rows: Rows, shares: np.ndarray, n_random: int, random: np.random.RandomState
) -> tuple[Curves, Curves]:
    """Measure deletion and insertion curves.

    Parameters
    ----------
    rows : Rows
        What is measured.
    shares : ndarray of shape (n_points,)
        From `draw_grid`.
    n_random : int
        Random rankings of each row.
    random : RandomState
        Source of the rankings.

    Returns
    -------
    deletion, insertion : Curves
        Change of the output while more and more steps are replaced, or are put back
        where all were replaced.
    """
    counts = np.rint(shares * rows.real.sum(1)[:, None]).astype(int)
    places = rank(rows.weights, rows.real, random)
    repeated = np.concatenate(
        [rank(np.zeros_like(rows.weights), rows.real, random) for _ in range(n_random)]
    )
    walk = _walk(rows, repeated, counts, False, "random rankings")
    chance = walk.reshape(n_random, len(rows), -1).mean(0)
    curves = [
        Curves(
            _walk(rows, places, counts, insert),
            _walk(rows, _rank_greedily(rows, counts, insert), counts, insert),
            # Putting back in one order is replacing in the opposite order, backwards.
            chance[:, ::-1] if insert else chance,
        )
        for insert in (False, True)
    ]
    return curves[0], curves[1]


def _to_places(order: np.ndarray) -> np.ndarray:
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.arange(order.shape[1])[None], axis=1)
    return places


def _walk(
    rows: Rows, places: np.ndarray, counts: np.ndarray, insert: bool, label: str = ""
) -> np.ndarray:
    """Follow rankings ``(k * n_rows, n_steps)``: ``(k * n_rows, n_points)``."""
    n_points = counts.shape[1]
    counts = np.tile(counts, (len(places) // len(rows), 1))
    ahead = places[:, None] < counts[:, :, None]  # (k * n_rows, n_points, n_steps)
    number = np.repeat(np.arange(len(places)) % len(rows), n_points)
    replaced = (~ahead if insert else ahead).reshape(len(number), -1)
    replaced &= rows.real[number]
    changes = rows.change_without(number, replaced, label)
    return changes.reshape(len(places), n_points)


def _rank_greedily(rows: Rows, counts: np.ndarray, insert: bool) -> np.ndarray:
    """Choose at each point the steps that change the output most, or mend it most.

    Between two points of the grid several steps are chosen at once.
    """
    places = np.where(rows.real, -1, rows.real.shape[1])
    for point in range(1, counts.shape[1]):
        number, step = np.nonzero(places == -1)
        taken = places[number] != -1
        taken[np.arange(len(number)), step] = True
        replaced = (~taken if insert else taken) & rows.real[number]
        label = f"greedy {'insertion' if insert else 'deletion'} {point}"
        changes = rows.change_without(number, replaced, label)
        gain = np.full(places.shape, -np.inf)
        gain[number, step] = -changes if insert else changes
        wanted = counts[:, point] - counts[:, point - 1]
        order = _to_places(np.argsort(-gain, axis=1, kind="stable"))
        chosen = (order < wanted[:, None]) & (places == -1)
        places = np.where(chosen, counts[:, point - 1, None] + order, places)
    return places
