"""A grid search on a Dask cluster of two processes, one of which is killed meanwhile.

Run as ``python benchmarks/soak/cluster.py --kill``; it prints JSON.
"""

import argparse
import json
import logging
import os
import signal
import threading
import time
import warnings

import numpy as np
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV, KFold

from skattn import LSTMAttentionRegressor


def make_search(n_epochs, X):
    """Build a search over four grid points and three folds.

    joblib puts arrays of more than 1 kB on one worker alone, where they die with it.
    Lists travel with each task, so folds are given as lists.
    """
    folds = [(train.tolist(), test.tolist()) for train, test in KFold(3).split(X)]
    grid = {"hidden_size": [4, 8], "attention": ["additive", "mean"]}
    model = LSTMAttentionRegressor(
        max_epochs=n_epochs, learning_rate=0.01, early_stopping=False, random_state=0
    )
    return GridSearchCV(model, grid, cv=folds)


def kill_when_busy(client, killed):
    """Kill a worker process as soon as it has something to lose."""
    while not killed:
        busy = [worker for worker, tasks in client.processing().items() if tasks]
        processes = client.run(os.getpid)
        if busy and busy[0] in processes:
            time.sleep(0.5)  # let it get on with its task
            os.kill(processes[busy[0]], signal.SIGKILL)
            killed.append(processes[busy[0]])
        time.sleep(0.05)


def main():
    """Compare the cluster's results with those of one process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--epochs", type=int, default=40)
    options = parser.parse_args()
    from distributed import Client, LocalCluster

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 10, 2))
    y = X[:, 4, 0]
    local = make_search(options.epochs, X).fit(X, y)
    killed = []
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        if options.kill:
            killer = threading.Thread(target=kill_when_busy, args=(client, killed))
            killer.start()
        # The data on all workers, so that each of them may die.
        with parallel_config(backend="dask", scatter=[X, y]):
            remote = make_search(options.epochs, X).fit(X, y)
        if options.kill:
            killer.join()
    names = [f"split{i}_test_score" for i in range(3)] + ["mean_test_score"]
    gaps = [np.abs(local.cv_results_[n] - remote.cv_results_[n]).max() for n in names]
    print(
        json.dumps(
            {
                "workers_killed": len(killed),
                "same_best_params": local.best_params_ == remote.best_params_,
                "largest_difference_of_scores": float(max(gaps)),
                "fits": 13,
            }
        )
    )


if __name__ == "__main__":
    main()
