"""Pictures of exact contributions."""

from typing import Any

import numpy as np

from . import _common as common


class ContributionDisplay:
    """Maps of what each step and channel contributed, in units of the target.

    Two kinds: "sample", the contributions to one prediction; "mean", their mean
    absolute value over all samples, which tells where contributions are large without
    letting those of opposite sign cancel.

    Parameters
    ----------
    contributions : ndarray of shape (n_samples, n_timesteps, n_channels)
        To one output.
    step_labels : array-like of shape (n_timesteps,), default=None
        Words, numbers or dates to name the steps by; None numbers them.
    channel_names : list of str, default=None
        Names of the channels.
    unit : str, default=""
        Unit of the target, for the colour bar.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.
    figure_ : matplotlib Figure
        Its figure.
    image_ : matplotlib AxesImage
        The map.
    colorbar_ : matplotlib Colorbar
        What its colours mean.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn.inspection import ContributionDisplay
    >>> parts = np.random.default_rng(0).normal(size=(10, 12, 3))
    >>> display = ContributionDisplay.from_contributions(parts, kind="mean", unit="MW")
    >>> display.ax_.get_xlabel()
    'step'
    """

    ax_: Any
    figure_: Any
    image_: Any
    colorbar_: Any

    def __init__(
        self,
        contributions: np.ndarray,
        *,
        step_labels: Any = None,
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
        estimator: Any,
        X: Any,
        *,
        kind: str = "sample",
        sample: int = 0,
        output: Any = (),
        step_labels: Any = None,
        channel_names: list[str] | None = None,
        unit: str = "",
        ax: Any = None,
    ) -> "ContributionDisplay":
        """Compute contributions and draw them.

        Parameters
        ----------
        estimator : LSTMAttentionRegressor
            Fitted, with ``values="inputs"``.
        X : array-like
            Sequences in any form that the estimator takes.
        kind : {"sample", "mean"}, default="sample"
            See `plot`.
        sample : int, default=0
            See `plot`.
        output : int or tuple of int, default=()
            Which entry of one y, where y has more than one.
        step_labels : array-like of shape (n_timesteps,), default=None
            Names of the steps.
        channel_names : list of str, default=None
            Names of the channels; None takes the estimator's.
        unit : str, default=""
            Unit of the target.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ContributionDisplay
            Drawn.
        """
        parts = estimator.predict_contributions(X)
        number = (output,) if np.ndim(output) == 0 else tuple(output)
        shape = parts.shape[1:-2]
        if len(number) != len(shape) or any(
            not -n <= i < n for i, n in zip(number, shape, strict=True)
        ):
            raise ValueError(
                f"output={output!r} must name one entry of a y of shape {shape}."
            )
        return cls.from_contributions(
            parts[:, *number],
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
        contributions: Any,
        *,
        kind: str = "sample",
        sample: int = 0,
        step_labels: Any = None,
        channel_names: list[str] | None = None,
        unit: str = "",
        ax: Any = None,
    ) -> "ContributionDisplay":
        """Draw contributions from anywhere.

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
        self, kind: str = "sample", *, sample: int = 0, ax: Any = None
    ) -> "ContributionDisplay":
        """Draw.

        Parameters
        ----------
        kind : {"sample", "mean"}, default="sample"
            Contributions to one prediction, or their mean absolute value.
        sample : int, default=0
            Which sample.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ContributionDisplay
            Itself.

        Raises
        ------
        ValueError
            If contributions have another number of axes, or an argument is not allowed.
        ImportError
            If matplotlib is not installed.
        """
        if kind not in ("sample", "mean"):
            raise ValueError(f"kind={kind!r} must be 'sample' or 'mean'.")
        if self.contributions.ndim != 3:
            raise ValueError(
                f"contributions have shape {self.contributions.shape}; allowed is "
                "(n_samples, n_timesteps, n_channels), those to one output."
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
        self.ax_.set_yticks(
            range(n_channels), range(n_channels) if names is None else names
        )
        self.ax_.set(xlabel="step", ylabel="channel" if names is None else "")
        self.colorbar_ = common.add_colorbar(
            self.ax_, self.image_, f"{label}, {self.unit}" if self.unit else label
        )
        return self
