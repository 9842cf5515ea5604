"""Seconds of the defaults on the sets of classes, beside version 0.1 with patches.

Run as ``python -m benchmarks.untuned.times`` on a quiet machine. Version 0.1 stands for
its own defaults, with what made it work on these sets: sixteen patches, both
directions, a rate of 0.003 and 100 epochs. Both fit once a round, in turn. The seconds
of the yardstick are those that a fit spends on the constant and the linear model.
"""

import argparse
import time
from pathlib import Path
from unittest import mock

import numpy as np

from benchmarks import results
from benchmarks.earlier import EARLIER
from benchmarks.untuned.ucr import CUT, find_sets, read_set
from skattn import LSTMAttentionClassifier
from skattn._base import BaseLSTMAttention

TUNED = {"bidirectional": True, "learning_rate": 0.003, "max_epochs": 100}
measure_yardstick = BaseLSTMAttention._measure_yardstick


def time_fit(model: LSTMAttentionClassifier, X, y) -> tuple[float, float]:
    """Return the seconds of a fit, and of its yardstick."""
    spent = [0.0]

    def timed(*arguments):
        start = time.perf_counter()
        measure_yardstick(*arguments)
        spent[0] += time.perf_counter() - start

    with mock.patch.object(BaseLSTMAttention, "_measure_yardstick", timed):
        start = time.perf_counter()
        model.fit(X, y)
        return time.perf_counter() - start, spent[0]


def measure(path: Path, rounds: int) -> list[dict]:
    """Time both on one set."""
    X, y, *_ = read_set(path)
    patches = {"patch_size": max(1, X.shape[1] // 16)}
    defaults = LSTMAttentionClassifier(random_state=0, store_attention=False)
    earlier = LSTMAttentionClassifier(
        **EARLIER | TUNED | patches, random_state=0, store_attention=False
    )
    rows = []
    for number in range(rounds):
        ours, yardstick = time_fit(defaults, X, y)
        theirs, _ = time_fit(earlier, X, y)
        rows.append(
            {
                "set": path.stem,
                "round": number,
                "seconds": ours,
                "yardstick": yardstick,
                "seconds_earlier": theirs,
            }
        )
        print(rows[-1], flush=True)
    return rows


def tabulate(rows: list[dict]) -> list[list[str]]:
    """Return a line for each set, and one for the median over sets."""
    table, ratios, shares = [], [], []
    for name in sorted({row["set"] for row in rows}):
        own = [row for row in rows if row["set"] == name]
        ours, theirs, yardstick = (
            np.median([row[key] for row in own])
            for key in ("seconds", "seconds_earlier", "yardstick")
        )
        ratios.append(np.median([r["seconds"] / r["seconds_earlier"] for r in own]))
        shares.append(np.median([r["yardstick"] / r["seconds"] for r in own]))
        cells = f"{ours:.1f}", f"{theirs:.1f}", f"{ratios[-1]:.2f}"
        table.append([name, *cells, f"{yardstick:.2f}", f"{100 * shares[-1]:.1f} %"])
    ratio, share = np.median(ratios), np.median(shares)
    return [*table, ["median", "", "", f"{ratio:.2f}", "", f"{100 * share:.1f} %"]]


def main() -> None:
    """Measure all sets, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sets", nargs="*", help="only these sets; nothing is written")
    options = parser.parse_args()
    paths = find_sets(options.sets)
    rows = [row for path in paths for row in measure(path, options.rounds)]
    columns = ["set", "defaults, s", "0.1 with patches, s", "ratio", "yardstick, s"]
    columns.append("of the fit")
    if options.sets:
        results.show(columns, tabulate(rows))
        return
    results.save(
        "untuned_times",
        rows,
        columns,
        tabulate(rows),
        packages=("skattn", "torch", "scikit-learn"),
        notes=[
            f"Rounds: {options.rounds}, of which these are medians. Version 0.1 with "
            "sixteen patches, both directions, a rate of 0.003 and 100 epochs.",
            CUT,
        ],
    )


if __name__ == "__main__":
    main()
