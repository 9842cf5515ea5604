"""The faithfulness report: numbers, intervals, and a plain sentence for each."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ._frame import import_frame


class Measure(NamedTuple):
    """One line of a report; numbers are NaN where it could not be measured."""

    name: str
    value: float
    low: float
    high: float
    random: float  # what random weights reach
    sentence: str


class MeanCurves(NamedTuple):
    """Mean change of the output at each share of the steps, in spreads of the output.

    For the random rankings a band from the 2.5th to the 97.5th percentile of samples'
    means would say little; their mean is what scores count from.
    """

    attention: np.ndarray
    greedy: np.ndarray
    random: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class FaithfulnessReport:
    """What `attention_faithfulness` found. It prints as a table with sentences.

    ``report[name]`` gives one measure with the fields ``value``, ``low``, ``high`` (a
    95 % interval over samples), ``random`` (what random weights reach) and
    ``sentence``; names are those in the table.

    Parameters
    ----------
    measures : tuple of Measure
        In the order of the table.
    shares : ndarray of shape (n_points,)
        Shares of the steps at which the curves are measured.
    deletion, insertion : MeanCurves
        With the fields ``attention``, ``greedy`` and ``random`` of shape (n_points,).
    n_samples : int
        Samples that were measured.
    title : str
        Stands above the table.

    See Also
    --------
    attention_faithfulness : Makes the report.
    FaithfulnessDisplay : Draws the curves.

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
            f"{name!r} is no measure of the report; there are "
            f"{', '.join(measure.name for measure in self.measures)}."
        )

    @property
    def deletion_score(self) -> float:
        """How well the weights rank steps for deletion: 0 as random, 1 as greedy."""
        return self["deletion_score"].value

    @property
    def verdict(self) -> str:
        """One sentence on whether to read the weights as importance."""
        score, share = self["deletion_score"], self["attended_share"].value
        if not score.low > 0 or score.value < 0.2:
            return (
                "Do not read these weights as importance: a random ranking explains "
                "the predictions about as well."
            )
        if share < 0.5:
            return (
                "These weights speak for the smaller part of the predictions: "
                f"{share:.0%} goes through the attention."
            )
        if score.value >= 0.8:
            return "These weights can be read as what the predictions rest on."
        return (
            "Read these weights with care: they show a part of what the predictions "
            "rest on."
        )

    def __str__(self) -> str:
        return "\n".join([*self._head(), "", *self._sentences()])

    def __repr__(self) -> str:
        return str(self)

    def _head(self) -> Iterator[str]:
        yield self.title
        yield ""
        yield f"{'measure':<18}{'value':>8}{'95 % interval':>20}{'random':>9}"
        for name, value, low, high, random, _ in self.measures:
            interval = f"[{low:6.3f}, {high:6.3f}]" if np.isfinite(low) else ""
            yield (
                f"{name:<18}{_show(value):>8}{interval:>20}{_show(random):>9}"
            ).rstrip()

    def _sentences(self) -> Iterator[str]:
        yield from textwrap.wrap(self.verdict, 79)
        for measure in self.measures:
            yield ""
            yield from textwrap.wrap(f"{measure.name}: {measure.sentence}", 79)

    def to_frame(self, library: str = "pandas") -> Any:
        """Give the measures as a data frame.

        Parameters
        ----------
        library : {"pandas", "polars"}, default="pandas"
            Which data frame to make.

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


def _show(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "-"
