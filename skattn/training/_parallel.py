"""Work on the chunks of a batch in several threads, with the same bits as in one.

OpenMP shares out each small product of matrices, and waits for all threads after it:
hardly quicker for an LSTM of some dozens of units, and slower by far where another
process has one of the cores. Here each thread takes whole chunks, each computed with
one thread of OpenMP, and what they return is taken in the order of the chunks. So the
number of threads changes no result.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from statistics import median
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from ._environment import set_own_threads, use_one_thread

if TYPE_CHECKING:
    from ._processes import Team

Item = TypeVar("Item")
Result = Any  # of work on an item

# Steps that are timed with each of two numbers of threads before one is chosen, the
# share of time that more threads must save, and steps until the choice is made anew:
# other processes come and go.
_TRIALS = 4
_GAIN = 0.1
_STEPS_OF_A_CHOICE = 500

# Seconds after which threads that have not begun are not waited for.
_PATIENCE = 10.0


class Pace:
    """Choose the number of threads by the clock, from 1, 2, 4 and so on.

    Parameters
    ----------
    limit : int
        The largest number.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        numbers = [1]
        while numbers[-1] < limit:
            numbers.append(min(2 * numbers[-1], limit))
        self._numbers = numbers
        self._start()

    def _start(self, place: int = 0) -> None:
        """Compare the number at a place of the list with the next one."""
        self._rivals = self._numbers[place : place + 2]
        # The first one of each pays for threads that start and memory that is new.
        self._seconds: dict[int, deque[float]] = {
            n: deque(maxlen=_TRIALS) for n in self._rivals
        }
        self._warm: set[int] = set()
        self._steps_left = _STEPS_OF_A_CHOICE

    def choose(self) -> int:
        """Return the number for the next step."""
        if len(self._rivals) == 1:
            return self._rivals[0]
        # The larger number first: most fits are better off with it.
        return min(reversed(self._rivals), key=lambda n: len(self._seconds[n]))

    def note(self, number: int, seconds: float) -> None:
        """Note the time of one sample in a step."""
        if len(self._rivals) == 1:
            self._steps_left -= 1
            if self._steps_left == 0 and len(self._numbers) > 1:
                self._start()
            return
        if number in self._warm:
            self._seconds[number].append(seconds)
        elif number in self._seconds:  # small batches have work for fewer threads
            self._warm.add(number)
        timed = [self._seconds[n] for n in self._rivals]
        if min(len(times) for times in timed) == _TRIALS:
            few, many = map(median, timed)
            if many < (1 - _GAIN) * few:
                self._start(self._numbers.index(self._rivals[1]))
            else:
                self._rivals = [self._rivals[0]]


class Workers:
    """Threads that share the chunks of batches with the thread that asks.

    Parameters
    ----------
    limit : int, default=1
        The most threads, the caller's included. The others start when they are first
        needed, and end with `close`.
    """

    def __init__(self, limit: int = 1) -> None:
        self.team: Team | None = None  # the processes that train together
        self._pace = Pace(limit)
        self._n_ready = 1  # the caller itself
        self._pool: ThreadPoolExecutor | None = None
        if limit > 1:
            self._pool = ThreadPoolExecutor(
                limit - 1, "skattn", initializer=set_own_threads, initargs=(1,)
            )

    def run(
        self,
        work: Callable[[int, Item], Result],
        items: Sequence[Item],
        take: Callable[[Result], None],
        size: int | None = None,
    ) -> None:
        """Call a function on each item, and another on the results, in order.

        Parameters
        ----------
        work : callable
            Takes the position of an item and the item; runs in any thread.
        items : sequence
            What to work on.
        take : callable
            Takes one result; runs in any thread, but never in two at once, and in the
            order of the items.
        size : int, default=None
            Samples in a training step: its time helps to choose the number of threads.
            None uses all.

        Raises
        ------
        BaseException
            The first in the order of the items that ``work`` or ``take`` raised.
        """
        began = time.perf_counter()
        # Threads of the pool know nothing of a caller's autocast.
        alone = len(items) == 1 or torch.is_autocast_enabled("cpu")
        wanted = self._pace.limit if size is None else self._pace.choose()
        number = 1 if alone else min(wanted, len(items))
        round_ = _Round(work, items, take)
        futures: list[Future[None]] = []
        try:
            if self._pool is not None:
                self._prepare(self._pool, number)
                futures += _ask(self._pool, round_.drain, number - 1)
            round_.drain()
        finally:
            round_.stop()
            for future in futures:
                future.cancel()
            wait(futures)
        round_.check()
        if size is not None and not alone:
            self._pace.note(number, (time.perf_counter() - began) / size)

    def _prepare(self, pool: ThreadPoolExecutor, number: int) -> None:
        """Wait until so many threads have begun.

        For the moment in which one sets its own number, other new threads of the
        program see it: no callback may run then.
        """
        if number <= self._n_ready:
            return
        meeting = threading.Barrier(number)

        def meet() -> None:
            with suppress(threading.BrokenBarrierError):
                meeting.wait(_PATIENCE)

        if len([*_ask(pool, meet, number - 1)]) < number - 1:
            meeting.abort()
        meet()
        self._n_ready = number

    def __reduce__(self) -> tuple[Any, ...]:
        """Let nets be copied while they train; a copy works alone."""
        return Workers, ()

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None


