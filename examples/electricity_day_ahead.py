"""Forecast electricity demand one day ahead, and show which past days it rests on.

Half-hourly demand in England and Wales (Taylor 2003): one week in, one day out, trained
on the first 9 weeks and tested on every half-hour of the last 3.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import RidgeCV
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skattn import LSTMAttentionRegressor
from skattn.datasets import load_electricity_demand
from skattn.sequences import make_windows

DAY, WEEK = 48, 336  # half-hours
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
ORANGE, GREY = "#d55e00", "#767676"


def main() -> None:
    """Run all methods, print the table and write results and pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("build/demo"))
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)

    data = load_electricity_demand()
    start = 9 * WEEK  # of the test part
    train = make_windows(data.demand[:start], WEEK, DAY)
    test = make_windows(data.demand[start - WEEK :], WEEK, DAY)
    print(
        f"Electricity demand, England and Wales: {len(train[0])} training and "
        f"{len(test[0])} test windows,\n{WEEK} half-hours in, {DAY} out.\n"
    )
    model = LSTMAttentionRegressor(
        query="last",
        patch_size=DAY,  # the LSTM reads days
        target_channels=0,  # y goes on where channel 0 of X ends
        anchor=True,
        linear_skip=True,
        learning_rate=0.005,
        max_epochs=60,
        random_state=0,
        verbose=1,
    )
    results, forecast = compare(model, train, test)
    print_table(results)
    paths = [out / name for name in ("results.json", "attention.png", "forecast.png")]
    paths[0].write_text(json.dumps(results, indent=2) + "\n")
    # The test series starts on a Monday: every 48th window forecasts a whole day.
    draw_attention(model.predict_attention(test[0][::DAY], unit="patch"), paths[1])
    hours = data.time[start : start + WEEK]
    draw_forecast(hours, test[1][:WEEK:DAY], forecast[:WEEK:DAY], paths[2])
    print("\nWritten:", *paths, sep="\n  ")


def compare(model, train, test):
    """Fit and score all methods; give the results and the model's forecasts."""
    (X, y), (X_test, y_test) = train, test
    flat, flat_test = X[:, :, 0], X_test[:, :, 0]
    mlp = MLPRegressor(hidden_layer_sizes=(128,), early_stopping=True, random_state=0)
    regressors = {
        "ridge": RidgeCV(np.logspace(-3, 3, 13)),
        "mlp": TransformedTargetRegressor(
            make_pipeline(StandardScaler(), mlp), transformer=StandardScaler()
        ),
    }
    results = {
        "yesterday": score(y_test, flat_test[:, -DAY:], 0.0),
        "last_week": score(y_test, flat_test[:, :DAY], 0.0),
    }
    for name, regressor in regressors.items():
        began = time.perf_counter()
        forecast = regressor.fit(flat, y).predict(flat_test)
        results[name] = score(y_test, forecast, time.perf_counter() - began)
    began = time.perf_counter()
    forecast = model.fit(X, y).predict(X_test)
    results["skattn"] = score(y_test, forecast, time.perf_counter() - began)
    return results, forecast


def score(truth, forecast, seconds):
    """Measure one method."""
    error = forecast - truth
    return {
        "mape": float(100 * np.mean(np.abs(error) / truth)),
        "rmse": float(np.sqrt(np.mean(error**2))),
        "seconds": seconds,
    }


def print_table(results):
    """Print one line a method."""
    names = {
        "yesterday": "same half-hour yesterday",
        "last_week": "same half-hour last week",
        "ridge": "RidgeCV",
        "mlp": "MLPRegressor",
        "skattn": "skattn LSTMAttentionRegressor",
    }
    print(f"\n{'method':<31}{'MAPE %':>8}{'RMSE MW':>9}{'seconds':>9}")
    for name, row in results.items():
        print(
            f"{names[name]:<31}{row['mape']:>8.2f}{row['rmse']:>9.0f}"
            f"{row['seconds']:>9.1f}"
        )


def draw_attention(weights, path):
    """Draw the mean weight of each past day, one row a weekday of the forecast."""
    # (n_days, 7) -> (n_weeks, 7 weekdays, 7 past days) -> mean over weeks
    table = weights.reshape(-1, 7, 7).mean(0)
    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(table, cmap="cividis", vmin=0)
    for row, column in np.ndindex(table.shape):
        weight = table[row, column]
        dark = weight < 0.6 * table.max()
        axes.text(
            column,
            row,
            f"{weight:.2f}",
            ha="center",
            va="center",
            color="white" if dark else "black",
            fontsize=8,
        )
    axes.set_xticks(range(7), [f"-{7 - lag} d" for lag in range(7)])
    axes.set_yticks(range(7), WEEKDAYS)
    axes.set_xlabel("past day, before the forecast day")
    axes.set_ylabel("forecast day")
    axes.set_title("Attention on each past day (rows sum to 1)")
    figure.colorbar(image, label="mean attention weight")
    figure.savefig(path, dpi=150)


def draw_forecast(hours, truth, forecast, path):
    """Draw a week of day-ahead forecasts against the truth."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(hours, truth.ravel() / 1000, color=GREY, lw=3, alpha=0.6, label="truth")
    axes.plot(hours, forecast.ravel() / 1000, color=ORANGE, lw=1.2, label="skattn")
    for midnight in hours[::DAY]:
        axes.axvline(midnight, color="0.9", lw=0.8, zorder=0)
    axes.set_xticks(hours[DAY // 2 :: DAY], WEEKDAYS)
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(hours[0], hours[-1])
    axes.set_ylabel("demand, GW")
    first_day = hours[0].astype("M8[D]")
    axes.set_xlabel(f"week from {first_day}, each day forecast at midnight")
    axes.set_title("Electricity demand in England and Wales, one day ahead")
    axes.legend(frameon=False, loc="upper right")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
