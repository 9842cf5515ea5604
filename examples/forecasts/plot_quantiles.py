"""
How sure is the forecast? A quantile fan
========================================

The fan between the 5 % and the 95 % quantile should hold 90 % of the true values of
later weeks, and holds 80 %. Quantiles that are learned on past data have to be checked.

The page fits three quantiles at once with ``loss="quantile"``, counts how many true
values they hold, and draws them.
"""

# %%
# Three quantiles
# ---------------
#
# One fit predicts all three. The network predicts the median and the distances to the
# two other quantiles, which are positive. So quantiles never cross.

import matplotlib.pyplot as plt
import numpy as np

from skattn import LSTMAttentionRegressor
from skattn.datasets import load_electricity_demand
from skattn.sequences import make_windows

DAY, WEEK = 48, 336  # half-hours
data = load_electricity_demand()
start = 9 * WEEK  # of the test part
X, y = make_windows(data.demand[:start], WEEK, DAY)
X_test, y_test = make_windows(data.demand[start - WEEK :], WEEK, DAY)
model = LSTMAttentionRegressor(
    query="last",
    loss="quantile",
    quantile=[0.05, 0.5, 0.95],
    patch_size=DAY,
    target_channels=0,
    anchor=True,
    linear_skip=True,
    learning_rate=0.005,
    lr_schedule="one_cycle",
    max_epochs=15,
    early_stopping=False,
    random_state=0,
)
quantiles = model.fit(X, y).predict_quantiles(X_test)  # (n_samples, DAY, 3)
low, middle, high = np.moveaxis(quantiles, -1, 0)

# %%
# Count before you believe
# ------------------------
#
# 90 % of the true values should lie between the outer quantiles. Usually fewer do,
# because the quantiles were fitted to the training data, and the last weeks of a series
# differ from the weeks before. Here most misses lie above the fan.

inside = (low <= y_test) & (y_test <= high)
print(f"inside: {inside.mean():.1%}, below: {(y_test < low).mean():.1%}, ", end="")
print(f"above: {(y_test > high).mean():.1%}")
print(f"crossed: {np.mean((low > middle) | (middle > high)):.1%}")

# %%
# The fan
# -------
#
# The truth leaves the fan around the peaks of the day, where the median is too low.

hours = data.time[start : start + 3 * DAY]
figure, axes = plt.subplots(layout="constrained", figsize=(7.2, 3.8))


def days(values):
    return values[: 3 * DAY : DAY].ravel() / 1000


axes.fill_between(hours, days(low), days(high), color="#0072b2", alpha=0.3, lw=0)
axes.plot(hours, days(middle), color="#0072b2", lw=1.2)
axes.plot(hours, days(y_test), color="black", lw=1.2, ls=":")
axes.set_xticks(hours[DAY // 2 :: DAY], ["Monday", "Tuesday", "Wednesday"])
axes.tick_params(axis="x", length=0)
axes.set(ylabel="demand, GW", xlim=(hours[0], hours[-1]))
axes.legend(
    ["5 % to 95 %", "median", "truth"],
    frameon=False,
    ncols=3,
    loc="lower left",
    bbox_to_anchor=(0, 1),
)
axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# If the interval must hold a given share, use :class:`skattn.ConformalIntervals`. It
# sets data aside and widens or narrows the intervals until they hold the share there.
# Its ``update`` moves them on as outcomes come in, since a series changes over time.
# :doc:`/guide/uncertainty` shows both.
