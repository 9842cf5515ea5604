"""The measures of a faithfulness report, and the conicity of states."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import kendalltau
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from ._curves import Curves, WeightRows
from ._estimators import (
    NetworkUnavailableError,
    predict_weights,
    require_probe,
)
from ._importance import attribute
from ._rankings import RANKINGS, find_scores
from ._report import (
    Estimate,
    Measure,
    Ranking,
    describe_additivity,
    describe_agreement,
    describe_change,
    describe_conicity,
    describe_score,
    describe_seeds,
    describe_share,
    estimate_mean,
    estimate_ratio,
)

_N_PERMUTATIONS = 10


class Case(NamedTuple):
    """What all measures are computed from.

    Parameters
    ----------
    estimator : object
        Fitted.
    rows : WeightRows
        Its weights, and the outputs that they explain.
    random : RandomState
        Source of permutations, resamples and seeds.
    ranking : str, default="weights"
        What ranks the steps.
    """

    estimator: object
    rows: WeightRows
    random: np.random.RandomState
    ranking: str = "weights"

    @property
    def sizes(self) -> np.ndarray:
        """What says how much a step matters, without a sign: ``(n_rows, n_steps)``."""
        return self.rows.scores["weights" if self.ranking == "weights" else "size"]

    @property
    def ranked_by(self) -> str:
        """What ranks by these sizes, in words."""
        return "weights" if self.ranking == "weights" else "size"


def conicity(estimator: object, X: object) -> np.ndarray:
    """Measure how much the states of each sequence point in the same direction.

    It is the mean cosine of the states with their mean. Near 1 the states hardly
    differ, so that any weights give nearly the same context, and attention weights
    explain little.

    Parameters
    ----------
    estimator : LSTMAttentionRegressor
        Fitted.
    X : array-like or Tensor
        Sequences in any form that its ``fit`` takes.

    Returns
    -------
    ndarray of shape (n_samples,) or (n_samples, n_targets)
        Between -1 and 1; the latter with ``channel_independent``.

    Raises
    ------
    TypeError
        If the estimator does not provide its network.

    References
    ----------
    A. Mohankumar, P. Nema, S. Narasimhan, M. Khapra, B. Srinivasan and B. Ravindran
    (2020). Towards transparent and explainable attention models. ACL.

    Examples
    --------
    >>> from skattn import LSTMAttentionRegressor
    >>> from skattn.datasets import make_find_max
    >>> from skattn.inspection import conicity
    >>> X, y, _ = make_find_max(200, random_state=0)
    >>> model = LSTMAttentionRegressor(max_epochs=2, random_state=0).fit(X, y)
    >>> conicity(model, X).shape
    (200,)
    """
    check_is_fitted(estimator)
    return require_probe(estimator, "conicity needs").measure_conicity(X)


def score_curves(
    case: Case, curves: dict[str, tuple[Curves, Curves]]
) -> tuple[Ranking, ...]:
    """Compute the scores of all rankings."""
    return tuple(
        Ranking(name, *(estimate_ratio(*each.areas(), case.random) for each in both))
        for name, both in curves.items()
    )


def show_scores(case: Case, rankings: tuple[Ranking, ...]) -> Iterator[Measure]:
    """Return the scores of the ranking that the report is about."""
    own = next(each for each in rankings if each.name == case.ranking)
    for name, action, estimate in (
        ("deletion_score", "Replacing", own.deletion),
        ("insertion_score", "Putting back", own.insertion),
    ):
        sentence = describe_score(estimate, action, RANKINGS[case.ranking])
        yield Measure(name, *estimate, 0.0, sentence)


def compare_rankings(case: Case, baseline: np.ndarray) -> Iterator[Measure]:
    """Compare single steps with the whole, and the ranking with other rankings.

    That is: the change by all steps with the sum of changes by one; Kendall's tau
    between the ranking and occlusion, and gradients. ``baseline``, of shape
    (n_channels,), is where integrated gradients start.
    """
    rows, random = case.rows, case.random
    number, step = np.nonzero(rows.real)
    replaced = np.arange(rows.real.shape[1]) == step[:, None]
    without = rows.predict_without(number, replaced, "occlusion")
    each = np.zeros((*rows.real.shape, rows.plain.shape[1]))
    each[number, step] = rows.plain[number] - without
    yield _measure_additivity(case, each.sum(1))
    occlusion = np.abs(each).mean(2)
    drawn = random.uniform(size=rows.real.shape)

    def compare(importance: np.ndarray, ranking: str) -> tuple[Estimate, float, str]:
        estimate = estimate_mean(_tau(case.sizes, importance, rows.real), random)
        chance = estimate_mean(_tau(drawn, importance, rows.real), random).value
        sentence = describe_agreement(estimate, chance, ranking, case.ranked_by)
        return estimate, chance, sentence

    estimate, chance, sentence = compare(occlusion, "replacing one step at a time")
    yield Measure("tau_occlusion", *estimate, chance, sentence)

    def by_gradient(case: Case) -> tuple[Estimate, float, str]:
        return compare(_gather_gradients(case, baseline), "integrated gradients")

    yield _attempt(case, "tau_gradient", by_gradient)


def _measure_additivity(case: Case, predicted: np.ndarray) -> Measure:
    """Compute R2 of the sum of changes by single steps against that by all."""
    rows, index = case.rows, np.arange(len(case.rows))
    whole = rows.plain - rows.predict_without(index, rows.real)
    missed = ((whole - predicted) ** 2).sum(1)
    varied = ((whole - whole.mean(0)) ** 2).sum(1)
    value, low, high = estimate_ratio(missed, varied, case.random)
    estimate = Estimate(1 - value, 1 - high, 1 - low)
    return Measure("additivity", *estimate, np.nan, describe_additivity(estimate))


def _gather_gradients(case: Case, baseline: np.ndarray) -> np.ndarray:
    """Compute integrated gradients by step, for the output that changes most.

    That is the one that is farthest from its value for the baseline.
    """
    rows = case.rows
    start = np.broadcast_to(baseline, rows.series.values.shape)
    outputs = rows.output(rows.series.build(start.copy()))
    index = np.arange(len(rows))
    gap = np.abs(rows.arrange(outputs, index) - rows.plain)
    targets = rows.layout.numbers()[rows.index, gap.argmax(1)]
    each = attribute(case.estimator, rows.series, targets).sum(2)
    gathered = np.zeros(rows.weights.shape)
    sample, step = np.nonzero(rows.patches >= 0)
    np.add.at(gathered, (sample, rows.patches[sample, step]), each[sample, step])
    return np.abs(gathered)


def _tau(one: np.ndarray, other: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Compute Kendall's tau of each row; NaN where a row has only one value."""
    return np.array(
        [
            kendalltau(a[used], b[used]).statistic
            if np.ptp(a[used]) > 0 and np.ptp(b[used]) > 0
            else np.nan
            for a, b, used in zip(one, other, real, strict=True)
        ]
    )


