"""Categories and tokens: which channels hold them, and the codes that stand for them.

A code is a whole number: 0 for what is unknown, and from 1 on the positions of the
categories that `fit` saw. Codes stand in the place of the categories, in the channel
or column where these stood, so that whatever cuts, pads or shuffles samples needs to
know nothing of them. They are unpacked where the network reads its inputs.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np

from ._frames import as_numbers
from ._samples import Samples, from_tensor

# Different decimals from which on text is doubted: codes are seldom so many.
_MANY_DECIMALS = 10

Column = Any  # of an array, a list, or a frame of any library

# Categories by channel or column, in the order of their codes.
Vocabularies = dict[int, tuple[object, ...]]

# From the number of channels, and those that are categories by their type, to those
# that are taken for categories.
Choose = Callable[[int, list[int]], list[int]]


def holds_text(X: object, name: str) -> bool:
    """Return whether X is sequences of which some channels hold no numbers.

    Raises
    ------
    ValueError
        If X is a list of documents, which are no sequences yet.
    """
    if hasattr(X, "columns") or not isinstance(X, list | tuple | np.ndarray):
        return False
    if isinstance(X, np.ndarray) and (X.dtype.kind not in "OUS" or not X.ndim):
        return False
    if any(isinstance(entry, str) for entry in X[:1]):
        raise ValueError(
            f"{name} is a list of texts; allowed are sequences, such as lists of "
            "words. skattn.sequences.Tokenizer makes them, in a pipeline before the "
            "estimator."
        )
    undecided: set[int] | None = None
    for entry in X:  # most often the first one says it of all its channels
        columns = _take_columns(entry)
        if undecided is None:
            undecided = {*range(len(columns))}
        for channel in [c for c in undecided if c < len(columns)]:
            if is_category(columns[channel]):
                return True
            if _says_something(columns[channel]):
                undecided.discard(channel)
        if not undecided:
            return False
    return False


def number_text(
    X: Sequence[Column], choose: Choose, name: str
) -> tuple[list[np.ndarray], dict[int, list[object]]]:
    """Return sequences as numbers, and what the numbers in place of categories mean.

    Parameters
    ----------
    X : list or ndarray
        Sequences: frames, lists of tokens, or arrays of any type.
    choose : callable
        Decides which channels are categories.
    name : str
        The argument's name in messages.

    Returns
    -------
    sequences : list of ndarray of shape (length, n_channels)
        Float64, or float32 where all channels are categories; in these the position
        in ``meanings``, NaN for what is missing.
    meanings : dict of list
        By channel.

    Raises
    ------
    ValueError
        If a sequence has no step, or another number of channels than the first, or if
        a channel that holds no categories holds no numbers either.
    """
    n_channels = len(_take_columns(X[0]))
    # A channel is what the first sequence that says something makes of it.
    telling: list[Column] = [()] * n_channels
    for i, entry in enumerate(X):
        columns = _take_columns(entry)
        if len(columns) != n_channels:
            raise ValueError(
                f"{name}[{i}] has {len(columns)} channels, but {name}[0] has "
                f"{n_channels}; all sequences must have the same channels."
            )
        if not columns or not len(columns[0]):
            raise ValueError(
                f"{name}[{i}] has no steps; allowed is at least 1, such as a token "
                "'' for an empty document."
            )
        for c in [c for c in range(n_channels) if not len(telling[c])]:
            telling[c] = columns[c] if _says_something(columns[c]) else ()
    by_type = [c for c, column in enumerate(telling) if is_category(column)]
    positions: dict[int, dict[object, int]] = {
        channel: {} for channel in choose(n_channels, by_type)
    }
    sequences = []
    # Codes are exact in float32, and a corpus takes half the memory.
    type_ = np.float32 if len(positions) == n_channels else np.float64
    for i, entry in enumerate(X):
        numbers = [
            _number(column, positions[channel], f"{name}[{i}], channel {channel},")
            if channel in positions
            else _as_numbers(column, f"{name}[{i}]", _name_of(entry, channel))
            for channel, column in enumerate(_take_columns(entry))
        ]
        sequences.append(np.column_stack(numbers).astype(type_, copy=False))
    return sequences, {channel: [*known] for channel, known in positions.items()}


def number_columns(
    columns: list[Column], channels: list[int], n_channels: int
) -> tuple[list[Column], dict[int, list[object]]]:
    """Return the columns of flat rows, time-major, with numbers for categories.

    Parameters
    ----------
    columns : list of array-like of shape (n_samples,)
        All channels of the first step, then those of the second.
    channels : list of int
        Those that are categories.
    n_channels : int
        Channels of each step.

    Returns
    -------
    columns : list of array-like
        Those of other channels as they are.
    meanings : dict of list
        By channel, what the numbers mean.
    """
    columns = [*columns]
    positions: dict[int, dict[object, int]] = {channel: {} for channel in channels}
    for channel, known in positions.items():
        for place in range(channel, len(columns), n_channels):
            columns[place] = _number(columns[place], known, f"X, column {place},")
    return columns, {channel: [*known] for channel, known in positions.items()}


def _take_columns(entry: object) -> list[Any]:
    """Return the channels of one sequence."""
    if hasattr(entry, "columns"):
        return [entry[column] for column in entry.columns]  # type: ignore[index]
    if isinstance(entry, list | tuple):
        flat = np.empty(len(entry), dtype=object)
        flat[:] = entry
        if any(isinstance(value, list | tuple | np.ndarray) for value in entry[:1]):
            return [*np.array(entry, dtype=object).T]
        return [flat]
    array = np.asarray(from_tensor(entry, "X"))
    if array.ndim != 2:  # more axes than 2, or none, are refused where X is read
        return [array] if array.ndim == 1 else []
    return [*array.T]


def doubt_text(meaning: Sequence[object], where: str) -> None:
    """Refuse text among numbers, and warn of text that reads like numbers.

    One word in a channel of numbers, or decimals that came as text, would make each
    number a category of its own.

    Parameters
    ----------
    meaning : sequence
        All different values of a channel whose type says that it holds categories.
    where : str
        The channel in messages.
    """
    entries = [entry for entry in map(plain, meaning) if entry is not None]
    texts = [entry for entry in entries if isinstance(entry, str)]
    numbers = [entry for entry in entries if type(entry) in (int, float)]
    if texts and numbers:
        raise ValueError(
            f"{where} holds text such as {texts[0]!r} and numbers such as "
            f"{numbers[0]!r}; allowed is one of them. Make the text NaN if it stands "
            "for missing numbers, or name the channel in categorical_features."
        )
    decimals: list[str] = []
    others: list[str] = []
    for text in texts:
        (decimals if _is_decimal(text) else others).append(text)
    if len(decimals) >= _MANY_DECIMALS and len(decimals) > len(others):
        but = f", but for {others[0]!r}" if others else ""
        warnings.warn(
            f"{where} is text that reads like numbers, such as {decimals[0]!r}{but}, "
            f"and is taken for {len(texts)} categories. Make it numbers, for example "
            "with pandas.to_numeric; if these are categories, name the channel in "
            "categorical_features.",
            UserWarning,
            stacklevel=2,
        )


def _is_decimal(text: str) -> bool:
    """Return whether text is a number that is not whole, with a point or a comma."""
    try:
        return not float(text.replace(",", ".")).is_integer()
    except ValueError:
        return False


def is_typed(column: Column) -> bool:
    """Return whether a column has a frame's own type for categories."""
    kind = str(getattr(column, "dtype", ""))
    return kind.startswith(("category", "Categorical", "Enum"))


