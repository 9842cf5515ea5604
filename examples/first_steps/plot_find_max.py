"""
Find the maximum: two good predictions, one good map
====================================================

Two models predict the largest of ten numbers, with an R² of .99 and .88, but only one
of them shows where it is: the largest weight lies on the maximum in 96 % of the
sequences with ``attention="additive"``, and in 11 % with ``attention="dot"``.

The page fits both, and draws their weights beside the true place of the maximum.
"""

# %%
# The task
# --------
#
# The data set comes with its true attention: 1 at the step with the largest number.

import matplotlib.pyplot as plt
import numpy as np

from skattn import LSTMAttentionRegressor
from skattn.datasets import make_find_max

X, y, _ = make_find_max(4000, 10, random_state=0)
X_test, y_test, truth = make_find_max(500, 10, random_state=1)

# %%
# Two scores
# ----------
#
# ``"additive"`` has learned matrices between the query and the keys. ``"dot"``
# multiplies states as they are. Here the query is the last state, and the state that is
# most like the last state is the last state itself.

models = {}
for attention in ["additive", "dot"]:
    models[attention] = LSTMAttentionRegressor(
        query="last",
        attention=attention,
        hidden_size=32,
        learning_rate=0.01,
        lr_schedule="one_cycle",
        max_epochs=12,
        early_stopping=False,
        random_state=0,
    ).fit(X, y)

for attention, model in models.items():
    found = model.predict_attention(X_test).argmax(1) == truth.argmax(1)
    print(
        f"{attention:9} R2 {model.score(X_test, y_test):.3f}, "
        f"largest weight on the maximum: {found.mean():.0%}"
    )

# %%
# Where the weights lie
# ---------------------
#
# Each row is a sequence, and a ring marks its largest number. With ``"additive"`` the
# bright step is inside the ring. With ``"dot"`` the LSTM carries the largest number to
# the end of the sequence, and the weight lies there.

figure, axes = plt.subplots(1, 2, layout="constrained", figsize=(7.2, 4.2), sharey=True)
for panel, (attention, model) in zip(axes, models.items(), strict=True):
    image = panel.imshow(
        model.predict_attention(X_test[:15]), vmin=0, vmax=1, cmap="cividis"
    )
    panel.scatter(
        truth[:15].argmax(1),
        np.arange(15),
        s=70,
        facecolor="none",
        edgecolor="#d55e00",
        linewidth=1.8,
    )
    panel.set(title=f'attention="{attention}"', xlabel="step")
    panel.set_xticks(range(0, 10, 3))
axes[0].set_ylabel("sequence")
axes[0].set_yticks(range(0, 15, 2))
figure.colorbar(image, ax=axes, label="attention weight")
plt.show()

# %%
# A small error does not mean that the weights can be believed. :doc:`/guide/attention`
# compares the scores, and :doc:`/guide/ground_truth` counts how often each of them
# finds the right steps. Nobody needs a model for a maximum; the task is used because
# its answer is known.
