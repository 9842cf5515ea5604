"""The report on whether attention weights show what predictions rest on."""

import numpy as np
import numpy.typing as npt

from .._random import make_random
from ._curves import WeightRows, choose_shares, draw_rows, measure_curves
from ._estimators import choose_output
from ._importance import check_count
from ._measures import (
    Case,
    compare_rankings,
    compare_seeds,
    exchange_weights,
    measure_conicity,
    measure_share,
    score_curves,
    show_scores,
)
from ._rankings import RANKINGS
from ._report import FaithfulnessReport
from ._series import find_mean, read_series


def attention_faithfulness(
    estimator: object,
    X: object,
    y: npt.ArrayLike | None = None,
    *,
    ranking: str = "weights",
    replacement: str = "mean",
    max_samples: int = 100,
    n_points: int = 20,
    n_random: int = 50,
    n_refits: int = 0,
    random_state: int | np.random.RandomState | None = None,
    verbose: int = 0,
) -> FaithfulnessReport:
    """Measure whether attention weights show what predictions rest on.

    Attention weights can look convincing and mean nothing [1]_ [2]_ [3]_. The report
    measures this in several ways, none of which is proof alone [5]_:

    ``deletion_score``
        Steps are replaced by the channel means over the training samples, in the order
        of the ranking. After each replacement the change of the output is measured,
        in standard deviations of the output over X. The score is 0 for the mean of
        random orders, and 1 for the greedy order, which at each point replaces what
        changes the output most. Points count up to where the greedy order has changed
        the output as much as replacing all steps does: from there on nothing is left
        to explain. If the interval contains 0, the ranking does not show which steps
        matter. ``insertion_score`` is the reverse: all steps are replaced and then put
        back, and all points count.
    ``additivity``
        R2 of the sum of the changes by single steps against the change when all steps
        are replaced. Where it is low, steps act together, and no ranking of single
        steps can show what predictions rest on.
    ``tau_occlusion``, ``tau_gradient``
        Kendall's tau between the weights and the change when one step is replaced, and
        between the weights and integrated gradients.
    ``permuted_change``, ``uniform_change``
        Change of the output when the trained network uses its own weights in another
        order, or equal weights, as a share of the output's standard deviation.
    ``conicity``
        How much the states of a sequence point in the same direction [4]_.
    ``attended_share``
        Share of the predictions' variation that goes through the attention, where
        ``anchor`` or ``linear_skip`` bypass it.
    ``seed_agreement``
        Kendall's tau between the weights of models trained with different seeds; with
        ``n_refits``.

    Parameters
    ----------
    estimator : object
        Fitted, with ``predict`` and ``predict_attention``; with
        ``predict_contributions``, rankings by these are measured as well. Where it has
        ``predict_proba`` or ``decision_function``, their output is explained instead.
        Gradients, other weights, conicity and share need the network; the report says
        which measures are missing because an estimator does not provide it.
    X : array-like, Tensor, data frame, or list of arrays (length, n_channels)
        Sequences in any form that the estimator takes. Use samples that were not
        trained on if you read the weights of new samples.
    y : array-like, default=None
        True values, for ``n_refits``.
    ranking : {"weights", "size", "signed"}, default="weights"
        What the measures, curves and verdict are about: attention weights; the size of
        contributions; or contributions with their signs, those first that moved the
        output as all steps together did. The scores of all rankings that the estimator
        offers stand in ``report.rankings``, and ``report.recommended`` names the one to
        show. Contributions include what bypasses the attention.
    replacement : {"mean", "interpolate", "sample"}, default="mean"
        What replaces steps: the mean of each channel over the training samples, the
        line between the nearest steps that stay, or the values of another sample.
    max_samples : int, default=100
        Maximum number of samples to measure; they are drawn from X if it has more.
        Where outputs have weights of their own, one output of each sample is drawn.
    n_points : int, default=20
        Maximum number of points of a curve. In sequences with more steps, several are
        replaced at once, also in the greedy order.
    n_random : int, default=50
        Number of random rankings of each sample, at least 50.
    n_refits : int, default=0
        Number of clones to fit on X and y with different seeds, to compare their
        weights; 0 or at least 2. Clones have the present parameters of the estimator,
        also those set after ``fit``.
    random_state : int, RandomState instance or None, default=None
        Controls the samples, rankings, permutations, resamples and seeds.
    verbose : int, default=0
        1 shows progress bars.

    Returns
    -------
    FaithfulnessReport
        Printed as a table with a sentence for each number. Intervals are 95 %
        percentile bootstrap intervals over the measured samples.

    Raises
    ------
    TypeError
        If the estimator has no ``predict_attention``.
    ValueError
        If an argument is not allowed, or predictions for X are all the same.

    See Also
    --------
    FaithfulnessDisplay : Draw the curves.
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
    These weights can be read as what the predictions rest on.
    """
    series = read_series(estimator, X)
    if ranking not in RANKINGS:
        refuse = ", ".join(map(repr, RANKINGS))
        raise ValueError(f"ranking={ranking!r} is not known; allowed are {refuse}.")
    _check_arguments(max_samples, n_points, n_random, n_refits, y)
    random = make_random(random_state)
    output = choose_output(estimator)
    rows = draw_rows(
        estimator, series, output, max_samples, random, replacement, verbose
    )
    if ranking not in rows.scores:
        offered = ", ".join(map(repr, rows.scores))
        raise ValueError(
            f"ranking={ranking!r} is not offered by this {type(estimator).__name__}; "
            f"allowed are {offered}. Contributions need predictions that are sums."
        )
    shares = choose_shares(rows.weights.shape[1], n_points)
    curves = measure_curves(rows, shares, n_random, random)
    case = Case(estimator, rows, random, ranking)
    rankings = score_curves(case, curves)
    deletion, insertion = curves[ranking]
    measures = [
        *show_scores(case, rankings),
        *compare_rankings(case, find_mean(estimator, series)),
        *exchange_weights(case),
        measure_conicity(case),
        measure_share(case),
    ]
    if n_refits:
        measures.append(compare_seeds(case, X, y, n_refits))
    return FaithfulnessReport(
        measures=tuple(measures),
        shares=shares,
        deletion=deletion.mean(),
        insertion=insertion.mean(),
        n_samples=len(rows),
        title=_make_title(estimator, rows, len(series)),
        rankings=rankings,
        ranking=ranking,
    )


def _check_arguments(
    max_samples: object,
    n_points: object,
    n_random: object,
    n_refits: object,
    y: npt.ArrayLike | None,
) -> None:
    check_count("max_samples", max_samples)
    check_count("n_points", n_points)
    check_count("n_random", n_random, least=50)
    if check_count("n_refits", n_refits, least=0) == 1:
        raise ValueError("n_refits=1 must be 0 or at least 2, to compare a pair.")
    if n_refits and y is None:
        raise ValueError(f"n_refits={n_refits} needs y, to fit the clones on.")


def _make_title(estimator: object, rows: WeightRows, n_samples: int) -> str:
    return (
        f"Attention of {type(estimator).__name__}, {len(rows)} of {n_samples} samples, "
        f"{rows.weights.shape[1]} steps"
    )
