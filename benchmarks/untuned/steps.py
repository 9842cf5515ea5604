"""Known steps: do the defaults predict, and do their weights peak on the right ones.

Run as ``python -m benchmarks.untuned.steps``. *Hit* is the share of samples in which as
many steps with the largest weights as there are true ones are just these. Beside the
defaults stand states alone, ``passthrough=False``, and steps without their place,
``positions=None``.
"""

import argparse

import numpy as np

from benchmarks import results
from skattn import LSTMAttentionRegressor
from skattn.datasets import make_addition, make_find_max, make_marked_step


def make_fixed_step(n_samples, n_timesteps, random_state):
    """Return noise whose answer stands at the same step in each sample."""
    X = np.random.default_rng(random_state).normal(size=(n_samples, n_timesteps, 2))
    place = n_timesteps // 3
    truth = np.zeros((n_samples, n_timesteps))
    truth[:, place] = 1
    return X, X[:, place, 0], truth


TASKS = {
    "fixed step": make_fixed_step,
    "marked step": make_marked_step,
    "addition": make_addition,
    "find the maximum": make_find_max,
}
OURS, ALONE, PLACELESS = "skattn, defaults", "passthrough=False", "positions=None"
METHODS = {OURS: {}, ALONE: {"passthrough": False}, PLACELESS: {"positions": None}}
SIZES = {200: [OURS, PLACELESS, ALONE], 20_000: [OURS]}
SEEDS = {200: 10, 20_000: 3}
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
    parser.add_argument("--seeds", type=int, help="seeds for all sizes")
    options = parser.parse_args()
    rows, table = [], []
    for n_samples, methods in SIZES.items():
        for task, make in TASKS.items():
            for method in methods:
                found = []
                for seed in range(options.seeds or SEEDS[n_samples]):
                    found.append(measure(make, n_samples, method, seed))
                    row = {"task": task, "samples": n_samples, "method": method}
                    rows.append(row | {"seed": seed} | found[-1])
                    print(rows[-1], flush=True)
                shown = [show([f[score] for f in found]) for score in ("r2", "hit")]
                count = str(len(found))
                table.append([task, f"{n_samples:,}", count, method, *shown])
    results.save(
        "untuned_steps",
        rows,
        ["task", "samples", "seeds", "method", "R2", "hit"],
        table,
        packages=("skattn", "torch", "scikit-learn"),
        notes=[
            f"Sequences of {N_TIMESTEPS} steps, new ones for the test; the median over "
            "the seeds, in parentheses the worst."
        ],
    )


def show(values: list[float]) -> str:
    """Return the median and the worst."""
    return f"{np.median(values):.3f} ({min(values):.3f})"


if __name__ == "__main__":
    main()
