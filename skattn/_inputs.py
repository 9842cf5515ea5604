"""Checking what comes with X: y, weights and groups, each error naming its argument."""

from typing import Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import _check_sample_weight

from .sequences._check import FLOATS
from .sequences._forms import Sequences, from_tensor


def check_y(estimator: Any, y: Any, n_samples: int, name: str = "y") -> np.ndarray:
    """Check numbers to predict: float, finite, 1-D to 3-D, one entry a sample."""
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires {name} to be passed, but the target "
            f"{name} is None."
        )
    _refuse_scalar(name, y)
    y = check_array(
        from_tensor(y, name),
        dtype=FLOATS,
        ensure_2d=False,
        allow_nd=True,
        ensure_min_features=0,  # explained below, with the name
        estimator=estimator,
        input_name=name,
    )
    if not 1 <= y.ndim <= 3 or 0 in y.shape[1:]:
        raise ValueError(
            f"{name} has shape {y.shape}; allowed are (n_samples,), "
            "(n_samples, n_outputs) and (n_samples, horizon, n_targets)."
        )
    check_length(name, y, n_samples)
    return y


def check_weights(
    estimator: Any, sample_weight: Any, X: Sequences
) -> np.ndarray | None:
    """Check sample weights: one a sample, finite, none negative, one positive."""
    if sample_weight is None:
        return None
    weights = np.asarray(from_tensor(sample_weight, "sample_weight"), dtype=np.float64)
    if weights.ndim == 0:
        weights = np.full(len(X), weights)
    check_length("sample_weight", weights, len(X))
    if not weights.any():
        raise ValueError(
            "sample_weight is zero for all samples; at least one must be positive."
        )
    return _check_sample_weight(
        weights, X.values, dtype=np.float64, ensure_non_negative=True
    )


def check_groups(groups: Any, n_samples: int) -> np.ndarray | None:
    """Check group labels: one a sample, of kinds that can be told apart."""
    if groups is None:
        return None
    _refuse_scalar("groups", groups)
    groups = check_array(groups, ensure_2d=False, dtype=None, input_name="groups")
    if groups.ndim != 1:
        raise ValueError(f"groups has shape {groups.shape}; allowed is (n_samples,).")
    check_length("groups", groups, n_samples)
    try:
        np.unique(groups)
    except TypeError as error:
        raise ValueError(
            f"groups mixes labels that cannot be compared ({error}); use labels of one "
            "type, and none missing."
        ) from error
    return groups


def check_length(name: str, array: np.ndarray, n_samples: int) -> None:
    """Refuse an argument that has not one entry a sample."""
    if len(array) != n_samples:
        inputs = "X_val" if name.endswith("_val") else "X"
        raise ValueError(
            f"{inputs} and {name} have inconsistent numbers of samples: {inputs} has "
            f"{n_samples}, {name} has {len(array)}."
        )


def _refuse_scalar(name: str, value: Any) -> None:
    if np.isscalar(value) or getattr(value, "ndim", 1) == 0:
        raise ValueError(f"{name}={value!r} must have one entry a sample.")
