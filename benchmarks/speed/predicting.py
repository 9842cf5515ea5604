"""Predictions of one row and of a thousand, beside the bare module."""

import torch

from .clock import now
from .fitting import make_plain
from .shapes import make_data
from .torch_peers import HandWritten


def measure(table, workers, quick):
    """Compare with one call of the hand-written module and with Keras."""
    X, y = make_data()
    model = make_plain(128, max_epochs=1).fit(X, y)
    module = HandWritten().eval()
    for n_rows, repeats, limit in ((1, 200, 1.6), (1000, 20, 0.9)):
        if quick:
            repeats = repeats // 10
        rows = X[:n_rows]
        tensor = torch.from_numpy(rows)

        def predict(rows=rows):
            model.predict(rows)

        def call(tensor=tensor):
            with torch.inference_mode():
                module(tensor)

        table.compare(
            f"predict, {n_rows:,} {'row' if n_rows == 1 else 'rows'}",
            {
                "skattn": repeat(predict, repeats),
                "bare module, one call": repeat(call, repeats),
                "Keras": workers["keras"].asks(
                    "predict", n_rows=n_rows, repeats=1 if quick else 3
                ),
            },
            {"bare module, one call": limit},
            rounds=max(table.rounds, 9),
        )


def repeat(work, repeats):
    """Give a callable that returns the mean seconds of many calls."""

    def run():
        began = now()
        for _ in range(repeats):
            work()
        return (now() - began) / repeats

    return run
