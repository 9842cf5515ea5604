"""Whether attention weights may be believed: one report for one fitted estimator."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import kendalltau
from sklearn.base import clone
from sklearn.utils import check_random_state

from . import _sentences as say
from ._conicity import conicity
from ._curves import Curves, draw_grid, measure_curves
from ._gradient import Unreachable, attribute
from ._intervals import Estimate, estimate_mean, estimate_ratio
from ._occlusion import check_count
from ._report import FaithfulnessReport, MeanCurves, Measure
from ._rows import Rows, draw_rows
from ._series import find_mean, read_series
from ._steps import find_weights
from ._variants import choose_output

_N_PERMUTATIONS = 10
_UNKNOWN = (np.nan, np.nan, np.nan)


class _Case(NamedTuple):
    """What the measures are taken of."""

    estimator: Any
    rows: Rows
    random: np.random.RandomState
    verbose: int


def attention_faithfulness(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    max_samples: int = 100,
    n_points: int = 20,
    n_random: int = 50,
    n_refits: int = 0,
    random_state: Any = None,
    verbose: int = 0,
) -> FaithfulnessReport:
    """Measure whether attention weights show what predictions rest on.

    Attention weights can look convincing and mean nothing [1]_ [2]_ [3]_. The report
    asks in several ways, none of which is proof alone [5]_:

    ``deletion_score``
        Steps are replaced by the channels' means over the training part, in the order
        of their weights, and the change of the output is followed, measured in its
        standard deviation over X. 0 is the mean of random orders, 1 the greedy order,
        which replaces at each point what changes the output most. An interval that
        contains 0 says that the weights do not tell what matters. ``insertion_score``
        is the reverse: steps are put back where all were replaced.
    ``tau_occlusion``, ``tau_gradient``
        Kendall's tau between the weights and the change when one step is replaced, and
        between the weights and integrated gradients.
    ``permuted_change``, ``uniform_change``
        Change of the output when the trained network gets its own weights in another
        order, or equal ones, as a share of the output's standard deviation.
    ``conicity``
        How much the states of a sequence point the same way [4]_.
    ``attended_share``
        Share of the predictions' variation that goes through the attention, where
        ``anchor`` or ``linear_skip`` lead past it.
    ``seed_agreement``
        Kendall's tau between the weights of models trained from other seeds; with
        ``n_refits``.

    Parameters
    ----------
    estimator : object
        Fitted, with ``predict`` and ``predict_attention``; the output explained is
        that of ``predict_proba`` or ``decision_function`` where there is one.
        Gradients, other weights, conicity and share need the network; the report says
        where an estimator does not lend it.
    X : array-like, Tensor, data frame, or list of arrays (length, n_channels)
        Sequences in any form that the estimator takes, held out from training if the
        weights of new samples are what you will read.
    y : array-like, default=None
        True values, for ``n_refits``.
    max_samples : int, default=100
        Most samples to measure; more are drawn from. Where outputs have weights of
        their own, one output of each sample is drawn.
    n_points : int, default=20
        Most points of a curve. Sequences with more steps than that lose several at
        once, also in the greedy order.
    n_random : int, default=50
        Random rankings of each sample, at least 50.
    n_refits : int, default=0
        Clones to fit on X and y with other seeds, to compare their weights; 0 or at
        least 2.
    random_state : int, RandomState instance or None, default=None
        Source of samples, rankings, permutations, resamples and seeds.
    verbose : int, default=0
        1 shows progress bars.

    Returns
    -------
    FaithfulnessReport
        Prints as a table with a sentence for each number; intervals are 95 %
        percentile bootstrap intervals over the samples measured.

    Raises
    ------
    TypeError
        If the estimator has no ``predict_attention``.
    ValueError
        If an argument is not allowed, or predictions for X are all the same.

    See Also
    --------
    FaithfulnessDisplay : Draws the curves.
    occlusion_importance, gradient_importance : What the weights are compared with.

    References
    ----------
    .. [1] S. Jain and B. Wallace (2019). Attention is not explanation. NAACL.

    .. [2] S. Wiegreffe and Y. Pinter (2019). Attention is not not explanation. EMNLP.

    .. [3] S. Serrano and N. Smith (2019). Is attention interpretable? ACL.

    .. [4] A. Mohankumar et al. (2020). Towards transparent and explainable attention
           models. ACL.

    .. [5] M. Neely, S. Schouten, M. Bleeker and A. Lucic (2022). A song of
           (dis)agreement: evaluating the evaluation of explainable artificial
           intelligence in natural language processing. HHAI.

    Examples
    --------
    >>> from skattn import LSTMAttentionRegressor
    >>> from skattn.datasets import make_marked_step
    >>> from skattn.inspection import attention_faithfulness
    >>> X, y, _ = make_marked_step(500, 8, random_state=0)
    >>> model = LSTMAttentionRegressor(hidden_size=16, random_state=0).fit(X, y)
    >>> report = attention_faithfulness(model, X, max_samples=20, random_state=0)
    >>> print(report.verdict)
    Read these weights with care: they show a part of what the predictions rest on.
    """
    series = read_series(estimator, X)
    _check_arguments(max_samples, n_points, n_random, n_refits, y)
    random = check_random_state(random_state)
    output = choose_output(estimator)
    rows = draw_rows(estimator, series, output, max_samples, random, verbose)
    shares = draw_grid(rows.weights.shape[1], n_points)
    deletion, insertion = measure_curves(rows, shares, n_random, random)
    case = _Case(estimator, rows, random, verbose)
    measures = [
        *_score_curves(case, deletion, insertion),
        *_compare_rankings(case, find_mean(estimator, series)),
        *_exchange_weights(case),
        _try(case, "conicity", _measure_conicity),
        _try(case, "attended_share", _measure_share),
    ]
    if n_refits:
        measures.append(_compare_seeds(case, X, y, n_refits))
    return FaithfulnessReport(
        measures=tuple(measures),
        shares=shares,
        deletion=MeanCurves(*(curve.mean(0) for curve in deletion)),
        insertion=MeanCurves(*(curve.mean(0) for curve in insertion)),
        n_samples=len(rows),
        title=_make_title(estimator, rows, len(series)),
    )


def _check_arguments(
    max_samples: Any, n_points: Any, n_random: Any, n_refits: Any, y: Any
) -> None:
    check_count("max_samples", max_samples)
    check_count("n_points", n_points)
    check_count("n_random", n_random, least=50)
    if check_count("n_refits", n_refits, least=0) == 1:
        raise ValueError("n_refits=1 must be 0 or at least 2, to have a pair.")
    if n_refits and y is None:
        raise ValueError(f"n_refits={n_refits} needs y, to fit on.")


def _make_title(estimator: Any, rows: Rows, n_samples: int) -> str:
    return (
        f"Attention of {type(estimator).__name__}, {len(rows)} of {n_samples} samples, "
        f"{rows.weights.shape[1]} steps"
    )


def _score_curves(case: _Case, *curves: Curves) -> Iterator[Measure]:
    names = (("deletion_score", "Replacing"), ("insertion_score", "Putting back"))
    for (name, action), curve in zip(names, curves, strict=True):
        estimate = estimate_ratio(*curve.areas(), case.random)
        yield Measure(name, *estimate, 0.0, say.say_score(estimate, action))


def _compare_rankings(case: _Case, baseline: np.ndarray) -> Iterator[Measure]:
    rows, random = case.rows, case.random
    number, step = np.nonzero(rows.real)
    replaced = np.arange(rows.real.shape[1]) == step[:, None]
    occlusion = np.zeros(rows.real.shape)
    occlusion[number, step] = rows.change_without(number, replaced, "occlusion")
    drawn = random.uniform(size=rows.weights.shape)

    def compare(importance: np.ndarray, what: str) -> tuple[Estimate, float, str]:
        estimate = estimate_mean(_tau(rows.weights, importance, rows.real), random)
        chance = estimate_mean(_tau(drawn, importance, rows.real), random)[0]
        return estimate, chance, say.say_agreement(estimate, chance, what)

    estimate, chance, sentence = compare(occlusion, "replacing one step at a time")
    yield Measure("tau_occlusion", *estimate, chance, sentence)

    def by_gradient(case: _Case) -> tuple[Estimate, float, str]:
        return compare(_gather_gradients(case, baseline), "integrated gradients")

    yield _try(case, "tau_gradient", by_gradient)


def _gather_gradients(case: _Case, baseline: np.ndarray) -> np.ndarray:
    """Give integrated gradients by step, of the output farthest from the baseline's."""
    rows = case.rows
    start = np.broadcast_to(baseline, rows.series.values.shape)
    outputs = rows.output(rows.series.rebuild(start.copy(), rows.series.lengths))
    index = np.arange(len(rows))
    gap = np.abs(rows.arrange(outputs, index) - rows.plain)
    targets = rows.layout.numbers()[rows.parts, gap.argmax(1)]
    parts = attribute(case.estimator, rows.series, targets).sum(2)
    gathered = np.zeros(rows.weights.shape)
    sample, step = np.nonzero(rows.patches >= 0)
    np.add.at(gathered, (sample, rows.patches[sample, step]), parts[sample, step])
    return np.abs(gathered)


