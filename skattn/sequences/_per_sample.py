"""What has one entry a sample: weights, groups, and the errors of all that has not."""

from typing import NoReturn

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import _check_sample_weight

from ._samples import Samples, check_numbers, from_tensor, refuse_others
from ._split import is_index, read_index


def read_weights(sample_weight: object, X: Samples) -> np.ndarray | None:
    """Return sample weights: one a sample, finite, none negative, one positive."""
    if sample_weight is None:
        return None
    refuse_others(sample_weight, "sample_weight")
    given = from_tensor(sample_weight, "sample_weight")
    check_numbers(given, "sample_weight")
    weights = np.asarray(given, dtype=np.float64)
    if weights.ndim == 0:
        weights = np.full(len(X), weights)
    if weights.ndim != 1:
        raise ValueError(
            f"sample_weight has shape {weights.shape}; allowed is (n_samples,)."
        )
    if len(weights) != len(X):
        refuse_length("sample_weight", len(weights), len(X))
    if not weights.any():
        raise ValueError(
            "sample_weight is zero for all samples; at least one must be positive."
        )
    return _check_sample_weight(
        weights, X.values, dtype=np.float64, ensure_non_negative=True
    )


def read_groups(groups: object, n_samples: int) -> np.ndarray | None:
    """Return group labels, or an index of windows: one entry a sample."""
    if groups is None:
        return None
    if is_index(groups):
        index = read_index(groups)
        if len(index) != n_samples:
            refuse_length("groups", len(index), n_samples)
        return index
    if np.isscalar(groups) or getattr(groups, "ndim", 1) == 0:
        refuse_scalar("groups", groups)
    labels: np.ndarray = check_array(
        groups, ensure_2d=False, dtype=None, input_name="groups"
    )
    if labels.ndim != 1:
        raise ValueError(f"groups has shape {labels.shape}; allowed is (n_samples,).")
    if len(labels) != n_samples:
        refuse_length("groups", len(labels), n_samples)
    try:
        np.unique(labels)
    except TypeError as error:
        raise ValueError(
            f"groups mixes labels that cannot be compared ({error}); use labels of one "
            "type, and none missing."
        ) from error
    return labels


def refuse_length(name: str, length: int, n_samples: int) -> NoReturn:
    """Raise the error for an argument that has not one entry a sample."""
    inputs = "X_val" if name.endswith("_val") else "X"
    raise ValueError(
        f"{inputs} and {name} have inconsistent numbers of samples: {inputs} has "
        f"{n_samples}, {name} has {length}."
    )


def refuse_scalar(name: str, value: object) -> NoReturn:
    """Raise the error for an argument that is a single value."""
    raise ValueError(f"{name}={value!r} must have one entry a sample.")
