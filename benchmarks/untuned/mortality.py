"""Mortality in intensive care (PhysioNet 2012), beside models of summaries.

Run as ``python -m benchmarks.untuned.mortality``. ``SKATTN_DATA`` names the folder of
the benchmark data, whose subfolder ``PhysioNet2012`` holds ``set-a.csv.gz`` (a row a
measurement: RecordID, time, parameter, value) and ``Outcomes-a.csv`` (Silva et al.
2012). Times are irregular, and most values are missing: the summaries are mean, least,
largest, last and number of values of each parameter.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from benchmarks import results
from skattn import LSTMAttentionClassifier, SeedEnsemble
from skattn.sequences import OverTime, Sequences, from_events

FOLDER = Path(os.environ.get("SKATTN_DATA", "../shared/data")) / "PhysioNet2012"
STATIC = ["Age", "Gender", "Height", "ICUType", "Weight"]
LINEAR = "logistic regression on summaries"
BOOSTING = "gradient boosting on summaries"
OURS, SEVERAL = "skattn", "skattn, mean of 4 seeds"
PARTS = {
    OURS: ("static", "times"),
    SEVERAL: ("static", "times"),
    "skattn, without static features": ("times",),
    "skattn, without times": ("static",),
}
BOTH = "skattn and gradient boosting, mean of their log odds"
METHODS = (LINEAR, BOOSTING, *PARTS, BOTH)

# Chosen by cross-validation inside the training part of the first fold. The defaults,
# made for more samples, learn these 3,200 by heart.
BIN = 4.0  # hours
OPTIONS = {
    "missing": "decay",
    "conv_layers": 1,
    "dropout": 0.5,
    "learning_rate": 0.003,
    "max_epochs": 6,
    "bidirectional": True,
}
NOTES = [
    "Set A of the PhysioNet challenge of 2012, 4,000 stays, 13.9 % deaths; stratified "
    "5 folds, shuffled, random_state 0; mean and standard deviation over the folds.",
    "Summaries are mean, least, largest, last and number of values of each parameter, "
    "and the static features. skattn reads means of 4 hours, as ranks, with "
    'missing="decay", conv_layers=1, dropout=0.5, learning_rate=0.003, max_epochs=6.',
]


def read() -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Return events, static features and deaths; what is missing is NaN."""
    if not (FOLDER / "set-a.csv.gz").exists():
        raise SystemExit(
            f"There is no {FOLDER / 'set-a.csv.gz'}: set A of the PhysioNet challenge "
            "of 2012. SKATTN_DATA names the folder that holds PhysioNet2012."
        )
    events = pd.read_csv(FOLDER / "set-a.csv.gz")
    clock = events.pop("time").str.split(":", expand=True).astype(float)
    events["hours"] = clock[0] + clock[1] / 60
    first = (events["hours"] == 0) & events["parameter"].isin(STATIC)
    first &= ~events.duplicated(["RecordID", "parameter"])
    static = events[first].pivot(index="RecordID", columns="parameter", values="value")
    static = static[STATIC].mask(static[STATIC] < 0)
    events = events[~first & ~((events["parameter"] == "Weight") & (events.value < 0))]
    died = pd.read_csv(FOLDER / "Outcomes-a.csv", index_col="RecordID")
    return events, static, died["In-hospital_death"]


def summarise(events: pd.DataFrame, static: pd.DataFrame) -> pd.DataFrame:
    """Return five numbers of each parameter, and the static features."""
    grouped = events.groupby(["RecordID", "parameter"])["value"]
    table = grouped.agg(["mean", "min", "max", "last", "count"]).unstack()
    table.columns = ["_".join(column) for column in table.columns]
    return static.join(table)


def make_sequences(events: pd.DataFrame, static: pd.DataFrame) -> Sequences:
    """Return steps of some hours, with the static features of each stay beside them."""
    frame = static.reset_index()
    frame["ICUType"] = frame["ICUType"].map("unit {:.0f}".format)
    return from_events(
        events,
        id="RecordID",
        time="hours",
        variable="parameter",
        static=frame,
        bin=BIN,
    )


