"""The Keras `attention` package on the ground-truth tasks, in the peers' environment.

It reads what `ours.py --write-data` wrote, so that both see the same numbers. The
package needs the old Keras (tf-keras), and shows its weights in its debug mode alone.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ |= {
    "TF_USE_LEGACY_KERAS": "1",
    "KERAS_ATTENTION_DEBUG": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}

import numpy as np
import tensorflow as tf
from attention import Attention
from tensorflow.keras import Input, Model
from tensorflow.keras.layers import LSTM, Dense

LOSSES = {"addition": "mse", "find_max": "mae"}


def main() -> None:
    """Train on each task and seed, and write the measures."""
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    rows = []
    for task, loss in LOSSES.items():
        for path in sorted(folder.glob(f"{task}-*.npz")):
            data = np.load(path)
            seed = int(path.stem.split("-")[1])
            row = {"task": task, "method": "Keras attention package", "seed": seed}
            rows.append(row | run(data, loss, seed))
            print(rows[-1], flush=True)
    versions = f"tensorflow {tf.__version__}"
    out.write_text(json.dumps({"versions": versions, "rows": rows}, indent=1) + "\n")


def run(data, loss, seed):
    """Train one model as the package's examples do; measure it on held-out samples."""
    tf.keras.utils.set_random_seed(seed)
    inputs = Input(data["X"].shape[1:])
    hidden = Attention(units=32)(LSTM(64, return_sequences=True)(inputs))
    model = Model(inputs, Dense(1)(hidden))
    model.compile(loss=loss, optimizer="adam")
    began = time.perf_counter()
    model.fit(data["X"], data["y"], epochs=15, batch_size=64, verbose=0)
    seconds = time.perf_counter() - began
    weights = Model(inputs, model.get_layer("attention_weight").output)
    shown = weights.predict(data["X_test"], verbose=0)
    forecast = model.predict(data["X_test"], verbose=0)[:, 0]
    truth = data["attention_test"] > 0
    n_true = int(truth[0].sum())
    kept = data["kept_test"]
    top = np.zeros_like(truth)
    np.put_along_axis(top, np.argsort(-shown, axis=1)[:, :n_true], True, axis=1)
    return {
        "rmse": float(np.sqrt(np.mean((forecast - data["y_test"]) ** 2))),
        "hit": float((top & truth).sum(1)[kept].mean() / n_true),
        "mass": float((shown * truth).sum(1)[kept].mean()),
        "seconds": seconds,
    }


if __name__ == "__main__":
    main()
