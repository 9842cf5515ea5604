"""
Reversal: an alignment matrix that can be checked
=================================================

The decoder puts its largest weight on the right input step for every output step of all
300 new sequences.

The task is to write a sequence backwards. An LSTM decoder has one attention for each
output step, so that the weights of all output steps, the alignment, should form the
anti-diagonal. The page checks this for two forms of the decoder.
"""

# %%
# An encoder and a decoder
# ------------------------
#
# ``decoder="lstm"`` predicts one output step after the other. It starts from zeros, so
# that all it knows of the sequence comes through the attention. With
# ``state_bypass=True`` it starts from the encoder's last state, as in the textbooks.
# This is called the bridge here. The answer can then pass over the bridge and need no
# attention.

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
# The answers have a variance of 1, so that guessing the mean has an error of 1.

weights = {name: model.predict_attention(X_test) for name, model in models.items()}
for name, model in models.items():
    error = np.mean((model.predict(X_test) - y_test) ** 2)
    right = np.mean(weights[name].argmax(2) == truth.argmax(2))
    print(f"{name:9}: mean squared error {error:.4f}, right steps {right:.1%}")

# %%
# On the left is the true alignment, beside it the mean alignment of each model over 300
# sequences. Both models draw the anti-diagonal.

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
# The bridge did no harm on sequences this short, but nothing guarantees that. What the
# decoder knows from the bridge needs no attention, and the error would be the same with
# meaningless weights. If you want to read the weights, leave the bridge out.
#
# :class:`~skattn.inspection.AttentionDisplay` with ``kind="alignment"`` draws such a
# map of your own model.
