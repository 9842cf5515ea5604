"""The linear path fitted in closed form, before the rest of the network is trained."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from ._data import Batch, Batches, SequenceDataset

# Stretches of the samples in the order of the data. Where one judges, its neighbours
# are left out: windows that overlap those judged would favour weak penalties.
_N_FOLDS = 10

# Penalties over the inputs' mean square, strongest first: of equals it is taken.
_PENALTIES = torch.logspace(1, -6, 15, dtype=torch.float64)

_BATCH_SIZE = 256


def fit_linear_path(network: Any, dataset: SequenceDataset) -> None:
    """Set a network's linear path to the ridge solution on a data set.

    The penalty is the best of 15 in cross-validation over ten stretches of the data,
    the neighbours of the one that judges left out, as samples near in time depend on
    each other; with too few samples for that, the strongest. All of it comes from sums
    of products in float64, gathered batch by batch, so that no array as large as the
    data is made.

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
    batches = Batches(dataset, min(_BATCH_SIZE, -(-len(dataset) // _N_FOLDS)))
    n_folds = min(_N_FOLDS, len(batches))
    folds: dict[int, Any] = {}
    for i, products in enumerate(_multiply(network, batches)):
        stretch = i * n_folds // len(batches)
        folds[stretch] = folds.get(stretch, 0.0) + products
    everything = torch.stack([*folds.values()]).sum(0)
    size = network.skip.n_timesteps
    errors = torch.zeros_like(_PENALTIES)
    for i, fold in folds.items() if n_folds > 3 else []:
        near = sum(folds[k] for k in (i - 1, i, i + 1) if k in folds)
        candidates = _solve(everything - near, size, _PENALTIES)
        errors += torch.stack([_error(fold, found) for found in candidates])
    (found,) = _solve(everything, size, _PENALTIES[errors.argmin()][None])
    network.skip.set_weights(found[:-1].T, found[-1])


def _multiply(network: Any, batches: Iterable[Batch]) -> Iterable[Tensor]:
    """Give each batch's products of ``[inputs, 1, targets]``, summed over its rows."""
    for inputs, target in batches:
        rows, ahead = network.pose_linear(
            inputs["x"].double(), inputs.get("lengths"), target.double()
        )
        joined = torch.cat([pad(rows, (0, 1), value=1.0), ahead], dim=1)
        weighted = joined
        if "weight" in inputs:
            n_rows = len(rows) // len(target)
            weight = inputs["weight"].double().repeat_interleave(n_rows)
            weighted = joined * weight[:, None]
        yield joined.T @ weighted


def _solve(products: Tensor, size: int, penalties: Tensor) -> Iterable[Tensor]:
    """Give ``(size + 1, horizon)`` for each penalty: coefficients, below them the bias.

    One decomposition serves all penalties.
    """
    total = products[size, size]
    mean = products[size] / total  # of inputs, the 1 and targets
    centred = products - total * mean[:, None] * mean
    values, vectors = torch.linalg.eigh(centred[:size, :size])
    scale = values.mean().clamp(min=torch.finfo(values.dtype).tiny)
    turned = vectors.T @ centred[:size, size + 1 :]
    for penalty in penalties:
        shrunk = values.clamp(min=0.0) + penalty * scale
        weight = vectors @ (turned / shrunk[:, None])
        bias = mean[size + 1 :] - mean[:size] @ weight
        yield torch.cat([weight, bias[None]])


def _error(products: Tensor, found: Tensor) -> Tensor:
    """Give the sum of squared errors of a solution, from the products alone."""
    size = len(found)
    own, both = products[:size, :size], products[:size, size:]
    squares = products.diagonal()[size:].sum()
    return squares + (found * (own @ found - 2 * both)).sum()
