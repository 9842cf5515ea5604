"""Imports in fresh processes."""

import subprocess
import sys

from .clock import now


def measure(table, workers, quick):
    """Compare importing skattn with importing what it stands on."""
    table.compare(
        "import",
        {
            "skattn": runs("import skattn"),
            "torch, scikit-learn and skorch": runs("import torch, sklearn, skorch"),
        },
        {"torch, scikit-learn and skorch": 1.1},
        rounds=max(table.rounds, 3 if quick else 5),
    )


def runs(code):
    """Give a callable that runs a line in a fresh process."""

    def run():
        began = now(children=True)
        subprocess.run([sys.executable, "-c", code], check=True)
        return now(children=True) - began

    return run
