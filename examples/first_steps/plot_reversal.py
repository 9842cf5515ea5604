"""
Reversal: an alignment matrix that can be checked
=================================================

The answer is the sequence backwards. A decoder that predicts step by step has an
attention for each output step, and these should form the anti-diagonal, with and
without the bridge of the textbook.
"""

# %%
# An encoder and a decoder
# ------------------------
#
# ``decoder="lstm"`` writes one output step after the other. It starts from zeros, so
# that all it knows of the sequence comes through the attention. With
# ``state_bypass=True`` it starts from the encoder's last state: that is the bridge. The
# answer could then cross it, past the attention.

import matplotlib.pyplot as plt
import numpy as np

from skattn import LSTMAttentionRegressor
from skattn.datasets import make_reversal

X, y, _ = make_reversal(2000, 8, 4, random_state=0)
X_test, y_test, truth = make_reversal(300, 8, 4, random_state=1)
models = {}
for name, bridge in {"no bridge": False, "bridge": True}.items():
    models[name] = LSTMAttentionRegressor(
        decoder="lstm",
        bidirectional=True,
        state_bypass=bridge,
        hidden_size=32,
        learning_rate=0.01,
        lr_schedule="one_cycle",
        max_epochs=12,
        early_stopping=False,
        random_state=0,
    ).fit(X, y)

# %%
# Does it look where it should?
# -----------------------------
#
# The answers have a variance of 1, so that an error of 1 is that of a guess.

weights = {name: model.predict_attention(X_test) for name, model in models.items()}
for name, model in models.items():
    error = np.mean((model.predict(X_test) - y_test) ** 2)
    right = np.mean(weights[name].argmax(2) == truth.argmax(2))
    print(f"{name:9}: mean squared error {error:.4f}, right steps {right:.1%}")

# %%
# The truth, and the mean alignment over 300 sequences of each model.

figure, axes = plt.subplots(1, 3, layout="constrained", figsize=(8.4, 3.2), sharey=True)
tables = {"truth": truth} | weights
for panel, (name, table) in zip(axes, tables.items(), strict=True):
    image = panel.imshow(table.mean(0), vmin=0, vmax=1, cmap="cividis")
    panel.set(title=name, xlabel="input step")
    panel.set_xticks(range(0, 8, 2))
    panel.set_yticks(range(0, 8, 2))
axes[0].set_ylabel("output step")
figure.colorbar(image, ax=axes, label="mean attention weight", shrink=0.8)
plt.show()

# %%
# Both align. The bridge did no harm here, at sequences this short and with the start
# that the package gives its networks. Nothing guarantees that: what travels in the
# state needs no attention, and a map that it left idle would come with the same error.
# Where the weights are to be read, leave the bridge out.
#
# Reversing a list takes one line of NumPy; here it shows that an alignment can be
# right. :class:`~skattn.inspection.AttentionDisplay` draws the same of your own model
# with ``kind="alignment"``.
