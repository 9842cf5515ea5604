"""What training recorded, read from the net that it left behind."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._notebook import describe_fit
from ._seen import Choice, FitSummary
from .training import AttentionNet


class HistoryMixin:
    """Attributes of an estimator that tell how its training went."""

    net_: AttentionNet
    _choices: dict[str, tuple[object, str]]

    @property
    def fit_summary_(self) -> FitSummary:
        """What was chosen for parameters that were "auto", each with its reason."""
        check_is_fitted(self)
        return FitSummary({name: Choice(*c) for name, c in self._choices.items()})

    @property
    def history_(self) -> dict[str, list[float]]:
        """What each epoch recorded; NaN where an epoch recorded nothing."""
        check_is_fitted(self)
        names = {
            "train_loss": "train_loss",
            "valid_loss": "validation_loss",
            "learning_rate": "learning_rate",
            "dur": "seconds",
        }
        epochs = self.net_.history
        return {
            name: [epoch.get(key, np.nan) for epoch in epochs]
            for key, name in names.items()
            if any(key in epoch for epoch in epochs)
        }

    def _repr_html_inner(self) -> str:
        """Return scikit-learn's diagram, and below it what a fit chose and reached."""
        diagram = super()._repr_html_inner()  # type: ignore[misc]
        if not hasattr(self, "net_"):
            return diagram
        return diagram + describe_fit(self.fit_summary_, self.history_)

    @property
    def n_iter_(self) -> int:
        """Epochs trained, those of earlier calls with ``warm_start`` included."""
        check_is_fitted(self)
        return len(self.net_.history)

    @property
    def best_validation_loss_(self) -> float | None:
        """Least validation loss in the last fit; None if nothing was set aside.

        That of the start, where no epoch was better and the start came back.
        """
        check_is_fitted(self)
        epochs = self.net_.history[self.net_.first_epoch :]
        if epochs and "kept_loss" in epochs[-1]:
            kept: float = epochs[-1]["kept_loss"]
            return kept
        losses = [epoch["valid_loss"] for epoch in epochs if "valid_loss" in epoch]
        return min(losses, default=None)