def _tau(one: np.ndarray, other: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Give Kendall's tau of each row; NaN where a row has only one value."""
    return np.array(
        [
            kendalltau(a[used], b[used]).statistic
            if np.ptp(a[used]) > 0 and np.ptp(b[used]) > 0
            else np.nan
            for a, b, used in zip(one, other, real, strict=True)
        ]
    )


def _exchange_weights(case: _Case) -> Iterator[Measure]:
    def permuted(case: _Case) -> tuple[Estimate, float, str]:
        estimate = _change_weights(case, _permute, _N_PERMUTATIONS)
        return estimate, np.nan, say.say_change(estimate, "the weights permuted")

    def uniform(case: _Case) -> tuple[Estimate, float, str]:
        estimate = _change_weights(case, _level, 1)
        return estimate, np.nan, say.say_change(estimate, "equal weights")

    yield _try(case, "permuted_change", permuted)
    yield _try(case, "uniform_change", uniform)


def _change_weights(
    case: _Case, change: Callable[..., np.ndarray], n_repeats: int
) -> Estimate:
    rows, index = case.rows, np.arange(len(case.rows))
    probe = _ask(case.estimator, "other weights")
    X = rows.series.whole()
    own = probe.weights(X)
    # (n, n_steps) -> (n, 1, ..., 1, n_steps), as the network holds them
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
    """Exchange real steps, in the same way for all heads and outputs of a sample."""
    keys = np.where(real, random.uniform(size=real.shape), 1.0)
    order = np.argsort(keys, axis=-1, kind="stable")
    return np.take_along_axis(weights, np.broadcast_to(order, weights.shape), -1)


def _level(
    weights: np.ndarray, real: np.ndarray, random: np.random.RandomState
) -> np.ndarray:
    """Give all real steps the same weight."""
    return np.broadcast_to(real / real.sum(-1, keepdims=True), weights.shape)


def _measure_conicity(case: _Case) -> tuple[Estimate, float, str]:
    _ask(case.estimator, "conicity")
    values = conicity(case.estimator, case.rows.series.whole())
    estimate = estimate_mean(values.reshape(len(values), -1).mean(1), case.random)
    sums_inputs = getattr(case.estimator, "values", "states") == "inputs"
    return estimate, np.nan, say.say_conicity(estimate, sums_inputs)


def _measure_share(case: _Case) -> tuple[Estimate, float, str]:
    rows, index = case.rows, np.arange(len(case.rows))
    probe = _ask(case.estimator, "the share of the attention")
    past = rows.arrange(probe.predict_bypass(rows.series.whole()), index)
    through = rows.plain - past
    variation = [np.abs(share - share.mean(0)).mean(1) for share in (through, past)]
    estimate = estimate_ratio(variation[0], variation[0] + variation[1], case.random)
    return estimate, np.nan, say.say_share(estimate)


def _compare_seeds(case: _Case, X: Any, y: Any, n_refits: int) -> Measure:
    rows, weights = case.rows, []
    index = np.arange(len(rows))
    for _ in range(n_refits):
        model = clone(case.estimator)
        if "random_state" in model.get_params():
            model.set_params(random_state=int(case.random.randint(2**31)))
        found = find_weights(model.fit(X, y), rows.series.whole())
        found = found.reshape(len(rows), -1, found.shape[-1])
        weights.append(found[index, rows.parts if found.shape[1] > 1 else 0])
    taus = [_tau(one, other, rows.real) for one, other in combinations(weights, 2)]
    estimate = estimate_mean(np.mean(taus, axis=0), case.random)
    return Measure("seed_agreement", *estimate, 0.0, say.say_seeds(estimate, n_refits))


def _ask(estimator: Any, what: str) -> Any:
    """Return the probe of an estimator, or say what cannot be asked without it."""
    probe = getattr(estimator, "_probe", None)
    if probe is None:
        raise Unreachable(
            f"{what} need{'' if what.endswith('weights') else 's'} the network, and "
            f"{type(estimator).__name__} does not lend it."
        )
    return probe


def _try(
    case: _Case, name: str, measure: Callable[[_Case], tuple[Estimate, float, str]]
) -> Measure:
    """Take a measure, or say why it could not be taken."""
    try:
        estimate, random, sentence = measure(case)
    except (Unreachable, NotImplementedError, ImportError) as error:
        return Measure(name, *_UNKNOWN, np.nan, f"Not measured: {error}")
    return Measure(name, *estimate, random, sentence)
