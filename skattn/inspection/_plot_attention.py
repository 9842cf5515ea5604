"""The display of attention weights."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_consistent_length

from . import _plot_common as common
from ._estimators import find_patch_size, predict_weights
from ._plot_series import draw_series
from ._plot_words import (
    Sentence,
    check_classes,
    draw_sentences,
    find_words,
    make_sentences,
    measure_figure,
    weigh_words,
    write_html,
)
from ._series import Series, find_patches, find_real_patches, read_series

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.colorbar import Colorbar
    from matplotlib.container import BarContainer
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage
    from matplotlib.lines import Line2D

KINDS = ("samples", "mean", "series", "alignment", "heads", "words")


class AttentionDisplay:
    """Plots of attention weights over the steps of sequences.

    Use `from_estimator` or `from_weights` to make one. There are six kinds: "samples",
    a heat map of samples by steps; "mean", the mean weight of each step with a band
    that holds 80 % of the samples; "series", the channels of one sample with its
    weights below; "alignment", a heat map of output steps by input steps; "heads", one
    heat map of samples by steps for each head; "words", sentences whose words are
    shaded by their weights, the greatest weight of each sentence darkest. Padding is
    grey. Notebooks show the words as HTML, in the colours of the page.

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
    words : list of list of str, default=None
        The words of each sample, for ``kind="words"``.
    y_true, y_pred : array-like of shape (n_samples,), default=None
        Labels that stand above the words.

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
    texts_ : list of matplotlib Text
        The words.

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
    texts_: list["Artist"]

    def __init__(
        self,
        weights: np.ndarray,
        *,
        series: list[np.ndarray] | None = None,
        step_labels: npt.ArrayLike | None = None,
        output_labels: npt.ArrayLike | None = None,
        channel_names: list[str] | None = None,
        words: list[list[str]] | None = None,
        y_true: npt.ArrayLike | None = None,
        y_pred: npt.ArrayLike | None = None,
    ) -> None:
        self.weights = weights
        self.series = series
        self.step_labels = step_labels
        self.output_labels = output_labels
        self.channel_names = channel_names
        self.words = words
        self.y_true = y_true
        self.y_pred = y_pred

    @classmethod
    def from_estimator(
        cls,
        estimator: object,
        X: object,
        *,
        kind: str | None = None,
        sample: int | None = 0,
        y: npt.ArrayLike | None = None,
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
            Sequences in any form that the estimator takes; lists of words for
            ``kind="words"``.
        kind : str, default=None
            See `plot`.
        sample : int, default=0
            See `plot`.
        y : array-like of shape (n_samples,), default=None
            True labels, for ``kind="words"``, which shows them beside the predicted
            ones.
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
        if kind == "words":
            words = find_words(X)
            return cls(
                weigh_words(predict_weights(estimator, X, unit="step"), words),
                words=words,
                y_true=y,
                y_pred=estimator.predict(X) if hasattr(estimator, "predict") else None,
            ).plot(kind, sample=sample, ax=ax)
        series = read_series(estimator, X)
        if y is not None:  # which only words show
            check_consistent_length(series, y)
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
        sample: int | None = 0,
        y: npt.ArrayLike | None = None,
        y_pred: npt.ArrayLike | None = None,
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
            The sequences, for ``kind="series"``, or lists of words for "words".
        kind : str, default=None
            See `plot`.
        sample : int, default=0
            See `plot`.
        y, y_pred : array-like of shape (n_samples,), default=None
            True and predicted labels, for ``kind="words"``.
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
        rows, words = None, find_words(X)
        if X is not None and words is None:
            rows = _cut(read_series(None, X))
        display = cls(
            np.asarray(weights, dtype=np.float64),
            series=rows,
            step_labels=step_labels,
            output_labels=output_labels,
            channel_names=channel_names,
            words=words,
            y_true=y,
            y_pred=y_pred,
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
        kind : {"samples", "mean", "series", "alignment", "heads", "words"}, \
                default=None
            What to draw. None draws "samples" for 2-D weights, "alignment" for others.
        sample : int, default=0
            The sample for "series", "alignment" and "words"; None draws the mean
            alignment, or the words of all samples.
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
        sentences = self._choose_sentences(sample) if kind == "words" else []
        size = measure_figure(sentences) if sentences else None
        self.ax_ = common.get_axes(ax, "AttentionDisplay", size)
        self.figure_ = self.ax_.figure
        self.axes_ = np.array([self.ax_])
        self.images_, self.lines_, self.texts_ = [], [], []
        self._sentences = sentences
        self.band_ = self.bars_ = self.colorbar_ = None
        if kind == "series":
            self._plot_series(sample, labels)
        elif kind == "words":
            self.texts_ = draw_sentences(self.ax_, sentences)
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
        names = self.channel_names
        drawn = draw_series(
            self.ax_, self.series[number], self.weights[number], names, labels
        )
        self.axes_, self.lines_, self.bars_ = drawn

    def _choose_sentences(self, sample: int | None) -> list[Sentence]:
        """Return the words of one sample, or of all, with weights and labels."""
        if self.words is None:
            raise ValueError(
                "kind='words' needs X, a list of lists of words, but words is None."
            )
        if len(self.words) != len(self.weights):
            raise ValueError(
                f"words has {len(self.words)} samples, but weights has "
                f"{len(self.weights)}; allowed is one list of words for each."
            )
        y_true = check_classes(self.y_true, len(self.weights), "y")
        y_pred = check_classes(self.y_pred, len(self.weights), "y_pred")
        samples: Sequence[int] = range(len(self.weights))
        if sample is not None:
            samples = [common.check_sample(sample, len(self.weights))]
        return make_sentences(self.words, self.weights, y_true, y_pred, samples)

    def _repr_html_(self) -> str | None:
        """Return the words as HTML; before `plot` those of all samples."""
        if hasattr(self, "ax_"):
            return write_html(self._sentences) if self._sentences else None
        if self.words is None or self.weights.ndim != 2:
            return None
        return write_html(self._choose_sentences(None))


def _cut(series: Series) -> list[np.ndarray]:
    """Return each sequence without its padding."""
    pairs = zip(series.values, series.lengths, strict=True)
    return [values[:length] for values, length in pairs]
