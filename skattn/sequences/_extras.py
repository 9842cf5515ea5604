"""Reading what Sequences hold beside their steps, each error naming its argument."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ._categories import Vocabularies, code_column, is_category
from ._parts import Part, plural
from ._sequences import Sequences

if TYPE_CHECKING:
    from ._schema import Schema

Extras = dict[str, np.ndarray]


def read_extras(
    estimator: Part, X: Sequences, name: str, *, reset: bool
) -> tuple[Extras, Vocabularies]:
    """Return static features and known future as finite numbers.

    Parameters
    ----------
    estimator : object
        Who reads.
    X : Sequences
        The samples.
    name : str
        The argument's name in messages.
    reset : bool
        Whether categories are learned, or must be those that `fit` learned.

    Returns
    -------
    extras : dict of ndarray
        ``static`` of shape ``(n_samples, n_static)``, with codes for categories, and
        ``future`` of shape ``(n_samples, horizon, n_future)``, float64, where there
        are any.
    vocabularies : dict of tuple
        The categories of static columns.

    Raises
    ------
    ValueError
        If values are missing, infinite or no numbers.
    """
    extras, known = {}, None if reset else estimator._schema.static_categories
    vocabularies: Vocabularies = {}
    if X.static is not None:
        least = getattr(estimator, "min_frequency", None)
        if not reset:  # before types, which columns in another order get wrong
            fitted = estimator._schema.static_names
            _match_columns(fitted, X.names.static, f"{name}.static")
        extras["static"], vocabularies = _read_static(
            X.static, f"{name}.static", known, least
        )
    if X.future is not None:
        extras["future"] = X.future.astype(np.float64)
    for part, values in extras.items():
        if not np.isfinite(values).all():
            where = np.argwhere(~np.isfinite(values))[0]
            raise ValueError(
                f"{name}.{part} contains NaN or infinity (the first in sample "
                f"{where[0]}, column {where[-1]}); allowed are finite numbers. Fill "
                "gaps before, for example with sklearn.impute.SimpleImputer."
            )
    return extras, vocabularies


def _read_static(
    static: Part,
    name: str,
    known: Vocabularies | None,
    min_frequency: int | float | None,
) -> tuple[np.ndarray, Vocabularies]:
    """Return static features as numbers, codes for categories, and the categories."""
    if not hasattr(static, "columns"):
        columns = dict(enumerate(static.T))
    else:
        columns = {column: static[column] for column in static.columns}
    numbers = []
    vocabularies: Vocabularies = {}
    for number, (column, values) in enumerate(columns.items()):
        framed = hasattr(static, "columns") or np.asarray(values).dtype.kind in "US"
        if number in known if known is not None else framed and is_category(values):
            codes, vocabularies[number] = code_column(
                values,
                None if known is None else known[number],
                min_frequency,
                f"{name}, column {column!r}",
            )
            numbers.append(codes.astype(np.float64))
            continue
        array = np.asarray(values)
        category = str(getattr(values, "dtype", "")) in ("category", "Categorical")
        try:
            if array.dtype.kind not in "biufO" or category:
                raise TypeError(f"its type is {getattr(values, 'dtype', array.dtype)}")
            numbers.append(array.astype(np.float64))
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{name} has a column {column!r} that does not hold numbers ({error}); "
                "allowed are numbers and booleans, and categories in columns that were "
                "text, booleans or of a frame's type for categories in fit. Turn dates "
                "into numbers before."
            ) from error
    return np.column_stack(numbers), vocabularies


def learn_extras(
    estimator: Part, whole: Sequences, extras: Extras, categories: Vocabularies
) -> None:
    """Write down what stood beside the steps."""
    _, horizon, n_future = np.shape(extras.get("future", np.empty((0, 0, 0))))
    static, future = whole.names.static, whole.names.future
    estimator._schema = replace(
        estimator._schema,
        n_static=extras["static"].shape[1] if "static" in extras else 0,
        n_future=n_future,
        horizon=horizon,
        static_names=None if static is None else tuple(static),
        future_names=None if future is None else tuple(future),
        static_categories=categories,
    )
    if static is not None:
        estimator.static_names_in_ = np.array(static, dtype=object)


def match_names(estimator: Part, names: list[str], *, reset: bool, name: str) -> None:
    """Learn the names that Sequences give to channels, or compare them."""
    if reset:
        estimator.feature_names_in_ = np.array(names, dtype=object)
        return
    fitted = getattr(estimator, "feature_names_in_", None)
    if fitted is not None and [*fitted] != names:
        raise ValueError(
            f"{name} has the channels {names}, but {type(estimator).__name__} was "
            f"fitted on {[*fitted]}; allowed are the same in the same order."
        )


def match_extras(
    X: Sequences | None, extras: Extras, schema: "Schema", name: str
) -> None:
    """Check that there are the static features and the future that `fit` saw.

    Raises
    ------
    ValueError
        Naming the part that is missing, of another size, or of other names.
    """
    sizes = {"static": (schema.n_static,), "future": (schema.horizon, schema.n_future)}
    names = {"static": schema.static_names, "future": schema.future_names}
    for part, size in sizes.items():
        given = extras[part].shape[1:] if part in extras else tuple(0 for _ in size)
        if given != size:
            raise ValueError(
                f"{name} has {_say(part, given)}, but the estimator was fitted with "
                f"{_say(part, size)}; give the same inputs as in fit, in "
                f"skattn.sequences.Sequences(steps, {part}=...)."
            )
        present = None if X is None else getattr(X.names, part)
        _match_columns(names[part], present, f"{name}.{part}")


def _match_columns(
    fitted: Sequence[str] | None, present: Sequence[str] | None, name: str
) -> None:
    """Refuse columns of other names than in `fit`, where both are known."""
    if fitted is not None and present is not None and [*fitted] != [*present]:
        raise ValueError(
            f"{name} has the columns {[*present]}, but the estimator was fitted on "
            f"{[*fitted]}; allowed are the same in the same order."
        )


def _say(part: str, size: tuple[int, ...]) -> str:
    """Return how much of a part there is."""
    if not size[-1]:
        return f"no {part}"
    if part == "static":
        return plural(size[0], "static feature")
    return f"a future of {plural(size[0], 'step')} and {plural(size[1], 'column')}"
