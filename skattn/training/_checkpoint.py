"""Checkpoints: one file for each unfinished fit, from which it resumes after a kill."""

import contextlib
import hashlib
import os
import warnings
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from skorch import NeuralNet
from skorch.callbacks import Callback, LRScheduler
from torch import Tensor

from .._container import (
    read_container,
    refusing,
    remove_parts,
    try_folder,
    write_container,
)
from .._optional import import_optional
from ._callbacks import EarlyStopping
from ._packing import (
    check_shapes,
    pack_history,
    pack_moments,
    to_arrays,
    to_tensors,
    unpack_moments,
)

_FORMAT = 2
_BLOCK_BYTES = 1 << 24


class Checkpoint(Callback):
    """Write the state of training after each epoch, and take over from an earlier one.

    The order of samples and the dropout masks of an epoch depend on seed and epoch
    alone, so they need no state here.

    Parameters
    ----------
    folder : str or Path
        Made if it is not there. It is tried out at once, not after hours of training.
    name : str, default=""
        What no other fit is called, from `digest`.

    Attributes
    ----------
    resumed_from_epoch_ : int
        Epochs of this fit that were trained before it took over; 0 for a new one.

    Raises
    ------
    OSError
        If the folder cannot be written.
    ImportError
        If safetensors is missing.
    """

    def __init__(self, folder: str | os.PathLike[str], name: str = "") -> None:
        self.folder = folder
        self.name = name
        self.resumed_from_epoch_ = 0
        self.interrupted_ = self.warned_ = False
        import_optional("safetensors.numpy", "persistence", "checkpoint")
        try:
            try_folder(Path(folder))
        except OSError as error:
            told = f"checkpoint={str(folder)!r} is no folder that can be written to"
            raise OSError(error.errno, f"{told} ({error.strerror})") from error

    @property
    def path_(self) -> Path:
        """The file of this fit."""
        return Path(self.folder) / f"{self.name}.safetensors"

    def resume(self, net: NeuralNet) -> int:
        """Restore an earlier state into a net that is about to train.

        Parameters
        ----------
        net : NeuralNet
            After its ``on_train_begin``, with all callbacks ready.

        Returns
        -------
        int
            Epochs that are trained already.
        """
        try:
            state, arrays = read_container(self.path_)
        except FileNotFoundError:
            return 0
        except ValueError as error:
            warnings.warn(
                f"The checkpoint cannot be used, training starts anew: {error}",
                UserWarning,
                stacklevel=2,
            )
            return 0
        with refusing(self.path_):
            self._take_over(net, state, arrays)
        return self.resumed_from_epoch_

    def _take_over(
        self, net: NeuralNet, state: dict[str, Any], arrays: dict[str, np.ndarray]
    ) -> None:
        if state.get("format") != _FORMAT:
            raise ValueError(f"its format is {state.get('format')!r}, not {_FORMAT}")
        module = net.module_.state_dict()
        shapes = {name: tuple(part.shape) for name, part in module.items()}
        weights, best = _group(arrays, "weights"), _group(arrays, "best")
        check_shapes(shapes, weights)
        net.module_.load_state_dict(to_tensors(weights))
        unpack_moments(net.optimizer_, _group(arrays, "moments"))
        for group, saved in zip(
            net.optimizer_.param_groups, state["groups"], strict=True
        ):
            group.update(_with_tuples(saved))
        net.history.extend({**epoch, "batches": []} for epoch in state["history"])
        for callback, saved in zip(_with_state(net), state["callbacks"], strict=True):
            _unpack_callback(callback, saved, best)
        if net.aside is not None:
            net.aside.predicted = _group(arrays, "judged").get("predicted")
        self.resumed_from_epoch_ = len(net.history)

    def on_epoch_end(self, net: NeuralNet, **kwargs: object) -> None:
        """Write; a disk that fails costs the checkpoint, not the training."""
        if net.team is not None and not net.team.leads:
            return
        groups = net.optimizer_.state_dict()["param_groups"]
        state = {
            "format": _FORMAT,
            "groups": [_without(group, "params") for group in groups],
            "history": pack_history(net.history),
            "callbacks": [_pack_callback(part) for part in _with_state(net)],
        }
        parts = {
            "weights": to_arrays(net.module_.state_dict()),
            "moments": pack_moments(net.optimizer_),
            "best": _best_weights(net),
        }
        if net.aside is not None and net.aside.predicted is not None:
            parts["judged"] = {"predicted": net.aside.predicted}
        arrays = {f"{p}/{n}": a for p, group in parts.items() for n, a in group.items()}
        try:
            write_container(self.path_, state, arrays)
        except OSError as error:
            if not self.warned_:
                warnings.warn(
                    f"No checkpoint could be written ({error}); training continues.",
                    UserWarning,
                    stacklevel=2,
                )
            self.warned_ = True

    def finish(self) -> None:
        """Remove the file, unless Ctrl-C ended the fit, which can then be resumed."""
        if self.interrupted_:
            return
        with contextlib.suppress(OSError):
            self.path_.unlink(missing_ok=True)
        remove_parts(self.path_)


