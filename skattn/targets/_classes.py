"""Classes to predict: labels in, probabilities and labels out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from scipy.special import softmax
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from torch import Tensor, nn

from ..sequences._per_sample import refuse_length
from ..sequences._samples import check_even, from_tensor, refuse_others
from ..sequences._scaling import IDENTITY, InputScaler, Scaler
from ._losses import CrossEntropy, smooth
from ._target import Target


@dataclass(frozen=True)
class Classes(Target):
    """Labels, one-hot for the network, which gives a logit for each class.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    class_weight : dict, "balanced" or None, default=None
        As in `skattn.LSTMAttentionClassifier`.
    label_smoothing : float, default=0.0
        Likewise, without "auto".
    of_class : ndarray of shape (n_classes,), default=None
        The weight of each class in training; None if all have weight 1.
    scaler : Scaler, default=identity
        Logits have no unit.
    """

    classes: np.ndarray
    class_weight: dict[object, float] | str | None = None
    label_smoothing: float = 0.0
    of_class: np.ndarray | None = None
    scaler: Scaler = IDENTITY

    stratified: ClassVar[bool] = True

    @property
    def horizon(self) -> int:
        """One answer a sample."""
        return 1

    @property
    def n_targets(self) -> int:
        """One logit for each class."""
        return len(self.classes)

    @property
    def bend(self) -> str | None:
        """The softmax at the output."""
        return "softmax"

    @property
    def least_loss(self) -> float:
        """The entropy of a smoothed label."""
        one_hot = torch.eye(self.n_targets)[0]
        return float(torch.special.entr(smooth(one_hot, self.label_smoothing)).sum())

    @staticmethod
    def read(y: object, n_samples: int, name: str = "y") -> np.ndarray:
        """Return class labels: one a sample, none missing."""
        if y is None:
            raise ValueError(
                f"LSTMAttentionClassifier requires {name} to be passed, but the target "
                f"{name} is None."
            )
        refuse_others(y, name)
        if isinstance(y, list):
            check_even(y, name)
        if isinstance(y, np.ma.MaskedArray):
            y = from_tensor(y, name)
        y = check_array(
            y, ensure_2d=False, dtype=None, ensure_min_samples=0, input_name=name
        )
        labels = column_or_1d(y, warn=True)
        if len(labels) != n_samples:
            refuse_length(name, len(labels), n_samples)
        without = [label is None for label in labels] if labels.dtype == object else []
        if any(without):
            raise ValueError(
                f"{name} holds None for sample {without.index(True)}; every sample "
                "must have a class."
            )
        check_classification_targets(labels)
        return labels

    def encode(self, y: np.ndarray, name: str = "y") -> np.ndarray:
        """Return labels one-hot: ``(n_samples, 1, n_classes)``."""
        unknown = np.setdiff1d(y, self.classes)
        if len(unknown):
            raise ValueError(
                f"{name} holds the class {_plain(unknown[0])!r}, which is none of the "
                f"classes known from before: {self.classes}."
            )
        if len(self.classes) < 2:
            raise ValueError(
                f"{name} holds one class only ({_plain(self.classes[0])!r}); "
                "LSTMAttentionClassifier needs at least 2 classes."
            )
        codes = np.searchsorted(self.classes, y)
        return np.eye(len(self.classes), dtype=np.float32)[codes][:, None]

    def outward(self, y: np.ndarray) -> np.ndarray:
        """Return one-hot classes as labels."""
        return self.classes[y[:, 0].argmax(1)]

    def fit_weights(self, y: np.ndarray, weights: np.ndarray | None) -> "Classes":
        """Return the target with a weight for each class."""
        if self.class_weight is None:
            return self
        codes = y[:, 0].argmax(1)
        return replace(self, of_class=self._choose_weights(codes, weights))

    def weigh(self, y: np.ndarray, weights: np.ndarray | None) -> np.ndarray | None:
        """Return sample weights times the weights of the classes."""
        if self.of_class is None:
            return weights
        own = self.of_class[y[:, 0].argmax(1)]
        return own if weights is None else own * weights

    def _choose_weights(
        self, codes: np.ndarray, weights: np.ndarray | None
    ) -> np.ndarray:
        """Return a weight for each class; a sample of weight 2 counts like two."""
        if self.class_weight == "balanced":
            mass = np.bincount(codes, weights, minlength=len(self.classes))
            present = mass > 0
            balanced = mass.sum() / (present.sum() * np.where(present, mass, 1.0))
            return np.where(present, balanced, 1.0)
        chosen = compute_class_weight(
            self.class_weight, classes=self.classes, y=self.classes[codes]
        )
        if not (np.isfinite(chosen).all() and (chosen >= 0).all() and chosen.any()):
            raise ValueError(
                f"class_weight={self.class_weight!r} must give finite weights of at "
                "least 0, one of them positive."
            )
        return chosen

    def settle(
        self,
        y: np.ndarray,
        weights: np.ndarray,
        inputs: InputScaler,
        given: Mapping[str, object],
    ) -> "Classes":
        """Return the target with its loss; logits have no scale."""
        smoothing = given["label_smoothing"]
        assert isinstance(smoothing, int | float)
        return replace(self, label_smoothing=smoothing)

    def make_loss(self) -> nn.Module:
        """Return the cross-entropy."""
        return CrossEntropy(self.label_smoothing)

    def best_constant(self, y: Tensor, weight: Tensor | None) -> Tensor:
        """Return the logarithm of the share of each class in smoothed labels."""
        counts = y if weight is None else y * weight[:, None, None]
        shares = counts.sum(0, keepdim=True) / counts.sum()
        shares = smooth(shares, self.label_smoothing)
        return shares.clamp(min=1e-12).log()

    def decode(self, prediction: np.ndarray) -> np.ndarray:
        """Return the most likely labels."""
        return self.classes[prediction[:, 0].argmax(1)]

    def answer(self, prediction: np.ndarray) -> np.ndarray:
        """Return what is explained: the probabilities."""
        return softmax(prediction[:, 0].astype(np.float64), axis=1)

    def answer_in_torch(self, prediction: Tensor) -> Tensor:
        """Return the probabilities, with gradients."""
        return prediction[:, 0].softmax(1)

    def shape_outputs(self, values: np.ndarray) -> np.ndarray:
        """Return ``(n, 1, n_classes, ...)`` with the axes of the decision function."""
        values = values[:, 0]
        return values[:, 1] - values[:, 0] if values.shape[1] == 2 else values


def _plain(label: object) -> object:
    """Return NumPy's scalars as Python's, which print as their values."""
    return label.item() if isinstance(label, np.generic) else label
