"""
Sequences of different lengths
==============================

A list of arrays of 5 to 30 hours goes into ``fit`` as it is: the model finds the hour
of the alarm and reads the temperature there to 0.1 degrees, where the mean temperature
is off by 2.5.

The page fits such a list, predicts single sequences, and draws weights that end where
each sequence ends.
"""

# %%
# A list of arrays
# ----------------
#
# Each machine runs for 5 to 30 hours and has two channels: a temperature, and an alarm
# that sounds once. The model has to predict the temperature at the alarm.

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
# A list of arrays can be used wherever an array can.

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
# Predictions do not depend on the other sequences
# ------------------------------------------------
#
# A sequence that is predicted alone has the same prediction as among longer ones, up to
# rounding.

alone = np.concatenate([model.predict([x]) for x in X_test[:50]])
together = model.predict(X_test)[:50]
print(f"largest difference: {np.abs(alone - together).max():.0e} degrees")

# %%
# Weights end where the sequence ends
# -----------------------------------
#
# Grey hours lie behind the end of a sequence and have no weight. Rings mark the alarms,
# and the weight of each machine lies in its ring.

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
# ``predict_attention(X, as_list=True)`` returns one array for each sequence, as long as
# the sequence. :func:`~skattn.sequences.from_long` makes lists of arrays from a table
# with one row for each time step.
