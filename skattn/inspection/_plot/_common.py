"""What all displays share: matplotlib when it is needed, labels of steps, colours."""

from typing import Any

import numpy as np

# Okabe and Ito's orange and blue, which colour-blind readers tell apart, and greys
# that differ in print. cividis rises evenly in brightness.
ORANGE, BLUE, GREY = "#d55e00", "#0072b2", "#767676"
SEQUENTIAL, DIVERGING = "cividis", "PuOr_r"
PADDING = "0.85"  # colour of steps that are not there

_MOST_TICKS = 7


def get_axes(ax: Any, owner: str) -> Any:
    """Give the axes to draw on: those given, or new ones."""
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            f"{owner}.plot needs matplotlib, which is not installed; 'pip install "
            "matplotlib' adds it."
        ) from error
    return pyplot.subplots(layout="constrained")[1] if ax is None else ax


def split_axes(ax: Any, boxes: list[list[float]]) -> list[Any]:
    """Put axes into the place of one, each in a box of its left, bottom, width, height.

    They stand inside ``ax``, which itself shows nothing but its title.
    """
    ax.set_axis_off()
    return [ax.inset_axes(box) for box in boxes]


def label_axis(axis: Any, labels: np.ndarray | None, n_steps: int) -> None:
    """Name some steps on an axis, few enough to read.

    Parameters
    ----------
    axis : matplotlib Axis
        Whose positions are numbers of steps.
    labels : ndarray of shape (n_steps,) or None
        Words, numbers or dates; None numbers the steps.
    n_steps : int
        Steps there are.
    """
    stride = -(-n_steps // _MOST_TICKS)
    # Counted from the end, where sequences are read from.
    ticks = np.arange(n_steps - 1, -1, -stride)[::-1]
    words = [str(tick) for tick in ticks]
    if labels is not None:
        words = [_name(label) for label in np.asarray(labels)[ticks]]
    axis.set_ticks(ticks, words)
    if axis.axis_name == "x" and max(map(len, words)) > 6:
        axis.set_tick_params(rotation=30)
        for word in axis.get_ticklabels():
            word.set_horizontalalignment("right")
            word.set_rotation_mode("anchor")


def _name(label: Any) -> str:
    if isinstance(label, np.datetime64):
        day, _, clock = str(label).partition("T")
        if not clock.strip("0:."):  # midnight, or no clock at all
            return day
        return f"{day} {label.astype('M8[m]').item():%H:%M}"
    return str(label)


def check_labels(labels: Any, n_steps: int, name: str = "step_labels") -> Any:
    """Refuse labels that are not one a step."""
    if labels is None:
        return None
    labels = np.asarray(labels)
    if labels.shape != (n_steps,):
        raise ValueError(
            f"{name} has shape {labels.shape}, but there are {n_steps}; it must have "
            "one entry for each."
        )
    return labels


def check_sample(sample: Any, n_samples: int) -> int:
    """Refuse the number of a sample that is not there."""
    if not isinstance(sample, (int, np.integer)) or not (
        -n_samples <= sample < n_samples
    ):
        raise ValueError(
            f"sample={sample!r} must be an integer from {-n_samples} to "
            f"{n_samples - 1}: there are {n_samples} samples."
        )
    return int(sample)


def add_colorbar(ax: Any, image: Any, label: str, **settings: Any) -> Any:
    """Say beside the axes what the colours mean."""
    return ax.figure.colorbar(image, ax=ax, label=label, **settings)


def open_spines(ax: Any) -> None:
    """Leave the sides of the frame that show nothing."""
    ax.spines[["top", "right"]].set_visible(False)
