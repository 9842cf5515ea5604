"""
What the model has noticed: contexts in two dimensions
======================================================

A forecaster that was never told the time sorts its windows by the hour of the day, and
its 32 numbers tell weekends from weekdays in 99 % of the windows.

``transform`` returns the context of each sequence, which is what the attention added
up. The page draws the contexts in two dimensions, and uses them as features.
"""

# %%
# Contexts of a forecaster
# ------------------------
#
# The model forecasts electricity demand a day ahead. It reads neither the time nor the
# day of the week. There is no linear path, so that all it knows is in its contexts.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skattn import LSTMAttentionRegressor
from skattn.datasets import load_electricity_demand
from skattn.sequences import make_windows

DAY, WEEK = 48, 336  # half-hours
data = load_electricity_demand()
start = 9 * WEEK  # of the test part
X, y = make_windows(data.demand[:start], WEEK, DAY)
X_test, _ = make_windows(data.demand[start - WEEK :], WEEK, DAY)
model = LSTMAttentionRegressor(
    query="last",
    anchor=False,
    linear_skip=False,
    patch_size=12,  # quarters of a day
    target_channels=0,
    hidden_size=32,
    learning_rate=0.005,
    lr_schedule="one_cycle",
    max_epochs=15,
    early_stopping=False,
    random_state=0,
).fit(X, y)
contexts, contexts_test = model.transform(X), model.transform(X_test)
print("from", X.shape, "to", contexts.shape)

# %%
# A clock, found by itself
# ------------------------
#
# Each point is the context of a test window, on the first two principal components. The
# colour is the hour at which the forecast starts. The colours of 0 and 24 hours are the
# same, as the hours are. Neighbouring points have neighbouring hours.

hours = np.arange(len(X_test)) % DAY / 2
saturdays = np.arange(len(X_test)) // DAY % 7 >= 5
pca = make_pipeline(StandardScaler(), PCA(2)).fit(contexts)
points = pca.transform(contexts_test)
shares = pca[-1].explained_variance_ratio_
figure, axes = plt.subplots(layout="constrained", figsize=(6.4, 4.8))
for chosen, marker, label in [
    (~saturdays, "o", "Monday to Friday"),
    (saturdays, "^", "Saturday, Sunday"),
]:
    scatter = axes.scatter(
        *points[chosen].T,
        c=hours[chosen],
        cmap="twilight",
        vmin=0,
        vmax=24,
        s=26,
        marker=marker,
        edgecolor="0.3",
        linewidth=0.3,
        label=label,
    )
bar = figure.colorbar(scatter, label="forecast starts at hour")
bar.set_ticks(range(0, 25, 6))
axes.set(
    xlabel=f"first component, {shares[0]:.0%} of the variance",
    ylabel=f"second component, {shares[1]:.0%}",
)
axes.legend(frameon=False)
axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# As features
# -----------
#
# Logistic regression tells whether a forecast starts on a weekend, once from the 32
# numbers of a context, and once from the 336 values of the window.

weekend = np.arange(len(X)) // DAY % 7 >= 5
weekend_test = np.arange(len(X_test)) // DAY % 7 >= 5
for features, train, test in [
    ("contexts", contexts, contexts_test),
    ("values", X[:, :, 0], X_test[:, :, 0]),
]:
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=3000))
    accuracy = classifier.fit(train, weekend).score(test, weekend_test)
    print(f"weekend from {features}: {accuracy:.3f}")

# %%
# The values hold all the information, so that contexts cannot be expected to do better.
# Contexts are ten times fewer numbers, and can be clustered, drawn and searched.
