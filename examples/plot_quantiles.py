"""
How sure is the forecast? A quantile fan
========================================

Three models with ``loss="quantile"`` give a lower edge, a middle and an upper edge. The
page draws the fan, and counts how often the truth lies inside.
"""

# %%
# Three quantiles
# ---------------
#
# A model predicts one quantile, so that an interval takes two, and its middle a third.
# They differ in one parameter alone.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone

from skattn import LSTMAttentionRegressor
from skattn.datasets import load_electricity_demand
from skattn.sequences import make_windows

DAY, WEEK = 48, 336  # half-hours
data = load_electricity_demand()
start = 9 * WEEK  # of the test part
X, y = make_windows(data.demand[:start], WEEK, DAY)
X_test, y_test = make_windows(data.demand[start - WEEK :], WEEK, DAY)
base = LSTMAttentionRegressor(
    loss="quantile",
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
quantiles = [0.05, 0.5, 0.95]
fans = [clone(base).set_params(quantile=q).fit(X, y).predict(X_test) for q in quantiles]
low, middle, high = np.sort(fans, axis=0)  # separate models may cross

# %%
# Count before you believe
# ------------------------
#
# Nine of ten true values should lie between the edges. In general fewer do: the models
# are surest about what they were trained on, and the last weeks of a series are not
# like those before. Here most misses lie above the fan.

inside = (low <= y_test) & (y_test <= high)
print(f"inside: {inside.mean():.1%}, below: {(y_test < low).mean():.1%}, ", end="")
print(f"above: {(y_test > high).mean():.1%}")
crossed = np.mean((fans[0] > fans[1]) | (fans[1] > fans[2]))
print(f"crossed before sorting: {crossed:.1%}")

# %%
# The fan

hours = data.time[start : start + WEEK]
figure, axes = plt.subplots(layout="constrained", figsize=(7.2, 3.8))


def week(values):
    return values[:WEEK:DAY].ravel() / 1000


axes.fill_between(hours, week(low), week(high), color="#0072b2", alpha=0.3, lw=0)
axes.plot(hours, week(middle), color="#0072b2", lw=1.2)
axes.plot(hours, week(y_test), color="black", lw=1.2, ls=":")
axes.set_xticks(
    hours[DAY // 2 :: DAY], ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
)
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
# Where a share must be kept, set data aside, and widen or narrow the edges until they
# keep it there: the user guide shows how under "Uncertainty".
