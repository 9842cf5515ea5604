"""What many threads and processes should gain: simulated from measured parts of a step.

A step of k chunks takes ``rest + ceil(k / n) * chunk`` with n threads, and besides what
the processes take to exchange k gradients. The parts are measured with one thread, and
the exchange with 2 and 3 processes of this machine; nothing is measured with more cores
than there are. Run as ``python -m benchmarks.speed.scaling``.
"""

import json
import subprocess
import sys
import time
from math import ceil
from statistics import median

import torch

from benchmarks.results import save
from skattn.training import _net

from .fitting import make_plain
from .shapes import make_data

BATCHES = (128, 256, 1024, 4096)
NUMBERS = (1, 2, 4, 8, 16, 32, 64)
ROUNDS = 5


def main():
    """Measure the parts of a step, simulate, and write the table."""
    torch.set_num_threads(1)
    exchange = {number: measure_exchange(number) for number in (2, 3)}
    rows, table = [], []
    for batch_size in BATCHES:
        parts = measure_step(batch_size)
        for kind in ("threads", "processes"):
            gains = [gain(parts, number, kind, exchange) for number in NUMBERS]
            rows.append(
                {"batch_size": batch_size, "kind": kind, "gains": gains, **parts}
            )
            head = [f"{batch_size}, {kind}", str(parts["chunks"])]
            table.append([*head, *(f"{g:.1f}" for g in gains)])
    gradient = exchange[2]["megabytes"]
    notes = [
        "How many times as fast a step should be with so many threads, or processes on "
        "one machine: simulated from the time of a chunk and of the rest of a step, "
        "measured with one thread, so that waiting for Python's lock is not counted "
        "(two threads were measured: see the speed page). A gradient of "
        f"{gradient:.2f} MB is exchanged in {1e3 * exchange[2]['seconds']:.1f} ms by 2 "
        "processes and "
        f"{1e3 * exchange[3]['seconds']:.1f} ms by 3, measured on two cores; more are "
        "taken to add as much again for each further gradient."
    ]
    columns = ["batch", "chunks", *map(str, NUMBERS)]
    save("scaling", rows, columns, table, notes=notes)


def measure_step(batch_size):
    """Return the seconds of a chunk and of the rest of a step, and the chunks."""
    X, y = make_data(2 * batch_size)
    inner, outer, counts = [], [], []
    train_on = _net.AttentionNet._train_on
    train_step = _net.AttentionNet.train_step

    def time_chunk(self, *args):
        began = time.perf_counter()
        result = train_on(self, *args)
        inner.append(time.perf_counter() - began)
        return result

    def time_step(self, *args, **options):
        before, began = len(inner), time.perf_counter()
        result = train_step(self, *args, **options)
        outer.append(time.perf_counter() - began)
        counts.append(len(inner) - before)
        return result

    _net.AttentionNet._train_on = time_chunk
    _net.AttentionNet.train_step = time_step
    try:
        for _ in range(ROUNDS):
            make_plain(batch_size, max_epochs=2).fit(X, y)
    finally:
        _net.AttentionNet._train_on = train_on
        _net.AttentionNet.train_step = train_step
    chunks, chunk = max(counts), median(inner)
    return {
        "chunks": chunks,
        "chunk": chunk,
        "rest": max(median(outer) - chunks * chunk, 0.0),
    }


def gain(parts, number, kind, exchange):
    """Return how many times as fast a step is with so many threads or processes."""
    alone = parts["rest"] + parts["chunks"] * parts["chunk"]
    turns = ceil(parts["chunks"] / number)
    together = parts["rest"] + turns * parts["chunk"]
    if kind == "processes" and number > 1:
        two, three = exchange[2]["seconds"], exchange[3]["seconds"]
        more = max(three - two, 0.0)
        together += two + more * max(parts["chunks"] - 2, 0)
    return alone / together


def measure_exchange(number):
    """Return the seconds in which processes exchange a gradient each."""
    code = (
        "import json, os, time, torch, torch.distributed as dist\n"
        "from statistics import median\n"
        "import torch.distributed.nn.functional  # later, it would keep the group\n"
        "dist.init_process_group('gloo')\n"
        "torch.set_num_threads(1)\n"
        "from benchmarks.speed.fitting import make_plain\n"
        "from benchmarks.speed.shapes import make_data\n"
        "X, y = make_data(64)\n"
        "module = make_plain(32, max_epochs=1).fit(X, y).net_.module_\n"
        "mine = [p.detach().clone() for p in module.parameters()]\n"
        "found, seconds = [None] * dist.get_world_size(), []\n"
        "for _ in range(200):\n"
        "    dist.barrier()\n"
        "    began = time.perf_counter()\n"
        "    dist.all_gather_object(found, mine)\n"
        "    seconds.append(time.perf_counter() - began)\n"
        "size = sum(p.numel() for p in mine) * 4 / 1e6\n"
        "if dist.get_rank() == 0:\n"
        "    print(json.dumps({'seconds': median(seconds), 'megabytes': size}))\n"
        "dist.destroy_process_group()\n"
    )
    launcher = ["-m", "torch.distributed.run", "--standalone", "--no-python"]
    done = subprocess.run(
        [sys.executable, *launcher, f"--nproc-per-node={number}"]
        + [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
