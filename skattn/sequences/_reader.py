"""Reading what users hand over, each error naming its argument."""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, Protocol, TypeGuard

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from ._categories import (
    Vocabularies,
    code_channels,
    holds_text,
    is_category,
    number_columns,
    number_text,
    resolve_categories,
)
from ._extras import learn_extras, match_extras, match_names, read_extras
from ._ragged import as_steps, blocks, is_ragged, measure_lengths, pad_steps
from ._samples import Samples, check_numbers, cut_rows, from_tensor
from ._sequences import Sequences
from ._split import is_index, read_index
from ._times import add_times

FLOATS = [np.float64, np.float32]


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


def read_X(
    estimator: SequenceReader, X: object, *, reset: bool, name: str = "X"
) -> Samples:
    """Return X in the one inner form.

    Parameters
    ----------
    estimator : BaseLSTMAttention or OverTime
        Has the parameters ``n_timesteps``, ``padding_value`` and ``missing``, which
        are read if ``reset``. ``n_features_in_``, ``feature_names_in_``,
        ``n_timesteps_in_``, ``n_channels_in_`` and ``_schema`` are then written;
        otherwise they alone decide how X is read.
    X : array-like or Tensor of shape (n_samples, n_features) or \
            (n_samples, n_timesteps, n_channels), list of arrays, or Sequences
        Finite numbers; NaN where ``padding_value`` or ``missing`` allow it.
    reset : bool
        Whether X defines the channels (in a first fit) or must agree with them.
    name : str, default="X"
        The argument's name in messages.

    Returns
    -------
    Samples
        Float32 if X is, float64 otherwise.
    """
    if not reset and "_schema" not in vars(estimator):
        check_is_fitted(estimator)
    given = (
        {key: getattr(estimator, key) for key in _READING}
        if reset
        else estimator._schema.parameters
    )
    whole = None
    extras: dict[str, np.ndarray] = {}
    beside: Vocabularies = {}
    if isinstance(X, Sequences):
        extras, beside = read_extras(estimator, X, name, reset=reset)
        whole, X = X, X.steps
    names = None if whole is None else whole.names.channels
    X, meanings, numbers = _number_text(estimator, X, names, reset=reset, name=name)
    numbers, samples, flat = _read_steps(
        estimator, numbers, given, reset=reset, name=name
    )
    X = X if meanings else numbers
    if reset:
        _learn(estimator, X, samples.values, flat, given)
        if whole is not None:
            learn_extras(estimator, whole, extras, beside)
    elif not flat:
        _check_channels(estimator, X, samples.values, name)
    if meanings or _has_categories(estimator, reset):
        samples = _code(estimator, samples, meanings, names, reset=reset, name=name)
    if not reset and (whole is not None or estimator._schema.n_extras):
        match_extras(whole, extras, estimator._schema, name)
    if whole is not None and whole.names.channels is not None:
        match_names(estimator, whole.names.channels, reset=reset, name=name)
    if given["missing"] == "error":
        _refuse_gaps(samples, name)
    samples = _read_times(estimator, samples, whole, name, reset=reset)
    return replace(samples, **extras) if extras else samples


def _read_times(
    estimator: SequenceReader,
    samples: Samples,
    whole: Sequences | None,
    name: str,
    *,
    reset: bool,
) -> Samples:
    """Return samples with times, if there are any, were any in `fit`, or must be."""
    times, schema = None if whole is None else whole.times, estimator._schema
    if times is None and schema.times is None and schema.missing != "decay":
        return samples
    return add_times(estimator, samples, times, name, reset=reset)


def _has_categories(estimator: SequenceReader, reset: bool) -> bool:
    """Return whether there are categories even where X holds numbers alone."""
    if not reset:
        return bool(estimator._schema.categories)
    asked = _ask(estimator)
    return asked is not None and not isinstance(asked, str)


def _ask(estimator: SequenceReader) -> Any:
    """Return which channels hold categories; None for readers that take none."""
    return getattr(estimator, "categorical_features", None)


