"""Write the files that later versions must load: one folder for each version.

Run as ``python tests/persistence/make_fixtures.py`` with the version that is to be
kept. Folders of earlier versions are never written again.
"""

import warnings
from pathlib import Path

import numpy as np

import skattn
from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor

FOLDER = Path(__file__).parent / "data" / ".".join(skattn.__version__.split(".")[:2])
FAST = {"hidden_size": 4, "max_epochs": 3, "random_state": 0, "batch_size": 16}
CASES = {
    "regressor_plain": (LSTMAttentionRegressor, {}),
    "regressor_forecast": (
        LSTMAttentionRegressor,
        {"patch_size": 3, "target_channels": 1, "anchor": True, "linear_skip": True},
    ),
    "regressor_ridge": (
        LSTMAttentionRegressor,
        {
            "patch_size": 2,
            "target_channels": [0, 1],
            "channel_independent": True,
            "linear_skip": "ridge",
        },
    ),
    "regressor_decoder": (LSTMAttentionRegressor, {"decoder": "lstm"}),
    "regressor_inputs": (LSTMAttentionRegressor, {"values": "inputs", "patch_size": 2}),
    "regressor_ragged": (LSTMAttentionRegressor, {"bidirectional": True}),
    "regressor_self_attention": (
        LSTMAttentionRegressor,
        {"self_attention_heads": 2, "n_heads": 2, "attention": "general"},
    ),
    "regressor_gaps": (LSTMAttentionRegressor, {"missing": "mask"}),
    "classifier_plain": (LSTMAttentionClassifier, {"query": "learned"}),
    "classifier_skip": (
        LSTMAttentionClassifier,
        {"patch_size": 4, "linear_skip": True, "state_bypass": True},
    ),
    "classifier_inputs": (
        LSTMAttentionClassifier,
        {"values": "inputs", "attention": "cosine"},
    ),
    "classifier_ragged": (
        LSTMAttentionClassifier,
        {"attention": "location", "padding_value": np.nan, "early_stopping": True},
    ),
    "classifier_self_attention": (
        LSTMAttentionClassifier,
        {"self_attention_heads": 1, "attention": "feature", "class_weight": "balanced"},
    ),
}
NO_GRAPH = ("regressor_gaps",)  # in a graph, a gap could not be told from padding


def make_data(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return X, padded with NaN where it is ragged, and the y of the case."""
    rng = np.random.default_rng(len(name))
    X = rng.normal(size=(40, 9, 2)) * [1, 10] + [0, 5]
    y = X[:, 4, 1] + X[:, 2, 0]
    if name.startswith("classifier"):
        y = np.array(["low", "middle", "high"])[np.digitize(y, [0, 10])]
    elif "channels" in str(CASES[name][1]):
        y = X[:, 3:6] if "ridge" in name else X[:, 3:6, 1]
    elif "decoder" in name:
        y = X[:, 2:5, 0]
    if "ragged" in name:
        X[np.arange(9) >= rng.integers(2, 10, size=40)[:, None]] = np.nan
    if "gaps" in name:
        X[rng.uniform(size=X.shape) < 0.2] = np.nan
    return X, y


def read_form(name: str, X: np.ndarray) -> np.ndarray | list[np.ndarray]:
    """Return X as the case takes it: a list for the ragged regressor."""
    if name != "regressor_ragged":
        return X
    return [sample[~np.isnan(sample).all(1)] for sample in X]


def main() -> None:
    """Fit each case, and write its file, its graph, its inputs and its answers."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    for name, (kind, parameters) in CASES.items():
        X, y = make_data(name)
        model = kind(**FAST | parameters).fit(read_form(name, X), y)
        skattn.save(model, FOLDER / f"{name}.safetensors")
        if name not in NO_GRAPH:
            skattn.to_onnx(model, FOLDER / f"{name}.onnx")
        answer = "predict_proba" if hasattr(model, "predict_proba") else "predict"
        taken = read_form(name, X[:12])
        np.savez_compressed(
            FOLDER / f"{name}.npz",
            X=X[:12],
            prediction=getattr(model, answer)(taken),
            attention=model.predict_attention(taken),
            context=model.transform(taken),
        )


if __name__ == "__main__":
    main()
