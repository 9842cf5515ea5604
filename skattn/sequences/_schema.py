"""What X was in `fit`, and what reading asks of an estimator."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from ._categories import Vocabularies


@dataclass(frozen=True)
class Schema:
    """What X was in `fit`, and how every later X is read.

    Parameters
    ----------
    n_timesteps, n_channels : int
        Steps of the longest sequence, and channels.
    flat : bool
        Whether each sequence came as one row.
    row_timesteps : int or None
        The parameter ``n_timesteps``, the steps into which a row is cut.
    padding_value : float or None
        What fills an array after the end of shorter sequences.
    missing : {"error", "mask", "forward", "decay"}
        What happens to NaN in a sequence.
    n_static, n_future, horizon : int, default=0
        Static features; columns and steps of what is known ahead.
    static_names, future_names : tuple of str, default=None
        Their names, if they have any.
    categories, static_categories : dict of tuple
        By channel, and by column of the static features, the categories in the order
        of their codes, which start at 1.
    times : {"numbers", "dates", "durations", "steps"}, default=None
        What the times of steps are: "steps" are their numbers, which with
        ``missing="decay"`` stand for times; None if there are none.
    """

    n_timesteps: int
    n_channels: int
    flat: bool
    row_timesteps: int | None
    padding_value: float | None
    missing: str
    n_static: int = 0
    n_future: int = 0
    horizon: int = 0
    static_names: tuple[str, ...] | None = None
    future_names: tuple[str, ...] | None = None
    categories: Vocabularies = field(default_factory=dict)
    static_categories: Vocabularies = field(default_factory=dict)
    times: str | None = None

    @property
    def n_extras(self) -> int:
        """Numbers that stand beside the steps."""
        return self.n_static + self.n_future

    @property
    def n_categories(self) -> tuple[int, ...]:
        """Categories of each channel, and then of each static column, with some."""
        held = (*self.categories.values(), *self.static_categories.values())
        return tuple(len(entries) for entries in held)

    def count_categories(self) -> dict[str, tuple[tuple[int, int], ...]]:
        """Return channel, or column, and number of its categories."""
        return {
            name: tuple((c, len(entries)) for c, entries in getattr(self, name).items())
            for name in ("categories", "static_categories")
        }

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the estimator that decided how X was read."""
        return {
            "n_timesteps": self.row_timesteps,
            "padding_value": self.padding_value,
            "missing": self.missing,
        }


class SequenceReader(Protocol):
    """What reading asks of an estimator: its parameters, and what it was fitted on."""

    n_timesteps: int | None
    padding_value: float | None
    missing: str
    n_timesteps_in_: int
    n_channels_in_: int
    n_features_in_: int
    _schema: Schema
