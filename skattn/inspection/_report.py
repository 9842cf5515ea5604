"""The faithfulness report: numbers, intervals, and a sentence for each number."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ._frame import import_frame

# Changes below this share of the output's spread count as no change.
_NEGLIGIBLE = 0.02
_N_RESAMPLES = 2000


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


class MeanCurves(NamedTuple):
    """Mean change of the output at each share of the steps, in spreads of the output.

    The random curve is the mean over random rankings, where scores are 0.
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


def describe_score(estimate: Estimate, action: str) -> str:
    """Return what a deletion or insertion score means."""
    score, low, high = estimate
    if np.isnan(score):
        return "Not measured: replacing steps does not change the predictions at all."
    if low <= 0 <= high:
        return (
            f"{action} steps in the order of their weights has no more effect than in "
            "random order, since the interval contains 0: these weights do not show "
            "which steps matter."
        )
    if high < 0:
        return (
            f"{action} steps in the order of their weights has less effect than in "
            "random order: the steps that matter have small weights."
        )
    degree = _grade(score, 0.8, "nearly all", 0.5, "much", "some")
    return (
        f"{action} steps in the order of their weights has {degree} of the effect of "
        "the greedy order (1 is the greedy order, 0 the mean of random orders)."
    )


def describe_agreement(estimate: Estimate, random: float, ranking: str) -> str:
    """Return how well the ranking by weights agrees with another ranking."""
    tau, low, _ = estimate
    if np.isnan(tau):
        return (
            "All weights of a sample are equal and do not rank the steps, so that "
            f"{ranking} cannot agree with them."
        )
    scale = "(mean Kendall tau; 1 is the same order, 0 no agreement)"
    if low <= random:
        return (
            f"The ranking by weights agrees with the ranking by {ranking} no better "
            f"than random weights do {scale}."
        )
    degree = _grade(tau, 0.6, "well", 0.3, "moderately well", "slightly")
    return (
        f"The ranking by weights agrees {degree} with the ranking by {ranking} {scale}."
    )


def describe_change(estimate: Estimate, replacement: str) -> str:
    """Return how other weights change the predictions."""
    change = estimate.value
    if change == 0:
        return (
            f"With {replacement} the predictions do not change at all: they do not "
            "depend on the weights, and the weights explain nothing."
        )
    if change < _NEGLIGIBLE:
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


def describe_seeds(estimate: Estimate, n_refits: int) -> str:
    """Return how well the weights of models with different seeds agree."""
    degree = _grade(
        estimate.value,
        0.6,
        "agree",
        0.3,
        "agree moderately well",
        "do not agree: other weights fit the same data as well",
    )
    return (
        f"The weights of {n_refits} models trained with different seeds {degree} "
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
        """How well the weights rank steps for deletion: 0 is random, 1 greedy."""
        return self["deletion_score"].value

    @property
    def verdict(self) -> str:
        """Whether the weights may be read as importance, in one sentence."""
        score, share = self["deletion_score"], self["attended_share"].value
        if not score.low > 0 or score.value < 0.2:
            return (
                "Do not read these weights as importance: a random ranking explains "
                "the predictions about as well."
            )
        if share < 0.5:
            return (
                "These weights explain the smaller share of the predictions: "
                f"{share:.0%} goes through the attention."
            )
        if score.value >= 0.8:
            return "These weights can be read as what the predictions rest on."
        return (
            "Read these weights with care: they show some of what the predictions "
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

    def _wrap_sentences(self) -> Iterator[str]:
        yield from textwrap.wrap(self.verdict, 79)
        for measure in self.measures:
            yield ""
            yield from textwrap.wrap(f"{measure.name}: {measure.sentence}", 79)

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


def _format_number(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "-"
