"""What every kind of target offers: the way in, the way out, and a loss."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from torch import Tensor, nn

from ..sequences._scaling import InputScaler, Scaler


class Target(ABC):
    """How y came, how the network sees it, and how predictions go back.

    Inside, y is ``(n_samples, horizon, n_targets)``.

    Attributes
    ----------
    scaler : Scaler
        Between units of y and of the network.
    channels : tuple of int or None
        The input channels that y continues, if it does.
    levels : tuple of float or None
        Levels of the quantiles, ascending, if the network has several.
    stratified : bool
        Whether a random validation split takes like shares of all values of y.
    """

    scaler: Scaler
    stratified: ClassVar[bool] = False

    # These stand here as values, for targets that continue no channels, and that have
    # one answer to each question.
    channels: tuple[int, ...] | None = None
    levels: tuple[float, ...] | None = None

    @property
    def least_loss(self) -> float:
        """What a network that is right everywhere has as its loss in training."""
        return 0.0

    @property
    @abstractmethod
    def horizon(self) -> int:
        """Output steps."""

    @property
    @abstractmethod
    def n_targets(self) -> int:
        """Values at each output step."""

    @property
    @abstractmethod
    def bend(self) -> str | None:
        """What bends the sum of the paths that lead to an answer; None if nothing."""

    @staticmethod
    @abstractmethod
    def read(y: object, n_samples: int, name: str = "y") -> np.ndarray:
        """Return y as an array of an allowed form, with one entry a sample."""

    @abstractmethod
    def encode(self, y: np.ndarray, name: str = "y") -> np.ndarray:
        """Return y as ``(n_samples, horizon, n_targets)``, in its own units."""

    @abstractmethod
    def outward(self, y: np.ndarray) -> np.ndarray:
        """Return an encoded y in the form in which users know it."""

    @abstractmethod
    def fit_weights(self, y: np.ndarray, weights: np.ndarray | None) -> "Target":
        """Return the target with its own weights measured on all samples."""

    @abstractmethod
    def weigh(self, y: np.ndarray, weights: np.ndarray | None) -> np.ndarray | None:
        """Return sample weights times what the targets themselves weigh."""

    @abstractmethod
    def settle(
        self,
        y: np.ndarray,
        weights: np.ndarray,
        inputs: InputScaler,
        given: Mapping[str, object],
    ) -> "Target":
        """Return the target with a loss, its scale measured on the training samples."""

    @abstractmethod
    def make_loss(self) -> nn.Module:
        """Return the loss: one value an output."""

    @abstractmethod
    def best_constant(self, y: Tensor, weight: Tensor | None) -> Tensor:
        """Return what a network that reads nothing should predict: ``(1, ...)``."""

    @abstractmethod
    def decode(self, prediction: np.ndarray) -> np.ndarray:
        """Return what `predict` gives, from the network's prediction."""

    def widen(self, prediction: Tensor, n_timesteps: int) -> Tensor:
        """Return a prediction in the one shape that it has for all sequences."""
        return prediction

    @abstractmethod
    def answer(self, prediction: np.ndarray) -> np.ndarray:
        """Return what is explained: predictions, or probabilities."""

    @abstractmethod
    def answer_in_torch(self, prediction: Tensor) -> Tensor:
        """Return the same up to a constant, with gradients: ``(n, n_outputs)``."""

    @abstractmethod
    def shape_outputs(self, values: np.ndarray) -> np.ndarray:
        """Return ``(n, horizon, n_targets, ...)`` with the axes of an answer."""
