"""The display of losses over the epochs of a fit."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils.validation import check_is_fitted

from . import _plot_common as common
from ._forecasts import reach

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

_NAMES = {"train_loss": "training", "validation_loss": "validation"}


class TrainingDisplay:
    """Losses over the epochs of a fit, with the learning rate below.

    A training loss that does not fall says that nothing is learned; a validation loss
    that rises while the training loss falls says that samples are learned by heart.

    Parameters
    ----------
    history : mapping of str to sequence of float
        ``history_`` of an estimator: "train_loss", and where they were recorded
        "validation_loss" and "learning_rate", one value an epoch.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the losses.
    rate_ax_ : matplotlib Axes or None
        The axes of the learning rate; None if it was not recorded.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    lines_ : dict of matplotlib Line2D
        By the names in ``history``.
    best_epoch_ : int or None
        The epoch of the least validation loss, from 1; None without validation.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Scores by the number of samples.

    Examples
    --------
    >>> from skattn import LSTMAttentionRegressor
    >>> from skattn.datasets import make_marked_step
    >>> from skattn.inspection import TrainingDisplay
    >>> X, y, _ = make_marked_step(200, 8, random_state=0)
    >>> model = LSTMAttentionRegressor(
    ...     max_epochs=5, early_stopping=True, random_state=0
    ... ).fit(X, y)
    >>> display = TrainingDisplay.from_estimator(model)
    >>> sorted(display.lines_)
    ['learning_rate', 'train_loss', 'validation_loss']
    """

    ax_: "Axes"
    rate_ax_: "Axes | None"
    figure_: "Figure | SubFigure"
    lines_: dict[str, "Line2D"]
    best_epoch_: int | None

    def __init__(self, history: Mapping[str, Sequence[float]]) -> None:
        self.history = history

    @classmethod
    def from_estimator(
        cls, estimator: object, *, ax: "Axes | None" = None
    ) -> "TrainingDisplay":
        """Draw the losses of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            Fitted: one of skattn's, or a pipeline or search that ends in one.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        TrainingDisplay
            Drawn.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If it keeps no losses.
        """
        return cls(_find_history(estimator)).plot(ax=ax)

    def plot(self, *, ax: "Axes | None" = None) -> "TrainingDisplay":
        """Draw the plot.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        TrainingDisplay
            Itself.

        Raises
        ------
        ValueError
            If ``history`` has no losses.
        """
        losses = {key: self.history[key] for key in _NAMES if key in self.history}
        if not losses:
            raise ValueError(
                f"history has {sorted(self.history)}; it must have 'train_loss' or "
                "'validation_loss'."
            )
        outer = common.get_axes(ax, type(self).__name__, (6.4, 4.2))
        self.figure_, self.lines_ = outer.figure, {}
        rates = self.history.get("learning_rate")
        self.ax_, self.rate_ax_ = outer, None
        if rates is not None:
            boxes = [(0.0, 0.3, 1.0, 0.7), (0.0, 0.0, 1.0, 0.2)]
            self.ax_, self.rate_ax_ = common.split_axes(outer, boxes)
        self._draw_losses(losses)
        if self.rate_ax_ is not None:
            self._draw_rates(self.rate_ax_, rates)
        return self

    def _draw_losses(self, losses: Mapping[str, Sequence[float]]) -> None:
        """Draw the losses, and mark the best epoch."""
        colours = {"train_loss": common.BLUE, "validation_loss": common.ORANGE}
        for key, values in losses.items():
            epochs = np.arange(1, len(values) + 1)
            marker = "o" if len(values) < 2 else None
            (self.lines_[key],) = self.ax_.plot(
                epochs, values, color=colours[key], marker=marker, label=_NAMES[key]
            )
        self.best_epoch_ = None
        validation = np.asarray(losses.get("validation_loss", ()), dtype=float)
        if np.isfinite(validation).any():
            best = int(np.nanargmin(validation))
            self.best_epoch_ = best + 1
            self.ax_.plot(
                best + 1, validation[best], "o", color=colours["validation_loss"]
            )
            self.ax_.annotate(
                f"best: epoch {best + 1}",
                (best + 1, validation[best]),
                xytext=(0, 14),
                textcoords="offset points",
                ha="right" if 2 * best > len(validation) else "left",
                color=colours["validation_loss"],
            )
        parts = [np.asarray(part, dtype=float) for part in losses.values()]
        finite = np.concatenate(parts)
        finite = finite[np.isfinite(finite)]
        if finite.size and finite.min() > 0 and finite.max() > 20 * finite.min():
            self.ax_.set_yscale("log")
        self.ax_.set_ylabel("loss")
        if self.rate_ax_ is None:
            self.ax_.set_xlabel("epoch")
        self.ax_.legend(frameon=False)
        common.open_spines(self.ax_)

    def _draw_rates(self, ax: "Axes", rates: Sequence[float] | None) -> None:
        """Draw the learning rate on its own axes."""
        rates = [] if rates is None else rates
        epochs = np.arange(1, len(rates) + 1)
        (self.lines_["learning_rate"],) = ax.plot(epochs, rates, color=common.GREY)
        ax.set_ylim(bottom=0)
        ax.set_xlim(self.ax_.get_xlim())
        self.ax_.tick_params(labelbottom=False)
        ax.set(xlabel="epoch", ylabel="rate")
        common.open_spines(ax)


def _find_history(estimator: object) -> Mapping[str, Sequence[float]]:
    """Return the history of the estimator inside of pipelines, searches and others."""
    check_is_fitted(estimator)
    inner, _ = reach(estimator, None, "history_", other_units=True)
    if inner is None:
        raise TypeError(
            f"{type(estimator).__name__} keeps no losses; allowed are skattn's "
            "estimators, and pipelines, searches and others around one."
        )
    history: Mapping[str, Sequence[float]] = inner.history_
    return history