def _ask(
    pool: ThreadPoolExecutor, drain: Callable[[], None], number: int
) -> Iterator[Future[None]]:
    """Let other threads help, unless the main thread of the program has ended."""
    with suppress(RuntimeError):
        for _ in range(number):
            yield pool.submit(drain)


class _Round:
    """The items of one call, and what has come of them."""

    def __init__(
        self,
        work: Callable[[int, Item], Result],
        items: Sequence[Item],
        take: Callable[[Result], None],
    ) -> None:
        self._work, self._take = work, take
        self._waiting = deque(enumerate(items))
        self._done: dict[int, Result] = {}
        self._n_taken = 0
        self._errors: dict[int, BaseException] = {}
        self._lock = threading.Lock()

    def drain(self) -> None:
        """Work until nothing is left; errors are kept for `check`."""
        while True:
            try:
                i, item = self._waiting.popleft()
            except IndexError:
                return
            try:
                result = self._work(i, item)
                with self._lock:
                    self._done[i] = result
                    # What came out of turn waits, so that few results are kept.
                    while self._n_taken in self._done:
                        self._take(self._done.pop(self._n_taken))
                        self._n_taken += 1
            except BaseException as error:
                self._errors[i] = error
                self.stop()

    def stop(self) -> None:
        """Leave what nobody has begun."""
        self._waiting.clear()

    def check(self) -> None:
        """Raise the first error in the order of the items."""
        if self._errors:
            first = self._errors[min(self._errors)]
            self._errors.clear()  # or it would hold itself in memory
            raise first


class _Local(threading.local):
    workers: Workers | None = None
    team: "Team | None" = None


_local = _Local()


@contextmanager
def open_workers() -> Iterator[Workers]:
    """Have as many threads as torch would use here, each with one of OpenMP.

    Inside of another such context these are the workers of that one.

    Yields
    ------
    Workers
        They end with the outermost context.
    """
    if _local.workers is not None:
        yield _local.workers
        return
    with use_one_thread() as limit:
        workers = _local.workers = Workers(limit)
        workers.team = _local.team
        try:
            yield workers
        finally:
            _local.workers = None
            workers.close()


@contextmanager
def working_in(team: "Team") -> Iterator[None]:
    """Let the workers that this thread opens belong to a team of processes."""
    before, _local.team = _local.team, team
    try:
        yield
    finally:
        _local.team = before


def refuse_team(device: str) -> None:
    """Refuse to train on a device on which processes would not share the work.

    Raises
    ------
    ValueError
        Inside of `data_parallel`.
    """
    if _local.team is not None:
        raise ValueError(
            f"device={device!r} is an accelerator; under data_parallel processes share "
            "the chunks that batches are cut into on the CPU: allowed is device='cpu'."
        )
