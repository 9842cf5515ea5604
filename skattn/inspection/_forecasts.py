"""What a display of forecasts shows, asked of fitted estimators."""

from dataclasses import dataclass
from inspect import signature
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from ._estimators import find_probe, name_axes, read_settings
from ._series import Series, find_patches, read_series

# Where estimators around estimators hold the fitted one; a transformed target is in
# other units than that of the estimator inside.
_INSIDE = ("estimator_", "best_estimator_")
_OTHER_UNITS = "regressor_"


@dataclass(frozen=True)
class Shown:
    """Forecasts of one target, with what stands around them.

    Parameters
    ----------
    forecast, truth : ndarray of shape (n_samples, horizon)
        Truth None if there is none.
    history : list of ndarray or None
        Of the channel that the target continues, one array a sample.
    quantiles : ndarray of shape (n_samples, horizon, n_quantiles) or None
        Around the forecasts.
    levels : ndarray or None
        Of the quantiles.
    weights : list of ndarray or None
        Of the steps of the history.
    name : str
        Of the target; empty if it has none.
    """

    forecast: np.ndarray
    truth: np.ndarray | None
    history: list[np.ndarray]
    quantiles: np.ndarray | None
    levels: np.ndarray | None
    weights: list[np.ndarray] | None
    name: str


def read_forecasts(
    estimator: object,
    X: object,
    y: npt.ArrayLike | None,
    target: int | str,
    channel: int | str | None,
    attention: bool,
) -> Shown:
    """Predict, and return what a display of one target shows.

    Parameters
    ----------
    estimator : object
        As `ForecastDisplay.from_estimator` takes it.
    X, y : array-like
        As there.
    target, channel : int or str
        As there.
    attention : bool
        Whether weights are wanted.

    Returns
    -------
    Shown
        Of all samples.
    """
    if not hasattr(estimator, "predict"):
        raise TypeError(
            f"estimator must have the method predict, and {type(estimator).__name__} "
            "has none."
        )
    if hasattr(estimator, "predict_proba") or hasattr(estimator, "decision_function"):
        raise ValueError(
            f"estimator={estimator!r} predicts classes or numbers of steps; forecasts "
            "need a regressor."
        )
    forecast = np.asarray(estimator.predict(X), dtype=np.float64)
    truth = None if y is None else np.asarray(y, dtype=np.float64)
    if truth is not None and truth.shape != forecast.shape:
        raise ValueError(
            f"y has shape {truth.shape}, but predictions of X have {forecast.shape}."
        )
    inner, _ = reach(estimator, X, "_probe", other_units=True)
    series = read_series(estimator if inner is None else inner, X)
    names = _find_names(inner, X, series)
    continued = _find_continued(inner, series)
    number = _find_target(target, forecast, continued, names)
    column = _find_channel(channel, continued, number, names, series)
    quantiles, levels = _find_quantiles(estimator, X)
    weights = None
    if attention:
        weights = _find_weights(estimator, X, series, number)

    def take(values: np.ndarray) -> np.ndarray:
        """Return one target: ``(n_samples, horizon, ...)``."""
        if forecast.ndim == 1:
            return values[:, None]
        return values if forecast.ndim == 2 else values[:, :, number]

    rows = zip(series.values, series.lengths, strict=True)
    return Shown(
        forecast=take(forecast),
        truth=None if truth is None else take(truth),
        history=[values[:n, column].astype(np.float64) for values, n in rows],
        quantiles=None if quantiles is None else take(quantiles),
        levels=levels,
        weights=weights,
        name="" if names is None else str(names[column]),
    )


