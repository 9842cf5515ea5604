"""What simple models reach on the same samples, and a word about it."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, r2_score

from ..nn._channel_independent import Network
from ..nn._inputs import Inputs
from ..nn._time_axis import align_ends, last_step
from ..targets import Target, find_constant, measure_errors
from ._data import SequenceDataset

# Samples, and numbers for each of them, that the linear model reads: it takes a small
# share of a fit then.
_MOST_SAMPLES = 1000
_MOST_INPUTS = 500

_PENALTIES = np.logspace(-2, 4, 7)

# Samples that say something about a model.
_ENOUGH = 20

# Standard errors by which a gain over a constant is no chance, for classes and numbers,
# and by which a loss against a linear model is clear. A network that learned noise by
# heart is not equal to a constant on other numbers, but far worse.
_CHANCE, _CLEAR = {True: 1.64, False: 1.0}, 2.5

# A score that is lower by this is clearly lower: the network was judged before its end.
# So is an R² that is a little lower where that makes errors twice as large.
_WIDE, _NARROW, _TIMES = 0.2, 0.05, 2.0

# What the network may be worse than, and how it is told.
_RIVALS = {
    "linear": ("A linear model", "ridge on sequences laid flat"),
    "last_value": ("The last value", "repeating it"),
}

_BY_RIDGE = "linear_skip='ridge', which starts from it; "
_BY_MEDIAN = "loss='absolute_error', to which few large errors say less; "
_WAY_OUT = (
    "Try, in this order: {first}more data; max_epochs; patch_size or conv_layers; a "
    "learning rate of a third. Or the rows of X and y do not belong together, or the "
    "sequences do not tell the target. The page 'When a fit fails' of the guide has "
    "more."
)

Scores = dict[str, dict[str, float]]


def count_judges(n_samples: int, target: Target) -> int:
    """Return how many samples are set aside to judge a network; 0 for none.

    Of classes 5 % of 150 samples or more, and at least 50. Of numbers 60 samples are
    enough, and a fifth of up to 250, at least 20: a network that finds one step in the
    dark needs nearly all of few. Forecasts have judges from 1,000 samples on, as their
    windows share steps, so that those set aside judge too well.
    """
    forecasts = target.channels is not None
    enough = 150 if target.stratified else 1000 if forecasts else 60
    if n_samples < enough:
        return 0
    few = 50 if target.stratified or forecasts else min(max(20, n_samples // 5), 50)
    return max(few, round(0.05 * n_samples))


def find_some(n_samples: int) -> torch.Tensor:
    """Return at most `_MOST_SAMPLES` positions, evenly spaced."""
    step = -(-n_samples // _MOST_SAMPLES)
    return torch.arange(0, n_samples, step)


@torch.no_grad()
def predict_some(
    network: Network, data: SequenceDataset, rows: torch.Tensor
) -> np.ndarray:
    """Return scaled predictions of some rows, in evaluation mode."""
    device, was_training = next(network.parameters()).device, network.training
    network.eval()
    outputs = [
        network(data[some].features.inputs.to(device), need_weights=False).prediction
        for some in rows.split(256)
    ]
    network.train(was_training)
    return torch.cat(outputs).cpu().numpy()


@dataclass(frozen=True)
class _Side:
    """Samples on which all models are scored, and what the network says of them."""

    X: np.ndarray  # (n_samples, n_inputs)
    truth: np.ndarray  # (n_samples,) labels, or (n_samples, n_outputs) numbers
    network: np.ndarray  # likewise
    weights: np.ndarray  # (n_samples,)
    last: np.ndarray | None = None  # what repeats the last values, for forecasts


def measure_yardstick(
    train: SequenceDataset,
    predicted: np.ndarray,
    train_rows: torch.Tensor,
    held: SequenceDataset | None,
    held_predicted: np.ndarray | None,
    held_rows: torch.Tensor | None,
    *,
    classifies: bool,
    channels: Sequence[int] | None = None,
    loss: str = "squared_error",
    first: str = "",
) -> Scores:
    """Score a network beside simple models, and warn if it is worse.

    These are a constant, a linear model and, for forecasts, the last value. The linear
    model is ridge regression, for classes as a classifier, on sequences laid flat, with
    the penalty that leaving single samples out favours. It reads at most 1,000 samples,
    and long sequences as means over blocks of steps. Samples count by their weights,
    and outputs that do not vary do not count.

    Parameters
    ----------
    train, held : SequenceDataset
        The samples that were trained on and those set aside.
    predicted, held_predicted : ndarray of shape (n_rows, horizon, n_targets)
        What the network predicts for some of them, scaled.
    train_rows, held_rows : Tensor of int
        Which.
    classifies : bool
        Whether targets are classes.
    channels : sequence of int, default=None
        The channels that the targets continue, in their units.
    loss : str, default="squared_error"
        What training minimised, for numbers. Quantiles are not means, so that nothing
        is said of them.
    first : str, default=""
        What to try before all else, for the warning.

    Returns
    -------
    dict of dict of float
        R² or accuracy by "train" and, if samples were set aside, "held_out", and by
        "constant", "linear", "last_value" (for forecasts) and "network".

    Warns
    -----
    ConvergenceWarning
        If the network is no better than the constant, or clearly worse than the linear
        model or the last value, on samples set aside.
    """
    n_steps = train.n_timesteps  # whatever is longest in the other part
    form = n_steps, classifies, channels
    sides = {"train": _look(train, train_rows, predicted, *form)}
    if held is not None and held_rows is not None and held_predicted is not None:
        sides["held_out"] = _look(held, held_rows, held_predicted, *form)
    seen = sides["train"]
    if not classifies:
        varies = np.ptp(seen.truth, axis=0) > 0
        sides = {name: _keep(side, varies) for name, side in sides.items()}
        seen = sides["train"]
    center, spread = seen.X.mean(0), seen.X.std(0)
    spread = np.where(spread > 0, spread, 1)
    linear = None
    if len(np.unique(seen.truth)) > 1:
        # Here, since it takes a tenth of the time in which skattn is imported.
        from sklearn.linear_model import RidgeClassifierCV, RidgeCV

        linear = (RidgeClassifierCV if classifies else RidgeCV)(alphas=_PENALTIES)
        X = (seen.X - center) / spread
        linear.fit(X, seen.truth, sample_weight=seen.weights)
    scores: Scores = {}
    score = accuracy_score if classifies else r2_score
    for name, side in sides.items():
        constant = np.broadcast_to(_find_usual(seen, loss), side.truth.shape)
        by_line = constant
        if linear is not None:
            by_line = linear.predict((side.X - center) / spread)
            by_line = by_line.reshape(side.truth.shape)
        found = {"constant": constant, "linear": by_line}
        if side.last is not None:
            found["last_value"] = side.last
        found["network"] = side.network
        if len(side.truth) > 1 and side.truth.size:
            scores[name] = {
                key: score(side.truth, answer, sample_weight=side.weights)
                for key, answer in found.items()
            }
            enough = len(side.truth) >= _ENOUGH and loss != "quantile"
            if name == "held_out" and enough:
                _warn_if_worse(side, found, scores[name], loss, first)
    return scores


def _look(
    data: SequenceDataset,
    rows: torch.Tensor,
    predicted: np.ndarray,
    n_steps: int,
    classifies: bool,
    channels: Sequence[int] | None,
) -> _Side:
    """Return some samples in the form in which all models are scored."""
    batch = data[rows]
    inputs, weights = batch.features
    truth, last = batch.target.numpy(), None
    if channels is not None:
        values = last_step(inputs.x, inputs.lengths)[:, None, [*channels]].numpy()
        last = np.broadcast_to(values, truth.shape).reshape(len(truth), -1)
    if classifies:
        truth, predicted = truth[:, 0].argmax(-1), predicted[:, 0].argmax(-1)
    else:
        truth, predicted = (a.reshape(len(a), -1) for a in (truth, predicted))
    return _Side(
        _lay_flat(inputs, n_steps),
        truth,
        predicted,
        np.ones(len(truth)) if weights is None else weights.numpy().astype(np.float64),
        last,
    )


def _keep(side: _Side, outputs: np.ndarray) -> _Side:
    """Return samples with some of their outputs."""
    return replace(
        side,
        truth=side.truth[:, outputs],
        network=side.network[:, outputs],
        last=None if side.last is None else side.last[:, outputs],
    )


def _find_usual(side: _Side, loss: str) -> np.ndarray | np.integer:
    """Return the constant that has the least loss."""
    if side.truth.ndim == 1:
        return np.bincount(side.truth, side.weights).argmax()
    return find_constant(side.truth, loss, side.weights)[0]


def _warn_if_worse(
    side: _Side,
    found: dict[str, np.ndarray],
    scores: dict[str, float],
    loss: str,
    first: str,
) -> None:
    """Warn if the network's errors on samples set aside are no smaller."""
    truth, classes = side.truth, side.truth.ndim == 1
    if not scores["network"] < 1.0:
        return

    def errors(name: str) -> np.ndarray:
        answer = found[name]
        if classes:
            return (answer != truth).astype(float)
        return np.mean(measure_errors(answer - truth, loss), axis=1)

    unit = "accuracy" if classes else "R²"
    told = f"{unit} is {scores['network']:.3g} on {len(truth)} samples set aside"
    constant, network = errors("constant"), errors("network")
    gain, chance = _average(constant - network, side.weights)
    if classes:  # the share of hits by chance varies as that of the constant
        chance = _average(constant, side.weights)[1]
    rivals = {name: errors(name) for name in _RIVALS if name in found}
    best = min(rivals, key=lambda name: _average(rivals[name], side.weights)[0])
    behind = scores[best] - scores["network"]
    if gain <= _CHANCE[classes] * chance:
        message = "Nothing was learned that holds on other samples"
        if gain > 0 and scores["network"] > 0:  # of a weak signal, this may be all
            message = "What was learned may be chance"
        message += f": {told}, {scores['constant']:.3g} for a constant."
    elif _is_worse(network, rivals[best], side.weights, scores[best], behind, classes):
        name, how = _RIVALS[best]
        message = f"{name} is clearly better: {told}, {scores[best]:.3g} for {how}."
        first += _find_first(best, classes, loss)
    else:
        return
    message += f" {_WAY_OUT.format(first=first)}"
    warnings.warn(message, ConvergenceWarning, stacklevel=2)


