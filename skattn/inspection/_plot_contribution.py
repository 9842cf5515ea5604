"""The display of exact contributions."""

from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from . import _plot_common as common

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage


class Contributing(Protocol):
    """An estimator whose predictions are sums of contributions."""

    def predict_contributions(self, X: object, /) -> np.ndarray:
        """Return contributions with steps and channels as last axes."""


class ContributionDisplay:
    """Heat maps of the contributions of steps and channels, in units of the target.

    There are two kinds: "sample", the contributions to one prediction; "mean", their
    mean absolute value over all samples, in which contributions of opposite sign do not
    cancel.

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
    ) -> None:
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
        step_labels: npt.ArrayLike | None = None,
        channel_names: list[str] | None = None,
        unit: str = "",
        ax: "Axes | None" = None,
    ) -> "ContributionDisplay":
        """Compute contributions and draw them.

        Parameters
        ----------
        estimator : LSTMAttentionRegressor
            Fitted, with ``values="inputs"``, or with an ``attention_share_`` of 0.
        X : array-like
            Sequences in any form that the estimator takes.
        kind : {"sample", "mean"}, default="sample"
            See `plot`.
        sample : int, default=0
            See `plot`.
        output : int or tuple of int, default=()
            Index of the output in one y, if y has more than one.
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
        each = estimator.predict_contributions(X)
        number = tuple(np.atleast_1d(output).tolist())
        shape = each.shape[1:-2]
        if len(number) != len(shape) or any(
            not -n <= i < n for i, n in zip(number, shape, strict=True)
        ):
            raise ValueError(
                f"output={output!r} must be the index of one entry of a y of shape "
                f"{shape}."
            )
        return cls.from_contributions(
            each[:, *number],
            kind=kind,
            sample=sample,
            step_labels=step_labels,
            channel_names=channel_names,
            unit=unit,
            ax=ax,
        )

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
        kind : {"sample", "mean"}, default="sample"
            Contributions to one prediction, or their mean absolute value.
        sample : int, default=0
            Index of the sample, for kind "sample".
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
        if kind not in ("sample", "mean"):
            raise ValueError(f"kind={kind!r} must be 'sample' or 'mean'.")
        if self.contributions.ndim != 3:
            raise ValueError(
                f"contributions have shape {self.contributions.shape}; allowed is "
                "(n_samples, n_timesteps, n_channels), the contributions to one output."
            )
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
        words = [str(name) for name in (range(n_channels) if names is None else names)]
        self.ax_.set_yticks(range(n_channels), words)
        self.ax_.set(xlabel="step", ylabel="channel" if names is None else "")
        self.colorbar_ = common.add_colorbar(
            self.ax_, self.image_, f"{label}, {self.unit}" if self.unit else label
        )
        return self
