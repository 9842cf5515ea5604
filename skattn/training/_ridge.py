"""The linear path in closed form: which form it takes, and its weights."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from ..nn import Inputs
from ..nn._channel_independent import Network
from ..nn._input_layer import InputLayer
from ..nn._skip import LinearSkip, pose
from ._data import SequenceDataset
from ._parallel import open_workers

# Stretches of the samples in the order of the data. Where one judges, its neighbours
# are left out: windows that overlap those judged would favour weak penalties.
_N_FOLDS = 10

# Penalties over the inputs' variance, strongest first: of equals it is taken.
_PENALTIES = torch.logspace(1, -6, 15, dtype=torch.float64)
# An endless one leaves the level alone, or the mean.
_FROM_NOTHING = torch.cat(
    [torch.tensor([torch.inf, 1e2, 10**1.5]).double(), _PENALTIES]
)

_BATCH_SIZE = 256

# Forms are compared on so many samples and output columns, and a form with more inputs
# is left out, so that the comparison takes seconds at most.
_MOST_SAMPLES = 4096
_MOST_OUTPUTS = 64
_MOST_INPUTS = 768

# From a slice of samples to inputs, targets and weights.
Pose = Callable[[slice | Tensor], tuple[Tensor, Tensor, Tensor | None]]


class LinearForm(NamedTuple):
    """A form of the linear path.

    Parameters
    ----------
    anchor : bool or str
        Whether it reads and predicts changes against the last value.
    linear_skip : str
        What it reads.
    """

    anchor: bool | str
    linear_skip: str


class Sums(NamedTuple):
    """Sums of products over some samples, in float64.

    Parameters
    ----------
    inputs : Tensor of shape (n_inputs + 1, n_inputs + 1)
        Of the inputs, and a 1 after them, with each other.
    both : Tensor of shape (n_inputs + 1, n_outputs)
        Of these with the outputs.
    squares : Tensor of shape ()
        Of the outputs with themselves, summed.
    """

    inputs: Tensor
    both: Tensor
    squares: Tensor


def fit_linear_path(network: Network, dataset: SequenceDataset) -> None:
    """Set the linear path of a network to the ridge solution on a data set.

    The penalty is chosen in cross-validation over ten stretches of the data, the
    neighbours of the one that judges left out, as samples near in time depend on each
    other; with less than four samples, the strongest is. With "ar" and "arx" the
    penalty may be endless, and a path relative to a level has no bias: a mean change
    in the past is a poor guide to the next. All of it comes from sums of products in
    float64, gathered batch by batch: memory grows with the square of the inputs, time
    with their cube, and the samples are never copied.

    Parameters
    ----------
    network : AttentionNetwork or ChannelIndependent
        On the CPU; the weights of its ``skip`` are changed in place.
    dataset : SequenceDataset
        What to fit it to.

    Raises
    ------
    ValueError
        If targets continue no channels, and sequences have several lengths.

    References
    ----------
    A. E. Hoerl and R. W. Kennard (1970). Ridge regression: biased estimation for
    nonorthogonal problems. Technometrics 12.

    P. Burman, E. Chow and D. Nolan (1994). A cross-validatory method for dependent
    data. Biometrika 81.
    """
    skip = _find_skip(network)
    _check_lengths(skip, dataset)
    biased = not skip.relative
    penalties = _FROM_NOTHING if skip.from_nothing else _PENALTIES

    def take(index: slice | Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        inputs, weight, target = _read(dataset, index)
        rows, outputs = network.pose_linear(inputs, target)
        return rows, outputs, _repeat(weight, len(outputs))

    edges = _cut(len(dataset), _N_FOLDS)
    # Sums relative to one row lose no digits where all values are far from 0.
    origin = [part[0] * biased for part in take(slice(0, 1))[:2]]
    folds: list[Sums] = []
    with open_workers() as workers:
        stretches = [range(a, b) for a, b in pairwise(edges)]
        workers.run(lambda _, rows: _sum(take, rows, origin), stretches, folds.append)
    errors = torch.zeros_like(penalties)
    for i, fold in enumerate(folds if len(folds) > 3 else []):
        far = _add([f for k, f in enumerate(folds) if abs(k - i) > 1])
        errors += _judge(fold, far, origin[0], penalties, biased)
    best = penalties[errors.argmin()]
    (found,) = _solve(_add(folds), origin[0], best[None], biased)
    weight = found[:-1]
    bias = found[-1] + origin[1] - origin[0] @ weight
    skip.set_weights(weight.T, bias)


def compare_linear(
    dataset: SequenceDataset,
    channels: Sequence[int],
    forms: Sequence[LinearForm],
    scale_windows: bool | str = False,
    center: Tensor | None = None,
) -> dict[LinearForm, float]:
    """Compute how well each form of the linear path predicts what comes later.

    Each of the last five of ten stretches of the data is predicted from what lies
    before the stretch before it, with the best of the penalties.

    Parameters
    ----------
    dataset : SequenceDataset
        Of one length.
    channels : sequence of int
        The channels that the targets continue.
    forms : sequence of LinearForm
        What to compare; those with too many inputs are left out.
    scale_windows : {False, "mean", "standard"}, default=False
        In which units windows are read and predicted.
    center : Tensor of shape (n_channels,), default=None
        Where 0 of the channels lies in the dataset; None: at 0.

    Returns
    -------
    dict of float
        The error of each form: the square of the mean over stretches of the root of
        the mean square, in units of the scaled targets.
    """
    n_timesteps, n_channels = dataset[slice(0, 1)].features.inputs.x.shape[1:]
    errors = {}
    for form in forms:
        own, relative = form.linear_skip == "ar", bool(form.anchor)
        if not own and n_timesteps * n_channels > _MOST_INPUTS:
            continue
        layer = InputLayer(n_channels, 1, [*channels], relative, scale_windows, None)
        if center is not None and scale_windows:
            layer.set_center(center[None])
        step = max(1, len(dataset) // _MOST_SAMPLES)

        def take(
            index: slice | Tensor, layer: InputLayer = layer, own: bool = own
        ) -> tuple[Tensor, Tensor, Tensor | None]:
            inputs, weight, target = _read(dataset, index)
            every = min(max(1, target[0].numel() // _MOST_OUTPUTS), target.shape[1])
            target = target[:, (every - 1) // 2 :: every]
            rows, outputs = pose(layer, own, [*channels], n_timesteps, inputs, target)
            return rows, outputs, _repeat(weight, len(outputs))

        origin = [part[0] * (not relative) for part in take(slice(0, 1))[:2]]
        folds = [
            _sum(take, range(a, b, step), origin)
            for a, b in pairwise(_cut(len(dataset), _N_FOLDS))
        ]
        total, first = torch.zeros_like(_FROM_NOTHING), max(len(folds) // 2, 2)
        for i in range(first, len(folds)):
            past = _add(folds[: i - 1])
            total += _judge(folds[i], past, origin[0], _FROM_NOTHING, not relative)
        n_judged = sum(float(f.inputs[-1, -1]) for f in folds[first:])
        mean = float(total.min()) / max(n_judged, 1.0)
        errors[form] = mean**2 / folds[0].both.shape[1]
    return errors


def _find_skip(network: Network) -> LinearSkip:
    skip = network.skip
    assert skip is not None
    return skip


def _check_lengths(skip: LinearSkip, dataset: SequenceDataset) -> None:
    """Refuse flat rows of several lengths, where a column is no step of its own."""
    lengths = dataset.lengths
    if skip.own_history or skip.from_nothing or lengths is None:
        return
    if (lengths < dataset.n_timesteps).any():
        raise ValueError(
            "linear_skip='ridge' without target_channels reads the flat rows of X, "
            f"whose sequences must have one length; got {int(lengths.min())} to "
            f"{int(lengths.max())} steps. linear_skip=True takes these."
        )


def _cut(n_samples: int, n_folds: int) -> list[int]:
    n_folds = min(n_folds, n_samples)
    return [i * n_samples // n_folds for i in range(n_folds + 1)]


def _read(
    dataset: SequenceDataset, index: slice | Tensor
) -> tuple[Inputs, Tensor | None, Tensor]:
    """Return inputs, weights and targets in float64."""
    (inputs, weight), target = dataset[index]
    weight = None if weight is None else weight.double()
    future = None if inputs.future is None else inputs.future.double()
    inputs = Inputs(inputs.x.double(), inputs.lengths, future=future)
    return inputs, weight, target.double()


def _repeat(weight: Tensor | None, n_rows: int) -> Tensor | None:
    """Return the weight of each row, where each target of a sample has one."""
    if weight is None:
        return None
    return weight.repeat_interleave(n_rows // len(weight))


def _sum(take: Pose, rows: range, origin: list[Tensor]) -> Sums:
    """Compute all products of ``[inputs, 1]`` with themselves and with the targets."""
    size, n_outputs = len(origin[0]) + 1, len(origin[1])
    inputs = origin[0].new_zeros(size, size)
    both, squares = inputs.new_zeros(size, n_outputs), inputs.new_zeros(())
    for start in range(0, len(rows), _BATCH_SIZE):
        some = rows[start : start + _BATCH_SIZE]
        index: slice | Tensor = slice(some.start, some.stop)
        if some.step > 1:
            index = torch.tensor([*some])
        x, y, weights = take(index)
        x, y = pad(x - origin[0], (0, 1), value=1.0), y - origin[1]
        weighted = y if weights is None else y * weights[:, None]
        both += x.T @ weighted
        squares += (y * weighted).sum()
        inputs += x.T @ (x if weights is None else x * weights[:, None])
    return Sums(inputs, both, squares)


def _add(folds: list[Sums]) -> Sums:
    """Return the sums over several stretches."""
    return Sums(*(torch.stack(parts).sum(0) for parts in zip(*folds, strict=True)))


def _judge(
    fold: Sums, others: Sums, origin: Tensor, penalties: Tensor, biased: bool
) -> Tensor:
    """Compute the error on a stretch of what others say, for each penalty.

    The root of the mean square, times the weight of the stretch: squares alone would
    leave the choice to the one stretch where a sensor failed.
    """
    if not others.inputs[-1, -1] > 0:  # no weight at all
        return torch.zeros_like(penalties)
    found = _solve(others, origin, penalties, biased)
    squares = torch.stack([_error(fold, each) for each in found])
    return (squares * fold.inputs[-1, -1]).sqrt()


def _solve(
    sums: Sums, origin: Tensor, penalties: Tensor, biased: bool
) -> Iterable[Tensor]:
    """Yield ``(n_inputs + 1, n_outputs)`` for each penalty: coefficients, then bias.

    One decomposition serves all penalties.
    """
    total = sums.inputs[-1, -1]
    mean = sums.inputs[-1, :-1] / total * biased
    means = sums.both[-1] / total * biased
    # Products of deviations, from the mean or from 0.
    centred = sums.inputs[:-1, :-1] - total * mean[:, None] * mean
    crossed = sums.both[:-1] - total * mean[:, None] * means
    values, vectors = torch.linalg.eigh(centred)
    # What float32 does not resolve is no variance.
    level = (mean + origin).square().mean()
    rounding = total * level * torch.finfo(torch.float32).eps ** 2
    scale = torch.maximum(values.mean(), rounding)
    if scale == 0.0:
        scale = total
    turned = vectors.T @ crossed
    for penalty in penalties:
        weight = vectors @ (turned / (values + penalty * scale)[:, None])
        yield torch.cat([weight, (means - mean @ weight)[None]])


def _error(sums: Sums, found: Tensor) -> Tensor:
    """Compute the sum of squared errors of a solution, from the products alone."""
    error = sums.squares + (found * (sums.inputs @ found - 2 * sums.both)).sum()
    return error.clamp(min=0.0)  # which rounding may leave
