"""aeon's recurrent network, in an environment of its own."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from aeon.regression.deep_learning import RecurrentRegressor

from .clock import now
from .shapes import EPOCHS, HIDDEN, make_data


def fit(batch_size, n_samples):
    """Give the seconds of a whole fit."""
    X, y = make_data(n_samples)
    model = RecurrentRegressor(
        rnn_type="lstm",
        n_layers=1,
        n_units=HIDDEN,
        dropout_intermediate=0.0,
        dropout_output=0.0,
        n_epochs=EPOCHS,
        batch_size=batch_size,
        random_state=0,
        verbose=False,
    )
    began = now()
    model.fit(X.transpose(0, 2, 1).copy(), y)
    return now() - began
