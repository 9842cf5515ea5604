"""Forecasts: ``target_channels`` and nothing else, beside the last value and ridge.

Run as ``python -m benchmarks.untuned.forecasts``. ``SKATTN_DATA`` names the folder of
the benchmark data: ETTh1 (Zhou et al. 2021), eight exchange rates (Lai et al. 2018), M4
Hourly (Makridakis et al. 2020) in its own units; electricity demand (Taylor 2003) comes
with the package.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import RidgeCV

from benchmarks import results
from benchmarks.published import etth1, m4
from benchmarks.published.table import data_folder
from skattn import LSTMAttentionRegressor
from skattn.datasets import load_electricity_demand
from skattn.sequences import make_windows

LAST, RIDGE, OURS = "repeat the last value", "ridge on each channel", "skattn, defaults"
DAY, WEEK = 48, 336  # half-hours of the electricity demand


class Task(NamedTuple):
    """Windows to train on and to test on, and how a forecast is judged."""

    name: str
    targets: int | str
    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    judge: Callable[[np.ndarray], float]


def make_tasks() -> Iterator[Task]:
    """Read all tasks, one after the other."""
    series = etth1.read()
    for horizon in (96, 336):
        (X, y), _, (X_test, y_test) = etth1.cut(series, horizon)
        yield Task(f"ETTh1 {horizon}, MSE", "all", X, y, X_test, mean_square(y_test))
    folder = data_folder("exchange", "laiguokun/multivariate-time-series-data")
    rates = np.loadtxt(next(folder.glob("exchange_rate*")), delimiter=",")
    first, last = int(0.7 * len(rates)), len(rates) - int(0.2 * len(rates))
    start = rates[:first]
    rates = ((rates - start.mean(0)) / start.std(0)).astype(np.float32)
    for horizon in (96, 336):
        X, y = make_windows(rates[:first], 96, horizon)
        X_test, y_test = make_windows(rates[last - 96 :], 96, horizon)
        yield Task(f"exchange {horizon}, MSE", "all", X, y, X_test, mean_square(y_test))
    demand = load_electricity_demand().demand
    X, y = make_windows(demand[: 9 * WEEK], WEEK, DAY)
    X_test, y_test = make_windows(demand[8 * WEEK :], WEEK, DAY)
    yield Task(
        "electricity, MAPE %",
        0,
        X,
        y,
        X_test,
        lambda forecast: float(100 * np.mean(np.abs(forecast / y_test - 1))),
    )
    yield make_m4()


def make_m4() -> Task:
    """Cut all series of M4 Hourly, as they are."""
    history = m4.read("Hourly-train.csv.gz")
    truth = np.array(m4.read("Hourly-test.csv.gz"))
    parts = [
        make_windows(one[(len(one) - m4.WINDOW - m4.HORIZON) % 12 :], m4.WINDOW, 48, 12)
        for one in history
    ]
    X, y = (
        np.concatenate(each).astype(np.float32) for each in zip(*parts, strict=True)
    )
    ends = np.array([one[-m4.WINDOW :, None] for one in history], np.float32)

    def judge(forecast: np.ndarray) -> float:
        return m4.judge(truth, forecast, history)["owa"]

    return Task("M4 Hourly, OWA", 0, X, y, ends, judge)


def mean_square(truth: np.ndarray) -> Callable[[np.ndarray], float]:
    """Return a function that computes the mean squared error of a forecast."""
    return lambda forecast: float(np.mean((forecast - truth) ** 2))


def repeat_last(task: Task) -> np.ndarray:
    """Forecast the last value of each target."""
    last = task.X_test[:, -1:] if task.targets == "all" else task.X_test[:, -1]
    return np.repeat(last, task.y.shape[1], axis=1)


def ridge(task: Task) -> np.ndarray:
    """Forecast each target from its own history, by one ridge regression for all."""
    every = max(1, len(task.X) * task.X.shape[2] // 20000)  # what it can hold
    rows = task.X[::every].transpose(0, 2, 1).reshape(-1, task.X.shape[1])
    y = task.y[::every].reshape(-(-len(task.y) // every), task.y.shape[1], -1)
    model = RidgeCV(np.logspace(-3, 6, 10))
    model.fit(rows, y.transpose(0, 2, 1).reshape(-1, y.shape[1]))
    tested = task.X_test.transpose(0, 2, 1).reshape(-1, task.X.shape[1])
    forecast = model.predict(tested).reshape(len(task.X_test), -1, y.shape[1])
    return forecast.transpose(0, 2, 1).reshape(-1, *task.y.shape[1:])


def measure(task: Task, seeds: range) -> list[dict]:
    """Forecast one task with all methods; return errors and seconds."""
    rows = []

    def add(method: str, forecast: np.ndarray, start: float, **more: object) -> None:
        seconds = time.perf_counter() - start
        error = task.judge(forecast)
        row = {"task": task.name, "method": method, "error": error, "seconds": seconds}
        rows.append(row | more)
        print(rows[-1], flush=True)

    for method, forecast in ((LAST, repeat_last), (RIDGE, ridge)):
        start = time.perf_counter()
        add(method, forecast(task), start)
    for seed in seeds:
        model = LSTMAttentionRegressor(
            target_channels=task.targets, store_attention=False, random_state=seed
        )
        start = time.perf_counter()
        forecast = model.fit(task.X, task.y).predict(task.X_test)
        share = model.attention_share_
        add(OURS, forecast, start, seed=seed, attention_share=share)
    return rows


def tabulate(rows: list[dict]) -> list[list[str]]:
    """Return a line for each task."""
    table = []
    for name in dict.fromkeys(row["task"] for row in rows):
        own = [row for row in rows if row["task"] == name]
        errors = [
            results.spread([r["error"] for r in own if r["method"] == method])
            for method in (LAST, RIDGE, OURS)
        ]
        ours = [r for r in own if r["method"] == OURS]
        share = np.mean([r["attention_share"] for r in ours])
        seconds = np.median([r["seconds"] for r in ours])
        table.append([name, *errors, f"{share:.2f}", f"{seconds:.0f}"])
    return table


def main() -> None:
    """Measure all tasks, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--only", default="", help="renew only tasks whose name holds this text"
    )
    options = parser.parse_args()
    path = results.FOLDER / "untuned_forecasts.json"
    known = json.loads(path.read_text())["rows"] if options.only else []
    rows = []
    for task in make_tasks():
        if options.only in task.name:
            rows += measure(task, range(options.seeds))
        else:
            rows += [row for row in known if row["task"] == task.name]
    results.save(
        "untuned_forecasts",
        rows,
        ["task", LAST, RIDGE, OURS, "attention's share", "seconds"],
        tabulate(rows),
        packages=("skattn", "torch", "scikit-learn"),
        notes=[
            "Error on the test part, mean and standard deviation over three seeds; "
            "``target_channels`` is all that was given. Windows of 336 steps, for "
            "exchange rates 96, for M4 168. ETTh1 and exchange on all test windows, "
            "all channels, in units of the training part."
        ],
    )


if __name__ == "__main__":
    main()
