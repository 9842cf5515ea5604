"""Ask the faithfulness report about models whose answer is known.

Marked step and maximum: the score must be high. Addition: reported. Reversal: two
decoders with equal errors, one of which can pass its attention by. Controls: the same
models with other weights shown, which must not be believed: random ones, equal ones,
and those of a liar, who shows each step's weight half a sequence away.
"""

import argparse
import json
import time

import numpy as np

from benchmarks import results
from benchmarks.earlier import EARLIER_REGRESSOR
from benchmarks.faithfulness import table
from skattn import LSTMAttentionRegressor, datasets
from skattn.inspection import attention_faithfulness

SHARED = EARLIER_REGRESSOR | {
    "learning_rate": 0.005,
    "weight_decay": 0.0,  # nothing to learn by heart: the cases are without noise
    "batch_size": 64,
    "max_epochs": 15,
    "store_attention": False,
}
PEAKS_ARE_TRUE = 0.95
INPUTS = {"values": "inputs"}
BOTH_SIDES = INPUTS | {"query": "learned", "bidirectional": True}
MAXIMUM = {"loss": "absolute_error", "batch_size": 32}
PARTS = {
    "values": "segments",
    "segment_size": 1,
    "attention": "sum",
    "cancellation_penalty": 0.1,
    "learning_rate": 0.01,
}
ALIGNED = {
    "decoder": "lstm",
    "bidirectional": True,
    "hidden_size": 32,
    "max_epochs": 24,
    "lr_schedule": "cosine",
}
CASES = {
    "marked_step": (6000, {"states": {}, "inputs": INPUTS, "segments": PARTS}),
    "find_max": (
        6000,
        {
            "states": MAXIMUM,
            "inputs": MAXIMUM | BOTH_SIDES,
            "segments": MAXIMUM | PARTS | {"attention": "contribution"},
        },
    ),
    "addition": (
        10_000,
        {
            "states": {},
            "inputs": INPUTS,
            "segments": PARTS,
            "states, conicity_penalty=0.1": {"conicity_penalty": 0.1},
            "states, conicity_penalty=0.5": {"conicity_penalty": 0.5},
        },
    ),
    "reversal": (8000, {"no bypass": ALIGNED, "bridge": ALIGNED | {"state_bypass": 1}}),
}


class Shown:
    """A model that shows weights which are not its own.

    Parameters
    ----------
    model : LSTMAttentionRegressor
        Fitted; predicts.
    show : callable
        From its weights to those that are shown.
    """

    def __init__(self, model, show):
        self.model = model
        self.show = show

    def predict(self, X):
        """Predict."""
        return self.model.predict(X)

    def predict_attention(self, X):
        """Show other weights, the same whenever the same X comes."""
        return self.show(self.model.predict_attention(X))


def draw(weights):
    """Draw random weights."""
    random = np.random.default_rng(0)
    return random.dirichlet(np.ones(weights.shape[-1]), weights.shape[:-1])


def level(weights):
    """Make all weights equal."""
    return np.full(weights.shape, 1 / weights.shape[-1])


def lie(weights):
    """Move each weight by half a sequence."""
    return np.roll(weights, weights.shape[-1] // 2, axis=-1)


CONTROLS = {"random weights": draw, "equal weights": level, "a liar": lie}


def main() -> None:
    """Run all cases and write what the reports say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--cases", nargs="+", default=[*CASES])
    parser.add_argument("--methods", nargs="+", help="all that a case has, if left out")
    options = parser.parse_args()
    rows = []
    for case in options.cases:
        n_samples, methods = CASES[case]
        for method in options.methods or methods:
            settings = methods[method]
            for seed in options.seeds:
                rows += run(case, n_samples, method, SHARED | settings, seed)
    new = {(row["case"], row["method"]) for row in rows}
    path = results.FOLDER / "faithfulness_known_cases.json"
    known = json.loads(path.read_text())["rows"] if path.exists() else []
    kept = [row for row in known if (row["case"], row["method"]) not in new]
    save(sorted(kept + rows, key=lambda row: [*CASES].index(row["case"])))


def run(case, n_samples, method, settings, seed):
    """Fit one model; report on its weights, and on others shown in their place."""
    maker = getattr(datasets, f"make_{case}")
    X, y, _ = maker(n_samples, random_state=seed)
    X_test, y_test, truth = maker(1000, random_state=1000 + seed)
    settings = {**settings, "state_bypass": bool(settings.get("state_bypass"))}
    model = LSTMAttentionRegressor(**settings, random_state=seed)
    began = time.perf_counter()
    model.fit(X, y)
    fitted = time.perf_counter()
    error = model.predict(X_test) - y_test
    top = model.predict_attention(X_test).argmax(-1)[..., None]
    hit = np.take_along_axis(truth, top, -1) > 0
    rows = []
    others = {name: Shown(model, show) for name, show in CONTROLS.items()}
    for name, shown in ({"own weights": model} | others).items():
        report = attention_faithfulness(shown, X_test, random_state=seed)
        row = {
            "case": case,
            "method": method,
            "weights": name,
            "seed": seed,
            "rmse_over_std": float(np.sqrt(np.mean(error**2)) / y_test.std()),
            "hit": float(hit.mean()) if shown is model else None,
            "fit_seconds": fitted - began,
            "verdict": report.verdict,
            "measures": table.measure(report),
        }
        rows.append(row)
        print({name: part for name, part in row.items() if name != "measures"})
        print(report, flush=True)
    return rows


def save(rows):
    """Write what the reports say."""
    own = [row for row in rows if row["weights"] == "own weights"]
    others = [row for row in rows if row not in own]
    held = sum(row["verdict"].startswith("Do not read") for row in others)
    right = [row for row in own if row["hit"] >= PEAKS_ARE_TRUE]
    believed = sum("can be read" in row["verdict"] for row in right)
    table.save(
        "faithfulness_known_cases",
        rows,
        {"case": "task", "method": "configuration"},
        {"rmse_over_std": ("RMSE / std", 3), "hit": ("peak is true", 2)},
        [
            "1,000 test sequences a seed. The old score counts all points of a "
            "deletion curve. Of the same models shown with random weights, equal ones, "
            "or their own half a sequence away, the report says of "
            f"{held} of {len(others)} that they are not to be read. Of the models "
            f"whose peak is true in {PEAKS_ARE_TRUE:.0%} of the samples, it says of "
            f"{believed} of {len(right)} that they can be read."
        ],
        shown=own,
    )


if __name__ == "__main__":
    main()
