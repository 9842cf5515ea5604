"""
When not to trust an attention map
==================================

An attention map can look convincing, come from an accurate model, and explain nothing.
This page shows two such cases, and how a report tells them.
"""

# %%
# Weights beside the answer
# -------------------------
#
# The answer is the number at the marked step. This model takes it from the last state
# of its LSTM, and shows weights that somebody drew at random. Its errors are small, and
# its map is as sharp as any.

import matplotlib.pyplot as plt
import numpy as np

from skattn import LSTMAttentionRegressor
from skattn.datasets import load_electricity_demand, make_marked_step
from skattn.inspection import (
    AttentionDisplay,
    FaithfulnessDisplay,
    attention_faithfulness,
)
from skattn.sequences import make_windows

X, y, _ = make_marked_step(3000, 16, random_state=0)
X_test, y_test, _ = make_marked_step(300, 16, random_state=1)


class Decorated:
    """A model with a map that has nothing to do with it."""

    def __init__(self, model):
        self.model = model

    def predict(self, X):
        return self.model.predict(X)

    def predict_attention(self, X):
        random = np.random.default_rng(0)
        return random.dirichlet(np.full(X.shape[1], 0.2), len(X))


model = LSTMAttentionRegressor(
    query="last",
    attention="last",
    hidden_size=32,
    learning_rate=0.01,
    lr_schedule="one_cycle",
    max_epochs=15,
    early_stopping=False,
    random_state=0,
).fit(X, y)
print(f"R2 on new sequences: {model.score(X_test, y_test):.3f}")
decorated = Decorated(model)
AttentionDisplay.from_estimator(decorated, X_test[:40])

# %%
# The report does not need to know how the model works. Replacing the steps with the
# largest weights changes the predictions as replacing random ones does.

report = attention_faithfulness(decorated, X_test, random_state=0)
print(report.verdict)
print(report["deletion_score"].sentence)
FaithfulnessDisplay.from_report(report)

# %%
# A good forecast that hardly needs its attention
# -----------------------------------------------
#
# Electricity demand in England and Wales (Taylor 2003), a week in, a day out. The
# forecast goes along a linear path and starts from the last value; the attention, over
# seven past days, adds the rest. The map shows a weekly pattern: which days it looks at
# depends on the day of the week.

DAY, WEEK = 48, 336  # half-hours
data = load_electricity_demand()
start = 9 * WEEK  # of the test part
X, y = make_windows(data.demand[:start], WEEK, DAY)
X_test, y_test = make_windows(data.demand[start - WEEK :], WEEK, DAY)
forecaster = LSTMAttentionRegressor(
    query="last",
    patch_size=DAY,
    target_channels=0,
    anchor=True,
    linear_skip=True,
    learning_rate=0.005,
    lr_schedule="one_cycle",
    max_epochs=25,
    early_stopping=False,
    random_state=0,
).fit(X, y)
error = np.abs(forecaster.predict(X_test) / y_test - 1).mean()
print(f"error on the last three weeks: {error:.2%}")
days = [f"-{day} d" for day in range(7, 0, -1)]
AttentionDisplay.from_estimator(
    forecaster, X_test[: 2 * WEEK : DAY], step_labels=days
).ax_.set_ylabel("forecast day, from a Monday")

# %%
# The report is plain about it.

report = attention_faithfulness(forecaster, X_test, random_state=0)
print(report)

# %%

FaithfulnessDisplay.from_report(report)
plt.show()

# %%
# So this map is pretty, repeats from week to week, and should not be believed: less
# than half of the forecast goes through the attention, and replacing the days that it
# looks at changes the forecast hardly more than replacing any days.
#
# What to take from this: a sharp map and a small error prove nothing, alone or
# together. If you need the weights, leave ``anchor``, ``linear_skip`` and
# ``state_bypass`` off, take ``values="inputs"``, look at the price in accuracy, and ask
# the report again.
#
# References
# ----------
#
# S. Jain and B. Wallace (2019). Attention is not explanation. NAACL.
#
# S. Serrano and N. Smith (2019). Is attention interpretable? ACL.
#
# J. W. Taylor (2003). Short-term electricity demand forecasting using double seasonal
# exponential smoothing. Journal of the Operational Research Society 54.
