"""Fits of one shape beside every peer."""

from benchmarks.earlier import EARLIER_REGRESSOR
from skattn import LSTMAttentionRegressor

from . import torch_peers
from .forecasting_peers import make_window_data
from .shapes import EPOCHS, HIDDEN, LEARNING_RATE, N_SAMPLES, make_data


def make_plain(batch_size, **settings):
    """Make an estimator that does what the peers do, and nothing beside."""
    shared = {"max_epochs": EPOCHS, "learning_rate": LEARNING_RATE}
    return LSTMAttentionRegressor(
        hidden_size=HIDDEN,
        batch_size=batch_size,
        **EARLIER_REGRESSOR | shared | settings,
        optimizer="adam",
        lr_schedule=None,
        gradient_clip=None,
        store_attention=False,
        random_state=0,
    )


# What a fit may take of the hand-written loop, by the size of batches.
BATCHES = {32: 0.88, 128: 0.85, 256: 0.65}


def measure(table, workers, quick):
    """Compare with the same network in other hands, at three batch sizes."""
    X, y = make_data(300 if quick else N_SAMPLES)
    for batch_size in BATCHES:
        compare_networks(table, X, y, batch_size)


def measure_keras(table, workers, quick):
    """Compare with the Keras models, at two batch sizes."""
    X, y = make_data(200 if quick else N_SAMPLES)
    for batch_size in (32, 128):
        compare_keras(table, workers["keras"], X, y, batch_size)


def compare_networks(table, X, y, batch_size):
    """Compare with the same network on other ways of training it."""
    contenders = {
        "skattn": lambda: drop(make_plain(batch_size).fit(X, y)),
        "hand-written loop": lambda: drop(torch_peers.run_loop(X, y, batch_size)),
        "hand-written loop, fused Adam": lambda: drop(
            torch_peers.run_loop(X, y, batch_size, fused=True)
        ),
        "skorch by hand": lambda: torch_peers.fit_skorch(X, y, batch_size),
    }
    targets = {
        "hand-written loop": BATCHES[batch_size],
        "skorch by hand": 0.8,
    }
    table.compare(f"fit, batch {batch_size}", contenders, targets)


def compare_keras(table, keras, X, y, batch_size):
    """Compare with Keras, compiled before and not."""
    at = {"batch_size": batch_size, "n_samples": len(X)}
    work = f"fit, batch {batch_size}"
    table.compare(
        work,
        {
            "skattn": lambda: drop(make_plain(batch_size).fit(X, y)),
            "Keras, compiled before": keras.asks(
                "fit", kind="additive", whole=False, **at
            ),
            "Keras, whole fit": keras.asks("fit", kind="additive", whole=True, **at),
        },
        {"Keras, compiled before": 0.28, "Keras, whole fit": 0.12},
    )
    table.compare(
        f"{work}, attention='feature'",
        {
            "skattn": lambda: drop(
                make_plain(batch_size).set_params(attention="feature").fit(X, y)
            ),
            "Keras attention_3d_block, compiled before": keras.asks(
                "fit", kind="block", whole=False, **at
            ),
            "Keras attention_3d_block, whole fit": keras.asks(
                "fit", kind="block", whole=True, **at
            ),
        },
        {
            "Keras attention_3d_block, compiled before": 0.28,
            "Keras attention_3d_block, whole fit": 0.12,
        },
    )


def measure_others(table, workers, quick):
    """Compare with libraries that have networks of their own, for information."""
    n_samples = 200 if quick else N_SAMPLES
    X, y = make_data(n_samples)
    at = {"batch_size": 32, "n_samples": n_samples}
    table.compare(
        "fit, batch 32, another network",
        {
            "skattn": lambda: drop(make_plain(32).fit(X, y)),
            "aeon RecurrentRegressor (no attention)": workers["aeon"].asks("fit", **at),
        },
        {},
    )
    windows, following = make_window_data(n_samples)
    forecasting = workers["forecasting"]
    table.compare(
        "fit on windows of a series, batch 32, another network",
        {
            "skattn": lambda: drop(make_plain(32).fit(windows, following)),
            "darts BlockRNNModel": forecasting.asks("fit_darts", **at),
            "neuralforecast LSTM": forecasting.asks("fit_neuralforecast", **at),
        },
        {},
    )


def measure_defaults(table, workers, quick):
    """Compare all that is on by default with a loop that only trains."""
    X, y = make_data(200 if quick else N_SAMPLES)
    epochs = 3 if quick else 30
    model = LSTMAttentionRegressor(
        **EARLIER_REGRESSOR | {"max_epochs": epochs}, random_state=0
    ).fit(X, y)
    batch_size = model.net_.batch_size
    table.compare(
        f"fit with the defaults on, {epochs} epochs",
        {
            "skattn": lambda: drop(model.fit(X, y)),
            "hand-written loop": lambda: drop(
                torch_peers.run_loop(X, y, batch_size, epochs, hidden=64)
            ),
        },
        {"hand-written loop": 1.25},
    )


def drop(_):
    """Return nothing, so that the caller takes the time."""
