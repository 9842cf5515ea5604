"""Write what Keras' attention layers give to tests/nn/data/keras.npz.

Runs in the peers' environment (`make keras-fixture`), because Keras and TensorFlow are
no part of the tests' own. The tests copy the weights and compare the outputs.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers

N_SAMPLES, N_QUERIES, N_STEPS, SIZE, UNITS = 3, 2, 5, 4, 6
OUT = Path(__file__).parents[1] / "tests" / "nn" / "data" / "keras.npz"


def main() -> None:
    """Run each layer on random numbers and save inputs, weights and outputs."""
    rng = np.random.default_rng(0)

    def draw(*shape):
        return rng.normal(size=shape).astype(np.float32)

    arrays = {
        "query": draw(N_SAMPLES, N_QUERIES, SIZE),
        "key": draw(N_SAMPLES, N_STEPS, SIZE),
        "value": draw(N_SAMPLES, N_STEPS, SIZE),
        "mask": np.arange(N_STEPS) < np.array([[5], [2], [4]]),
    }
    for name, layer in {
        "dot": layers.Attention(score_mode="dot"),
        "additive": layers.AdditiveAttention(),
    }.items():
        inputs = [arrays["query"], arrays["value"], arrays["key"]]
        layer(inputs)
        if layer.weights:
            layer.set_weights([draw(*w.shape) for w in layer.get_weights()])
            arrays[f"{name}_scale"] = layer.get_weights()[0]
        context, weights = layer(
            inputs, mask=[None, arrays["mask"]], return_attention_scores=True
        )
        arrays[f"{name}_context"] = np.asarray(context)
        arrays[f"{name}_weights"] = np.asarray(weights)

    model, attention = attention_3d_block()
    model.set_weights([draw(*w.shape) for w in model.get_weights()])
    names = ["kernel", "recurrent", "bias", "time", "time_bias", "dense", "dense_bias"]
    arrays |= {
        f"block_{name}": weight
        for name, weight in zip(names, model.get_weights(), strict=True)
    }
    arrays["block_x"] = draw(N_SAMPLES, N_STEPS, SIZE)
    arrays["block_output"] = model.predict(arrays["block_x"], verbose=0)
    arrays["block_weights"] = attention.predict(arrays["block_x"], verbose=0)
    OUT.parent.mkdir(exist_ok=True)
    np.savez_compressed(OUT, versions=f"keras {keras.__version__}", **arrays)
    print(f"{OUT.name}: keras {keras.__version__}, {OUT.stat().st_size} bytes")


def attention_3d_block() -> tuple[keras.Model, keras.Model]:
    """Build the model that many Keras examples use, and one that shows its weights."""
    x = layers.Input((N_STEPS, SIZE))
    states = layers.LSTM(UNITS, return_sequences=True)(x)
    scores = layers.Dense(N_STEPS, activation="softmax")(layers.Permute((2, 1))(states))
    weights = layers.Permute((2, 1))(scores)
    joined = layers.Flatten()(layers.Multiply()([states, weights]))
    output = layers.Dense(1, activation="sigmoid")(joined)
    return keras.Model(x, output), keras.Model(x, weights)


if __name__ == "__main__":
    main()