def _is_worse(
    network: np.ndarray,
    rival: np.ndarray,
    weights: np.ndarray,
    score: float,
    behind: float,
    classes: bool,
) -> bool:
    """Return whether errors are larger than a rival's by more than chance, and much."""
    lost, error = _average(network - rival, weights)
    times = _average(network, weights)[0] / max(_average(rival, weights)[0], 1e-300)
    twice = not classes and times > _TIMES
    # Below 0, R² has no measure of its own.
    wide = _WIDE * max(1.0, 1.0 - score)
    return lost > _CLEAR * error and (behind > wide or (twice and behind > _NARROW))


def _find_first(rival: str, classes: bool, loss: str) -> str:
    """Return what to try first where a rival is better."""
    if rival == "last_value":
        return _BY_MEDIAN if loss == "squared_error" else ""
    return "" if classes else _BY_RIDGE


def _average(values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Return a mean by weights, and its standard error."""
    shares, n = weights / weights.sum(), len(values)
    mean = float(shares @ values)
    variance = n / (n - 1) * (shares**2 @ (values - mean) ** 2)
    return mean, float(np.sqrt(variance))


def _lay_flat(inputs: Inputs, n_steps: int) -> np.ndarray:
    """Return sequences as rows, aligned at their ends: ``(n_rows, n_inputs)``."""
    aligned = align_ends(inputs.x, inputs.lengths, n_steps)
    n_blocks = max(1, _MOST_INPUTS // aligned.shape[2])
    if n_steps > n_blocks:
        blocks = aligned.tensor_split(n_blocks, dim=1)
        aligned = torch.stack([block.mean(1) for block in blocks], dim=1)
    return aligned.flatten(1).numpy().astype(np.float64)
