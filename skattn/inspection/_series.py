"""Sequences in the caller's form: reading, patches, replaced steps and predictions."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from ..sequences import Sequences
from ..sequences._ragged import as_steps, is_ragged, measure_lengths, pad_steps
from ._estimators import Output, Probe, find_reader, read_settings

if TYPE_CHECKING:
    from tqdm import tqdm

# Values of X in one call of predict: 16 MB as float64. This is far more than a network
# reads at a time, so that the overhead of a call does not count.
_CALL_VALUES = 1 << 21
_BLOCK = 256  # calls hold whole blocks of this many sequences, where they can

Describe = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
ReplaceSteps = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Series:
    """Sequences as one padded array, and how to return to the caller's form.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_timesteps, n_channels)
        Padded on the right, after ``lengths`` steps.
    lengths : ndarray of int of shape (n_samples,)
        Real steps in each sequence.
    rebuild : callable
        Takes values and lengths of any number of samples, and returns them in the form
        that the estimator takes.
    beside : Sequences, default=None
        What else is known of each sample.
    ragged : bool, default=False
        Whether the estimator reads a list, whose longest sequence says how many steps
        there are.
    """

    values: np.ndarray
    lengths: np.ndarray
    rebuild: Callable[[np.ndarray, np.ndarray], object]
    beside: Sequences | None = None
    ragged: bool = False

    def __len__(self) -> int:
        return len(self.values)

    @property
    def real(self) -> np.ndarray:
        """Mask of the steps that are not padding: ``(n_samples, n_timesteps)``."""
        return np.arange(self.values.shape[1]) < self.lengths[:, None]

    def take(self, rows: np.ndarray) -> "Series":
        """Return some of the samples."""
        values, lengths = self.values[rows], self.lengths[rows]
        if self.ragged:
            values = values[:, : lengths.max()]
        return replace(
            self,
            values=values,
            lengths=lengths,
            beside=None if self.beside is None else self.beside[rows],
        )

    def whole(self) -> object:
        """Return all samples in the caller's form."""
        return self.build(self.values)

    def build(self, values: np.ndarray, rows: np.ndarray | None = None) -> object:
        """Return other values of all samples, or of some, in the caller's form."""
        series = self if rows is None else self.take(rows)
        steps = self.rebuild(values, series.lengths)
        if series.beside is None:
            return steps
        return series.beside.with_steps(steps, series.beside.names.channels)


def read_series(estimator: object, X: object, name: str = "X") -> Series:
    """Read X in any form that estimators of sequences take.

    Parameters
    ----------
    estimator : object
        Its settings decide into how many time steps flat rows are cut, and which value
        marks padding.
    X : array-like, Tensor, data frame, or list of arrays
        Sequences.
    name : str, default="X"
        Name of the argument in error messages.

    Returns
    -------
    Series
        With at least one sample.
    """
    probe = find_reader(estimator)
    if probe is not None and probe.schema.categories:
        return _read_coded(probe, X)
    if isinstance(X, Sequences):
        return replace(read_series(estimator, X.steps, f"{name}.steps"), beside=X)
    if hasattr(X, "detach"):
        X = X.detach().cpu().numpy()
    if is_ragged(X):
        return _read_ragged(cast(Sequence[npt.ArrayLike], X), name)
    if hasattr(X, "columns"):
        return _read_flat_rows(estimator, np.asarray(X), name, _frame_like(X))
    values = np.asarray(X)
    if values.ndim == 2:
        return _read_flat_rows(estimator, values, name, lambda rows: rows)
    if values.ndim != 3 or 0 in values.shape:
        raise ValueError(
            f"{name} has shape {values.shape}; allowed are (n_samples, n_features), "
            "(n_samples, n_timesteps, n_channels), each axis at least 1, and lists of "
            "arrays (length, n_channels)."
        )
    values = _as_float(values)
    lengths = _measure_lengths(estimator, values, name)
    return Series(values, lengths, lambda values, lengths: values)


