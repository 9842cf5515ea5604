"""Predictions of one row and of a thousand, beside the bare module."""

import torch

from .clock import now
from .fitting import make_plain
from .shapes import make_data
from .torch_peers import HandWritten


def measure(table, workers, quick):
    """Compare with one call of the hand-written module."""
    X, y = make_data()
    model = make_plain(128, max_epochs=1).fit(X, y)
    module = HandWritten().eval()
    for n_rows, repeats, limit in ((1, 50, 1.6), (1000, 5, 0.9)):
        rows = X[:n_rows]
        tensor = torch.from_numpy(rows)

        def predict(rows=rows):
            model.predict(rows)

        def call(tensor=tensor):
            with torch.inference_mode():
                module(tensor)

        table.compare(
            name(n_rows),
            {
                "skattn": repeat(predict, repeats),
                "bare module, one call": repeat(call, repeats),
            },
            {"bare module, one call": limit},
            rounds=max(table.rounds, 9),
        )


def measure_keras(table, workers, quick):
    """Compare with Keras, for information."""
    X, y = make_data()
    model = make_plain(128, max_epochs=1).fit(X, y)
    for n_rows in (1, 1000):
        table.compare(
            name(n_rows),
            {
                "skattn": repeat(lambda rows=X[:n_rows]: model.predict(rows), 5),
                "Keras": workers["keras"].asks("predict", n_rows=n_rows, repeats=3),
            },
            {},
        )


def name(n_rows):
    """Say what is done."""
    return f"predict, {n_rows:,} {'row' if n_rows == 1 else 'rows'}"


def repeat(work, repeats):
    """Give a callable that returns the mean seconds of many calls."""

    def run():
        began = now()
        for _ in range(repeats):
            work()
        return (now() - began) / repeats

    return run
