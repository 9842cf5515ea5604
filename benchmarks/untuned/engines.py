"""Numbers: remaining life of engines, the defaults beside gradient boosting.

Run as ``python -m benchmarks.untuned.engines``. ``SKATTN_DATA`` names the folder of the
benchmark data. FD001 has one regime of operation, FD002 six: there the three settings
tell the regime, and sensors are scaled within it.
"""

import argparse
import time

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline

from benchmarks import results
from benchmarks.published.cmapss import CAP, LONGEST, SENSORS, cut, describe
from benchmarks.published.table import data_folder
from skattn import LSTMAttentionRegressor
from skattn.sequences import OverTime, RegimeScaler

OURS, BOOSTING = "skattn, defaults", "gradient boosting on mean, slope and end"


def read(name: str, settings: bool) -> list[np.ndarray]:
    """Read the cycle's number, the settings if asked for, and the sensors."""
    folder = data_folder("CMAPSS", "NASA's prognostics data repository")
    table = np.loadtxt(folder / name)
    columns = [1, *([2, 3, 4] if settings else []), *(4 + s for s in SENSORS)]
    return [table[table[:, 0] == e][:, columns] for e in np.unique(table[:, 0])]


def measure(name: str, seeds: range) -> list[dict]:
    """Fit both on one set with each seed; return errors and seconds."""
    regimes = name == "FD002"
    engines = read(f"train_{name}.txt.gz", regimes)
    test = read(f"test_{name}.txt.gz", regimes)
    folder = data_folder("CMAPSS", "NASA's prognostics data repository")
    life = np.loadtxt(folder / f"RUL_{name}.txt.gz")
    X, y, groups = cut(engines)
    X_test = [cycles[-LONGEST:] for cycles in test]
    scaler = OverTime(RegimeScaler([1, 2, 3], n_regimes=6, random_state=0))
    if regimes:
        X = scaler.fit_transform(X)
        X_test = scaler.transform(X_test)
    rows = []
    for seed in seeds:
        for method, model, form in (
            (BOOSTING, HistGradientBoostingRegressor(random_state=seed), describe),
            (OURS, make_pipeline(LSTMAttentionRegressor(random_state=seed)), list),
        ):
            start = time.perf_counter()
            options = (
                {} if method == BOOSTING else {"lstmattentionregressor__groups": groups}
            )
            forecast = model.fit(form(X), y, **options).predict(form(X_test))
            rows.append(
                {
                    "set": name,
                    "method": method,
                    "seed": seed,
                    "capped": root_mean_square(forecast - np.minimum(life, CAP)),
                    "raw": root_mean_square(forecast - life),
                    "seconds": time.perf_counter() - start,
                }
            )
            print(rows[-1], flush=True)
    return rows


def root_mean_square(errors: np.ndarray) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt((errors**2).mean()))


def tabulate(rows: list[dict]) -> list[list[str]]:
    """Return a line for each set and method."""
    table = []
    for name in sorted({row["set"] for row in rows}):
        for method in (BOOSTING, OURS):
            own = [r for r in rows if (r["set"], r["method"]) == (name, method)]
            spreads = [
                results.spread([r[key] for r in own], 2) for key in ("capped", "raw")
            ]
            seconds = np.median([r["seconds"] for r in own])
            table.append([name, method, *spreads, f"{seconds:.0f}"])
    return table


def main() -> None:
    """Measure both sets, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    rows = [r for n in ("FD001", "FD002") for r in measure(n, range(options.seeds))]
    results.save(
        "untuned_engines",
        rows,
        ["set", "method", "RMSE, capped at 125", "RMSE, not capped", "seconds"],
        tabulate(rows),
        packages=("skattn", "torch", "scikit-learn"),
        notes=[
            "Root mean squared error of the remaining life in cycles, mean and "
            "standard deviation over seeds. Histories of up to 50 cycles; for FD002 "
            "the channels went through OverTime(RegimeScaler) on the three settings."
        ],
    )


if __name__ == "__main__":
    main()