def exchange_weights(case: Case) -> Iterator[Measure]:
    """Measure how predictions change with permuted and with equal weights."""

    def permuted(case: Case) -> tuple[Estimate, float, str]:
        estimate = _change_weights(case, _permute, _N_PERMUTATIONS)
        return estimate, np.nan, describe_change(estimate, "permuted weights")

    def uniform(case: Case) -> tuple[Estimate, float, str]:
        estimate = _change_weights(case, _level, 1)
        return estimate, np.nan, describe_change(estimate, "equal weights")

    yield _attempt(case, "permuted_change", permuted)
    yield _attempt(case, "uniform_change", uniform)


def _change_weights(
    case: Case, change: Callable[..., np.ndarray], n_repeats: int
) -> Estimate:
    rows, index = case.rows, np.arange(len(case.rows))
    probe = require_probe(case.estimator, "other weights need")
    X = rows.series.whole()
    own = probe.weights(X)
    # (n, n_steps) -> (n, 1, ..., 1, n_steps), the axes of the network's weights
    real = rows.real.reshape(len(rows), *[1] * (own.ndim - 2), -1)
    plain = rows.arrange(probe.predict_with(X, own), index)
    changes = [
        np.abs(rows.arrange(probe.predict_with(X, other), index) - plain)
        for other in (change(own, real, case.random) for _ in range(n_repeats))
    ]
    return estimate_mean(np.mean(changes, axis=(0, 2)), case.random)


