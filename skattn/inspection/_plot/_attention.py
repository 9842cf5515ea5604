"""Pictures of attention weights."""

from typing import Any

import numpy as np

from .._series import find_patches, read_series
from .._steps import check_patches, find_weights
from . import _common as common

KINDS = ("samples", "mean", "series", "alignment", "heads")


class AttentionDisplay:
    """Pictures of attention weights over the steps of sequences.

    Made by `from_estimator` or `from_weights`. Five kinds: "samples", a heat map of
    samples by steps; "mean", the mean weight of each step with the band that holds 80 %
    of the samples; "series", one sample's channels with its weights under them;
    "alignment", a heat map of output steps by input steps; "heads", one heat map of
    samples by steps a head. Grey steps are not there.

    Parameters
    ----------
    weights : ndarray of shape (n_samples, n_steps), (n_samples, horizon, n_steps) or \
            (n_samples, n_heads, n_steps)
        NaN at steps that a shorter sequence does not have.
    series : list of ndarray of shape (length, n_channels), default=None
        The sequences, for ``kind="series"``.
    step_labels : array-like of shape (n_steps,), default=None
        Words, numbers or dates to name the steps by; None numbers them.
    output_labels : array-like of shape (horizon,), default=None
        The same for output steps.
    channel_names : list of str, default=None
        Names of the channels.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.
    axes_ : ndarray of matplotlib Axes
        The axes inside, for the kinds that have several; otherwise ``ax_`` alone.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    images_ : list of matplotlib AxesImage
        The heat maps.
    lines_ : list of matplotlib Line2D
        The mean, or the series.
    band_ : matplotlib PolyCollection or None
        The band around the mean.
    bars_ : matplotlib BarContainer or None
        The weights under a series.
    colorbar_ : matplotlib Colorbar or None
        What the colours mean.

    See Also
    --------
    attention_faithfulness : Whether the weights are to be believed.
    attention_frame : The weights as a table.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn.inspection import AttentionDisplay
    >>> display = AttentionDisplay.from_weights(np.full((20, 4), 0.25))
    >>> display.ax_.get_ylabel()
    'sample'
    """

    ax_: Any
    axes_: np.ndarray
    figure_: Any
    images_: list[Any]
    lines_: list[Any]
    band_: Any
    bars_: Any
    colorbar_: Any

    def __init__(
        self,
        weights: np.ndarray,
        *,
        series: list[np.ndarray] | None = None,
        step_labels: Any = None,
        output_labels: Any = None,
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
        estimator: Any,
        X: Any,
        *,
        kind: str | None = None,
        sample: int = 0,
        step_labels: Any = None,
        output_labels: Any = None,
        channel_names: list[str] | None = None,
        ax: Any = None,
    ) -> "AttentionDisplay":
        """Compute weights and draw them.

        Parameters
        ----------
        estimator : object
            Fitted, with ``predict_attention``; for ``kind="heads"`` with its parameter
            ``average``.
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
        weights = find_weights(estimator, X)
        patches = find_patches(series, check_patches(estimator, series, weights))
        if kind == "heads":
            weights = np.asarray(estimator.predict_attention(X, average=False))
        n_steps = weights.shape[-1]
        real = np.arange(n_steps) <= patches.max(axis=1)[:, None]
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
        weights: Any,
        X: Any = None,
        *,
        kind: str | None = None,
        sample: int = 0,
        step_labels: Any = None,
        output_labels: Any = None,
        channel_names: list[str] | None = None,
        ax: Any = None,
    ) -> "AttentionDisplay":
        """Draw weights from anywhere.

        Parameters
        ----------
        weights : array-like of shape (n_samples, n_steps), \
                (n_samples, horizon, n_steps) or (n_samples, n_heads, n_steps)
            NaN at steps that are not there.
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
        self, kind: str | None = None, *, sample: int | None = 0, ax: Any = None
    ) -> "AttentionDisplay":
        """Draw.

        Parameters
        ----------
        kind : {"samples", "mean", "series", "alignment", "heads"}, default=None
            What to draw. None draws "samples" for 2-D weights, "alignment" for others.
        sample : int, default=0
            Which sample "series" and "alignment" show; None shows the mean alignment.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        AttentionDisplay
            Itself.

        Raises
        ------
        ValueError
            If the weights have not the axes that the kind shows.
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
                f"kind={kind!r} shows weights with {n_axes} axes, but these have the "
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

    def _draw_map(self, ax: Any, table: np.ndarray, labels: Any, top: float) -> None:
        from matplotlib import colormaps

        colours = colormaps[common.SEQUENTIAL].with_extremes(bad=common.PADDING)
        image = ax.imshow(
            table, cmap=colours, vmin=0, vmax=top, aspect="auto", interpolation="none"
        )
        self.images_.append(image)
        common.label_axis(ax.xaxis, labels, table.shape[1])
        ax.set_xlabel("step")

    def _plot_map(self, kind: str, sample: int | None, labels: Any) -> None:
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

    def _plot_heads(self, labels: Any) -> None:
        n_heads = self.weights.shape[1]
        width = 1 / n_heads
        boxes = [[i * width, 0, 0.92 * width, 1] for i in range(n_heads)]
        self.axes_ = np.array(common.split_axes(self.ax_, boxes))
        top = np.nanmax(self.weights)
        for head, ax in enumerate(self.axes_):
            self._draw_map(ax, self.weights[:, head], labels, top)
            ax.set_title(f"head {head}", fontsize="medium")
            if head:
                ax.set_yticklabels([])
        self.axes_[0].set_ylabel("sample")
        self.colorbar_ = common.add_colorbar(self.ax_, self.images_[0], "weight")

    def _plot_mean(self, labels: Any) -> None:
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

    def _plot_series(self, sample: int | None, labels: Any) -> None:
        if self.series is None:
            raise ValueError("kind='series' needs the sequences: give X.")
        number = common.check_sample(sample, len(self.weights))
        row, weights = self.series[number], self.weights[number]
        weights = weights[np.isfinite(weights)]
        boxes = [[0, 0.4, 1, 0.6], [0, 0, 1, 0.3]]
        above, below = common.split_axes(self.ax_, boxes)
        self.axes_ = np.array([above, below])
        patch_size = -(-len(row) // len(weights))
        # The last patch ends with the sequence; a bar stands where its patch does.
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


def _label_bars(ax: Any, labels: Any, starts: np.ndarray, ends: np.ndarray) -> None:
    """Name the bars, or the time steps where a bar stands for one."""
    common.label_axis(ax.xaxis, None if labels is None else labels, len(starts))
    ticks = ax.get_xticks().astype(int)
    words = [word.get_text() for word in ax.get_xticklabels()]
    ax.set_xticks((starts + ends - 1)[ticks] / 2, words)


def _cut(series: Any) -> list[np.ndarray]:
    """Cut each series to its own steps."""
    pairs = zip(series.values, series.lengths, strict=True)
    return [values[:length] for values, length in pairs]
