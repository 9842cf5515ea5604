"""What a constant and a linear model reach on the same samples, and a word about it."""

import warnings

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, r2_score

from ..nn._channel_independent import Network
from ..nn._time_axis import align_ends
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

_WAY_OUT = (
    "Try, in this order: more data; max_epochs; patch_size or conv_layers; a learning "
    "rate of a third. Or the sequences do not tell the target. The page 'When a fit "
    "fails' of the guide has more."
)
_BY_RIDGE = "Try linear_skip='ridge' first, which starts from it. "

Scores = dict[str, dict[str, float]]


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


def measure_yardstick(
    train: SequenceDataset,
    predicted: np.ndarray,
    train_rows: torch.Tensor,
    held: SequenceDataset | None,
    held_predicted: np.ndarray | None,
    held_rows: torch.Tensor | None,
    *,
    classifies: bool,
) -> Scores:
    """Score a network beside a constant and a linear model, and warn if it is worse.

    The linear model is ridge regression, for classes as a classifier, on sequences laid
    flat, with the penalty that leaving single samples out favours. It reads at most
    1,000 samples, and long sequences as means over blocks of steps.

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

    Returns
    -------
    dict of dict of float
        R² or accuracy by "train" and, if samples were set aside, "held_out", and by
        "constant", "linear" and "network".

    Warns
    -----
    ConvergenceWarning
        If the network is no better than the constant, or clearly worse than the linear
        model, on samples set aside.
    """
    sides = {"train": (train, train_rows, predicted)}
    if held is not None and held_rows is not None and held_predicted is not None:
        sides["held_out"] = (held, held_rows, held_predicted)
    n_steps = train.n_timesteps  # whatever is longest in the other part
    X = {
        side: _lay_flat(data, rows, n_steps) for side, (data, rows, _) in sides.items()
    }
    y = {side: data[rows].target.numpy() for side, (data, rows, _) in sides.items()}
    answers = {side: network for side, (_, _, network) in sides.items()}
    if classifies:
        y = {side: each[:, 0].argmax(-1) for side, each in y.items()}
        answers = {side: each[:, 0].argmax(-1) for side, each in answers.items()}
    else:
        y = {side: each.reshape(len(each), -1) for side, each in y.items()}
        answers = {side: a.reshape(len(a), -1) for side, a in answers.items()}
    center, spread = X["train"].mean(0), X["train"].std(0)
    X = {side: (x - center) / np.where(spread > 0, spread, 1) for side, x in X.items()}
    # Here, since it takes a tenth of the time in which skattn is imported.
    from sklearn.linear_model import RidgeClassifierCV, RidgeCV

    kind = RidgeClassifierCV if classifies else RidgeCV
    usual = np.bincount(y["train"]).argmax() if classifies else y["train"].mean(0)
    linear = None
    if len(np.unique(y["train"])) > 1:
        linear = kind(alphas=_PENALTIES).fit(X["train"], y["train"])
    scores: Scores = {}
    score = accuracy_score if classifies else r2_score
    for side in sides:
        constant = np.broadcast_to(usual, y[side].shape)
        by_line = constant
        if linear is not None:
            by_line = linear.predict(X[side]).reshape(y[side].shape)
        found = {"constant": constant, "linear": by_line, "network": answers[side]}
        if len(y[side]) > 1:
            scores[side] = {name: score(y[side], a) for name, a in found.items()}
        if side == "held_out" and len(y[side]) >= _ENOUGH:
            _warn_if_worse(y[side], found, scores[side])
    return scores


def _warn_if_worse(
    truth: np.ndarray, found: dict[str, np.ndarray], scores: dict[str, float]
) -> None:
    """Warn if the network's errors on samples set aside are no smaller."""
    classes = truth.ndim == 1

    def errors(answer: np.ndarray) -> np.ndarray:
        if classes:
            return (answer != truth).astype(float)
        return np.mean((answer - truth) ** 2, axis=1)

    constant, linear, network = (
        errors(found[name]) for name in ("constant", "linear", "network")
    )
    gain, loss = constant - network, network - linear
    if not scores["network"] < 1.0:
        return
    unit = "accuracy" if classes else "R²"
    told = f"{unit} is {scores['network']:.3g} on {len(truth)} samples set aside"
    # The share of hits by chance varies as that of the constant; numbers in pairs.
    varies = constant if classes else gain
    twice = not classes and network.mean() > _TIMES * linear.mean()
    behind = scores["linear"] - scores["network"]
    way_out = _WAY_OUT
    if gain.mean() <= _CHANCE[classes] * _error_of_mean(varies):
        message = "Nothing was learned that holds on other samples"
        if not classes and scores["network"] > 0:  # of a weak signal, this may be all
            message = "What was learned may be chance"
        message += f": {told}, {scores['constant']:.3g} for a constant."
    elif loss.mean() > _CLEAR * _error_of_mean(loss) and (
        behind > _WIDE or (twice and behind > _NARROW)
    ):
        message = f"A linear model is clearly better: {told}, "
        message += f"{scores['linear']:.3g} for ridge on sequences laid flat."
        way_out = _WAY_OUT if classes else _BY_RIDGE + _WAY_OUT
    else:
        return
    warnings.warn(f"{message} {way_out}", ConvergenceWarning, stacklevel=2)


def _error_of_mean(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def _lay_flat(data: SequenceDataset, rows: torch.Tensor, n_steps: int) -> np.ndarray:
    """Return sequences as rows, aligned at their ends: ``(n_rows, n_inputs)``."""
    inputs = data[rows].features.inputs
    aligned = align_ends(inputs.x, inputs.lengths, n_steps)
    n_blocks = max(1, _MOST_INPUTS // aligned.shape[2])
    if n_steps > n_blocks:
        blocks = aligned.tensor_split(n_blocks, dim=1)
        aligned = torch.stack([block.mean(1) for block in blocks], dim=1)
    return aligned.flatten(1).numpy().astype(np.float64)
