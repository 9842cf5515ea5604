"""darts and neuralforecast on windows of one long series, in a process of their own.

Both cut their windows from series themselves. They get one series of a channel that
gives as many windows as the other peers have samples.
"""

import logging
import warnings

import numpy as np

from .clock import now
from .shapes import EPOCHS, HIDDEN, LEARNING_RATE, N_STEPS, make_data

warnings.simplefilter("ignore")
for name in ("pytorch_lightning", "lightning.pytorch", "lightning_fabric"):
    logging.getLogger(name).setLevel(logging.ERROR)
QUIET = {
    "accelerator": "cpu",
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}


def make_series(n_samples):
    """Make a series with this many windows of the shape's length and a next value."""
    X, _ = make_data(n_samples + N_STEPS, 1, 1)
    return np.cumsum(X[:, 0, 0]) / 10


def make_window_data(n_samples):
    """Cut the same windows, for skattn."""
    series = make_series(n_samples)
    windows = np.lib.stride_tricks.sliding_window_view(series[:-1], N_STEPS)
    return windows[:n_samples, :, None].copy(), series[N_STEPS:].copy()


def fit_darts(batch_size, n_samples):
    """Give the seconds of a whole fit of `BlockRNNModel`."""
    from darts import TimeSeries
    from darts.models import BlockRNNModel

    series = TimeSeries.from_values(make_series(n_samples))
    model = BlockRNNModel(
        input_chunk_length=N_STEPS,
        output_chunk_length=1,
        model="LSTM",
        hidden_dim=HIDDEN,
        n_rnn_layers=1,
        n_epochs=EPOCHS,
        batch_size=batch_size,
        optimizer_kwargs={"lr": LEARNING_RATE},
        random_state=0,
        pl_trainer_kwargs=QUIET,
    )
    began = now()
    model.fit(series, verbose=False)
    return now() - began


def fit_neuralforecast(batch_size, n_samples):
    """Give the seconds of a whole fit of `LSTM`, with as many steps as the epochs."""
    import pandas as pd
    from neuralforecast import NeuralForecast
    from neuralforecast.models import LSTM

    series = make_series(n_samples)
    frame = pd.DataFrame({"unique_id": "a", "ds": np.arange(len(series)), "y": series})
    model = LSTM(
        h=1,
        input_size=N_STEPS,
        recurrent=False,
        encoder_n_layers=1,
        encoder_hidden_size=HIDDEN,
        decoder_layers=1,
        decoder_hidden_size=HIDDEN,
        max_steps=EPOCHS * -(-n_samples // batch_size),
        windows_batch_size=batch_size,
        learning_rate=LEARNING_RATE,
        scaler_type="identity",
        random_seed=0,
        **QUIET,
    )
    forecast = NeuralForecast([model], freq=1)
    began = now()
    forecast.fit(frame)
    return now() - began
