"""The display of exact contributions."""

from inspect import signature
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from . import _plot_common as common
from ._report import FaithfulnessReport
from ._series import read_series

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage

# Share of the steps whose contributions the colours of kind "series" tell apart.
_SHOWN = 0.98


class Contributing(Protocol):
    """An estimator whose predictions are sums of contributions."""

    def predict_contributions(self, X: object, /) -> np.ndarray:
        """Return contributions with steps, or steps and channels, as last axes."""


class ContributionDisplay:
    """Contributions of steps and channels, in units of the target.

    There are three kinds: "series", the contributions of the steps to one prediction as
    colours behind the series itself; "sample", those of steps and channels as a heat
    map; "mean", their mean absolute value over all samples, in which contributions of
    opposite sign do not cancel.

    Parameters
    ----------
    contributions : ndarray of shape (n_samples, n_timesteps, n_channels)
        To one output.
    step_labels : array-like of shape (n_timesteps,), default=None
        Words, numbers or dates that name the steps; None numbers them.
    channel_names : list of str, default=None
        Names of the channels.
    unit : str, default=""
        Unit of the target, for the colour bar.
    series : ndarray of shape (n_samples, n_timesteps), default=None
        What kind "series" draws; NaN on padding.
    report : FaithfulnessReport, default=None
        What kind "series" says in a corner: whether these contributions can be read,
        and how much of the predictions' variation goes through the attention.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the plot.
    figure_ : matplotlib Figure
        Its figure.
    image_ : matplotlib AxesImage
        The heat map.
    colorbar_ : matplotlib Colorbar
        Its colour bar.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn.inspection import ContributionDisplay
    >>> each = np.random.default_rng(0).normal(size=(10, 12, 3))
    >>> display = ContributionDisplay.from_contributions(each, kind="mean", unit="MW")
    >>> display.ax_.get_xlabel()
    'step'
    """

    ax_: "Axes"
    figure_: "Figure | SubFigure"
    image_: "AxesImage"
    colorbar_: "Colorbar"

    def __init__(
        self,
        contributions: np.ndarray,
        *,
        step_labels: npt.ArrayLike | None = None,
        channel_names: list[str] | None = None,
        unit: str = "",
        series: np.ndarray | None = None,
        report: FaithfulnessReport | None = None,
    ) -> None:
        self.series = series
        self.report = report
        self.contributions = contributions
        self.step_labels = step_labels
        self.channel_names = channel_names
        self.unit = unit

    @classmethod
    def from_estimator(
        cls,
        estimator: Contributing,
        X: object,
        *,
        kind: str = "sample",
        sample: int = 0,
        output: int | tuple[int, ...] = (),
        channel: int = 0,
        report: FaithfulnessReport | None = None,
        step_labels: npt.ArrayLike | None = None,
        channel_names: list[str] | None = None,
        unit: str = "",
        ax: "Axes | None" = None,
    ) -> "ContributionDisplay":
        """Compute contributions and draw them.

        Parameters
        ----------
        estimator : LSTMAttentionRegressor
            Fitted, with predictions that are sums: see its `predict_contributions`.
        X : array-like
            Sequences in any form that the estimator takes.
        kind : {"sample", "mean", "series"}, default="sample"
            See `plot`.
        sample : int, default=0
            See `plot`.
        output : int or tuple of int, default=()
            Index of the output in one y, if y has more than one.
        channel : int, default=0
            Channel of X that kind "series" draws.
        report : FaithfulnessReport, default=None
            From `attention_faithfulness`, for the corner of kind "series".
        step_labels : array-like of shape (n_timesteps,), default=None
            Names of the steps.
        channel_names : list of str, default=None
            Names of the channels; None numbers them.
        unit : str, default=""
            Unit of the target.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ContributionDisplay
            Drawn.
        """
        each = _read_by_channel(estimator, X)
        number = tuple(np.atleast_1d(output).tolist())
        shape = each.shape[1:-2]
        if len(number) != len(shape) or any(
            not -n <= i < n for i, n in zip(number, shape, strict=True)
        ):
            raise ValueError(
                f"output={output!r} must be the index of one entry of a y of shape "
                f"{shape}."
            )
        shown = read_series(estimator, X)
        n_channels = shown.values.shape[2]
        if not -n_channels <= channel < n_channels:
            raise ValueError(
                f"channel={channel!r} must be a channel of X, from {-n_channels} to "
                f"{n_channels - 1}."
            )
        values = np.where(shown.real, shown.values[:, :, channel], np.nan)
        return cls(
            each[:, *number],
            step_labels=step_labels,
            channel_names=channel_names,
            unit=unit,
            series=values,
            report=report,
        ).plot(kind, sample=sample, ax=ax)

    @classmethod
    def from_contributions(
        cls,
        contributions: npt.ArrayLike,
        *,
        kind: str = "sample",
        sample: int = 0,
        step_labels: npt.ArrayLike | None = None,
        channel_names: list[str] | None = None,
        unit: str = "",
        ax: "Axes | None" = None,
    ) -> "ContributionDisplay":
        """Draw contributions of any origin.

        Parameters
        ----------
        contributions : array-like of shape (n_samples, n_timesteps, n_channels)
            To one output.
        kind : {"sample", "mean"}, default="sample"
            See `plot`.
        sample : int, default=0
            See `plot`.
        step_labels : array-like of shape (n_timesteps,), default=None
            Names of the steps.
        channel_names : list of str, default=None
            Names of the channels.
        unit : str, default=""
            Unit of the target.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ContributionDisplay
            Drawn.
        """
        display = cls(
            np.asarray(contributions, dtype=np.float64),
            step_labels=step_labels,
            channel_names=channel_names,
            unit=unit,
        )
        return display.plot(kind, sample=sample, ax=ax)

    def plot(
        self, kind: str = "sample", *, sample: int = 0, ax: "Axes | None" = None
    ) -> "ContributionDisplay":
        """Draw the plot.

        Parameters
        ----------
        kind : {"sample", "mean", "series"}, default="sample"
            Contributions to one prediction, their mean absolute value, or those of the
            steps to one prediction behind the series.
        sample : int, default=0
            Index of the sample, for kinds "sample" and "series".
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ContributionDisplay
            Itself.

        Raises
        ------
        ValueError
            If contributions do not have three axes, or an argument is not allowed.
        ImportError
            If matplotlib is not installed.
        """
        if kind not in ("sample", "mean", "series"):
            raise ValueError(f"kind={kind!r} must be 'sample', 'mean' or 'series'.")
        if self.contributions.ndim != 3:
            raise ValueError(
                f"contributions have shape {self.contributions.shape}; allowed is "
                "(n_samples, n_timesteps, n_channels), the contributions to one output."
            )
        if kind == "series":
            return self._plot_series(sample, ax)
        n_samples, n_timesteps, n_channels = self.contributions.shape
        steps = common.check_labels(self.step_labels, n_timesteps)
        names = common.check_labels(self.channel_names, n_channels, "channel_names")
        if kind == "mean":
            table, label = np.abs(self.contributions).mean(0), "mean |contribution|"
        else:
            table = self.contributions[common.check_sample(sample, n_samples)]
            label = "contribution"
        top = np.abs(table).max()
        self.ax_ = common.get_axes(ax, "ContributionDisplay")
        self.figure_ = self.ax_.figure
        self.image_ = self.ax_.imshow(
            table.T,
            cmap=common.SEQUENTIAL if kind == "mean" else common.DIVERGING,
            vmin=0 if kind == "mean" else -top,
            vmax=top,
            aspect="auto",
            interpolation="none",
        )
        common.label_axis(self.ax_.xaxis, steps, n_timesteps)
        self.ax_.set(xlabel="step", ylabel="")
        if names is None and n_channels == 1:  # the only one, or all together
            self.ax_.set_yticks([])
        else:
            known = range(n_channels) if names is None else names
            self.ax_.set_yticks(range(n_channels), [str(name) for name in known])
            self.ax_.set_ylabel("channel" if names is None else "")
        self.colorbar_ = common.add_colorbar(
            self.ax_, self.image_, f"{label}, {self.unit}" if self.unit else label
        )
        return self

    def _plot_series(self, sample: int, ax: "Axes | None") -> "ContributionDisplay":
        """Draw the series of a sample, its contributions as colours behind it."""
        n_samples, n_timesteps, _ = self.contributions.shape
        if self.series is None or self.series.shape != (n_samples, n_timesteps):
            found = None if self.series is None else self.series.shape
            raise ValueError(
                f"kind='series' needs series of shape {(n_samples, n_timesteps)}; got "
                f"{found}."
            )
        sample = common.check_sample(sample, n_samples)
        row = self.series[sample]
        length = int(np.isfinite(row).nonzero()[0].max(initial=0)) + 1
        each = self.contributions[sample].sum(-1)[:length]
        labels = common.check_labels(self.step_labels, n_timesteps)
        row, sizes = row[:length], np.abs(each)
        # Few steps that tower above all others would leave these without colour.
        top = np.quantile(sizes, _SHOWN, method="higher") or sizes.max()
        self.ax_ = common.get_axes(ax, "ContributionDisplay", (7.2, 3.0))
        self.figure_ = self.ax_.figure
        room = 0.08 * (np.nanmax(row) - np.nanmin(row)) or 1.0
        low, high = np.nanmin(row) - room, np.nanmax(row) + 2.5 * room
        self.image_ = self.ax_.imshow(
            each[None],
            cmap=common.DIVERGING,
            vmin=-top,
            vmax=top,
            extent=(-0.5, length - 0.5, low, high),
            aspect="auto",
            interpolation="none",
        )
        self.ax_.plot(row, color="white", lw=3.5)
        self.ax_.plot(row, color="black", lw=1.5)
        self.ax_.set(xlim=(-0.5, length - 0.5), ylim=(low, high), xlabel="step")
        names = self.channel_names
        self.ax_.set_ylabel(names[0] if names is not None and len(names) == 1 else "")
        known = None if labels is None else labels[:length]
        common.label_axis(self.ax_.xaxis, known, length)
        label = f"contribution, {self.unit}" if self.unit else "contribution"
        extend = "both" if sizes.max() > top else "neither"
        self.colorbar_ = common.add_colorbar(self.ax_, self.image_, label, extend)
        if self.report is not None:
            share = self.report["attended_share"].value
            words = self.report.grade
            if np.isfinite(share):
                words += f"; {share:.0%} through the attention"
            self.ax_.text(
                0.01,
                0.97,
                words,
                transform=self.ax_.transAxes,
                va="top",
                fontsize="small",
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85},
            )
        return self


def _read_by_channel(estimator: Contributing, X: object) -> np.ndarray:
    """Return contributions with an axis of channels, one if they are all together."""
    if not hasattr(type(estimator), "predict_contributions"):
        raise TypeError(
            "estimator must have the method predict_contributions, and "
            f"{type(estimator).__name__} has none."
        )
    each = np.asarray(estimator.predict_contributions(X))
    if "unit" not in signature(estimator.predict_contributions).parameters:
        return each
    by_step = estimator.predict_contributions(X, unit="step")  # type: ignore[call-arg]
    return each[..., None] if by_step.ndim == each.ndim else each
