"""What a fitted estimator shows in a notebook besides scikit-learn's diagram."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from ._seen import Choice

_WIDTH, _HEIGHT = 160, 28  # of the drawing of the losses, in pixels

_STYLE = """<style>
.skattn-fit {font-size: 0.85em; margin-top: 0.5em;}
.skattn-fit summary {cursor: pointer;}
.skattn-fit td {text-align: left; padding: 0.1em 0.8em 0.1em 0;}
</style>"""


def describe_fit(
    choices: Mapping[str, Choice], history: Mapping[str, Sequence[float]]
) -> str:
    """Return HTML with the losses of a fit, and what was chosen for "auto".

    Parameters
    ----------
    choices : mapping of str to Choice
        ``fit_summary_`` of an estimator.
    history : mapping of str to sequence of float
        ``history_`` of an estimator.

    Returns
    -------
    str
        One element, in the colours of the page that shows it.
    """
    losses = history.get("train_loss", [])
    lines = [_draw(losses)] if len(losses) > 1 else []
    if len(losses):
        text = f"{len(losses)} epochs, training loss {losses[-1]:.3g}"
        if "validation_loss" in history:
            best = np.nanmin(history["validation_loss"])
            text += f", best validation loss {best:.3g}"
        lines.append(f" <span>{text}</span>")
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(repr(choice.value))}</td>"
        f"<td>{escape(choice.reason)}</td></tr>"
        for name, choice in choices.items()
    )
    if rows:
        lines.append(
            f"<details><summary>Chosen by the fit</summary><table>{rows}</table>"
            "</details>"
        )
    return f'{_STYLE}<div class="skattn-fit">{"".join(lines)}</div>'


def _draw(losses: Sequence[float]) -> str:
    """Draw losses as a line without axes; on a log scale where they fall far."""
    values = np.nan_to_num(np.asarray(losses, dtype=float))
    if values.min() > 0:
        values = np.log(values)
    spread = np.ptp(values) or 1.0
    x = np.linspace(1, _WIDTH - 1, len(values))
    y = 1 + (_HEIGHT - 2) * (values.max() - values) / spread
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        'aria-label="Training loss by epoch"><polyline fill="none" '
        f'stroke="currentColor" stroke-width="1.5" points="{points}"/></svg>'
    )
