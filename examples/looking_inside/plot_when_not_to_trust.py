"""
When not to trust an attention map
==================================

Two accurate models show clear attention maps here, and in both cases the report says
not to read the weights as importance.

In the first case the weights were drawn at random. In the second they are real, but
most of the forecast takes another way than the attention.
"""

# %%
# Random weights
# --------------
#
# The model has to predict the number at the marked step. It does so from the last state
# of its LSTM, without attention. The weights that it shows are random numbers. Still,
# its predictions are right and its map looks sharp.

import textwrap

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
# The report needs to know nothing about the model. It replaces the steps with the
# largest weights, and the predictions change no more than with random steps.

# sphinx_gallery_thumbnail_number = 2
report = attention_faithfulness(decorated, X_test, random_state=0)
print(textwrap.fill(f"{report.verdict} {report['deletion_score'].sentence}", 86))
FaithfulnessDisplay.from_report(report)

# %%
# A good forecast that hardly needs its attention
# -----------------------------------------------
#
# This model reads a week of electricity demand (Taylor 2003) and forecasts a day. Its
# forecast starts from the last value, a linear path adds to it, and the attention over
# seven past days adds the rest.
#
# The map shows a weekly pattern. On most days the largest weight lies on the last
# Sunday.

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
# The report says not to read these weights. It recommends contributions instead, which
# also count the linear path.

report = attention_faithfulness(forecaster, X_test, random_state=0)
print(report)

# %%

FaithfulnessDisplay.from_report(report)
plt.show()

# %%
# The map repeats from week to week and still explains little. Less than a third of the
# forecast goes through the attention (``attended_share``), and replacing the days with
# large weights changes the forecast hardly more than replacing random days.
#
# A sharp map and a small error do not prove that the weights explain the predictions.
# If you need weights that do, leave ``anchor``, ``linear_skip`` and ``state_bypass``
# off, use ``values="inputs"``, compare the accuracy, and ask for the report again.
#
# References
# ----------
#
# \S. Jain and B. Wallace (2019). Attention is not explanation. NAACL.
#
# \S. Serrano and N. Smith (2019). Is attention interpretable? ACL.
#
# \J. W. Taylor (2003). Short-term electricity demand forecasting using double seasonal
# exponential smoothing. Journal of the Operational Research Society 54.
