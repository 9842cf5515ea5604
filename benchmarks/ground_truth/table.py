"""Join skattn's and Keras' figures on the ground-truth tasks into one table."""

import json
import sys
from pathlib import Path

from benchmarks.results import save, spread

TASKS = {
    "addition": "addition",
    "find_max": "find the maximum",
    "marked_step": "marked step",
    "reversal": "reversal",
}
COLUMNS = [
    "task",
    "method",
    "RMSE",
    "hit",
    "attention on true steps",
    "contributions on true steps",
]


def main() -> None:
    """Read the files that are named, and write the result file."""
    rows = []
    for path in sys.argv[1:]:
        rows += json.loads(Path(path).read_text())["rows"]
    table = []
    for task, title in TASKS.items():
        of_task = [row for row in rows if row["task"] == task]
        for method in dict.fromkeys(row["method"] for row in of_task):
            runs = [row for row in of_task if row["method"] == method]
            table.append([title, method, *figures(runs)])
    save("ground_truth", rows, COLUMNS, table, ("skattn", "torch"))


def figures(runs):
    """Write each measure over the seeds; an empty cell where there is none."""
    for key, digits in (("rmse", 4), ("hit", 4), ("mass", 3), ("contribution_mass", 3)):
        values = [run[key] for run in runs if key in run]
        yield spread(values, digits) if values else ""


if __name__ == "__main__":
    main()
