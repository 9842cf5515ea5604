"""Grid searches of many small fits, in one process and in two."""

import time

from sklearn.model_selection import GridSearchCV

from . import torch_peers
from .fitting import drop, make_plain
from .shapes import N_SAMPLES, make_data

FOLDS = 3


def measure(table, workers, quick):
    """Search 3 x 3 settings in 3 folds: 27 fits; 3 of them in the quick form."""
    X, y = make_data(200 if quick else N_SAMPLES)
    hiddens = [50] if quick else [25, 50, 75]
    rates = [1e-3] if quick else [3e-4, 1e-3, 3e-3]
    n_fits = len(hiddens) * len(rates) * FOLDS
    epochs = 2 if quick else 5
    grid = {"hidden_size": hiddens, "learning_rate": rates}

    def search(epochs, n_jobs=None):
        model = make_plain(32, max_epochs=epochs)
        return lambda: drop(run(model, grid, X, y, n_jobs))

    column = y[:, None].copy()
    skorch_grid = {"module__hidden": hiddens, "lr": rates}
    scikeras = workers["keras"].asks(
        "search",
        grid={"hidden": hiddens, "learning_rate": rates},
        folds=FOLDS,
        epochs=epochs,
        n_samples=len(X),
    )
    table.compare(
        f"GridSearchCV, {n_fits} fits of {epochs} epochs",
        {
            "skattn": search(epochs),
            "skorch": lambda: drop(
                run(torch_peers.make_skorch(32, epochs), skorch_grid, X, column)
            ),
        },
        {"skorch": 0.8},
    )
    table.compare(
        f"GridSearchCV, {n_fits} fits of {epochs} epochs",
        {"skattn": search(epochs), "scikeras": scikeras},
        {"scikeras": 1 / 14},
        rounds=1 if quick else 2,
        warm=False,
    )
    long = 5 if quick else 20
    table.compare(
        f"GridSearchCV, {n_fits} fits of {long} epochs, n_jobs=2",
        {
            "skattn": on_the_wall(search(long, 2)),
            "skattn, n_jobs=1": on_the_wall(search(long)),
        },
        {"skattn, n_jobs=1": 1 / 1.4},
    )


def run(model, grid, X, y, n_jobs=None):
    """Search without a last fit, so that the fits are those counted."""
    search = GridSearchCV(
        model, grid, cv=FOLDS, refit=False, n_jobs=n_jobs, error_score="raise"
    )
    search.fit(X, y)


def on_the_wall(work):
    """Give a callable that returns the seconds until all processes are done."""

    def run():
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return run
