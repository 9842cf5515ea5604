"""The display of deletion and insertion curves."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import _plot_common as common
from ._faithfulness import attention_faithfulness
from ._report import FaithfulnessReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

_PANELS = (("deletion", "steps replaced"), ("insertion", "steps put back"))


class FaithfulnessDisplay:
    """Deletion and insertion curves of a faithfulness report.

    If the weights show which steps matter, the curve of the attention is close to that
    of the greedy order; if they do not, it is close to that of random orders.

    Parameters
    ----------
    report : FaithfulnessReport
        From `attention_faithfulness`.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the plot.
    axes_ : ndarray of matplotlib Axes of shape (2,)
        The axes of deletion and insertion inside of it.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    lines_ : list of matplotlib Line2D
        Attention, greedy and random order, of deletion and then of insertion.

    See Also
    --------
    attention_faithfulness : Compute the report.

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

    ax_: "Axes"
    axes_: np.ndarray
    figure_: "Figure | SubFigure"
    lines_: list["Line2D"]

    def __init__(self, report: FaithfulnessReport) -> None:
        self.report = report

    @classmethod
    def from_estimator(
        cls,
        estimator: object,
        X: object,
        y: npt.ArrayLike | None = None,
        *,
        ax: "Axes | None" = None,
        **settings: Any,
    ) -> "FaithfulnessDisplay":
        """Compute a report and draw its curves.

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
        cls, report: FaithfulnessReport, *, ax: "Axes | None" = None
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

    def plot(self, *, ax: "Axes | None" = None) -> "FaithfulnessDisplay":
        """Draw the plot.

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
        boxes = [(0.0, 0.0, 0.46, 1.0), (0.54, 0.0, 0.46, 1.0)]
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
