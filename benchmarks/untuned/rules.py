"""Rules behind "auto", each set left out in turn.

Run as ``python -m benchmarks.untuned.rules``. For each rule the value is taken that is
best on average over all other sets, and judged on the set that was left out: a rule
that lives on one set loses there. Classes on the sets in ``UCR``, one seed.
"""

import argparse
from math import ceil

import numpy as np

from benchmarks import results
from benchmarks.untuned.ucr import CUT, find_sets, read_set
from skattn import LSTMAttentionClassifier

# For each rule: what the defaults do, and what they might do.
ALTERNATIVES: dict[str, dict[str, float | bool]] = {
    "conv_layers": {"3": 3, "0": 0},
    "learning_rate": {"0.009": 0.009, "0.006": 0.006, "0.012": 0.012},
    "dropout": {"0.2": 0.2, "0": 0.0, "0.5": 0.5},
    "bidirectional": {"True": True, "False": False},
    "weight_decay": {"0.01": 0.01, "0.1": 0.1},
    "label_smoothing": {"0.1": 0.1, "0": 0.0, "0.2": 0.2},
    "least_steps": {"300": 300, "450": 450, "800": 800},  # of the optimiser
}
LEAST_EPOCHS = 30


def main() -> None:
    """Measure all values of all rules, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="*", help="only these sets; nothing is written")
    options = parser.parse_args()
    rows = []
    for path in find_sets(options.sets):
        X, y, X_test, y_test = read_set(path)
        known: dict[str, float] = {}
        n_batches = 1
        for rule, values in ALTERNATIVES.items():
            for shown, value in values.items():
                key = "defaults" if shown == next(iter(values)) else f"{rule} {shown}"
                if key not in known:
                    change = {} if key == "defaults" else {rule: value}
                    if rule == "least_steps":
                        epochs = max(LEAST_EPOCHS, ceil(value / n_batches))
                        change = {"max_epochs": epochs}
                    model = LSTMAttentionClassifier(
                        **change, random_state=0, store_attention=False
                    )
                    known[key] = model.fit(X, y).score(X_test, y_test)
                    n_batches = ceil(len(y) / model.batch_size_)
                row = {"set": path.stem, "rule": rule, "value": shown}
                rows.append(row | {"accuracy": known[key]})
        print(path.stem, known, flush=True)
    if options.sets:
        return
    columns, table = ["rule", "value", "mean", "chosen", "left out", "defaults"], []
    for rule, values in ALTERNATIVES.items():
        table += judge(rule, [*values], rows)
    results.save(
        "untuned_rules",
        rows,
        columns,
        table,
        packages=("skattn", "torch", "scikit-learn"),
        notes=[
            "Mean accuracy over the sets. *Chosen* says on how many of them the value "
            "would be taken, being best on average over all other sets; *left out* is "
            "the mean accuracy of these choices on the sets for which they were made, "
            "beside that of the *defaults*.",
            CUT,
        ],
    )


def judge(rule: str, values: list[str], rows: list[dict]) -> list[list[str]]:
    """Return a line for each value of a rule."""
    own = [row for row in rows if row["rule"] == rule]
    accuracies = np.array(
        [[r["accuracy"] for r in own if r["value"] == value] for value in values]
    )  # (n_values, n_sets)
    others = accuracies.sum(1, keepdims=True) - accuracies
    choices = others.argmax(0)
    left_out = accuracies[choices, np.arange(accuracies.shape[1])].mean()
    lines = []
    for i, value in enumerate(values):
        line = [rule, value, f"{accuracies[i].mean():.3f}", f"{(choices == i).sum()}"]
        ends = (
            [f"{left_out:.3f}", f"{accuracies[0].mean():.3f}"] if i == 0 else ["", ""]
        )
        lines.append(line + ends)
    return lines


if __name__ == "__main__":
    main()
