"""What "auto" looks at, and how a choice is told."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from .training import TrainingSamples
from .training._ridge import LinearForm


@dataclass(frozen=True)
class Seen:
    """What rules read: the shape of the data, and what is asked of them.

    Parameters
    ----------
    n_samples, n_timesteps : int
        Training samples, steps of the longest sequence.
    classifies : bool
        Whether classes are predicted.
    samples : TrainingSamples
        Those to train on.
    forecasts : bool, default=False
        Whether the targets continue channels, all sequences have one length, and
        missing values are filled or refused.
    compare : callable, default=None
        Returns the error of each `LinearForm` on later samples, from
        ``scale_windows``; for forecasts.
    measure_spread : callable, default=None
        Returns how many times larger some windows are than others; for forecasts.
    measure_typical_change : callable, default=None
        Returns the squared change of a typical window over the mean; for forecasts.
    find_period : callable, default=None
        Returns the period of the sequences in steps, or None; for forecasts.
    coded : tuple of int, default=()
        Channels that hold categories.
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
    classifies: bool
    samples: TrainingSamples
    forecasts: bool = False
    compare: Callable[[bool | str], dict[LinearForm, float]] | None = None
    measure_spread: Callable[[], float] | None = None
    measure_typical_change: Callable[[], float] | None = None
    find_period: Callable[[], int | None] | None = None
    coded: tuple[int, ...] = ()
    n_categories: tuple[int, ...] = ()
    vector_size: int | None = None
    tokens: bool = False
    n_steps: int = 0


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
