"""Grid searches of many small fits, in one process and in two."""

import time

from sklearn.model_selection import GridSearchCV

from . import torch_peers
from .fitting import make_plain
from .shapes import N_SAMPLES, make_data

FOLDS = 3


def measure(table, workers, quick):
    """Compare with skorch's net in the same search."""
    task = Search(quick)
    column = task.y[:, None].copy()
    grid = {"module__hidden": task.hiddens, "lr": task.rates}
    net = torch_peers.make_skorch(32, task.epochs)
    table.compare(
        task.name(task.epochs),
        {
            "skattn": task.ours(task.epochs),
            "skorch": lambda: run(net, grid, task.X, column),
        },
        {"skorch": 0.8},
    )


def measure_scikeras(table, workers, quick):
    """Compare with scikeras, in few rounds, since one takes minutes."""
    task = Search(quick)
    scikeras = workers["keras"].asks(
        "search",
        grid={"hidden": task.hiddens, "learning_rate": task.rates},
        folds=FOLDS,
        epochs=task.epochs,
        n_samples=len(task.X),
    )
    table.compare(
        task.name(task.epochs),
        {"skattn": task.ours(task.epochs), "scikeras": scikeras},
        {"scikeras": 1 / 14},
        rounds=min(table.rounds, 5),
        warm=False,
    )


def measure_jobs(table, workers, quick):
    """Compare two processes with one, by the clock on the wall."""
    task = Search(quick)
    epochs = 4 * task.epochs
    table.compare(
        f"{task.name(epochs)}, n_jobs=2",
        {
            "skattn": on_the_wall(task.ours(epochs, 2)),
            "skattn, n_jobs=1": on_the_wall(task.ours(epochs)),
        },
        {"skattn, n_jobs=1": 1 / 1.4},
    )


class Search:
    """What is searched: 3 x 3 settings in 3 folds, or one setting in the quick form.

    Parameters
    ----------
    quick : bool
        Whether this is the quick form.
    """

    def __init__(self, quick):
        self.X, self.y = make_data(200 if quick else N_SAMPLES)
        self.hiddens = [50] if quick else [25, 50, 75]
        self.rates = [1e-3] if quick else [3e-4, 1e-3, 3e-3]
        self.epochs = 2 if quick else 5

    def name(self, epochs):
        """Say what is done."""
        n_fits = len(self.hiddens) * len(self.rates) * FOLDS
        return f"GridSearchCV, {n_fits} fits of {epochs} epochs"

    def ours(self, epochs, n_jobs=None):
        """Give a callable that searches with skattn."""
        grid = {"hidden_size": self.hiddens, "learning_rate": self.rates}
        model = make_plain(32, max_epochs=epochs)
        return lambda: run(model, grid, self.X, self.y, n_jobs)


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
