"""
Find the maximum: two good predictions, one good map
====================================================

The answer is the largest of ten numbers, so everybody can see where attention should
lie. Two models predict it well. The weights of only one of them point at it.
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
# ``"additive"`` has learned matrices between the query and the keys. ``"dot"`` compares
# states as they are; with the last state as query, the last state resembles itself
# most.

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
# Look
# ----
#
# Fifteen sequences; a ring marks the largest number. The LSTM with ``"dot"`` carries
# the largest number so far to the end of the sequence, where the weight lies.

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
# A small error is no sign of good attention. The user guide tells more in "Which
# attention" and "Does it find the right steps?". For a maximum you need no model at
# all: the task is here because its answer is known.
