"""The same network by hand: as a module, in a training loop, and in skorch."""

import numpy as np
import skorch
import torch
from torch import nn

from .shapes import EPOCHS, HIDDEN, LEARNING_RATE, N_CHANNELS


class HandWritten(nn.Module):
    """An LSTM and additive attention with the last state as query.

    Parameters
    ----------
    n_channels : int
        Channels of the input.
    hidden : int
        Units of the LSTM.
    """

    def __init__(self, n_channels=N_CHANNELS, hidden=HIDDEN):
        super().__init__()
        self.lstm = nn.LSTM(n_channels, hidden, batch_first=True)
        self.key = nn.Linear(hidden, hidden)
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.score = nn.Linear(hidden, 1, bias=False)
        self.output = nn.Linear(hidden, 1)

    def forward(self, x):
        """Predict ``(n_samples, 1)``."""
        states, (last, _) = self.lstm(x)
        scores = self.score(torch.tanh(self.key(states) + self.query(last[0])[:, None]))
        weights = torch.softmax(scores[..., 0], dim=1)
        return self.output((weights[:, None] @ states)[:, 0])


def run_loop(X, y, batch_size, epochs=EPOCHS, hidden=HIDDEN, **adam):
    """Train by a plain loop: tensors in memory, one gather a batch, Adam."""
    torch.manual_seed(0)
    inputs, targets = torch.from_numpy(X), torch.from_numpy(y)[:, None]
    module = HandWritten(X.shape[2], hidden)
    optimizer = torch.optim.Adam(module.parameters(), LEARNING_RATE, **adam)
    losses = []
    for _ in range(epochs):
        total = torch.zeros(())
        for rows in torch.randperm(len(inputs)).split(batch_size):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(module(inputs[rows]), targets[rows])
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(rows)
        losses.append(total.item() / len(inputs))
    return losses


def make_skorch(batch_size, epochs=EPOCHS):
    """Assemble a net as skorch's documentation does."""
    return skorch.NeuralNetRegressor(
        HandWritten,
        max_epochs=epochs,
        lr=LEARNING_RATE,
        optimizer=torch.optim.Adam,
        batch_size=batch_size,
        train_split=None,
        verbose=0,
    )


def fit_skorch(X, y, batch_size):
    """Train a net of skorch."""
    make_skorch(batch_size).fit(X, np.ascontiguousarray(y[:, None]))
