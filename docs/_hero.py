"""Draw the picture of the landing page, once for light pages and once for dark ones.

Run it from the repository: ``python docs/_hero.py``. It writes ``hero-light.png`` and
``hero-dark.png`` into ``docs/_static``, and prints the figures of the caption.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from skattn import ConformalIntervals, LSTMAttentionRegressor
from skattn.datasets import load_electricity_demand, make_marked_step
from skattn.inspection import attention_faithfulness
from skattn.sequences import WindowSplit, make_windows

FOLDER = Path(__file__).parent / "_static"
DAY, WEEK = 48, 336  # half-hours
ORANGE = "#e8730c"
INKS = {"light": ("#24292f", "#57606a"), "dark": ("#e6edf3", "#9aa4af")}


def forecast_demand():
    """Forecast one day of the test part, with an interval that holds 90 %."""
    data = load_electricity_demand()
    X, y, index = make_windows(data.demand / 1000, WEEK, DAY, return_index=True)
    split = WindowSplit(n_splits=3, window=WEEK, horizon=DAY, test_size=8 * DAY)
    (train, measure), _, (_, test) = split.split(X)
    model = ConformalIntervals(
        LSTMAttentionRegressor(target_channels=0, random_state=0), coverage=0.9
    )
    model.fit(X[train], y[train]).conformalize(X[measure], y[measure])
    midnights = [
        i for i in test if str(data.time[index["target"][i]])[11:16] == "00:00"
    ]
    shown = midnights[1]
    start = index["target"][shown]
    low, high = np.moveaxis(model.predict_interval(X[test]), -1, 0)
    held = np.mean((low <= y[test]) & (y[test] <= high))
    error = np.mean(np.abs(model.predict(X[test]) / y[test] - 1))
    print(f"{data.time[start]}: error {error:.2%}, interval held {held:.1%}")
    low, high = model.predict_interval(X[shown : shown + 1])[0].T
    return {
        "past": (data.time[start - 2 * DAY : start], X[shown, -2 * DAY :, 0]),
        "hours": data.time[start : start + DAY],
        "truth": y[shown],
        "forecast": model.predict(X[shown : shown + 1])[0],
        "low": low,
        "high": high,
    }


def find_marked_steps():
    """Weigh the steps of a task whose answer is known, and ask the report."""
    X, y, _ = make_marked_step(1500, 10, random_state=0)
    X_test, _, _ = make_marked_step(200, 10, random_state=1)
    model = LSTMAttentionRegressor(
        values="inputs", hidden_size=32, max_epochs=15, random_state=0
    ).fit(X, y)
    report = attention_faithfulness(model, X_test, random_state=0)
    print(report.verdict, f"Deletion score {report.deletion_score:.2f}.")
    if "can be read" not in report.verdict:
        raise SystemExit("The report does not approve of these weights.")
    marked = X_test[:, :, 1].argmax(axis=1)
    X = X_test[[int(np.argmax(marked == step)) for step in (2, 5, 8)]]
    return X, model.predict_attention(X), model.predict(X)


def draw(demand, task, theme):
    """Draw both parts in the ink of a theme, on no ground of its own."""
    ink, pale = INKS[theme]
    colours = dict.fromkeys(
        ("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), ink
    )
    settings = {**colours, "axes.edgecolor": pale, "font.size": 10}
    with plt.rc_context(settings):
        figure = plt.figure(figsize=(6.2, 4.9), layout="constrained")
        top, bottom = figure.subfigures(2, 1, height_ratios=[3, 2])
        draw_forecast(top.subplots(), demand, ink, pale)
        bottom.suptitle(
            "What three predictions looked at. The report: these weights can be read",
            x=0.05,
            ha="left",
            fontsize=11,
        )
        draw_weights(bottom.subplots(1, 3, sharey=True), task, ink, pale)
        path = FOLDER / f"hero-{theme}.png"
        figure.savefig(path, dpi=180, transparent=True, metadata={"Software": None})
        plt.close(figure)


def draw_forecast(axes, demand, ink, pale):
    """Draw two days of history, and the day that follows."""
    axes.plot(*demand["past"], color=pale, lw=1.5, label="history")
    hours = demand["hours"]
    axes.fill_between(
        hours,
        demand["low"],
        demand["high"],
        color=ORANGE,
        alpha=0.3,
        lw=0,
        label="90 % interval",
    )
    axes.plot(hours, demand["truth"], color=ink, lw=1.5, ls=":", label="truth")
    axes.plot(hours, demand["forecast"], color=ORANGE, lw=2, label="forecast")
    ticks = [*demand["past"][0][:: DAY // 2], *hours[:: DAY // 2]]
    names = [f"{t.astype(object):%H:%M\n%a}" for t in ticks]
    axes.set_xticks(ticks, names)
    axes.set_title(
        "Electricity demand, GW: two days, and the forecast of the third",
        loc="left",
        fontsize=11,
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, ncols=4, loc="upper left", fontsize=8.5)
    axes.set_ylim(top=axes.get_ylim()[1] * 1.06)


def draw_weights(panels, task, ink, pale):
    """Draw three sequences, and the weights of their steps behind them."""
    for panel, x, weights, answer in zip(panels, *task, strict=True):
        steps = np.arange(1, len(x) + 1)
        for step, weight in zip(steps, weights, strict=True):
            panel.axvspan(step - 0.5, step + 0.5, color=ORANGE, alpha=weight, lw=0)
        panel.plot(steps, x[:, 0], color=pale, marker="o", ms=3, lw=1)
        marked = x[:, 1].argmax()
        panel.plot(marked + 1, x[marked, 0], color=ink, marker="o", ms=6)
        panel.set(xticks=[1, 5, 10], ylim=(-3.2, 3.2))
        panel.set_xlabel(f"step; marked {x[marked, 0]:.2f}, predicted {answer:.2f}")
        panel.xaxis.label.set_size(8)
        panel.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    parts = forecast_demand(), find_marked_steps()
    for name in INKS:
        draw(*parts, name)
