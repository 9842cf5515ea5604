"""The one shape that all peers train on, and its data."""

import numpy as np

N_SAMPLES = 1000
N_STEPS = 50
N_CHANNELS = 8
HIDDEN = 50
EPOCHS = 5
LEARNING_RATE = 1e-3


def make_data(n_samples=N_SAMPLES, n_steps=N_STEPS, n_channels=N_CHANNELS, seed=0):
    """Make sequences whose answer stands at one step, as float32."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples, n_steps, n_channels), np.float32)
    noise = rng.standard_normal(n_samples, np.float32)
    return X, X[:, n_steps // 2, 0] + 0.1 * noise
