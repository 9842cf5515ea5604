"""Checking what users hand over: X, y and weights, each error naming its argument."""

from typing import Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import _check_sample_weight, validate_data

from .sequences._forms import Sequences, cut_rows

_FLOATS = [np.float64, np.float32]


def check_X(estimator: Any, X: Any, *, reset: bool, name: str = "X") -> Sequences:
    """Bring X into the one inner form.

    Parameters
    ----------
    estimator : BaseLSTMAttention
        Where ``n_features_in_``, ``feature_names_in_``, ``n_timesteps_in_`` and
        ``n_channels_in_`` are written if ``reset``, and read otherwise.
    X : array-like or Tensor of shape (n_samples, n_features) or \
            (n_samples, n_timesteps, n_channels)
        Finite numbers.
    reset : bool
        Whether X defines the channels (in a first fit) or must agree with them.
    name : str, default="X"
        The argument's name in messages.

    Returns
    -------
    Sequences
        Float32 if X is, float64 otherwise.
    """
    X = _from_tensor(X)
    cubic = _n_axes(X) == 3
    if cubic:
        values = _check_cubic(estimator, X, name)
    else:
        values = _check_flat(estimator, X, reset=reset, name=name)
    if reset:
        if cubic:
            # Features are what StandardScaler would call so: channels, not steps.
            validate_data(estimator, values[:, 0], skip_check_array=True)
        estimator._flat = not cubic
        _, estimator.n_timesteps_in_, estimator.n_channels_in_ = values.shape
    elif values.shape[2] != estimator.n_channels_in_:
        raise ValueError(
            f"{name} has {values.shape[2]} channels (the last axis of its shape "
            f"{values.shape}), but {type(estimator).__name__} was fitted on "
            f"{estimator.n_channels_in_}."
        )
    return Sequences(values)


def _check_cubic(estimator: Any, X: Any, name: str) -> np.ndarray:
    values = check_array(
        X, dtype=_FLOATS, allow_nd=True, estimator=estimator, input_name=name
    )
    if 0 in values.shape:
        raise ValueError(
            f"{name} has shape {values.shape} (n_samples, n_timesteps, n_channels); "
            "every axis needs at least 1 entry."
        )
    return values


def _check_flat(estimator: Any, X: Any, *, reset: bool, name: str) -> np.ndarray:
    rows = check_array(X, dtype=_FLOATS, estimator=estimator, input_name=name)
    if reset:
        validate_data(estimator, X, skip_check_array=True)
        return cut_rows(rows, estimator.n_timesteps)
    n_columns = estimator.n_timesteps_in_ * estimator.n_channels_in_
    if estimator._flat and (name == "X" or rows.shape[1] == n_columns):
        validate_data(estimator, X, skip_check_array=True, reset=False)
    elif rows.shape[1] != n_columns:
        raise ValueError(
            f"{name} has shape {rows.shape}, but flat rows must have the "
            f"{estimator.n_timesteps_in_} x {estimator.n_channels_in_} = {n_columns} "
            f"columns (steps x channels) that {type(estimator).__name__} was fitted "
            "on; other lengths need (n_samples, n_timesteps, n_channels)."
        )
    return cut_rows(rows, estimator.n_timesteps_in_)


def check_y(estimator: Any, y: Any, n_samples: int, name: str = "y") -> np.ndarray:
    """Check numbers to predict: float, finite, 1-D to 3-D, one entry a sample."""
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires {name} to be passed, but the target "
            f"{name} is None."
        )
    _refuse_scalar(name, y)
    y = check_array(
        _from_tensor(y),
        dtype=_FLOATS,
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
    weights = np.asarray(_from_tensor(sample_weight), dtype=np.float64)
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


def _from_tensor(X: Any) -> Any:
    """Bring a torch tensor to NumPy, wherever it is and whatever it tracks."""
    return X.detach().cpu().numpy() if hasattr(X, "detach") else X


def _n_axes(X: Any) -> int:
    try:
        return X.ndim if hasattr(X, "ndim") else np.asarray(X).ndim
    except (TypeError, ValueError):  # ragged or foreign: check_array says what is wrong
        return 2