def is_category(column: Column) -> bool:
    """Return whether values are text, booleans, or of a frame's own type for it."""
    if is_typed(column):
        return True
    values = np.asarray(column)
    if values.dtype.kind != "O":
        return values.dtype.kind in "bUS"
    first = next((value for value in values if not is_missing(value)), None)
    return isinstance(first, str | bool | np.bool_)


def _says_something(column: Column) -> bool:
    """Return whether there is a value."""
    values = np.asarray(column)
    if values.dtype.kind != "O":
        return values.size > 0
    return not all(is_missing(value) for value in values)


def is_missing(value: object) -> bool:
    """Return whether a value is None, NaN, or what pandas has for it."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating) and value != value


def _number(column: Column, positions: dict[object, int], name: str) -> np.ndarray:
    """Return for each value the position where it was first seen."""
    values = np.asarray(column, dtype=object)
    try:
        return np.array(
            [
                np.nan
                if is_missing(value)
                else positions.setdefault(value, len(positions))
                for value in values.tolist()
            ],
            dtype=np.float64,
        )
    except TypeError as error:
        raise ValueError(
            f"{name} holds something that is no category ({error}); allowed are text, "
            "booleans, numbers and None."
        ) from error


def _check_kind(
    entries: Sequence[object], vocabulary: tuple[object, ...], name: str
) -> None:
    """Refuse numbers alone for text, and text alone for numbers: all is unknown."""
    given = {isinstance(entry, str) for entry in entries if entry is not None}
    known = {isinstance(entry, str) for entry in vocabulary if entry is not None}
    if len(given) == len(known) == 1 and given != known:
        kinds = {True: "text", False: "no text"}
        raise ValueError(
            f"{name} holds {kinds[given.pop()]}, but {kinds[known.pop()]} in fit, so "
            "that no category could be known; allowed are those that fit saw, and new "
            "ones of their kind."
        )


def _as_numbers(column: Column, name: str, channel: object) -> np.ndarray:
    try:
        return as_numbers(column)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} has a channel {channel!r} that does not hold numbers ({error}); "
            "allowed are numbers, and categories in the channels that "
            "categorical_features names or, by their type, had in fit. Turn times into "
            "numbers before, or give them as times of skattn.sequences.Sequences."
        ) from error


def _name_of(entry: object, channel: int) -> object:
    return [*entry.columns][channel] if hasattr(entry, "columns") else channel


def resolve_categories(
    categorical_features: Any, n_channels: int, names: Sequence[str] | None
) -> list[int]:
    """Return the channels that the parameter names, as numbers from 0.

    Raises
    ------
    ValueError
        If there is no such channel, a mask has another length, or one comes twice.
    """
    asked = [x.item() if isinstance(x, np.generic) else x for x in categorical_features]
    known = {name: number for number, name in enumerate(() if names is None else names)}
    also = f", the names {[*known]}" if known else ""
    allowed = (
        f"allowed are None, 'from_dtype', whole numbers from {-n_channels} to "
        f"{n_channels - 1}, a boolean mask of {n_channels} entries{also}."
    )
    if asked and all(isinstance(x, bool) for x in asked):
        if len(asked) != n_channels:
            raise ValueError(
                f"categorical_features is a mask of {len(asked)} entries, but X has "
                f"{n_channels} channels; {allowed}"
            )
        return [number for number, chosen in enumerate(asked) if chosen]
    numbers: list[Any] = [known.get(x, x) if isinstance(x, str) else x for x in asked]
    for number in numbers:
        whole = isinstance(number, Integral) and not isinstance(number, bool)
        if not whole or not -n_channels <= number < n_channels:
            raise ValueError(
                f"categorical_features names the channel {number!r}, but X has "
                f"{n_channels} channels; {allowed}"
            )
    channels = sorted(int(number) % n_channels for number in numbers)
    if len({*channels}) < len(channels):
        raise ValueError(
            f"categorical_features={categorical_features!r} names a channel twice; "
            "allowed is each once."
        )
    return channels


def code_channels(
    samples: Samples,
    channels: list[int],
    meanings: dict[int, list[object]],
    known: Vocabularies | None,
    min_frequency: int | float | None,
    name: str = "X",
) -> tuple[Samples, Vocabularies]:
    """Return samples with codes in the place of categories, and the vocabularies.

    Parameters
    ----------
    samples : Samples
        As numbers.
    channels : list of int
        Those that hold categories.
    meanings : dict of list
        By channel, what its numbers mean; others mean themselves.
    known : dict of tuple or None
        Vocabularies from `fit`; None to learn them.
    min_frequency : int, float or None
        How often a category must come to be learned.
    name : str, default="X"
        The argument's name in messages.

    Returns
    -------
    samples : Samples
        With codes; 0 on padded steps.
    vocabularies : dict of tuple
        Those known or learned.
    """
    values = samples.values
    if not (meanings and values.flags.writeable):  # with meanings, it is our own
        values = values.copy()
    real = samples.real_steps(slice(None))
    vocabularies: Vocabularies = {}
    for channel in channels:
        column = values[:, :, channel]  # a view
        seen = column if real is None else column[real]
        entries, places = _find_entries(seen, meanings.get(channel))
        vocabulary = known[channel] if known is not None else None
        if vocabulary is None:
            counts = np.bincount(places, minlength=len(entries))
            vocabulary = learn(entries, counts, min_frequency, f"channel {channel}")
        _check_kind(entries, vocabulary, f"{name}, channel {channel},")
        vocabularies[channel] = vocabulary
        codes = find_codes(entries, vocabulary).astype(values.dtype)[places]
        if real is None:
            column[:] = codes.reshape(column.shape)
        else:
            column[:] = 0
            column[real] = codes
    return replace(samples, values=values), vocabularies


def _find_entries(
    seen: np.ndarray, meaning: list[object] | None
) -> tuple[list[object], np.ndarray]:
    """Return the categories that numbers stand for, and where each number's is."""
    if meaning is not None:
        places = np.where(np.isnan(seen), len(meaning), seen).astype(np.intp)
        return [plain(entry) for entry in [*meaning, None]], places.ravel()
    numbers, places = np.unique(seen, return_inverse=True)
    return [_as_category(float(number)) for number in numbers], places.ravel()


