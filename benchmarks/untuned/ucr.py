"""Classes: univariate sets of the UCR archive, the defaults beside a random forest.

Run as ``python -m benchmarks.untuned.ucr``. ``SKATTN_DATA`` names the folder of the
benchmark data, whose subfolder ``UCR`` holds one file for each set, with the arrays
``X_train``, ``y_train``, ``X_test`` and ``y_test``. The sets are those of Dau et al.
(2019), some with fewer rows to train on, so that the figures are not those of the
archive.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from benchmarks import results
from skattn import LSTMAttentionClassifier

FOLDER = Path(os.environ.get("SKATTN_DATA", "../shared/data")) / "UCR"
FOREST, OURS = "random forest", "skattn, defaults"
CUT = (  # a note for all files on these sets
    "Some sets have fewer rows to train on than in the UCR archive, so that the "
    "figures are not those of the archive."
)


def find_sets(names: list[str] | None) -> list[Path]:
    """Return the files of some sets, by default of all."""
    paths = sorted(FOLDER.glob("*.npz"))
    if not paths:
        raise SystemExit(
            f"There are no sets in {FOLDER}. They come from the UCR archive (Dau et "
            "al. 2019); SKATTN_DATA names the folder that holds UCR/NAME.npz."
        )
    return [path for path in paths if not names or path.stem in names]


def read_set(path: Path) -> list[np.ndarray]:
    """Return training and test part: rows, labels, rows, labels."""
    data = np.load(path)
    return [data[name] for name in ("X_train", "y_train", "X_test", "y_test")]


def measure(path: Path, seeds: range) -> list[dict]:
    """Fit both on one set with each seed; return accuracies and seconds."""
    X, y, X_test, y_test = read_set(path)
    rows = []
    for seed in seeds:
        for method, model in {
            FOREST: RandomForestClassifier(300, random_state=seed),
            OURS: LSTMAttentionClassifier(random_state=seed),
        }.items():
            start = time.perf_counter()
            model.fit(X, y)
            rows.append(
                {
                    "set": path.stem,
                    "method": method,
                    "seed": seed,
                    "accuracy": model.score(X_test, y_test),
                    "training_accuracy": model.score(X, y),
                    "seconds": time.perf_counter() - start,
                }
            )
            print(rows[-1], flush=True)
    return rows


def tabulate(rows: list[dict]) -> list[list[str]]:
    """Return a line for each set, and one for the mean over sets."""
    names = sorted({row["set"] for row in rows})

    def take(name: str, method: str, key: str) -> list[float]:
        return [r[key] for r in rows if (r["set"], r["method"]) == (name, method)]

    table, means = [], []
    for name in names:
        both = [take(name, method, "accuracy") for method in (FOREST, OURS)]
        means.append([np.mean(values) for values in both])
        gap = means[-1][1] - means[-1][0]
        seconds = np.median(take(name, OURS, "seconds"))
        shown = [results.spread(values) for values in both]
        table.append([name, *shown, f"{gap:+.3f}", f"{seconds:.1f}"])
    forest, ours = np.mean(means, axis=0)
    gap = f"{ours - forest:+.3f}"
    return [*table, ["mean", f"{forest:.3f}", f"{ours:.3f}", gap, ""]]


def main() -> None:
    """Measure all sets, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sets", nargs="*", help="only these sets; nothing is written")
    options = parser.parse_args()
    paths = find_sets(options.sets)
    rows = [row for path in paths for row in measure(path, range(options.seeds))]
    columns = ["set", FOREST, OURS, "gap", "seconds to fit and score"]
    if options.sets:
        results.show(columns, tabulate(rows))
        return
    results.save(
        "untuned_ucr",
        rows,
        columns,
        tabulate(rows),
        packages=("skattn", "torch", "scikit-learn"),
        notes=[
            "Accuracy on the test part, mean and standard deviation over seeds. One "
            "``fit(X, y)`` with the defaults, nothing else.",
            CUT,
        ],
    )


if __name__ == "__main__":
    main()
