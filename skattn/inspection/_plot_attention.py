"""The display of attention weights."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from . import _plot_common as common
from ._estimators import find_patch_size, predict_weights
from ._series import Series, find_patches, find_real_patches, read_series

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.colorbar import Colorbar
    from matplotlib.container import BarContainer
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage
    from matplotlib.lines import Line2D

KINDS = ("samples", "mean", "series", "alignment", "heads")


class AttentionDisplay:
    """Plots of attention weights over the steps of sequences.

    Use `from_estimator` or `from_weights` to make one. There are five kinds: "samples",
    a heat map of samples by steps; "mean", the mean weight of each step with a band
    that holds 80 % of the samples; "series", the channels of one sample with its
    weights below; "alignment", a heat map of output steps by input steps; "heads", one
    heat map of samples by steps for each head. Padding is grey.

    Parameters
    ----------
    weights : ndarray of shape (n_samples, n_steps), (n_samples, horizon, n_steps) or \
            (n_samples, n_heads, n_steps)
        NaN on padding.
    series : list of ndarray of shape (length, n_channels), default=None
        The sequences, for ``kind="series"``.
    step_labels : array-like of shape (n_steps,), default=None
        Words, numbers or dates that name the steps; None numbers them.
    output_labels : array-like of shape (horizon,), default=None
        The same for output steps.
    channel_names : list of str, default=None
        Names of the channels.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the plot.
    axes_ : ndarray of matplotlib Axes
        The axes inside of ``ax_``, for kinds with several; otherwise ``ax_`` alone.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    images_ : list of matplotlib AxesImage
        The heat maps.
    lines_ : list of matplotlib Line2D
        The mean, or the series.
    band_ : matplotlib PolyCollection or None
        The band around the mean.
    bars_ : matplotlib BarContainer or None
        The weights below a series.
    colorbar_ : matplotlib Colorbar or None
        Its colour bar.

    See Also
    --------
    attention_faithfulness : Measure whether the weights can be believed.
    attention_frame : Return the weights as a data frame.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn.inspection import AttentionDisplay
    >>> display = AttentionDisplay.from_weights(np.full((20, 4), 0.25))
    >>> display.ax_.get_ylabel()
    'sample'
    """

    ax_: "Axes"
    axes_: np.ndarray
    figure_: "Figure | SubFigure"
    images_: list["AxesImage"]
    lines_: list["Line2D"]
    band_: "PolyCollection | None"
    bars_: "BarContainer | None"
    colorbar_: "Colorbar | None"

    def __init__(
        self,
        weights: np.ndarray,
        *,
        series: list[np.ndarray] | None = None,
        step_labels: npt.ArrayLike | None = None,
        output_labels: npt.ArrayLike | None = None,
        channel_names: list[str] | None = None,
    ) -> None:
        self.weights = weights
        self.series = series
        self.step_labels = step_labels
        self.output_labels = output_labels
        self.channel_names = channel_names

    @classmethod
    def from_estimator(
        cls,
        estimator: object,
        X: object,
        *,
        kind: str | None = None,
        sample: int = 0,
        step_labels: npt.ArrayLike | None = None,
        output_labels: npt.ArrayLike | None = None,
        channel_names: list[str] | None = None,
        ax: "Axes | None" = None,
    ) -> "AttentionDisplay":
        """Compute weights and draw them.

        Parameters
        ----------
        estimator : object
            Fitted, with ``predict_attention``, which needs a parameter ``average`` for
            ``kind="heads"``.
        X : array-like, Tensor, data frame, or list of arrays (length, n_channels)
            Sequences in any form that the estimator takes.
        kind : str, default=None
            See `plot`.
        sample : int, default=0
            See `plot`.
        step_labels : array-like of shape (n_steps,), default=None
            Names of the steps.
        output_labels : array-like of shape (horizon,), default=None
            Names of the output steps.
        channel_names : list of str, default=None
            Names of the channels.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        AttentionDisplay
            Drawn.
        """
        series = read_series(estimator, X)
        weights = predict_weights(estimator, X).astype(np.float64)
        patch_size = find_patch_size(estimator, weights, *series.values.shape[:2])
        patches = find_patches(series, patch_size)
        if kind == "heads":
            weights = predict_weights(estimator, X, average=False)
        n_steps = weights.shape[-1]
        real = find_real_patches(patches, n_steps)
        real = real.reshape(len(real), *[1] * (weights.ndim - 2), n_steps)
        display = cls(
            np.where(real, weights, np.nan),
            series=_cut(series),
            step_labels=step_labels,
            output_labels=output_labels,
            channel_names=channel_names,
        )
        return display.plot(kind, sample=sample, ax=ax)

    @classmethod
    def from_weights(
        cls,
        weights: npt.ArrayLike,
        X: object = None,
        *,
        kind: str | None = None,
        sample: int = 0,
        step_labels: npt.ArrayLike | None = None,
        output_labels: npt.ArrayLike | None = None,
        channel_names: list[str] | None = None,
        ax: "Axes | None" = None,
    ) -> "AttentionDisplay":
        """Draw weights of any origin.

        Parameters
        ----------
        weights : array-like of shape (n_samples, n_steps), \
                (n_samples, horizon, n_steps) or (n_samples, n_heads, n_steps)
            NaN on padding.
        X : array-like or list of arrays (length, n_channels), default=None
            The sequences, for ``kind="series"``.
        kind : str, default=None
            See `plot`.
        sample : int, default=0
            See `plot`.
        step_labels : array-like of shape (n_steps,), default=None
            Names of the steps.
        output_labels : array-like of shape (horizon,), default=None
            Names of the output steps.
        channel_names : list of str, default=None
            Names of the channels.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        AttentionDisplay
            Drawn.
        """
        rows = None
        if X is not None:
            rows = _cut(read_series(None, X))
        display = cls(
            np.asarray(weights, dtype=np.float64),
            series=rows,
            step_labels=step_labels,
            output_labels=output_labels,
            channel_names=channel_names,
        )
        return display.plot(kind, sample=sample, ax=ax)

    def plot(
        self,
        kind: str | None = None,
        *,
        sample: int | None = 0,
        ax: "Axes | None" = None,
    ) -> "AttentionDisplay":
        """Draw the plot.

        Parameters
        ----------
        kind : {"samples", "mean", "series", "alignment", "heads"}, default=None
            What to draw. None draws "samples" for 2-D weights, "alignment" for others.
        sample : int, default=0
            The sample for "series" and "alignment"; None draws the mean alignment.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        AttentionDisplay
            Itself.

        Raises
        ------
        ValueError
            If the weights do not have the axes that the kind shows.
        ImportError
            If matplotlib is not installed.
        """
        if kind is None:
            kind = "samples" if self.weights.ndim == 2 else "alignment"
        if kind not in KINDS:
            raise ValueError(f"kind={kind!r} must be one of {', '.join(KINDS)}.")
        n_axes = 3 if kind in ("alignment", "heads") else 2
        if self.weights.ndim != n_axes:
            raise ValueError(
                f"kind={kind!r} shows weights with {n_axes} axes, but the weights have "
                f"shape {self.weights.shape}."
            )
        labels = common.check_labels(self.step_labels, self.weights.shape[-1])
        self.ax_ = common.get_axes(ax, "AttentionDisplay")
        self.figure_ = self.ax_.figure
        self.axes_ = np.array([self.ax_])
        self.images_, self.lines_ = [], []
        self.band_ = self.bars_ = self.colorbar_ = None
        if kind == "series":
            self._plot_series(sample, labels)
        elif kind == "heads":
            self._plot_heads(labels)
        elif kind == "mean":
            self._plot_mean(labels)
        else:
            self._plot_map(kind, sample, labels)
        return self

    def _draw_map(
        self, ax: "Axes", table: np.ndarray, labels: np.ndarray | None, top: float
    ) -> None:
        from matplotlib import colormaps

        colours = colormaps[common.SEQUENTIAL].with_extremes(bad=common.PADDING)
        image = ax.imshow(
            table, cmap=colours, vmin=0, vmax=top, aspect="auto", interpolation="none"
        )
        self.images_.append(image)
        common.label_axis(ax.xaxis, labels, table.shape[1])
        ax.set_xlabel("step")

    def _plot_map(
        self, kind: str, sample: int | None, labels: np.ndarray | None
    ) -> None:
        table = self.weights
        if kind == "alignment":
            number = None
            if sample is not None:
                number = common.check_sample(sample, len(table))
            table = np.nanmean(table, axis=0) if number is None else table[number]
        self._draw_map(self.ax_, table, labels, np.nanmax(table))
        if kind == "alignment":
            outputs = common.check_labels(
                self.output_labels, len(table), "output_labels"
            )
            common.label_axis(self.ax_.yaxis, outputs, len(table))
        self.ax_.set_ylabel("output step" if kind == "alignment" else "sample")
        self.colorbar_ = common.add_colorbar(self.ax_, self.images_[0], "weight")

    def _plot_heads(self, labels: np.ndarray | None) -> None:
        n_heads = self.weights.shape[1]
        width = 1 / n_heads
        boxes = [(i * width, 0.0, 0.92 * width, 1.0) for i in range(n_heads)]
        self.axes_ = np.array(common.split_axes(self.ax_, boxes))
        top = np.nanmax(self.weights)
        for head, ax in enumerate(self.axes_):
            self._draw_map(ax, self.weights[:, head], labels, top)
            ax.set_title(f"head {head}", fontsize="medium")
            if head:
                ax.set_yticklabels([])
        self.axes_[0].set_ylabel("sample")
        self.colorbar_ = common.add_colorbar(self.ax_, self.images_[0], "weight")

    def _plot_mean(self, labels: np.ndarray | None) -> None:
        step = np.arange(self.weights.shape[1])
        low, high = np.nanquantile(self.weights, [0.1, 0.9], axis=0)
        self.band_ = self.ax_.fill_between(
            step,
            low,
            high,
            color=common.BLUE,
            alpha=0.25,
            lw=0,
            label="80 % of samples",
        )
        self.lines_ = self.ax_.plot(
            step, np.nanmean(self.weights, axis=0), color=common.BLUE, label="mean"
        )
        common.label_axis(self.ax_.xaxis, labels, len(step))
        self.ax_.set(xlabel="step", ylabel="weight", ylim=(0, None))
        self.ax_.legend(frameon=False)
        common.open_spines(self.ax_)

    def _plot_series(self, sample: int | None, labels: np.ndarray | None) -> None:
        if self.series is None:
            raise ValueError("kind='series' needs the sequences, but X is None.")
        number = common.check_sample(sample, len(self.weights))
        row, weights = self.series[number], self.weights[number]
        weights = weights[np.isfinite(weights)]
        boxes = [(0.0, 0.4, 1.0, 0.6), (0.0, 0.0, 1.0, 0.3)]
        above, below = common.split_axes(self.ax_, boxes)
        self.axes_ = np.array([above, below])
        patch_size = -(-len(row) // len(weights))
        # The last patch ends with the sequence; each bar is as wide as its patch.
        ends = len(row) - patch_size * np.arange(len(weights))[::-1]
        starts = np.maximum(ends - patch_size, 0)
        n_channels = row.shape[1]
        names = self.channel_names or [f"channel {c}" for c in range(n_channels)]
        styles = ["-", "--", ":", "-."]
        for channel in range(n_channels):
            self.lines_ += above.plot(
                np.arange(len(row)),
                row[:, channel],
                styles[channel % len(styles)],
                color=[common.BLUE, common.ORANGE, common.GREY][channel % 3],
                marker="." if len(row) <= 50 else "",
                label=names[channel],
            )
        if n_channels > 1:
            above.legend(frameon=False, fontsize="small")
        else:
            above.set_ylabel(names[0])
        self.bars_ = below.bar(
            starts - 0.5,
            weights,
            width=ends - starts,
            align="edge",
            color=common.GREY,
            edgecolor="white",
            linewidth=0.5 if len(weights) <= 60 else 0,
        )
        for ax in self.axes_:
            ax.set_xlim(-0.5, len(row) - 0.5)
            common.open_spines(ax)
        above.set_xticks([])
        _label_bars(below, labels, starts, ends)
        below.set(xlabel="step", ylabel="weight", ylim=(0, None))


def _label_bars(
    ax: "Axes", labels: np.ndarray | None, starts: np.ndarray, ends: np.ndarray
) -> None:
    """Label the bars in the middle of their patches."""
    common.label_axis(ax.xaxis, labels, len(starts))
    ticks = ax.get_xticks().astype(int)
    words = [word.get_text() for word in ax.get_xticklabels()]
    ax.set_xticks((starts + ends - 1)[ticks] / 2, words)


def _cut(series: Series) -> list[np.ndarray]:
    """Return each sequence without its padding."""
    pairs = zip(series.values, series.lengths, strict=True)
    return [values[:length] for values, length in pairs]
