"""
Reversal: an alignment matrix that can be checked
=================================================

The answer is the sequence backwards. A decoder that predicts step by step has an
attention for each output step, and these should form the anti-diagonal.
"""

# %%
# An encoder and a decoder
# ------------------------
#
# ``decoder="lstm"`` writes one output step after the other. It starts from zeros, so
# that all it knows of the sequence comes through the attention.

import matplotlib.pyplot as plt
import numpy as np

from skattn import LSTMAttentionRegressor
from skattn.datasets import make_reversal

X, y, _ = make_reversal(2000, 8, 4, random_state=0)
X_test, y_test, truth = make_reversal(300, 8, 4, random_state=1)
model = LSTMAttentionRegressor(
    decoder="lstm",
    bidirectional=True,
    hidden_size=48,
    learning_rate=0.01,
    lr_schedule="one_cycle",
    max_epochs=20,
    early_stopping=False,
    random_state=0,
).fit(X, y)
error = np.sqrt(np.mean((model.predict(X_test) - y_test) ** 2))
print(f"root mean squared error, where the answers have a spread of 1: {error:.2f}")

# %%
# Does it look where it should?
# -----------------------------

weights = model.predict_attention(X_test)
print("weights:", weights.shape, "(samples, output steps, input steps)")
print(f"right steps: {np.mean(weights.argmax(2) == truth.argmax(2)):.1%}")

# %%
# The truth, one sequence, and the mean over all.

figure, axes = plt.subplots(1, 3, layout="constrained", figsize=(8.4, 3.2), sharey=True)
titles = ["truth", "one sequence", "mean of 300"]
for panel, title, table in zip(
    axes, titles, [truth[0], weights[0], weights.mean(0)], strict=True
):
    image = panel.imshow(table, vmin=0, vmax=1, cmap="cividis")
    panel.set(title=title, xlabel="input step")
    panel.set_xticks(range(0, 8, 2))
    panel.set_yticks(range(0, 8, 2))
axes[0].set_ylabel("output step")
figure.colorbar(image, ax=axes, label="attention weight", shrink=0.8)
plt.show()

# %%
# Reversing a list takes one line of NumPy; here it shows that an alignment can be
# right. :class:`~skattn.inspection.AttentionDisplay` draws the same of your own model
# with ``kind="alignment"``.
