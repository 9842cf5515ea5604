"""A trained net as plain arrays and settings, and the way back."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..nn._build import Architecture, assemble
from ._environment import choose_device
from ._net import OPTIMIZERS, AttentionNet

_SETTINGS = (
    "seed",
    "first_epoch",
    "gradient_clip",
    "conicity_penalty",
    "cancellation_penalty",
    "lr",
    "max_epochs",
    "batch_size",
)

_BITS = torch.float32  # the type of all weights, whatever torch's default is


def pack_net(net: AttentionNet) -> dict[str, Any]:
    """Return a trained net as weights, optimiser, history and settings.

    Callbacks and the loss are left out, since nothing after training reads them.

    Parameters
    ----------
    net : AttentionNet
        After training.

    Returns
    -------
    dict
        Of NumPy arrays, numbers, text, lists and dicts of these.
    """
    return {
        "settings": {name: getattr(net, name) for name in _SETTINGS},
        "optimizer": type(net.optimizer_).__name__.lower(),
        "device": str(net.device),
        "weights": to_arrays(net.module_.state_dict()),
        "moments": pack_moments(net.optimizer_),
        "history": pack_history(net.history),
    }


def unpack_net(state: dict[str, Any], architecture: Architecture) -> AttentionNet:
    """Return a net from what `pack_net` gave, on another device if its own is not here.

    Parameters
    ----------
    state : dict
        From `pack_net`.
    architecture : Architecture
        What the network was built from.

    Returns
    -------
    AttentionNet
        It predicts, and training can continue from it; its criterion and callbacks are
        empty.

    Raises
    ------
    ValueError
        If weights do not have the shapes that the architecture says.
    """
    net = AttentionNet(
        _unpack_module(architecture, state["weights"]),
        **state["settings"],
        criterion=nn.Identity,  # takes no target, so it cannot be used by mistake
        optimizer=OPTIMIZERS[state["optimizer"]],
        train_split=None,
        device=_device_here(state["device"]),
        verbose=0,
    ).initialize()
    unpack_moments(net.optimizer_, state["moments"])
    net.history.extend({**epoch, "batches": []} for epoch in state["history"])
    net.module_.eval()
    return net


def _unpack_module(
    architecture: Architecture, weights: dict[str, np.ndarray]
) -> nn.Module:
    """Return the network; it takes memory only once all shapes are known to fit."""
    if architecture.num_layers > len(weights):
        raise ValueError(
            f"num_layers={architecture.num_layers}, but there are only "
            f"{len(weights)} arrays of weights."
        )
    module = assemble(architecture)
    expected = {name: tuple(part.shape) for name, part in module.state_dict().items()}
    check_shapes(expected, weights)
    module.to_empty(device="cpu").to(_BITS)
    module.load_state_dict(to_tensors(weights))
    return module


def check_shapes(
    expected: dict[str, tuple[int, ...]], given: dict[str, np.ndarray]
) -> None:
    """Check that weights are those of the network.

    Raises
    ------
    ValueError
        Naming the first one that is missing, unknown or of another shape or type.
    """
    for name in [*expected, *given]:
        wanted = expected.get(name)
        array = given.get(name)
        if wanted is None or array is None:
            which = "an unknown" if wanted is None else "no"
            raise ValueError(f"There is {which} array of weights {name!r}.")
        if array.shape != wanted or array.dtype != np.float32:
            raise ValueError(
                f"The weights {name!r} have shape {array.shape} and type "
                f"{array.dtype}, but the settings ask for {wanted} and float32."
            )


def pack_moments(optimizer: torch.optim.Optimizer) -> dict[str, np.ndarray]:
    """Return the optimiser's state by ``"number of the parameter.name"``."""
    state = optimizer.state_dict()["state"]
    return to_arrays(
        {
            f"{number}.{name}": part
            for number, parts in state.items()
            for name, part in parts.items()
            if part is not None
        }
    )


def unpack_moments(
    optimizer: torch.optim.Optimizer, moments: dict[str, np.ndarray]
) -> None:
    """Restore the state of an optimiser that `pack_moments` read; its rates stay.

    Raises
    ------
    ValueError
        If the state does not fit the optimiser's parameters.
    """
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, array in moments.items():
        number, _, name = key.partition(".")
        shape = tuple(parameters[int(number)].shape)
        if array.shape not in ((), shape):
            raise ValueError(
                f"The optimiser's {name} has shape {array.shape}, but its parameter "
                f"has {shape}."
            )
        state.setdefault(int(number), {})[name] = torch.tensor(array)
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def pack_history(history: Any) -> list[dict[str, Any]]:
    """Return of each epoch what is a number or text."""
    return [
        {
            name: entry.item() if isinstance(entry, np.generic) else entry
            for name, entry in epoch.items()
            if isinstance(entry, bool | int | float | str | np.generic)
        }
        for epoch in history
    ]


def to_arrays(tensors: dict[str, Tensor]) -> dict[str, np.ndarray]:
    """Return copies of tensors as arrays, wherever they are."""
    return {name: part.detach().cpu().numpy().copy() for name, part in tensors.items()}


def to_tensors(arrays: dict[str, np.ndarray]) -> dict[str, Tensor]:
    """Return copies of arrays as tensors, on the CPU."""
    return {name: torch.tensor(array) for name, array in arrays.items()}


def _device_here(device: str) -> str:
    try:
        return choose_device(device)
    except ValueError:
        return choose_device("auto")
