"""Imports in fresh processes, by the clock on the wall."""

import subprocess
import sys
import time


def measure(table, workers, quick):
    """Compare importing skattn with importing what it stands on."""
    table.compare(
        "import",
        {
            "skattn": runs("import skattn"),
            "torch, scikit-learn and skorch": runs("import torch, sklearn, skorch"),
        },
        {"torch, scikit-learn and skorch": 1.1},
        rounds=max(table.rounds, 3 if quick else 9),
    )


def runs(code):
    """Give a callable that runs a line in a fresh process."""

    def run():
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - began

    return run
