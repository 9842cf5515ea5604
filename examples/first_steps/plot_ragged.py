"""
Sequences of different lengths
==============================

Machines run for different times, patients stay for different days. Hand such ragged
sequences over as a list of arrays; nothing needs to be cut or filled.
"""

# %%
# A list of arrays
# ----------------
#
# Machines that run for 5 to 30 hours, with two channels: temperature, and an alarm that
# sounds once. The answer is the temperature at the alarm.

import matplotlib.pyplot as plt
import numpy as np

from skattn import LSTMAttentionRegressor
from skattn.inspection import AttentionDisplay


def make_machines(n_machines, seed):
    random = np.random.default_rng(seed)
    machines, answers = [], []
    for hours in random.integers(5, 31, n_machines):
        temperature = 60 + random.normal(0, 2, hours).cumsum()
        alarm = np.zeros(hours)
        alarm[random.integers(hours)] = 1
        machines.append(np.stack([temperature, alarm], axis=1))
        answers.append(temperature[alarm == 1].item())
    return machines, np.array(answers)


X, y = make_machines(2000, seed=0)
X_test, y_test = make_machines(300, seed=1)
print([x.shape for x in X[:4]])

# %%
# A list goes wherever an array goes.

model = LSTMAttentionRegressor(
    query="learned",
    hidden_size=32,
    learning_rate=0.01,
    lr_schedule="one_cycle",
    max_epochs=20,
    early_stopping=False,
    random_state=0,
).fit(X, y)
last = np.array([x[-1, 0] for x in X_test])
mean = np.array([x[:, 0].mean() for x in X_test])
print(f"mean error, model: {np.abs(model.predict(X_test) - y_test).mean():.2f} degrees")
print(f"mean error, mean temperature: {np.abs(mean - y_test).mean():.2f} degrees")
print(f"mean error, last temperature: {np.abs(last - y_test).mean():.2f} degrees")

# %%
# Company changes nothing
# -----------------------
#
# A sequence has the same answer alone as among longer ones, beyond rounding.

alone = np.concatenate([model.predict([x]) for x in X_test[:50]])
together = model.predict(X_test)[:50]
print(f"largest difference: {np.abs(alone - together).max():.0e} degrees")

# %%
# Weights end where the sequence ends
# -----------------------------------
#
# Grey hours are not there. A ring marks the alarm, which is where the weights lie.

order = np.argsort([len(x) for x in X_test[:25]])
shown = [X_test[i] for i in order]
display = AttentionDisplay.from_estimator(model, shown)
display.ax_.scatter(
    [x[:, 1].argmax() for x in shown],
    range(25),
    s=50,
    facecolor="none",
    edgecolor="#d55e00",
    linewidth=1.8,
)
display.ax_.set(xlabel="hour", ylabel="machine, by length")
plt.show()

# %%
# ``predict_attention(X, as_list=True)`` gives an array of its own length for each
# sequence. :func:`~skattn.sequences.from_long` makes such lists from long tables.
