"""Sets that aeon and sktime ship: the defaults beside a forest and ridge regression.

Run as ``python -m benchmarks.untuned.shipped``. The sets are read out of the packages'
wheels, which pip downloads. They come from the archives of classification (Bagnall et
al. 2018, Dau et al. 2019) and of regression (Tan et al. 2021): sequences of one channel
or several, of one length or many, in units of their own or not.
"""

import argparse
import time

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import RidgeClassifierCV, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import results, wheels
from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor

CLASSES = {
    "ACSF1": "aeon",
    "ArrowHead": "aeon",
    "BasicMotions": "aeon",
    "Covid3Month_disc": "aeon",
    "OSULeaf": "aeon",
    "PickupGestureWiimoteZ": "aeon",
    "PLAID": "sktime",
}
NUMBERS = {"CardanoSentiment": "aeon", "Covid3Month": "aeon", "Tecator": "sktime"}
FOREST, RIDGE, OURS = "random forest", "ridge", "skattn, defaults"
PENALTIES = np.logspace(-3, 5, 12)


def flatten(X: list[np.ndarray], longest: int) -> np.ndarray:
    """Return sequences as rows, filled up with 0 and cut at the longest."""
    rows = np.zeros((len(X), longest, X[0].shape[1]))
    for row, x in zip(rows, X, strict=True):
        row[: len(x)] = x[:longest]
    return rows.reshape(len(X), -1)


def measure(name: str, seeds: range) -> list[dict]:
    """Fit all on one set with each seed; return accuracies, or R2, and seconds."""
    package = (CLASSES | NUMBERS)[name]
    (X, y), (X_test, y_test) = (
        wheels.read(package, name, part) for part in ("TRAIN", "TEST")
    )
    longest = max(map(len, X))
    flat, flat_test = flatten(X, longest), flatten(X_test, longest)
    forest, ridge, ours = (
        RandomForestClassifier,
        RidgeClassifierCV,
        (LSTMAttentionClassifier),
    )
    if name in NUMBERS:
        forest, ridge, ours = RandomForestRegressor, RidgeCV, LSTMAttentionRegressor
        y, y_test = y.astype(float), y_test.astype(float)
    rows = []
    for seed in seeds:
        for method, model, data in (
            (FOREST, forest(300, random_state=seed), (flat, flat_test)),
            (
                RIDGE,
                make_pipeline(StandardScaler(), ridge(PENALTIES)),
                (flat, flat_test),
            ),
            (OURS, ours(random_state=seed), (X, X_test)),
        ):
            start = time.perf_counter()
            score = model.fit(data[0], y).score(data[1], y_test)
            seconds = time.perf_counter() - start
            row = {"set": name, "method": method, "seed": seed, "score": score}
            rows.append(row | {"seconds": seconds, "samples": len(X)})
            print(rows[-1], flush=True)
    return rows


def tabulate(rows: list[dict]) -> list[list[str]]:
    """Return a line for each set, and one for the mean accuracy."""
    table, means = [], []
    for name in dict.fromkeys(row["set"] for row in rows):
        own = [row for row in rows if row["set"] == name]
        scores = [
            [r["score"] for r in own if r["method"] == method]
            for method in (FOREST, RIDGE, OURS)
        ]
        if name in CLASSES:
            means.append([np.mean(values) for values in scores])
        score = "accuracy" if name in CLASSES else "R2"
        seconds = np.median([r["seconds"] for r in own if r["method"] == OURS])
        shown = [results.spread(values) for values in scores]
        table.append([name, score, f"{own[0]['samples']}", *shown, f"{seconds:.0f}"])
    mean = [f"{value:.3f}" for value in np.mean(means, axis=0)]
    return [*table, ["mean", "accuracy", "", *mean, ""]]


def main() -> None:
    """Measure all sets, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    names = [*CLASSES, *NUMBERS]
    rows = [row for name in names for row in measure(name, range(options.seeds))]
    results.save(
        "untuned_shipped",
        rows,
        ["set", "score", "training samples", FOREST, RIDGE, OURS, "seconds"],
        tabulate(rows),
        packages=("skattn", "torch", "scikit-learn"),
        notes=[
            "On the test part, mean and standard deviation over seeds. Forest and "
            "ridge read flat rows, filled up with zeros where sequences are shorter."
        ],
    )


if __name__ == "__main__":
    main()
