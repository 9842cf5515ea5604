"""The faithfulness report: numbers, intervals, and a sentence for each number."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ._frame import import_frame

# Changes below this share of the output's spread count as no change.
NEGLIGIBLE = 0.02
_N_RESAMPLES = 2000

# Least scores of a ranking that is better than random, and of one that can be read.
_LEAST = 0.2
_READABLE = 0.8
_INSERTED = 0.5

_READ = {"read": "yes", "care": "with care", "not": "no"}


class Estimate(NamedTuple):
    """A mean over samples with its 95 % interval; NaN where it is unknown."""

    value: float = np.nan
    low: float = np.nan
    high: float = np.nan


class Measure(NamedTuple):
    """One line of a report; numbers are NaN if the measure is unknown."""

    name: str
    value: float
    low: float
    high: float
    random: float  # the value for random weights
    sentence: str


class Ranking(NamedTuple):
    """How well one ranking of the steps does, from 0 (random) to 1 (greedy)."""

    name: str  # "weights", "size" or "signed"
    deletion: Estimate
    insertion: Estimate


class MeanCurves(NamedTuple):
    """Mean change of the output at each share of the steps, in spreads of the output.

    The first curve is in the order of the ranking that the report is about. The random
    curve is the mean over random orders, where scores are 0.
    """

    attention: np.ndarray
    greedy: np.ndarray
    random: np.ndarray


def estimate_mean(values: np.ndarray, random: np.random.RandomState) -> Estimate:
    """Compute the mean of one number per sample, with its 95 % interval."""
    return estimate_ratio(values, np.ones_like(values), random)


def estimate_ratio(
    above: np.ndarray, below: np.ndarray, random: np.random.RandomState
) -> Estimate:
    """Compute the ratio of two means, with a 95 % percentile interval over samples.

    Samples with NaN are left out. All numbers are NaN if no sample is left or the
    denominator is 0.
    """
    known = np.isfinite(above) & np.isfinite(below)
    above, below = above[known], below[known]
    if not len(above) or below.sum() == 0:
        return Estimate()
    drawn = random.randint(len(above), size=(_N_RESAMPLES, len(above)))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = above[drawn].sum(1) / below[drawn].sum(1)
    low, high = np.nanpercentile(ratios, [2.5, 97.5])
    return Estimate(float(above.sum() / below.sum()), float(low), float(high))


def describe_score(
    estimate: Estimate, action: str, order: str = "their weights"
) -> str:
    """Return what a deletion or insertion score means."""
    score, low, high = estimate
    if np.isnan(score):
        return "Not measured: replacing steps does not change the predictions at all."
    if low <= 0 <= high:
        return (
            f"{action} steps in the order of {order} has no more effect than in "
            "random order, since the interval contains 0: this order does not show "
            "which steps matter."
        )
    if high < 0:
        return (
            f"{action} steps in the order of {order} has less effect than in "
            "random order: the steps that matter come late."
        )
    degree = _grade(score, 0.8, "nearly all", 0.5, "much", "some")
    return (
        f"{action} steps in the order of {order} has {degree} of the effect of "
        "the greedy order (1 is the greedy order, 0 the mean of random orders)."
    )


def describe_additivity(estimate: Estimate) -> str:
    """Return how much of the whole change single steps explain."""
    share = estimate.value
    if np.isnan(share):
        return "Not measured: replacing all steps changes all predictions alike."
    if share >= 0.8:
        meaning = "steps can be read one by one"
    elif share >= 0.5:
        meaning = "much of it lies in single steps"
    else:
        meaning = "steps act together, which no ranking of single steps can show"
    return (
        "The sum of the changes by single steps explains the change when all are "
        f"replaced with R2 = {share:.2f}: {meaning}."
    )


def describe_agreement(
    estimate: Estimate, random: float, ranking: str, own: str = "weights"
) -> str:
    """Return how well a ranking agrees with another one."""
    tau, low, _ = estimate
    if np.isnan(tau):
        return (
            "All weights of a sample are equal and do not rank the steps, so that "
            f"{ranking} cannot agree with them."
        )
    scale = "(mean Kendall tau; 1 is the same order, 0 no agreement)"
    if low <= random:
        return (
            f"The ranking by {own} agrees with the ranking by {ranking} no better "
            f"than random weights do {scale}."
        )
    degree = _grade(tau, 0.6, "well", 0.3, "moderately well", "slightly")
    return (
        f"The ranking by {own} agrees {degree} with the ranking by {ranking} {scale}."
    )


def describe_change(estimate: Estimate, replacement: str) -> str:
    """Return how other weights change the predictions."""
    change = estimate.value
    if change == 0:
        return (
            f"With {replacement} the predictions do not change at all: they do not "
            "depend on the weights, and the weights explain nothing."
        )
    if change < NEGLIGIBLE:
        return (
            f"With {replacement} the predictions hardly change ({change:.1%} of their "
            "spread): very different weights give nearly the same predictions."
        )
    return (
        f"With {replacement} the predictions change by {change:.0%} of their spread: "
        "they depend on which steps have large weights."
    )


def describe_conicity(estimate: Estimate, sums_inputs: bool) -> str:
    """Return how similar the states are, unless the weights sum up inputs."""
    if sums_inputs:
        return (
            "Mean cosine of the states with their mean. With values='inputs' the "
            "weights sum up inputs, so that similar states do no harm."
        )
    degree = _grade(
        estimate.value,
        0.8,
        "hardly differ, so that any weights give nearly the same context",
        0.5,
        "are moderately similar",
        "differ, so that weights can choose between them",
    )
    return f"The states of a sequence {degree} (mean cosine with their mean)."


def describe_share(estimate: Estimate) -> str:
    """Return how much of the variation of predictions goes through the attention."""
    share = estimate.value
    if share == 1:
        return "All of a prediction goes through the attention."
    return (
        f"{share:.0%} of the variation of the predictions goes through the attention. "
        f"{1 - share:.0%} goes through anchor and linear_skip, which the weights do "
        "not explain."
    )


def describe_seeds(estimate: Estimate, n_refits: int, own: str = "weights") -> str:
    """Return how well the rankings of models with different seeds agree."""
    degree = _grade(
        estimate.value,
        0.6,
        "agree",
        0.3,
        "agree moderately well",
        "do not agree: other rankings fit the same data as well",
    )
    return (
        f"The rankings by {own} of {n_refits} models with different seeds {degree} "
        "(mean Kendall tau between them)."
    )


def _grade(
    value: float, high: float, good: str, middle: float, fair: str, poor: str
) -> str:
    if value >= high:
        return good
    return fair if value >= middle else poor


@dataclass(frozen=True, eq=False, repr=False)
class FaithfulnessReport:
    """The result of `attention_faithfulness`, printed as a table with sentences.

    ``report[name]`` is one measure, with the fields ``value``, ``low``, ``high`` (a
    95 % interval over samples), ``random`` (the value for random weights) and
    ``sentence``. The names are those in the table.

    Parameters
    ----------
    measures : tuple of Measure
        In the order of the table.
    shares : ndarray of shape (n_points,)
        Shares of the steps at which the curves are measured.
    deletion, insertion : MeanCurves
        With the fields ``attention``, ``greedy`` and ``random`` of shape (n_points,).
    n_samples : int
        Number of samples that were measured.
    title : str
        First line of the printed report.
    rankings : tuple of Ranking, default=()
        Scores of all rankings that the estimator offers, each with the fields ``name``,
        ``deletion`` and ``insertion``.
    ranking : {"weights", "size", "signed"}, default="weights"
        The ranking that measures, curves and verdict are about.

    See Also
    --------
    attention_faithfulness : Compute the report.
    FaithfulnessDisplay : Draw the curves.

    Examples
    --------
    >>> from skattn import LSTMAttentionRegressor
    >>> from skattn.datasets import make_marked_step
    >>> from skattn.inspection import attention_faithfulness
    >>> X, y, _ = make_marked_step(100, 6, random_state=0)
    >>> model = LSTMAttentionRegressor(max_epochs=2, random_state=0).fit(X, y)
    >>> report = attention_faithfulness(model, X, max_samples=10, random_state=0)
    >>> measure = report["deletion_score"]
    >>> measure.low <= measure.value <= measure.high
    True
    """

    measures: tuple[Measure, ...]
    shares: np.ndarray
    deletion: MeanCurves
    insertion: MeanCurves
    n_samples: int
    title: str
    rankings: tuple[Ranking, ...] = ()
    ranking: str = "weights"

    def __getitem__(self, name: str) -> Measure:
        for measure in self.measures:
            if measure.name == name:
                return measure
        raise KeyError(
            f"{name!r} is no measure of the report; allowed are "
            f"{', '.join(measure.name for measure in self.measures)}."
        )

    @property
    def deletion_score(self) -> float:
        """How well the ranking does for deletion: 0 is random, 1 greedy."""
        return self["deletion_score"].value

    @property
    def insertion_score(self) -> float:
        """How well the ranking does for insertion: 0 is random, 1 greedy."""
        return self["insertion_score"].value

    @property
    def recommended(self) -> str | None:
        """The ranking that may be shown as importance; None if there is none.

        Of those whose verdict is that they can be read, the one whose lower score is
        highest.
        """
        readable = [
            each
            for each in self.rankings
            if _judge(each.deletion, each.insertion) == "read"
        ]
        lower = [min(each.deletion.value, each.insertion.value) for each in readable]
        return readable[int(np.argmax(lower))].name if readable else None

    @property
    def grade(self) -> str:
        """The verdict in few words: "can be read", "with care" or "do not read"."""
        verdict = _judge(self["deletion_score"], self["insertion_score"])
        return {"read": "can be read", "care": "with care", "not": "do not read"}[
            verdict
        ]

    @property
    def verdict(self) -> str:
        """Whether the ranking may be read as importance, in one sentence."""
        share = self["attended_share"].value
        own = "weights" if self.ranking == "weights" else "contributions"
        verdict = _judge(self["deletion_score"], self["insertion_score"])
        if verdict == "not":
            return (
                f"Do not read these {own} as importance: a random ranking explains "
                "the predictions about as well."
            )
        if share < 0.5 and self.ranking == "weights":
            return (
                "These weights explain the smaller share of the predictions: "
                f"{share:.0%} goes through the attention."
            )
        if verdict == "read":
            return f"These {own} can be read as what the predictions rest on."
        return (
            f"Read these {own} with care: they show some of what the predictions "
            "rest on."
        )

    def __str__(self) -> str:
        return "\n".join([*self._format_table(), "", *self._wrap_sentences()])

    def __repr__(self) -> str:
        return str(self)

    def _format_table(self) -> Iterator[str]:
        yield self.title
        yield ""
        yield f"{'measure':<18}{'value':>8}{'95 % interval':>20}{'random':>9}"
        for name, value, low, high, random, _ in self.measures:
            interval = f"[{low:6.3f}, {high:6.3f}]" if np.isfinite(low) else ""
            number, chance = _format_number(value), _format_number(random)
            yield f"{name:<18}{number:>8}{interval:>20}{chance:>9}".rstrip()
        if len(self.rankings) > 1:
            yield ""
            yield f"{'ranking':<18}{'deletion':>9}{'insertion':>10}  may be read"
        for name, deletion, insertion in self.rankings if self.rankings[1:] else ():
            pair = f"{deletion.value:>9.3f}{insertion.value:>10.3f}"
            yield f"{name:<18}{pair}  {_READ[_judge(deletion, insertion)]}"

    def _wrap_sentences(self) -> Iterator[str]:
        yield from textwrap.wrap(self.verdict, 79)
        if len(self.rankings) > 1:
            yield ""
            yield from textwrap.wrap(self._advise(), 79)
        for measure in self.measures:
            yield ""
            yield from textwrap.wrap(f"{measure.name}: {measure.sentence}", 79)

    def _advise(self) -> str:
        """Return which ranking may be shown."""
        if self.recommended is None:
            return "None of the rankings may be shown as what the predictions rest on."
        return f"The ranking to show is ranking={self.recommended!r}."

    def to_frame(self, library: str = "pandas") -> Any:
        """Return the measures as a data frame.

        Parameters
        ----------
        library : {"pandas", "polars"}, default="pandas"
            The library of the data frame.

        Returns
        -------
        pandas.DataFrame or polars.DataFrame
            With the columns ``measure``, ``value``, ``low``, ``high``, ``random`` and
            ``sentence``.
        """
        names = ("measure", "value", "low", "high", "random", "sentence")
        columns = zip(*self.measures, strict=True)
        return import_frame(library)(
            {name: list(column) for name, column in zip(names, columns, strict=True)}
        )


def _judge(deletion: Estimate | Measure, insertion: Estimate | Measure) -> str:
    """Return whether a ranking may be read: "read", "care" or "not".

    The bounds are set on models whose truth is known, in ``benchmarks.faithfulness``.
    """
    if not deletion.low > 0 or deletion.value < _LEAST:
        return "not"
    if deletion.value >= _READABLE and insertion.value >= _INSERTED:
        return "read"
    return "care"


def _format_number(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "-"