def _number_text(
    estimator: SequenceReader,
    X: Any,
    names: list[str] | None,
    *,
    reset: bool,
    name: str,
) -> tuple[Any, dict[int, list[object]], Any]:
    """Return X, what numbers in it mean, and X with numbers for categories."""
    numeric = type(X) is np.ndarray and X.dtype.kind not in "OUS"
    if numeric or not hasattr(estimator, "categorical_features"):
        return X, {}, X
    if hasattr(X, "to_numpy") and _n_axes(X) == 1:  # a Series of lists
        X = X.to_numpy()
    if _is_frame(X):
        return _number_flat(estimator, X, reset=reset)
    if not holds_text(X, name):
        return X, {}, X
    frame, owner = _find_frame(X), type(estimator).__name__
    if not (reset or estimator._schema.categories or frame is not None):
        raise ValueError(f"{name} holds text, but {owner} was fitted on numbers alone.")
    if frame is not None:
        _check_same_columns(X, name)
        names = names or [*frame.columns]

    def choose(n_channels: int, by_type: list[int]) -> list[int]:
        if not reset:
            _compare_channels(estimator, n_channels, name)
            return [*estimator._schema.categories]
        asked = _ask(estimator)
        if isinstance(asked, str):
            return by_type
        return resolve_categories(() if asked is None else asked, n_channels, names)

    numbers, meanings = number_text(X, choose, name)
    return X, meanings, numbers


def _number_flat(
    estimator: SequenceReader, X: Any, *, reset: bool
) -> tuple[Any, dict[int, list[object]], Any]:
    """Return a frame of flat rows, what numbers in it mean, and it with numbers.

    A channel is a category if all its columns are; others are refused where numbers
    are read. Flags are numbers in flat rows.
    """
    columns = [X[column] for column in X.columns]
    by_type = [
        is_category(column) and np.asarray(column).dtype.kind != "b"
        for column in columns
    ]
    if not any(by_type):
        return X, {}, X
    n_timesteps = estimator.n_timesteps if reset else estimator.n_timesteps_in_
    n_channels = len(columns) // (n_timesteps or len(columns)) or 1
    asked, channels = _ask(estimator), [*range(n_channels)]
    if not reset:
        channels = [*estimator._schema.categories]
    elif not isinstance(asked, str):
        channels = resolve_categories(asked or (), n_channels, None)
    chosen = [c for c in channels if all(by_type[c::n_channels])]
    if not chosen:
        return X, {}, X
    numbers, meanings = number_columns(columns, chosen, n_channels)
    names = "columns" if hasattr(X, "iloc") else "schema"  # pandas, or polars
    table = dict(zip(X.columns, numbers, strict=True))
    return X, meanings, type(X)(table, **{names: [*X.columns]})


def _code(
    estimator: SequenceReader,
    samples: Samples,
    meanings: dict[int, list[object]],
    names: list[str] | None,
    *,
    reset: bool,
    name: str,
) -> Samples:
    """Return samples with codes for categories, which are learned in a first fit."""
    if not reset:
        known = estimator._schema.categories
        return code_channels(samples, [*known], meanings, known, None, name)[0]
    channels, asked = [*meanings], _ask(estimator)
    if not isinstance(asked, str):
        if names is None and not estimator._schema.flat:
            names = getattr(estimator, "feature_names_in_", None)
        channels = resolve_categories(asked, estimator.n_channels_in_, names)
    least = getattr(estimator, "min_frequency", None)
    samples, learned = code_channels(samples, channels, meanings, None, least)
    estimator._schema = replace(estimator._schema, categories=learned)
    return samples


