"""Intervals of 80 %, calibrated once and every day: the share that they hold.

Four series that drift, each split by time into a part to fit, one to calibrate and one
to test. Three quantiles come from one fit. Their intervals are calibrated once, or
moved on each day with `ConformalIntervals.update` by the windows that are complete.
"""

import copy
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.published import epf, etth1, quantiles
from benchmarks.published.electricity import DAY, WEEK
from benchmarks.published.table import Table, data_folder
from skattn import ConformalIntervals, LSTMAttentionRegressor
from skattn.datasets import load_electricity_demand
from skattn.sequences import make_windows

COVERAGE = 0.8
LEVELS = {"loss": "quantile", "quantile": quantiles.LEVELS}
HALF_YEAR = pd.Timedelta(days=182)
HOUR = pd.Timedelta(hours=1)


class Task(NamedTuple):
    """Windows in order of time, and how they come in."""

    name: str
    parameters: dict
    train: tuple
    aside: tuple
    test: tuple
    block: int  # windows that are forecast between two updates
    wait: int  # windows from one to the first that starts after its last outcome


def make_tasks() -> Iterator[Task]:
    """Read all series, one after the other."""
    demand = load_electricity_demand().demand
    stated = quantiles.CONFIGURATIONS["one fit, three levels"]
    yield Task(
        "electricity",
        stated,
        make_windows(demand[: 7 * WEEK], WEEK, DAY),
        make_windows(demand[6 * WEEK : 9 * WEEK], WEEK, DAY),
        make_windows(demand[8 * WEEK :], WEEK, DAY),
        DAY,
        DAY,
    )
    hours, _ = epf.read()
    middle, week = epf.TEST - HALF_YEAR, epf.WEEK * HOUR
    yield Task(
        "prices (EPF_NP)",
        epf.CONFIGURATIONS["skattn, stated"] | LEVELS,
        epf.cut(hours[: middle - HOUR], True),
        epf.cut(hours[middle - week : epf.TEST - HOUR], True),
        epf.cut(hours[epf.TEST - week :], True),
        1,
        1,
    )
    defaults = {"target_channels": "all", "store_attention": False} | LEVELS
    train, aside, test = etth1.cut(etth1.read(), 96)
    train = tuple(part[::4] for part in train)
    yield Task("ETTh1, 96 hours", defaults, train, aside, test, 24, 96)
    folder = data_folder("exchange", "laiguokun/multivariate-time-series-data")
    rates = np.loadtxt(next(folder.glob("exchange_rate*")), delimiter=",")
    first, last = int(0.7 * len(rates)), int(0.8 * len(rates))
    rates = (rates - rates[:first].mean(0)) / rates[:first].std(0)
    yield Task(
        "exchange, 24 days",
        defaults,
        make_windows(rates[:first], 96, 24),
        make_windows(rates[first - 96 : last], 96, 24),
        make_windows(rates[last - 96 :], 96, 24),
        1,
        24,
    )


def follow(model: ConformalIntervals, task: Task, quick: bool) -> np.ndarray:
    """Return the intervals of the test part, with an update before each block."""
    X, y = task.test
    found, known = [], 0
    for first in range(0, len(y) if not quick else 2 * task.block, task.block):
        past = max(known, first - task.wait + 1)
        if past > known:
            model.update(X[known:past], y[known:past])
            known = past
        found.append(model.predict_interval(X[first : first + task.block]))
    return np.concatenate(found)


def judge(intervals: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Return the share inside, and the mean width in deviations of the truth."""
    low, high = np.moveaxis(intervals, -1, 0)
    truth = truth[: len(low)]
    inside = (low <= truth) & (truth <= high)
    return {
        "inside": float(inside.mean()),
        "width": float((high - low).mean() / truth.std()),
    }


def main(quick: bool = False) -> None:
    """Measure all series."""
    table = Table(
        "intervals",
        {"inside": ("inside 80 %", 3), "width": ("width", 2)},
        [],
        [
            "Share of the outcomes in their interval, over all steps and targets; mean "
            "width in standard deviations of the test part. Calibrated on the last "
            "fortnight (electricity), the last 182 days (prices), the usual validation "
            "part (ETTh1), and a tenth of the days (exchange). Each day the margins "
            "move by the windows that are complete, with the default rate."
        ],
    )
    for task in make_tasks():
        fitted: dict[int, ConformalIntervals] = {}

        def fit(seed: int, task=task, fitted=fitted) -> ConformalIntervals:
            """Return a calibrated model; each is fitted once."""
            if seed in fitted:
                return copy.deepcopy(fitted[seed])
            change = {"max_epochs": 2} if quick else {}
            inner = LSTMAttentionRegressor(**task.parameters | change)
            inner.set_params(random_state=seed)
            model = ConformalIntervals(inner, coverage=COVERAGE)
            fitted[seed] = model.fit(*task.train).conformalize(*task.aside)
            return copy.deepcopy(fitted[seed])

        def once(seed: int, task=task, fit=fit) -> dict[str, float]:
            X, y = task.test
            return judge(fit(seed).predict_interval(X), y)

        def daily(seed: int, task=task, fit=fit) -> dict[str, float]:
            return judge(follow(fit(seed), task, quick), task.test[1])

        seeds = [0] if quick else range(3)
        table.run(f"{task.name}: calibrated once", once, seeds)
        table.run(f"{task.name}: updated each day", daily, seeds)
    table.write(quick)


if __name__ == "__main__":
    main()
