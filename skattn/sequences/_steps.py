"""Reading the steps of X: arrays, flat rows, and lists of sequences."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from ._frames import check_columns, check_dtypes, is_frame, n_axes
from ._ragged import as_steps, is_ragged, measure_lengths, pad_steps
from ._samples import Samples, check_numbers, cut_rows, from_tensor, refuse_others
from ._schema import SequenceReader

FLOATS = [np.float64, np.float32]


def read_steps(
    estimator: SequenceReader,
    X: Any,
    given: dict[str, Any],
    *,
    reset: bool,
    name: str,
) -> tuple[Any, Samples, bool]:
    """Return the steps as they were given, as samples, and whether they were flat."""
    if type(X) is not np.ndarray or X.dtype == object:
        X = _unwrap(X, given["n_timesteps"], name)
    if type(X) is not np.ndarray and is_ragged(X):
        return X, _read_ragged(estimator, X, name), False
    flat = n_axes(X) != 3
    if n_axes(X) > 3:
        raise ValueError(
            f"{name} has {n_axes(X)} axes; allowed are (n_samples, n_features) and "
            "(n_samples, n_timesteps, n_channels)."
        )
    if n_axes(X) == 1:
        raise ValueError(
            f"{name} has 1 axis; allowed are (n_samples, n_features) and (n_samples, "
            "n_timesteps, n_channels). Reshape your data: "
            "skattn.sequences.make_windows cuts a long series into samples, and a "
            f"single sample is {name}[None]."
        )
    values = (
        _read_flat(estimator, X, reset=reset, name=name)
        if flat
        else _read_cubic(estimator, X, name)
    )
    return X, _find_ends(values, given["padding_value"], name), flat


def _unwrap(X: object, n_timesteps: int | None, name: str) -> Any:
    """Return tensors as arrays, and rows in a list as a table."""
    refuse_others(X, name)
    X = from_tensor(X, name)
    if hasattr(X, "to_numpy") and n_axes(X) == 1:  # a Series of arrays
        X = X.to_numpy()
    if isinstance(X, np.ndarray) and is_ragged(X):
        X = [*X]
    _refuse_uneven(X, name)
    _refuse_several(X, name)
    if is_ragged(X) and n_axes(X[0]) == 1 and n_timesteps is not None:
        return _stack_rows(X, name)
    return X


def _refuse_uneven(X: object, name: str) -> None:
    """Refuse lists of lists of different lengths, which may be rows with a gap."""
    if not isinstance(X, list | tuple):
        return
    lengths = {len(x) for x in X if isinstance(x, list | tuple)}
    if len(lengths) > 1 and all(isinstance(x, list | tuple) for x in X):
        raise ValueError(
            f"{name} lists lists of different lengths. If they are sequences, make "
            f"each an array: [np.asarray(x) for x in {name}]; if they are flat rows, "
            "all must have the same columns."
        )


def _refuse_several(X: object, name: str) -> None:
    """Refuse a pair of inputs, which would be read as a list of two sequences."""
    if isinstance(X, tuple) and len(X) == 2:
        inner = [n_axes(part) for part in X]
        if inner[0] == 3 or is_ragged(X[0]):
            raise ValueError(
                f"{name} is a tuple of two inputs with {inner[0]} and {inner[1]} axes; "
                "allowed is one input: an array (n_samples, n_timesteps, n_channels) "
                "or a list of sequences. Features that do not change with time go "
                "with it in skattn.sequences.Sequences(steps, static=...)."
            )


def _check_numbers(
    estimator: SequenceReader, array: object, name: str, **options: object
) -> np.ndarray:
    if is_frame(array):
        check_dtypes(array, name)
    elif isinstance(array, list | tuple | np.ndarray):
        check_numbers(array, name)
    return check_array(
        array,
        dtype=FLOATS,
        ensure_all_finite="allow-nan",  # what is a gap is known later
        estimator=estimator,
        input_name=name,
        **options,
    )


def _read_ragged(estimator: SequenceReader, X: Sequence[object], name: str) -> Samples:
    check_columns(X, name)
    steps, lengths = as_steps(X, name)
    return pad_steps(_check_numbers(estimator, steps, name), lengths)


def _read_cubic(estimator: SequenceReader, X: object, name: str) -> np.ndarray:
    if type(X) is np.ndarray and X.dtype in FLOATS and X.size and np.isfinite(X.sum()):
        return X  # nothing to say, and far quicker for single rows
    values = _check_numbers(estimator, X, name, allow_nd=True)
    if 0 in values.shape:
        raise ValueError(
            f"{name} has shape {values.shape} (n_samples, n_timesteps, n_channels); "
            "every axis needs at least 1 entry."
        )
    return values


def _read_flat(
    estimator: SequenceReader, X: object, *, reset: bool, name: str
) -> np.ndarray:
    rows = _check_numbers(estimator, X, name)
    if reset:
        validate_data(estimator, X, skip_check_array=True)
        return cut_rows(rows, estimator.n_timesteps)
    n_columns = estimator.n_timesteps_in_ * estimator.n_channels_in_
    if estimator._schema.flat and (name == "X" or rows.shape[1] == n_columns):
        validate_data(estimator, X, skip_check_array=True, reset=False)
    elif rows.shape[1] != n_columns:
        raise ValueError(
            f"{name} has shape {rows.shape}, but flat rows must have the "
            f"{estimator.n_timesteps_in_} x {estimator.n_channels_in_} = {n_columns} "
            f"columns (steps x channels) that {type(estimator).__name__} was fitted "
            "on; other lengths need (n_samples, n_timesteps, n_channels), or a list."
        )
    return cut_rows(rows, estimator.n_timesteps_in_)


def _stack_rows(X: Sequence[object], name: str) -> np.ndarray:
    """Read a list of 1-D arrays as flat rows, which ``n_timesteps`` says they are."""
    try:
        return np.stack([np.asarray(from_tensor(row, name)) for row in X])
    except ValueError as error:
        raise ValueError(
            f"{name} holds rows of different shapes, which n_timesteps cannot cut: "
            "give a list of (length, n_channels) arrays."
        ) from error


def _find_ends(values: np.ndarray, padding_value: float | None, name: str) -> Samples:
    if padding_value is None:
        return Samples(values)
    lengths = measure_lengths(values, padding_value, name)
    return Samples(values, lengths if lengths.min() < values.shape[1] else None)
