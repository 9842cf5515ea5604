"""
Forecast tomorrow
=================

From a series up to today to a picture of tomorrow: windows, a fit with the defaults, a
comparison with what is simple, and an interval that should hold nine of ten values.
"""

# %%
# Windows, in three parts
# -----------------------
#
# A week of half-hours goes in, a day comes out. One part trains, one measures how sure
# the forecast is, one tests; windows that share values with two of them are left out.

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
# ``target_channels`` says which channel of X goes on in y; the defaults do the rest.

model = ConformalIntervals(
    LSTMAttentionRegressor(target_channels=0, random_state=0), coverage=0.9
)
model.fit(X[train], y[train]).conformalize(X[measure], y[measure])

# %%
# Compare
# -------
#
# Last week, and ridge regression on the same windows.

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
# The legend counts how many of the true values the interval holds: on this day, and on
# all days of the test.

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
# The last window ends with the data. Nobody knows yet what follows.

ForecastDisplay.from_estimator(
    model,
    next_window(demand, WEEK),
    times=data.time[-WEEK:],
    n_history=3 * DAY,
    name="demand",
    unit="GW",
)

# %%
# The model takes this Monday for one like all others. It was a bank holiday: what is
# known ahead goes in as ``future_channels``, see the user guide under "Forecasting".
