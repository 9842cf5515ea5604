"""One series with its attention weights below."""

from typing import TYPE_CHECKING

import numpy as np

from . import _plot_common as common

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer
    from matplotlib.lines import Line2D


def draw_series(
    ax: "Axes",
    row: np.ndarray,
    weights: np.ndarray,
    names: list[str] | None,
    labels: np.ndarray | None,
) -> tuple[np.ndarray, list["Line2D"], "BarContainer"]:
    """Draw the channels of one sample, and its weights as bars below.

    Parameters
    ----------
    ax : matplotlib Axes
        Where; the two panels are made inside of it.
    row : ndarray of shape (length, n_channels)
        The sample.
    weights : ndarray of shape (n_steps,)
        Of time steps or patches; NaN on padding.
    names : list of str or None
        Names of the channels.
    labels : ndarray of shape (n_steps,) or None
        Names of the steps.

    Returns
    -------
    axes : ndarray of matplotlib Axes
        The panel of the channels, and that of the weights.
    lines : list of matplotlib Line2D
        The channels.
    bars : matplotlib BarContainer
        The weights.
    """
    weights = weights[np.isfinite(weights)]
    boxes = [(0.0, 0.4, 1.0, 0.6), (0.0, 0.0, 1.0, 0.3)]
    above, below = common.split_axes(ax, boxes)
    patch_size = -(-len(row) // len(weights))
    # The last patch ends with the sequence; each bar is as wide as its patch.
    ends = len(row) - patch_size * np.arange(len(weights))[::-1]
    starts = np.maximum(ends - patch_size, 0)
    lines = _draw_channels(above, row, names)
    bars = below.bar(
        starts - 0.5,
        weights,
        width=ends - starts,
        align="edge",
        color=common.GREY,
        edgecolor="white",
        linewidth=0.5 if len(weights) <= 60 else 0,
    )
    for panel in (above, below):
        panel.set_xlim(-0.5, len(row) - 0.5)
        common.open_spines(panel)
    above.set_xticks([])
    _label_bars(below, labels, starts, ends)
    below.set(xlabel="step", ylabel="weight", ylim=(0, None))
    return np.array([above, below]), lines, bars


def _draw_channels(
    ax: "Axes", row: np.ndarray, names: list[str] | None
) -> list["Line2D"]:
    n_channels = row.shape[1]
    checked = common.check_labels(names, n_channels, "channel_names")
    labels = [f"channel {c}" for c in range(n_channels)]
    labels = labels if checked is None else checked.tolist()
    styles = ["-", "--", ":", "-."]
    lines = []
    for channel in range(n_channels):
        lines += ax.plot(
            np.arange(len(row)),
            row[:, channel],
            styles[channel % len(styles)],
            color=[common.BLUE, common.ORANGE, common.GREY][channel % 3],
            marker="." if len(row) <= 50 else "",
            label=labels[channel],
        )
    if n_channels > 1:
        ax.legend(frameon=False, fontsize="small")
    else:
        ax.set_ylabel(labels[0])
    return lines


def _label_bars(
    ax: "Axes", labels: np.ndarray | None, starts: np.ndarray, ends: np.ndarray
) -> None:
    """Label the bars in the middle of their patches."""
    common.label_axis(ax.xaxis, labels, len(starts))
    ticks = ax.get_xticks().astype(int)
    words = [word.get_text() for word in ax.get_xticklabels()]
    ax.set_xticks((starts + ends - 1)[ticks] / 2, words)
