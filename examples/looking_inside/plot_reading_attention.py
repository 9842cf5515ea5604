"""
Reading an attention map
========================

The largest weight lies on the marked step in all 300 new samples, and the report says
that these weights can be read.

The page draws the weights of one model in five ways: for many samples, as a mean, for
one sample, as contributions, and as a table. Then it measures whether they can be
believed.
"""

# %%
# The task
# --------
#
# Every sequence holds 24 hourly numbers. One of them is marked, and the model has to
# predict it. With ``values="inputs"`` the weights belong to the steps themselves, and a
# prediction is an exact sum over steps and channels.

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
found = model.predict_attention(X_test).argmax(1) == X_test[:, :, 1].argmax(1)
print(f"largest weight on the marked step: {found.mean():.1%}")

# %%
# Many samples
# ------------
#
# Each row is a sample. It has one bright step, at a place of its own.

AttentionDisplay.from_estimator(model, X_test[:40], step_labels=hours)

# %%
# The mean over samples hides this. It is nearly flat, because each step is marked in
# few samples. It even lies above the band of 80 % of the samples, which have no weight
# there.
#
# Draw a mean where a step means the same in each sample, such as "the same hour
# yesterday". The band shows how far single samples are from the mean.

AttentionDisplay.from_estimator(model, X_test, kind="mean", step_labels=hours)

# %%
# One sample
# ----------
#
# Above are the two channels of sample 4, below its weights. The weight lies where the
# mark is 1.

# sphinx_gallery_thumbnail_number = 3
AttentionDisplay.from_estimator(
    model,
    X_test,
    kind="series",
    sample=4,
    step_labels=hours,
    channel_names=channels,
)

# %%
# Contributions are in units of y. The weights say which step was read. The
# contributions say how much each channel of the step added, and with which sign.

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
#
# A data frame with one row for each weight can be grouped and joined. Here are the
# samples with the largest weights.

frame = attention_frame(model, X_test, times=hours)
print(frame.sort_values("weight", ascending=False).groupby("id").head(1).head())

# %%
# Can they be believed?
# ---------------------
#
# The report replaces steps in the order of their weights. If the prediction changes as
# fast as it can, the weights show the steps that it rests on. Two bounds are computed
# for comparison: a greedy order, which looks for the step that changes most, and random
# orders.

report = attention_faithfulness(model, X_test, random_state=0)
print(report)

# %%

FaithfulnessDisplay.from_report(report)
plt.show()
