"""Day-ahead electricity prices of Nord Pool, 728 days (Lago et al. 2021).

A week of prices, load and wind in, the 24 hours of the next day out; forecasts of load
and wind are known a day ahead, and so is the calendar. Compared hour by hour with what
the benchmark's own models forecast.
"""

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.published.table import Table, data_folder
from skattn import LSTMAttentionRegressor, SeedEnsemble
from skattn.sequences import make_windows

WEEK, DAY = 168, 24  # hours
TEST = pd.Timestamp("2016-12-27")
HALF_YEAR, MONTH = 182, 30  # days between two fits
N_MEMBERS = 4
# Chosen on 2016, trained on the years before.
STATED = {
    "linear_skip": False,
    "loss": "absolute_error",
    "dropout": 0.3,
    "max_epochs": 180,
    "weight_decay": 2.0,
}
DEFAULTS = {"target_channels": 0, "store_attention": False}  # channel 0 is the price
ESTIMATOR = LSTMAttentionRegressor
CONFIGURATIONS = {"skattn, defaults": DEFAULTS, "skattn, stated": DEFAULTS | STATED}
PUBLISHED = {
    "LEAR, one window": "lear_1456",
    "DNN, one": "dnn_1",
    "LEAR, mean of four windows": "lear_ensemble",
    "DNN, mean of four": "dnn_ensemble",
}


def read() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the hours with a calendar, and the published forecasts."""
    folder = data_folder("EPF_NP", "Lago et al. 2021, epftoolbox")
    hours = pd.read_csv(folder / "NP.csv.gz", parse_dates=["time"]).set_index("time")
    hours.columns = ["price", "load", "wind"]
    for day in range(7):
        hours[f"day{day}"] = (hours.index.dayofweek == day).astype(float)
    angle = 2 * np.pi * hours.index.dayofyear / 365.25
    hours["season_sin"], hours["season_cos"] = np.sin(angle), np.cos(angle)
    return hours, pd.read_csv(folder / "published_forecasts.csv.gz")


def cut(hours: pd.DataFrame, future: bool):
    """Return X and y of whole days."""
    channels = [*hours.columns[1:]] if future else None
    hours = hours if future else hours[["price"]]
    return make_windows(
        hours, WEEK, DAY, DAY, target_channels="price", future_channels=channels
    )


def forecast(hours: pd.DataFrame, model, every: int | None, future: bool = True):
    """Forecast the test part, fitted again every so many days on all before."""
    n_days = (hours.index[-1] + pd.Timedelta(hours=1) - TEST).days
    forecasts = []
    for first in range(0, n_days, every or n_days):
        start = TEST + pd.Timedelta(days=first)
        end = start + pd.Timedelta(days=every or n_days) - pd.Timedelta(hours=1)
        model.fit(*cut(hours[: start - pd.Timedelta(hours=1)], future))
        taken = hours[start - pd.Timedelta(hours=WEEK) : end]
        X, _ = cut(taken, future)
        forecasts.append(model.predict(X))
    return np.concatenate(forecasts)


def judge(truth: np.ndarray, guess: np.ndarray) -> dict[str, float]:
    """Return mean absolute error, root mean square and sMAPE."""
    error = guess - truth
    size = (np.abs(truth) + np.abs(guess)) / 2
    return {
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "smape": float(100 * (np.abs(error) / size).mean()),
    }


def round_figures(figures: dict[str, float]) -> list[float]:
    """Return figures with the digits of the table."""
    return [round(v, 2 if name == "smape" else 3) for name, v in figures.items()]


def compare_days(truth: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the p-value that theirs is as good, day by day (Diebold and Mariano 1995).

    One-sided, on differences of daily absolute errors, as Lago et al. (2021) do it.
    """
    gains = np.abs(theirs - truth).mean(1) - np.abs(ours - truth).mean(1)
    statistic = gains.mean() / (gains.std() / np.sqrt(len(gains)))
    return float(stats.norm.sf(statistic))