def _permute(
    weights: np.ndarray, real: np.ndarray, random: np.random.RandomState
) -> np.ndarray:
    """Permute real steps, in the same way for all heads and outputs of a sample."""
    keys = np.where(real, random.uniform(size=real.shape), 1.0)
    order = np.argsort(keys, axis=-1, kind="stable")
    return np.take_along_axis(weights, np.broadcast_to(order, weights.shape), -1)


def _level(
    weights: np.ndarray, real: np.ndarray, random: np.random.RandomState
) -> np.ndarray:
    """Return equal weights for all real steps."""
    return np.broadcast_to(real / real.sum(-1, keepdims=True), weights.shape)


def measure_conicity(case: Case) -> Measure:
    """Compute the mean conicity of the states."""

    def measure(case: Case) -> tuple[Estimate, float, str]:
        probe = require_probe(case.estimator, "conicity needs")
        values = probe.measure_conicity(case.rows.series.whole())
        estimate = estimate_mean(values.reshape(len(values), -1).mean(1), case.random)
        sums_inputs = probe.architecture.values == "inputs"
        return estimate, np.nan, describe_conicity(estimate, sums_inputs)

    return _attempt(case, "conicity", measure)


def measure_share(case: Case) -> Measure:
    """Compute the share of the predictions' variation that the attention makes."""

    def measure(case: Case) -> tuple[Estimate, float, str]:
        rows, index = case.rows, np.arange(len(case.rows))
        probe = require_probe(case.estimator, "the share of the attention needs")
        bypass = rows.arrange(probe.predict_bypass(rows.series.whole()), index)
        attended = rows.plain - bypass
        own, other = (
            np.abs(term - term.mean(0)).mean(1) for term in (attended, bypass)
        )
        estimate = estimate_ratio(own, own + other, case.random)
        return estimate, np.nan, describe_share(estimate)

    return _attempt(case, "attended_share", measure)


def compare_seeds(
    case: Case, X: object, y: npt.ArrayLike | None, n_refits: int
) -> Measure:
    """Compare the weights of clones that are fitted on X and y with other seeds."""
    rows, found = case.rows, []
    for _ in range(n_refits):
        model = clone(case.estimator)
        if "random_state" in model.get_params():
            model.set_params(random_state=int(case.random.randint(2**31)))
        found.append(_find_sizes(case, model.fit(X, y)))
    estimate = estimate_mean(compare_weights(found, rows.real), case.random)
    sentence = describe_seeds(estimate, n_refits, case.ranked_by)
    return Measure("seed_agreement", *estimate, 0.0, sentence)


def _find_sizes(case: Case, model: object) -> np.ndarray:
    """Return by how much each step matters to another model: ``(n_rows, n_steps)``."""
    rows = case.rows
    if case.ranked_by == "size":
        beside = (rows.patches, rows.real, rows.layout, rows.index, rows.spreads)
        return find_scores(model, rows.series, *beside)["size"]
    weights = predict_weights(model, rows.series.whole()).astype(np.float64)
    weights = weights.reshape(len(rows), -1, weights.shape[-1])
    index = rows.index if weights.shape[1] > 1 else 0
    return weights[np.arange(len(rows)), index]


def compare_weights(weights: list[np.ndarray], real: np.ndarray) -> np.ndarray:
    """Compute the mean of Kendall's tau over all pairs of models.

    Parameters
    ----------
    weights : list of ndarray of shape (n_rows, n_steps)
        Of each model.
    real : ndarray of bool of shape (n_rows, n_steps)
        Which steps count.

    Returns
    -------
    ndarray of shape (n_rows,)
        NaN where there is no pair, or a row has only one value.
    """
    pairs = combinations(weights, 2)
    taus = [_tau(one, other, real) for one, other in pairs]
    return np.mean(taus, axis=0) if taus else np.full(len(real), np.nan)


def _attempt(
    case: Case, name: str, measure: Callable[[Case], tuple[Estimate, float, str]]
) -> Measure:
    """Compute a measure, or return the reason why it cannot be computed."""
    try:
        estimate, random, sentence = measure(case)
    except (NetworkUnavailableError, NotImplementedError, ImportError) as error:
        return Measure(name, *Estimate(), np.nan, f"Not measured: {error}")
    return Measure(name, *estimate, random, sentence)
