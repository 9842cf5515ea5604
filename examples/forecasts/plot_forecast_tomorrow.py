"""
Forecast tomorrow
=================

With the defaults, the forecasts of eight days that no model has seen are off by 1.1 %,
a little less than ridge regression and last week's values. The 90 % interval holds 97 %
of the true values.

The page goes from a series to the forecast of the day after its end: windows, fit,
comparison, interval and picture.
"""

# %%
# Windows, in three parts
# -----------------------
#
# The model reads a week of half-hours and forecasts a day. The first part of the
# windows is for training, the second measures how wide the intervals must be, and the
# third is the test. Windows that share values with two parts are left out.

import numpy as np
from sklearn.linear_model import RidgeCV

from skattn import ConformalIntervals, LSTMAttentionRegressor
from skattn.datasets import load_electricity_demand
from skattn.inspection import ForecastDisplay
from skattn.sequences import WindowSplit, make_windows, next_window

DAY, WEEK = 48, 336
data = load_electricity_demand()
demand = data.demand / 1000  # in GW
X, y, index = make_windows(demand, WEEK, DAY, return_index=True)
split = WindowSplit(n_splits=3, window=WEEK, horizon=DAY, test_size=8 * DAY)
(train, measure), _, (_, test) = split.split(X)

# %%
# Fit
# ---
#
# ``target_channels`` names the channel of X that y continues. All else is left at its
# default.

model = ConformalIntervals(
    LSTMAttentionRegressor(target_channels=0, random_state=0), coverage=0.9
)
model = model.fit(X[train], y[train]).conformalize(X[measure], y[measure])

# %%
# Compare
# -------
#
# Two simple forecasts come from the same windows: the values of a week ago, and ridge
# regression. In these eight days all three are close.

ridge = RidgeCV(np.logspace(-3, 9, 25)).fit(X[train, :, 0], y[train])
forecasts = {
    "a week ago": X[test, :DAY, 0],
    "ridge": ridge.predict(X[test, :, 0]),
    "skattn": model.predict(X[test]),
}
for name, forecast in forecasts.items():
    print(f"{name:<11} {100 * np.mean(abs(forecast / y[test] - 1)):.2f} %")

# %%
# A day that is known
# -------------------
#
# This is the first day of the test. The legend counts how many true values lie in the
# interval, on this day and on all test days.

first = index["first"][test[0]]
ForecastDisplay.from_estimator(
    model,
    X[test],
    y[test],
    times=data.time[first : first + WEEK + DAY],
    name="demand",
    unit="GW",
)

# %%
# Tomorrow
# --------
#
# The last window ends with the data, so that its forecast is for the unknown next day.

# sphinx_gallery_thumbnail_number = 2
ForecastDisplay.from_estimator(
    model,
    next_window(demand, WEEK),
    times=data.time[-WEEK:],
    n_history=3 * DAY,
    name="demand",
    unit="GW",
)

# %%
# The model forecasts a normal Monday, but 28 August 2000 was a bank holiday. What you
# know ahead can be given as ``future_channels``: see :doc:`/guide/forecasting`.