def _with_state(net: NeuralNet) -> list[Callback]:
    """List the callbacks whose state decides how training continues."""
    kinds = (EarlyStopping, LRScheduler)
    return [part for _, part in net.callbacks_ if isinstance(part, kinds)]


def _pack_callback(callback: Any) -> dict[str, Any]:
    if isinstance(callback, EarlyStopping):
        names = ("misses_", "best_loss_", "reference_")
        return {name: getattr(callback, name) for name in names}
    state = callback.lr_scheduler_.state_dict()
    plain = {
        name: value
        for name, value in state.items()
        if isinstance(value, bool | int | float | str | list | None)
    }
    return {"schedule": plain, "batch_idx_": callback.batch_idx_}


def _unpack_callback(
    callback: Any, saved: dict[str, Any], best: dict[str, np.ndarray]
) -> None:
    if isinstance(callback, EarlyStopping):
        for name, value in saved.items():
            setattr(callback, name, value)
        callback.best_weights_ = to_tensors(best)
    else:
        callback.batch_idx_ = saved["batch_idx_"]
        callback.lr_scheduler_.load_state_dict(saved["schedule"])


def _best_weights(net: NeuralNet) -> dict[str, np.ndarray]:
    for part in _with_state(net):
        if isinstance(part, EarlyStopping):
            return to_arrays(part.best_weights_)
    return {}


def _group(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Take the arrays whose names start with ``prefix/``."""
    start = f"{prefix}/"
    return {
        name.removeprefix(start): array
        for name, array in arrays.items()
        if name.startswith(start)
    }


def _without(group: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in group.items() if key != name}


def _with_tuples(group: dict[str, Any]) -> dict[str, Any]:
    """Undo what JSON does to Adam's pair of betas."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in group.items()
    }


def digest(*parts: Any) -> str:
    """Return 40 characters that differ if anything differs.

    Arrays count with type, shape and every value; they are read once, in blocks of 16
    MB, so that a memmap is never in memory as a whole.

    Parameters
    ----------
    *parts : object
        Arrays, tensors, numbers, text, None, and lists, tuples, dicts and dataclasses
        of these.

    Returns
    -------
    str
        Hexadecimal digits.
    """
    state = hashlib.sha256()
    for part in _leaves(parts):
        if isinstance(part, np.ndarray):
            state.update(f"{part.dtype}{part.shape}".encode())
            for block in _blocks(part):
                state.update(block)
        elif part is None or isinstance(part, bool | int | float | str):
            state.update(f"{part!r};".encode())
        else:
            raise TypeError(
                f"checkpoint cannot tell fits apart by {part!r}: allowed are numbers, "
                "text, arrays, and lists and dicts of these."
            )
    return state.hexdigest()[:40]


def _leaves(part: Any) -> Iterable[Any]:
    """Yield the leaves of nested values; each container its kind and size first."""
    if is_dataclass(part) and not isinstance(part, type):
        part = {field.name: getattr(part, field.name) for field in fields(part)}
    if isinstance(part, dict):
        part = list(part.items())
    if isinstance(part, Tensor):
        part = part.detach().cpu().numpy()
    if isinstance(part, np.generic):
        part = part.item()
    if isinstance(part, np.ndarray) and part.dtype == object:
        part = part.tolist()
    if isinstance(part, list | tuple):
        yield f"{len(part)} entries"
        for entry in part:
            yield from _leaves(entry)
    else:
        yield part


def _blocks(array: np.ndarray) -> Iterable[bytes]:
    rows = array.reshape(1) if array.ndim == 0 else array
    n_bytes = max(1, rows[:1].nbytes)
    step = max(1, _BLOCK_BYTES // n_bytes)
    for start in range(0, len(rows), step):
        yield rows[start : start + step].tobytes()
