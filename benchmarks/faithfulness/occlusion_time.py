"""Time occlusion of 1,000 sequences of 200 steps beside as many plain predictions."""

import time

import numpy as np

from benchmarks import results
from skattn import LSTMAttentionRegressor
from skattn.inspection import occlusion_importance

N_SAMPLES, N_STEPS = 1000, 200


def main() -> None:
    """Take both times in turn, three times over, and write the ratio of the minima."""
    X = np.random.default_rng(0).normal(size=(N_SAMPLES, N_STEPS, 1))
    model = LSTMAttentionRegressor(
        hidden_size=32, max_epochs=1, early_stopping=False, random_state=0
    ).fit(X, X[:, -1, 0])
    many = np.tile(X, (N_STEPS, 1, 1))
    times = {"occlusion": [], "predictions": []}
    for _ in range(3):
        times["predictions"].append(clock(lambda: model.predict(many)))
        times["occlusion"].append(clock(lambda: occlusion_importance(model, X)))
    ratio = min(times["occlusion"]) / min(times["predictions"])
    results.save(
        "occlusion_time",
        [{"processor_seconds": times, "ratio": ratio}],
        ["work", "occlusion / plain predictions"],
        [[f"{N_SAMPLES:,} sequences of {N_STEPS} steps", f"{ratio:.2f}"]],
    )


def clock(run):
    """Measure processor time, which other programs on the machine disturb little."""
    began = time.process_time()
    run()
    return time.process_time() - began


if __name__ == "__main__":
    main()
