"""Known steps: do the defaults predict, and do their weights peak on the right ones.

Run as ``python -m benchmarks.untuned.steps``. *Hit* is the share of samples in which as
many steps with the largest weights as there are true ones are just these. Beside the
defaults stand states alone: ``passthrough=False``.
"""

import argparse

import numpy as np

from benchmarks import results
from skattn import LSTMAttentionRegressor
from skattn.datasets import make_addition, make_find_max, make_marked_step

TASKS = {
    "marked step": make_marked_step,
    "addition": make_addition,
    "find the maximum": make_find_max,
}
OURS, ALONE = "skattn, defaults", "passthrough=False"
METHODS = {OURS: {}, ALONE: {"passthrough": False}}
SIZES = {200: [OURS, ALONE], 20_000: [OURS]}
N_TIMESTEPS, N_TEST = 12, 2000


def measure(make, n_samples: int, method: str, seed: int) -> dict[str, float]:
    """Fit once; return R2 and hits on new samples."""
    X, y, _ = make(n_samples, N_TIMESTEPS, random_state=seed)
    X_test, y_test, truth = make(N_TEST, N_TIMESTEPS, random_state=1000 + seed)
    model = LSTMAttentionRegressor(**METHODS[method], random_state=seed)
    r2 = model.fit(X, y).score(X_test, y_test)
    weights = model.predict_attention(X_test).reshape(N_TEST, N_TIMESTEPS)
    n_true = round(truth[0].sum() / truth[0].max())
    found, true = (np.sort(a.argsort(1)[:, -n_true:], 1) for a in (weights, truth))
    return {"r2": float(r2), "hit": float((found == true).all(1).mean())}


def main() -> None:
    """Measure all tasks, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    rows, table = [], []
    for n_samples, methods in SIZES.items():
        for task, make in TASKS.items():
            for method in methods:
                found = []
                for seed in range(options.seeds):
                    found.append(measure(make, n_samples, method, seed))
                    row = {"task": task, "samples": n_samples, "method": method}
                    rows.append(row | {"seed": seed} | found[-1])
                    print(rows[-1], flush=True)
                shown = [", ".join(f"{f[s]:.3f}" for f in found) for s in ("r2", "hit")]
                table.append([task, f"{n_samples:,}", method, *shown])
    results.save(
        "untuned_steps",
        rows,
        ["task", "samples", "method", "R2", "hit"],
        table,
        packages=("skattn", "torch", "scikit-learn"),
        notes=[
            f"Sequences of {N_TIMESTEPS} steps, new ones for the test; one figure for "
            "each seed."
        ],
    )


if __name__ == "__main__":
    main()
