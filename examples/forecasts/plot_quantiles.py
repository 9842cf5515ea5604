"""
How sure is the forecast? A quantile fan
========================================

A model with ``loss="quantile"`` and three levels gives a lower edge, a middle and an
upper edge. The page draws the fan, and counts how often the truth lies inside.
"""

# %%
# Three quantiles
# ---------------
#
# One fit predicts them all: the network puts out the median, and the gaps on both sides
# of it, so that they never cross.

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
# Nine of ten true values should lie between the edges. In general fewer do: a model is
# surest about what it was trained on, and the last weeks of a series are not like those
# before. Here most misses lie above the fan.

inside = (low <= y_test) & (y_test <= high)
print(f"inside: {inside.mean():.1%}, below: {(y_test < low).mean():.1%}, ", end="")
print(f"above: {(y_test > high).mean():.1%}")
print(f"crossed: {np.mean((low > middle) | (middle > high)):.1%}")

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
# keep it there, as :class:`skattn.ConformalIntervals` does: see the user guide under
# "Uncertainty".