def _as_category(number: float) -> object:
    """Return a number as a category: whole ones as integers, None for NaN."""
    if np.isnan(number):
        return None
    return int(number) if number.is_integer() else number


def code_column(
    column: Column,
    vocabulary: tuple[object, ...] | None,
    min_frequency: int | float | None,
    name: str,
) -> tuple[np.ndarray, tuple[object, ...]]:
    """Return codes of one column of values, and its vocabulary; None is learned."""
    positions: dict[object, int] = {}
    numbers = _number(column, positions, name)
    rows = np.where(np.isnan(numbers), len(positions), numbers).astype(np.intp)
    entries = [plain(entry) for entry in [*positions, None]]
    if vocabulary is None:
        counts = np.bincount(rows, minlength=len(entries))
        vocabulary = learn(entries, counts, min_frequency, name)
    _check_kind(entries, vocabulary, name)
    return find_codes(entries, vocabulary)[rows], vocabulary


def learn(
    entries: list[object],
    counts: np.ndarray,
    min_frequency: int | float | None,
    name: str,
) -> tuple[object, ...]:
    """Return the categories that come often enough, sorted, the missing one last.

    Raises
    ------
    ValueError
        If there is none.
    """
    least = 1 if min_frequency is None else min_frequency
    if isinstance(least, float | np.floating):
        least = least * counts.sum()
    kept = [e for e, c in zip(entries, counts, strict=True) if c >= max(least, 1)]
    if not kept:
        raise ValueError(
            f"min_frequency={min_frequency!r} leaves no category in {name}, whose most "
            f"frequent one comes {counts.max()} times; allowed is at most that."
        )
    return tuple(sorted(kept, key=_order))