def reach(
    estimator: object, X: object, name: str, other_units: bool = False
) -> tuple[Any, object]:
    """Return the estimator inside that has an attribute, and X as it comes there.

    Parameters
    ----------
    estimator : object
        Fitted; a pipeline, a search or another estimator around one, or itself.
    X : object
        In the form that ``estimator`` takes; None where it does not matter.
    name : str
        Of the attribute.
    other_units : bool, default=False
        Whether an estimator whose target is transformed counts.

    Returns
    -------
    inner : object
        None if there is none.
    X : object
        In the form that it takes.
    """
    places = (*_INSIDE, _OTHER_UNITS) if other_units else _INSIDE
    while estimator is not None and not hasattr(estimator, name):
        if isinstance(estimator, Pipeline):
            if X is not None and len(estimator.steps) > 1:
                X = estimator[:-1].transform(X)
            estimator = estimator.steps[-1][1]
        elif name == "_probe" and isinstance(
            members := getattr(estimator, "estimators_", None), list
        ):  # one speaks for all of its kind, but has not their answers
            estimator = members[0]
        elif isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        else:
            found = [place for place in places if hasattr(estimator, place)]
            estimator = getattr(estimator, found[0]) if found else None
    return estimator, X


def _find_names(inner: object, X: object, series: Series) -> list[str] | None:
    """Return the names of the channels of X, if they have some."""
    names = getattr(getattr(X, "names", None), "channels", None)
    if names is None:
        names = getattr(inner, "feature_names_in_", None)
    n_channels = series.values.shape[2]
    return None if names is None or len(names) != n_channels else [*names]


def _find_continued(inner: object, series: Series) -> list[int] | None:
    """Return the channels of X that the targets continue, if the estimator knows."""
    probe = find_probe(inner)
    if probe is None or probe.target.channels is None:
        return [0] if series.values.shape[2] == 1 else None
    known = getattr(inner, "n_channels_in_", None)
    # A pipeline may have made other channels of those of X.
    return [*probe.target.channels] if known == series.values.shape[2] else None


def _find_target(
    target: object,
    forecast: np.ndarray,
    continued: list[int] | None,
    names: list[str] | None,
) -> int:
    """Return the number of the target to show."""
    n_targets = forecast.shape[2] if forecast.ndim == 3 else 1
    known: list[str] = []
    if names is not None and continued is not None:
        known = [names[c] for c in continued]
    if target in known:
        return known.index(str(target))
    number = _read_whole(target, -n_targets, n_targets - 1)
    if number is None:
        also = f", or their names {known}" if known else ""
        raise ValueError(
            f"target={target!r} must be a whole number from {-n_targets} to "
            f"{n_targets - 1}: there are {n_targets} targets{also}."
        )
    return number % n_targets


def _find_channel(
    channel: object,
    continued: list[int] | None,
    target: int,
    names: list[str] | None,
    series: Series,
) -> int:
    """Return the channel of X that the target continues."""
    n_channels = series.values.shape[2]
    if channel is None and continued is not None:
        return continued[target if len(continued) > 1 else 0]
    if names is not None and channel in names:
        return names.index(str(channel))
    number = _read_whole(channel, -n_channels, n_channels - 1)
    if number is None:
        also = "" if names is None else f", or a name of {names}"
        why = ": the estimator does not tell what its target continues"
        raise ValueError(
            f"channel={channel!r} must name the channel of X that the target continues"
            f"{why if channel is None else ''}; allowed are whole numbers from "
            f"{-n_channels} to {n_channels - 1}{also}."
        )
    return number % n_channels