def main(quick: bool = False) -> None:
    """Measure all methods."""
    hours, published = read()
    truth = hours.price[TEST:].to_numpy().reshape(-1, DAY)
    theirs = {
        name: published[column].to_numpy().reshape(-1, DAY)
        for name, column in PUBLISHED.items()
    }
    table = Table(
        "epf_np",
        {"mae": ("MAE", 3), "rmse": ("RMSE", 3), "smape": ("sMAPE %", 2)},
        [
            (name, "Lago et al. 2021, fitted daily", *round_figures(judge(truth, each)))
            for name, each in theirs.items()
        ],
        [
            "Euro per MWh, 728 days. Published forecasts come from models that were "
            "fitted again every day; ours once, or every 182 or 30 days where the row "
            "says so. The stated configuration was chosen on 2016: dropout, epochs, "
            "batch size, decay, width, rate, decoder, windows of 72 to 336 hours."
        ],
    )
    kept: dict[str, np.ndarray] = {}

    def ours(
        name: str,
        every: int | None,
        future: bool = True,
        n_members: int = 1,
        **parameters,
    ):
        def measure(seed: int) -> dict[str, float]:
            model = ESTIMATOR(**parameters, random_state=seed)
            if n_members > 1:
                model = SeedEnsemble(model, n_members, n_jobs=2)
            kept[name] = forecast(hours, model, every, future)
            return judge(truth, kept[name])

        return measure

    def last_week(seed: int) -> dict[str, float]:
        before = hours.price.shift(WEEK)[TEST:]
        return judge(truth, before.to_numpy().reshape(-1, DAY))

    def ridge(seed: int) -> dict[str, float]:
        X, y = cut(hours[: TEST - pd.Timedelta(hours=1)], True)
        X_test, _ = cut(hours[TEST - pd.Timedelta(hours=WEEK) :], True)
        model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-1, 5, 13)))
        model.fit(lay_flat(X), y)
        return judge(truth, model.predict(lay_flat(X_test)))

    seeds, change = range(3), {}
    half_year: int | None = HALF_YEAR
    month: int | None = MONTH
    if quick:
        seeds, change, half_year, month = range(1), {"max_epochs": 2}, None, None
    table.run("same hour last week", last_week, [0])
    table.run("ridge on the same inputs", ridge, [0])
    defaults, stated = (parameters | change for parameters in CONFIGURATIONS.values())
    table.run("skattn, defaults", ours("defaults", None, **defaults), seeds)
    table.run("skattn, stated", ours("one", None, **stated), seeds)
    name = "skattn, stated, without the future"
    table.run(name, ours("blind", None, False, **stated), seeds)
    name = "skattn, stated, every 182 days"
    table.run(name, ours("again", half_year, **stated), seeds)
    name = "SeedEnsemble of 4, every 182 days"
    table.run(name, ours("half", half_year, n_members=N_MEMBERS, **stated), [0])
    name = "SeedEnsemble of 4, every 30 days"
    table.run(name, ours("four", month, n_members=N_MEMBERS, **stated), [0])
    for name, key in (("one fit", "one"), ("the ensemble", "four")):
        if key in kept:
            values = [compare_days(truth, kept[key], each) for each in theirs.values()]
            pairs = zip(theirs, values, strict=True)
            shown = ", ".join(f"{rival} {p:.3f}" for rival, p in pairs)
            table.notes.append(
                f"Diebold and Mariano's p-values that a rival is as good as {name}: "
                f"{shown}."
            )
    table.write(quick)


def lay_flat(X) -> np.ndarray:
    """Return a row a day: the past and what is known ahead."""
    steps, future = (np.asarray(part) for part in (X.steps, X.future))
    return np.hstack([steps.reshape(len(steps), -1), future.reshape(len(steps), -1)])


if __name__ == "__main__":
    main()
