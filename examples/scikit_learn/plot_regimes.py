"""
Engines under changing conditions: scale within regimes
=======================================================

With sensors scaled within each of six operating regimes, the error of the same model
falls from more than 40 cycles to less than 12. Without the scaling it is worse than
always predicting the mean, and it warns of that.

A sensor shows one value at sea level and another at altitude. Where conditions change
from flight to flight, these jumps hide the slow wear. `RegimeScaler` removes them.
"""

# %%
# Engines that fly under six conditions
# -------------------------------------
#
# If ``SKATTN_DATA`` names a folder with ``CMAPSS/train_FD002.txt.gz``, this page takes
# its data from there: 260 turbofan engines of NASA's simulation C-MAPSS (Saxena et al.
# 2008), three settings and 14 sensors. Otherwise it makes 80 engines of its own: wear
# grows exponentially to 1, where an engine fails; the condition of each flight moves
# all sensors by far more than the wear does.

import os
import textwrap
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.pipeline import make_pipeline

from skattn import LSTMAttentionRegressor
from skattn.sequences import OverTime, RegimeScaler

CAP = 125  # cycles; before, nothing shows in the sensors
LONGEST = 30  # cycles of history


def read_engines(path):
    sensors = [2, 3, 4, 7, 8, 9, 11, 12, 13, 14, 15, 17, 20, 21]  # those that vary
    table = np.loadtxt(path)
    columns = [2, 3, 4, *(4 + sensor for sensor in sensors)]  # settings first
    return [table[table[:, 0] == engine][:, columns] for engine in range(1, 101)]


def simulate_engines(n_engines, random):
    conditions = random.uniform(0, 1, (6, 3))
    levels = random.normal(0, 40, (6, 6))  # of the sensors, in each regime
    gains = np.array([1.0, -0.8, 0.6, -0.4, 0.2, 0.0])
    engines = []
    for _ in range(n_engines):
        cycles = random.integers(130, 260)
        wear = np.exp(random.uniform(0.02, 0.04) * (np.arange(cycles) + 1 - cycles))
        regimes = random.integers(6, size=cycles)
        settings = conditions[regimes] + random.normal(0, 0.002, (cycles, 3))
        noise = random.normal(0, 0.1, (cycles, 6))
        sensors = levels[regimes] + wear[:, None] * gains + noise
        engines.append(np.hstack([settings, sensors]))
    return engines


file = Path(os.environ.get("SKATTN_DATA", "")) / "CMAPSS" / "train_FD002.txt.gz"
random = np.random.default_rng(0)
if file.exists():
    engines, source = read_engines(file), "C-MAPSS FD002"
else:
    engines, source = simulate_engines(80, random), "simulated"
print(f"{len(engines)} engines, {source}")

# %%
# A sample is the last 30 cycles of an engine. Training and test have different engines.


def cut(engines, ends):
    X, y = [], []
    for engine in engines:
        for end in ends(len(engine)):
            X.append(engine[end - LONGEST : end])
            y.append(min(CAP, len(engine) - end))
    return np.array(X), np.array(y)


X, y = cut(engines[:60], lambda cycles: range(cycles, LONGEST - 1, -6))
X_test, y_test = cut(engines[60:], lambda n: random.integers(LONGEST, n, 5))
print(f"{len(X)} histories to train on, {len(X_test)} to test")

# %%
# Two models
# ----------
#
# Both models are the same regressor with its defaults. In the second, `OverTime`
# applies the scaler to each cycle. The first three columns are the settings, from which
# the scaler finds the regime. Warnings are caught and printed.

plain = LSTMAttentionRegressor(random_state=0)
scaled = make_pipeline(
    OverTime(RegimeScaler([0, 1, 2], n_regimes=6, random_state=0)),
    LSTMAttentionRegressor(random_state=0),
)
errors = {"always the mean": y_test - y.mean()}
for name, model in {"plain": plain, "scaled within regimes": scaled}.items():
    with warnings.catch_warnings(record=True) as caught:
        errors[name] = model.fit(X, y).predict(X_test) - y_test
    for warning in caught:
        print(textwrap.fill(f"{name}: {warning.message}", 88), end="\n\n")
errors = {name: np.sqrt(np.mean(error**2)) for name, error in errors.items()}
for name, error in errors.items():
    print(f"{name:22} root mean squared error {error:.1f} cycles")

# %%
# What the scaler does
# --------------------
#
# On the left is one sensor in the last 30 cycles of an engine, as it was measured and
# as it is after scaling. Only after scaling can the wear be seen. On the right are the
# errors of the models.

figure, (left, right) = plt.subplots(1, 2, layout="constrained", figsize=(8.0, 3.4))
last = np.flatnonzero(y == 0)[0]
cycles = np.arange(-LONGEST, 0) + 1
scaler = scaled[0]
for values, label, colour in (
    (X[:, :, 3], "as measured", "#767676"),
    (scaler.transform(X)[:, :, 3], "scaled within regimes", "#0072b2"),
):
    shown = (values[last] - values.mean()) / values.std()
    left.plot(cycles, shown, color=colour, label=label)
left.set(xlabel="cycles before the failure", ylabel="first sensor, deviations")
left.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
bars = right.barh([*errors], [*errors.values()], color="#767676")
bars[-1].set_color("#0072b2")
right.bar_label(bars, fmt="%.1f", padding=3)
right.set(
    xlabel="root mean squared error, cycles", xlim=(0, 1.15 * max(errors.values()))
)
right.invert_yaxis()
for panel in (left, right):
    panel.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# The network still knows the regime: the settings are standardised over all rows and
# stay in X. :doc:`/guide/defaults` has the errors on the whole of C-MAPSS FD002.
