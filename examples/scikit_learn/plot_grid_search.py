"""
Searching the whole family of attentions
========================================

All nine kinds of attention predict well, with an R² of .92 to 1.00, but only six of
them put the largest weight on the right step in every sample.

Kinds of attention are parameters like any others, so that a grid search can compare
them. The search on this page measures the predictions and the weights.
"""

# %%
# A grid with conditions
# ----------------------
#
# ``query`` has no meaning for the poolings "last" and "mean", so that the grid is a
# list of grids. The scaler in front shows that a search works on a pipeline.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler

from skattn import LSTMAttentionRegressor
from skattn.datasets import make_marked_step
from skattn.sequences import OverTime

X, y, _ = make_marked_step(1200, 10, random_state=0)
pipeline = make_pipeline(
    OverTime(RobustScaler()),
    LSTMAttentionRegressor(
        query="last",
        hidden_size=16,
        learning_rate=0.02,
        lr_schedule="one_cycle",
        max_epochs=10,
        early_stopping=False,
        store_attention=False,
        random_state=0,
    ),
)
name = "lstmattentionregressor__"
grid = [
    {name + "attention": ["last", "mean"]},
    {
        name + "attention": ["additive", "general", "dot"],
        name + "query": ["last", "learned"],
    },
    {name + "attention": ["additive"], name + "values": ["inputs"]},
]

# %%
# Two measures
# ------------
#
# The mark in channel 1 says which step is right, so that the search can count how often
# the largest weight lies there. On real data the right step is not known.


def hit(pipeline, X, y):
    weights = pipeline[-1].predict_attention(pipeline[:-1].transform(X))
    return np.mean(weights.argmax(1) == X[:, :, 1].argmax(1))


search = GridSearchCV(
    pipeline, grid, scoring={"r2": "r2", "hit": hit}, refit="r2", cv=3
).fit(X, y)

# %%
# The table
# ---------
#
# Rows are sorted by R2.

table = pd.DataFrame(search.cv_results_)
table.columns = table.columns.str.replace("param_" + name, "")
table["label"] = table.attention + table["query"].map(
    {"last": ", last state", "learned": ", learned query"}
).fillna("")
table.loc[table["values"] == "inputs", "label"] += ", values=inputs"
table = table.sort_values("mean_test_r2")
columns = ["label", "mean_test_r2", "std_test_r2", "mean_test_hit"]
print(table[columns].round(3).to_string(index=False))

# %%
# The left panel shows how good the predictions are, the right panel how often the
# weights are right. In both, further to the right is better. Bars are standard
# deviations over three folds.

figure, axes = plt.subplots(1, 2, layout="constrained", figsize=(7.6, 3.8), sharey=True)
for panel, measure, colour, marker in zip(
    axes, ["r2", "hit"], ["#0072b2", "#d55e00"], ["o", "s"], strict=True
):
    panel.errorbar(
        table[f"mean_test_{measure}"],
        table["label"],
        xerr=table[f"std_test_{measure}"],
        fmt=marker,
        color=colour,
        capsize=3,
    )
    panel.grid(axis="y", color="0.9")
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)
axes[0].set(xlabel="R2 of the predictions")
axes[1].set(xlabel="largest weight on the marked step", xlim=(-0.05, 1.05))
plt.show()

# %%
# A search by R2 alone does not look at the weights. If you want to read them, choose
# among the models that predict well enough the one whose weights can be believed.
