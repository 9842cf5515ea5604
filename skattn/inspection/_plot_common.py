"""Shared by all displays: axes, labels of steps, checks and colours."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.colorbar import Colorbar
    from matplotlib.image import AxesImage

# Okabe and Ito's orange and blue, which colour-blind readers can distinguish, and grey
# levels that differ in print. The brightness of cividis increases evenly.
ORANGE, BLUE, GREY = "#d55e00", "#0072b2", "#767676"
SEQUENTIAL, DIVERGING = "cividis", "PuOr_r"
PADDING = "0.85"  # colour of padded steps

_MOST_TICKS = 7


def get_axes(
    ax: "Axes | None", owner: str, size: tuple[float, float] | None = None
) -> "Axes":
    """Return the axes to draw on: those given, or new ones."""
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            f"{owner}.plot needs matplotlib: pip install 'skattn[inspection]'."
        ) from error
    if ax is not None:
        return ax
    return pyplot.subplots(layout="constrained", figsize=size)[1]


def lighten(colour: str, share: float) -> tuple[float, ...]:
    """Return a colour mixed with a share of white."""
    from matplotlib.colors import to_rgb

    return tuple(1 - (1 - share) * (1 - value) for value in to_rgb(colour))


def split_axes(
    ax: "Axes", boxes: list[tuple[float, float, float, float]]
) -> list["Axes"]:
    """Return axes inside of ``ax``, each in a box (left, bottom, width, height).

    ``ax`` itself then shows its title only.
    """
    ax.set_axis_off()
    return [ax.inset_axes(box) for box in boxes]


def label_axis(axis: "Axis", labels: np.ndarray | None, n_steps: int) -> None:
    """Label some steps on an axis, few enough to be readable.

    Parameters
    ----------
    axis : matplotlib Axis
        Its positions are indices of steps.
    labels : ndarray of shape (n_steps,) or None
        Words, numbers or dates; None numbers the steps.
    n_steps : int
        Number of steps.
    """
    stride = -(-n_steps // _MOST_TICKS)
    # Counted from the last step, which is always labelled.
    ticks = np.arange(n_steps - 1, -1, -stride)[::-1]
    words = [str(tick) for tick in ticks]
    if labels is not None:
        words = [_format_label(label) for label in np.asarray(labels)[ticks]]
    axis.set_ticks(ticks, words)
    if axis is axis.axes.xaxis and max(map(len, words)) > 6:
        axis.set_tick_params(rotation=30)
        for word in axis.get_ticklabels():
            word.set_horizontalalignment("right")
            word.set_rotation_mode("anchor")


def _format_label(label: object) -> str:
    if isinstance(label, np.datetime64):
        day, _, clock = str(label).partition("T")
        if not clock.strip("0:."):  # midnight, or no clock at all
            return day
        return f"{day} {label.astype('M8[m]').item():%H:%M}"
    return str(label)


def check_labels(
    labels: npt.ArrayLike | None, n_steps: int, name: str = "step_labels"
) -> np.ndarray | None:
    """Check that there is one label per step."""
    if labels is None:
        return None
    labels = np.asarray(labels)
    if labels.shape != (n_steps,):
        raise ValueError(
            f"{name} has shape {labels.shape}; it must have one entry for each of the "
            f"{n_steps} that are shown."
        )
    return labels


def check_sample(sample: object, n_samples: int) -> int:
    """Check the index of a sample."""
    if not isinstance(sample, int | np.integer) or not (
        -n_samples <= sample < n_samples
    ):
        raise ValueError(
            f"sample={sample!r} must be an integer from {-n_samples} to "
            f"{n_samples - 1}: there are {n_samples} samples."
        )
    return int(sample)


def add_colorbar(
    ax: "Axes", image: "AxesImage", label: str, extend: str = "neither"
) -> "Colorbar":
    """Draw a colour bar next to the axes; ``extend="both"`` if values lie beyond."""
    return ax.figure.colorbar(image, ax=ax, label=label, extend=extend)


def open_spines(ax: "Axes") -> None:
    """Hide the top and the right side of the frame."""
    ax.spines[["top", "right"]].set_visible(False)


def read_times(
    times: npt.ArrayLike, n_history: int, horizon: int
) -> tuple[object, np.ndarray]:
    """Return positions of the steps of history and horizon on an axis.

    Parameters
    ----------
    times : array-like
        Numbers or dates of all these steps, or of the history alone, which then goes
        on as its last two steps do.
    n_history, horizon : int
        Their steps.

    Returns
    -------
    dates : object
        None for numbers; for dates their time zone, or "naive".
    positions : ndarray of shape (n_history + horizon,)
        Rising.
    """
    from matplotlib.dates import date2num

    stamps, dates = np.asarray(times), None
    if stamps.dtype.kind in "iuf":
        positions = stamps.astype(np.float64)
    elif stamps.dtype.kind == "M" or hasattr(next(iter(stamps.flat), None), "year"):
        zone = getattr(next(iter(stamps.flat), None), "tzinfo", None)
        dates = zone or "naive"
        positions = np.asarray(date2num(stamps))
    else:
        raise ValueError(
            f"times has the type {stamps.dtype}; allowed are numbers and dates."
        )
    whole = n_history + horizon
    if positions.shape == (n_history,) and n_history > 1:
        step = positions[-1] - positions[-2]
        ahead = positions[-1] + step * np.arange(1, horizon + 1)
        positions = np.append(positions, ahead)
    if positions.shape != (whole,):
        raise ValueError(
            f"times has shape {stamps.shape}; allowed are {whole} entries, for "
            f"{n_history} steps of history and {horizon} of the horizon, or the "
            f"{n_history} of a history of at least 2."
        )
    if not (np.diff(positions) > 0).all():
        raise ValueError("times is missing at a step or does not rise.")
    return dates, positions


def show_dates(ax: "Axes", dates: object) -> None:
    """Label an axis whose positions are dates, in their time zone."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    zone = None if dates == "naive" else dates
    locator = AutoDateLocator(minticks=4, maxticks=9, tz=zone)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))
