"""What a fit takes from outside: a device, threads, and random streams."""

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from multiprocessing import current_process, parent_process
from numbers import Integral

import numpy as np
import torch
from sklearn.utils import check_random_state

HOME = os.getpid()  # which has the threads of OpenMP


def guard_fork() -> None:
    """Use one thread in a forked child.

    OpenMP would wait for ever for the threads that the parent had. torch's own data
    loaders do the same in their workers.
    """
    if os.getpid() != HOME and torch.get_num_threads() > 1:
        torch.set_num_threads(1)


class _Local(threading.local):
    limit: int | None = None
    seeds: np.random.Generator | None = None


_local = _Local()


@contextmanager
def use_one_thread() -> Iterator[int]:
    """Let this thread use one thread of OpenMP, and as many as before afterwards.

    Yields
    ------
    int
        How many threads may share the work instead, this one included.
    """
    if _local.limit is not None:
        yield _local.limit
        return
    guard_fork()
    own = torch.get_num_threads()
    _local.limit = min(own, count_cores())
    try:
        if own > 1:
            set_own_threads(1)
        yield _local.limit
    finally:
        _local.limit = None
        if own > 1:
            set_own_threads(own)


def count_cores() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# Held while a thread changes its number. A child forked meanwhile needs one of its own.
_lock = threading.Lock()


def _renew_lock() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def set_own_threads(number: int) -> None:
    """Set the number of threads of OpenMP that the calling thread uses.

    ``torch.set_num_threads`` sets two: that of the calling thread, and that which
    threads begin with that have not used torch yet. The second is put back by such a
    thread, so that no other thread of the caller's program is changed.
    """
    torch.get_num_threads()  # a thread's first question sets its number once more
    found: list[int] = []
    with _lock:
        # When the program ends there are no new threads, and none to set a number for.
        with suppress(RuntimeError):
            _call_in_new_thread(lambda: found.append(torch.get_num_threads()))
        try:
            torch.set_num_threads(number)
        finally:
            with suppress(RuntimeError):
                _call_in_new_thread(lambda: torch.set_num_threads(found[0]))


def _call_in_new_thread(function: Callable[[], None]) -> None:
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


class Stream(IntEnum):
    """What a stream of random numbers is for."""

    WEIGHTS = 0
    SPLIT = 1
    ORDER = 2
    DROPOUT = 3


def draw_seed(random_state: int | np.random.RandomState | None) -> int:
    """Return the seed of one fit.

    None takes fresh entropy from the operating system rather than NumPy's global
    state, which stays as the caller left it.
    """
    if random_state is None:
        if _local.seeds is not None:
            return int(_local.seeds.integers(2**32))
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


@contextmanager
def seeding(entropy: int) -> Iterator[None]:
    """Let `draw_seed` take what it draws by itself from a stream, in this thread.

    Parameters
    ----------
    entropy : int
        The same in all processes that must draw the same seeds.
    """
    before, _local.seeds = _local.seeds, np.random.default_rng(entropy)
    try:
        yield
    finally:
        _local.seeds = before


def derive(seed: int, stream: Stream, epoch: int = 0, *within: int) -> int:
    """Return the seed of one stream in one epoch, or in one batch and chunk of it.

    A stream starts anew each epoch, so that training can continue from any epoch with
    the same numbers as if it had never stopped.
    """
    state = np.random.SeedSequence([seed, stream, epoch, *within]).generate_state(1)
    return int(state[0])


def make_generator(seed: int, stream: Stream) -> torch.Generator:
    """Return torch's generator for one stream, on the CPU."""
    return torch.Generator().manual_seed(derive(seed, stream))


@contextmanager
def use_cpu_by_default() -> Iterator[None]:
    """Make tensors on the CPU where no device is named, whatever torch's default is."""
    if torch.get_default_device().type == "cpu":  # the other way slows each operation
        yield
        return
    with torch.device("cpu"):
        yield


def choose_device(device: str | torch.device) -> str:
    """Return the device that ``device`` asks for.

    "auto" takes CUDA if there is one; of several, the processes of a pool take theirs
    in turn, such as those that joblib starts for ``n_jobs``.

    Raises
    ------
    ValueError
        If this machine, or this build of torch, has no such device.
    """
    if device == "auto":
        return _next_cuda() if torch.cuda.is_available() else "cpu"
    try:
        if torch.empty(0, device=device).is_meta:
            raise RuntimeError("it holds no numbers")
    except Exception as error:  # torch's backends have errors of many kinds
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"device={str(device)!r} cannot be used here ({reason}); allowed are "
            "'auto', 'cpu' and the devices that torch finds, such as 'cuda'."
        ) from error
    return str(device)


def _next_cuda() -> str:
    """Return "cuda", or in one of several processes its share of several devices."""
    n_devices = torch.cuda.device_count()
    if n_devices == 1 or parent_process() is None:
        return "cuda"
    # Pools number their processes: "LokyProcess-3", "SpawnPoolWorker-3".
    number = re.search(r"\d+$", current_process().name)
    worker = os.getpid() if number is None else int(number[0])
    return f"cuda:{worker % n_devices}"
