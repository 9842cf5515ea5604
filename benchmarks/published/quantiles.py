"""Quantiles of electricity demand: one fit of three levels, and three fits of one.

Half-hourly demand (Taylor 2003), 336 half-hours in, 48 out, as in the table of single
forecasts. Intervals are calibrated on weeks 8 and 9, after training on weeks 1 to 7.
"""

import numpy as np
from sklearn.metrics import mean_pinball_loss

from benchmarks.published.electricity import CONFIGURATIONS as FORECASTERS
from benchmarks.published.electricity import DAY, WEEK
from benchmarks.published.table import Table
from skattn import ConformalIntervals, LSTMAttentionRegressor
from skattn.datasets import load_electricity_demand
from skattn.sequences import make_windows

LEVELS = [0.1, 0.5, 0.9]
ESTIMATOR = LSTMAttentionRegressor
CONFIGURATIONS = {
    "one fit, three levels": FORECASTERS["skattn, stated"]
    | {"loss": "quantile", "quantile": LEVELS}
}


def make(seed: int, **parameters: object) -> LSTMAttentionRegressor:
    """Return the stated forecaster with other parameters."""
    settings = CONFIGURATIONS["one fit, three levels"] | parameters
    return ESTIMATOR(**settings, random_state=seed)


def main(quick: bool = False) -> None:
    """Measure all methods."""
    demand = load_electricity_demand().demand
    X, y = make_windows(demand[: 9 * WEEK], WEEK, DAY)
    X_test, y_test = make_windows(demand[8 * WEEK :], WEEK, DAY)
    early = make_windows(demand[: 7 * WEEK], WEEK, DAY)
    late = make_windows(demand[6 * WEEK : 9 * WEEK], WEEK, DAY)
    change = {"max_epochs": 2} if quick else {}
    table = Table(
        "quantiles",
        {
            "pinball": ("pinball loss, MW", 1),
            "inside": ("within 10 to 90 %", 3),
            "crossed": ("crossed", 4),
        },
        [],
        [
            "Mean of the pinball losses at 10, 50 and 90 %; share of the true values "
            "in the interval of 80 %; share of the quantiles that lie below a lower "
            "one. Seconds of three fits are those of all three."
        ],
    )

    def judge(quantiles: np.ndarray) -> dict[str, float]:
        low, middle, high = np.moveaxis(quantiles, -1, 0)
        losses = [
            mean_pinball_loss(y_test, forecast, alpha=level)
            for level, forecast in zip(LEVELS, (low, middle, high), strict=True)
        ]
        inside = (low <= y_test) & (y_test <= high)
        return {
            "pinball": float(np.mean(losses)),
            "inside": float(inside.mean()),
            "crossed": float(np.mean((low > middle) | (middle > high))),
        }

    def median(seed: int) -> dict[str, float]:
        model = make(seed, quantile=0.5, **change).fit(X, y)
        forecast = model.predict(X_test)
        return {"pinball": float(mean_pinball_loss(y_test, forecast))}

    def one(seed: int) -> dict[str, float]:
        model = make(seed, **change).fit(X, y)
        return judge(model.predict_quantiles(X_test))

    def three(seed: int) -> dict[str, float]:
        forecasts = [
            make(seed, quantile=q, **change).fit(X, y).predict(X_test) for q in LEVELS
        ]
        return judge(np.stack(forecasts, axis=-1))

    def calibrated(seed: int) -> dict[str, float]:
        model = make(seed, **change)
        intervals = ConformalIntervals(model, coverage=0.8).fit(*early)
        intervals.conformalize(*late)
        low, high = np.moveaxis(intervals.predict_interval(X_test), -1, 0)
        return judge(np.stack([low, intervals.predict(X_test), high], axis=-1))

    seeds = [0] if quick else range(3)
    table.run("one fit, the median alone", median, seeds)
    table.run("one fit, three levels", one, seeds)
    table.run("three fits, one level each", three, seeds)
    table.run("one fit, calibrated", calibrated, seeds)
    table.compare(
        "one fit, three levels", "three fits, one level each", keys=["pinball"]
    )
    table.write(quick)


if __name__ == "__main__":
    main()
