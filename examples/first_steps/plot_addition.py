"""
Adding two numbers: what each step contributes
==============================================

The model adds the two marked numbers of twenty with an R² of 1.00, and 94 % of what its
steps contribute comes from the two marked steps.

The attention weights of a model say which steps it read. Its contributions, which this
page computes and draws, say how much each step added to the prediction.
"""

# %%
# A model whose sum can be taken apart
# ------------------------------------
#
# With ``values="inputs"`` the attention adds up embeddings of the inputs. By default it
# adds up states of the LSTM, which also remember earlier steps. Only with inputs is a
# prediction an exact sum over steps and channels.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import RidgeCV

from skattn import LSTMAttentionRegressor
from skattn.datasets import make_addition

X, y, _ = make_addition(4000, 20, random_state=0)
X_test, y_test, truth = make_addition(500, 20, random_state=1)
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
ridge = RidgeCV().fit(X.reshape(len(X), -1), y)
print(f"R2, LSTM with attention: {model.score(X_test, y_test):.3f}")
print(f"R2, ridge regression: {ridge.score(X_test.reshape(500, -1), y_test):.3f}")

# %%
# Ridge regression cannot learn this task. A number counts only if it is marked, so that
# number and mark have to be multiplied, which no linear model does.
#
# The parts and the whole
# -----------------------

parts = model.predict_contributions(X_test)
total = model.base_value_ + parts.sum((1, 2))
print("largest difference:", f"{abs(total - model.predict(X_test)).max():.0e}")
steps = np.abs(parts.sum(2))
share = (steps * (truth > 0)).sum(1) / steps.sum(1)
print(f"share of the contributions on marked steps: {share.mean():.1%}")

# %%
# The picture shows one sequence: above its numbers, with the marked ones filled, and
# below what each step contributed, in units of the sum.

sample = 3
marked = truth[sample] > 0
figure, (top, bottom) = plt.subplots(
    2, 1, layout="constrained", figsize=(6.4, 4.4), sharex=True
)
top.vlines(range(20), 0, X_test[sample, :, 0], color="0.8", lw=1)
top.scatter(
    range(20),
    X_test[sample, :, 0],
    facecolor=np.where(marked, "#0072b2", "white"),
    edgecolor="#0072b2",
    zorder=2,
)
top.set(
    ylabel="number", ylim=(0, 1.1), title=f"sum of the marked: {y_test[sample]:.2f}"
)
bottom.bar(
    range(20),
    parts[sample].sum(1),
    color=np.where(marked, "#d55e00", "0.6"),
)
bottom.axhline(0, color="0.3", lw=0.8)
bottom.set(
    xlabel="step",
    ylabel="contribution",
    title=f"base value {model.base_value_:.2f}, "
    f"with all contributions {total[sample]:.2f}",
)
bottom.set_xticks(range(0, 20, 2))
for panel in (top, bottom):
    panel.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# References
# ----------
#
# \S. Hochreiter and J. Schmidhuber (1997). Long short-term memory. Neural Computation
# 9(8).
