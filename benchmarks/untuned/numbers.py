"""Numbers: the last value of a series from its first seven eighths.

Run as ``python -m benchmarks.untuned.numbers``. The series are those of the sets in
``UCR``, on which learning rate and convolutions for numbers were chosen.
"""

import argparse
import time

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import results
from benchmarks.untuned.ucr import CUT, find_sets, read_set
from skattn import LSTMAttentionRegressor

RIDGE, FOREST, OURS = "ridge", "random forest", "skattn, defaults"
SKIP = 'linear_skip="ridge"'
FEWEST = 60  # series


def make_model(method: str, seed: int) -> object:
    """Return the model of a method."""
    if method == RIDGE:
        return make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 4, 15)))
    if method == FOREST:
        return RandomForestRegressor(300, random_state=seed)
    path = {"linear_skip": "ridge"} if method == SKIP else {}
    return LSTMAttentionRegressor(**path, random_state=seed, store_attention=False)


def main() -> None:
    """Measure all sets, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    rows, table = [], []
    for path in find_sets(None):
        X, _, X_test, _ = (part.reshape(len(part), -1) for part in read_set(path))
        if len(X) < FEWEST:
            continue
        ahead = X.shape[1] // 8
        scores: dict[str, list[float]] = {}
        for method in (RIDGE, FOREST, OURS, SKIP):
            seeds = range(1 if method == RIDGE else options.seeds)
            for seed in seeds:
                start = time.perf_counter()
                model = make_model(method, seed).fit(X[:1500, :-ahead], X[:1500, -1])
                score = model.score(X_test[:, :-ahead], X_test[:, -1])
                seconds = time.perf_counter() - start
                row = {"set": path.stem, "method": method, "seed": seed}
                rows.append(row | {"r2": float(score), "seconds": seconds})
                scores.setdefault(method, []).append(float(score))
        print(path.stem, scores, flush=True)
        shown = [results.spread(values, 2) for values in scores.values()]
        table.append([path.stem, *shown])
    results.save(
        "untuned_numbers",
        rows,
        ["set", RIDGE, FOREST, OURS, SKIP],
        table,
        packages=("skattn", "torch", "scikit-learn"),
        notes=[
            f"R2 on the test part, mean over {options.seeds} seed(s). In the last "
            "column the network starts from ridge regression.",
            CUT,
        ],
    )


if __name__ == "__main__":
    main()
