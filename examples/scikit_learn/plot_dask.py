"""
A grid search on a Dask cluster
===============================

A grid search on a Dask cluster has exactly the scores of a search in one process.

scikit-learn's searches run on whatever joblib runs on, and joblib runs on Dask. The
page starts a small cluster, searches on it, and compares the scores.
"""

# %%
# A search
# --------
#
# The folds are lists, since joblib sends lists along with each task. It keeps arrays of
# more than 1 kB on one worker only, and they are lost if this worker dies.

import matplotlib.pyplot as plt
import numpy as np
from distributed import Client, LocalCluster
from joblib import parallel_config
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold

from skattn import LSTMAttentionRegressor
from skattn.datasets import make_marked_step

X, y, _ = make_marked_step(600, 10, random_state=0)
folds = [(train.tolist(), test.tolist()) for train, test in KFold(2).split(X)]
search = GridSearchCV(
    LSTMAttentionRegressor(
        query="last",
        learning_rate=0.02,
        lr_schedule="one_cycle",
        max_epochs=8,
        early_stopping=False,
        store_attention=False,
        random_state=0,
    ),
    {"attention": ["last", "mean", "additive"], "hidden_size": [8, 16, 32]},
    cv=folds,
)

# %%
# A cluster
# ---------
#
# The two workers here are threads of this process, so that the page runs anywhere. For
# worker processes, write ``LocalCluster()`` without arguments, and put the code of a
# script under ``if __name__ == "__main__":``. For other machines, give ``Client`` the
# address of the scheduler. The rest stays the same.
#
# ``scatter`` sends the data to each worker, so that the search survives a lost worker.

with (
    LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",  # over 127.0.0.1
        dashboard_address=":0",
    ) as cluster,
    Client(cluster) as client,
):
    print(len(client.nthreads()), "workers")
    with parallel_config(backend="dask", scatter=[X, y]):
        remote = clone(search).fit(X, y)

# %%
# The same scores
# ---------------

local = clone(search).fit(X, y)
gap = remote.cv_results_["mean_test_score"] - local.cv_results_["mean_test_score"]
print(f"largest difference from one process: {np.abs(gap).max():.0e}")
print("best:", remote.best_params_)

# %%
# The grid
# --------
#
# Numbers are the mean R2 of two folds. Additive attention is best for each size.

figure, axes = plt.subplots(layout="constrained", figsize=(5.6, 3.2))
scores = remote.cv_results_["mean_test_score"].reshape(3, 3)
image = axes.imshow(scores, vmin=0, vmax=1, cmap="cividis")
for (row, column), score in np.ndenumerate(scores):
    colour = "black" if score > 0.6 else "white"
    axes.text(column, row, f"{score:.2f}", ha="center", va="center", color=colour)
axes.set_xticks(range(3), search.param_grid["hidden_size"])
axes.set_yticks(range(3), search.param_grid["attention"])
axes.set(xlabel="hidden_size", ylabel="attention")
figure.colorbar(image, ax=axes, label="R2")
plt.show()

# %%
# A search this small is faster in one process, since sending a task takes longer than
# the fit. A cluster pays when single fits take minutes. :doc:`/guide/persistence` says
# what happens when a worker dies.
