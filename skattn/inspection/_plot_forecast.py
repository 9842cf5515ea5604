"""The display of a forecast: history, truth, intervals and attention."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from . import _plot_common as common
from ._forecasts import Shown, check_parts, find_first, read_forecasts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D

_MOST_DOTS = 50


class ForecastDisplay:
    """Plot of one forecast after its history, with the truth and intervals around it.

    Use `from_estimator` or `from_predictions` to make one. Below the forecast stand the
    attention weights of the steps of its history, where there are some. With the truth
    the legend counts how many of its values each interval holds: in the forecast that
    is shown, and in all.

    Parameters
    ----------
    forecast : ndarray of shape (n_samples, horizon)
        Of one target.
    history : list of ndarray of shape (n_timesteps,), default=None
        What came before, one array a sample.
    truth : ndarray of shape (n_samples, horizon), default=None
        What came then; NaN where it is not known yet.
    quantiles : ndarray of shape (n_samples, horizon, n_quantiles), default=None
        Around the forecast, ascending; edges of an interval are two quantiles.
    levels : array-like of shape (n_quantiles,), default=None
        Their levels, ascending.
    weights : list of ndarray of shape (n_timesteps,), default=None
        Attention weights of the steps of the history.
    times : array-like of shape (n_timesteps + horizon,) or (n_timesteps,), default=None
        Numbers or dates of the sample that is shown, evenly spaced where those of the
        horizon are left out. None counts steps from the end of the history.
    name, unit : str, default=""
        Name and unit of what is forecast.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the plot.
    axes_ : ndarray of matplotlib Axes
        The axes of the forecast, and those of the weights if there are some.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    lines_ : list of matplotlib Line2D
        History, truth and forecast, those that there are, in this order.
    bands_ : list of matplotlib PolyCollection
        The intervals, the widest first.
    weights_ : matplotlib PolyCollection or None
        The weights.
    legend_ : matplotlib Legend
        Above the axes.
    coverage_ : dict of float
        The share of the truth in all samples that lies inside of each interval, by the
        share that it should hold; empty without truth or intervals.

    See Also
    --------
    AttentionDisplay : The weights alone.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn.inspection import ForecastDisplay
    >>> past, coming = np.arange(20.0), np.arange(20.0, 25)
    >>> display = ForecastDisplay.from_predictions(
    ...     coming[None] + 0.5, past[None], coming[None],
    ...     quantiles=(coming[:, None] + [-2, 2])[None], levels=[0.05, 0.95],
    ... )
    >>> display.coverage_
    {0.9: 1.0}
    """

    ax_: "Axes"
    axes_: np.ndarray
    figure_: "Figure | SubFigure"
    lines_: list["Line2D"]
    bands_: list["PolyCollection"]
    weights_: "PolyCollection | None"
    legend_: "Legend"
    coverage_: dict[float, float]

    def __init__(
        self,
        forecast: np.ndarray,
        *,
        history: list[np.ndarray] | None = None,
        truth: np.ndarray | None = None,
        quantiles: np.ndarray | None = None,
        levels: npt.ArrayLike | None = None,
        weights: list[np.ndarray] | None = None,
        times: npt.ArrayLike | None = None,
        name: str = "",
        unit: str = "",
    ) -> None:
        self.forecast = forecast
        self.history = history
        self.truth = truth
        self.quantiles = quantiles
        self.levels = levels
        self.weights = weights
        self.times = times
        self.name = name
        self.unit = unit

    @classmethod
    def from_estimator(
        cls,
        estimator: object,
        X: object,
        y: npt.ArrayLike | None = None,
        *,
        sample: int = 0,
        target: int | str = 0,
        channel: int | str | None = None,
        times: npt.ArrayLike | None = None,
        n_history: int | None = None,
        attention: bool = True,
        name: str | None = None,
        unit: str = "",
        ax: "Axes | None" = None,
    ) -> "ForecastDisplay":
        """Forecast and draw it.

        Parameters
        ----------
        estimator : object
            Fitted, with ``predict``: a regressor, `ConformalIntervals`, `SeedEnsemble`,
            or a pipeline or search that ends in one. Intervals come from
            `ConformalIntervals` or from several quantiles. Weights are drawn where the
            estimator has some that add to its predictions.
        X : array-like, list of array-like, or Sequences
            Windows in any form that the estimator takes.
        y : array-like, default=None
            What came then, in the form of the predictions.
        sample : int, default=0
            The window to show.
        target : int or str, default=0
            The target to show where there are several, by its number among the targets
            or the name of its channel.
        channel : int or str, default=None
            The channel of X that the target continues; None for that of the estimator's
            ``target_channels``, or the only one.
        times : array-like of shape (n_timesteps + horizon,) or (n_timesteps,), \
                default=None
            Numbers or dates of the window to show; see the class.
        n_history : int, default=None
            See `plot`.
        attention : bool, default=True
            Whether to draw weights.
        name : str, default=None
            Name of the target; None for the name of its channel, if it has one.
        unit : str, default=""
            Unit of the target.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ForecastDisplay
            Drawn.

        Raises
        ------
        ValueError
            If y has another shape than the predictions, or there is no such sample,
            target or channel.
        """
        shown: Shown = read_forecasts(estimator, X, y, target, channel, attention)
        display = cls(
            shown.forecast,
            history=shown.history,
            truth=shown.truth,
            quantiles=shown.quantiles,
            levels=shown.levels,
            weights=shown.weights,
            times=times,
            name=shown.name if name is None else name,
            unit=unit,
        )
        return display.plot(sample=sample, n_history=n_history, ax=ax)

    @classmethod
    def from_predictions(
        cls,
        forecast: npt.ArrayLike,
        history: Iterable[npt.ArrayLike] | None = None,
        truth: npt.ArrayLike | None = None,
        *,
        quantiles: npt.ArrayLike | None = None,
        levels: npt.ArrayLike | None = None,
        weights: Iterable[npt.ArrayLike] | None = None,
        sample: int = 0,
        times: npt.ArrayLike | None = None,
        n_history: int | None = None,
        name: str = "",
        unit: str = "",
        ax: "Axes | None" = None,
    ) -> "ForecastDisplay":
        """Draw forecasts of any origin.

        Parameters
        ----------
        forecast : array-like of shape (n_samples, horizon)
            Of one target.
        history : array-like of shape (n_samples, n_timesteps), or list of arrays, \
                default=None
            What came before.
        truth : array-like of shape (n_samples, horizon), default=None
            What came then.
        quantiles : array-like of shape (n_samples, horizon, n_quantiles), default=None
            Around the forecast, ascending. What ``predict_interval`` returns are two,
            of the levels ``(1 - coverage) / 2`` and ``(1 + coverage) / 2``.
        levels : array-like of shape (n_quantiles,), default=None
            Their levels, ascending.
        weights : array-like of shape (n_samples, n_timesteps), or list of arrays, \
                default=None
            Attention weights of the steps of the history.
        sample : int, default=0
            See `plot`.
        times : array-like, default=None
            Numbers or dates of the sample; see the class.
        n_history : int, default=None
            See `plot`.
        name, unit : str, default=""
            Name and unit of the target.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ForecastDisplay
            Drawn.
        """
        display = cls(
            _as_float(forecast),
            history=None if history is None else [_as_float(row) for row in history],
            truth=None if truth is None else _as_float(truth),
            quantiles=None if quantiles is None else _as_float(quantiles),
            levels=levels,
            weights=None if weights is None else [_as_float(row) for row in weights],
            times=times,
            name=name,
            unit=unit,
        )
        return display.plot(sample=sample, n_history=n_history, ax=ax)

    def plot(
        self,
        *,
        sample: int = 0,
        n_history: int | None = None,
        ax: "Axes | None" = None,
    ) -> "ForecastDisplay":
        """Draw the plot.

        Parameters
        ----------
        sample : int, default=0
            The sample to show.
        n_history : int, default=None
            Steps of the history to show, the latest; None for all.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ForecastDisplay
            Itself.

        Raises
        ------
        ValueError
            If shapes do not fit each other, or an argument is not allowed.
        ImportError
            If matplotlib is not installed.
        """
        levels = check_parts(self)
        number = common.check_sample(sample, len(self.forecast))
        history = np.empty(0) if self.history is None else self.history[number]
        horizon = self.forecast.shape[1]
        dates, times = None, np.arange(1 - len(history), horizon + 1.0)
        if self.times is not None:
            dates, times = common.read_times(self.times, len(history), horizon)
        first = find_first(n_history, len(history))
        self.ax_ = common.get_axes(ax, "ForecastDisplay", (8.0, 4.0))
        self.figure_ = self.ax_.figure
        self.axes_, self.weights_ = np.array([self.ax_]), None
        if self.weights is not None and first < len(history):
            boxes = [(0.0, 0.27, 1.0, 0.73), (0.0, 0.0, 1.0, 0.21)]
            self.axes_ = np.array(common.split_axes(self.ax_, boxes))
        self._draw_bands(number, times, levels)
        self._draw_lines(number, times, history, first)
        self._label(dates)
        if len(self.axes_) > 1:
            self._draw_weights(number, times[: len(history)], first)
        return self

    def _draw_bands(self, number: int, times: np.ndarray, levels: np.ndarray) -> None:
        """Draw the intervals, and count what they hold."""
        self.bands_, self.coverage_ = [], {}
        if self.quantiles is None:
            return
        for i in range(len(levels) // 2):
            low, high = self.quantiles[..., i], self.quantiles[..., -1 - i]
            below, above = levels[i], levels[-1 - i]
            label = f"quantiles {below:.3g} to {above:.3g}"
            if np.isclose(below + above, 1):
                label = f"{100 * (above - below):.3g} % interval"
            if self.truth is not None:
                known = ~np.isnan(self.truth)
                inside = (low <= self.truth) & (self.truth <= high)
                share = float(inside[known].mean()) if known.any() else float("nan")
                self.coverage_[round(float(above - below), 6)] = share
                label += f": {inside[number].sum()} of {known[number].sum()} inside"
                if len(inside) > 1:
                    label += f", {100 * share:.0f} % in all {len(inside)} windows"
            band = self.axes_[0].fill_between(
                *_widen(times, low[number], high[number]),
                color=common.lighten(common.BLUE, 0.75 ** (i + 1)),
                lw=0,
                label=label,
            )
            self.bands_.append(band)

    def _draw_lines(
        self, number: int, times: np.ndarray, history: np.ndarray, first: int
    ) -> None:
        draw, end = self.axes_[0].plot, len(history)
        self.lines_ = []
        past, dots = history[first:], "." if end - first <= _MOST_DOTS else ""
        if len(past):
            self.lines_ += draw(
                times[first:end],
                past,
                color="black",
                lw=1,
                marker=dots,
                label="history",
            )
            self.axes_[0].axvline(times[end - 1 : end + 1].mean(), color="0.8", lw=1)
        dots = "o" if self.forecast.shape[1] == 1 else ""
        if self.truth is not None:  # which goes on from the history
            values = np.append(past[-1:], self.truth[number])
            where = times[-len(values) :]
            self.lines_ += draw(where, values, ":", color="black", label="truth")
        self.lines_ += draw(
            times[end:],
            self.forecast[number],
            color=common.BLUE,
            lw=1.8,
            marker=dots,
            label="forecast",
        )

    def _draw_weights(self, number: int, times: np.ndarray, first: int) -> None:
        assert self.weights is not None
        below, row = self.axes_[1], self.weights[number][first:]
        below.sharex(self.axes_[0])
        self.axes_[0].tick_params(labelbottom=False)
        # Each step as wide as the way to its neighbours.
        half = np.diff(times).mean() / 2 if len(times) > 1 else 0.5
        edges = np.append(times[first:] - half, times[-1] + half)
        self.weights_ = below.fill_between(
            edges, np.append(row, row[-1]), step="post", color=common.GREY, lw=0
        )
        below.set_ylim(0, None)
        below.set_ylabel("attention")
        common.open_spines(below)

    def _label(self, dates: object) -> None:
        above, lowest = self.axes_[0], self.axes_[-1]
        above.margins(x=0.01)
        above.set_ylabel(", ".join(filter(None, [self.name, self.unit])))
        common.open_spines(above)
        for ax in {above, lowest}:
            if dates is not None:
                common.show_dates(ax, dates)
        if self.times is None:
            lowest.set_xlabel("steps after the end of the history")
        lines, bands = [*self.lines_], [*self.bands_]
        if len(bands) > 1:  # a column of lines, and one of intervals
            n_rows = max(len(lines), len(bands))
            lines += [_make_blank()] * (n_rows - len(lines))
        self.legend_ = above.legend(
            handles=[*lines, *bands],
            frameon=False,
            fontsize="small",
            loc="lower left",
            bbox_to_anchor=(0, 1),
            borderaxespad=0.2,
            ncols=2 if len(bands) > 1 else len(lines) + len(bands),
        )


def _make_blank() -> "Line2D":
    """Return an empty entry of a legend."""
    from matplotlib.lines import Line2D

    return Line2D([], [], lw=0, label=" ")


def _as_float(values: object) -> np.ndarray:
    return np.asarray(values, dtype=np.float64)


def _widen(times: np.ndarray, *rows: np.ndarray) -> list[np.ndarray]:
    """Return the last steps, one alone with a width, which an area needs."""
    if len(rows[0]) > 1:
        return [times[-len(rows[0]) :], *rows]
    width = times[-1] - times[-2] if len(times) > 1 else 1.0
    both = times[-1] + width * np.array([-0.3, 0.3])
    return [both, *(np.repeat(row, 2) for row in rows)]
