"""Arithmetic per second in training, as a share of what a matrix product reaches."""

import torch
from torch import nn

from .clock import now
from .fitting import make_plain
from .pairs import take_rounds
from .predicting import repeat
from .shapes import N_CHANNELS, N_STEPS, make_data

SIDE = 1024


def measure(table, workers, quick):
    """Measure at the size of the other comparisons, and at a larger one."""
    for hidden, batch_size in ((50, 128), (256, 128)):
        measure_at(table, hidden, batch_size, 256 if quick else 1024)


def measure_at(table, hidden, batch_size, n_samples):
    """Measure a whole fit, and torch's LSTM alone, against products of matrices."""
    X, y = make_data(n_samples)
    model = make_plain(batch_size, max_epochs=2).set_params(hidden_size=hidden)
    left, right = torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE)
    lstm = nn.LSTM(N_CHANNELS, hidden, batch_first=True)
    batch = torch.from_numpy(X[:batch_size])

    def run_lstm():
        lstm.zero_grad()
        lstm(batch)[0].sum().backward()

    def fit():
        began = now()
        model.fit(X, y)
        return now() - began

    seconds, _ = take_rounds(
        {
            "fit": fit,
            "lstm": repeat(run_lstm, 10),
            "sgemm": repeat(lambda: left @ right, 10),
        },
        table.rounds,
    )
    # Forward, gradients of the weights, and of the states; none of the inputs.
    lstm_work = 8 * hidden * (3 * hidden + 2 * N_CHANNELS) * N_STEPS
    # Keys; query; scores and context. What goes beside the LSTM is little.
    attention_work = 3 * 2 * (hidden * hidden * (N_STEPS + 1) + 2 * hidden * N_STEPS)
    fit_work = model.max_epochs * n_samples * (lstm_work + attention_work)
    rates = {
        "skattn": (fit_work, seconds["fit"], 0.42),
        "torch's LSTM alone": (batch_size * lstm_work, seconds["lstm"], None),
    }
    for name, (work, taken, target) in rates.items():
        best = [2 * SIDE**3 / each for each in seconds["sgemm"]]
        table.add(
            {
                "work": f"arithmetic in training, hidden {hidden}, batch {batch_size}",
                "peer": f"{name}, share of sgemm",
                "ratios": [
                    work / each / rate for each, rate in zip(taken, best, strict=True)
                ],
                "target": target,
                "larger": True,
            }
        )
