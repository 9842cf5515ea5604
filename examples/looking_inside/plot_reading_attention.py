"""
Reading an attention map
========================

A model with attention shows which steps a prediction was added up from. This page looks
at the weights of one in five ways, and then asks whether they may be believed.
"""

# %%
# The task
# --------
#
# Every sequence holds 24 numbers, one an hour, and a mark at one of them: the marked
# number is the answer. With ``values="inputs"`` the weights belong to the steps
# themselves, and a prediction is an exact sum over steps and channels.

import matplotlib.pyplot as plt

from skattn import LSTMAttentionRegressor
from skattn.datasets import make_marked_step
from skattn.inspection import (
    AttentionDisplay,
    ContributionDisplay,
    FaithfulnessDisplay,
    attention_faithfulness,
    attention_frame,
)

X, y, _ = make_marked_step(2000, 24, random_state=0)
X_test, y_test, _ = make_marked_step(300, 24, random_state=1)
hours = [f"{step - 23} h" for step in range(24)]
channels = ["number", "mark"]
model = LSTMAttentionRegressor(
    query="last",
    values="inputs",
    hidden_size=32,
    learning_rate=0.01,
    lr_schedule="one_cycle",
    max_epochs=12,
    early_stopping=False,
    random_state=0,
).fit(X, y)
print(f"R2 on new sequences: {model.score(X_test, y_test):.3f}")

# %%
# Many samples
# ------------
#
# One row a sample: each has one bright step, and it is another one in each row.

AttentionDisplay.from_estimator(model, X_test[:40], step_labels=hours)

# %%
# The mean of such a map is flat, and would hide all of this. A mean profile is worth
# looking at where the steps have a meaning of their own, such as the same hour of
# yesterday; the band says how far single samples are from it. Here the mean even lies
# above the band of 80 % of the samples, since few samples have large weights.

AttentionDisplay.from_estimator(model, X_test, kind="mean", step_labels=hours)

# %%
# One sample
# ----------

AttentionDisplay.from_estimator(
    model,
    X_test,
    kind="series",
    sample=4,
    step_labels=hours,
    channel_names=channels,
)

# %%
# What each value contributed to this prediction, in units of y. The weights say which
# step; the contributions say how much, and of which sign.

ContributionDisplay.from_estimator(
    model,
    X_test,
    sample=4,
    step_labels=hours,
    channel_names=channels,
    unit="units of y",
)

# %%
# The weights as a table
# ----------------------

frame = attention_frame(model, X_test, times=hours)
print(frame.sort_values("weight", ascending=False).groupby("id").head(1).head())

# %%
# May they be believed?
# ---------------------
#
# Steps are replaced in the order of their weights. If the prediction changes as fast as
# in the greedy order, the weights point at what it rests on.

report = attention_faithfulness(model, X_test, random_state=0)
print(report)

# %%

FaithfulnessDisplay.from_report(report)
plt.show()