def _order(entry: object) -> tuple[bool, str, Any]:
    """Sort by type, then by value; what is missing comes last."""
    kind = "number" if isinstance(entry, int | float) else type(entry).__name__
    return entry is None, kind, 0 if entry is None else entry


def find_codes(entries: Sequence[object], vocabulary: tuple[object, ...]) -> np.ndarray:
    """Return the code of each entry, 0 for those that are not known.

    Numbers that are the same in float32 are the same, whichever type brings them.
    """
    codes = {entry: code for code, entry in enumerate(vocabulary, start=1)}
    rounded: dict[object, int] = {}
    for entry, code in codes.items():
        rounded.setdefault(_round(entry), code)
    known = [codes.get(e) or rounded.get(_round(e), 0) for e in entries]
    return np.array(known, dtype=np.intp)


def _round(entry: object) -> object:
    """Return fractions as float32 has them."""
    with np.errstate(over="ignore"):
        return float(np.float32(entry)) if isinstance(entry, float) else entry


def plain(entry: object) -> object:
    """Return NumPy's scalars as Python's, and what is missing as None."""
    if is_missing(entry):
        return None
    return entry.item() if isinstance(entry, np.generic) else entry


def measure_tokens(steps: Any) -> list[int] | None:
    """Return the lengths of lists of tokens, None if ``steps`` are none."""
    listed = isinstance(steps, list | tuple) and len(steps) > 0
    if not listed or not all(isinstance(entry, list | tuple) for entry in steps):
        return None
    if not any(isinstance(value, str) for value in steps[0][:1]):
        return None
    return [len(entry) for entry in steps]
