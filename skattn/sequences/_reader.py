"""Reading X in any of its forms, each error naming its argument."""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from ._categories import (
    Vocabularies,
    code_channels,
    doubt_text,
    holds_text,
    is_category,
    is_typed,
    number_columns,
    number_text,
    resolve_categories,
)
from ._extras import learn_extras, match_extras, match_names, read_extras
from ._frames import (
    Frame,
    check_names,
    check_same_columns,
    find_frame,
    is_frame,
    n_axes,
)
from ._ragged import blocks
from ._samples import Samples, refuse_named
from ._schema import Schema, SequenceReader
from ._sequences import Sequences
from ._steps import read_steps
from ._times import add_times

# X, what numbers in it mean, and X with numbers for categories.
Numbered = tuple[Any, dict[int, list[object]], Any]

# Parameters that decide how X is read.
_READING = ("n_timesteps", "padding_value", "missing")


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
    refuse_named(X, name)
    whole = None
    extras: dict[str, np.ndarray] = {}
    beside: Vocabularies = {}
    if isinstance(X, Sequences):
        extras, beside = read_extras(estimator, X, name, reset=reset)
        whole, X = X, X.steps
    names = None if whole is None else whole.names.channels
    X, meanings, numbers = _number_text(estimator, X, names, reset=reset, name=name)
    numbers, samples, flat = read_steps(
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
        _refuse_gaps(samples, name, given["padding_value"])
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
) -> Numbered:
    """Return X, what numbers in it mean, and X with numbers for categories."""
    numeric = type(X) is np.ndarray and X.dtype.kind not in "OUS"
    if numeric or not hasattr(estimator, "categorical_features"):
        return X, {}, X
    if is_frame(X):
        return _number_flat(estimator, X, name, reset=reset)
    if hasattr(X, "to_numpy") and n_axes(X) == 1:  # a Series of lists
        X = X.to_numpy()
    if not holds_text(X, name):
        return X, {}, X
    return _number_listed(estimator, X, names, reset=reset, name=name)


def _number_listed(
    estimator: SequenceReader,
    X: Sequence[object],
    names: list[str] | None,
    *,
    reset: bool,
    name: str,
) -> Numbered:
    """Return sequences of which some channels are text, as `_number_text` does."""
    frame, owner = find_frame(X), type(estimator).__name__
    if not (reset or estimator._schema.categories or frame is not None):
        raise ValueError(
            f"{name} holds text or booleans, but {owner} was fitted on numbers alone."
        )
    if frame is not None:
        check_same_columns(X, name)
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
    if reset:
        _doubt(estimator, meanings, frame, names, name)
    return X, meanings, numbers


def _doubt(
    estimator: SequenceReader,
    meanings: dict[int, list[object]],
    frame: Frame | None,
    names: list[str] | None,
    name: str,
) -> None:
    """Doubt channels of text that are not of a frame's type for categories."""
    if not isinstance(_ask(estimator), str):
        return
    for channel, meaning in meanings.items():
        if names is None:
            doubt_text(meaning, f"{name}, channel {channel},")
        elif frame is None or not is_typed(frame[names[channel]]):
            doubt_text(meaning, f"{name}, channel {names[channel]!r},")


def _number_flat(
    estimator: SequenceReader, X: Any, name: str, *, reset: bool
) -> Numbered:
    """Return a frame of flat rows, what numbers in it mean, and it with numbers.

    A channel is a category if all its columns are; others are refused where numbers
    are read. Flags are numbers in flat rows.
    """
    check_names(X, name)
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
    if reset and isinstance(asked, str):
        for channel in (c for c in chosen if not is_typed(columns[c])):
            doubt_text(meanings[channel], f"{name}, column {X.columns[channel]!r},")
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


def _check_channels(
    estimator: SequenceReader, X: object, values: np.ndarray, name: str
) -> None:
    """Check that X has the channels that `fit` saw."""
    _compare_channels(estimator, values.shape[2], name)
    frame = None if estimator._schema.flat else find_frame(X)
    if frame is not None:
        validate_data(estimator, frame, skip_check_array=True, reset=False)


def _compare_channels(estimator: SequenceReader, number: int, name: str) -> None:
    if number != estimator.n_channels_in_:
        raise ValueError(
            f"{name} has {number} channels (the last axis of its sequences), but "
            f"{type(estimator).__name__} was fitted on {estimator.n_channels_in_}."
        )


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
        frame = find_frame(X)
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
    elif n_timesteps * n_channels == 1 and is_frame(X):
        warnings.warn(
            "X is a frame of one column, and each row is read as a sequence of one "
            "step, whose attention weight is 1. If rows follow each other in time, "
            "skattn.sequences.make_windows cuts them into samples.",
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


def _refuse_gaps(samples: Samples, name: str, padding: float | None) -> None:
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
            way_out = "padding at the end of sequences with padding_value=np.nan."
            if padding is not None and np.isnan(padding):
                way_out = (
                    "and padding_value is for arrays: cut the sequences of a list at "
                    "their ends."
                )
            raise ValueError(
                f"Input {name} contains NaN (the first in sample "
                f"{rows.start + sample}, step {step}, channel {channel}). Missing "
                f"values are taken with missing='mask', 'forward' or 'decay', {way_out}"
            )
