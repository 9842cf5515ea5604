"""The Keras models, and scikeras around one, in a process of their own."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
from keras import layers, ops

from .clock import now
from .shapes import EPOCHS, HIDDEN, LEARNING_RATE, make_data


def build(kind, hidden=HIDDEN, learning_rate=LEARNING_RATE, n_steps=50, n_channels=8):
    """Build and compile a model: "additive" attention, or the "block" over time.

    The block is that of ``attention_3d_block``: a dense layer over time, a softmax for
    each hidden unit, and the product with the states, laid side by side.
    """
    x = keras.Input((n_steps, n_channels))
    states = layers.LSTM(hidden, return_sequences=True)(x)
    if kind == "additive":
        query = layers.Dense(hidden, use_bias=False)(states[:, -1:, :])
        hidden_scores = ops.tanh(layers.Dense(hidden)(states) + query)
        scores = layers.Dense(1, use_bias=False)(hidden_scores)
        context = ops.sum(ops.softmax(scores, axis=1) * states, axis=1)
    else:
        turned = layers.Permute((2, 1))(states)
        weights = layers.Dense(n_steps, activation="softmax")(turned)
        context = layers.Flatten()(states * layers.Permute((2, 1))(weights))
    model = keras.Model(x, layers.Dense(1)(context))
    model.compile(keras.optimizers.Adam(learning_rate), "mse")
    return model


def fit(kind, batch_size, whole, n_samples):
    """Give the seconds of a fit: whole, or of a model that was compiled before."""
    X, y = make_data(n_samples)
    keras.backend.clear_session()
    began = now()
    model = build(kind)
    if not whole:
        model.fit(X, y, batch_size=batch_size, epochs=1, verbose=0)
        began = now()
    model.fit(X, y, batch_size=batch_size, epochs=EPOCHS, verbose=0)
    return now() - began


_models = {}


def predict(n_rows, repeats):
    """Give the mean seconds of predicting some rows with a model that did so before."""
    X, _ = make_data(n_rows)
    if "additive" not in _models:
        _models["additive"] = build("additive")
    model = _models["additive"]
    model.predict(X, verbose=0)
    began = now()
    for _ in range(repeats):
        model.predict(X, verbose=0)
    return (now() - began) / repeats


def search(grid, folds, epochs, n_samples):
    """Give the seconds of a grid search over a scikeras regressor."""
    from scikeras.wrappers import KerasRegressor
    from sklearn.model_selection import GridSearchCV

    X, y = make_data(n_samples)
    model = KerasRegressor(
        lambda hidden, learning_rate: build("additive", hidden, learning_rate),
        hidden=HIDDEN,
        learning_rate=LEARNING_RATE,
        epochs=epochs,
        batch_size=32,
        verbose=0,
    )
    began = now()
    GridSearchCV(model, grid, cv=folds, refit=False, error_score="raise").fit(X, y)
    return now() - began
