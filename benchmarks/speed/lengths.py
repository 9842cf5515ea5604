"""Sequences of many lengths, beside the same ones padded to the longest."""

import numpy as np

from .fitting import drop, make_plain

LONGEST, SHORTEST = 500, 10


def measure(table, workers, quick):
    """Fit lists of lengths drawn evenly, and what they are when all are padded."""
    rng = np.random.default_rng(0)
    n_samples = 200 if quick else 1000
    lengths = rng.integers(SHORTEST, LONGEST + 1, n_samples)
    ragged = [rng.standard_normal((length, 8), np.float32) for length in lengths]
    y = np.array([sequence[-5:, 0].mean() for sequence in ragged])
    padded = np.zeros((n_samples, LONGEST, 8), np.float32)
    for row, sequence in zip(padded, ragged, strict=True):
        row[: len(sequence)] = sequence
    model = make_plain(32, max_epochs=1 if quick else 2)
    table.compare(
        f"fit, lengths {SHORTEST} to {LONGEST}, batch 32",
        {
            "skattn": lambda: drop(model.fit(ragged, y)),
            "skattn, all padded": lambda: drop(model.fit(padded, y)),
        },
        {"skattn, all padded": 0.65},
    )
