"""Importance of channels, static features and known futures, each as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import check_scoring
from sklearn.utils import Bunch

from .._random import make_random
from ._estimators import choose_output, find_reader
from ._importance import check_count, compare_scores, shuffle_steps
from ._series import Series, find_mean, read_series

Part = Any  # an array or a frame, or a column of one


@dataclass(frozen=True)
class Column:
    """One column of what an estimator reads.

    Parameters
    ----------
    kind : {"channel", "static", "future"}
        Where it stands.
    number : int
        Its place there.
    name : str
        Its name, or kind and number.
    """

    kind: str
    number: int
    name: str


def channel_occlusion_importance(estimator: object, X: object) -> Bunch:
    """Measure how predictions change when one channel is replaced by its mean.

    Static features and columns of the known future are entries of their own, beside
    the channels. A channel is replaced at all steps, a future column at all output
    steps. Where a channel is known ahead, its past and its future are two entries.

    Parameters
    ----------
    estimator : object
        Fitted, with ``predict``. Where it has ``predict_proba`` or
        ``decision_function``, their output is explained instead.
    X : array-like, Tensor, data frame, list of arrays (length, n_channels), or \
            Sequences
        Sequences in any form that the estimator takes.

    Returns
    -------
    Bunch
        With ``importances`` of shape (n_samples, n_columns) or (n_samples, ...,
        n_columns): prediction for X minus prediction without the column, in units of
        the prediction, the axes of one prediction before the columns; ``names``, of
        frames or with numbers; and ``kinds``, "channel", "static" or "future". The
        mean is that of the training samples of the estimator (of X, if it does not
        know it); of categories the most frequent in X is taken.

    Raises
    ------
    ValueError
        If X is not in a form of sequences.
    TypeError
        If the estimator cannot predict.

    See Also
    --------
    channel_permutation_importance : Importance for the score on a whole data set.
    occlusion_importance : The same for time steps.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn import LSTMAttentionRegressor
    >>> from skattn.inspection import channel_occlusion_importance
    >>> from skattn.sequences import Sequences
    >>> rng = np.random.default_rng(0)
    >>> X = Sequences(rng.normal(size=(300, 5, 2)), static=rng.normal(size=(300, 1)))
    >>> y = X.steps[:, -1, 0] + 3 * X.static[:, 0]
    >>> model = LSTMAttentionRegressor(max_epochs=10, random_state=0).fit(X, y)
    >>> found = channel_occlusion_importance(model, X)
    >>> found.importances.shape, found.names[np.abs(found.importances).mean(0).argmax()]
    ((300, 3), 'static 0')
    """
    output = choose_output(estimator)
    series = read_series(estimator, X)
    columns = [*_list_columns(series)]
    plain = output(series.whole())
    each = [
        plain - output(_occlude(estimator, series, column).whole())
        for column in columns
    ]
    return _describe(columns, importances=np.stack(each, axis=-1))


def channel_permutation_importance(
    estimator: object,
    X: object,
    y: npt.ArrayLike,
    *,
    scoring: object = None,
    n_repeats: int = 5,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch | dict[str, Bunch]:
    """Measure how the score falls when one channel is shuffled between samples.

    Static features and columns of the known future are entries of their own, beside
    the channels. A channel moves with all of its steps to another sequence of the same
    length, so that sequences of a length of their own keep theirs.

    Parameters
    ----------
    estimator : object
        Fitted, with ``predict``, and with ``score`` if ``scoring`` is None.
    X : array-like, Tensor, data frame, list of arrays (length, n_channels), or \
            Sequences
        Sequences in any form that the estimator takes.
    y : array-like
        True values.
    scoring : str, callable, list, tuple or dict, default=None
        As in scikit-learn's `permutation_importance`; None uses the score of the
        estimator. `skattn.metrics.flat_scorer` makes one for y of several targets.
    n_repeats : int, default=5
        Number of times that each column is shuffled.
    random_state : int, RandomState instance or None, default=None
        Controls the permutations.

    Returns
    -------
    Bunch or dict of Bunch
        With ``importances_mean`` and ``importances_std`` of shape (n_columns,), and
        ``importances`` of shape (n_columns, n_repeats): decrease of the score, in its
        units; ``names`` and ``kinds`` of the columns, as in
        `channel_occlusion_importance`. For several scores, a dict with one Bunch per
        score.

    Raises
    ------
    ValueError
        If X is not in a form of sequences, or an argument is not allowed.

    See Also
    --------
    channel_occlusion_importance : Importance for single predictions.
    timestep_permutation_importance : The same for time steps.

    References
    ----------
    L. Breiman (2001). Random forests. Machine Learning 45.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn import LSTMAttentionRegressor
    >>> from skattn.inspection import channel_permutation_importance
    >>> X = np.random.default_rng(0).normal(size=(200, 6, 2))
    >>> y = X[:, 4, 1]
    >>> model = LSTMAttentionRegressor(max_epochs=20, random_state=0).fit(X, y)
    >>> result = channel_permutation_importance(model, X, y, random_state=0)
    >>> result.names[result.importances_mean.argmax()]
    'channel 1'
    """
    series = read_series(estimator, X)
    n_repeats = check_count("n_repeats", n_repeats)
    random = make_random(random_state)
    scorer = check_scoring(estimator, scoring=scoring)
    columns = [*_list_columns(series)]
    results = compare_scores(
        lambda series: scorer(estimator, series.whole(), y),
        series,
        ([_shuffle(series, c, random) for _ in range(n_repeats)] for c in columns),
    )
    results = {name: _describe(columns, **found) for name, found in results.items()}
    return results.get(None, results)


def _list_columns(series: Series) -> Iterator[Column]:
    """Yield all that the estimator reads of a sample."""
    names = None if series.beside is None else series.beside.names
    sizes = {"channel": series.values.shape[2]}
    for kind in ("static", "future"):
        part = getattr(series.beside, kind, None)
        if part is not None:
            sizes[kind] = np.shape(part)[-1]
    for kind, size in sizes.items():
        own = getattr(names, "channels" if kind == "channel" else kind, None)
        for number in range(size):
            name = own[number] if own else f"{kind} {number}"
            yield Column(kind, number, name)


def _describe(columns: list[Column], **found: np.ndarray) -> Bunch:
    return Bunch(
        **found,
        names=np.array([column.name for column in columns], dtype=object),
        kinds=np.array([column.kind for column in columns], dtype=object),
    )


def _occlude(estimator: object, series: Series, column: Column) -> Series:
    """Return sequences with one column at its mean."""
    number = column.number
    if column.kind == "channel":
        values = series.values.copy()
        values[series.real, number] = find_mean(estimator, series)[number]
        return replace(series, values=values)
    part = getattr(series.beside, column.kind)
    own = _get_column(part, number)
    if not _holds_numbers(own):
        words = np.asarray(own).astype(str)
        _, first, counts = np.unique(words, return_index=True, return_counts=True)
        return _with_rows(series, column, np.full(len(words), first[counts.argmax()]))
    probe = find_reader(estimator)
    known = None if probe is None else probe.mean_inputs(column.kind)
    if known is None or len(known) != np.shape(part)[-1]:
        mean = np.asarray(own, dtype=np.float64).mean()
    else:
        mean = known[number]
    return _with_part(series, column, _put_column(part, number, mean))


def _shuffle(series: Series, column: Column, random: np.random.RandomState) -> Series:
    """Exchange one column between samples."""
    if column.kind != "channel":
        return _with_rows(series, column, random.permutation(len(series)))
    mixed = shuffle_steps(series, series.real, random).values
    values = series.values.copy()
    values[:, :, column.number] = mixed[:, :, column.number]
    return replace(series, values=values)


def _with_rows(series: Series, column: Column, rows: np.ndarray) -> Series:
    """Return samples with one column taken from other rows of itself."""
    part = getattr(series.beside, column.kind)
    own = _get_column(part, column.number)
    if hasattr(own, "array"):  # of pandas: its index would put the rows back
        own = own.array
    return _with_part(series, column, _put_column(part, column.number, own[rows]))


def _with_part(series: Series, column: Column, part: object) -> Series:
    assert series.beside is not None
    return replace(series, beside=series.beside.with_part(column.kind, part))


def _get_column(part: Part, number: int) -> Part:
    if hasattr(part, "columns"):
        return part[part.columns[number]]
    return part[..., number]


def _put_column(part: Part, number: int, values: Part) -> Part:
    """Return a copy of an array or a frame with another column."""
    if not hasattr(part, "columns"):
        copy = part.astype(np.result_type(part, np.asarray(values)))
        copy[..., number] = values
        return copy
    copy = part.copy() if hasattr(part, "iloc") else part.clone()
    name = part.columns[number]
    if np.ndim(values) == 0:
        values = np.full(len(part), values)
    if hasattr(part, "iloc"):
        copy[name] = values
    else:
        copy.replace_column(number, type(part[name])(name, values))
    return copy


def _holds_numbers(column: Part) -> bool:
    kind = str(getattr(column, "dtype", ""))
    numeric = np.asarray(column).dtype.kind in "biuf"
    return numeric and kind not in ("category", "Categorical")