def _read_coded(probe: Probe, X: object) -> Series:
    """Read categories as their codes; a code of 0 is a category that is unknown."""
    samples, held = probe.read(X), probe.schema.categories
    n_samples, n_timesteps, _ = samples.values.shape
    lengths = samples.lengths
    if lengths is None:
        lengths = np.full(n_samples, n_timesteps)

    def rebuild(values: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
        steps = values.astype(object)
        for channel, entries in held.items():
            meant = np.array([_find_unknown(entries), *entries], dtype=object)
            steps[:, :, channel] = meant[values[:, :, channel].astype(np.intp)]
        return [row[:n] for row, n in zip(steps, lengths, strict=True)]

    beside = X if isinstance(X, Sequences) else None
    return Series(samples.values, lengths, rebuild, beside, ragged=True)


def _find_unknown(entries: tuple[object, ...]) -> object:
    """Return what is none of a channel's categories, and of their kind."""
    if None not in entries:
        return None
    texts = [entry for entry in entries if isinstance(entry, str)]
    numbers = [entry for entry in entries if isinstance(entry, int | float)]
    if texts or not numbers:
        return max(texts, key=len, default="") + "?"
    return max(numbers) + 1


def _read_ragged(X: Sequence[npt.ArrayLike], name: str) -> Series:
    steps, lengths = as_steps(X, name)
    values = pad_steps(_as_float(steps), lengths).values
    first = X[0]
    outward = _frame_like(first) if hasattr(first, "columns") else lambda rows: rows
    flat = len(np.shape(first)) == 1

    def rebuild(values: np.ndarray, lengths: np.ndarray) -> list[object]:
        if flat:
            values = values[:, :, 0]
        return [outward(row[:n]) for row, n in zip(values, lengths, strict=True)]

    return Series(values, lengths, rebuild, ragged=True)


def _read_flat_rows(
    estimator: object,
    rows: np.ndarray,
    name: str,
    outward: Callable[[np.ndarray], object],
) -> Series:
    rows = _as_float(rows)
    n_samples, n_columns = rows.shape
    n_timesteps = int(read_settings(estimator).n_timesteps or n_columns)
    if not n_samples or not n_columns or n_columns % n_timesteps:
        raise ValueError(
            f"{name} has shape {rows.shape}, but flat rows are cut into the "
            f"{n_timesteps} time steps that {type(estimator).__name__} was fitted on."
        )
    values = rows.reshape(n_samples, n_timesteps, -1)
    lengths = _measure_lengths(estimator, values, name)
    return Series(values, lengths, lambda v, lengths: outward(v.reshape(len(v), -1)))


def _frame_like(frame: object) -> Callable[[np.ndarray], object]:
    """Return a function that makes data frames of the type and columns of ``frame``."""
    make: Callable[..., object] = type(frame)
    columns = list(getattr(frame, "columns", ()))
    names = "columns" if hasattr(frame, "iloc") else "schema"  # pandas, or polars
    return lambda rows: make(rows, **{names: columns})


def _as_float(values: np.ndarray) -> np.ndarray:
    if values.dtype in (np.float32, np.float64):
        return values
    return values.astype(np.float64)


def _measure_lengths(estimator: object, values: np.ndarray, name: str) -> np.ndarray:
    """Return the number of steps before the padding at the end of each sequence."""
    padding_value = read_settings(estimator).padding_value
    if padding_value is None:
        return np.full(len(values), values.shape[1])
    return measure_lengths(values, padding_value, name)


def find_patches(series: Series, patch_size: int) -> np.ndarray:
    """Return the patch of each time step: ``(n_samples, n_timesteps)``.

    The last patch ends where its sequence ends, so that the first may be incomplete.
    Padding belongs to patch -1.
    """
    fill = -series.lengths % patch_size
    step = np.arange(series.values.shape[1])
    patches = (step + fill[:, None]) // patch_size
    return np.where(series.real, patches, -1)


def find_real_patches(patches: np.ndarray, n_steps: int) -> np.ndarray:
    """Return a mask of the steps that have a patch: ``(n_samples, n_steps)``."""
    return np.arange(n_steps) <= patches.max(axis=1)[:, None]


def find_mean(estimator: object, series: Series) -> np.ndarray:
    """Return each channel's mean over the training samples, else over the series.

    Of channels of categories it is the code of what is unknown.
    """
    probe = find_reader(estimator)
    known = None if probe is None else probe.mean_inputs()
    if known is not None:
        return known
    mean: np.ndarray = np.nanmean(series.values[series.real], axis=0)
    mean[find_coded(estimator)] = 0.0
    return mean


def find_coded(estimator: object) -> list[int]:
    """Return the channels in which categories have codes."""
    probe = find_reader(estimator)
    return [] if probe is None else [*probe.schema.categories]


def predict_variants(
    output: Output,
    series: Series,
    replace_steps: ReplaceSteps,
    n_variants: int,
    describe: Describe,
    verbose: int = 0,
    label: str = "",
) -> np.ndarray:
    """Predict variants of the sequences with some steps replaced, in few large calls.

    Parameters
    ----------
    output : callable
        From X to outputs, one row per sample.
    series : Series
        The sequences.
    replace_steps : callable
        Takes samples ``(m,)`` and the time steps to replace ``(m, n_timesteps)``,
        returns the values ``(m, n_timesteps, n_channels)``.
    n_variants : int
        Number of variants.
    describe : callable
        Takes indices of variants ``(m,)``, returns their samples ``(m,)`` and the time
        steps to replace ``(m, n_timesteps)``.
    verbose : int, default=0
        1 shows a progress bar.
    label : str, default=""
        Text before the bar.

    Returns
    -------
    ndarray of shape (n_variants, ...)
        One output per variant.
    """
    size = max(1, _CALL_VALUES // series.values[0].size)
    size = max(size // _BLOCK, 1) * _BLOCK
    results = []
    with _open_progress(n_variants, verbose, label) as bar:
        for start in range(0, n_variants, size):
            numbers = np.arange(start, min(start + size, n_variants))
            samples, replaced = describe(numbers)
            values = replace_steps(samples, replaced)
            results.append(output(series.build(values, samples)))
            bar.update(len(numbers))
    return np.concatenate(results)


def _open_progress(total: int, verbose: int, label: str) -> "tqdm":
    from tqdm.auto import tqdm  # a requirement of skorch

    return tqdm(total=total, disable=not verbose, desc=label, file=sys.stderr)


def replace_each(
    output: Output,
    series: Series,
    patches: np.ndarray,
    replace_steps: ReplaceSteps,
    verbose: int = 0,
) -> np.ndarray:
    """Predict each sequence once for each patch, with that patch replaced.

    Returns
    -------
    ndarray of shape (n_samples, n_patches, ...)
        The plain prediction for patches that a shorter sequence does not have.
    """
    n_patches = int(patches.max()) + 1

    def describe(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        samples, patch = np.divmod(numbers, n_patches)
        return samples, patches[samples] == patch[:, None]

    changed = predict_variants(
        output,
        series,
        replace_steps,
        len(series) * n_patches,
        describe,
        verbose,
        "occlusion",
    )
    return changed.reshape(len(series), n_patches, *changed.shape[1:])
