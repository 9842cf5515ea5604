"""Many fits and predictions in one process, and how far its memory grows.

Run as ``python benchmarks/soak/cycles.py --cycles 500``; it prints JSON. Needs Linux.
"""

import argparse
import gc
import json
import pickle
import tempfile
from pathlib import Path

import numpy as np

import skattn

VARIANTS = [
    {"early_stopping": True},
    {"attention": "general", "decoder": "lstm"},
    {"bidirectional": True, "dropout": 0.2},
    {"patch_size": 2, "linear_skip": True, "self_attention_heads": 2},
]


def resident():
    """Read this process' memory, in MB."""
    gc.collect()
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/self/status has no VmRSS")


def cycle(number, folder):
    """Fit, predict, pickle, save and load, with other shapes each time."""
    rng = np.random.default_rng(number)
    X = rng.normal(size=(100 + 10 * (number % 7), 8 + number % 5, 2))
    variant = VARIANTS[number % len(VARIANTS)]
    model = skattn.LSTMAttentionRegressor(hidden_size=16, max_epochs=3, **variant)
    model.set_params(checkpoint=folder / "checkpoints", random_state=number)
    model.fit(X, X[:, 3, 0]).partial_fit(X, X[:, 3, 0])
    expected = model.predict(X)
    skattn.save(model, folder / "model.safetensors")
    for copy in (
        pickle.loads(pickle.dumps(model)),
        skattn.load(folder / "model.safetensors"),
    ):
        if not np.array_equal(copy.predict(X), expected):
            raise AssertionError(f"cycle {number}: a copy answers otherwise")


def main():
    """Measure the growth after a tenth of the cycles, when all caches are filled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=500)
    n_cycles = parser.parse_args().cycles
    sizes = []
    with tempfile.TemporaryDirectory() as name:
        for number in range(n_cycles):
            cycle(number, Path(name))
            if (number + 1) % max(1, n_cycles // 10) == 0:
                sizes.append(resident())
    growth = sizes[-1] / sizes[0] - 1
    figures = {"cycles": n_cycles, "megabytes": [round(size, 1) for size in sizes]}
    print(json.dumps(figures | {"growth_percent": round(100 * growth, 2)}))


if __name__ == "__main__":
    main()
