"""Checking sequences that users hand over, each error naming its argument."""

import warnings
from typing import Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from ._forms import Schema, Sequences, cut_rows, from_tensor
from ._ragged import as_steps, blocks, is_ragged, measure_lengths, pad_steps

FLOATS = [np.float64, np.float32]


def check_X(estimator: Any, X: Any, *, reset: bool, name: str = "X") -> Sequences:
    """Bring X into the one inner form.

    Parameters
    ----------
    estimator : BaseLSTMAttention or OverTime
        Has the parameters ``n_timesteps``, ``padding_value`` and ``missing``, which
        are read if ``reset``. ``n_features_in_``, ``feature_names_in_``,
        ``n_timesteps_in_``, ``n_channels_in_`` and ``_schema`` are then written;
        otherwise they alone decide how X is read.
    X : array-like or Tensor of shape (n_samples, n_features) or \
            (n_samples, n_timesteps, n_channels), or list of arrays
        Finite numbers; NaN where ``padding_value`` or ``missing`` allow it.
    reset : bool
        Whether X defines the channels (in a first fit) or must agree with them.
    name : str, default="X"
        The argument's name in messages.

    Returns
    -------
    Sequences
        Float32 if X is, float64 otherwise.
    """
    given: dict[str, Any] = (
        {key: getattr(estimator, key) for key in _READING}
        if reset
        else estimator._schema.parameters
    )
    X = from_tensor(X, name)
    if hasattr(X, "to_numpy") and _n_axes(X) == 1:  # a Series of arrays
        X = X.to_numpy()
    _refuse_uneven(X, name)
    _refuse_several(X, name)
    if is_ragged(X) and _n_axes(X[0]) == 1 and given["n_timesteps"] is not None:
        X = _stack_rows(X, name)
    flat = not is_ragged(X) and _n_axes(X) != 3
    if is_ragged(X):
        sequences = _check_ragged(estimator, X, name)
    elif flat:
        rows = _check_flat(estimator, X, reset=reset, name=name)
        sequences = _find_ends(rows, given["padding_value"], name)
    else:
        values = _check_cubic(estimator, X, name)
        sequences = _find_ends(values, given["padding_value"], name)
    values = sequences.values
    if reset:
        _learn(estimator, X, values, flat, given)
    elif values.shape[2] != estimator.n_channels_in_:
        raise ValueError(
            f"{name} has {values.shape[2]} channels (the last axis of its sequences), "
            f"but {type(estimator).__name__} was fitted on {estimator.n_channels_in_}."
        )
    elif not flat and not estimator._schema.flat:
        frame = _find_frame(X)
        if frame is not None:
            validate_data(estimator, frame, skip_check_array=True, reset=False)
    if given["missing"] == "error":
        _refuse_gaps(sequences, name)
    return sequences


# Parameters that decide how X is read.
_READING = ("n_timesteps", "padding_value", "missing")


def _learn(
    estimator: Any, X: Any, values: np.ndarray, flat: bool, given: dict[str, Any]
) -> None:
    """Write down what X was."""
    _, n_timesteps, n_channels = values.shape
    if not flat:
        # Features are what StandardScaler would call so: channels, not steps.
        frame = _find_frame(X)
        table = values[:, 0] if frame is None else frame
        validate_data(estimator, table, skip_check_array=True)
        if n_timesteps == 1 and n_channels > 1:
            warnings.warn(
                f"X has one time step and {n_channels} channels, so that its attention "
                "weights are all 1. skattn reads (n_samples, n_timesteps, n_channels); "
                "if X is (n_samples, n_channels, n_timesteps), as in aeon and sktime, "
                "convert it with skattn.sequences.from_aeon.",
                UserWarning,
                stacklevel=2,
            )
    estimator.n_timesteps_in_, estimator.n_channels_in_ = n_timesteps, n_channels
    padding = given["padding_value"]
    estimator._schema = Schema(
        n_timesteps=n_timesteps,
        n_channels=n_channels,
        flat=flat,
        row_timesteps=_plain(given["n_timesteps"]),
        padding_value=None if padding is None else float(padding),
        missing=given["missing"],
    )


def _plain(number: Any) -> Any:
    """Return NumPy's number as Python's."""
    return number.item() if isinstance(number, np.generic) else number


def _refuse_uneven(X: Any, name: str) -> None:
    """Refuse lists of lists of different lengths, which may be rows with a gap."""
    kinds = list | tuple
    nested = isinstance(X, kinds) and all(isinstance(x, kinds) for x in X)
    if nested and len({len(x) for x in X}) > 1:
        raise ValueError(
            f"{name} lists lists of different lengths. If they are sequences, make "
            f"each an array: [np.asarray(x) for x in {name}]; if they are flat rows, "
            "all must have the same columns."
        )


