"""One fit on several processes: each takes some chunks of every batch."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TypeVar

import numpy as np
import torch
import torch.distributed as dist

from ._environment import seeding
from ._parallel import working_in

Item = TypeVar("Item")


class Team:
    """The processes that train one network, each with all samples.

    Every method must be called by all of them.
    """

    def __init__(self) -> None:
        self.rank = dist.get_rank()
        self.size = dist.get_world_size()

    @property
    def leads(self) -> bool:
        """Whether this process alone writes and prints."""
        return self.rank == 0

    def pick(self, items: Sequence[Item]) -> list[Item]:
        """Return what this process works on."""
        return [*items[self.rank :: self.size]]

    def agree(self, value: float) -> float:
        """Return the first process's value."""
        shared = torch.tensor(value, dtype=torch.float64)
        _ask(lambda: dist.broadcast(shared, 0))
        return float(shared)

    def collect(self, value: Item) -> list[Item]:
        """Return the values of all processes, in their order."""
        found = [value] * self.size
        _ask(lambda: dist.all_gather_object(found, value))
        return found

    def gather(self, mine: list[Item]) -> Iterator[Item]:
        """Yield what came of the items of `pick` in all processes, in their order."""
        found = self.collect(mine)
        for turn in range(len(found[0])):
            for theirs in found:
                if turn < len(theirs):
                    yield theirs[turn]

    def check_same(self, fingerprint: str, what: str) -> None:
        """Check that all processes have the same.

        Raises
        ------
        ValueError
            In every process, naming one that differs from the first.
        """
        found = self.collect(fingerprint)
        for rank, other in enumerate(found):
            if other != found[0]:
                raise ValueError(
                    f"Process {rank} has another {what} than process 0. Under "
                    "data_parallel all processes must call fit with the same data and "
                    "parameters; each then works on its part of every batch."
                )


def _ask(collective: Callable[[], object]) -> None:
    """Wait for the other processes.

    Raises
    ------
    RuntimeError
        If one of them has ended.
    """
    try:
        collective()
    except RuntimeError as error:
        raise RuntimeError(
            "Another process of data_parallel has ended or cannot be reached, so that "
            "this fit cannot go on. Its own output says why."
        ) from error


def _open_group() -> None:
    """Open a group whose threads end when it is destroyed.

    `torch.distributed.nn.functional` takes the group that is open when it is first
    imported as the default of its arguments, and optimizers import it at their first
    use. It would keep the group's threads beyond `destroy_process_group`, and a thread
    that still holds a tensor when the interpreter ends aborts the process.
    """
    import_module("torch.distributed.nn.functional")
    dist.init_process_group("gloo")


@contextmanager
def data_parallel() -> Iterator[None]:
    """Train on several processes: each fit inside takes its part of every batch.

    Start the same script on all of them, for example by ``torchrun --nproc-per-node 4
    train.py``. Every process calls ``fit`` with the same X, y and parameters, takes
    some chunks of each batch, and the gradients are added up in their order over
    `torch.distributed`. All end with the same weights, those that one process would
    have, to the bit on processors of one kind. Without ``torchrun`` there is one
    process, and nothing changes.

    Yields
    ------
    None
        Fits inside of it are shared.

    Raises
    ------
    ValueError
        If the processes have different data, or ``device`` is no processor.
    RuntimeError
        If another process ends before the fit does.

    See Also
    --------
    LSTMAttentionRegressor.partial_fit : Training on data that come in parts.

    Notes
    -----
    Batches are cut as in one process, so that as many processes have work as a batch
    has chunks: ``batch_size`` should be 256 or more, and a warning says where processes
    have none. X may be a memory map of one file, which is read batch by batch.

    Progress is printed and checkpoints are written by the first process alone; the
    others read checkpoints, so that ``checkpoint`` must be a folder that all see.
    Callbacks of the user run in all of them.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn import LSTMAttentionRegressor, data_parallel
    >>> X, y = np.random.default_rng(0).normal(size=(40, 5, 1)), np.arange(40.0)
    >>> with data_parallel():
    ...     model = LSTMAttentionRegressor(max_epochs=2, random_state=0).fit(X, y)
    >>> model.predict(X).shape
    (40,)
    """
    started = dist.is_available() and dist.is_initialized()
    if not started and int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    if not started:
        _open_group()
    try:
        team = Team()
        [entropy, *_] = team.collect(int(np.random.SeedSequence().generate_state(1)[0]))
        with working_in(team), seeding(entropy):
            yield
    finally:
        if not started:
            dist.destroy_process_group()
