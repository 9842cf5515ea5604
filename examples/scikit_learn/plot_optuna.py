"""
A search that learns where to look, with Optuna
===============================================

Thirty trials find a model with an R² above .99, and the later trials gather around its
learning rate.

A grid search tries every point of a grid. Optuna draws the next trial near good earlier
ones, which suits parameters that are numbers on a scale.
"""

# %%
# What a trial is
# ---------------
#
# A trial draws a learning rate, a size and a kind of attention, and returns the mean R2
# of three folds.

import matplotlib.pyplot as plt
import numpy as np
import optuna
from sklearn.model_selection import cross_val_score

from skattn import LSTMAttentionRegressor
from skattn.datasets import make_marked_step

X, y, _ = make_marked_step(600, 10, random_state=0)
ATTENTIONS = ["additive", "last", "mean"]


def objective(trial):
    model = LSTMAttentionRegressor(
        query="last",
        attention=trial.suggest_categorical("attention", ATTENTIONS),
        hidden_size=trial.suggest_int("hidden_size", 8, 32, log=True),
        learning_rate=trial.suggest_float("learning_rate", 1e-3, 0.2, log=True),
        max_epochs=5,
        early_stopping=False,
        store_attention=False,
        random_state=0,
    )
    return cross_val_score(model, X, y, cv=3).mean()


# %%
# The search
# ----------

optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(
    direction="maximize", sampler=optuna.samplers.TPESampler(seed=0)
)
study.optimize(objective, n_trials=30)
print(f"best R2: {study.best_value:.3f}")
for name, value in study.best_params.items():
    print(f"{name}: {value if isinstance(value, str) else round(value, 4)}")

# %%
# Thirty trials
# -------------
#
# Each point is a trial, and later trials are larger. They gather where earlier trials
# were good. Trials with an R2 below 0 are drawn at 0.

figure, axes = plt.subplots(layout="constrained", figsize=(6.4, 3.8))
styles = {"additive": ("o", "#0072b2"), "last": ("s", "#d55e00"), "mean": ("^", "0.45")}
for attention, (marker, colour) in styles.items():
    trials = [t for t in study.trials if t.params["attention"] == attention]
    axes.scatter(
        [t.params["learning_rate"] for t in trials],
        np.maximum([t.value for t in trials], 0),
        [15 + 3 * t.number for t in trials],
        marker=marker,
        color=colour,
        alpha=0.7,
        label=attention,
    )
axes.set(xscale="log", xlabel="learning rate", ylabel="R2 of three folds")
axes.legend(frameon=False, title="attention", loc="lower right")
axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# The best of thirty scores is too good, since it was chosen for being the best. Score
# the model again on data that the search has not seen. The objective is a plain
# function, so that it can use any splitter, such as
# :class:`~skattn.sequences.WindowSplit`.
