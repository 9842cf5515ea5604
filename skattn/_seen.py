"""What "auto" looks at, and how a choice is told."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .training import TrainingSamples

# Times that a category comes in the mean, below which its vector is learned by heart.
_FEW = 50
_LEAST_WORDS = 200

# Samples that are looked at.
_MOST_LOOKED_AT = 256


@dataclass(frozen=True)
class Seen:
    """What rules read: the shape of the data, and what is asked of them.

    Parameters
    ----------
    n_samples, n_timesteps, n_channels : int
        Training samples, steps of the longest sequence, channels.
    classifies : bool
        Whether classes are predicted.
    samples : TrainingSamples
        Those to train on.
    forecasts : bool, default=False
        Whether the targets continue channels, all sequences have one length, and no
        value is missing.
    compare : callable, default=None
        Returns the error of each `LinearForm` on later samples, from
        ``scale_windows``; for forecasts.
    measure_spread : callable, default=None
        Returns how many times larger some windows are than others; for forecasts.
    find_period : callable, default=None
        Returns the period of the sequences in steps, or None; for forecasts.
    n_categories : tuple of int, default=()
        Categories of each channel and each static feature that holds some.
    vector_size : int, default=None
        Size of the vectors that are given for categories.
    tokens : bool, default=False
        Whether all channels hold categories.
    n_steps : int, default=0
        Steps of all training samples together; where there are categories.
    """

    n_samples: int
    n_timesteps: int
    n_channels: int
    classifies: bool
    samples: TrainingSamples
    forecasts: bool = False
    compare: Callable[[Any], dict[Any, float]] | None = None
    measure_spread: Callable[[], float] | None = None
    find_period: Callable[[], int | None] | None = None
    n_categories: tuple[int, ...] = ()
    vector_size: int | None = None
    tokens: bool = False
    n_steps: int = 0

    @property
    def words(self) -> bool:
        """Whether samples are of many words that come a few times in the mean."""
        n_words = max(self.n_categories, default=0)
        return self.tokens and n_words >= _LEAST_WORDS and self.n_steps < _FEW * n_words

    @cached_property
    def roughness(self) -> float:
        """Mean square of differences between steps over the variance."""
        return _measure_roughness(self.samples)


class Choice(NamedTuple):
    """A value, and why it was chosen."""

    value: object
    reason: str


class FitSummary(Mapping[str, Choice]):
    """Values of the parameters that were "auto", each with its reason.

    Parameters
    ----------
    choices : dict of Choice
        By the name of the parameter.

    Examples
    --------
    >>> from skattn import LSTMAttentionClassifier
    >>> from skattn.datasets import make_marked_step
    >>> X, y, _ = make_marked_step(100, 8, random_state=0)
    >>> model = LSTMAttentionClassifier(max_epochs=2, random_state=0).fit(X, y > 0)
    >>> model.fit_summary_["patch_size"].value
    1
    """

    def __init__(self, choices: dict[str, Choice]) -> None:
        self._choices = choices

    def __getitem__(self, name: str) -> Choice:
        return self._choices[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._choices)

    def __len__(self) -> int:
        return len(self._choices)

    def __repr__(self) -> str:
        rows = [(name, f"{c.value!r}", c.reason) for name, c in self._choices.items()]
        widths = [max([len(row[i]) for row in rows], default=0) for i in range(2)]
        lines = [
            f"{name:<{widths[0]}}  {value:<{widths[1]}}  {reason}"
            for name, value, reason in rows
        ]
        return "\n".join(["Parameters that were 'auto':", *lines])


def _measure_roughness(samples: TrainingSamples) -> float:
    """Compute the mean square of differences between steps over the variance.

    Of some samples; the median over the channels that vary; 2 for white noise.
    """
    rows = samples.rows[:: max(1, len(samples.rows) // _MOST_LOOKED_AT)]
    x, lengths = samples.X.values[rows].astype(np.float64), samples.X.lengths
    real = np.isfinite(x)
    if lengths is not None:
        real &= (np.arange(x.shape[1]) < lengths[rows, None])[:, :, None]
    both = real[:, 1:] & real[:, :-1]
    x = np.where(real, x, 0.0)
    count = np.maximum(real.sum((0, 1)), 1)
    with np.errstate(over="ignore", invalid="ignore"):  # refused when they are scaled
        mean = x.sum((0, 1)) / count
        variance = (np.where(real, x - mean, 0.0) ** 2).sum((0, 1)) / count
        squares = np.where(both, np.diff(x, axis=1), 0.0) ** 2
        change = squares.sum((0, 1)) / np.maximum(both.sum((0, 1)), 1)
    varies = (variance > 0) & both.any((0, 1)) & np.isfinite(variance + change)
    if not varies.any():
        return np.inf
    return float(np.median(change[varies] / variance[varies]))
