"""Sequences of very different sizes: in units of their own, or of their channel.

Run as ``python -m benchmarks.untuned.sizes``. Each sequence of some sets in ``UCR`` is
multiplied by ``exp(spread * normal)``, so that its size tells nothing of its class, or
a level is added. For numbers, the last class is to be predicted as 1 and others as 0.
"""

from collections.abc import Callable

import numpy as np
from sklearn.base import BaseEstimator

from benchmarks import results
from benchmarks.untuned.ucr import CUT, find_sets, read_set
from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn._measures import measure_typical_size, measure_usual_roughness
from skattn._rules import SMOOTH
from skattn.sequences._samples import Samples
from skattn.training import TrainingSamples

# Kind, spread of sizes, spread of levels; those of one size are not asked for.
CASES = [
    ("classes", 1.0, 0.0),
    ("classes", 2.0, 0.0),
    ("classes", 3.0, 0.0),
    ("classes", 0.0, 5.0),
    ("classes", 0.0, 20.0),
    ("numbers", 1.0, 0.0),
    ("numbers", 2.0, 0.0),
    ("numbers", 0.0, 2.0),
    ("numbers", 0.0, 5.0),
    ("numbers", 0.0, 20.0),
]
SETS = {
    "classes": "GunPoint ItalyPowerDemand ECG200 Plane SyntheticControl TwoLeadECG UMD",
    "numbers": "GunPoint ItalyPowerDemand ECG200 TwoLeadECG SonyAIBORobotSurface1 "
    "PowerCons",
}
MODELS: dict[str, Callable[..., BaseEstimator]] = {
    "classes": LSTMAttentionClassifier,
    "numbers": LSTMAttentionRegressor,
}
MOST_TESTED = 600


def measure(kind: str, sizes: float, levels: float) -> list[dict]:
    """Fit in both units on all sets; return what a typical sequence is, and scores."""
    rows = []
    for path in find_sets(SETS[kind].split()):
        X, y, X_test, y_test = read_set(path)
        rng = np.random.default_rng(0)
        X, X_test = (
            part[:, :, None] * np.exp(sizes * rng.normal(size=(len(part), 1, 1)))
            + levels * rng.normal(size=(len(part), 1, 1))
            for part in (X, X_test[:MOST_TESTED])
        )
        y_test = y_test[:MOST_TESTED]
        if kind == "numbers":
            last = np.unique(y)[-1]
            y, y_test = (y == last).astype(float), (y_test == last).astype(float)
        samples = TrainingSamples(Samples(X), y, None, np.arange(len(X)))
        row = {"kind": kind, "sizes": sizes, "levels": levels, "set": path.stem}
        row["typical"] = measure_typical(kind, samples)
        for units in (False, "standard"):
            model = MODELS[kind](
                scale_windows=units, random_state=0, store_attention=False
            )
            row[str(units)] = model.fit(X, y).score(X_test, y_test)
        print(row, flush=True)
        rows.append(row)
    return rows


def measure_typical(kind: str, samples: TrainingSamples) -> float:
    """Return what the rule reads."""
    smooth = measure_usual_roughness(samples) < SMOOTH
    return measure_typical_size(samples, kind == "numbers" and not smooth) or 1.0


def tabulate(rows: list[dict]) -> list[list[str]]:
    """Return a line for each case."""
    table = []
    for kind, sizes, levels in CASES:
        case = (kind, sizes, levels)
        own = [r for r in rows if (r["kind"], r["sizes"], r["levels"]) == case]
        typical, off, on = (
            np.array([r[key] for r in own]) for key in ("typical", "False", "standard")
        )
        line = [kind, f"{sizes:g}", f"{levels:g}", f"{typical.mean():.2f}"]
        line += [f"{off.mean():.3f}", f"{on.mean():.3f}", f"{(on > off).sum()}"]
        table.append([*line, f"{len(own)}"])
    return table


def main() -> None:
    """Measure all cases, and write the table."""
    rows = [row for case in CASES for row in measure(*case)]
    results.save(
        "untuned_sizes",
        rows,
        [
            "predicted",
            "spread of log sizes",
            "spread of levels",
            "a typical sequence",
            "units of the channel",
            "own units",
            "own units better",
            "of sets",
        ],
        tabulate(rows),
        packages=("skattn", "torch", "scikit-learn"),
        notes=[
            "Mean accuracy, for numbers R2, on test parts of at most 600 sequences; "
            "one seed. *A typical sequence* is its deviation over that of its channel, "
            "which the rule reads: below 0.25 it takes own units.",
            CUT,
        ],
    )


if __name__ == "__main__":
    main()
