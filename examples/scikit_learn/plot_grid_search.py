"""
Searching the whole family of attentions
========================================

Score, query and values are parameters like any other, so that a grid search compares
them. With a second measure it also tells whose weights point at the right step.
"""

# %%
# A grid with conditions
# ----------------------
#
# ``query`` means something only where there is a score; a list of grids says so. The
# scaler in front shows that a search goes through pipelines.

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
# Here the mark in channel 1 says which step is right. So the search can count how often
# the largest weight lies there; on data of your own nobody can.


def hit(pipeline, X, y):
    weights = pipeline[-1].predict_attention(pipeline[:-1].transform(X))
    return np.mean(weights.argmax(1) == X[:, :, 1].argmax(1))


search = GridSearchCV(
    pipeline, grid, scoring={"r2": "r2", "hit": hit}, refit="r2", cv=3
).fit(X, y)

# %%
# The table
# ---------

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
# Good predictions stand on the right of the left panel, right weights on the right of
# the right one. Whiskers are the standard deviation over three folds.

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
# A search by R2 alone takes the best predictor, whatever its weights. Those who mean to
# read the weights should choose among the models that predict well enough.