def _refuse_several(X: Any, name: str) -> None:
    """Refuse a pair of inputs, which would be read as a list of two sequences."""
    if isinstance(X, tuple) and len(X) == 2:
        inner = [_n_axes(part) for part in X]
        if inner[0] == 3 or is_ragged(X[0]):
            raise ValueError(
                f"{name} is a tuple of two inputs with {inner[0]} and {inner[1]} axes; "
                "allowed is one input: an array (n_samples, n_timesteps, n_channels) "
                "or a list of sequences. Features that do not change with time can "
                "be repeated over the steps as channels of their own."
            )


def _check_numbers(estimator: Any, array: Any, name: str, **options: Any) -> np.ndarray:
    if _is_frame(array):
        _check_dtypes(array, name)
    return check_array(
        array,
        dtype=FLOATS,
        ensure_all_finite="allow-nan",  # what is a gap is known later
        estimator=estimator,
        input_name=name,
        **options,
    )


def _check_ragged(estimator: Any, X: Any, name: str) -> Sequences:
    _check_columns(X, name)
    steps, lengths = as_steps(X, name)
    return pad_steps(_check_numbers(estimator, steps, name), lengths)


def _check_dtypes(frame: Any, name: str) -> None:
    """Refuse columns that hold no numbers, and name the first one."""
    for column in frame.columns:
        if getattr(frame[column].dtype, "kind", "O") in "biuf":
            continue
        values = np.asarray(frame[column])
        try:
            if values.dtype.kind in "mM":
                raise TypeError("dates and durations are no numbers")
            values.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{name} has a column {column!r} of type {frame[column].dtype}, which "
                f"does not hold numbers ({error}); allowed are columns of numbers. "
                "Encode categories, and turn times into numbers, before."
            ) from error


def _check_columns(X: Any, name: str) -> None:
    """Refuse frames whose columns differ, which would mix up channels."""
    frames = [(i, entry) for i, entry in enumerate(X) if _is_frame(entry)]
    for i, frame in frames:
        _check_dtypes(frame, f"{name}[{i}]")
        if [*frame.columns] != [*frames[0][1].columns]:
            raise ValueError(
                f"{name}[{i}] has the columns {[*frame.columns]}, but "
                f"{name}[{frames[0][0]}] has {[*frames[0][1].columns]}; all frames "
                "must have the same columns in the same order."
            )


def _check_cubic(estimator: Any, X: Any, name: str) -> np.ndarray:
    if type(X) is np.ndarray and X.dtype in FLOATS and X.size and np.isfinite(X.sum()):
        return X  # nothing to say, and far quicker for single rows
    values = _check_numbers(estimator, X, name, allow_nd=True)
    if 0 in values.shape:
        raise ValueError(
            f"{name} has shape {values.shape} (n_samples, n_timesteps, n_channels); "
            "every axis needs at least 1 entry."
        )
    return values


def _check_flat(estimator: Any, X: Any, *, reset: bool, name: str) -> np.ndarray:
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


def _stack_rows(X: Any, name: str) -> np.ndarray:
    """Read a list of 1-D arrays as flat rows, which ``n_timesteps`` says they are."""
    try:
        return np.stack([np.asarray(from_tensor(row, name)) for row in X])
    except ValueError as error:
        raise ValueError(
            f"{name} holds rows of different shapes, which n_timesteps cannot cut: "
            "give a list of (length, n_channels) arrays."
        ) from error


def _find_ends(values: np.ndarray, padding_value: Any, name: str) -> Sequences:
    if padding_value is None:
        return Sequences(values)
    lengths = measure_lengths(values, padding_value, name)
    return Sequences(values, lengths if lengths.min() < values.shape[1] else None)


def _refuse_gaps(sequences: Sequences, name: str) -> None:
    """Refuse NaN among the real steps, and say where it stands."""
    values = sequences.values
    for rows in blocks(values):
        if np.isfinite(values[rows].sum()):
            continue  # the usual case, in one cheap pass
        gaps = np.isnan(values[rows])
        real = sequences.real_steps(rows)
        if real is not None:
            gaps &= real[:, :, None]
        if gaps.any():
            sample, step, channel = np.argwhere(gaps)[0]
            raise ValueError(
                f"Input {name} contains NaN (the first in sample "
                f"{rows.start + sample}, step {step}, channel {channel}). Missing "
                "values are taken with missing='mask' or missing='forward', padding "
                "at the end of sequences with padding_value=np.nan."
            )


def _is_frame(X: Any) -> bool:
    return hasattr(X, "columns")


def _find_frame(X: Any) -> Any:
    """Return the first data frame among the sequences, which names the channels."""
    if isinstance(X, np.ndarray) and X.dtype != object:
        return None
    return next((entry for entry in X if _is_frame(entry)), None)


def _n_axes(X: Any) -> int:
    if hasattr(X, "shape"):
        return len(X.shape)
    try:
        return np.asarray(X).ndim
    except (TypeError, ValueError):  # uneven or foreign: check_array says what is wrong
        return 2