def _read_steps(
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
    flat = _n_axes(X) != 3
    values = (
        _read_flat(estimator, X, reset=reset, name=name)
        if flat
        else _read_cubic(estimator, X, name)
    )
    return X, _find_ends(values, given["padding_value"], name), flat


def _unwrap(X: object, n_timesteps: int | None, name: str) -> Any:
    """Return tensors as arrays, and rows in a list as a table."""
    X = from_tensor(X, name)
    if hasattr(X, "to_numpy") and _n_axes(X) == 1:  # a Series of arrays
        X = X.to_numpy()
    if isinstance(X, np.ndarray) and is_ragged(X):
        X = [*X]
    _refuse_uneven(X, name)
    _refuse_several(X, name)
    if is_ragged(X) and _n_axes(X[0]) == 1 and n_timesteps is not None:
        return _stack_rows(X, name)
    return X


def _check_channels(
    estimator: SequenceReader, X: object, values: np.ndarray, name: str
) -> None:
    """Check that X has the channels that `fit` saw."""
    _compare_channels(estimator, values.shape[2], name)
    frame = None if estimator._schema.flat else _find_frame(X)
    if frame is not None:
        validate_data(estimator, frame, skip_check_array=True, reset=False)


def _compare_channels(estimator: SequenceReader, number: int, name: str) -> None:
    if number != estimator.n_channels_in_:
        raise ValueError(
            f"{name} has {number} channels (the last axis of its sequences), but "
            f"{type(estimator).__name__} was fitted on {estimator.n_channels_in_}."
        )


# Parameters that decide how X is read.
_READING = ("n_timesteps", "padding_value", "missing")


def _learn(
    estimator: SequenceReader,
    X: object,
    values: np.ndarray,
    flat: bool,
    given: dict[str, Any],
) -> None:
    """Write down what X was."""
    _, n_timesteps, n_channels = values.shape
    if not flat:
        # Features are what StandardScaler would call so: channels, not steps.
        frame = _find_frame(X)
        if frame is None:
            estimator.n_features_in_ = n_channels
            vars(estimator).pop("feature_names_in_", None)
        else:
            validate_data(estimator, frame, skip_check_array=True)
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
    vars(estimator).pop("static_names_in_", None)
    padding = given["padding_value"]
    estimator._schema = Schema(
        n_timesteps=n_timesteps,
        n_channels=n_channels,
        flat=flat,
        row_timesteps=_plain(given["n_timesteps"]),
        padding_value=None if padding is None else float(padding),
        missing=given["missing"],
    )


def _plain(number: int | None) -> int | None:
    """Return NumPy's number as Python's."""
    return number.item() if isinstance(number, np.generic) else number


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
        inner = [_n_axes(part) for part in X]
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
    if _is_frame(array):
        _check_dtypes(array, name)
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


def _check_columns(X: Sequence[object], name: str) -> None:
    """Refuse frames whose columns differ, which would mix up channels."""
    for i, frame in enumerate(X):
        if _is_frame(frame):
            _check_dtypes(frame, f"{name}[{i}]")
    _check_same_columns(X, name)


def _check_same_columns(X: Sequence[object], name: str) -> None:
    frames = [(i, entry) for i, entry in enumerate(X) if _is_frame(entry)]
    for i, frame in frames:
        if [*frame.columns] != [*frames[0][1].columns]:
            raise ValueError(
                f"{name}[{i}] has the columns {[*frame.columns]}, but "
                f"{name}[{frames[0][0]}] has {[*frames[0][1].columns]}; all frames "
                "must have the same columns in the same order."
            )


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


def _find_ends(values: np.ndarray, padding_value: Any, name: str) -> Samples:
    if padding_value is None:
        return Samples(values)
    lengths = measure_lengths(values, padding_value, name)
    return Samples(values, lengths if lengths.min() < values.shape[1] else None)


def _refuse_gaps(samples: Samples, name: str) -> None:
    """Refuse NaN among the real steps, and say where it stands."""
    values = samples.values
    with np.errstate(over="ignore"):
        if np.isfinite(values.sum()):  # the usual case, in one cheap pass
            return
    for rows in blocks(values):
        gaps = np.isnan(values[rows])
        real = samples.real_steps(rows)
        if real is not None:
            gaps &= real[:, :, None]
        if gaps.any():
            sample, step, channel = np.argwhere(gaps)[0]
            raise ValueError(
                f"Input {name} contains NaN (the first in sample "
                f"{rows.start + sample}, step {step}, channel {channel}). Missing "
                "values are taken with missing='mask', 'forward' or 'decay', padding "
                "at the end of sequences with padding_value=np.nan."
            )


class Frame(Protocol):
    """What a data frame is known by."""

    columns: Iterable[str]


def _is_frame(X: object) -> TypeGuard[Frame]:
    return hasattr(X, "columns")


def _find_frame(X: object) -> Frame | None:
    """Return the first data frame among the sequences, which names the channels."""
    if (isinstance(X, np.ndarray) and X.dtype != object) or not isinstance(X, Iterable):
        return None
    return next((entry for entry in X if _is_frame(entry)), None)


def _n_axes(X: object) -> int:
    if hasattr(X, "shape"):
        return len(X.shape)
    try:
        return np.asarray(X).ndim
    except (TypeError, ValueError):  # uneven or foreign: check_array says what is wrong
        return 2


def read_weights(sample_weight: object, X: Samples) -> np.ndarray | None:
    """Return sample weights: one a sample, finite, none negative, one positive."""
    if sample_weight is None:
        return None
    weights = np.asarray(from_tensor(sample_weight, "sample_weight"), dtype=np.float64)
    if weights.ndim == 0:
        weights = np.full(len(X), weights)
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
