"""What all published tables share: data folder, methods, seeds, result files."""

import json
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from scipy import stats

from benchmarks.results import FOLDER, save, spread

SEEDS = range(5)


@dataclass
class Table:
    """One published table.

    Parameters
    ----------
    name : str
        Name of the result file.
    measures : dict
        From the key of each measure to its head in the table, and its digits.
    published : list of tuple
        Method, source, and figures in the order of the measures; None where there is
        no figure.
    notes : list of str
        Protocol, and what was tried.
    """

    name: str
    measures: dict[str, tuple[str, int]]
    published: list[tuple]
    notes: list[str]
    rows: list[dict] = field(default_factory=list)
    only: ClassVar[str] = ""

    def run(
        self, method: str, measure: Callable[[int], dict[str, float]], seeds: Iterable
    ) -> None:
        """Measure a method once a seed, and note the seconds.

        Methods whose name does not hold ``only`` keep what was measured before.
        """
        if self.only not in method:
            earlier = json.loads((FOLDER / f"{self.name}.json").read_text())["rows"]
            self.rows += [row for row in earlier if row["method"] == method]
            return
        for seed in seeds:
            began = time.perf_counter()
            figures = measure(seed)
            seconds = time.perf_counter() - began
            row = {"method": method, "seed": seed, **figures, "seconds": seconds}
            self.rows.append(row)
            print(self.name, row, flush=True)

    def compare(self, method: str, *others: str, keys: Iterable = ()) -> None:
        """Note by how much a method differs from others, seed by seed."""
        for other in others:
            parts = []
            for key in keys or self.measures:
                head, digits = self.measures[key]
                ours, theirs = (
                    np.array([row[key] for row in self.rows if row["method"] == name])
                    for name in (method, other)
                )
                parts.append(f"{head} {_interval(ours - theirs, digits)}")
            self.notes.append(f'"{method}" less "{other}": {", ".join(parts)}.')

    def ablate(
        self,
        ours: Callable,
        stated: dict,
        seeds: Iterable,
        keys: Iterable = (),
        row: str = "skattn, stated",
    ) -> None:
        """Measure the configuration of a row without attention, and compare.

        ``ours`` makes a measurement from the parameters of an estimator.
        """
        names = {kind: f"{row}, {kind}" for kind in ("last", "mean")}
        for kind, name in names.items():
            self.run(name, ours(**stated | {"attention": kind}), seeds)
        self.compare(row, *names.values(), keys=keys)

    def write(self, quick: bool = False) -> None:
        """Write the result file: published figures first, then ours."""
        heads = [head for head, _ in self.measures.values()]
        table = [
            [method, *(_show(figure) for figure in figures), "", source]
            for method, source, *figures in self.published
        ]
        for method in dict.fromkeys(row["method"] for row in self.rows):
            runs = [row for row in self.rows if row["method"] == method]
            cells = [
                spread([run[key] for run in runs], digits) if key in runs[0] else ""
                for key, (_, digits) in self.measures.items()
            ]
            seconds = sum(run["seconds"] for run in runs) / len(runs)
            seeds = f"here, {len(runs)} seeds" if len(runs) > 1 else "here"
            table.append([method, *cells, f"{seconds:.0f}", seeds])
        name = f"{self.name}_quick" if quick else self.name
        columns = ["method", *heads, "seconds", "source"]
        save(name, self.rows, columns, table, notes=self.notes)


def _interval(differences: np.ndarray, digits: int) -> str:
    """Give the mean of paired differences and its 95 % interval by Student's t."""
    mean = f"{differences.mean():+.{digits}f}"
    if len(differences) < 2:
        return mean
    low, high = stats.ttest_1samp(differences, 0.0).confidence_interval()
    return f"{mean} ({low:+.{digits}f} to {high:+.{digits}f})"


def _show(figure: Any) -> str:
    return "" if figure is None else f"{figure:g}"


def data_folder(part: str, origin: str) -> Path:
    """Give a folder of benchmark data, or say where the data come from."""
    folder = Path(os.environ.get("SKATTN_DATA", "../shared/data")) / part
    if not folder.is_dir():
        raise SystemExit(
            f"{folder} does not exist: set SKATTN_DATA to a folder that holds {part}. "
            f"The data come from {origin}."
        )
    return folder
