"""Sentences whose words are shaded by their weights, as a picture and as HTML."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..sequences import Sequences
from . import _plot_common as common

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.offsetbox import HPacker, TextArea

# The share of colour behind the word of the greatest weight. Text on it keeps a
# contrast of more than 4.5 to 1, black on a white page as light grey on a dark one.
_DARKEST = 0.55
_EMPTY = "(empty)"  # in place of a token of spaces, which could not be seen
_RGB = ", ".join(str(int(common.BLUE[i : i + 2], 16)) for i in (1, 3, 5))
_WIDTH = 8.0  # inches of a figure
_FONT_SIZE = 10.0  # points
_CHARACTER = 0.6  # width of a character of the mean word, in font sizes


class Sentence(NamedTuple):
    """What is shown of one sample.

    Parameters
    ----------
    words : sequence of str
        The tokens.
    weights : ndarray of shape (n_words,)
        One for each.
    caption : str
        What stands above the words, such as the predicted label; may be empty.
    """

    words: Sequence[str]
    weights: np.ndarray
    caption: str

    @property
    def shades(self) -> np.ndarray:
        """The weights as shares of the greatest one."""
        top = self.weights.max(initial=0.0)
        return self.weights / top if top > 0 else np.zeros(len(self.weights))


def find_words(X: Any) -> list[list[str]] | None:
    """Return the tokens of each sample, None if X is no list of token lists."""
    steps = X.steps if isinstance(X, Sequences) else X
    if hasattr(steps, "to_numpy") and len(getattr(steps, "shape", ())) == 1:
        steps = steps.to_numpy()  # a column of lists
    is_list = isinstance(steps, list | tuple | np.ndarray)
    if not is_list or not len(steps) or isinstance(steps[0], str):
        return None
    for entry in steps:
        if not isinstance(entry, list | tuple | np.ndarray):
            return None
        if not all(isinstance(word, str) for word in entry):
            return None
    return [[str(word) for word in entry] for entry in steps]


def weigh_words(weights: np.ndarray, words: list[list[str]] | None) -> np.ndarray:
    """Return weights with NaN after the last word of each sample."""
    if words is None or weights.ndim != 2 or len(words) != len(weights):
        return weights  # which is refused where it is drawn
    lengths = np.array([len(row) for row in words])
    real = np.arange(weights.shape[1]) < lengths[:, None]
    return np.where(real, weights.astype(np.float64), np.nan)


def check_classes(
    labels: npt.ArrayLike | None, n_samples: int, name: str
) -> np.ndarray | None:
    """Check that there is one label a sample."""
    if labels is None:
        return None
    labels = np.asarray(labels)
    if labels.shape != (n_samples,):
        raise ValueError(
            f"{name} has shape {labels.shape}; allowed is one label for each of the "
            f"{n_samples} samples."
        )
    return labels


def make_sentences(
    words: list[list[str]],
    weights: np.ndarray,
    y_true: np.ndarray | None,
    y_pred: np.ndarray | None,
    samples: Sequence[int],
) -> list[Sentence]:
    """Return the sentences of some samples.

    Raises
    ------
    ValueError
        If there is not one weight for each word, or one is negative.
    """
    sentences = []
    for i in samples:
        row = weights[i][np.isfinite(weights[i])]
        if len(row) != len(words[i]):
            raise ValueError(
                f"X[{i}] has {len(words[i])} words, but there are {len(row)} weights "
                "for it; allowed is one for each word, and NaN after the last."
            )
        if (row < 0).any():
            raise ValueError(
                f"weights[{i}] holds {row.min():.3g}; kind='words' shows weights from "
                "0 on."
            )
        parts = [
            f"{name} {labels[i]}"
            for name, labels in (("predicted", y_pred), ("true", y_true))
            if labels is not None
        ]
        sentences.append(Sentence(words[i], row, ", ".join(parts)))
    return sentences


def measure_figure(sentences: list[Sentence]) -> tuple[float, float]:
    """Return width and height, in inches, of a figure that holds the sentences."""
    per_line = int(_WIDTH * 72 / (_CHARACTER * _FONT_SIZE))
    n_lines = sum(
        1 + len(" ".join(sentence.words)) // per_line + bool(sentence.caption)
        for sentence in sentences
    )
    return _WIDTH, 0.2 + 0.22 * n_lines + 0.15 * (len(sentences) - 1)


def draw_sentences(ax: "Axes", sentences: list[Sentence]) -> list["Artist"]:
    """Draw sentences below each other, and return the words."""
    from matplotlib.offsetbox import AnchoredOffsetbox, TextArea, VPacker
    from matplotlib.text import Text

    ax.set_axis_off()
    # A layout says only in drawing how wide axes are.
    ax.figure.canvas.figure.draw_without_rendering()
    inches = ax.get_window_extent().width / ax.figure.dpi
    per_line = max(int(inches * 72 / (_CHARACTER * _FONT_SIZE)), 10)
    lines: list[Artist] = []
    texts: list[Artist] = []
    for sentence in sentences:
        if sentence.caption:
            style = {"fontsize": "small", "color": common.GREY, "parse_math": False}
            lines.append(TextArea(sentence.caption, textprops=style))
        areas = [_make_area(*pair) for pair in _pair(sentence)]
        texts += [text for area in areas for text in area.findobj(Text)]
        lines += _wrap(areas, per_line)
        lines.append(TextArea(" ", textprops={"fontsize": "xx-small"}))
    column = VPacker(children=lines[:-1], align="left", pad=0, sep=5)
    ax.add_artist(AnchoredOffsetbox("upper left", child=column, pad=0, frameon=False))
    return texts


def _pair(sentence: Sentence) -> list[tuple[str, float]]:
    """Return each word with its shade, as it is shown."""
    words = [word if word.strip() else _EMPTY for word in sentence.words]
    return [*zip(words, sentence.shades.tolist(), strict=True)]


def _make_area(word: str, shade: float) -> "TextArea":
    from matplotlib.offsetbox import TextArea

    paper = common.lighten(common.BLUE, 1 - _DARKEST * shade)
    box = {"facecolor": paper, "edgecolor": "none", "pad": 1.5}
    style = {"fontsize": _FONT_SIZE, "bbox": box, "parse_math": False}
    return TextArea(word, textprops=style)


def _wrap(areas: list["TextArea"], per_line: int) -> list["HPacker"]:
    """Return lines of at most so many characters, each of one word at least."""
    from matplotlib.offsetbox import HPacker

    lines: list[list[Artist]] = [[]]
    taken = 0
    for area in areas:
        length = len(area.get_text()) + 1
        if lines[-1] and taken + length > per_line:
            lines.append([])
            taken = 0
        lines[-1].append(area)
        taken += length
    return [HPacker(children=line, align="baseline", pad=0, sep=4) for line in lines]


def write_html(sentences: list[Sentence]) -> str:
    """Return sentences as HTML, in the text colour of the page that shows it."""
    blocks = []
    for sentence in sentences:
        caption = ""
        if sentence.caption:
            caption = (
                f'<div style="opacity: 0.75; font-size: smaller">'
                f"{escape(sentence.caption)}</div>"
            )
        spans = [
            f'<span title="{weight:.3f}" style="background: rgba({_RGB}, '
            f'{_DARKEST * shade:.3f}); padding: 0.1em 0.2em; border-radius: 0.2em">'
            f"{escape(word)}</span>"
            for (word, shade), weight in zip(
                _pair(sentence), sentence.weights, strict=True
            )
        ]
        block = f'{caption}<div style="line-height: 1.7">{" ".join(spans)}</div>'
        blocks.append(f'<div style="margin-bottom: 0.8em">{block}</div>')
    return f'<div class="skattn-words">{"".join(blocks)}</div>'
