"""Result files: what every benchmark writes, and the documentation reads."""

import datetime
import json
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "results"


def save(name, rows, columns, table, packages=("skattn", "torch"), notes=()):
    """Write one result file.

    Parameters
    ----------
    name : str
        The file's name, without its ending.
    rows : list of dict
        All that was measured, one row a run.
    columns : list of str
        Heads of the table to show.
    table : list of list of str
        The table to show, made from the rows.
    packages : sequence of str
        What to note the versions of.
    notes : sequence of str
        Sentences to show below the table.
    """
    content = {
        "date": datetime.date.today().isoformat(),
        "processor": describe_processor(),
        "versions": describe_versions(packages),
        "columns": columns,
        "table": table,
        "notes": [*notes],
        "rows": rows,
    }
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps(content, indent=1) + "\n")
    show(columns, table)
    print(f"written to {path.relative_to(Path.cwd())}")


def describe_processor():
    """Name the processor, and how many cores of it there are."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [
            line.split(":")[1].strip()
            for line in info.read_text().splitlines()
            if line.startswith("model name")
        ]
        if models:
            return f"{models[0]}, {len(models)} cores"
    return name


def describe_versions(packages: Iterable[str]) -> str:
    """Give the versions of packages in one line, those that are there."""
    found = []
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def show(columns, table):
    """Print a table."""
    cells = [columns, *table]
    widths = [max(len(str(row[i])) for row in cells) for i in range(len(columns))]
    for row in cells:
        print("  ".join(str(c).ljust(w) for c, w in zip(row, widths, strict=True)))


def spread(values, digits=3):
    """Write a mean and a standard deviation over seeds."""
    values = [*values]
    mean = np.mean(values)
    if len(values) == 1:
        return f"{mean:.{digits}f}"
    return f"{mean:.{digits}f} ± {np.std(values, ddof=1):.{digits}f}"