def _find_quantiles(
    estimator: object, X: object
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return the edges of intervals and their levels, if the estimator has some."""
    inner, given = reach(estimator, X, "predict_interval")
    share = getattr(inner, "coverage_", None)  # as it was calibrated
    if share is not None:
        edges = np.asarray(inner.predict_interval(given), np.float64)
        moved = getattr(inner, "levels_", None)  # as calibrated; none of residuals
        return edges, np.array(moved or [(1 - share) / 2, (1 + share) / 2])
    inner, given = reach(estimator, X, "predict_quantiles")
    levels = getattr(inner, "quantiles_", ())
    if inner is None or len(levels) < 2:
        return None, None
    return np.asarray(inner.predict_quantiles(given), np.float64), np.asarray(levels)


def _find_weights(
    estimator: object, X: object, series: Series, target: int
) -> list[np.ndarray] | None:
    """Return the weight of each step of each window, if the estimator has some."""
    inner, given = reach(estimator, X, "predict_attention", other_units=True)
    members = getattr(inner, "estimators_", [inner])
    shares = [
        getattr(reach(member, None, "_probe")[0], "attention_share_", 1.0)
        for member in members
    ]
    if inner is None or all(share == 0.0 for share in shares):
        return None
    by_step = "unit" in signature(inner.predict_attention).parameters
    options = {"unit": "step"} if by_step else {}
    weights = np.asarray(inner.predict_attention(given, **options), np.float64)
    # (n, horizon, n_targets, n_steps) or less -> (n, n_steps)
    for axis in name_axes(inner, weights.ndim - 2)[::-1]:
        alone = axis == "target" and weights.shape[-2] > 1
        weights = weights[..., target, :] if alone else weights.mean(-2)
    n_timesteps = series.values.shape[1]
    if weights.shape[1] != n_timesteps:
        size = read_settings(inner).patch_size or -(-n_timesteps // weights.shape[1])
        patches = find_patches(series, size)
        weights = np.take_along_axis(weights, patches.clip(0), axis=1) / size
    pairs = zip(weights, series.lengths, strict=True)
    return [row[:length] for row, length in pairs]


class Parts(Protocol):
    """What a display of forecasts holds."""

    forecast: np.ndarray
    history: list[np.ndarray] | None
    truth: np.ndarray | None
    quantiles: np.ndarray | None
    levels: npt.ArrayLike | None
    weights: list[np.ndarray] | None


def check_parts(parts: Parts) -> np.ndarray:
    """Check that all parts fit the forecast; return the levels."""
    shape = parts.forecast.shape
    if len(shape) != 2 or 0 in shape:
        raise ValueError(
            f"forecast has shape {shape}; allowed is (n_samples, horizon), the "
            "forecasts of one target, each axis at least 1."
        )
    if parts.truth is not None and parts.truth.shape != shape:
        raise ValueError(
            f"truth has shape {parts.truth.shape}, but forecast has {shape}."
        )
    for name in ("history", "weights"):
        part = getattr(parts, name)
        if part is not None and len(part) != shape[0]:
            raise ValueError(
                f"{name} has {len(part)} samples, but forecast has {shape[0]}."
            )
    for i, row in enumerate(parts.history or []):
        own = row if parts.weights is None else parts.weights[i]
        if row.ndim != 1 or own.shape != row.shape:
            raise ValueError(
                f"history[{i}] has shape {row.shape}, and weights[{i}] {own.shape}; "
                "allowed is (n_timesteps,), the same for both."
            )
    if parts.quantiles is None:
        return np.empty(0)
    return _check_levels(parts.quantiles, parts.levels, shape)


def _check_levels(
    quantiles: np.ndarray, given: npt.ArrayLike | None, shape: tuple[int, ...]
) -> np.ndarray:
    levels = np.empty(0) if given is None else np.asarray(given, np.float64)
    if quantiles.shape != (*shape, levels.size) or levels.ndim != 1:
        raise ValueError(
            f"quantiles has shape {quantiles.shape} for {levels.size} levels and "
            f"forecasts of shape {shape}; allowed is (n_samples, horizon, "
            "n_quantiles), with a level for each quantile."
        )
    inside = (levels > 0) & (levels < 1)
    if not inside.all() or (np.diff(levels) <= 0).any():
        raise ValueError(
            f"levels={given!r} must rise, between 0 and 1: quantiles lie in their "
            "order along the last axis."
        )
    return levels


def find_first(n_history: object, n_steps: int) -> int:
    """Return the first step of the history to show."""
    if n_history is None:
        return 0
    number = _read_whole(n_history, 0, n_steps)
    if number is None:
        raise ValueError(
            f"n_history={n_history!r} must be a whole number from 0 to {n_steps}, the "
            "steps of the history, or None for all."
        )
    return n_steps - number


def _read_whole(value: object, low: int, high: int) -> int | None:
    """Return a whole number in bounds, and None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        return None
    return int(value) if low <= value <= high else None
