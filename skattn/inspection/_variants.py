"""Predicting many variants of the same sequences, in few large calls."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ._series import Series

# Values of X in one call of predict: 16 MB as float64, far above what a network takes
# at a time, so that the calls cost nothing beside it.
_CALL_VALUES = 1 << 21
_BLOCK = 256  # calls hold whole blocks of this many sequences, where they can

Describe = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def choose_output(estimator: Any) -> Callable[[Any], np.ndarray]:
    """Give the function whose output is to be explained, as float64.

    Probabilities or decision values where there are some, else predictions.
    """
    names = ("predict_proba", "decision_function", "predict")
    name = next((name for name in names if hasattr(estimator, name)), None)
    if name is None:
        raise TypeError(
            f"estimator must have one of the methods {', '.join(names)}, and "
            f"{type(estimator).__name__} has none."
        )
    method = getattr(estimator, name)
    return lambda X: np.asarray(method(X), dtype=np.float64)


def predict_variants(
    output: Callable[[Any], np.ndarray],
    series: Series,
    fill: np.ndarray,
    n_variants: int,
    describe: Describe,
    verbose: int = 0,
    label: str = "",
) -> np.ndarray:
    """Predict sequences some of whose steps are replaced.

    Parameters
    ----------
    output : callable
        From X to outputs, one row a sample.
    series : Series
        The sequences.
    fill : ndarray that broadcasts to the series' values
        What stands at replaced steps.
    n_variants : int
        How many variants there are.
    describe : callable
        Takes numbers of variants ``(m,)``, gives their samples ``(m,)`` and the steps
        to replace ``(m, n_timesteps)``.
    verbose : int, default=0
        1 shows a progress bar.
    label : str, default=""
        Stands before the bar.

    Returns
    -------
    ndarray of shape (n_variants, ...)
        One output a variant.
    """
    size = max(1, _CALL_VALUES // series.values[0].size)
    size = max(size // _BLOCK, 1) * _BLOCK
    fill = np.broadcast_to(fill, series.values.shape)
    results = []
    with _progress(n_variants, verbose, label) as bar:
        for start in range(0, n_variants, size):
            numbers = np.arange(start, min(start + size, n_variants))
            samples, replaced = describe(numbers)
            values = series.values[samples]  # a copy
            values[replaced] = fill[samples][replaced]
            results.append(output(series.rebuild(values, series.lengths[samples])))
            bar.update(len(numbers))
    return np.concatenate(results)


def _progress(total: int, verbose: int, label: str) -> Any:
    from tqdm.auto import tqdm  # a requirement of skorch

    return tqdm(total=total, disable=not verbose, desc=label, file=sys.stderr)


def replace_each(
    output: Callable[[Any], np.ndarray],
    series: Series,
    patches: np.ndarray,
    fill: np.ndarray,
    verbose: int = 0,
) -> np.ndarray:
    """Predict each sequence once for each patch, with that patch replaced.

    Returns
    -------
    ndarray of shape (n_samples, n_patches, ...)
        Patches that a shorter sequence does not have change nothing.
    """
    n_patches = int(patches.max()) + 1

    def describe(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        samples, patch = np.divmod(numbers, n_patches)
        return samples, patches[samples] == patch[:, None]

    changed = predict_variants(
        output, series, fill, len(series) * n_patches, describe, verbose, "occlusion"
    )
    return changed.reshape(len(series), n_patches, *changed.shape[1:])
