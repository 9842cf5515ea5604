"""What a forecast's samples look like, for the rules that read them."""

from dataclasses import replace
from functools import cached_property

import numpy as np
import torch

from ..sequences._scaling import InputScaler, Scaler, fit_beside, fit_scaler
from ..targets import Target
from ._data import SequenceDataset
from ._prepare import carry_forward, scale_values
from ._ridge import LinearForm, compare_linear
from ._split import TrainingSamples

# Windows that are looked at for spread and period.
_MOST_WINDOWS = 512

# Share of the power that a period has at least, in itself and its multiples.
_POWER = 0.3

# Share of the strongest of these that it has itself.
_OWN_POWER = 0.2


class Outlook:
    """Forecasts: windows of one length, and what continues them.

    Parameters
    ----------
    samples : TrainingSamples
        Those to train on. Gaps in X are filled as the network's input layer fills them:
        by the last value, and by the mean where there is none before.
    target : Target
        With channels.
    channel_independent : bool
        Whether one network serves all target channels.
    gaps : bool
        Whether values may be missing, which takes a pass over X to find.
    """

    def __init__(
        self,
        samples: TrainingSamples,
        target: Target,
        channel_independent: bool,
        gaps: bool,
    ) -> None:
        assert target.channels is not None
        if gaps:
            filled = _fill_gaps(samples.X.values)
            samples = replace(samples, X=replace(samples.X, values=filled))
        self._samples, self._channels = samples, [*target.channels]
        self._alone = channel_independent
        self._compared: dict[bool | str, dict[LinearForm, float]] = {}

    @cached_property
    def _scaler(self) -> InputScaler:
        """Scales of the samples that are used."""
        samples = self._samples
        used = np.zeros(len(samples.y))
        weights, rows = samples.weights, samples.rows
        used[rows] = 1.0 if weights is None else weights[rows]
        channels = fit_scaler(samples.X, used)
        beside = fit_beside(samples.X, used, standardise=True)
        return InputScaler(channels.mean, channels.scale, "error", *beside)

    @cached_property
    def _dataset(self) -> SequenceDataset:
        """The samples, scaled by their channels."""
        samples, rows, own = self._samples, self._samples.rows, self._channels
        channels = Scaler(self._scaler.mean[own], self._scaler.scale[own])
        weights = None if samples.weights is None else samples.weights[rows]
        scaled = scale_values(channels, samples.y[rows], "y")
        return SequenceDataset(samples.X, self._scaler, scaled, weights, rows)

    def compare(self, scale_windows: bool | str) -> dict[LinearForm, float]:
        """Compute the error of each form of the linear path on later samples.

        Parameters
        ----------
        scale_windows : {False, "mean", "standard"}
            In which units.

        Returns
        -------
        dict of float
            By `LinearForm`.
        """
        known = self._compared
        if scale_windows not in known:
            paths = ["ar"]
            if self._samples.X.values.shape[2] > 1 and not self._alone:
                paths.append("arx")
            forms = [LinearForm(a, p) for a in ("changes", False) for p in paths]
            center = torch.from_numpy(self._scaler.center).float()
            known[scale_windows] = compare_linear(
                self._dataset, self._channels, forms, scale_windows, center
            )
        return known[scale_windows]

    @cached_property
    def _some_rows(self) -> np.ndarray:
        """The samples that are looked at, evenly spaced."""
        rows = self._samples.rows
        return rows[:: max(1, len(rows) // _MOST_WINDOWS)]

    def _windows(self) -> np.ndarray:
        """Return some windows of the target channels: ``(n, n_steps, n_targets)``."""
        values = self._samples.X.values[self._some_rows][:, :, self._channels]
        return values.astype(np.float64)

    def measure_spread(self) -> float:
        """Compute how many times larger some windows are than others.

        Returns
        -------
        float
            The ninth tenth over the first, the median over the target channels; of
            deviations or of mean magnitudes, whichever differ less: in series of
            several sizes both do, in one with rare events only the deviations.
        """
        windows = self._windows()
        sizes = windows.std(1), np.abs(windows).mean(1)
        # A window that does not vary, as where no event came, tells no size.
        varied = sizes[0] > 0
        return float(np.median(np.minimum(*(_spread(each, varied) for each in sizes))))

    def measure_typical_change(self) -> float:
        """Compute how much of the usual squared change a typical window has.

        Returns
        -------
        float
            The median over the mean of the windows' mean squared changes from their
            last values, the median over the target channels; 1 where none changes.
        """
        last = self._windows()[:, -1:]
        changes = self._samples.y[self._some_rows] - last
        squares = np.square(changes).mean(1)  # (n, n_targets)
        mean = squares.mean(0)
        shares = np.median(squares, axis=0) / np.where(mean > 0, mean, 1.0)
        return float(np.median(np.where(mean > 0, shares, 1.0)))

    def find_period(self) -> int | None:
        """Find the period of the target channels.

        Returns
        -------
        int or None
            In steps; the longest of at most a third of a window whose frequency and
            its multiples hold a good share of the power.
        """
        windows = self._windows()
        n_steps = windows.shape[1]
        steps = np.arange(n_steps) - (n_steps - 1) / 2
        slope = np.tensordot(steps, windows, (0, 1)) / (steps @ steps)  # (n, n_targets)
        detrended = windows - windows.mean(1, keepdims=True)
        detrended -= steps[:, None] * slope[:, None]
        power = (np.abs(np.fft.rfft(detrended, axis=1)) ** 2).sum((0, 2))[1:]
        if not power.sum() > 0:
            return None
        power /= power.sum()
        number = np.arange(1, len(power) + 1)  # cycles in a window
        shares = np.array([power[number % n == 0].sum() for n in number])
        strongest = np.array([power[number % n == 0].max() for n in number])
        # Slow changes have much power too, but no peak.
        before, after = np.roll(power, 1), np.append(power[1:], 0.0)
        peak = (number >= 3) & (power > before) & (power > after)
        # A divisor of the true frequency has its power among its multiples alone.
        good = peak & (shares >= _POWER) & (power >= _OWN_POWER * strongest)
        if not good.any():
            return None
        cycles = int(number[good][0])
        return max(2, round(n_steps / cycles))


def _spread(sizes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the ninth tenth over the first of each column, where values are known."""
    ratios = np.ones(sizes.shape[1])
    for k in np.flatnonzero(known.any(0)):
        low, high = np.quantile(sizes[known[:, k], k], (0.1, 0.9))
        ratios[k] = high / max(low, np.finfo(np.float32).eps * high)
    return ratios


def _fill_gaps(values: np.ndarray) -> np.ndarray:
    """Return windows whose gaps repeat the value before, or hold the channel's mean."""
    gaps = np.isnan(values)
    if not gaps.any():
        return values
    filled = carry_forward(values, gaps)
    known = (~gaps).sum((0, 1))
    means = np.where(gaps, 0.0, values).sum((0, 1)) / np.maximum(known, 1)
    return np.where(np.isnan(filled), means.astype(values.dtype), filled)