def choose_parts(X: Sequences, parts: tuple[str, ...], train: np.ndarray) -> Sequences:
    """Return some parts, static numbers filled with training means and marked."""
    static = None
    if "static" in parts:
        static = X.static.copy()
        for name in ("Age", "Gender", "Height", "Weight"):
            static[f"no {name}"] = static[name].isna().astype(float)
            static[name] = static[name].fillna(static[name].iloc[train].mean())
        static = static.loc[:, static.nunique() > 1]
    times = X.times if "times" in parts else None
    other = Sequences(X.steps, static=static, times=times)
    return other.with_steps(X.steps, X.names.channels)


def make_network(method: str, **options: object) -> object:
    """Return the estimator, behind ranks of the values, whose tails are long."""
    ranks = QuantileTransformer(output_distribution="normal", subsample=50_000)
    network = LSTMAttentionClassifier(**OPTIONS | {"random_state": 0} | options)
    if method == SEVERAL:
        network = SeedEnsemble(network, n_estimators=4, random_state=0)
    return make_pipeline(OverTime(ranks), network)


def make_summary_model(method: str) -> object:
    """Return a model of the summaries."""
    if method == BOOSTING:
        return HistGradientBoostingClassifier(
            learning_rate=0.05, max_iter=200, random_state=0
        )
    return make_pipeline(
        SimpleImputer(add_indicator=True),
        StandardScaler(),
        LogisticRegression(C=0.01, max_iter=1000),
    )


def predict_both(
    X: Sequences, table: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray
) -> np.ndarray:
    """Return the mean log odds of the network and of gradient boosting."""
    data = choose_parts(X, PARTS[OURS], train)
    total = np.zeros(len(test))
    for model, given in (
        (make_network(OURS), data),
        (make_summary_model(BOOSTING), table),
    ):
        chance = model.fit(given[train], y[train]).predict_proba(given[test])[:, 1]
        total += np.log(chance) - np.log1p(-chance)
    return total / 2


def measure(methods: list[str], folds: list[int], **options: object) -> list[dict]:
    """Return areas and seconds of each method on each fold."""
    events, static, died = read()
    X, ids = make_sequences(events, static)
    static, y = static.loc[ids], died.loc[ids].to_numpy()
    table = summarise(events, static).loc[ids].to_numpy()
    splitter = StratifiedKFold(5, shuffle=True, random_state=0)
    rows = []
    for fold, (train, test) in enumerate(splitter.split(table, y)):
        for method in methods if fold in folds else []:
            start = time.perf_counter()
            if method == BOTH:
                answer = predict_both(X, table, y, train, test)
                seconds = time.perf_counter() - start
            else:
                data, model = table, None
                if method in PARTS:
                    data = choose_parts(X, PARTS[method], train)
                    model = make_network(method, **options)
                else:
                    model = make_summary_model(method)
                start = time.perf_counter()
                model.fit(data[train], y[train])
                seconds = time.perf_counter() - start
                answer = model.predict_proba(data[test])[:, 1]
            row = {
                "method": method,
                "fold": fold,
                "seconds": seconds,
                "auroc": roc_auc_score(y[test], answer),
                "auprc": average_precision_score(y[test], answer),
            }
            rows.append(row)
            print(row, flush=True)
    return rows


def tabulate(rows: list[dict]) -> list[list[str]]:
    """Return a line for each method."""

    def take(method: str, key: str) -> list[float]:
        return [row[key] for row in rows if row["method"] == method]

    return [
        [
            method,
            results.spread(take(method, "auroc")),
            results.spread(take(method, "auprc")),
            f"{np.median(take(method, 'seconds')):.0f}",
        ]
        for method in METHODS
        if take(method, "auroc")
    ]


def main() -> None:
    """Measure on five folds, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=5, help="how many of the five")
    options = parser.parse_args()
    rows = measure([*METHODS], [*range(options.folds)])
    columns = ["method", "area under ROC", "average precision", "seconds to fit"]
    if options.folds < 5:
        results.show(columns, tabulate(rows))
        return
    results.save(
        "untuned_mortality",
        rows,
        columns,
        tabulate(rows),
        packages=("skattn", "torch", "scikit-learn"),
        notes=NOTES,
    )


if __name__ == "__main__":
    main()
