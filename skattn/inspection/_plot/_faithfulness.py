"""Pictures of deletion and insertion curves."""

from typing import Any

import numpy as np

from .._faithfulness import attention_faithfulness
from .._report import FaithfulnessReport
from . import _common as common

_PANELS = (("deletion", "steps replaced"), ("insertion", "steps put back"))


class FaithfulnessDisplay:
    """Deletion and insertion curves of a faithfulness report.

    Attention whose weights show what matters runs with the greedy order; attention that
    shows nothing runs with the random one.

    Parameters
    ----------
    report : FaithfulnessReport
        From `attention_faithfulness`.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.
    axes_ : ndarray of matplotlib Axes of shape (2,)
        The axes of deletion and insertion inside of it.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    lines_ : list of matplotlib Line2D
        Attention, greedy and random order, of deletion and then of insertion.

    See Also
    --------
    attention_faithfulness : Makes the report.

    Examples
    --------
    >>> from skattn import LSTMAttentionRegressor
    >>> from skattn.datasets import make_marked_step
    >>> from skattn.inspection import FaithfulnessDisplay
    >>> X, y, _ = make_marked_step(200, 8, random_state=0)
    >>> model = LSTMAttentionRegressor(max_epochs=2, random_state=0).fit(X, y)
    >>> display = FaithfulnessDisplay.from_estimator(
    ...     model, X, max_samples=10, random_state=0
    ... )
    >>> len(display.lines_)
    6
    """

    ax_: Any
    axes_: np.ndarray
    figure_: Any
    lines_: list[Any]

    def __init__(self, report: FaithfulnessReport) -> None:
        self.report = report

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any = None, *, ax: Any = None, **settings: Any
    ) -> "FaithfulnessDisplay":
        """Make a report and draw its curves.

        Parameters
        ----------
        estimator : object
            As for `attention_faithfulness`.
        X : array-like
            As for `attention_faithfulness`.
        y : array-like, default=None
            As for `attention_faithfulness`.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **settings
            Further arguments of `attention_faithfulness`.

        Returns
        -------
        FaithfulnessDisplay
            Drawn.
        """
        report = attention_faithfulness(estimator, X, y, **settings)
        return cls(report).plot(ax=ax)

    @classmethod
    def from_report(
        cls, report: FaithfulnessReport, *, ax: Any = None
    ) -> "FaithfulnessDisplay":
        """Draw the curves of a report.

        Parameters
        ----------
        report : FaithfulnessReport
            From `attention_faithfulness`.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        FaithfulnessDisplay
            Drawn.
        """
        return cls(report).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> "FaithfulnessDisplay":
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        FaithfulnessDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_ = common.get_axes(ax, "FaithfulnessDisplay")
        self.figure_ = self.ax_.figure
        boxes = [[0, 0, 0.46, 1], [0.54, 0, 0.46, 1]]
        self.axes_ = np.array(common.split_axes(self.ax_, boxes))
        self.lines_ = []
        for axes, (name, label) in zip(self.axes_, _PANELS, strict=True):
            curves = getattr(self.report, name)
            percent = 100 * self.report.shares
            for order, colour, style in (
                ("attention", common.ORANGE, "-"),
                ("greedy", common.BLUE, "--"),
                ("random", common.GREY, ":"),
            ):
                self.lines_ += axes.plot(
                    percent,
                    getattr(curves, order),
                    color=colour,
                    ls=style,
                    lw=2,
                    label=order,
                )
            score = self.report[f"{name}_score"].value
            axes.set_title(f"{name} score {score:.2f}", fontsize="medium")
            axes.set(xlabel=f"{label}, %", xlim=(0, 100), ylim=(0, None))
            common.open_spines(axes)
        self.axes_[0].set_ylabel("change of the output, in its spread")
        self.axes_[1].legend(frameon=False, title="order")
        return self
