"""Run all comparisons of speed side by side, and write the table.

Run in the peers' environment as ``make bench``. The quick form takes a minute or two,
shows figures that mean little, and writes no result file. Otherwise the file is written
after each part; with ``--parts`` the rows of the other parts stay as they were.
"""

import argparse
import json
import os
from pathlib import Path

import torch

from benchmarks.results import FOLDER, save
from benchmarks.results import show as show_table

from . import (
    arithmetic,
    fitting,
    growth,
    importing,
    lengths,
    memory,
    predicting,
    searching,
    threads,
    tokens,
)
from .clock import VARIABLE, set_threads
from .pairs import Rows, first_line, show
from .worker import ROOT, Worker

PARTS = {
    "fit": fitting.measure,
    "threads": threads.measure,
    "busy": threads.measure_busy,
    "defaults": fitting.measure_defaults,
    "predict": predicting.measure,
    "search": searching.measure,
    "jobs": searching.measure_jobs,
    "arithmetic": arithmetic.measure,
    "lengths": lengths.measure,
    "tokens": tokens.measure,
    "growth": growth.measure,
    "memory": memory.measure,
    "import": importing.measure,
    "keras": fitting.measure_keras,
    "keras-predict": predicting.measure_keras,
    "others": fitting.measure_others,
    "scikeras": searching.measure_scikeras,
}
COLUMNS = ["work", "peer", "skattn / peer", "target", "met"]
PACKAGES = (
    "skattn",
    "torch",
    "scikit-learn",
    "skorch",
    "tensorflow-cpu",
    "keras",
    "scikeras",
    "darts",
    "neuralforecast",
)
NOTES = [
    "A figure is the median of the ratios of seconds over the rounds, in brackets "
    "the smallest and the largest; smaller is better unless the target is a least "
    "value. Every contender runs once a round, in turn, and once before the first. "
    "Fits are of 1,000 samples of 50 steps and 8 channels, an LSTM of 50 units, "
    "additive attention with the last state as query, and 5 epochs of Adam; skattn "
    "scales the inputs besides. Rows without a target are for "
    "information.",
    "The memory of tokenised documents is that of the documents and of the fit at its "
    "peak, over that of the documents.",
]


def main() -> None:
    """Run the parts that are asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=[*PARTS])
    parser.add_argument("--threads", type=int, help="for all; default: all cores")
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--aeon", default=ROOT / ".venv-aeon/bin/python", type=Path)
    options = parser.parse_args()
    quick = options.quick
    os.environ[VARIABLE] = options.clock
    notes = [*NOTES]
    if options.threads is not None:
        set_threads(options.threads)
        torch.set_num_threads(options.threads)
    notes.append(describe_clock(options.clock, torch.get_num_threads()))
    workers = {
        "keras": Worker("keras_peers"),
        "forecasting": Worker("forecasting_peers"),
        "aeon": Worker("aeon_peers", options.aeon),
    }
    table = Rows(1 if quick else options.rounds)
    for name in options.parts:
        began = len(table.found)
        try:
            PARTS[name](table, workers, quick)
        except Exception as error:  # the other parts still count
            table.add({"work": name, "peer": "all", "error": first_line(error)})
        for row in table.found[began:]:
            row["part"] = name
        if not quick:
            rows = join(table.found)
            save("speed", rows, COLUMNS, [*map(show, rows)], PACKAGES, notes)
    for worker in workers.values():
        worker.close()
    if quick:
        show_table(COLUMNS, [show(row) for row in table.found])


def join(rows):
    """Put new rows into their places among those of the result file."""
    path = FOLDER / "speed.json"
    earlier = json.loads(path.read_text())["rows"] if path.exists() else []
    renewed = {row["part"] for row in rows}
    every = [row for row in earlier if row["part"] not in renewed] + rows
    every = [row for row in every if not row.get("missing")]
    measured = {row["part"] for row in every}
    every += [
        {"work": part, "peer": "all", "part": part, "missing": True}
        | {"error": "not measured yet"}
        for part in PARTS
        if part not in measured
    ]
    return sorted(every, key=lambda row: [*PARTS].index(row["part"]))


def describe_clock(clock, threads):
    """Say how seconds were counted."""
    by = "the clock on the wall" if clock == "wall" else "the processor's time"
    number = "1 thread" if threads == 1 else f"{threads} threads"
    if clock == "wall":
        return f"Seconds are those of {by}, on {number}."
    return (
        f"Seconds are {by} of each contender, on {number}, since the machine was used "
        "by others too; those of n_jobs=2 are of the clock on the wall."
    )


if __name__ == "__main__":
    main()
