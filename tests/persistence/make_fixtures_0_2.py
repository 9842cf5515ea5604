"""Write files of what version 0.2 brought, which later versions must load.

Run as ``python -m tests.persistence.make_fixtures_0_2``, once, with version 0.2.
"""

import warnings
from pathlib import Path

import numpy as np

import skattn
from skattn import (
    LSTMAttentionClassifier,
    LSTMAttentionPointer,
    LSTMAttentionRegressor,
)
from skattn.sequences import Sequences

FOLDER = Path(__file__).parent / "data" / "0.2"
FAST = {"hidden_size": 4, "max_epochs": 3, "random_state": 0, "batch_size": 16}
CASES = {
    "regressor_defaults": (LSTMAttentionRegressor, {}),
    "regressor_forecast": (LSTMAttentionRegressor, {"target_channels": 1}),
    "regressor_windows": (
        LSTMAttentionRegressor,
        {"target_channels": 1, "scale_windows": "standard", "linear_skip": True},
    ),
    "regressor_quantiles": (
        LSTMAttentionRegressor,
        {"loss": "quantile", "quantile": [0.1, 0.5, 0.9]},
    ),
    "regressor_changes": (
        LSTMAttentionRegressor,
        {"target_channels": 1, "anchor": "changes", "linear_skip": "arx"},
    ),
    "regressor_sequences": (LSTMAttentionRegressor, {"target_channels": 0}),
    "regressor_decay": (LSTMAttentionRegressor, {"missing": "decay"}),
    "regressor_sparse": (
        LSTMAttentionRegressor,
        {"normalizer": "sparsemax", "positions": "sinusoidal"},
    ),
    "classifier_stem": (LSTMAttentionClassifier, {"conv_layers": 2, "patch_size": 3}),
    "classifier_entmax": (
        LSTMAttentionClassifier,
        {"normalizer": "entmax15", "positions": "learned", "conv_layers": 0},
    ),
    "classifier_words": (
        LSTMAttentionClassifier,
        {"embedding_size": 3, "conv_layers": 0},
    ),
    "regressor_segments": (
        LSTMAttentionRegressor,
        {"values": "segments", "segment_size": 3, "attention": "contribution"},
    ),
    "classifier_segments": (
        LSTMAttentionClassifier,
        {"values": "segments", "segment_size": 3, "attention": "sum"},
    ),
    "pointer_one": (LSTMAttentionPointer, {}),
    "pointer_several": (LSTMAttentionPointer, {}),
}
GRAPHS = ("regressor_quantiles", "regressor_sparse", "classifier_stem")


def make_data(name):
    """Return X and y of a case, the same in all versions of NumPy."""
    # A generator with a legacy guarantee: its streams never change.
    rng = np.random.RandomState(len(name))
    X = rng.normal(size=(40, 9, 2)) * [1, 10] + [0, 5]
    if name == "classifier_words":
        words = np.array(["good", "bad", "plot", "film", "not"])
        X = [[*words[rng.randint(5, size=3 + i % 4)]] for i in range(40)]
        return X, np.array(["no", "yes"])[[int("good" in x) for x in X]]
    if name.startswith("classifier"):
        return X, np.array(["low", "middle", "high"])[np.digitize(X[:, 4, 1], [0, 10])]
    if name == "pointer_one":
        return X, X[:, :, 0].argmax(axis=1)
    if name == "pointer_several":
        return X, np.argsort(X[:, :, 0], axis=1)[:, :3]
    if name == "regressor_sequences":
        future, static = rng.normal(size=(40, 3, 1)), rng.normal(size=(40, 2))
        return Sequences(X, static=static, future=future), X[:, 3:6, 0] + static[:, :1]
    if name == "regressor_decay":
        times = np.cumsum(rng.exponential(size=(40, 9)), axis=1)
        y = X[:, 4, 1].copy()
        X[rng.uniform(size=X.shape) < 0.2] = np.nan
        return Sequences(X, times=times), y
    if "channels" in str(CASES[name][1]):
        return X, X[:, 3:6, 1]
    return X, X[:, 4, 1] + X[:, 2, 0]


def answers(model, X):
    """Return what a model says of X, by the name of the answer."""
    found = {"prediction": getattr(model, "predict_proba", model.predict)(X)}
    if hasattr(model, "predict_quantiles"):
        found["quantiles"] = model.predict_quantiles(X)
    found["attention"] = model.predict_attention(X)
    if not isinstance(model, LSTMAttentionPointer):
        found["context"] = model.transform(X)
    return found


def main():
    """Fit each case, and write its file, its graph and its answers."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    for name, (kind, parameters) in CASES.items():
        X, y = make_data(name)
        model = kind(**FAST | parameters).fit(X, y)
        skattn.save(model, FOLDER / f"{name}.safetensors")
        if name in GRAPHS:
            skattn.to_onnx(model, FOLDER / f"{name}.onnx")
        np.savez_compressed(FOLDER / f"{name}.npz", **answers(model, X[:12]))


if __name__ == "__main__":
    main()
