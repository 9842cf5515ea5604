"""The linear path fitted in closed form, before the rest of the network is trained."""

from collections.abc import Iterable
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import pad

from ..nn import Inputs
from ..nn._channel_independent import Network
from ..nn._skip import LinearSkip
from ._data import SequenceDataset

# Stretches of the samples in the order of the data. Where one judges, its neighbours
# are left out: windows that overlap those judged would favour weak penalties.
_N_FOLDS = 10

# Penalties over the inputs' variance, strongest first: of equals it is taken.
_PENALTIES = torch.logspace(1, -6, 15, dtype=torch.float64)

_BATCH_SIZE = 256


def fit_linear_path(network: Network, dataset: SequenceDataset) -> None:
    """Set the linear path of a network to the ridge solution on a data set.

    The penalty is the best of 15 in cross-validation over ten stretches of the data,
    the neighbours of the one that judges left out, as samples near in time depend on
    each other; with less than four samples, the strongest. All of it comes from sums of
    products in float64, gathered batch by batch: memory grows with the square of the
    steps, time with their cube, and the samples are never copied.

    Parameters
    ----------
    network : AttentionNetwork or ChannelIndependent
        On the CPU; the weights of its ``skip`` are changed in place.
    dataset : SequenceDataset
        What to fit it to.

    References
    ----------
    A. E. Hoerl and R. W. Kennard (1970). Ridge regression: biased estimation for
    nonorthogonal problems. Technometrics 12.

    P. Burman, E. Chow and D. Nolan (1994). A cross-validatory method for dependent
    data. Biometrika 81.
    """
    skip = _find_skip(network)
    size = skip.n_timesteps
    n_folds = min(_N_FOLDS, len(dataset))
    edges = [i * len(dataset) // n_folds for i in range(n_folds + 1)]
    # Sums relative to one row lose no digits where all values are far from 0.
    origin = _pose(network, dataset, 0, 1)[0][0]
    folds = [
        _multiply(network, dataset, start, stop, origin)
        for start, stop in pairwise(edges)
    ]
    errors = torch.zeros_like(_PENALTIES)
    for i, fold in enumerate(folds if n_folds > 3 else []):
        far = torch.stack([f for k, f in enumerate(folds) if abs(k - i) > 1]).sum(0)
        if far[size, size] > 0:  # some weight
            candidates = _solve(far, origin, size, _PENALTIES)
            errors += torch.stack([_error(fold, found) for found in candidates])
    best = _PENALTIES[errors.argmin()]
    everything = torch.stack(folds).sum(0)
    (found,) = _solve(everything, origin, size, best[None])
    weight = found[:-1]
    bias = found[-1] + origin[size:] - origin[:size] @ weight
    skip.set_weights(weight.T, bias)


def _find_skip(network: Network) -> LinearSkip:
    skip = network.skip
    assert skip is not None
    return skip


def _pose(
    network: Network, dataset: SequenceDataset, start: int, stop: int
) -> tuple[Tensor, Tensor | None]:
    """Return rows of inputs and targets in float64, and their weights if there are."""
    (inputs, weight), target = dataset[slice(start, stop)]
    inputs = Inputs(inputs.x.double(), inputs.lengths)
    rows = torch.cat(network.pose_linear(inputs, target.double()), dim=1)
    if weight is None:
        return rows, None
    return rows, weight.double().repeat_interleave(len(rows) // len(target))


def _multiply(
    network: Network, dataset: SequenceDataset, start: int, stop: int, origin: Tensor
) -> Tensor:
    """Compute all products of ``[inputs, 1, targets]``, summed over some samples."""
    size = _find_skip(network).n_timesteps
    products = origin.new_zeros(len(origin) + 1, len(origin) + 1)
    for first in range(start, stop, _BATCH_SIZE):
        last = min(first + _BATCH_SIZE, stop)
        rows, weights = _pose(network, dataset, first, last)
        inputs, targets = (rows - origin).tensor_split([size], dim=1)
        joined = torch.cat([pad(inputs, (0, 1), value=1.0), targets], dim=1)
        weighted = joined if weights is None else joined * weights[:, None]
        products += joined.T @ weighted
    return products


def _solve(
    products: Tensor, origin: Tensor, size: int, penalties: Tensor
) -> Iterable[Tensor]:
    """Yield ``(size + 1, horizon)`` for each penalty: coefficients, then the bias.

    One decomposition serves all penalties.
    """
    total = products[size, size]
    mean = products[size] / total  # of inputs, the 1 and targets
    centred = products - total * mean[:, None] * mean
    values, vectors = torch.linalg.eigh(centred[:size, :size])
    # What float32 does not resolve is no variance.
    level = (mean[:size] + origin[:size]).square().mean()
    rounding = total * level * torch.finfo(torch.float32).eps ** 2
    scale = torch.maximum(values.mean(), rounding)
    if scale == 0.0:
        scale = total
    turned = vectors.T @ centred[:size, size + 1 :]
    for penalty in penalties:
        weight = vectors @ (turned / (values + penalty * scale)[:, None])
        bias = mean[size + 1 :] - mean[:size] @ weight
        yield torch.cat([weight, bias[None]])


def _error(products: Tensor, found: Tensor) -> Tensor:
    """Compute the sum of squared errors of a solution, from the products alone."""
    size = len(found)
    own, both = products[:size, :size], products[:size, size:]
    squares = products.diagonal()[size:].sum()
    return squares + (found * (own @ found - 2 * both)).sum()
