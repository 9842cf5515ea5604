"""What faithful segments cost on mortality in intensive care (PhysioNet 2012).

Run as ``python -m benchmarks.faithfulness.mortality``. Data and folds are those of
`benchmarks.untuned.mortality`, whose model of states is the first row. Segments of 8
hours go without times and decay, which lead from one segment to the next: gaps are
marked.
"""

import argparse
import time

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from benchmarks import results
from benchmarks.untuned import mortality
from skattn.inspection import attention_faithfulness

SEGMENTS = {
    "values": "segments",
    "attention": "sum",
    "segment_size": 2,  # bins of 4 hours
    "missing": "mask",
    "conv_layers": 0,
}
METHODS = {
    "states": (mortality.PARTS[mortality.OURS], {}),
    "segments": (("static",), SEGMENTS),
    "segments, penalty 0.1": (("static",), SEGMENTS | {"cancellation_penalty": 0.1}),
}
REPORTED = 60
SCORES = ("auroc", "auprc", "deletion", "insertion")


def measure(folds: range) -> list[dict]:
    """Return areas, and scores of contributions by size, on each fold."""
    events, static, died = mortality.read()
    X, ids = mortality.make_sequences(events, static)
    y, rows = died.loc[ids].to_numpy(), []
    splitter = StratifiedKFold(5, shuffle=True, random_state=0)
    for fold, (train, test) in enumerate(splitter.split(np.zeros(len(y)), y)):
        for method, (parts, settings) in METHODS.items() if fold in folds else []:
            data = mortality.choose_parts(X, parts, train)
            model = mortality.make_network(mortality.OURS, **settings)
            began = time.perf_counter()
            model.fit(data[train], y[train])
            row = {"method": method, "fold": fold}
            row["seconds"] = time.perf_counter() - began
            chance = model.predict_proba(data[test])[:, 1]
            row["auroc"] = roc_auc_score(y[test], chance)
            row["auprc"] = average_precision_score(y[test], chance)
            report = attention_faithfulness(
                model[-1],
                model[:-1].transform(data[test]),
                max_samples=REPORTED,
                random_state=0,
            )
            [size] = [r for r in report.rankings if r.name == "size"]
            row |= {"deletion": size.deletion.value, "insertion": size.insertion.value}
            row["recommended"] = report.recommended
            rows.append(row)
            print(row, flush=True)
    return rows


def main() -> None:
    """Measure on five folds, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folds", type=int, default=5, help="how many of the five")
    options = parser.parse_args()
    rows = measure(range(options.folds))
    table = []
    for method in METHODS:
        own = [row for row in rows if row["method"] == method]
        shown = [results.spread([row[score] for row in own]) for score in SCORES]
        named = {row["recommended"] for row in own} - {None}
        table.append([method, *shown, " or ".join(sorted(named)) or "none"])
    columns = ["values", "area under ROC", "average precision", "deletion"]
    columns += ["insertion", "recommended ranking"]
    if options.folds < 5:
        results.show(columns, table)
        return
    notes = [
        "Mean and standard deviation over the five folds of the table of mortality; "
        f"scores on {REPORTED} stays of each test fold, of contributions by size."
    ]
    results.save("faithfulness_mortality", rows, columns, table, notes=notes)


if __name__ == "__main__":
    main()
