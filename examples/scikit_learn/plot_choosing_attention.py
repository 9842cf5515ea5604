"""
Attention, the last state or the mean?
======================================

Attention is the best pooling for one of three tasks, and the last state of the LSTM is
best for two. Whether attention helps on your data is a question for cross-validation.

The page compares four ways to pool the states of an LSTM in a grid search.
"""

# %%
# Three tasks
# -----------
#
# The model predicts the largest of ten numbers, the marked one of ten, or the mean of
# ten. The first two tasks need single steps, and the third needs all steps equally.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import GridSearchCV

from skattn import LSTMAttentionRegressor
from skattn.datasets import make_find_max, make_marked_step

numbers = np.random.default_rng(0).normal(size=(600, 10, 1))
tasks = {
    "largest": make_find_max(600, 10, random_state=0)[:2],
    "marked": make_marked_step(600, 10, random_state=0)[:2],
    "mean": (numbers, numbers.mean((1, 2))),
}
poolings = ["additive", "last", "mean", "max"]

# %%
# The search
# ----------
#
# Eight epochs keep the page fast. They also favour poolings that learn quickly, so
# search with as many epochs as you will use.

scores, spreads = {}, {}
for task, (X, y) in tasks.items():
    model = LSTMAttentionRegressor(
        query="last",
        hidden_size=16,
        learning_rate=0.01,
        max_epochs=8,
        batch_size=32,
        early_stopping=False,
        store_attention=False,
        random_state=0,
    )
    search = GridSearchCV(model, {"attention": poolings}, cv=3).fit(X, y)
    scores[task] = search.cv_results_["mean_test_score"]
    spreads[task] = search.cv_results_["std_test_score"]
    print(f"{task}: best is {search.best_params_['attention']!r}")

# %%
# The answer
# ----------
#
# Bars are standard deviations over the folds. Smaller differences mean nothing: for the
# largest number, attention and the last state are equally good.

figure, axes = plt.subplots(layout="constrained", figsize=(6.4, 3.6))
styles = {"largest": "o", "marked": "s", "mean": "^"}
colours = {"largest": "#d55e00", "marked": "#0072b2", "mean": "#767676"}
for shift, task in enumerate(tasks):
    axes.errorbar(
        np.arange(len(poolings)) + 0.12 * (shift - 1),
        scores[task],
        spreads[task],
        fmt=styles[task],
        color=colours[task],
        capsize=3,
        label=task,
    )
axes.set_xticks(range(len(poolings)), poolings)
axes.set(xlabel="attention", ylabel="R2 of three folds")
axes.legend(frameon=False, title="task")
axes.spines[["top", "right"]].set_visible(False)
plt.show()
