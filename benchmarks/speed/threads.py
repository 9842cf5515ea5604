"""Fits with several threads, alone and beside a process that has one of the cores."""

import subprocess
import sys
import time
from contextlib import contextmanager

import torch

from skattn.training._environment import count_cores

from . import torch_peers
from .fitting import BATCHES, drop, make_plain
from .shapes import N_SAMPLES, make_data

NUMBERS = (1, 2, 4, 8)

# What a fit may take of the hand-written loop where a core is busy.
BUSY = {32: 0.35, 128: 0.35, 256: 0.40}


def measure(table, workers, quick):
    """Compare fits with several numbers of threads with one thread."""
    compare(table, quick, "fit")


def measure_busy(table, workers, quick):
    """Do the same, and compare with a loop, while a process has one of the cores."""
    with busy_core():
        compare(table, quick, "fit, a core busy")
        X, y = make_data(300 if quick else N_SAMPLES)
        for batch_size, target in BUSY.items():
            table.compare(
                f"fit, batch {batch_size}, a core busy",
                {
                    "skattn": lambda b=batch_size: drop(make_plain(b).fit(X, y)),
                    "hand-written loop": lambda b=batch_size: drop(
                        torch_peers.run_loop(X, y, b)
                    ),
                },
                {"hand-written loop": target},
                rounds=min(table.rounds, 5),
            )


def compare(table, quick, work):
    """Fit with each number of threads in turn; the seconds on the wall count."""
    X, y = make_data(300 if quick else N_SAMPLES)
    for batch_size in BATCHES:
        fits = {number: fit(number, batch_size, X, y) for number in NUMBERS}
        for number in NUMBERS[1:]:
            table.compare(
                f"{work}, batch {batch_size}, {name(number)}",
                {name(number): fits[number], name(1): fits[1]},
                {},
                ours=name(number),
                rounds=min(table.rounds, 5),
            )


def name(number):
    """Write a number of threads, and whether there are fewer cores."""
    if number == 1:
        return "1 thread"
    return f"{number} threads" + " (oversubscribed)" * (number > count_cores())


def fit(number, batch_size, X, y):
    """Give a callable that fits with so many threads, and returns seconds."""

    def run():
        before = torch.get_num_threads()
        torch.set_num_threads(number)
        try:
            began = time.perf_counter()
            make_plain(batch_size).fit(X, y)
            return time.perf_counter() - began
        finally:
            torch.set_num_threads(before)

    return run


@contextmanager
def busy_core():
    """Let another process take a core all the time."""
    spinning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        spinning.kill()
        spinning.wait()
